// One collection (an etcd key prefix) in memory, kept by one etcd watch: answers reads at a revision and fans changes out to watchers.
// Watchers are filed by what they select (one name, one node, one namespace, or all), so that a change meets only those it may concern.
import type { ApiObject } from '../../../api/meta/object.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task, Waiter } from '../../../kernel/task.ts';
import type { KeyValue } from '../../../wire/etcd-rpc.ts';
import type { ApiserverEvent } from '../events.ts';

export type StoredObject = ApiObject & { readonly [field: string]: unknown };

export interface CacheChange {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: string;
  readonly revision: number;
  /** After the change, or for DELETED the last state with the revision of the deletion. */
  readonly object: StoredObject;
  readonly previous: StoredObject | undefined;
  readonly cause: number;
}

export interface Watcher {
  /** Only objects of this namespace ('' for all). */
  readonly namespace: string;
  readonly name: string | undefined;
  /** Only pods of this node. */
  readonly node: string | undefined;
  /** The rest of its selectors; undefined when it takes all. */
  readonly matches: ((object: StoredObject) => boolean) | undefined;
  /** Only changes after this revision. */
  fromRevision: number;
  send(type: CacheChange['type'], object: StoredObject, change: CacheChange): void;
  /** The server ends the watch (the cache is rebuilt). */
  end(): void;
}

const historyLimit = 2048;

