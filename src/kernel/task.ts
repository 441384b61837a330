// What sequential simulated work is: a generator that the kernel steps. Nothing here knows about machines or networks.

/**
 * Something a task can wait for. The kernel calls `arm` once when the task yields it; whoever makes the wait come true calls
 * `waiter.wake(value)`. `disarm` is called when the task is cancelled or loses interest (the other side of a race came first).
 */
export interface Wait {
  arm(waiter: Waiter): void;
  disarm(waiter: Waiter): void;
}

/** The kernel's side of a suspended task: waking it schedules its next step at the present moment, in order. */
export interface Waiter {
  /** Resumes the task with `value` as the result of its `yield`. `cause` is the trace event that led to it (0: keep the task's own). */
  wake(value: unknown, cause?: number): void;
  /** Resumes the task by throwing `error` at its `yield`. */
  fail(error: unknown, cause?: number): void;
}

/** A task: yields waits, returns a T. Call it with `yield*`, or hand it to `host.tasks.spawn`. A call without either is a floating task. */
export type Task<T> = Generator<Wait, T, unknown>;

/** Thrown into nothing: a cancelled task is ended with `generator.return()`, so its `finally` blocks run but must not wait. */
export interface TaskHandle<T = unknown> {
  readonly name: string;
  readonly done: boolean;
  /** Ends the task at its present yield; its `finally` blocks run. Does nothing when it has ended. */
  cancel(): void;
  /** Waits for the end. Returns the task's value; throws what it threw; returns undefined when it was cancelled. */
  join(): Task<T | undefined>;
}
