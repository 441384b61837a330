// A reflector with its store: lists a collection, then watches it and keeps a local copy, for ever.
import type { ApiObject, Status } from '../api/meta/object.ts';
import { NetworkError } from '../kernel/network/network-error.ts';
import type { Host } from '../kernel/host.ts';
import type { Task, TaskHandle, Waiter } from '../kernel/task.ts';
import { ApiError, isExpired, isTooManyRequests } from './api-error.ts';
import type { ApiClient, ApiStream, Informer, ResourceRef, WatchEvent } from './contract.ts';
import { resourcePath } from './rest-client.ts';

export interface InformerOptions<T extends ApiObject = ApiObject> {
  readonly namespace?: string;
  readonly fieldSelector?: string;
  readonly labelSelector?: string;
  readonly indexers?: Readonly<Record<string, (object: T) => readonly string[]>>;
  /** Called when a list or watch failed, with the error's text. */
  readonly onError?: (message: string) => void;
}

export interface RunningInformer<T extends ApiObject = ApiObject> extends Informer<T> {
  /** Waits until the first list is in the store and its handlers were called. */
  waitForSync(): Task<void>;
  stop(): void;
  readonly lastResourceVersion: string;
}

/** What the view `informer <resource> <namespace> <field selector> <label selector>` shows. */
export interface InformerContents {
  readonly synced: boolean;
  /** It holds a part of the collection only. */
  readonly selects: boolean;
  /** Resource versions by `namespace/name`. */
  readonly revisions: ReadonlyMap<string, string>;
}

type Change<T> = { readonly type: 'add' | 'update' | 'delete'; readonly object: T; readonly old: T | undefined };

export function startInformer<T extends ApiObject = ApiObject>(host: Host, client: ApiClient, ref: ResourceRef, options: InformerOptions<T> = {}): RunningInformer<T> {
  const informer = new Reflector<T>(host, client, ref, options);
  informer.start();
  return informer;
}

/** Waits for several at once. */
export function* waitForSync(...informers: readonly Pick<RunningInformer, 'waitForSync'>[]): Task<void> {
  for (const informer of informers) yield* informer.waitForSync();
}

