// The one refusal that the network throws; programs catch it as a value with `code`.
import type { NetworkErrorShape } from '../host.ts';
import { PlainError } from '../plain-error.ts';

export class NetworkError extends PlainError implements NetworkErrorShape {
  readonly code: NetworkErrorShape['code'];

  constructor(code: NetworkErrorShape['code'], message: string) {
    super(message);
    this.name = 'NetworkError';
    this.code = code;
  }
}

export function isNetworkError(error: unknown): error is NetworkError {
  return error instanceof NetworkError;
}
