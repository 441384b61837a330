// The loop every controller shares: workers take keys, reconcile, and put a key back with growing delay when the API refused.
import { PlainError } from '../kernel/plain-error.ts';
import { NetworkError } from '../kernel/network/network-error.ts';
import type { Host } from '../kernel/host.ts';
import type { Task, TaskHandle } from '../kernel/task.ts';
import { ApiError } from './api-error.ts';
import type { WorkQueue } from './contract.ts';

export interface ControllerOptions {
  readonly name: string;
  readonly queue: WorkQueue;
  /** Keys handled at once; default 1. */
  readonly workers?: number;
  readonly reconcile: (key: string) => Task<void>;
  /** What to do with a refusal besides trying again; return false to drop the key. */
  readonly onError?: (key: string, error: ApiError | NetworkError | RetryError) => boolean | void;
  /** Tries before a key is dropped; default: for ever. */
  readonly maxRetries?: number;
}

/** Thrown by a reconcile that wants to be tried again later with a growing delay. */
export class RetryError extends PlainError {}

/** Starts the workers. They end when the queue is shut down. */
export function startController(host: Host, options: ControllerOptions): readonly TaskHandle[] {
  const handles: TaskHandle[] = [];
  for (let i = 0; i < (options.workers ?? 1); i++) handles.push(host.tasks.spawn(`${options.name} worker`, work(host, options)));
  return handles;
}

function* work(host: Host, options: ControllerOptions): Task<void> {
  const { queue } = options;
  for (;;) {
    const key = yield* queue.take();
    if (key === undefined) return;
    try {
      yield* options.reconcile(key);
      queue.forget(key);
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof NetworkError || error instanceof RetryError)) throw error;
      const keep = options.onError?.(key, error) !== false && queue.retries(key) < (options.maxRetries ?? Infinity);
      if (options.onError === undefined) host.output.error(`"Unhandled Error" controller="${options.name}" key="${key}" err="${error.message}"\n`);
      if (keep) queue.addRateLimited(key);
      else queue.forget(key);
    }
    queue.done(key);
  }
}
