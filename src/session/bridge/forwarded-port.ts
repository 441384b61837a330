// A forwarded port: bytes of HTTP or HTTPS outside, requests as values inside (programs of the simulation speak nothing else). Node's own parser reads
// them, from a stream that is no socket.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { OutsideAnswer, OutsideRequestHead } from '../protocol.ts';
import type { HttpFrame } from '../../wire/http.ts';
import type { TlsMessage } from '../../wire/tls-handshake.ts';
import type { Listener, OpenRequest, OutsideRequests } from './outside-requests.ts';
import { beginsTls, notTls, type PortTls, type ServerHello } from './port-tls.ts';
import { headOf, readBytes, withBody } from './request-head.ts';
import { writeAnswer } from './write-answer.ts';

export interface PortClient {
  write(data: Buffer): void;
  /** What went wrong, for the error channel. */
  error(message: string): void;
  /** Nothing more comes. */
  close(): void;
}

const mostBodyBytes = 16 * 1024 * 1024;
const parser = createServer((incoming, outgoing) => {
  const connection = connections.get(incoming.socket as unknown as Duplex);
  if (connection === undefined) outgoing.destroy();
  else void connection.serve(incoming, outgoing);
});
parser.keepAliveTimeout = 0;
parser.requestTimeout = 0;
parser.headersTimeout = 0;
const connections = new WeakMap<Duplex, ForwardedPort>();

/** One connection to one port of a pod. */
export class ForwardedPort {
  private readonly duplex: Duplex;
  private readonly client: PortClient;
  private readonly request: OpenRequest;
  private readonly answers = new Map<number, Listener>();
  private readonly tls: PortTls;
  private nextStream = 1;
  private begun = false;
  /** Once the program in the pod has answered a client's TLS. */
  private secure: { readonly socket: TLSSocket; shown: boolean } | undefined;
  private done = false;

  /** `open`: the request that opens the port. */
  constructor(requests: OutsideRequests, tls: PortTls, open: OutsideRequestHead, client: PortClient) {
    this.tls = tls;
    this.client = client;
    this.duplex = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer, _encoding, callback) => {
        client.write(chunk);
        callback();
      },
      final: (callback) => {
        this.close();
        callback();
      },
      destroy: (_error, callback) => {
        this.close();
        callback(null);
      },
    });
    this.duplex.on('error', () => this.close());
    this.request = requests.begin(open, {
      respond: (answer) => {
        if (answer.status >= 300) this.fail(messageOf(answer));
      },
      data: (frame) => this.take(frame as HttpFrame | TlsMessage | { readonly error: string }),
      end: () => this.end(),
      fail: (message) => this.fail(message),
    });
  }

  /** The first bytes tell what is spoken. Those of TLS wait until the program in the pod has said whether it speaks it. */
  receive(data: Buffer): void {
    if (this.done || data.length === 0) return;
    if (!this.begun) {
      this.begun = true;
      if (beginsTls(data)) this.request.send({ tls: { serverName: 'localhost' } });
      else this.parse(this.duplex);
    }
    this.duplex.push(data);
  }

  private parse(socket: Duplex): void {
    connections.set(socket, this);
    parser.emit('connection', socket);
  }

  /** The client writes no more; what is being answered is still answered. */
  finish(): void {
    if (!this.done && this.answers.size === 0) this.close();
    else this.duplex.push(null);
  }

  close(): void {
    if (this.done) return;
    this.done = true;
    this.request.hangUp();
    this.client.close();
    this.duplex.destroy();
  }

  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const bytes = await readBytes(incoming, mostBodyBytes);
    if (typeof bytes === 'string' || this.done) return void outgoing.destroy();
    const stream = this.nextStream;
    this.nextStream += 2;
    this.answers.set(
      stream,
      writeAnswer(outgoing, () => outgoing.destroy()),
    );
    const head = this.identified(headOf(incoming));
    this.request.send({ http: withBody({ ...head, headers: { ...head.headers, host: incoming.headers.host ?? '' } }, bytes), stream });
  }

  /** The first request ends the handshake inside: who its client is may stand in its header. */
  private identified(head: OutsideRequestHead): OutsideRequestHead {
    const { secure } = this;
    if (secure === undefined) return head;
    const { certificate, ...rest } = this.tls.identify(secure.socket, head);
    if (!secure.shown) this.request.send({ tls: { certificate: certificate ?? '' } });
    secure.shown = true;
    return rest;
  }

  private fail(message: string): void {
    if (!this.done) this.client.error(message);
    this.close();
  }

  /** The program has closed: what is on its way to the client still goes out. */
  private end(): void {
    if (this.secure === undefined) this.close();
    else this.secure.socket.end();
  }

  private take(frame: HttpFrame | TlsMessage | { readonly error: string }): void {
    if ('error' in frame) return this.fail(frame.error);
    if (frame.kind === 'tls-server-hello') return this.begin(frame);
    if (frame.kind === 'tls-alert') return this.refuse();
    if (!('stream' in frame)) return;
    const listener = this.answers.get(frame.stream);
    if (listener === undefined) return;
    switch (frame.kind) {
      case 'response':
        listener.respond({ answer: 'respond', ...frame.response, streaming: frame.open });
        if (frame.open) return;
        break;
      case 'data':
        return listener.data(frame.data);
      case 'end':
        break;
      case 'reset':
        this.answers.delete(frame.stream);
        return listener.fail(frame.reason);
      default:
        return;
    }
    this.answers.delete(frame.stream);
    listener.end();
  }

  private begin(hello: ServerHello): void {
    if (this.done || this.secure !== undefined) return;
    const socket = this.tls.accept(this.duplex, hello);
    socket.on('error', () => this.close());
    this.secure = { socket, shown: false };
    this.parse(socket);
  }

  /** Before the client's handshake: the program speaks no TLS. After it: it does not like what was shown. */
  private refuse(): void {
    if (this.secure === undefined) this.client.write(notTls);
    this.close();
  }
}

function messageOf(answer: OutsideAnswer & { readonly answer: 'respond' }): string {
  const { body } = answer;
  const message = (body as { readonly message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? message : typeof body === 'string' ? body.trim() : `status ${answer.status}`;
}
