// Every version of every key since the last compaction. A revision numbers one change of the whole store; versions are shared by reference
// with everybody who reads them.
import type { KeyValue, RangeRequest } from '../../../wire/etcd-rpc.ts';
import { KeyTree } from './key-tree.ts';
import { errors, Refusal } from '../refusal.ts';
import { weigh } from '../weight.ts';

/** One key and its versions, oldest first. A version whose `version` is 0 is a tombstone. */
interface KeyRecord {
  readonly key: string;
  versions: KeyValue[];
}

export interface Change {
  readonly type: 'PUT' | 'DELETE';
  /** For a deletion only key and modRevision mean something. */
  readonly kv: KeyValue;
  readonly prevKv: KeyValue | undefined;
}

/** What one revision did; `cause` is the trace event of the apply. */
export interface Revision {
  readonly revision: number;
  readonly changes: readonly Change[];
  cause: number;
}

export interface RangeResult {
  readonly kvs: readonly KeyValue[];
  readonly count: number;
  readonly more: boolean;
  /** The store's present revision. */
  readonly revision: number;
}

export interface StoreSnapshot {
  readonly revision: number;
  readonly compacted: number;
  readonly records: readonly { readonly key: string; readonly versions: readonly KeyValue[] }[];
  readonly history: readonly Revision[];
}

/** `rangeEnd` as etcd reads it: undefined is one key, '\0' is everything from the key on. */
export function rangeBounds(rangeEnd: string | undefined): { readonly single: boolean; readonly end: string | undefined } {
  if (rangeEnd === undefined || rangeEnd === '') return { single: true, end: undefined };
  return { single: false, end: rangeEnd === '\0' ? undefined : rangeEnd };
}

export function isInRange(key: string, from: string, rangeEnd: string | undefined): boolean {
  if (rangeEnd === undefined || rangeEnd === '') return key === from;
  return key >= from && (rangeEnd === '\0' || key < rangeEnd);
}

export class MvccStore {
  private tree = new KeyTree<KeyRecord>();
  /** As etcd's, an empty store is at revision 1. */
  revision = 1;
  /** Revisions below this are gone. 0: never compacted. */
  compacted = 0;
  /** By revision, ascending, nothing at or below `compacted`. */
  private history: Revision[] = [];
  private pending: Change[] = [];
  /** What all versions weigh. */
  inUseBytes = 0;
  /** What the file has grown to: compaction leaves holes in it, which later writes fill; only defragmentation makes it smaller. */
  fileBytes = 0;

  // ---------------------------------------------------------------- reading

  range(request: RangeRequest): RangeResult {
    const at = request.revision ?? 0;
    if (at > this.revision) throw new Refusal(errors.futureRevision);
    if (at > 0 && at < this.compacted) throw new Refusal(errors.compacted);
    const revision = at > 0 ? at : this.writeRevision;
    const filters = hasFilters(request);
    const order = request.sortOrder ?? 'NONE';
    const target = request.sortTarget ?? 'KEY';
    const limit = request.limit ?? 0;
    const sorted = order !== 'NONE' || target !== 'KEY';
    const fetch = limit > 0 && !sorted && !filters ? limit + 1 : Infinity;
    const found: KeyValue[] = [];
    let count = 0;
    const take = (record: KeyRecord): void => {
      const kv = versionAt(record, revision);
      if (kv === undefined) return;
      count++;
      if (request.countOnly !== true && found.length < fetch) found.push(kv);
    };
    const { single, end } = rangeBounds(request.rangeEnd);
    if (single) {
      const record = this.tree.get(request.key);
      if (record !== undefined) take(record);
    } else this.tree.walk(request.key, end, take);
    if (request.countOnly === true) return { kvs: [], count, more: false, revision: this.writeRevision };
    let kvs = filters ? found.filter((kv) => passes(kv, request)) : found;
    if (sorted) kvs = sortBy(kvs, target, order === 'DESCEND');
    const more = limit > 0 && kvs.length > limit;
    if (more) kvs = kvs.slice(0, limit);
    if (request.keysOnly === true) kvs = kvs.map((kv) => ({ ...kv, value: undefined }));
    return { kvs, count, more, revision: this.writeRevision };
  }

  /** The present version of one key. */
  get(key: string): KeyValue | undefined {
    const record = this.tree.get(key);
    const last = record?.versions.at(-1);
    return last === undefined || last.version === 0 ? undefined : last;
  }

