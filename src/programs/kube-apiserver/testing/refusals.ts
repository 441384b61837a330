// Requests that may be refused: tests compare what the API server says.
import { type ApiError, isApiError } from '../../../client/api-error.ts';
import type { Task } from '../../../kernel/task.ts';

const messageOf = (error: ApiError): string => error.message;
/** `403 Forbidden: pods "x" is forbidden: ...`; an error of which the API server knows no reason has none (`500: ...`). */
export const withStatus = (error: ApiError): string => `${error.code}${error.reason === '' ? '' : ` ${error.reason}`}: ${error.message}`;

/** What the work gives; when it is refused, what `tell` makes of that: the message. */
export function* catching<T>(work: () => Task<T>, tell: (error: ApiError) => string = messageOf): Task<T | string> {
  try {
    return yield* work();
  } catch (error) {
    if (isApiError(error)) return tell(error);
    throw error;
  }
}

/** 'fine', or how the work is refused. */
export function* verdict(work: () => Task<unknown>, tell?: (error: ApiError) => string): Task<string> {
  return yield* catching(function* () {
    yield* work();
    return 'fine';
  }, tell);
}
