// Refusals in Kubernetes' own words: every function makes the ApiError that a real server answers with.
import type { FieldError } from '../../api/contract.ts';
import type { Status } from '../../api/meta/object.ts';
import { ApiError } from '../../client/api-error.ts';

export interface ResourceName {
  readonly group: string;
  readonly resource: string;
}

/** `deployments.apps`, `pods` */
export const qualified = ({ group, resource }: ResourceName): string => (group === '' ? resource : `${resource}.${group}`);

function failure(code: number, reason: string, message: string, details?: Status['details']): ApiError {
  return new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, ...(reason === '' ? {} : { reason }), ...(details === undefined ? {} : { details }), code });
}

const about = ({ group, resource }: ResourceName, name?: string): NonNullable<Status['details']> => ({
  ...(name === undefined || name === '' ? {} : { name }),
  ...(group === '' ? {} : { group }),
  kind: resource,
});

export const notFound = (of: ResourceName, name: string): ApiError => failure(404, 'NotFound', `${qualified(of)} "${name}" not found`, about(of, name));
export const alreadyExists = (of: ResourceName, name: string): ApiError => failure(409, 'AlreadyExists', `${qualified(of)} "${name}" already exists`, about(of, name));
/** Generated names collided again and again. */
export const generateNameConflict = (of: ResourceName, name: string): ApiError =>
  failure(409, 'AlreadyExists', `${qualified(of)} "${name}" already exists, the server was not able to generate a unique name for the object`, { ...about(of, name), retryAfterSeconds: 1 });
export const conflict = (of: ResourceName, name: string, why = 'the object has been modified; please apply your changes to the latest version and try again'): ApiError =>
  failure(409, 'Conflict', `Operation cannot be fulfilled on ${qualified(of)} "${name}": ${why}`, about(of, name));
export const forbidden = (of: ResourceName, name: string, why: string): ApiError =>
  failure(403, 'Forbidden', qualified(of) === '' ? `forbidden: ${why}` : name === '' ? `${qualified(of)} is forbidden: ${why}` : `${qualified(of)} "${name}" is forbidden: ${why}`, about(of, name));
export const forbiddenPath = (why: string): ApiError => failure(403, 'Forbidden', `forbidden: ${why}`, {});
export const unauthorized = (): ApiError => failure(401, 'Unauthorized', 'Unauthorized');
export const badRequest = (message: string): ApiError => failure(400, 'BadRequest', message);
export const methodNotAllowed = (): ApiError => failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
export const definitionTerminating = (of: ResourceName, verb: string): ApiError => failure(405, 'MethodNotAllowed', `${verb} not allowed while custom resource definition is terminating`, about(of));
export const resourceNotFound = (): ApiError => failure(404, 'NotFound', 'the server could not find the requested resource', {});
export const notAcceptable = (accepted: string): ApiError => failure(406, 'NotAcceptable', `only the following media types are accepted: ${accepted}`);
export const unsupportedMediaType = (accepted: string): ApiError => failure(415, 'UnsupportedMediaType', `the body of the request was in an unknown format - accepted media types include: ${accepted}`);
export const internalError = (message: string): ApiError => failure(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
/** An error that has no Kubernetes reason, e.g. what etcd said. */
export const unknownError = (message: string, code = 500): ApiError => failure(code, '', message);
export const timeout = (message: string, retryAfterSeconds = 0): ApiError =>
  failure(504, 'Timeout', `Timeout: ${message}`, retryAfterSeconds === 0 ? {} : { retryAfterSeconds });
export const serverTimeout = (of: ResourceName, operation: string, retryAfterSeconds = 2): ApiError =>
  failure(500, 'ServerTimeout', `The ${operation} operation against ${qualified(of)} could not be completed at this time, please try again.`, { ...about(of), name: operation, retryAfterSeconds });
export const serviceUnavailable = (message: string): ApiError => failure(503, 'ServiceUnavailable', message);
export const tooManyRequests = (message: string, retryAfterSeconds: number, causes?: NonNullable<Status['details']>['causes']): ApiError =>
  failure(429, 'TooManyRequests', message, { ...(causes === undefined ? {} : { causes }), ...(retryAfterSeconds === 0 ? {} : { retryAfterSeconds }) });
export const expired = (message: string): ApiError => failure(410, 'Expired', message);
export const resourceVersionTooLarge = (wanted: number, current: number): ApiError =>
  failure(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }], retryAfterSeconds: 1 });
export const namespaceTerminating = (of: ResourceName, name: string, namespace: string): ApiError => {
  const base = forbidden(of, name, `unable to create new content in namespace ${namespace} because it is being terminated`).status;
  return new ApiError({ ...base, details: { ...base.details, causes: [{ reason: 'NamespaceTerminating', message: `namespace ${namespace} is being terminated`, field: 'metadata.namespace' }] } });
};

const reasons: Readonly<Record<FieldError['type'], string>> = {
  Required: 'FieldValueRequired',
  Invalid: 'FieldValueInvalid',
  NotSupported: 'FieldValueNotSupported',
  Duplicate: 'FieldValueDuplicate',
  Forbidden: 'FieldValueForbidden',
  TooLong: 'FieldValueTooLong',
  TooMany: 'FieldValueTooMany',
  NotFound: 'FieldValueNotFound',
  InternalError: 'InternalError',
  TypeInvalid: 'FieldValueTypeInvalid',
};

/** `Deployment.apps "web" is invalid: [...]`. `format` prints one problem with its field, `formatBody` without. */
export function invalid(group: string, kind: string, name: string, errors: readonly FieldError[], format: (error: FieldError) => string): ApiError {
  // As apimachinery's ToAggregate: equal texts are said once.
  const texts: string[] = [];
  for (const error of errors) {
    const text = format(error);
    if (!texts.includes(text)) texts.push(text);
  }
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  const causes = errors.map((error) => {
    const text = format(error);
    const prefix = `${error.field}: `;
    return { reason: reasons[error.type], message: text.startsWith(prefix) ? text.slice(prefix.length) : text, field: error.field };
  });
  return failure(422, 'Invalid', `${group === '' ? kind : `${kind}.${group}`} "${name}" is invalid: ${list}`, { ...(name === '' ? {} : { name }), ...(group === '' ? {} : { group }), ...(kind === '' ? {} : { kind }), causes });
}

export const success = (details?: Status['details']): Status => ({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', ...(details === undefined ? {} : { details }) });