  /** Present versions in a range, in order. */
  list(key: string, rangeEnd: string | undefined): KeyValue[] {
    const { single, end } = rangeBounds(rangeEnd);
    if (single) {
      const kv = this.get(key);
      return kv === undefined ? [] : [kv];
    }
    const found: KeyValue[] = [];
    this.tree.walk(key, end, (record) => {
      const last = record.versions[record.versions.length - 1];
      if (last !== undefined && last.version > 0) found.push(last);
    });
    return found;
  }

  /** Changes at and after `revision`. Throws when some of them are compacted away. */
  changesSince(revision: number): readonly Revision[] {
    if (revision < this.compacted) throw new Refusal(errors.compacted);
    let low = 0;
    let high = this.history.length;
    while (low < high) {
      const mid = (low + high) >> 1;
      if ((this.history[mid] as Revision).revision < revision) low = mid + 1;
      else high = mid;
    }
    return low === this.history.length ? none : this.history.slice(low);
  }

  get keyCount(): number {
    return this.tree.size;
  }

  // ---------------------------------------------------------------- writing

  /** What a read sees: within a transaction, its own writes too. */
  private get writeRevision(): number {
    return this.pending.length > 0 ? this.revision + 1 : this.revision;
  }

  put(key: string, value: unknown, lease: string): { readonly kv: KeyValue; readonly prev: KeyValue | undefined } {
    const revision = this.revision + 1;
    let record = this.tree.get(key);
    if (record === undefined) this.tree.insert((record = { key, versions: [] }));
    const last = record.versions[record.versions.length - 1];
    const prev = last === undefined || last.version === 0 ? undefined : last;
    const kv: KeyValue = { key, value, createRevision: prev?.createRevision ?? revision, modRevision: revision, version: (prev?.version ?? 0) + 1, lease };
    record.versions.push(kv);
    this.grow(kv);
    this.pending.push({ type: 'PUT', kv, prevKv: prev });
    return { kv, prev };
  }

  deleteRange(key: string, rangeEnd: string | undefined): readonly KeyValue[] {
    const doomed = this.list(key, rangeEnd);
    const revision = this.revision + 1;
    for (const prev of doomed) {
      const tombstone: KeyValue = { key: prev.key, value: undefined, createRevision: 0, modRevision: revision, version: 0, lease: '' };
      (this.tree.get(prev.key) as KeyRecord).versions.push(tombstone);
      this.grow(tombstone);
      this.pending.push({ type: 'DELETE', kv: tombstone, prevKv: prev });
    }
    return doomed;
  }

  /** Ends a transaction: what was put and deleted since the last call becomes one revision. Undefined when there was nothing. */
  commit(): Revision | undefined {
    if (this.pending.length === 0) return undefined;
    const done: Revision = { revision: ++this.revision, changes: this.pending, cause: 0 };
    this.pending = [];
    this.history.push(done);
    return done;
  }

  private grow(kv: KeyValue): void {
    this.inUseBytes += sizeOf(kv);
    if (this.inUseBytes > this.fileBytes) this.fileBytes = this.inUseBytes;
  }

  /** The file is written anew without holes. */
  defragment(): void {
    this.fileBytes = this.inUseBytes;
  }

  get hasPending(): boolean {
    return this.pending.length > 0;
  }

  // ---------------------------------------------------------------- compaction

  checkCompact(revision: number): void {
    if (revision <= this.compacted) throw new Refusal(errors.compacted);
    if (revision > this.revision) throw new Refusal(errors.futureRevision);
  }

  /** Forgets every version that is not the newest at `revision`, and the history up to there. */
  compact(revision: number): void {
    this.checkCompact(revision);
    this.compacted = revision;
    let gone = 0;
    for (; gone < this.history.length; gone++) {
      const each = this.history[gone] as Revision;
      if (each.revision > revision) break;
      for (const change of each.changes) this.trim(change.kv.key, revision);
    }
    // The changes of `revision` itself stay, so that a watch from it still works, as in etcd.
    const keep = gone > 0 && (this.history[gone - 1] as Revision).revision === revision ? gone - 1 : gone;
    this.history = this.history.slice(keep);
  }

