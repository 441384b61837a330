// What of a log is asked for: judged as ValidatePodLogOptions does.
import { forbidden, formatFieldError, invalid as invalidField, type FieldErrors } from '../../../api/validation/field-error.ts';
import type { Query } from '../request-info.ts';
import { invalid } from '../status.ts';
import { readInteger } from './list-options.ts';

/** Throws 400 for what is no number and 422 for what cannot be asked for. */
export function checkLogOptions(query: Query, name: string): void {
  const errors: FieldErrors = [];
  const number = (field: string): number | undefined => (query.get(field) === undefined ? undefined : readInteger(query.get(field)));
  const tail = number('tailLines');
  const limit = number('limitBytes');
  const since = number('sinceSeconds');
  if (tail !== undefined && tail < 0) errors.push(invalidField('tailLines', tail, 'must be greater than or equal to 0'));
  if (limit !== undefined && limit < 1) errors.push(invalidField('limitBytes', limit, 'must be greater than 0'));
  if (since !== undefined && query.get('sinceTime') !== undefined) errors.push(forbidden('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'));
  else if (since !== undefined && since < 1) errors.push(invalidField('sinceSeconds', since, 'must be greater than 0'));
  if (errors.length > 0) throw invalid('', 'PodLogOptions', name, errors, formatFieldError);
}
