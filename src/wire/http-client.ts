// Sends HTTP requests: many at once over one connection per target, dialled on first use and again after it was lost.
import { NetworkError } from '../kernel/network/network-error.ts';
import type { Connection, DialOptions, Family, Host, Mailbox } from '../kernel/host.ts';
import type { Task, TaskHandle, Wait, Waiter } from '../kernel/task.ts';
import { isAddress, resolve } from './dns-resolver.ts';
import type { HttpFrame, HttpRequest, HttpResponse } from './http.ts';
import { brokenConnection, clientHandshake } from './tls-handshake.ts';
import type { TlsIdentity } from './tls.ts';

export interface HttpStream {
  readonly response: HttpResponse;
  /** The next data frame; undefined at the end of the stream, or after `timeoutMs` (then `open` is still true). */
  receive(timeoutMs?: number): Task<unknown>;
  send(data: unknown, note?: string): void;
  /** Ends the stream from this side; the other side sees its end. */
  close(): void;
  readonly open: boolean;
}

export interface HttpClientOptions {
  readonly tls?: TlsIdentity;
  readonly family?: Family;
  /** Default for every request; none: wait as long as the connection lives. */
  readonly timeoutMs?: number;
  readonly dialTimeoutMs?: number;
  readonly keepAlive?: DialOptions['keepAlive'];
  /** Default: the host part of the target. */
  readonly serverName?: string;
}

export interface RequestCall {
  readonly method: HttpRequest['method'];
  readonly path: string;
  readonly query?: HttpRequest['query'];
  readonly headers?: HttpRequest['headers'];
  readonly body?: unknown;
}

export interface CallOptions {
  readonly timeoutMs?: number;
  /** Text for the picture; default `METHOD path`. */
  readonly note?: string;
  readonly family?: Family;
}

const noQuery: HttpRequest['query'] = [];
const noHeaders: HttpRequest['headers'] = {};

/** One request's place on a connection: a wait that the reader task wakes directly with the response. */
class Exchange implements Wait {
  response: HttpResponse | undefined;
  failure: NetworkError | undefined;
  responseOpen = false;
  inbox: Mailbox<unknown> | undefined;
  ended = false;
  private waiter: Waiter | undefined;

  arm(waiter: Waiter): void {
    this.waiter = waiter;
  }
  disarm(): void {
    this.waiter = undefined;
  }
  answer(response: HttpResponse, open: boolean, cause: number): void {
    this.response = response;
    this.responseOpen = open;
    this.wake(cause);
  }
  fail(failure: NetworkError, cause: number): void {
    if (this.ended) return;
    this.failure = failure;
    this.ended = true;
    this.inbox?.close();
    this.wake(cause);
  }
  private wake(cause: number): void {
    const waiter = this.waiter;
    this.waiter = undefined;
    waiter?.wake(undefined, cause);
  }
}

interface Link {
  readonly connection: Connection;
  readonly exchanges: Map<number, Exchange>;
  next: number;
  /** No new requests on it: the server is going away. */
  draining: boolean;
  reader: TaskHandle | undefined;
}

export class HttpClient {
  private readonly host: Host;
  private readonly target: string;
  private readonly options: HttpClientOptions;
  private link: Link | undefined;
  private dialling: { done: boolean; readonly waiters: Set<Waiter> } | undefined;
  private closed = false;

  constructor(host: Host, target: string, options: HttpClientOptions = {}) {
    this.host = host;
    this.target = target;
    this.options = options;
  }

  /** Whether a connection is open now. */
  get connected(): boolean {
    return this.link !== undefined && this.link.connection.open;
  }

  /** Sends a request and waits for its whole response. Throws NetworkError. */
  *call(request: RequestCall, options: CallOptions = {}): Task<HttpResponse> {
    const { link, id, exchange } = yield* this.start(request, options, false);
    try {
      yield* this.awaitAnswer(link, id, exchange, options);
    } finally {
      // A caller that is cancelled while it waits gives the request up.
      if (exchange.response === undefined && !exchange.ended) this.abandon(link, id, exchange);
    }
    const response = exchange.response as HttpResponse;
    if (!exchange.responseOpen) {
      link.exchanges.delete(id);
      return response;
    }
    // A streamed body where a whole one was wanted: collect it.
    const parts: unknown[] = [];
    for (;;) {
      const part: unknown = yield* (exchange.inbox as Mailbox<unknown>).take();
      if (part === undefined) break;
      parts.push(part);
    }
    link.exchanges.delete(id);
    if (exchange.failure !== undefined) throw exchange.failure;
    return { ...response, body: parts.every((part) => typeof part === 'string') ? parts.join('') : parts };
  }

