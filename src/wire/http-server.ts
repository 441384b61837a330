// Answers HTTP requests: one task per connection that reads, one per request that runs the handler.
import { AssertionFailure } from '../kernel/assert.ts';
import type { Connection, Family, Host, Latch, Listener, Mailbox } from '../kernel/host.ts';
import type { Task, TaskHandle } from '../kernel/task.ts';
import type { HttpFrame, HttpRequest, HttpResponse } from './http.ts';
import type { HttpStream } from './http-client.ts';
import { type ClientAuth, serverHandshake } from './tls-handshake.ts';
import type { Certificate, TlsIdentity } from './tls.ts';

/** A response whose body is a stream: `run` sends and receives frames; when it returns, the stream ends. It is cancelled when the client goes away. */
export interface StreamReply {
  readonly response: HttpResponse;
  run(stream: HttpStream): Task<void>;
}

export interface Peer {
  readonly remote: string;
  readonly local: string;
  readonly certificate?: Certificate;
}

export type Handler = (request: HttpRequest, peer: Peer) => Task<HttpResponse | StreamReply>;

export interface ServeOptions {
  readonly tls?: TlsIdentity & { readonly clientAuth?: ClientAuth };
  /** Once set, connections are told to go away (open requests are still answered) and no new ones are accepted. */
  readonly stopping?: Latch;
  /** Note for the picture of a response; default the status. */
  readonly note?: (request: HttpRequest, response: HttpResponse) => string;
  /** Family of a streamed response's frames (e.g. `watch`). */
  readonly streamFamily?: (request: HttpRequest) => Family | undefined;
  /** Called with what went wrong in a handshake, as the server would log it. */
  readonly onHandshakeError?: (remote: string, problem: string) => void;
}

/** Serves until the listener is closed. */
export function* serveHttp(host: Host, listener: Listener, handler: Handler, options: ServeOptions = {}): Task<void> {
  const open = new Set<Connection>();
  if (options.stopping !== undefined) host.tasks.spawn('http goaway', sayGoAway(options.stopping, listener, open));
  for (;;) {
    const connection = yield* listener.accept();
    if (connection === undefined) return;
    open.add(connection);
    host.tasks.spawn('http connection', serveConnection(host, connection, handler, options, open));
  }
}

function* sayGoAway(stopping: Latch, listener: Listener, open: ReadonlySet<Connection>): Task<void> {
  yield* stopping.wait();
  listener.close();
  for (const connection of open) connection.send({ kind: 'goaway' } satisfies HttpFrame, 'GOAWAY');
}

/** Serves one accepted connection until it ends. */
function* serveConnection(host: Host, connection: Connection, handler: Handler, options: ServeOptions = {}, open?: Set<Connection>): Task<void> {
  let peer: Peer = { remote: connection.remote, local: connection.local };
  const streams = new Map<number, ServerStream>();
  try {
    if (options.tls !== undefined) {
      const accepted = yield* serverHandshake(host, connection, options.tls, options.tls.clientAuth ?? 'none');
      if (!accepted.ok) {
        const plain = accepted.plain as HttpFrame | undefined;
        if (plain?.kind === 'request') {
          const response = { status: 400, headers: { 'content-type': 'text/plain' }, body: 'Client sent an HTTP request to an HTTPS server.\n' };
          connection.send({ kind: 'response', stream: plain.stream, response, open: false } satisfies HttpFrame, '400');
        }
        options.onHandshakeError?.(connection.remote, accepted.problem ?? 'EOF');
        return;
      }
      if (accepted.certificate !== undefined) peer = { ...peer, certificate: accepted.certificate };
    }
    for (;;) {
      const frame = (yield* connection.receive()) as HttpFrame | undefined;
      if (frame === undefined) return;
      switch (frame.kind) {
        case 'request': {
          if (frame.open) streams.set(frame.stream, new ServerStream(host, connection, frame.stream, options.streamFamily?.(frame.request)));
          host.tasks.spawn('http request', serveRequest(host, connection, frame, handler, peer, options, streams));
          break;
        }
        case 'data':
          streams.get(frame.stream)?.inbox.put(frame.data);
          break;
        case 'end':
          streams.get(frame.stream)?.inbox.close();
          break;
        case 'reset': {
          const stream = streams.get(frame.stream);
          streams.delete(frame.stream);
          stream?.drop();
          break;
        }
        default:
          if ((frame as { kind: string }).kind === 'tls-client-hello') {
            connection.send({ kind: 'tls-alert', text: 'handshake failure' }, 'not TLS');
            return;
          }
      }
    }
  } finally {
    open?.delete(connection);
    for (const stream of streams.values()) stream.drop();
    streams.clear();
    connection.close();
  }
}

function* serveRequest(host: Host, connection: Connection, frame: HttpFrame & { kind: 'request' }, handler: Handler, peer: Peer, options: ServeOptions, streams: Map<number, ServerStream>): Task<void> {
  const id = frame.stream;
  let reply: HttpResponse | StreamReply;
  try {
    reply = yield* handler(frame.request, peer);
  } catch (error) {
    if (error instanceof AssertionFailure) throw error;
    // As net/http recovers from a panic in a handler; the message says where.
    host.output.error(`http: panic serving ${peer.remote}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    reply = { status: 500, headers: { 'content-type': 'text/plain' }, body: `This request caused apiserver to panic. Look in the logs for details: ${error instanceof Error ? error.message : String(error)}\n` };
  }
  if (!('run' in reply)) {
    connection.send({ kind: 'response', stream: id, response: reply, open: false } satisfies HttpFrame, options.note?.(frame.request, reply) ?? String(reply.status));
    streams.delete(id);
    return;
  }
  const stream = streams.get(id) ?? new ServerStream(host, connection, id, options.streamFamily?.(frame.request));
  if (!connection.open || stream.dropped) return;
  streams.set(id, stream);
  stream.response = reply.response;
  connection.send({ kind: 'response', stream: id, response: reply.response, open: true } satisfies HttpFrame, options.note?.(frame.request, reply.response) ?? String(reply.response.status), stream.family);
  // Run in its own task, so that it can be cancelled when the client goes away.
  stream.runner = host.tasks.spawn('http stream', reply.run(stream));
  yield* stream.runner.join();
  streams.delete(id);
  if (!stream.dropped) connection.send({ kind: 'end', stream: id } satisfies HttpFrame, 'end', stream.family);
}

class ServerStream implements HttpStream {
  response: HttpResponse = { status: 200, headers: {} };
  readonly inbox: Mailbox<unknown>;
  readonly family: Family | undefined;
  dropped = false;
  runner: TaskHandle | undefined;
  private readonly connection: Connection;
  private readonly id: number;
  private ended = false;

  constructor(host: Host, connection: Connection, id: number, family: Family | undefined) {
    this.inbox = host.tasks.mailbox<unknown>();
    this.connection = connection;
    this.id = id;
    this.family = family;
  }

  get open(): boolean {
    return !this.dropped && !this.ended && !this.inbox.closed;
  }

  /** The client reset the stream or its connection broke. */
  drop(): void {
    if (this.dropped) return;
    this.dropped = true;
    this.inbox.close();
    this.runner?.cancel();
  }

  *receive(timeoutMs?: number): Task<unknown> {
    return yield* this.inbox.take(timeoutMs);
  }

  send(data: unknown, note?: string): void {
    if (this.dropped || this.ended) return;
    this.connection.send({ kind: 'data', stream: this.id, data } satisfies HttpFrame, note, this.family);
  }

  close(): void {
    this.ended = true;
    this.inbox.close();
  }
}
