// One invocation: flags, endpoints, and calls to them.
import { parseFlags, type Flags } from '../../client/flags.ts';
import type { Host } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import type { RpcError } from '../../wire/etcd-rpc.ts';
import { HttpClient } from '../../wire/http-client.ts';
import { loadCertificates, loadKeyPair } from '../../wire/tls-handshake.ts';
import type { TlsIdentity } from '../../wire/tls.ts';

/** Ends the program with a message and etcdctl's exit code: 1 error, 5 bad connection arguments, 128 bad arguments. */
export class Failure extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Flags without a value. */
export const booleans: readonly string[] = ['prefix', 'keys-only', 'count-only', 'print-value-only', 'prev-kv', 'from-key', 'write-out-table', 'learner', 'cluster', 'hex', 'ignore-value', 'ignore-lease', 'physical', 'keys', 'progress-notify', 'insecure-skip-tls-verify', 'insecure-transport', 'debug', 'help', 'interactive', 'auto-compact', 'auto-defrag', 'once'];

/** As --keepalive-time and --keepalive-timeout have it: how a watch learns that its member is gone. */
const keepAlive = { idleMs: 2000, timeoutMs: 6000 };

export class Session {
  readonly host: Host;
  readonly flags: Flags;
  /** Without the words of the command. */
  args: readonly string[];
  readonly output: string;
  endpoints: readonly string[];
  private readonly clients = new Map<string, HttpClient>();
  private readonly tls: TlsIdentity;
  readonly timeoutMs: number;

  constructor(host: Host, words: readonly string[]) {
    this.host = host;
    const flags = parseFlags(
      words.map((word) => (word === '-w' ? '--write-out' : word === '-i' ? '--interactive' : word === '-h' ? '--help' : word.startsWith('-w=') ? `--write-out=${word.slice(3)}` : word)),
      booleans,
    );
    this.flags = flags;
    this.args = flags.positional;
    const setting = (name: string): string | undefined => flags.get(name) ?? host.env[`ETCDCTL_${name.toUpperCase().replaceAll('-', '_')}`];
    this.output = setting('write-out') ?? 'simple';
    if (!['simple', 'table', 'json', 'fields', 'protobuf'].includes(this.output)) throw new Failure(`unsupported output format ${this.output}`, 128);
    this.endpoints = (setting('endpoints') ?? '127.0.0.1:2379').split(',').filter((each) => each !== '');
    this.timeoutMs = flags.durationMs('command-timeout', 5000);
    const cert = setting('cert');
    const key = setting('key');
    const ca = setting('cacert');
    try {
      this.tls = { ...(cert === undefined ? {} : { own: loadKeyPair(host, cert, key ?? cert) }), ...(ca === undefined ? {} : { trust: loadCertificates(host, ca) }) };
    } catch (error) {
      throw new Failure((error as Error).message, 5);
    }
  }

  private client(endpoint: string): HttpClient {
    let client = this.clients.get(endpoint);
    if (client === undefined) {
      const secure = endpoint.startsWith('https://') || (!endpoint.startsWith('http://') && (this.tls.own !== undefined || this.tls.trust !== undefined));
      client = new HttpClient(this.host, endpoint.replace(/^https?:\/\//, '').replace(/\/+$/, ''), { ...(secure ? { tls: this.tls } : {}), family: 'etcd', dialTimeoutMs: 2000, keepAlive });
      this.clients.set(endpoint, client);
    }
    return client;
  }

  /** Calls one endpoint. Throws Failure as etcdctl words it. */
  *callAt<T>(endpoint: string, method: string, body: unknown, timeoutMs = this.timeoutMs): Task<T> {
    const deadlineMs = this.host.clock.nowMs() + timeoutMs;
    for (;;) {
      const leftMs = deadlineMs - this.host.clock.nowMs();
      if (leftMs <= 1) throw new Failure('context deadline exceeded');
      try {
        const response = yield* this.client(endpoint).call({ method: 'POST', path: `/etcdserverpb.${method}`, body }, { timeoutMs: leftMs, note: method.slice(method.indexOf('/') + 1) });
        if (response.status < 400) return response.body as T;
        const error = response.body as RpcError;
        throw new Failure(error.code === 'DeadlineExceeded' ? 'context deadline exceeded' : error.message);
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error;
        if (error.code === 'EPROTO') throw new Failure(`rpc error: code = Unavailable desc = connection error: desc = "transport: authentication handshake failed: ${error.message}"`);
        // As grpc's balancer: an endpoint that cannot be reached is tried again until the time is over.
        yield* this.host.clock.sleep(Math.min(500, Math.max(leftMs, 1)));
      }
    }
  }

  /** Calls the first endpoint that answers. */
  *call<T>(method: string, body: unknown): Task<T> {
    const deadlineMs = this.host.clock.nowMs() + this.timeoutMs;
    for (let attempt = 0; ; attempt++) {
      const endpoint = this.endpoints[attempt % this.endpoints.length] as string;
      const leftMs = deadlineMs - this.host.clock.nowMs();
      if (leftMs <= 1) throw new Failure('context deadline exceeded');
      const share = attempt < this.endpoints.length && this.endpoints.length > 1 ? Math.min(leftMs, 2000) : leftMs;
      try {
        const response = yield* this.client(endpoint).call({ method: 'POST', path: `/etcdserverpb.${method}`, body }, { timeoutMs: leftMs, note: method.slice(method.indexOf('/') + 1) });
        if (response.status < 400) return response.body as T;
        throw new Failure((response.body as RpcError).message);
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error;
        if (error.code === 'EPROTO' && attempt + 1 >= this.endpoints.length) throw new Failure(`rpc error: code = Unavailable desc = connection error: desc = "transport: authentication handshake failed: ${error.message}"`);
        yield* this.host.clock.sleep(Math.min(100, share));
      }
    }
  }

  /** A stream to one endpoint. Throws NetworkError. */
  open(method: string, endpoint = this.endpoints[0] as string): ReturnType<HttpClient['open']> {
    return this.client(endpoint).open({ method: 'POST', path: `/etcdserverpb.${method}` }, { note: method.slice(method.indexOf('/') + 1), timeoutMs: this.timeoutMs });
  }

  /** This session, for a command of so many words. */
  without(words: number): this {
    this.args = this.args.slice(words);
    return this;
  }

  get display(): { readonly valueOnly: boolean; readonly hex: boolean } {
    return { valueOnly: this.flags.bool('print-value-only'), hex: this.flags.bool('hex') };
  }

  print(text: string): void {
    this.host.output.write(text);
  }
}
