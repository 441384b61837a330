// Pruning: fields that the schema does not know go, and are told. Nothing is copied that does not change.
import type { Json } from '../meta/object.ts';
import { isList, isObject, withField, type JsonObject, type SchemaNode } from './schema-node.ts';

const always = new Set(['apiVersion', 'kind', 'metadata']);

/** `unknown` collects the paths of what went: `spec.a.b`, `spec.list[0].c`. At the root and in embedded resources the type and metadata stay. */
export function prune(value: Json, schema: SchemaNode | undefined, isRoot: boolean, unknown: string[] = [], path = ''): Json {
  if (schema === undefined) return value;
  if (isList(value)) {
    const { items } = schema;
    let changed: Json[] | undefined;
    value.forEach((item, index) => {
      const next = items === undefined ? item : prune(item, items, false, unknown, `${path}[${index}]`);
      if (next === item) return;
      changed ??= [...value];
      changed[index] = next;
    });
    return changed ?? value;
  }
  if (!isObject(value)) return value;
  return pruneObject(value, schema, isRoot || schema.embedded, unknown, path);
}

function pruneObject(value: JsonObject, schema: SchemaNode, isResource: boolean, unknown: string[], path: string): Json {
  let result = value;
  for (const key of Object.keys(value)) {
    if (isResource && always.has(key)) continue;
    const old = value[key] as Json;
    const where = path === '' ? key : `${path}.${key}`;
    const property = schema.properties.get(key);
    if (property !== undefined) {
      const next = prune(old, property, false, unknown, where);
      if (next !== old) result = withField(result, key, next);
    } else if (schema.additional !== undefined) {
      const next = schema.additional === true ? old : prune(old, schema.additional, false, unknown, where);
      if (next !== old) result = withField(result, key, next);
    } else if (!schema.preserve) {
      unknown.push(where);
      result = withField(result, key, undefined);
    }
  }
  return result;
}
