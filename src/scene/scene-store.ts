// The records as they are at the end of the run, and every change that led there: any earlier moment is a walk back over them.
// What is shown may be another moment than the end; `moveTo` says what changes on the way.
import type { EventId } from '../kernel/host.ts';
import { sameData, squash, toDiff, type Change, type Changes } from './diff.ts';
import type { SceneDiff, SceneRecord } from './records.ts';

interface Entry {
  /** Time of the last change in it; the entry is wholly part of every moment from here on. */
  readonly atMs: number;
  readonly changes: Changes;
}

/** What led to a record: the event that made it, and the last one that changed it. */
export interface Provenance {
  readonly created: EventId;
  readonly latest: EventId;
}

const mostEntries = 40_000;

export class SceneStore {
  private readonly live = new Map<string, SceneRecord>();
  private readonly shown = new Map<string, SceneRecord>();
  private readonly provenance = new Map<string, Provenance>();
  private entries: Entry[] = [];
  private shownEntries = 0;
  private pending = new Map<string, Change>();
  private pendingMs = 0;
  private grainMs = 1000;
  private readonly limit: number;

  constructor(limit = mostEntries) {
    this.limit = limit;
  }

  // ------------------------------------------------------------ writing, at the end of the run

  get(id: string): SceneRecord | undefined {
    return this.live.get(id);
  }
  records(): Iterable<SceneRecord> {
    return this.live.values();
  }

  put(record: SceneRecord, atMs: number, event: EventId): void {
    const before = this.live.get(record.id);
    if (before !== undefined && sameData(before, record)) return;
    this.change(record.id, before, record, atMs, event);
    this.live.set(record.id, record);
  }

  remove(id: string, atMs: number, event: EventId): void {
    const before = this.live.get(id);
    if (before === undefined) return;
    this.change(id, before, undefined, atMs, event);
    this.live.delete(id);
  }

  private change(id: string, before: SceneRecord | undefined, after: SceneRecord | undefined, atMs: number, event: EventId): void {
    if (atMs !== this.pendingMs) this.close();
    this.pendingMs = atMs;
    const known = this.pending.get(id);
    this.pending.set(id, { before: known === undefined ? before : known.before, after });
    if (event === 0) return;
    const origin = this.provenance.get(id);
    this.provenance.set(id, { created: before === undefined ? event : (origin?.created ?? event), latest: event });
  }

  /** What led to a record, also after it has gone. */
  origin(id: string): Provenance | undefined {
    return this.provenance.get(id);
  }

  private close(): void {
    if (this.pending.size === 0) return;
    this.entries.push({ atMs: this.pendingMs, changes: this.pending });
    this.pending = new Map();
    if (this.entries.length > this.limit) this.coarsen();
  }

  /** Old moments lose their fineness: the older half is put together in steps of `grainMs`, twice as long each time. */
  private coarsen(): void {
    const half = this.limit >> 1;
    const merged: Entry[] = [];
    const places: number[] = [];
    for (let at = 0; at < half; at++) {
      const entry = this.entries[at] as Entry;
      const last = merged.at(-1);
      const boundary = at === this.shownEntries;
      if (last !== undefined && !boundary && Math.floor(last.atMs / this.grainMs) === Math.floor(entry.atMs / this.grainMs)) {
        merged[merged.length - 1] = { atMs: entry.atMs, changes: squash(last.changes, entry.changes) };
      } else merged.push(entry);
      places[at] = merged.length;
    }
    if (this.shownEntries <= half) this.shownEntries = this.shownEntries === 0 ? 0 : (places[this.shownEntries - 1] as number);
    else this.shownEntries -= half - merged.length;
    this.entries = [...merged, ...this.entries.slice(half)];
    this.grainMs *= 2;
  }

  get size(): number {
    return this.entries.length;
  }

  // ------------------------------------------------------------ what is shown

  shownRecords(): readonly SceneRecord[] {
    return [...this.shown.values()];
  }
  shownRecord(id: string): SceneRecord | undefined {
    return this.shown.get(id);
  }

  /** Shows the scene as it was once everything up to and including `atMs` had happened; returns what changes. */
  moveTo(atMs: number): SceneDiff {
    this.close();
    return this.show(this.countUpTo(atMs));
  }
  /** Shows the end of the run. */
  moveToEnd(): SceneDiff {
    this.close();
    return this.show(this.entries.length);
  }
  /** The next moment after the shown one at which anything changed. */
  nextChangeMs(): number | undefined {
    this.close();
    return this.entries[this.shownEntries]?.atMs;
  }
  /** The moment of the last shown change, and of the one before. */
  previousChangeMs(): number | undefined {
    return this.shownEntries < 2 ? undefined : this.entries[this.shownEntries - 2]?.atMs;
  }

  private countUpTo(atMs: number): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.entries[middle] as Entry).atMs <= atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private show(count: number): SceneDiff {
    if (count === this.shownEntries) return toDiff(new Map());
    const goal = new Map<string, SceneRecord | undefined>();
    for (let at = this.shownEntries; at < count; at++) for (const [id, change] of (this.entries[at] as Entry).changes) goal.set(id, change.after);
    for (let at = this.shownEntries - 1; at >= count; at--) for (const [id, change] of (this.entries[at] as Entry).changes) goal.set(id, change.before);
    this.shownEntries = count;
    const changes = new Map<string, Change>();
    for (const [id, after] of goal) {
      const before = this.shown.get(id);
      if (before === after) continue;
      changes.set(id, { before, after });
      if (after === undefined) this.shown.delete(id);
      else this.shown.set(id, after);
    }
    return toDiff(changes);
  }
}
