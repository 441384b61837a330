// Steps tasks: the one place where generators are resumed, and where the present task and its cause are known.
import { AssertionFailure, assert } from './assert.ts';
import type { Due, EventQueue } from './event-queue.ts';
import type { Task, TaskHandle, Wait, Waiter } from './task.ts';

/** What a task belongs to. The runner asks before each step whether it may run. */
export interface Owner {
  readonly id: number;
  /** Dead owners' tasks are dropped without a word, as `kill -9` does. */
  dead: boolean;
  frozen: boolean;
  /** Steps that came due while frozen. */
  readonly parked: TaskRecord[];
  readonly tasks: Set<TaskRecord>;
  /** An exception that nobody joins for. */
  panic(error: unknown): void;
}

/** A wait that yields itself once: `yield* wait` arms it and gives what it was woken with. Saves a generator per wait. */
export abstract class WaitOnce<T> implements Wait {
  /** Declared and assigned: to *define* a field of a class with many heirs is slow in V8, and nothing is made more often than waits. */
  private declare begun: boolean;
  constructor() {
    this.begun = false;
  }
  abstract arm(waiter: Waiter): void;
  abstract disarm(waiter: Waiter): void;
  /** Returns immediately instead of yielding when the answer is known already. */
  protected ready(): { readonly value: T } | undefined {
    return undefined;
  }
  next(value?: unknown): IteratorResult<Wait, T> {
    if (this.begun) return { done: true, value: value as T };
    this.begun = true;
    const ready = this.ready();
    if (ready !== undefined) return { done: true, value: ready.value };
    return { done: false, value: this };
  }
  throw(error: unknown): IteratorResult<Wait, T> {
    throw error;
  }
  return(value: T): IteratorResult<Wait, T> {
    return { done: true, value };
  }
  [Symbol.iterator](): this {
    return this;
  }
  asTask(): Task<T> {
    return this as unknown as Task<T>;
  }
}

export class TaskRecord implements Due, Waiter, TaskHandle {
  atMs = 0;
  seq = 0;
  /** As a Due: an ended task's pending step is not executed. */
  dead = false;
  done = false;
  cause: number;
  readonly name: string;
  readonly owner: Owner;
  private readonly runner: Runner;
  private readonly generator: Task<unknown>;
  private wait: Wait | undefined;
  private pending = true;
  private value: unknown = undefined;
  private failing = false;
  private outcome: { readonly value: unknown } | { readonly error: unknown } | undefined;
  private joiners: Waiter[] | undefined;

  constructor(runner: Runner, owner: Owner, name: string, generator: Task<unknown>, cause: number) {
    this.runner = runner;
    this.owner = owner;
    this.name = name;
    this.generator = generator;
    this.cause = cause;
  }

  wake(value: unknown, cause = 0): void {
    if (this.done || this.pending) return;
    this.pending = true;
    this.value = value;
    if (cause !== 0) this.cause = cause;
    this.runner.queue.now(this);
  }

  fail(error: unknown, cause = 0): void {
    if (this.done || this.pending) return;
    this.failing = true;
    this.wake(error, cause);
  }

  fire(): void {
    const owner = this.owner;
    if (this.done || owner.dead) return;
    if (owner.frozen) {
      owner.parked.push(this);
      return;
    }
    const runner = this.runner;
    const before = runner.current;
    runner.current = this;
    const value = this.value;
    const failing = this.failing;
    this.value = undefined;
    this.failing = false;
    this.wait = undefined;
    let result: IteratorResult<Wait, unknown>;
    try {
      result = failing ? this.generator.throw(value) : this.generator.next(value);
    } catch (error) {
      runner.current = before;
      if (error instanceof AssertionFailure) throw error;
      this.finish({ error });
      return;
    }
    runner.current = before;
    if (result.done === true) {
      this.finish({ value: result.value });
      return;
    }
    if (this.done) {
      // Cancelled by itself while it ran: it ends at this yield.
      this.close();
      return;
    }
    this.pending = false;
    this.wait = result.value;
    result.value.arm(this);
  }

