// What every client of the API server is built from; rest-client.ts, informer.ts, work-queue.ts, leader-election.ts implement it.
import type { Task } from '../kernel/task.ts';
import type { ApiObject, ListOf, Status } from '../api/meta/object.ts';

/** group '' is core. `resource` is the plural, lower case: `deployments`. */
export interface ResourceRef {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
}

export interface RequestOptions {
  /** Appended to the query, e.g. {fieldManager: 'kubelet', dryRun: 'All'}. */
  readonly query?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Refusals are thrown as ApiError (with the server's Status); a broken connection as NetworkError; no answer in time as NetworkError ETIMEDOUT. */
export interface ApiClient {
  get<T extends ApiObject>(ref: ResourceRef, namespace: string, name: string, options?: RequestOptions): Task<T>;
  list<T extends ApiObject>(ref: ResourceRef, namespace: string, options?: RequestOptions): Task<ListOf<T>>;
  create<T extends ApiObject>(ref: ResourceRef, namespace: string, object: T, options?: RequestOptions): Task<T>;
  update<T extends ApiObject>(ref: ResourceRef, namespace: string, object: T, options?: RequestOptions): Task<T>;
  updateStatus<T extends ApiObject>(ref: ResourceRef, namespace: string, object: T, options?: RequestOptions): Task<T>;
  patch<T extends ApiObject>(ref: ResourceRef, namespace: string, name: string, type: PatchType, patch: unknown, options?: RequestOptions & { readonly subresource?: string }): Task<T>;
  delete(ref: ResourceRef, namespace: string, name: string, deleteOptions?: object, options?: RequestOptions): Task<ApiObject | Status>;
  /** POST to a subresource (binding, eviction, token) or GET of one (scale). */
  subresource<T>(method: 'GET' | 'POST' | 'PUT', ref: ResourceRef, namespace: string, name: string, subresource: string, body?: unknown, options?: RequestOptions): Task<T>;
  /** Anything else, by path; throws ApiError for status >= 400. */
  raw(method: string, path: string, options?: RequestOptions & { readonly body?: unknown }): Task<RawResponse>;
  /** A stream: watch, logs with follow, exec. Ends with undefined from receive(). */
  stream(method: string, path: string, options?: RequestOptions & { readonly body?: unknown }): Task<ApiStream>;
}

export type PatchType = 'application/json-patch+json' | 'application/merge-patch+json' | 'application/strategic-merge-patch+json' | 'application/apply-patch+yaml';

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface ApiStream {
  readonly response: RawResponse;
  receive(timeoutMs?: number): Task<unknown>;
  send(data: unknown): void;
  close(): void;
  readonly open: boolean;
}

export interface WatchEvent<T extends ApiObject = ApiObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
  /** Trace event to follow (set inside the simulation, never serialised). */
  readonly cause?: number;
}

/** A local copy of a collection, kept by list and watch (a reflector with its store). Objects in it are frozen by contract: never change them. */
export interface Informer<T extends ApiObject = ApiObject> {
  readonly synced: boolean;
  /** Key is `namespace/name`, or `name` for cluster-scoped objects. */
  get(key: string): T | undefined;
  list(namespace?: string): readonly T[];
  /** Keys whose index function returned `value`, e.g. byIndex('nodeName', 'w1-k8s'). */
  byIndex(index: string, value: string): readonly T[];
  /** Called inside the informer's task, in order; the trace cause is the change. */
  onChange(handler: (change: { readonly type: 'add' | 'update' | 'delete'; readonly object: T; readonly old: T | undefined }) => void): void;
}

/** client-go's rate-limited, de-duplicating queue: a key is never handled by two workers at once. */
export interface WorkQueue {
  add(key: string): void;
  addAfter(key: string, delayMs: number): void;
  /** Exponential per key: 5 ms doubling to 1000 s, and an overall bucket of 10/s with burst 100, as the default controller rate limiter. */
  addRateLimited(key: string): void;
  forget(key: string): void;
  retries(key: string): number;
  /** Waits for a key; undefined at shutdown. The task then follows the cause that added it. */
  take(): Task<string | undefined>;
  done(key: string): void;
  readonly name: string;
  readonly length: number;
  /** How often a key was put in, and how often it was to come back later. */
  readonly counts: { readonly adds: number; readonly retries: number };
  shutDown(): void;
}
