// A refusal of the API server, as a thrown value that carries the server's own Status.
import type { Status } from '../api/meta/object.ts';
import { PlainError } from '../kernel/plain-error.ts';

export class ApiError extends PlainError {
  readonly status: Status;
  readonly code: number;

  constructor(status: Status) {
    super(status.message ?? status.reason ?? 'unknown error');
    this.name = 'ApiError';
    this.status = status;
    this.code = status.code ?? 500;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }
}

const hasReason = (error: unknown, reason: string, code?: number): boolean => error instanceof ApiError && (error.reason === reason || (error.reason === '' && error.code === code));

export const isApiError = (error: unknown): error is ApiError => error instanceof ApiError;
export const isNotFound = (error: unknown): boolean => hasReason(error, 'NotFound', 404);
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, 'AlreadyExists');
export const isConflict = (error: unknown): boolean => hasReason(error, 'Conflict', 409);
export const isUnauthorized = (error: unknown): boolean => hasReason(error, 'Unauthorized', 401);
export const isInvalid = (error: unknown): boolean => hasReason(error, 'Invalid', 422);
export const isTooManyRequests = (error: unknown): boolean => hasReason(error, 'TooManyRequests', 429);
/** The resource version asked for was compacted away, or the continue token is too old. */
export const isExpired = (error: unknown): boolean => hasReason(error, 'Expired', 410) || hasReason(error, 'Gone', 410);
/** The namespace is being deleted and takes nothing new. */
export const isNamespaceTerminating = (error: unknown): boolean => error instanceof ApiError && error.code === 403 && (error.status.details?.causes ?? []).some((cause) => cause.reason === 'NamespaceTerminating');
