// The one refusal that the network throws; programs catch it as a value with `code`.
import type { NetworkErrorShape } from '../host.ts';

export class NetworkError extends Error implements NetworkErrorShape {
  readonly code: NetworkErrorShape['code'];

  constructor(code: NetworkErrorShape['code'], message: string) {
    // Refusals of the network are everyday answers, not mistakes of the code: collecting a stack for each costs more than all the rest of them.
    const engine = Error as { stackTraceLimit?: number };
    const limit = engine.stackTraceLimit;
    engine.stackTraceLimit = 0;
    super(message);
    if (limit !== undefined) engine.stackTraceLimit = limit;
    this.name = 'NetworkError';
    this.code = code;
  }
}

export function isNetworkError(error: unknown): error is NetworkError {
  return error instanceof NetworkError;
}
