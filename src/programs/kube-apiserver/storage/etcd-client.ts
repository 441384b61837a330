// Speaks etcd's RPCs to the members of --etcd-servers: one at a time, the next one when it cannot be reached.
import { PlainError } from '../../../kernel/plain-error.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { CompactionRequest, DeleteRangeRequest, DeleteRangeResponse, PutRequest, PutResponse, RangeRequest, RangeResponse, RpcError, TxnRequest, TxnResponse } from '../../../wire/etcd-rpc.ts';
import { HttpClient, type HttpStream } from '../../../wire/http-client.ts';
import { Distribution, latencyBounds } from '../../../wire/metrics.ts';
import type { TlsIdentity } from '../../../wire/tls.ts';
import type { ApiserverEvent } from '../events.ts';

/** What etcd, or the way to it, refused; `message` reads as grpc-go and etcd print it. */
export class EtcdError extends PlainError {
  readonly code: RpcError['code'];
  constructor(code: RpcError['code'], message: string) {
    super(message);
    this.name = 'EtcdError';
    this.code = code;
  }
}

export class EtcdClient {
  private readonly host: Host;
  private readonly endpoints: readonly string[];
  private readonly clients: HttpClient[];
  /** Seconds, by what was done and the first part of the key after /registry/. */
  readonly answered = new Distribution((bucket) => latencyBounds[bucket] ?? Infinity);
  private current = 0;
  private connected = false;

