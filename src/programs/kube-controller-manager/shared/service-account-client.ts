// An API client that acts as a controller's own service account (--use-service-account-credentials): it asks for a token when it is first
// used, and again before that one ends. All controllers share one connection, as client-go's transports do.
import type { ApiObject, ListOf, Status } from '../../../api/meta/object.ts';
import { parseTime } from '../../../api/meta/time.ts';
import { ApiError, isNotFound, isUnauthorized } from '../../../client/api-error.ts';
import type { ApiClient, ApiStream, PatchType, RawResponse, RequestOptions, ResourceRef } from '../../../client/contract.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { RateLimit } from './rate-limit.ts';
import { refs } from './objects.ts';

interface TokenRequest {
  readonly status: { readonly token: string; readonly expirationTimestamp: string };
}

const tokenSeconds = 3600;
const namespace = 'kube-system';

export class ServiceAccountClient implements ApiClient {
  private readonly host: Host;
  /** The controller manager itself, who may make tokens. */
  private readonly root: ApiClient;
  /** Without a certificate of its own: it is who the token says. */
  private readonly anonymous: ApiClient;
  private readonly account: string;
  private readonly limit: RateLimit;
  private header: { readonly authorization: string } | undefined;
  private renewAtMs = 0;
  private asking = false;
  private waiting: (() => void)[] = [];

  constructor(host: Host, root: ApiClient, anonymous: ApiClient, account: string, limit: RateLimit) {
    this.host = host;
    this.root = root;
    this.anonymous = anonymous;
    this.account = account;
    this.limit = limit;
  }

  *get<T extends ApiObject>(ref: ResourceRef, ns: string, name: string, options?: RequestOptions): Task<T> {
    return yield* this.as(options, (signed) => this.anonymous.get<T>(ref, ns, name, signed));
  }

  *list<T extends ApiObject>(ref: ResourceRef, ns: string, options?: RequestOptions): Task<ListOf<T>> {
    return yield* this.as(options, (signed) => this.anonymous.list<T>(ref, ns, signed));
  }

  *create<T extends ApiObject>(ref: ResourceRef, ns: string, object: T, options?: RequestOptions): Task<T> {
    return yield* this.as(options, (signed) => this.anonymous.create(ref, ns, object, signed));
  }

  *update<T extends ApiObject>(ref: ResourceRef, ns: string, object: T, options?: RequestOptions): Task<T> {
    return yield* this.as(options, (signed) => this.anonymous.update(ref, ns, object, signed));
  }

  *updateStatus<T extends ApiObject>(ref: ResourceRef, ns: string, object: T, options?: RequestOptions): Task<T> {
    return yield* this.as(options, (signed) => this.anonymous.updateStatus(ref, ns, object, signed));
  }

  *patch<T extends ApiObject>(ref: ResourceRef, ns: string, name: string, type: PatchType, patch: unknown, options?: RequestOptions & { readonly subresource?: string }): Task<T> {
    return yield* this.as(options, (signed) => this.anonymous.patch<T>(ref, ns, name, type, patch, signed));
  }

  *delete(ref: ResourceRef, ns: string, name: string, deleteOptions?: object, options?: RequestOptions): Task<ApiObject | Status> {
    return yield* this.as(options, (signed) => this.anonymous.delete(ref, ns, name, deleteOptions, signed));
  }

  *subresource<T>(method: 'GET' | 'POST' | 'PUT', ref: ResourceRef, ns: string, name: string, subresource: string, body?: unknown, options?: RequestOptions): Task<T> {
    return yield* this.as(options, (signed) => this.anonymous.subresource<T>(method, ref, ns, name, subresource, body, signed));
  }

  *raw(method: string, path: string, options?: RequestOptions & { readonly body?: unknown }): Task<RawResponse> {
    return yield* this.as(options, (signed) => this.anonymous.raw(method, path, signed));
  }

  *stream(method: string, path: string, options?: RequestOptions & { readonly body?: unknown }): Task<ApiStream> {
    return yield* this.as(options, (signed) => this.anonymous.stream(method, path, signed));
  }

  private *as<T, O extends RequestOptions>(options: O | undefined, request: (signed: O) => Task<T>): Task<T> {
    yield* this.limit.take();
    for (let attempt = 0; ; attempt++) {
      const header = yield* this.token();
      try {
        return yield* request({ ...options, headers: { ...options?.headers, ...header } } as unknown as O);
      } catch (error) {
        if (attempt > 0 || !isUnauthorized(error)) throw error;
        this.header = undefined;
      }
    }
  }

  private *token(): Task<{ readonly authorization: string }> {
    while (this.asking) yield { arm: (waiter) => void this.waiting.push(() => waiter.wake(undefined)), disarm: () => {} };
    if (this.header !== undefined && this.host.clock.nowMs() < this.renewAtMs) return this.header;
    this.asking = true;
    try {
      const nowMs = this.host.clock.nowMs();
      yield* this.ensureAccount();
      const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec: { audiences: [], expirationSeconds: tokenSeconds } };
      const answer = yield* this.root.subresource<TokenRequest>('POST', refs.serviceAccounts, namespace, this.account, 'token', request);
      const endsMs = parseTime(answer.status.expirationTimestamp) ?? this.host.clock.wallMs() + tokenSeconds * 1000;
      this.renewAtMs = nowMs + (endsMs - this.host.clock.wallMs()) * 0.8;
      return (this.header = { authorization: `Bearer ${answer.status.token}` });
    } finally {
      this.asking = false;
      for (const wake of this.waiting.splice(0)) wake();
    }
  }

  private *ensureAccount(): Task<void> {
    try {
      yield* this.root.get(refs.serviceAccounts, namespace, this.account);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      try {
        yield* this.root.create(refs.serviceAccounts, namespace, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: this.account, namespace } });
      } catch (refused) {
        if (!(refused instanceof ApiError) || refused.reason !== 'AlreadyExists') throw refused;
      }
    }
  }
}