  /** Sends a request and returns its stream as soon as the response's head is there. Throws NetworkError. */
  *open(request: RequestCall, options: CallOptions = {}): Task<HttpStream> {
    const { link, id, exchange } = yield* this.start(request, options, true);
    try {
      yield* this.awaitAnswer(link, id, exchange, options);
    } finally {
      if (exchange.response === undefined && !exchange.ended) this.abandon(link, id, exchange);
    }
    if (!exchange.responseOpen) {
      exchange.ended = true;
      exchange.inbox?.close();
      link.exchanges.delete(id);
    }
    return new ClientStream(link, id, exchange, options.family);
  }

  close(): void {
    this.closed = true;
    const link = this.link;
    this.link = undefined;
    link?.connection.close();
  }

  private *start(request: RequestCall, options: CallOptions, open: boolean): Task<{ link: Link; id: number; exchange: Exchange }> {
    const link = this.link !== undefined && this.link.connection.open && !this.link.draining ? this.link : yield* this.connect(options);
    const id = link.next;
    link.next += 2;
    const exchange = new Exchange();
    if (open) exchange.inbox = this.host.tasks.mailbox<unknown>();
    link.exchanges.set(id, exchange);
    const full: HttpRequest = { method: request.method, path: request.path, query: request.query ?? noQuery, headers: request.headers ?? noHeaders, ...(request.body === undefined ? {} : { body: request.body }) };
    link.connection.send({ kind: 'request', stream: id, request: full, open } satisfies HttpFrame, options.note ?? `${request.method} ${request.path}`, options.family);
    return { link, id, exchange };
  }

