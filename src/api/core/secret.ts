// Secret: like a ConfigMap, for what should not be read over a shoulder. stringData is written, data is kept.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill } from '../kind.ts';
import { decodeBase64, encodeBase64 } from '../meta/base64.ts';
import { sameJson } from '../meta/equality.ts';
import { age } from '../printing/cells.ts';
import { forbidden, invalid, required, tooLong, type FieldErrors } from '../validation/field-error.ts';
import { checkConfigKeys, immutableField } from '../validation/metadata.ts';
import type { Secret } from './types/object.ts';

const maxSize = 1024 * 1024;

function defaultSecret(secret: Secret): Secret {
  const typed = fill(secret, { type: 'Opaque' });
  if (typed.stringData === undefined) return typed;
  const { stringData, ...rest } = typed;
  const data: Record<string, string> = { ...rest.data };
  for (const key in stringData) data[key] = encodeBase64(stringData[key] ?? '');
  return { ...rest, data };
}

const serviceAccountName = 'kubernetes.io/service-account.name';

function validateSecret(secret: Secret): readonly FieldError[] {
  const errors: FieldErrors = [];
  checkConfigKeys(errors, secret.data, 'data');
  let size = 0;
  for (const key in secret.data) size += Math.floor(((secret.data[key]?.length ?? 0) * 3) / 4);
  if (size > maxSize) errors.push(tooLong('data', maxSize));
  const needs = (key: string): void => {
    if (secret.data?.[key] === undefined) errors.push(required(`data[${key}]`));
  };
  switch (secret.type) {
    case 'kubernetes.io/service-account-token':
      if (!secret.metadata.annotations?.[serviceAccountName]) errors.push(required(`metadata.annotations[${serviceAccountName}]`));
      break;
    case 'kubernetes.io/dockercfg':
    case 'kubernetes.io/dockerconfigjson': {
      const key = secret.type === 'kubernetes.io/dockercfg' ? '.dockercfg' : '.dockerconfigjson';
      const text = secret.data?.[key];
      if (text === undefined) errors.push(required(`data[${key}]`));
      else if (!isJsonObject(decodeBase64(text) ?? '')) errors.push(invalid(`data[${key}]`, '<secret contents redacted>', jsonProblem(decodeBase64(text) ?? '')));
      break;
    }
    case 'kubernetes.io/basic-auth':
      if (secret.data?.['username'] === undefined && secret.data?.['password'] === undefined) {
        errors.push(required('data[username]'), required('data[password]'));
      }
      break;
    case 'kubernetes.io/ssh-auth':
      if (!secret.data?.['ssh-privatekey']) errors.push(required('data[ssh-privatekey]'));
      break;
    case 'kubernetes.io/tls':
      needs('tls.crt');
      needs('tls.key');
      break;
    default:
  }
  return errors;
}

/** What encoding/json says of a text that is no object. */
function jsonProblem(text: string): string {
  const first = text.trimStart().charAt(0);
  if (first === '') return 'unexpected end of JSON input';
  if (!/[[{"\d\-tfn]/.test(first)) return `invalid character ${first === "'" ? "'\\''" : `'${first}'`} looking for beginning of value`;
  return 'unexpected end of JSON input';
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}

export const secretKind = declareKind<Secret>({
  kind: 'Secret',
  resource: 'secrets',
  storagePrefix: 'secrets',
  definition: 'io.k8s.api.core.v1.Secret',
  defaults: defaultSecret,
  validate: validateSecret,
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [];
    immutableField(errors, next.type, old.type, 'type');
    if (old.immutable === true) {
      if (next.immutable !== true) errors.push(forbidden('immutable', 'field is immutable when `immutable` is set'));
      if (!sameJson(next.data, old.data)) errors.push(forbidden('data', 'field is immutable when `immutable` is set'));
    }
    return [...errors, ...validateSecret(next)];
  },
  columns: columns('Name Type Data# Age'),
  row: (secret, nowMs) => [secret.metadata.name, secret.type ?? '', Object.keys(secret.data ?? {}).length, age(secret, nowMs)],
  selectableFields: (secret) => ({ type: secret.type ?? '' }),
});