  cancel(): void {
    if (this.done) return;
    this.done = true;
    this.dead = true;
    this.outcome = { value: undefined };
    this.owner.tasks.delete(this);
    if (this.runner.current !== this) this.close();
    this.wakeJoiners();
  }

  /** Forgets the task without running anything of it. */
  drop(): void {
    if (this.done) return;
    this.done = true;
    this.dead = true;
    this.wait?.disarm(this);
    this.wait = undefined;
  }

  join(): Task<unknown> {
    return new Join(this).asTask();
  }

  /** What `join` waits for. */
  ending(): Wait {
    return new Join(this);
  }

  get result(): { readonly value: unknown } | { readonly error: unknown } | undefined {
    return this.outcome;
  }

  addJoiner(waiter: Waiter): void {
    // One is the rule; the first push would make room for sixteen.
    if (this.joiners === undefined) this.joiners = [waiter];
    else this.joiners.push(waiter);
  }

  removeJoiner(waiter: Waiter): void {
    if (this.joiners !== undefined) this.joiners = this.joiners.filter((each) => each !== waiter);
  }

  private close(): void {
    this.wait?.disarm(this);
    this.wait = undefined;
    const before = this.runner.current;
    this.runner.current = this;
    try {
      const end = this.generator.return(undefined);
      assert(end.done === true, `task ${this.name} waits in a finally block`);
    } finally {
      this.runner.current = before;
    }
  }

  private finish(outcome: { readonly value: unknown } | { readonly error: unknown }): void {
    if (this.done) return;
    this.done = true;
    this.dead = true;
    this.outcome = outcome;
    this.owner.tasks.delete(this);
    if ('error' in outcome && (this.joiners === undefined || this.joiners.length === 0)) {
      this.owner.panic(outcome.error);
      return;
    }
    this.wakeJoiners();
  }

  private wakeJoiners(): void {
    const joiners = this.joiners;
    if (joiners === undefined) return;
    this.joiners = undefined;
    const outcome = this.outcome;
    for (const waiter of joiners) {
      if (outcome !== undefined && 'error' in outcome) waiter.fail(outcome.error, this.cause);
      else waiter.wake(outcome?.value, this.cause);
    }
  }
}

class Join extends WaitOnce<unknown> {
  private readonly task: TaskRecord;
  constructor(task: TaskRecord) {
    super();
    this.task = task;
  }
  protected override ready(): { readonly value: unknown } | undefined {
    const outcome = this.task.result;
    if (outcome === undefined) return undefined;
    if ('error' in outcome) throw outcome.error;
    return outcome;
  }
  arm(waiter: Waiter): void {
    this.task.addJoiner(waiter);
  }
  disarm(waiter: Waiter): void {
    this.task.removeJoiner(waiter);
  }
}

/** Sleeping is a wait and its own queue entry. */
class Sleep extends WaitOnce<void> implements Due {
  atMs = 0;
  seq = 0;
  dead = false;
  private waiter: Waiter | undefined;
  private readonly queue: EventQueue;
  private readonly durationMs: number;
  constructor(queue: EventQueue, durationMs: number) {
    super();
    this.queue = queue;
    this.durationMs = durationMs;
  }
  arm(waiter: Waiter): void {
    this.waiter = waiter;
    this.queue.after(this.durationMs, this);
  }
  disarm(): void {
    this.dead = true;
    this.waiter = undefined;
  }
  fire(): void {
    this.waiter?.wake(undefined);
  }
}

/** One wait with a deadline, without tasks of its own; it is the deadline's queue entry too. */
class Within extends WaitOnce<unknown> implements Due, Waiter {
  atMs = 0;
  seq = 0;
  dead = false;
  private waiter: Waiter | undefined;
  private readonly queue: EventQueue;
  private readonly timeoutMs: number;
  private readonly wait: Wait;
  constructor(queue: EventQueue, timeoutMs: number, wait: Wait) {
    super();
    this.queue = queue;
    this.timeoutMs = timeoutMs;
    this.wait = wait;
  }
  arm(waiter: Waiter): void {
    this.waiter = waiter;
    this.wait.arm(this);
    // It may have come true at once.
    if (this.waiter !== undefined) this.queue.after(this.timeoutMs, this);
  }
  disarm(): void {
    this.settle();
    this.wait.disarm(this);
  }
  wake(value: unknown, cause?: number): void {
    this.settle()?.wake(value, cause);
  }
  fail(error: unknown, cause?: number): void {
    this.settle()?.fail(error, cause);
  }
  fire(): void {
    const waiter = this.settle();
    this.wait.disarm(this);
    waiter?.wake(undefined);
  }
  private settle(): Waiter | undefined {
    const waiter = this.waiter;
    this.waiter = undefined;
    this.dead = true;
    return waiter;
  }
}

