// Doing many requests at once, as Go's controllers do with goroutines.
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import { ApiError } from '../../../client/api-error.ts';

/** Runs all of them side by side; returns the errors of those that failed. */
export function* together(host: Host, name: string, tasks: readonly Task<void>[]): Task<readonly Error[]> {
  const errors: Error[] = [];
  const handles = tasks.map((task) => host.tasks.spawn(name, guarded(task, errors)));
  for (const handle of handles) yield* handle.join();
  return errors;
}

function* guarded(task: Task<void>, errors: Error[]): Task<void> {
  try {
    yield* task;
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
    errors.push(error);
  }
}

/** One, then two, four, eight...: a mistake that every request makes is noticed after few of them. */
export function* slowStart(host: Host, name: string, count: number, make: (index: number) => Task<void>): Task<{ readonly done: number; readonly error: Error | undefined }> {
  let done = 0;
  for (let size = 1; done < count; size *= 2) {
    const batch = Math.min(size, count - done);
    const errors = yield* together(
      host,
      name,
      Array.from({ length: batch }, (_, index) => make(done + index)),
    );
    done += batch - errors.length;
    if (errors.length > 0) return { done, error: errors[0] };
  }
  return { done, error: undefined };
}
