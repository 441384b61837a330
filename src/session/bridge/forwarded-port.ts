// A forwarded port: bytes of HTTP outside, requests as values inside (programs of the simulation speak nothing else). Node's own parser reads them,
// from a stream that is no socket.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import type { OutsideAnswer, OutsideRequestHead } from '../protocol.ts';
import type { HttpFrame } from '../../wire/http.ts';
import type { Listener, OpenRequest, OutsideRequests } from './outside-requests.ts';
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
  private nextStream = 1;
  private done = false;

  constructor(requests: OutsideRequests, head: OutsideRequestHead, port: number, client: PortClient) {
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
    this.request = requests.begin(
      { ...head, method: 'POST', query: [['ports', String(port)]] },
      {
        respond: (answer) => {
          if (answer.status >= 300) this.fail(messageOf(answer));
        },
        data: (frame) => this.take(frame as HttpFrame | { readonly error: string }),
        end: () => this.close(),
        fail: (message) => this.fail(message),
      },
    );
    connections.set(this.duplex, this);
    parser.emit('connection', this.duplex);
  }

  receive(data: Buffer): void {
    if (!this.done) this.duplex.push(data);
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
    const head = headOf(incoming);
    this.request.send({ http: withBody({ ...head, headers: { ...head.headers, host: incoming.headers.host ?? '' } }, bytes), stream });
  }

  private fail(message: string): void {
    if (!this.done) this.client.error(message);
    this.close();
  }

  private take(frame: HttpFrame | { readonly error: string }): void {
    if ('error' in frame) return this.fail(frame.error);
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
}

function messageOf(answer: OutsideAnswer & { readonly answer: 'respond' }): string {
  const { body } = answer;
  const message = (body as { readonly message?: unknown } | undefined)?.message;
  return typeof message === 'string' ? message : typeof body === 'string' ? body.trim() : `status ${answer.status}`;
}
