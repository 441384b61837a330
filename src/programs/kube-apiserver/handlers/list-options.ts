// What a list, a watch or a deletecollection asks for, beside its selectors: read from the query, with apimachinery's ValidateListOptions.
import { forbidden, formatFieldError, notSupported, type FieldErrors } from '../../../api/validation/field-error.ts';
import type { Query } from '../request-info.ts';
import { badRequest, invalid } from '../status.ts';

export interface ListOptions {
  /** As it was given: empty, '0', or a whole number. */
  readonly resourceVersion: string;
  readonly match: '' | 'Exact' | 'NotOlderThan';
  readonly token: string;
  /** 0: none. */
  readonly limit: number;
  readonly timeoutSeconds: number;
  readonly bookmarks: boolean;
  /** Of a watch: true begins with what there is, false with what happens from now on; undefined after the resource version. */
  readonly initial: boolean | undefined;
}

/** Throws what a real server refuses: 400 for what cannot be read, 422 for what does not go together. */
export function readListOptions(query: Query, watch: boolean): ListOptions {
  const token = query.get('continue') ?? '';
  const resourceVersion = query.get('resourceVersion') ?? '';
  const limit = readInteger(query.get('limit'));
  const timeoutSeconds = readInteger(query.get('timeoutSeconds'));
  let match = query.get('resourceVersionMatch') ?? '';
  let initial = query.get('sendInitialEvents') === undefined ? undefined : query.bool('sendInitialEvents');
  if (watch && initial === undefined && match === '' && (resourceVersion === '' || resourceVersion === '0')) {
    // SetListOptionsDefaults: a watch from nowhere is a watch list.
    initial = true;
    match = 'NotOlderThan';
  }
  const errors = watch ? validateWatch(initial, match, token) : validateList(initial, match, token, resourceVersion);
  if (errors.length > 0) throw invalid('meta.k8s.io', 'ListOptions', '', errors, formatFieldError);
  if (!/^\d*$/.test(resourceVersion)) throw badRequest(`${watch ? '' : 'invalid resource version: '}resourceVersion: Invalid value: ${JSON.stringify(resourceVersion)}: ${notNumber('ParseUint', resourceVersion)}`);
  if (token !== '' && resourceVersion !== '' && resourceVersion !== '0') throw badRequest('specifying resource version is not allowed when using continue');
  return { resourceVersion, match: match as ListOptions['match'], token, limit: Math.max(0, limit), timeoutSeconds, bookmarks: query.bool('allowWatchBookmarks'), initial };
}

const field = 'resourceVersionMatch';

function validateList(initial: boolean | undefined, match: string, token: string, resourceVersion: string): FieldErrors {
  const errors: FieldErrors = [];
  if (match !== '') {
    if (resourceVersion === '') errors.push(forbidden(field, `${field} is forbidden unless resourceVersion is provided`));
    if (token !== '') errors.push(forbidden(field, `${field} is forbidden when continue is provided`));
    if (match !== 'Exact' && match !== 'NotOlderThan') errors.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && resourceVersion === '0') errors.push(forbidden(field, `${field} "exact" is forbidden for resourceVersion "0"`));
  }
  if (initial !== undefined) errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
}

function validateWatch(initial: boolean | undefined, match: string, token: string): FieldErrors {
  const errors: FieldErrors = [];
  if (initial !== undefined && match !== 'NotOlderThan') errors.push(forbidden(field, `sendInitialEvents requires setting ${field} to NotOlderThan`));
  if (match !== '') {
    if (initial === undefined) errors.push(forbidden(field, `${field} is forbidden for watch unless sendInitialEvents is provided`));
    if (match !== 'NotOlderThan') errors.push(notSupported(field, match, ['NotOlderThan']));
    if (token !== '') errors.push(forbidden(field, `${field} is forbidden when continue is provided`));
  }
  return errors;
}

export function readInteger(text: string | undefined): number {
  if (text === undefined) return 0;
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(notNumber('ParseInt', text));
  const value = Number(text);
  if (Math.abs(value) > 2 ** 63 - 1) throw badRequest(notNumber('ParseInt', text, 'value out of range'));
  return value;
}

const notNumber = (parser: string, text: string, why = 'invalid syntax'): string => `strconv.${parser}: parsing ${JSON.stringify(text)}: ${why}`;