  private trim(key: string, revision: number): void {
    const record = this.tree.get(key);
    if (record === undefined) return;
    const { versions } = record;
    let newest = -1;
    while (newest + 1 < versions.length && (versions[newest + 1] as KeyValue).modRevision <= revision) newest++;
    if (newest < 0) return;
    // A tombstone that is the newest says nothing any more.
    const from = (versions[newest] as KeyValue).version === 0 ? newest + 1 : newest;
    if (from === 0) return;
    for (let i = 0; i < from; i++) this.inUseBytes -= sizeOf(versions[i] as KeyValue);
    if (from === versions.length) this.tree.remove(key);
    else record.versions = versions.slice(from);
  }

  // ---------------------------------------------------------------- whole

  snapshot(): StoreSnapshot {
    const records: { key: string; versions: readonly KeyValue[] }[] = [];
    this.tree.walk('', undefined, (record) => {
      records.push({ key: record.key, versions: record.versions.slice() });
    });
    return { revision: this.revision, compacted: this.compacted, records, history: this.history.slice() };
  }

  restore(snapshot: StoreSnapshot): void {
    this.tree = new KeyTree();
    this.inUseBytes = 0;
    for (const record of snapshot.records) {
      this.tree.insert({ key: record.key, versions: record.versions.slice() });
      for (const version of record.versions) this.inUseBytes += sizeOf(version);
    }
    this.fileBytes = this.inUseBytes;
    this.revision = snapshot.revision;
    this.compacted = snapshot.compacted;
    this.history = snapshot.history.slice();
    this.pending = [];
  }

  /** A digest of keys and revisions at `revision`: equal stores have equal hashes. */
  hash(revision = this.revision): number {
    let hash = 0x811c9dc5;
    const mix = (value: number): void => {
      hash = Math.imul(hash ^ value, 0x01000193);
    };
    this.tree.walk('', undefined, (record) => {
      const kv = versionAt(record, revision);
      if (kv === undefined) return;
      for (let i = 0; i < kv.key.length; i++) mix(kv.key.charCodeAt(i));
      mix(kv.createRevision);
      mix(kv.modRevision);
      mix(kv.version);
      mix(weigh(kv.value).crc);
    });
    return hash >>> 0;
  }
}

const none: readonly Revision[] = [];

const pageBytes = 4096;

/** The file that versions of so many bytes take: bbolt's pages, five of which an empty one has. */
export function backendBytes(bytes: number): number {
  return (5 + Math.floor(bytes / pageBytes)) * pageBytes;
}

/** bbolt keeps each version under its revision, with key, numbers and lease beside the value. */
function sizeOf(kv: KeyValue): number {
  return kv.version === 0 ? 64 : 64 + kv.key.length + weigh(kv.value).bytes;
}

function versionAt(record: KeyRecord, revision: number): KeyValue | undefined {
  const { versions } = record;
  for (let i = versions.length - 1; i >= 0; i--) {
    const version = versions[i] as KeyValue;
    if (version.modRevision <= revision) return version.version === 0 ? undefined : version;
  }
  return undefined;
}

function hasFilters(request: RangeRequest): boolean {
  return (request.minModRevision ?? 0) > 0 || (request.maxModRevision ?? 0) > 0 || (request.minCreateRevision ?? 0) > 0 || (request.maxCreateRevision ?? 0) > 0;
}

function passes(kv: KeyValue, request: RangeRequest): boolean {
  const { minModRevision = 0, maxModRevision = 0, minCreateRevision = 0, maxCreateRevision = 0 } = request;
  if (minModRevision > 0 && kv.modRevision < minModRevision) return false;
  if (maxModRevision > 0 && kv.modRevision > maxModRevision) return false;
  if (minCreateRevision > 0 && kv.createRevision < minCreateRevision) return false;
  return maxCreateRevision === 0 || kv.createRevision <= maxCreateRevision;
}

function sortBy(kvs: readonly KeyValue[], target: NonNullable<RangeRequest['sortTarget']>, descending: boolean): KeyValue[] {
  const field = (kv: KeyValue): string | number =>
    target === 'KEY' ? kv.key : target === 'VERSION' ? kv.version : target === 'CREATE' ? kv.createRevision : target === 'MOD' ? kv.modRevision : String(kv.value);
  const sign = descending ? -1 : 1;
  return kvs.slice().sort((a, b) => {
    const x = field(a);
    const y = field(b);
    return x < y ? -sign : x > y ? sign : 0;
  });
}
