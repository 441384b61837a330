// client-go's rate-limited, de-duplicating queue: a key is never handled by two workers at once, and keeps the cause that added it.
import type { Host } from '../kernel/host.ts';
import type { Task, Waiter } from '../kernel/task.ts';
import type { WorkQueue } from './contract.ts';

export interface WorkQueueOptions {
  /** Exponential per key, default 5 ms doubling to 1000 s. */
  readonly baseDelayMs?: number;
  readonly maxDelayMs?: number;
  /** Overall bucket of retries, default 10 a second, burst 100. */
  readonly retriesPerSecond?: number;
  readonly burst?: number;
}

export function createWorkQueue(host: Host, name: string, options: WorkQueueOptions = {}): WorkQueue {
  return new Queue(host, name, options);
}

interface Delayed {
  readonly key: string;
  readonly atMs: number;
  readonly order: number;
  readonly cause: number;
}

class Queue implements WorkQueue {
  private readonly host: Host;
  readonly name: string;
  readonly counts = { adds: 0, retries: 0 };
  private readonly baseDelayMs: number;
  private readonly maxDelayMs: number;
  private readonly retriesPerSecond: number;
  private readonly burst: number;
  private readonly ready: string[] = [];
  private head = 0;
  /** Keys that wait to be handled, with the cause that first added them. */
  private readonly dirty = new Map<string, number>();
  private readonly processing = new Set<string>();
  private readonly failures = new Map<string, number>();
  private readonly idle: Waiter[] = [];
  private closed = false;
  // The bucket: tokens at `filledMs`; may go below zero (a reservation in the future).
  private tokens: number;
  private filledMs = 0;
  private delayed: Delayed[] = [];
  private order = 0;
  private alarm: { waiter: Waiter | undefined; readonly ring: () => void } | undefined;

  constructor(host: Host, name: string, options: WorkQueueOptions) {
    this.host = host;
    this.name = name;
    this.baseDelayMs = options.baseDelayMs ?? 5;
    this.maxDelayMs = options.maxDelayMs ?? 1_000_000;
    this.retriesPerSecond = options.retriesPerSecond ?? 10;
    this.burst = options.burst ?? 100;
    this.tokens = this.burst;
  }

  get length(): number {
    return this.ready.length - this.head;
  }

  add(key: string): void {
    this.addWithCause(key, this.host.trace.cause);
  }

  private addWithCause(key: string, cause: number): void {
    if (this.closed || this.dirty.has(key)) return;
    this.dirty.set(key, cause);
    this.counts.adds++;
    if (this.processing.has(key)) return;
    this.ready.push(key);
    this.idle.shift()?.wake(undefined, cause);
  }

  addAfter(key: string, delayMs: number): void {
    if (this.closed) return;
    this.counts.retries++;
    if (!(delayMs > 0)) return this.add(key);
    const atMs = this.host.clock.nowMs() + delayMs;
    const known = this.delayed.findIndex((each) => each.key === key);
    if (known >= 0) {
      if ((this.delayed[known] as Delayed).atMs <= atMs) return;
      this.delayed.splice(known, 1);
    }
    let at = this.delayed.length;
    while (at > 0 && (this.delayed[at - 1] as Delayed).atMs > atMs) at--;
    this.delayed.splice(at, 0, { key, atMs, order: this.order++, cause: this.host.trace.cause });
    if (this.alarm === undefined) this.startAlarm();
    else if (at === 0) this.alarm.ring();
  }

  addRateLimited(key: string): void {
    const failed = this.failures.get(key) ?? 0;
    this.failures.set(key, failed + 1);
    let backoffMs = this.baseDelayMs;
    for (let i = 0; i < failed && backoffMs < this.maxDelayMs; i++) backoffMs *= 2;
    const nowMs = this.host.clock.nowMs();
    this.tokens = Math.min(this.burst, this.tokens + ((nowMs - this.filledMs) * this.retriesPerSecond) / 1000);
    this.filledMs = nowMs;
    this.tokens -= 1;
    const bucketMs = this.tokens >= 0 ? 0 : (-this.tokens * 1000) / this.retriesPerSecond;
    this.addAfter(key, Math.max(Math.min(backoffMs, this.maxDelayMs), bucketMs));
  }

  forget(key: string): void {
    this.failures.delete(key);
  }

  retries(key: string): number {
    return this.failures.get(key) ?? 0;
  }

  *take(): Task<string | undefined> {
    while (this.head === this.ready.length) {
      if (this.closed) return undefined;
      yield { arm: (waiter) => void this.idle.push(waiter), disarm: (waiter) => this.forgetWaiter(waiter) };
    }
    const key = this.ready[this.head] as string;
    this.head++;
    if (this.head > 512 && this.head * 2 > this.ready.length) {
      this.ready.splice(0, this.head);
      this.head = 0;
    }
    const cause = this.dirty.get(key) ?? 0;
    this.dirty.delete(key);
    this.processing.add(key);
    this.host.trace.follow(cause);
    return key;
  }

  done(key: string): void {
    this.processing.delete(key);
    const cause = this.dirty.get(key);
    if (cause === undefined) return;
    this.ready.push(key);
    this.idle.shift()?.wake(undefined, cause);
  }

  shutDown(): void {
    this.closed = true;
    this.delayed = [];
    for (const waiter of this.idle.splice(0)) waiter.wake(undefined);
    this.alarm?.ring();
  }

  private forgetWaiter(waiter: Waiter): void {
    const at = this.idle.indexOf(waiter);
    if (at >= 0) this.idle.splice(at, 1);
  }

  private startAlarm(): void {
    // One task sleeps until the earliest delayed key is due; an earlier one rings it awake.
    const bell = this.host.tasks.mailbox<true>();
    this.alarm = { waiter: undefined, ring: () => bell.put(true, 0) };
    this.host.tasks.spawn(`queue ${this.name}`, this.runAlarm(bell));
  }

  private *runAlarm(bell: { take(timeoutMs?: number): Task<true | undefined> }): Task<void> {
    while (!this.closed) {
      const nowMs = this.host.clock.nowMs();
      // The sum of now and a delay may be a rounding error later than the moment it is slept to.
      while (this.delayed.length > 0 && (this.delayed[0] as Delayed).atMs <= nowMs + 1e-6) {
        const due = this.delayed.shift() as Delayed;
        this.addWithCause(due.key, due.cause);
      }
      const next = this.delayed[0];
      yield* next === undefined ? bell.take() : bell.take(next.atMs - nowMs);
    }
  }
}