  constructor(host: Host, endpoints: readonly string[], tls: TlsIdentity) {
    this.host = host;
    // Where etcd stands apart from the API servers, each of them begins somewhere else.
    if (endpoints.length > 1) this.current = host.random.below(endpoints.length);
    this.endpoints = endpoints.map((each) => each.replace(/^https?:\/\//, '').replace(/\/+$/, ''));
    this.clients = endpoints.map((each, index) => {
      const keepAlive = { idleMs: 30_000, timeoutMs: 10_000 };
      return new HttpClient(host, this.endpoints[index] as string, { ...(each.startsWith('http://') ? {} : { tls }), family: 'etcd', dialTimeoutMs: 5000, keepAlive });
    });
  }

  *range(request: RangeRequest, timeoutMs?: number): Task<RangeResponse> {
    const beganMs = this.host.clock.nowMs();
    const answer = (yield* this.call('KV/Range', request, `Range ${request.key}`, true, timeoutMs)) as RangeResponse;
    this.measure(request.countOnly === true ? 'count' : request.rangeEnd === undefined ? 'get' : 'list', request.key, beganMs);
    return answer;
  }
  *txn(request: TxnRequest, note: string): Task<TxnResponse> {
    const beganMs = this.host.clock.nowMs();
    const answer = (yield* this.call('KV/Txn', request, note, false)) as TxnResponse;
    const [based] = request.compare;
    const [change] = request.success;
    if (based !== undefined && change !== undefined) this.measure('deleteRange' in change ? 'delete' : based.value === 0 ? 'create' : 'update', based.key, beganMs);
    return answer;
  }
  *put(request: PutRequest): Task<PutResponse> {
    return (yield* this.call('KV/Put', request, `Put ${request.key}`, false)) as PutResponse;
  }
  *deleteRange(request: DeleteRangeRequest): Task<DeleteRangeResponse> {
    return (yield* this.call('KV/DeleteRange', request, `Delete ${request.key}`, false)) as DeleteRangeResponse;
  }
  *compact(request: CompactionRequest): Task<void> {
    yield* this.call('KV/Compact', request, `Compact ${request.revision}`, false);
  }
  *leaseGrant(ttlSeconds: number): Task<string> {
    const answer = (yield* this.call('Lease/LeaseGrant', { ttl: ttlSeconds }, 'LeaseGrant', false)) as { readonly id: string };
    return answer.id;
  }

  /** A watch stream to one member, which refuses when it has no leader (as API servers ask for). */
  *openWatch(): Task<HttpStream> {
    const { client, endpoint } = this.pick();
    try {
      const stream = yield* client.open({ method: 'POST', path: '/etcdserverpb.Watch/Watch', headers: { hasleader: 'true' } }, { timeoutMs: 10_000, note: 'Watch' });
      if (stream.response.status >= 400) {
        stream.close();
        throw this.refusal(stream.response.body);
      }
      this.noteState(endpoint, true, '');
      return stream;
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      this.noteState(endpoint, false, error.message);
      this.rotate();
      throw unavailable(error, endpoint);
    }
  }

  private measure(operation: string, key: string, beganMs: number): void {
    this.answered.observe((this.host.clock.nowMs() - beganMs) / 1000, `${operation}\n${key.split('/')[2] ?? ''}`);
  }

  private *call(method: string, body: unknown, note: string, isRead: boolean, timeoutMs = 60_000): Task<unknown> {
    const deadlineMs = this.host.clock.nowMs() + timeoutMs;
    for (let tries = 1; ; tries++) {
      const { client, endpoint } = this.pick();
      const leftMs = deadlineMs - this.host.clock.nowMs();
      if (leftMs <= 0) throw new EtcdError('DeadlineExceeded', 'context deadline exceeded');
      let response;
      try {
        response = yield* client.call({ method: 'POST', path: `/etcdserverpb.${method}`, body }, { timeoutMs: leftMs, note });
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error;
        this.noteState(endpoint, false, error.message);
        this.rotate();
        if (error.code === 'ETIMEDOUT' && error.message.startsWith('context')) throw new EtcdError('DeadlineExceeded', 'context deadline exceeded');
        // A write whose connection broke may have happened: only what was never sent is sent again.
        const mayRetry = isRead || error.code === 'ECONNREFUSED' || error.code === 'EHOSTUNREACH' || error.code === 'ENETUNREACH';
        if (!mayRetry || tries >= this.clients.length) throw unavailable(error, endpoint);
        continue;
      }
      if (response.status < 400) {
        if (!this.connected) this.noteState(endpoint, true, '');
        return response.body;
      }
      const refused = this.refusal(response.body);
      if (refused.code === 'Unavailable' && tries < this.clients.length && isRead) {
        this.rotate();
        continue;
      }
      throw refused;
    }
  }

  private refusal(body: unknown): EtcdError {
    const error = body as Partial<RpcError> | string | undefined;
    if (typeof error === 'object' && error !== null && error.message !== undefined) return new EtcdError(error.code ?? 'Unknown', error.message);
    return new EtcdError('Unknown', typeof error === 'string' ? error : 'etcdserver: unknown error');
  }

  private pick(): { client: HttpClient; endpoint: string } {
    return { client: this.clients[this.current] as HttpClient, endpoint: this.endpoints[this.current] as string };
  }

  private rotate(): void {
    this.current = (this.current + 1) % this.clients.length;
  }

  private noteState(endpoint: string, connected: boolean, message: string): void {
    if (this.connected === connected) return;
    this.connected = connected;
    this.host.trace.emit<ApiserverEvent>({ type: 'apiserver.etcd', endpoint, state: connected ? 'connected' : 'lost', message });
  }
}

/** Waits for etcd as the real server does before it begins; false when it never came. */
export function* reachEtcd(host: Host, etcd: EtcdClient): Task<boolean> {
  const deadlineMs = host.clock.nowMs() + 60_000;
  for (;;) {
    try {
      yield* etcd.range({ key: '/registry/health' }, 10_000);
      return true;
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      if (host.clock.nowMs() >= deadlineMs) {
        host.output.error(`Error: context deadline exceeded\n${error.message}\n`);
        return false;
      }
      yield* host.clock.sleep(1000);
    }
  }
}

function unavailable(error: NetworkError, endpoint: string): EtcdError {
  if (error.code === 'ECONNRESET') return new EtcdError('Unavailable', `rpc error: code = Unavailable desc = error reading from server: ${error.message}`);
  if (error.message.startsWith('dial')) return new EtcdError('Unavailable', `rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: ${error.message}"`);
  return new EtcdError('Unavailable', `rpc error: code = Unavailable desc = connection error: desc = "transport: authentication handshake failed: ${error.message}" (${endpoint})`);
}