/** A plain callback at a time, for kernel parts. */
export class Timer implements Due {
  atMs = 0;
  seq = 0;
  dead = false;
  private readonly action: () => void;
  constructor(action: () => void) {
    this.action = action;
  }
  fire(): void {
    this.action();
  }
}

/** The first of several tasks, each run as a child; the others are cancelled. */
class Race extends WaitOnce<{ readonly index: number; readonly value: unknown }> {
  private readonly runner: Runner;
  private readonly owner: Owner;
  private readonly tasks: readonly Task<unknown>[];
  private children: { readonly task: TaskRecord; readonly joiner: Waiter }[] = [];
  constructor(runner: Runner, owner: Owner, tasks: readonly Task<unknown>[]) {
    super();
    this.runner = runner;
    this.owner = owner;
    this.tasks = tasks;
  }
  arm(waiter: Waiter): void {
    const parent = waiter as TaskRecord;
    this.children = this.tasks.map((task, index) => {
      const child = this.runner.spawn(this.owner, parent.name, task, parent.cause);
      const joiner: Waiter = {
        wake: (value, cause) => {
          this.cancelAll();
          waiter.wake({ index, value }, cause);
        },
        fail: (error, cause) => {
          this.cancelAll();
          waiter.fail(error, cause);
        },
      };
      child.addJoiner(joiner);
      return { task: child, joiner };
    });
  }
  disarm(): void {
    this.cancelAll();
  }
  private cancelAll(): void {
    const children = this.children;
    this.children = [];
    for (const { task, joiner } of children) {
      task.removeJoiner(joiner);
      task.cancel();
    }
  }
}

export class Runner {
  readonly queue: EventQueue;
  current: TaskRecord | undefined;
  private nextTask = 0;

  constructor(queue: EventQueue) {
    this.queue = queue;
  }

  /** The event that what runs now follows from. */
  get cause(): number {
    return this.current === undefined ? this.outerCause : this.current.cause;
  }
  set cause(id: number) {
    if (this.current === undefined) this.outerCause = id;
    else this.current.cause = id;
  }
  /** Cause of what is done from outside any task: a person's input, a kernel timer. */
  outerCause = 0;

  spawn(owner: Owner, name: string, task: Task<unknown>, cause = this.cause): TaskRecord {
    const record = new TaskRecord(this, owner, name === '' ? `task-${++this.nextTask}` : name, task, cause);
    if (owner.dead) {
      record.drop();
      return record;
    }
    owner.tasks.add(record);
    this.queue.now(record);
    return record;
  }

  sleep(durationMs: number): Task<void> {
    return new Sleep(this.queue, durationMs).asTask();
  }

  within(timeoutMs: number, wait: Wait): Task<unknown> {
    return new Within(this.queue, timeoutMs, wait).asTask();
  }

  race<T>(owner: Owner, tasks: readonly Task<T>[]): Task<{ readonly index: number; readonly value: T }> {
    return new Race(this, owner, tasks).asTask() as Task<{ readonly index: number; readonly value: T }>;
  }

  /** Ends all tasks of an owner without running anything of them, as `kill -9` does. */
  dropAll(owner: Owner): void {
    owner.dead = true;
    for (const task of owner.tasks) task.drop();
    owner.tasks.clear();
    owner.parked.length = 0;
  }

  /** Lets what came due while frozen happen now, in its order. */
  thaw(owner: Owner): void {
    owner.frozen = false;
    for (const task of owner.parked.splice(0)) this.queue.now(task);
  }
}