/** The object as clients see it: the stored value with its resource version. */
export function withRevision(value: unknown, revision: number): StoredObject {
  const object = value as StoredObject;
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

export class WatchCache {
  readonly prefix: string;
  revision = 0;
  /** Grows with every change: for those who keep something computed from the collection. */
  generation = 0;
  ready = false;
  /** Everything older than this revision has left the history. */
  private oldest = 0;
  private readonly host: Host;
  private readonly nodeOf: ((object: StoredObject) => string) | undefined;
  private objects = new Map<string, StoredObject>();
  private readonly byNamespace = new Map<string, Map<string, StoredObject>>();
  private readonly byNode = new Map<string, Map<string, StoredObject>>();
  private history: CacheChange[] = [];
  private readonly watchers = new Map<string, Set<Watcher>>();
  private readonly readyWaiters = new Set<Waiter>();
  private freshWaiters: { readonly revision: number; readonly waiter: Waiter }[] = [];
  watcherCount = 0;
  /** Inside this server: called after each change with its key, or without one when everything is new. */
  private readonly listeners: ((key: string | undefined) => void)[] = [];

  constructor(host: Host, prefix: string, nodeOf?: (object: StoredObject) => string) {
    this.host = host;
    this.prefix = prefix;
    this.nodeOf = nodeOf;
  }

  get size(): number {
    return this.objects.size;
  }

  get(key: string): StoredObject | undefined {
    return this.objects.get(key);
  }

  /** Resource version of every object, by key. */
  revisions(): ReadonlyMap<string, number> {
    return new Map([...this.objects].map(([key, object]) => [key, Number(object.metadata.resourceVersion)]));
  }

  /** Everything, or a namespace, in key order. */
  list(namespace: string): readonly StoredObject[] {
    const map = namespace === '' ? this.objects : this.byNamespace.get(namespace);
    if (map === undefined) return [];
    const keys = [...map.keys()].sort();
    return keys.map((key) => map.get(key) as StoredObject);
  }

  /** In no particular (but a fixed) order, without sorting. */
  values(namespace = ''): Iterable<StoredObject> {
    return (namespace === '' ? this.objects : this.byNamespace.get(namespace))?.values() ?? [];
  }

  onNode(node: string): Iterable<StoredObject> {
    return this.byNode.get(node)?.values() ?? [];
  }

  // ---------------------------------------------------------------- filled by the hub

  /** A new beginning: the whole collection at a revision. Watchers are ended; their clients list again. */
  replace(kvs: readonly KeyValue[], revision: number): void {
    this.endWatchers();
    this.objects = new Map();
    this.byNamespace.clear();
    this.byNode.clear();
    this.history = [];
    for (const kv of kvs) this.store(kv.key, withRevision(kv.value, kv.modRevision), undefined);
    this.revision = revision;
    this.oldest = revision;
    this.generation++;
    this.ready = true;
    for (const waiter of this.readyWaiters) waiter.wake(undefined);
    this.readyWaiters.clear();
    this.wakeFresh();
    for (const listener of this.listeners) listener(undefined);
  }

  onChange(listener: (key: string | undefined) => void): void {
    this.listeners.push(listener);
  }

  /** The etcd watch broke for good; nothing is known until the next replace. */
  invalidate(): void {
    this.ready = false;
  }

  put(key: string, value: unknown, revision: number, cause: number): void {
    const previous = this.objects.get(key);
    const object = withRevision(value, revision);
    this.store(key, object, previous);
    this.publish({ type: previous === undefined ? 'ADDED' : 'MODIFIED', key, revision, object, previous, cause });
  }

  remove(key: string, revision: number, cause: number): void {
    const previous = this.objects.get(key);
    if (previous === undefined) {
      this.advance(revision);
      return;
    }
    this.store(key, undefined, previous);
    this.publish({ type: 'DELETED', key, revision, object: withRevision(previous, revision), previous, cause });
  }

  /** Nothing else happened here up to this revision. */
  advance(revision: number): void {
    if (revision <= this.revision) return;
    this.revision = revision;
    this.wakeFresh();
  }

  private store(key: string, object: StoredObject | undefined, previous: StoredObject | undefined): void {
    if (object === undefined) this.objects.delete(key);
    else this.objects.set(key, object);
    const namespace = (object ?? previous)?.metadata.namespace;
    if (namespace !== undefined) file(this.byNamespace, namespace, key, object);
    if (this.nodeOf === undefined) return;
    const before = previous === undefined ? '' : this.nodeOf(previous);
    const after = object === undefined ? '' : this.nodeOf(object);
    if (before !== '' && before !== after) file(this.byNode, before, key, undefined);
    if (after !== '') file(this.byNode, after, key, object);
  }

  private publish(change: CacheChange): void {
    this.revision = change.revision;
    this.generation++;
    this.history.push(change);
    if (this.history.length > historyLimit + 256) {
      this.history.splice(0, 256);
      this.oldest = (this.history[0] as CacheChange).revision - 1;
    }
    for (const listener of this.listeners) listener(change.key);
    this.dispatch(change);
    if (this.freshWaiters.length > 0) this.wakeFresh();
  }

  // ---------------------------------------------------------------- waiting

  *waitReady(timeoutMs: number): Task<boolean> {
    if (this.ready) return true;
    yield* this.host.tasks.timeout(timeoutMs, this.untilReady());
    return this.ready;
  }

  private *untilReady(): Task<void> {
    while (!this.ready) yield { arm: (waiter) => void this.readyWaiters.add(waiter), disarm: (waiter) => void this.readyWaiters.delete(waiter) };
  }

  /** Waits until everything up to `revision` is in; false after `timeoutMs`. */
  *waitFresh(revision: number, timeoutMs: number): Task<boolean> {
    if (this.revision >= revision) return true;
    yield* this.host.tasks.timeout(timeoutMs, this.untilFresh(revision));
    return this.revision >= revision;
  }

  private *untilFresh(revision: number): Task<void> {
    while (this.revision < revision) {
      yield {
        arm: (waiter) => void this.freshWaiters.push({ revision, waiter }),
        disarm: (waiter) => {
          this.freshWaiters = this.freshWaiters.filter((each) => each.waiter !== waiter);
        },
      };
    }
  }

  private wakeFresh(): void {
    if (this.freshWaiters.length === 0) return;
    const due = this.freshWaiters.filter((each) => each.revision <= this.revision);
    if (due.length === 0) return;
    this.freshWaiters = this.freshWaiters.filter((each) => each.revision > this.revision);
    for (const each of due) each.waiter.wake(undefined);
  }

  // ---------------------------------------------------------------- watchers

  /** Changes after `revision`, oldest first; undefined when some of them have been forgotten. */
  since(revision: number): readonly CacheChange[] | undefined {
    if (revision < this.oldest) return undefined;
    let low = 0;
    let high = this.history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.history[middle] as CacheChange).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.history.slice(low);
  }

  get oldestRevision(): number {
    return this.oldest;
  }

  /** What is served of these objects is another thing from now on. */
  endWatchers(): void {
    for (const watcher of [...this.eachWatcher()]) watcher.end();
  }

  addWatcher(watcher: Watcher): () => void {
    const place = placeOf(watcher);
    let set = this.watchers.get(place);
    if (set === undefined) this.watchers.set(place, (set = new Set()));
    set.add(watcher);
    this.watcherCount++;
    return () => {
      if (!set.delete(watcher)) return;
      this.watcherCount--;
      if (set.size === 0) this.watchers.delete(place);
    };
  }

  *eachWatcher(): Generator<Watcher> {
    for (const set of this.watchers.values()) yield* set;
  }

  private dispatch(change: CacheChange): void {
    if (this.watcherCount === 0) return;
    const meta = change.object.metadata;
    const namespace = meta.namespace ?? '';
    const targets: { watcher: Watcher; type: CacheChange['type'] }[] = [];
    this.collect(targets, this.watchers.get('*'), change);
    if (namespace !== '') this.collect(targets, this.watchers.get(`ns ${namespace}`), change);
    this.collect(targets, this.watchers.get(`name ${namespace}/${meta.name}`), change);
    if (namespace !== '') this.collect(targets, this.watchers.get(`name /${meta.name}`), change);
    if (this.nodeOf !== undefined) {
      const after = this.nodeOf(change.object);
      const before = change.previous === undefined ? after : this.nodeOf(change.previous);
      if (after !== '') this.collect(targets, this.watchers.get(`node ${after}`), change);
      if (before !== '' && before !== after) this.collect(targets, this.watchers.get(`node ${before}`), change);
    }
    if (targets.length === 0) return;
    if (change.cause !== 0) this.host.trace.follow(change.cause);
    this.host.trace.emit<ApiserverEvent>({ type: 'apiserver.watch-sent', key: change.key, change: change.type, revision: change.revision, watchers: targets.length });
    for (const { watcher, type } of targets) deliver(watcher, type, change);
  }

  private collect(targets: { watcher: Watcher; type: CacheChange['type'] }[], set: Set<Watcher> | undefined, change: CacheChange): void {
    if (set === undefined) return;
    for (const watcher of set) {
      const type = this.transition(watcher, change);
      if (type !== undefined) targets.push({ watcher, type });
    }
  }

  /** What the change is to a watcher that sees only what it selects: an object may come into its view or leave it. */
  transition(watcher: Watcher, change: CacheChange): CacheChange['type'] | undefined {
    if (change.revision <= watcher.fromRevision) return undefined;
    const was = change.previous !== undefined && this.selects(watcher, change.previous);
    const is = change.type !== 'DELETED' && this.selects(watcher, change.object);
    if (is) return was ? 'MODIFIED' : 'ADDED';
    return was ? 'DELETED' : undefined;
  }

  selects(watcher: Watcher, object: StoredObject): boolean {
    if (watcher.namespace !== '' && object.metadata.namespace !== watcher.namespace) return false;
    if (watcher.name !== undefined && object.metadata.name !== watcher.name) return false;
    if (watcher.node !== undefined && this.nodeOf?.(object) !== watcher.node) return false;
    return watcher.matches === undefined || watcher.matches(object);
  }
}

/** A watcher that loses sight of an object gets its last visible state, with the revision of the change. */
export function deliver(watcher: Watcher, type: CacheChange['type'], change: CacheChange): void {
  const leaving = type === 'DELETED' && change.type !== 'DELETED';
  watcher.send(type, leaving ? withRevision(change.previous, change.revision) : change.object, change);
}

function placeOf(watcher: Watcher): string {
  if (watcher.name !== undefined) return `name ${watcher.namespace}/${watcher.name}`;
  if (watcher.node !== undefined) return `node ${watcher.node}`;
  return watcher.namespace === '' ? '*' : `ns ${watcher.namespace}`;
}

function file(index: Map<string, Map<string, StoredObject>>, value: string, key: string, object: StoredObject | undefined): void {
  let map = index.get(value);
  if (object === undefined) {
    map?.delete(key);
    if (map?.size === 0) index.delete(value);
    return;
  }
  if (map === undefined) index.set(value, (map = new Map()));
  map.set(key, object);
}
