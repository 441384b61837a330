// The log of one member: a compacted prefix, then entries, of which some are on the disk, some committed, some applied.
// applied <= committed <= last, and an entry that was once committed never changes.
import { invariant } from './invariant.ts';
import type { Entry, Snapshot } from './message.ts';

const none: readonly Entry[] = [];

export class RaftLog {
  /** Entries from `first` on, without gaps. */
  private entries: Entry[] = [];
  private first: number;
  /** Term of the entry before `first`. */
  private prefixTerm: number;
  committed: number;
  applied: number;
  /** Everything up to here is on the disk. */
  private stable: number;
  /** A snapshot from the leader that is not on the disk yet. */
  pendingSnapshot: Snapshot | undefined;

  /** As read from the disk: the last snapshot's place, and the entries after it. */
  constructor(prefix: { readonly index: number; readonly term: number }, entries: readonly Entry[], committed: number) {
    this.first = prefix.index + 1;
    this.prefixTerm = prefix.term;
    this.entries = [...entries];
    this.committed = Math.max(prefix.index, committed);
    this.applied = prefix.index;
    this.stable = this.lastIndex;
    invariant(this.committed <= this.lastIndex, `committed(${this.committed}) is out of range [lastIndex(${this.lastIndex})]: was the log lost?`);
  }

  get firstIndex(): number {
    return this.first;
  }
  get lastIndex(): number {
    return this.first + this.entries.length - 1;
  }
  get lastTerm(): number {
    return this.entries.length > 0 ? (this.entries[this.entries.length - 1] as Entry).term : this.prefixTerm;
  }
  get stableIndex(): number {
    return this.stable;
  }

  /** Term of an entry; undefined when it is compacted away or not there yet. */
  term(index: number): number | undefined {
    if (index === this.first - 1) return this.prefixTerm;
    return this.entries[index - this.first]?.term;
  }

  matches(index: number, term: number): boolean {
    return this.term(index) === term;
  }

  entry(index: number): Entry | undefined {
    return this.entries[index - this.first];
  }

  /** Entries `from` .. `to` (inclusive), at most `limit`. Undefined when `from` is compacted away. */
  slice(from: number, to: number, limit = Infinity): readonly Entry[] | undefined {
    if (from < this.first) return undefined;
    const end = Math.min(to, this.lastIndex, from + limit - 1);
    if (from > end) return none;
    return this.entries.slice(from - this.first, end - this.first + 1);
  }

  /** Whether a log that ends so has everything that this one may have committed (section 5.4.1 of the Raft paper). */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex);
  }

  /** Appends what the leader sent if the entry before is the same here; the last index that is now the same, or undefined. */
  maybeAppend(index: number, term: number, committed: number, entries: readonly Entry[]): number | undefined {
    if (!this.matches(index, term)) return undefined;
    const last = index + entries.length;
    const conflict = entries.find((entry) => !this.matches(entry.index, entry.term));
    if (conflict !== undefined) {
      invariant(conflict.index > this.committed, `entry ${conflict.index} conflicts with committed entry [committed(${this.committed})]`);
      this.append(entries.slice(conflict.index - index - 1));
    }
    this.commitTo(Math.min(committed, last));
    return last;
  }

  append(entries: readonly Entry[]): void {
    const start = entries[0];
    if (start === undefined) return;
    invariant(start.index > this.committed, `after(${start.index - 1}) is out of range [committed(${this.committed})]`);
    if (start.index <= this.lastIndex) {
      this.entries.length = start.index - this.first;
      if (this.stable >= start.index) this.stable = start.index - 1;
    }
    invariant(start.index === this.lastIndex + 1, `missing log entries [last: ${this.lastIndex}, append at: ${start.index}]`);
    for (const entry of entries) this.entries.push(entry);
  }

  /**
   * The largest index, at most `index`, whose term is at most `term`: where two logs may still agree. One round trip skips a whole term
   * of differing entries. A compacted term is unknown: 0.
   */
  findConflictByTerm(index: number, term: number): { readonly index: number; readonly term: number } {
    for (let at = index; at > 0; at--) {
      const here = this.term(at);
      if (here === undefined) return { index: at, term: 0 };
      if (here <= term) return { index: at, term: here };
    }
    return { index: 0, term: 0 };
  }

  commitTo(index: number): void {
    if (index <= this.committed) return;
    invariant(index <= this.lastIndex, `tocommit(${index}) is out of range [lastIndex(${this.lastIndex})]. Was the raft log corrupted, truncated, or lost?`);
    this.committed = index;
  }

  /** Commits up to `index` if that entry is of the present term: older terms' entries are only committed by what follows them (figure 8). */
  maybeCommit(index: number, term: number): boolean {
    if (index <= this.committed || !this.matches(index, term)) return false;
    this.commitTo(index);
    return true;
  }

  appliedTo(index: number): void {
    invariant(index <= this.committed && index >= this.applied, `applied(${index}) is out of range [prevApplied(${this.applied}), committed(${this.committed})]`);
    this.applied = index;
  }

  get hasUnstable(): boolean {
    return this.stable < this.lastIndex;
  }
  unstableEntries(): readonly Entry[] {
    return this.hasUnstable ? this.entries.slice(this.stable + 1 - this.first) : none;
  }

  /** The disk has everything up to this entry, unless it was replaced meanwhile. */
  stableTo(index: number, term: number): void {
    if (index > this.stable && this.matches(index, term)) this.stable = index;
  }

  get hasNextCommitted(): boolean {
    return this.pendingSnapshot === undefined && this.committed > this.applied;
  }
  nextCommitted(limit: number): readonly Entry[] {
    return this.hasNextCommitted ? (this.slice(this.applied + 1, this.committed, limit) ?? none) : none;
  }

  /** Forgets everything for a snapshot that the leader sent. */
  restore(snapshot: Snapshot): void {
    this.entries = [];
    this.first = snapshot.index + 1;
    this.prefixTerm = snapshot.term;
    this.committed = snapshot.index;
    this.stable = snapshot.index;
    this.pendingSnapshot = snapshot;
  }

  /** The pending snapshot is on the disk and applied. */
  snapshotSettled(index: number): void {
    if (this.pendingSnapshot?.index !== index) return;
    this.pendingSnapshot = undefined;
    if (this.applied < index) this.applied = index;
  }

  /** Drops entries up to `index`, which must be applied. */
  compact(index: number): void {
    if (index < this.first) return;
    invariant(index <= this.applied && index <= this.stable, `compact(${index}) is ahead of applied(${this.applied})`);
    this.prefixTerm = this.term(index) as number;
    this.entries = this.entries.slice(index + 1 - this.first);
    this.first = index + 1;
  }
}
