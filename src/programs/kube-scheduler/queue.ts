// The scheduling queue: pods to try now, pods that wait a little after a failure, and pods that wait for the cluster to change.
import type { ClusterEvent } from './framework.ts';
import { plugins } from './decide.ts';
import type { PodInfo } from './pod-info.ts';

export interface QueuedPod {
  info: PodInfo;
  readonly addedMs: number;
  attempts: number;
  /** When it was last put into this queue. */
  sinceMs: number;
  /** Plugins that refused it the last time: only events that concern one of them wake it. */
  refusedBy: ReadonlySet<string>;
  /** The last attempt failed for reasons of ours (API refused the binding): such pods always sit out their back-off. */
  failed: boolean;
  /** Trace event that brought it here. */
  cause: number;
}

const initialBackoffMs = 1000;
export const maxBackoffMs = 10_000;
export const flushAfterMs = 5 * 60_000;

const helpers = new Map(plugins.filter(({ helps }) => helps !== undefined).map(({ name, helps }) => [name, helps]));

export class SchedulingQueue {
  /** Highest priority first, then oldest. */
  private readonly active: QueuedPod[] = [];
  private readonly backoff = new Map<string, QueuedPod>();
  private readonly unschedulable = new Map<string, QueuedPod>();
  private readonly known = new Map<string, QueuedPod>();

  get lengths(): { readonly active: number; readonly backoff: number; readonly unschedulable: number } {
    return { active: this.active.length, backoff: this.backoff.size, unschedulable: this.unschedulable.size };
  }

  has(uid: string): boolean {
    return this.known.has(uid);
  }

  get(uid: string): QueuedPod | undefined {
    return this.known.get(uid);
  }

  add(info: PodInfo, nowMs: number, cause: number): void {
    if (this.known.has(info.uid)) return;
    const entry: QueuedPod = { info, addedMs: nowMs, sinceMs: nowMs, attempts: 0, refusedBy: new Set(), failed: false, cause };
    this.known.set(info.uid, entry);
    this.activate(entry);
  }

  /** The pod itself changed. `retry`: in a way that may let it fit. */
  update(info: PodInfo, retry: boolean, nowMs: number, cause: number): void {
    const entry = this.known.get(info.uid);
    if (entry === undefined) return;
    entry.info = info;
    if (retry && this.unschedulable.delete(info.uid)) this.release(entry, nowMs, cause);
  }

  remove(uid: string): void {
    const entry = this.known.get(uid);
    if (entry === undefined) return;
    this.known.delete(uid);
    this.backoff.delete(uid);
    this.unschedulable.delete(uid);
    const at = this.active.indexOf(entry);
    if (at >= 0) this.active.splice(at, 1);
  }

  /** The next pod to try; when nothing else is to be done, one whose back-off is not over yet. It leaves the queue; `putBack` returns it. */
  pop(): QueuedPod | undefined {
    let entry = this.active.shift();
    if (entry === undefined) {
      for (const waiting of this.backoff.values()) {
        if (!waiting.failed && (entry === undefined || backoffEndMs(waiting) < backoffEndMs(entry))) entry = waiting;
      }
      if (entry !== undefined) this.backoff.delete(entry.info.uid);
    }
    if (entry === undefined) return undefined;
    this.known.delete(entry.info.uid);
    entry.attempts++;
    return entry;
  }

  /** After a failed attempt. Without a plugin to blame (`failed`) it is tried again after its back-off. */
  putBack(entry: QueuedPod, refusedBy: ReadonlySet<string>, failed: boolean, nowMs: number): void {
    if (this.known.has(entry.info.uid)) return;
    entry.sinceMs = nowMs;
    entry.refusedBy = refusedBy;
    entry.failed = failed;
    this.known.set(entry.info.uid, entry);
    (failed ? this.backoff : this.unschedulable).set(entry.info.uid, entry);
  }

  /** Wakes those pods that the event may help. Returns how many. */
  wake(event: ClusterEvent, nowMs: number, cause: number): number {
    let woken = 0;
    for (const entry of this.unschedulable.values()) {
      let helped = entry.refusedBy.size === 0;
      for (const name of entry.refusedBy) if (helpers.get(name)?.(event, entry.info) === true) helped = true;
      if (!helped) continue;
      this.unschedulable.delete(entry.info.uid);
      this.release(entry, nowMs, cause);
      woken++;
    }
    return woken;
  }

  /** Moves pods whose time has come; returns when to look again. */
  flush(nowMs: number): number {
    let next = Infinity;
    for (const entry of this.backoff.values()) {
      const end = backoffEndMs(entry);
      if (end <= nowMs) {
        this.backoff.delete(entry.info.uid);
        this.activate(entry);
      } else next = Math.min(next, end);
    }
    for (const entry of this.unschedulable.values()) {
      const end = entry.sinceMs + flushAfterMs;
      if (end <= nowMs) {
        this.unschedulable.delete(entry.info.uid);
        this.release(entry, nowMs, entry.cause);
      } else next = Math.min(next, end);
    }
    return next;
  }

  pods(): readonly { readonly pod: string; readonly queue: string; readonly attempts: number }[] {
    const row = (queue: string) => ({ info, attempts }: QueuedPod) => ({ pod: info.key, queue, attempts });
    return [...this.active.map(row('active')), ...[...this.backoff.values()].map(row('backoff')), ...[...this.unschedulable.values()].map(row('unschedulable'))];
  }

  private release(entry: QueuedPod, nowMs: number, cause: number): void {
    entry.cause = cause;
    if (backoffEndMs(entry) > nowMs) this.backoff.set(entry.info.uid, entry);
    else this.activate(entry);
  }

  private activate(entry: QueuedPod): void {
    // Almost always the newest goes last, so look from the end.
    let at = this.active.length;
    while (at > 0 && comesBefore(entry, this.active[at - 1])) at--;
    if (at === this.active.length) this.active.push(entry);
    else this.active.splice(at, 0, entry);
  }
}

function comesBefore(entry: QueuedPod, other: QueuedPod | undefined): boolean {
  if (other === undefined) return false;
  return entry.info.priority !== other.info.priority ? entry.info.priority > other.info.priority : entry.sinceMs < other.sinceMs;
}

/** 1 s after the first failed attempt, doubling up to 10 s. */
function backoffEndMs(entry: QueuedPod): number {
  let backoffMs = initialBackoffMs;
  for (let attempt = 1; attempt < entry.attempts && backoffMs < maxBackoffMs; attempt++) backoffMs *= 2;
  return entry.sinceMs + Math.min(backoffMs, maxBackoffMs);
}