export function keyOf(object: ApiObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

const minBackoffMs = 800;
const maxBackoffMs = 30_000;
const backoffResetMs = 120_000;

class Reflector<T extends ApiObject> implements RunningInformer<T> {
  synced = false;
  lastResourceVersion = '';
  private readonly host: Host;
  private readonly client: ApiClient;
  private readonly ref: ResourceRef;
  private readonly options: InformerOptions<T>;
  private readonly objects = new Map<string, T>();
  /** Made when a namespace is first asked for: most informers never are. */
  private byNamespace: Map<string, Map<string, T>> | undefined;
  private readonly indexes = new Map<string, Map<string, Map<string, T>>>();
  private readonly handlers: ((change: Change<T>) => void)[] = [];
  private readonly syncWaiters: Waiter[] = [];
  private all: readonly T[] | undefined;
  private task: TaskHandle | undefined;
  private backoffMs = minBackoffMs;
  private lastFailureMs = -Infinity;
  private stream: ApiStream | undefined;
  private stopped = false;

  constructor(host: Host, client: ApiClient, ref: ResourceRef, options: InformerOptions<T>) {
    this.host = host;
    this.client = client;
    this.ref = ref;
    this.options = options;
    for (const name of Object.keys(options.indexers ?? {})) this.indexes.set(name, new Map());
  }

  start(): void {
    const { fieldSelector = '', labelSelector = '' } = this.options;
    const view = (): InformerContents => ({ synced: this.synced && !this.stopped, selects: fieldSelector !== '' || labelSelector !== '', revisions: new Map([...this.objects].map(([key, object]) => [key, object.metadata.resourceVersion ?? ''])) });
    this.host.trace.expose(`informer ${this.ref.resource} ${this.options.namespace ?? ''} ${fieldSelector} ${labelSelector}`, view);
    this.task = this.host.tasks.spawn(`informer ${this.ref.resource}`, this.run());
  }

  stop(): void {
    this.stopped = true;
    this.stream?.close();
    this.task?.cancel();
  }

  get(key: string): T | undefined {
    return this.objects.get(key);
  }

  list(namespace?: string): readonly T[] {
    if (namespace !== undefined && namespace !== '') return [...(this.namespaces().get(namespace)?.values() ?? [])];
    return (this.all ??= [...this.objects.values()]);
  }

  byIndex(index: string, value: string): readonly T[] {
    return [...(this.indexes.get(index)?.get(value)?.values() ?? [])];
  }

  onChange(handler: (change: Change<T>) => void): void {
    this.handlers.push(handler);
    // A late handler sees what is there already, as client-go's shared informers do.
    if (this.synced) for (const object of [...this.objects.values()]) handler({ type: 'add', object, old: undefined });
  }

  *waitForSync(): Task<void> {
    while (!this.synced) {
      yield {
        arm: (waiter) => void this.syncWaiters.push(waiter),
        disarm: (waiter) => {
          const at = this.syncWaiters.indexOf(waiter);
          if (at >= 0) this.syncWaiters.splice(at, 1);
        },
      };
    }
  }

  // ---------------------------------------------------------------- the loop

  private *run(): Task<void> {
    let expired = false;
    while (!this.stopped) {
      try {
        const resourceVersion = expired ? '' : this.lastResourceVersion === '' ? '0' : this.lastResourceVersion;
        const list = yield* this.client.list<T>(this.ref, this.options.namespace ?? '', { query: this.query(resourceVersion === '' ? {} : { resourceVersion }) });
        expired = false;
        this.replace(list.items, list.apiVersion, list.kind.replace(/List$/, ''));
        this.lastResourceVersion = list.metadata.resourceVersion ?? '';
        this.becomeSynced();
      } catch (error) {
        this.noteFailure(error);
        if (isExpired(error) || isTooLarge(error)) {
          if (!expired) {
            expired = true;
            continue;
          }
        }
        yield* this.backOff();
        continue;
      }
      expired = yield* this.watchUntilLost();
    }
  }

  /** Watches again and again; returns when a new list is needed: whether the last resource version is gone. */
  private *watchUntilLost(): Task<boolean> {
    const path = resourcePath(this.ref, this.options.namespace ?? '');
    while (!this.stopped) {
      const startedMs = this.host.clock.nowMs();
      const timeoutSeconds = Math.floor(300 * (1 + this.host.random.next()));
      let seen = 0;
      try {
        const query = this.query({ watch: 'true', allowWatchBookmarks: 'true', resourceVersion: this.lastResourceVersion, timeoutSeconds: String(timeoutSeconds) });
        const stream = yield* this.client.stream('GET', path, { query });
        this.stream = stream;
        for (;;) {
          const event = (yield* stream.receive()) as WatchEvent<T> | undefined;
          if (event === undefined) break;
          seen++;
          if (event.type === 'ERROR') {
            stream.close();
            throw new ApiError(event.object as unknown as Status);
          }
          this.apply(event);
        }
        this.stream = undefined;
      } catch (error) {
        this.stream = undefined;
        if (isExpired(error)) return true;
        this.noteFailure(error);
        // The server is not there, or asks for patience: watch again from where we are. A broken stream too.
        const again = error instanceof NetworkError ? error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET' || error.code === 'ETIMEDOUT' : isTooManyRequests(error);
        if (!again) {
          yield* this.backOff();
          return false;
        }
        if (seen === 0 || this.host.clock.nowMs() - startedMs < 1000) yield* this.backOff();
        continue;
      }
      if (seen === 0 && this.host.clock.nowMs() - startedMs < 1000) {
        // "very short watch": the server is not well; list again after a pause.
        yield* this.backOff();
        return false;
      }
    }
    return false;
  }

  private query(extra: Record<string, string>): Record<string, string> {
    if (this.options.fieldSelector !== undefined) extra['fieldSelector'] = this.options.fieldSelector;
    if (this.options.labelSelector !== undefined) extra['labelSelector'] = this.options.labelSelector;
    return extra;
  }

  private noteFailure(error: unknown): void {
    if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
    this.options.onError?.(error.message);
  }

  private *backOff(): Task<void> {
    const nowMs = this.host.clock.nowMs();
    if (nowMs - this.lastFailureMs > backoffResetMs) this.backoffMs = minBackoffMs;
    this.lastFailureMs = nowMs;
    const delayMs = this.backoffMs * (1 + this.host.random.next());
    this.backoffMs = Math.min(this.backoffMs * 2, maxBackoffMs);
    yield* this.host.clock.sleep(delayMs);
  }

  private becomeSynced(): void {
    if (this.synced) return;
    this.synced = true;
    for (const waiter of this.syncWaiters.splice(0)) waiter.wake(undefined, this.host.trace.cause);
  }

  // ---------------------------------------------------------------- the store

  private apply(event: WatchEvent<T>): void {
    const object = event.object;
    const version = object.metadata.resourceVersion;
    if (event.type === 'BOOKMARK') {
      if (version !== undefined) this.lastResourceVersion = version;
      return;
    }
    if (event.type === 'DELETED') this.remove(keyOf(object), object);
    else this.set(keyOf(object), object);
    if (version !== undefined) this.lastResourceVersion = version;
  }

  private replace(items: readonly T[], apiVersion: string, kind: string): void {
    const kept = new Set<string>();
    for (const item of items) {
      // Items of a list carry no apiVersion and kind of their own on a real wire.
      const object = item.kind === undefined || item.kind === '' ? { ...item, apiVersion, kind } : item;
      const key = keyOf(object);
      kept.add(key);
      const old = this.objects.get(key);
      if (old !== undefined && old.metadata.resourceVersion === object.metadata.resourceVersion && old.metadata.uid === object.metadata.uid) continue;
      this.set(key, object);
    }
    if (kept.size === this.objects.size) return;
    for (const [key, object] of [...this.objects]) if (!kept.has(key)) this.remove(key, object);
  }

  private set(key: string, object: T): void {
    const old = this.objects.get(key);
    this.objects.set(key, object);
    this.all = undefined;
    this.index(key, object, old);
    const change: Change<T> = { type: old === undefined ? 'add' : 'update', object, old };
    for (const handler of this.handlers) handler(change);
  }

  private remove(key: string, object: T): void {
    const old = this.objects.get(key);
    if (old === undefined) return;
    this.objects.delete(key);
    this.all = undefined;
    this.index(key, undefined, old);
    const change: Change<T> = { type: 'delete', object, old };
    for (const handler of this.handlers) handler(change);
  }

  private namespaces(): Map<string, Map<string, T>> {
    if (this.byNamespace !== undefined) return this.byNamespace;
    const made = (this.byNamespace = new Map<string, Map<string, T>>());
    for (const [key, object] of this.objects) if (object.metadata.namespace !== undefined) this.place(made, key, object, [object.metadata.namespace], []);
    return made;
  }

  private index(key: string, object: T | undefined, old: T | undefined): void {
    const namespace = this.byNamespace === undefined ? undefined : (object ?? old)?.metadata.namespace;
    if (this.byNamespace !== undefined && namespace !== undefined) this.place(this.byNamespace, key, object, object === undefined ? [] : [namespace], old === undefined ? [] : [namespace]);
    for (const [name, index] of this.indexes) {
      const indexer = this.options.indexers?.[name] as (object: T) => readonly string[];
      this.place(index, key, object, object === undefined ? [] : indexer(object), old === undefined ? [] : indexer(old));
    }
  }

  private place(index: Map<string, Map<string, T>>, key: string, object: T | undefined, values: readonly string[], before: readonly string[]): void {
    for (const value of before) {
      if (values.includes(value)) continue;
      const bucket = index.get(value);
      bucket?.delete(key);
      if (bucket?.size === 0) index.delete(value);
    }
    for (const value of values) {
      let bucket = index.get(value);
      if (bucket === undefined) index.set(value, (bucket = new Map()));
      bucket.set(key, object as T);
    }
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof ApiError && (error.status.details?.causes ?? []).some((cause) => cause.reason === 'ResourceVersionTooLarge');
}
