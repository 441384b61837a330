// What can go wrong, and the words in which kubectl says it (k8s.io/kubectl/pkg/cmd/util CheckErr).
import { ApiError } from '../../client/api-error.ts';
import type { Status } from '../../api/meta/object.ts';

/** Printed as `error: message`, unless the message says so itself. */
export class CommandError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Printed without `error: ` before it, as kubectl does with what it had gathered twice. */
export class BareError extends CommandError {}

/** cmdutil.UsageErrorf. */
export function usageError(command: string, message: string): CommandError {
  return new CommandError(`${message}\nSee '${command} -h' for help and examples`);
}

/** Ends with this code, saying nothing more. */
export class SilentExit extends Error {
  readonly exitCode: number;
  constructor(exitCode: number) {
    super('');
    this.exitCode = exitCode;
  }
}

/** Several errors in one: printed one per line. */
export class ManyErrors extends Error {
  readonly errors: readonly unknown[];
  constructor(errors: readonly unknown[]) {
    super(errors.map(messageOf).join(', '));
    this.errors = errors;
  }
}

/** The kubeconfig contradicts itself. */
export class ConfigError extends Error {}

export class NoResourceMatch extends Error {
  readonly resource: string;
  constructor(resource: string) {
    super(`the server doesn't have a resource type "${resource}"`);
    this.resource = resource;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One error, or several as one, or nothing. */
export function throwAll(errors: readonly unknown[]): void {
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new ManyErrors(errors);
}

/** A network failure, from any transport: it has a code like ECONNREFUSED. */
export function isNetworkError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && !(error instanceof ApiError) && typeof (error as { code?: unknown }).code === 'string';
}

/** The same refusal with another message. */
export function withMessage(error: ApiError, message: string): ApiError {
  return new ApiError({ ...error.status, message } as Status);
}

/** `error when creating "STDIN": ...`, keeping the refusal's reason. */
export function addSource(verb: string, source: string, error: unknown): unknown {
  if (source === '') return error;
  if (error instanceof ApiError) return withMessage(error, `error when ${verb} "${source}": ${error.message}`);
  return new CommandError(`error when ${verb} "${source}": ${messageOf(error)}`);
}

function standardMessage(error: unknown): string | undefined {
  if (error instanceof ApiError) {
    if (error.status.reason === 'Unauthorized') return `error: You must be logged in to the server (${error.message})`;
    if (error.status.reason !== undefined && error.status.reason !== '') return `Error from server (${error.status.reason}): ${error.message}`;
    return `Error from server: ${error.message}`;
  }
  if (isNetworkError(error)) {
    const match = /^\w+ "([^"]*)": ([\s\S]*)$/.exec(error.message);
    const url = match?.[1] ?? '';
    const inner = match?.[2] ?? error.message;
    if (inner.includes('connection refused')) return `The connection to the server ${url.replace(/^https?:\/\//, '').replace(/\/.*$/, '')} was refused - did you specify the right host or port?`;
    return `Unable to connect to the server: ${inner}`;
  }
  return undefined;
}

function messageForError(error: unknown): string {
  return standardMessage(error) ?? messageOf(error);
}

/** What is printed on standard error (without a final newline), and the exit code. */
export function explainError(error: unknown): { readonly text: string; readonly code: number } {
  if (error instanceof ManyErrors && error.errors.length === 1) return explainError(error.errors[0]);
  if (error instanceof SilentExit) return { text: '', code: error.exitCode };
  if (error instanceof ManyErrors) return { text: error.errors.map(messageForError).join('\n'), code: 1 };
  if (error instanceof ApiError && error.status.reason === 'Invalid') return { text: invalidText(error.status), code: 1 };
  if (error instanceof ConfigError) return { text: `Error in configuration: ${error.message}`, code: 1 };
  if (error instanceof NoResourceMatch) return { text: `error: ${error.message}`, code: 1 };
  const standard = standardMessage(error);
  if (standard !== undefined) return { text: standard, code: 1 };
  const message = messageOf(error);
  const code = error instanceof CommandError ? error.exitCode : 1;
  return { text: message.startsWith('error: ') || message === '' || error instanceof BareError ? message : `error: ${message}`, code };
}

function invalidText(status: Status): string {
  const details = status.details;
  let text = 'The request is invalid';
  if (details === undefined) return status.message === undefined || status.message === '' ? text : `${text}: ${status.message}`;
  const causes = [...new Set((details.causes ?? []).map((cause) => `${cause.field ?? ''}: ${cause.message ?? ''}`))];
  if ((details.kind ?? '') !== '' || (details.name ?? '') !== '') text = `The ${details.kind ?? ''} "${details.name ?? ''}" is invalid`;
  else if ((status.message ?? '') !== '' && causes.length === 0) text += `: ${status.message}`;
  if (causes.length === 0) return text;
  if (causes.length === 1) return `${text}: ${causes[0]}`;
  return `${text}: \n${causes.map((cause) => `* ${cause}`).join('\n')}`;
}
