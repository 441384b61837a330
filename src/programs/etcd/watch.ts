// Watchers of one member: each gets every change of its range once, in order, from the revision it asked for.
import type { Host } from '../../kernel/host.ts';
import type { Task, TaskHandle } from '../../kernel/task.ts';
import type { ResponseHeader, WatchedEvent, WatchRequest, WatchResponse } from '../../wire/etcd-rpc.ts';
import type { HttpStream } from '../../wire/http-client.ts';
import type { Change, MvccStore, Revision } from './mvcc/store.ts';
import { isInRange } from './mvcc/store.ts';
import { errors, Refusal } from './refusal.ts';

interface Watcher {
  readonly stream: WatchStream;
  readonly id: number;
  readonly key: string;
  readonly rangeEnd: string | undefined;
  readonly prevKv: boolean;
  readonly progressNotify: boolean;
  readonly filters: readonly ('NOPUT' | 'NODELETE')[];
  /** The next revision it has not seen. */
  nextRevision: number;
  /** Something was sent since the last progress report was due. */
  fresh: boolean;
}

function file(index: Map<string, Set<Watcher>>, name: string, watcher: Watcher): void {
  let set = index.get(name);
  if (set === undefined) index.set(name, (set = new Set()));
  set.add(watcher);
}

function unfile(index: Map<string, Set<Watcher>>, name: string, watcher: Watcher): void {
  const set = index.get(name);
  if (set?.delete(watcher) === true && set.size === 0) index.delete(name);
}

/** `/registry/pods/default/a` lies in `/registry/pods/`; '' when a key has no such folder. */
function folderOf(key: string): string {
  const end = key.indexOf('/', key.indexOf('/', 1) + 1);
  return end < 2 ? '' : key.slice(0, end + 1);
}

/** The folder that holds the whole range, or ''. */
function folderOfRange({ key, rangeEnd }: Watcher): string {
  const folder = folderOf(key);
  // The first key behind a folder ends with the letter after the slash.
  return folder === '' || rangeEnd === undefined || rangeEnd > `${folder.slice(0, -1)}0` || rangeEnd <= key ? '' : folder;
}

export class WatchHub {
  private readonly host: Host;
  readonly store: MvccStore;
  private readonly exact = new Map<string, Set<Watcher>>();
  private readonly ranges = new Set<Watcher>();
  /** The same, filed by the folder (`/registry/pods/`) that their range stays within: nearly all do, and a change concerns only its own folder. */
  private readonly folders = new Map<string, Set<Watcher>>();
  private wide = 0;
  readonly streams = new Set<WatchStream>();

  constructor(host: Host, store: MvccStore) {
    this.host = host;
    this.store = store;
  }

  get watcherCount(): number {
    let count = this.ranges.size;
    for (const set of this.exact.values()) count += set.size;
    return count;
  }

  add(watcher: Watcher): void {
    if (watcher.rangeEnd === undefined) {
      file(this.exact, watcher.key, watcher);
      return;
    }
    this.ranges.add(watcher);
    const folder = folderOfRange(watcher);
    if (folder === '') this.wide++;
    else file(this.folders, folder, watcher);
  }

  remove(watcher: Watcher): void {
    unfile(this.exact, watcher.key, watcher);
    if (!this.ranges.delete(watcher)) return;
    const folder = folderOfRange(watcher);
    if (folder === '') this.wide--;
    else unfile(this.folders, folder, watcher);
  }

  /** Tells everybody concerned of a new revision. What they do follows from `revision.cause`. */
  notify(revision: Revision): void {
    const { changes } = revision;
    const only = changes.length === 1 && this.wide === 0 ? (changes[0] as Change).kv.key : undefined;
    const concerned = only === undefined ? this.ranges : this.folders.get(folderOf(only));
    if (concerned !== undefined) for (const watcher of concerned) this.tell(watcher, revision, changes);
    if (this.exact.size > 0) {
      for (const change of changes) {
        const set = this.exact.get(change.kv.key);
        if (set !== undefined) for (const watcher of set) this.tell(watcher, revision, [change]);
      }
    }
  }

  private tell(watcher: Watcher, revision: Revision, changes: readonly Change[]): void {
    if (revision.revision < watcher.nextRevision) return;
    let events: WatchedEvent[] | undefined;
    for (const change of changes) {
      if (!isInRange(change.kv.key, watcher.key, watcher.rangeEnd) || isFiltered(watcher, change)) continue;
      (events ??= []).push(eventOf(change, watcher.prevKv, revision.cause));
    }
    if (events === undefined) return;
    watcher.nextRevision = revision.revision + 1;
    watcher.fresh = true;
    this.host.trace.follow(revision.cause);
    watcher.stream.send(watcher.id, events);
  }

  /** Brings a watcher up to the present from the history. Throws when a part of that is compacted away. */
  catchUp(watcher: Watcher): void {
    for (const revision of this.store.changesSince(watcher.nextRevision)) this.tell(watcher, revision, revision.changes);
    watcher.nextRevision = Math.max(watcher.nextRevision, this.store.revision + 1);
  }

  /** The store was replaced by a snapshot: watchers get what they have not seen, or are told that it is gone. */
  resync(): void {
    for (const stream of this.streams) stream.resync();
  }

  /** The member has had no leader for too long: clients that asked for one are sent away. */
  dropLeaderless(): void {
    for (const stream of [...this.streams]) if (stream.needsLeader) stream.cancelAll(errors.noLeader.message);
  }
}

