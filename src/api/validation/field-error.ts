// Field problems: made here, printed here, in the words of apimachinery/pkg/util/validation/field.
import type { FieldError } from '../contract.ts';
import type { Json } from '../meta/object.ts';

export type FieldErrors = FieldError[];

const asJson = (value: unknown): Json | undefined => (value === undefined ? undefined : (value as Json));

export const required = (field: string, detail = ''): FieldError => ({ type: 'Required', field, detail });
export const invalid = (field: string, value: unknown, detail: string): FieldError => ({ type: 'Invalid', field, value: asJson(value), detail });
export const notSupported = (field: string, value: unknown, supported: readonly string[]): FieldError => ({ type: 'NotSupported', field, value: asJson(value), detail: '', supported });
export const duplicate = (field: string, value: unknown): FieldError => ({ type: 'Duplicate', field, value: asJson(value), detail: '' });
export const forbidden = (field: string, detail: string): FieldError => ({ type: 'Forbidden', field, detail });
export const notFound = (field: string, value: unknown): FieldError => ({ type: 'NotFound', field, value: asJson(value), detail: '' });
export const tooLong = (field: string, max: number): FieldError => ({ type: 'TooLong', field, detail: `may not be more than ${max} bytes` });
export const tooMany = (field: string, count: number, max: number): FieldError => ({ type: 'TooMany', field, value: count, detail: `must have at most ${max} item${max === 1 ? '' : 's'}` });

const words: Readonly<Record<FieldError['type'], string>> = {
  Required: 'Required value',
  Invalid: 'Invalid value',
  NotSupported: 'Unsupported value',
  Duplicate: 'Duplicate value',
  Forbidden: 'Forbidden',
  TooLong: 'Too long',
  TooMany: 'Too many',
  NotFound: 'Not found',
  InternalError: 'Internal error',
  TypeInvalid: 'Invalid value',
};

/** Values as the server writes them: texts quoted, numbers plain, everything else as JSON with sorted keys. */
function formatValue(value: Json | undefined): string {
  if (value === undefined || value === null) return 'null';
  if (typeof value === 'object') return JSON.stringify(sortKeys(value));
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function sortKeys(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const record = value as { readonly [key: string]: Json };
  return Object.fromEntries(Object.keys(record).filter((key) => record[key] !== undefined).sort().map((key) => [key, sortKeys(record[key] as Json)]));
}

/** `spec.replicas: Invalid value: -1: must be greater than or equal to 0` */
/** Of a value that Go marshals from an internal struct: Go's names, in its order, as `value` has them. */
export function invalidStruct(field: string, value: object, detail: string): FieldError {
  return { ...invalid(field, null, detail), valueText: JSON.stringify(value) };
}

export function formatFieldError(error: FieldError): string {
  return `${error.field}: ${formatFieldErrorBody(error)}`;
}

function formatFieldErrorBody({ type, value, valueText, detail, supported }: FieldError): string {
  const word = words[type];
  switch (type) {
    case 'Required':
    case 'Forbidden':
    case 'TooLong':
    case 'InternalError':
      return detail === '' ? word : `${word}: ${detail}`;
    case 'NotSupported': {
      const list = supported === undefined || supported.length === 0 ? detail : `supported values: ${supported.map((each) => JSON.stringify(each)).join(', ')}`;
      return `${word}: ${formatValue(value)}${list === '' ? '' : `: ${list}`}`;
    }
    default:
      // A value that is too much to print is left out.
      if (valueText === '') return `${word}: ${detail}`;
      return `${word}: ${valueText ?? formatValue(value)}${detail === '' ? '' : `: ${detail}`}`;
  }
}

// What every field of its sort is checked with.

export function checkNonNegative(errors: FieldErrors, value: number | undefined, field: string): void {
  if (value !== undefined && value < 0) errors.push(invalid(field, value, 'must be greater than or equal to 0'));
}

export function checkOneOf(errors: FieldErrors, value: string | undefined, field: string, supported: readonly string[]): void {
  if (value !== undefined && !supported.includes(value)) errors.push(notSupported(field, value, supported));
}

/** Each problem text of a name check becomes one Invalid. */
/** A text that is absent or null is empty, as in Go. */
export function checkText(errors: FieldErrors, given: string | null | undefined, field: string, check: (value: string) => readonly string[]): void {
  const value = given ?? '';
  for (const problem of check(value)) errors.push(invalid(field, value, problem));
}
