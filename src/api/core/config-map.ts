// ConfigMap: settings as keys and texts.
import type { FieldError } from '../contract.ts';
import { columns, declareKind } from '../kind.ts';
import { sameJson } from '../meta/equality.ts';
import { age } from '../printing/cells.ts';
import { forbidden, invalid, tooLong, type FieldErrors } from '../validation/field-error.ts';
import { checkConfigKeys } from '../validation/metadata.ts';
import type { ConfigMap } from './types/object.ts';

const maxSize = 1024 * 1024;

function validateConfigMap(map: ConfigMap): readonly FieldError[] {
  const errors: FieldErrors = [];
  checkConfigKeys(errors, map.data, 'data');
  let size = 0;
  for (const key in map.data) {
    if (map.binaryData?.[key] !== undefined) errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    size += map.data[key]?.length ?? 0;
  }
  checkConfigKeys(errors, map.binaryData, 'binaryData');
  for (const key in map.binaryData) size += map.binaryData[key]?.length ?? 0;
  if (size > maxSize) errors.push(tooLong('', maxSize));
  return errors;
}

export const configMapKind = declareKind<ConfigMap>({
  kind: 'ConfigMap',
  resource: 'configmaps',
  shortNames: ['cm'],
  storagePrefix: 'configmaps',
  definition: 'io.k8s.api.core.v1.ConfigMap',
  validate: validateConfigMap,
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [];
    if (old.immutable === true) {
      if (next.immutable !== true) errors.push(forbidden('immutable', 'field is immutable when `immutable` is set'));
      if (!sameJson(next.data, old.data)) errors.push(forbidden('data', 'field is immutable when `immutable` is set'));
      if (!sameJson(next.binaryData, old.binaryData)) errors.push(forbidden('binaryData', 'field is immutable when `immutable` is set'));
    }
    return [...errors, ...validateConfigMap(next)];
  },
  columns: columns('Name Data# Age'),
  row: (map, nowMs) => [map.metadata.name, Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length, age(map, nowMs)],
});
