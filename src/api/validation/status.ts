// What the statuses of several kinds have in common: counts, and conditions (apis/apps/validation, apimachinery's meta/v1/validation).
import type { Condition } from '../meta/conditions.ts';
import { isQualifiedName } from '../meta/names.ts';
import type { ApiObject } from '../meta/object.ts';
import { checkNonNegative, duplicate, invalid, notSupported, required, tooLong, type FieldErrors } from './field-error.ts';

type Counted = ApiObject & { readonly status?: object };
type Counts = Readonly<Record<string, number | undefined>>;

/**
 * Of a workload's status: no count is negative, no part of the replicas is more than all of them, and none is available that is not ready.
 * `counts` and `parts` are names with blanks between them; `notReady` is what is said of the last.
 */
export function statusCounts(counts: string, parts = '', notReady = 'cannot be greater than readyReplicas'): (object: Counted, old: Counted) => FieldErrors {
  const names = counts.split(' ');
  const shares = parts === '' ? [] : parts.split(' ');
  return (object, old) => {
    const errors: FieldErrors = [];
    const status = (object.status ?? {}) as Counts;
    for (const name of names) checkNonNegative(errors, status[name], `status.${name}`);
    const greater = (name: string, than: string, detail: string): void => {
      if ((status[name] ?? 0) > (status[than] ?? 0)) errors.push(invalid(`status.${name}`, status[name], detail));
    };
    for (const name of shares) greater(name, 'replicas', 'cannot be greater than status.replicas');
    if (shares.length > 0) greater('availableReplicas', 'readyReplicas', notReady);
    const before = ((old.status ?? {}) as Counts)['collisionCount'];
    const now = status['collisionCount'];
    if (before !== undefined && (now ?? -1) < before) errors.push(invalid('status.collisionCount', now ?? 0, 'cannot be decremented'));
    return errors;
  };
}

const reasonFormat = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?';
const reasonText = `a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '${reasonFormat}')`;

/** Conditions of the form that all kinds are to have (meta.v1.Condition). */
export function validateConditions(errors: FieldErrors, conditions: readonly Condition[] | undefined, field: string): void {
  const seen = new Set<string>();
  conditions?.forEach(({ type = '', status, observedGeneration = 0, lastTransitionTime, reason = '', message = '' }, index) => {
    const at = `${field}[${index}]`;
    if (seen.has(type)) errors.push(duplicate(`${at}.type`, type));
    seen.add(type);
    for (const problem of isQualifiedName(type)) errors.push(invalid(`${at}.type`, type, problem));
    if (!['False', 'True', 'Unknown'].includes(status)) errors.push(notSupported(`${at}.status`, status ?? '', ['False', 'True', 'Unknown']));
    if (observedGeneration < 0) errors.push(invalid(`${at}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero'));
    if (lastTransitionTime === undefined) errors.push(required(`${at}.lastTransitionTime`));
    if (reason === '') errors.push(required(`${at}.reason`));
    else if (!new RegExp(`^${reasonFormat}$`).test(reason)) errors.push(invalid(`${at}.reason`, reason, reasonText));
    if (reason.length > 1024) errors.push(tooLong(`${at}.reason`, 1024));
    if (message.length > 32_768) errors.push(tooLong(`${at}.message`, 32_768));
  });
}

/** Conditions of priority and fairness: each type once, and named. */
export function conditionTypes(conditions: readonly { readonly type?: string }[] | undefined): FieldErrors {
  const errors: FieldErrors = [];
  const seen = new Set<string>();
  conditions?.forEach(({ type = '' }, index) => {
    const at = `status.conditions[${index}].type`;
    if (seen.has(type)) errors.push(duplicate(at, type));
    seen.add(type);
    if (type === '') errors.push(required(at, 'must not be empty'));
  });
  return errors;
}
