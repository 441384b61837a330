// Defaulting: what the schema has a default for and the object does not say is filled in; nulls that may not be there go. Copies only what changes.
import type { Json } from '../meta/object.ts';
import { isList, isObject, own, withField, type JsonObject, type SchemaNode } from './schema-node.ts';

export function applyDefaults(value: Json, schema: SchemaNode | undefined): Json {
  if (schema === undefined) return value;
  if (isList(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    let changed: Json[] | undefined;
    value.forEach((item, index) => {
      // A null where none may be becomes the default.
      const given = item === null && items.props.nullable !== true && items.props.default !== undefined ? items.props.default : item;
      const next = applyDefaults(given, items);
      if (next === item) return;
      changed ??= [...value];
      changed[index] = next;
    });
    return changed ?? value;
  }
  return isObject(value) ? objectDefaults(value, schema) : value;
}

function objectDefaults(value: JsonObject, schema: SchemaNode): Json {
  let result = value;
  for (const [name, property] of schema.properties) {
    const old = own(value, name);
    const fallback = property.props.default;
    if (old === null && property.props.nullable !== true) {
      // As if it were not there; without a default the null stays, to be refused.
      if (fallback === undefined) continue;
      result = withField(result, name, applyDefaults(fallback, property));
      continue;
    }
    if (old === undefined) {
      if (fallback !== undefined) result = withField(result, name, applyDefaults(fallback, property));
      continue;
    }
    if (!property.hasDefaults) continue;
    const next = applyDefaults(old, property);
    if (next !== old) result = withField(result, name, next);
  }
  const { additional } = schema;
  if (additional !== undefined && additional !== true && additional.hasDefaults) {
    for (const name of Object.keys(value)) {
      if (schema.properties.has(name)) continue;
      const old = value[name] as Json;
      const given = old === null && additional.props.nullable !== true && additional.props.default !== undefined ? additional.props.default : old;
      const next = applyDefaults(given, additional);
      if (next !== old) result = withField(result, name, next);
    }
  }
  return result;
}
