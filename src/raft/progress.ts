// What the leader knows about one member: how much of the log it has, and how much may be on its way to it.
import type { MemberId } from './message.ts';

/**
 * probe: one message at a time, until it is known where the logs agree. replicate: entries stream, optimistically. snapshot: nothing
 * is sent until the snapshot on its way is applied.
 */
export type ProgressState = 'probe' | 'replicate' | 'snapshot';

export class Progress {
  readonly id: MemberId;
  /** Known to be the same as the leader's up to here. */
  match: number;
  /** The next entry to send. */
  next: number;
  state: ProgressState = 'probe';
  /** The commit index it was told of last. */
  sentCommit = 0;
  pendingSnapshot = 0;
  /** Heard from since the last check of the quorum. */
  recentActive = false;
  /** Nothing more is sent until an answer, or a heartbeat's, arrives. */
  paused = false;
  isLearner: boolean;
  /** Last indexes of the messages with entries that are on their way, and what they weigh. */
  private inflight: number[] = [];
  private inflightSizes: number[] = [];
  private inflightBytes = 0;
  private readonly window: { readonly messages: number; readonly bytes: number };

  constructor(id: MemberId, match: number, next: number, window: { readonly messages: number; readonly bytes: number }, isLearner: boolean) {
    this.id = id;
    this.match = match;
    this.next = next;
    this.window = window;
    this.isLearner = isLearner;
  }

  private enter(state: ProgressState): void {
    this.state = state;
    this.paused = false;
    this.pendingSnapshot = 0;
    this.inflight = [];
    this.inflightSizes = [];
    this.inflightBytes = 0;
  }

  becomeProbe(): void {
    // After a snapshot, go on behind it.
    const next = this.state === 'snapshot' ? Math.max(this.match + 1, this.pendingSnapshot + 1) : this.match + 1;
    this.enter('probe');
    this.next = next;
    this.sentCommit = Math.min(this.sentCommit, next - 1);
  }

  becomeReplicate(): void {
    this.enter('replicate');
    this.next = this.match + 1;
  }

  becomeSnapshot(index: number): void {
    this.enter('snapshot');
    this.pendingSnapshot = index;
    this.next = index + 1;
    this.sentCommit = index;
  }

  get isFull(): boolean {
    return this.inflight.length >= this.window.messages || this.inflightBytes >= this.window.bytes;
  }
  get inflightCount(): number {
    return this.inflight.length;
  }

  get isPaused(): boolean {
    return this.state === 'snapshot' || this.paused;
  }

  /** `count` entries from `next` on were sent, which weigh `bytes`. */
  sent(count: number, bytes: number): void {
    if (this.state === 'replicate') {
      if (count > 0) {
        this.next += count;
        this.inflight.push(this.next - 1);
        this.inflightSizes.push(bytes);
        this.inflightBytes += bytes;
      }
      // A full window lets one more message through after each heartbeat's answer.
      this.paused = this.isFull;
    } else if (count > 0) this.paused = true;
  }

  freeTo(index: number): void {
    let done = 0;
    while (done < this.inflight.length && (this.inflight[done] as number) <= index) done++;
    if (done === 0) return;
    this.inflight.splice(0, done);
    for (const bytes of this.inflightSizes.splice(0, done)) this.inflightBytes -= bytes;
  }

  /** It has everything up to `index`; false when that is no news. */
  maybeUpdate(index: number): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.paused = false;
    return true;
  }

  /** It refused what followed `rejected`; the logs may agree at `hint`. False when the refusal is an old one. */
  maybeDecrease(rejected: number, hint: number): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
    } else {
      if (this.next - 1 !== rejected) return false;
      this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
      this.paused = false;
    }
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
    return true;
  }

  /** Whether telling it of `commit` would let it apply more. */
  canBumpCommit(commit: number): boolean {
    return commit > this.sentCommit && this.sentCommit < this.next - 1;
  }

  toString(): string {
    const parts = [`State${this.state[0]?.toUpperCase()}${this.state.slice(1)}`, `match=${this.match}`, `next=${this.next}`];
    if (this.isLearner) parts.push('learner');
    if (this.isPaused) parts.push('paused');
    if (this.pendingSnapshot > 0) parts.push(`pendingSnap=${this.pendingSnapshot}`);
    if (!this.recentActive) parts.push('inactive');
    if (this.inflight.length > 0) parts.push(`inflight=${this.inflight.length}${this.isFull ? '[full]' : ''}`);
    return parts.join(' ');
  }
}
