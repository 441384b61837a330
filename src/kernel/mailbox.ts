// Queues and flags between tasks. An item remembers what led to it, so that whoever takes it goes on from there.
import type { Latch, Mailbox } from './host.ts';
import { Timer, WaitOnce, type Runner } from './runner.ts';
import type { Task, Waiter } from './task.ts';

export class SimMailbox<T> implements Mailbox<T> {
  private items: T[] = [];
  private causes: number[] = [];
  private head = 0;
  private waiters: Take<T>[] = [];
  private readonly runner: Runner;
  closed = false;

  constructor(runner: Runner) {
    this.runner = runner;
  }

  get size(): number {
    return this.items.length - this.head;
  }

  put(item: T, cause = this.runner.cause): void {
    if (this.closed) return;
    const waiter = this.waiters.shift();
    if (waiter !== undefined) {
      waiter.settle(item, cause);
      return;
    }
    this.items.push(item);
    this.causes.push(cause);
  }

  take(timeoutMs?: number): Task<T | undefined> {
    return new Take(this, this.runner, timeoutMs).asTask();
  }

  poll(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.items[this.head] as T;
    const cause = this.causes[this.head] as number;
    this.head++;
    if (this.head === this.items.length) {
      this.items.length = 0;
      this.causes.length = 0;
      this.head = 0;
    } else if (this.head > 256 && this.head * 2 > this.items.length) {
      this.items = this.items.slice(this.head);
      this.causes = this.causes.slice(this.head);
      this.head = 0;
    }
    if (cause !== 0) this.runner.cause = cause;
    return item;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    const { waiters } = this;
    this.waiters = [];
    for (const waiter of waiters) waiter.settle(undefined, 0);
  }

  enlist(take: Take<T>): void {
    // One is the rule; the first push would make room for sixteen.
    if (this.waiters.length === 0) this.waiters = [take];
    else this.waiters.push(take);
  }
  leave(take: Take<T>): void {
    const at = this.waiters.indexOf(take);
    if (at >= 0) this.waiters.splice(at, 1);
  }
}

class Take<T> extends WaitOnce<T | undefined> {
  private waiter: Waiter | undefined;
  private timer: Timer | undefined;
  private readonly box: SimMailbox<T>;
  private readonly runner: Runner;
  private readonly timeoutMs: number | undefined;
  constructor(box: SimMailbox<T>, runner: Runner, timeoutMs: number | undefined) {
    super();
    this.box = box;
    this.runner = runner;
    this.timeoutMs = timeoutMs;
  }
  protected override ready(): { readonly value: T | undefined } | undefined {
    if (this.box.size > 0) return { value: this.box.poll() };
    return this.box.closed ? { value: undefined } : undefined;
  }
  arm(waiter: Waiter): void {
    this.waiter = waiter;
    this.box.enlist(this);
    if (this.timeoutMs !== undefined) {
      this.timer = new Timer(() => {
        this.box.leave(this);
        waiter.wake(undefined);
      });
      this.runner.queue.after(this.timeoutMs, this.timer);
    }
  }
  disarm(): void {
    this.box.leave(this);
    if (this.timer !== undefined) this.timer.dead = true;
  }
  settle(item: T | undefined, cause: number): void {
    if (this.timer !== undefined) this.timer.dead = true;
    this.waiter?.wake(item, cause);
  }
}

export class SimLatch implements Latch {
  isSet = false;
  private cause = 0;
  private waiters: Waiter[] = [];
  private readonly runner: Runner;
  constructor(runner: Runner) {
    this.runner = runner;
  }
  set(): void {
    if (this.isSet) return;
    this.isSet = true;
    this.cause = this.runner.cause;
    const { waiters } = this;
    this.waiters = [];
    for (const waiter of waiters) waiter.wake(undefined, this.cause);
  }
  wait(): Task<void> {
    return new LatchWait(this).asTask();
  }
  enlist(waiter: Waiter): void {
    if (this.waiters.length === 0) this.waiters = [waiter];
    else this.waiters.push(waiter);
  }
  leave(waiter: Waiter): void {
    this.waiters = this.waiters.filter((each) => each !== waiter);
  }
}

class LatchWait extends WaitOnce<void> {
  private readonly latch: SimLatch;
  constructor(latch: SimLatch) {
    super();
    this.latch = latch;
  }
  protected override ready(): { readonly value: void } | undefined {
    return this.latch.isSet ? { value: undefined } : undefined;
  }
  arm(waiter: Waiter): void {
    this.latch.enlist(waiter);
  }
  disarm(waiter: Waiter): void {
    this.latch.leave(waiter);
  }
}