  private *awaitAnswer(link: Link, id: number, exchange: Exchange, options: CallOptions): Task<void> {
    const timeoutMs = options.timeoutMs ?? this.options.timeoutMs;
    if (exchange.response === undefined && exchange.failure === undefined) {
      if (timeoutMs === undefined) yield exchange;
      else {
        yield* this.host.tasks.within(timeoutMs, exchange);
        if (exchange.response === undefined && exchange.failure === undefined) {
          this.abandon(link, id, exchange);
          throw new NetworkError('ETIMEDOUT', 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
        }
      }
    }
    if (exchange.response === undefined) {
      link.exchanges.delete(id);
      throw exchange.failure ?? new NetworkError('ECONNRESET', 'EOF');
    }
  }

  private abandon(link: Link, id: number, exchange: Exchange): void {
    exchange.ended = true;
    link.exchanges.delete(id);
    if (link.connection.open) link.connection.send({ kind: 'reset', stream: id, reason: 'CANCEL' } satisfies HttpFrame, 'cancel');
  }

  /** One dial at a time; others wait for it and then use its connection. */
  private *connect(options: CallOptions): Task<Link> {
    for (;;) {
      if (this.closed) throw new NetworkError('ECONNRESET', 'http: client is closed');
      if (this.link !== undefined && this.link.connection.open && !this.link.draining) return this.link;
      const dialling = this.dialling;
      if (dialling === undefined) break;
      yield { arm: (waiter) => void dialling.waiters.add(waiter), disarm: (waiter) => void dialling.waiters.delete(waiter) };
    }
    const mine = { done: false, waiters: new Set<Waiter>() };
    this.dialling = mine;
    try {
      return yield* this.dial(options);
    } finally {
      mine.done = true;
      this.dialling = undefined;
      for (const waiter of mine.waiters) waiter.wake(undefined);
      mine.waiters.clear();
    }
  }

  private *dial(options: CallOptions): Task<Link> {
    const { host, target } = this;
    let address = target;
    let serverName = this.options.serverName ?? '';
    if (!target.startsWith('unix:')) {
      const colon = target.lastIndexOf(':');
      const name = target.slice(0, colon);
      if (serverName === '') serverName = name;
      if (name !== 'localhost' && !isAddress(name)) {
        const found = yield* resolveOrFail(host, name);
        address = `${found}${target.slice(colon)}`;
      }
    }
    const dialTimeoutMs = this.options.dialTimeoutMs ?? Math.min(options.timeoutMs ?? 30_000, 30_000);
    const family = this.options.family;
    const connection = yield* host.network.dial(address, {
      timeoutMs: dialTimeoutMs,
      ...(family === undefined ? {} : { family }),
      ...(this.options.keepAlive === undefined ? {} : { keepAlive: this.options.keepAlive }),
    });
    if (this.options.tls !== undefined) {
      let done = false;
      try {
        yield* clientHandshake(host, connection, this.options.tls, serverName);
        done = true;
      } finally {
        if (!done) connection.close();
      }
    }
    const link: Link = { connection, exchanges: new Map(), next: 1, draining: false, reader: undefined };
    this.link = link;
    link.reader = host.tasks.spawn(`http ${target}`, this.read(link));
    return link;
  }

  private *read(link: Link): Task<void> {
    const { host } = this;
    const { connection, exchanges } = link;
    for (;;) {
      const frame = (yield* connection.receive()) as HttpFrame | undefined | { kind: 'tls-alert'; text: string };
      if (frame === undefined) break;
      if (frame.kind === 'tls-alert') {
        this.fail(link, new NetworkError('EPROTO', `remote error: tls: ${frame.text}`));
        connection.close();
        return;
      }
      if (frame.kind === 'goaway') {
        link.draining = true;
        if (this.link === link) this.link = undefined;
        continue;
      }
      const exchange = exchanges.get(frame.stream);
      if (exchange === undefined) continue;
      switch (frame.kind) {
        case 'response':
          if (frame.open && exchange.inbox === undefined) exchange.inbox = host.tasks.mailbox<unknown>();
          exchange.answer(frame.response, frame.open, host.trace.cause);
          break;
        case 'data':
          exchange.inbox?.put(frame.data);
          break;
        case 'end':
          exchange.ended = true;
          exchanges.delete(frame.stream);
          exchange.inbox?.close();
          break;
        case 'reset':
          exchanges.delete(frame.stream);
          exchange.fail(new NetworkError('ECONNRESET', `stream error: stream ID ${frame.stream}; ${frame.reason}; received from peer`), host.trace.cause);
          break;
        case 'request':
          break;
      }
    }
    if (link.exchanges.size > 0) this.fail(link, connection.error === undefined ? new NetworkError('ECONNRESET', 'EOF') : brokenConnection(connection));
    else if (this.link === link) this.link = undefined;
  }

  private fail(link: Link, error: NetworkError): void {
    if (this.link === link) this.link = undefined;
    for (const exchange of link.exchanges.values()) exchange.fail(error, this.host.trace.cause);
    link.exchanges.clear();
  }
}

function* resolveOrFail(host: Host, name: string): Task<string> {
  try {
    const found = yield* resolve(host, name);
    if (found[0] !== undefined) return found[0];
  } catch (error) {
    throw new NetworkError('EHOSTUNREACH', `dial tcp: ${(error as Error).message}`);
  }
  throw new NetworkError('EHOSTUNREACH', `dial tcp: lookup ${name}: no such host`);
}

class ClientStream implements HttpStream {
  readonly response: HttpResponse;
  private readonly link: Link;
  private readonly id: number;
  private readonly exchange: Exchange;
  private readonly family: Family | undefined;

  constructor(link: Link, id: number, exchange: Exchange, family: Family | undefined) {
    this.response = exchange.response as HttpResponse;
    this.link = link;
    this.id = id;
    this.exchange = exchange;
    this.family = family;
  }

  get open(): boolean {
    return !this.exchange.ended;
  }

  *receive(timeoutMs?: number): Task<unknown> {
    const inbox = this.exchange.inbox;
    if (inbox === undefined) return undefined;
    const data: unknown = yield* inbox.take(timeoutMs);
    if (data === undefined && this.exchange.failure !== undefined && inbox.size === 0) throw this.exchange.failure;
    return data;
  }

  send(data: unknown, note?: string): void {
    if (this.exchange.ended) return;
    this.link.connection.send({ kind: 'data', stream: this.id, data } satisfies HttpFrame, note, this.family);
  }

  close(): void {
    if (this.exchange.ended) return;
    this.exchange.ended = true;
    this.exchange.inbox?.close();
    this.link.exchanges.delete(this.id);
    if (this.link.connection.open) this.link.connection.send({ kind: 'end', stream: this.id } satisfies HttpFrame, 'end');
  }
}