function isFiltered(watcher: Watcher, change: Change): boolean {
  return watcher.filters.length > 0 && watcher.filters.includes(change.type === 'PUT' ? 'NOPUT' : 'NODELETE');
}

function eventOf(change: Change, prevKv: boolean, cause: number): WatchedEvent {
  return { type: change.type, kv: change.kv, ...(prevKv && change.prevKv !== undefined ? { prevKv: change.prevKv } : {}), cause };
}

const noEvents: readonly WatchedEvent[] = [];

/** One client's stream with any number of watchers. */
export class WatchStream {
  private readonly host: Host;
  private readonly hub: WatchHub;
  private readonly stream: HttpStream;
  private readonly header: () => ResponseHeader;
  private readonly progressMs: number;
  readonly needsLeader: boolean;
  private readonly watchers = new Map<number, Watcher>();
  private nextId = 0;
  private progressTask: TaskHandle | undefined;
  private ended = false;

  constructor(host: Host, hub: WatchHub, stream: HttpStream, header: () => ResponseHeader, options: { readonly progressMs: number; readonly needsLeader: boolean }) {
    this.host = host;
    this.hub = hub;
    this.stream = stream;
    this.header = header;
    this.progressMs = options.progressMs;
    this.needsLeader = options.needsLeader;
  }

  /** Serves until the client goes away. */
  *run(): Task<void> {
    this.hub.streams.add(this);
    try {
      while (!this.ended) {
        const request = (yield* this.stream.receive()) as WatchRequest | undefined;
        if (request === undefined) return;
        if ('create' in request) this.create(request.create);
        else if ('cancel' in request) this.cancel(request.cancel.watchId);
        else this.reportProgress();
      }
    } finally {
      this.hub.streams.delete(this);
      for (const watcher of this.watchers.values()) this.hub.remove(watcher);
      this.watchers.clear();
      this.progressTask?.cancel();
    }
  }

  private respond(parts: Partial<WatchResponse> & { readonly watchId: number }, note: string): void {
    this.stream.send({ header: this.header(), events: noEvents, ...parts } satisfies WatchResponse, note);
  }

  send(watchId: number, events: readonly WatchedEvent[]): void {
    const first = events[0] as WatchedEvent;
    this.respond({ watchId, events }, events.length === 1 ? `${first.type} ${first.kv.key}` : `${events.length} changes`);
  }

  private create(request: Extract<WatchRequest, { readonly create: unknown }>['create']): void {
    const { hub } = this;
    let id = request.watchId ?? 0;
    if (id === 0 && request.watchId === undefined) {
      while (this.watchers.has(this.nextId)) this.nextId++;
      id = this.nextId++;
    } else if (this.watchers.has(id)) {
      this.respond({ watchId: -1, created: true, canceled: true, cancelReason: 'mvcc: duplicate watch ID provided on the WatchStream' }, 'refused');
      return;
    }
    const start = request.startRevision ?? 0;
    const watcher: Watcher = {
      stream: this, id, key: request.key, rangeEnd: request.rangeEnd === '' ? undefined : request.rangeEnd, prevKv: request.prevKv ?? false,
      progressNotify: request.progressNotify ?? false, filters: request.filters ?? [], nextRevision: start > 0 ? start : hub.store.revision + 1, fresh: true,
    };
    this.watchers.set(id, watcher);
    this.respond({ watchId: id, created: true }, `watching ${request.key}`);
    if (!this.catchUp(watcher)) return;
    hub.add(watcher);
    if (watcher.progressNotify && this.progressTask === undefined) this.progressTask = this.host.tasks.spawn('watch progress', this.reportRegularly());
  }

  private catchUp(watcher: Watcher): boolean {
    if (watcher.nextRevision > this.hub.store.revision) return true;
    const cause = this.host.trace.cause;
    try {
      this.hub.catchUp(watcher);
      return true;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.drop(watcher);
      this.respond({ watchId: watcher.id, canceled: true, compactRevision: this.hub.store.compacted, cancelReason: errors.compacted.message }, 'compacted');
      return false;
    } finally {
      this.host.trace.follow(cause);
    }
  }

  resync(): void {
    for (const watcher of [...this.watchers.values()]) this.catchUp(watcher);
  }

  private drop(watcher: Watcher): void {
    this.hub.remove(watcher);
    this.watchers.delete(watcher.id);
  }

  private cancel(watchId: number): void {
    const watcher = this.watchers.get(watchId);
    if (watcher === undefined) return;
    this.drop(watcher);
    this.respond({ watchId, canceled: true }, 'canceled');
  }

  cancelAll(reason: string): void {
    this.respond({ watchId: -1, canceled: true, cancelReason: reason }, reason);
    this.ended = true;
    this.stream.close();
  }

  /** All watchers have seen everything up to the header's revision: changes are sent at once, so this is always true here. */
  private reportProgress(): void {
    this.respond({ watchId: -1 }, 'progress');
  }

  private *reportRegularly(): Task<void> {
    for (;;) {
      yield* this.host.clock.sleep(this.progressMs);
      for (const watcher of this.watchers.values()) {
        if (watcher.progressNotify && !watcher.fresh) this.respond({ watchId: watcher.id }, 'progress');
        watcher.fresh = false;
      }
    }
  }
}
