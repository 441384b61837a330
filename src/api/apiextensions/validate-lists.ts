// What no JSON schema says: keys of list maps and members of sets occur once, embedded resources say what they are.
import { isQualifiedName, validateName } from '../meta/names.ts';
import type { Json, ObjectMeta } from '../meta/object.ts';
import { validateMetadata } from '../validation/metadata.ts';
import { duplicate, invalid, required, type FieldErrors } from '../validation/field-error.ts';
import { isList, isObject, own, type SchemaNode } from './schema-node.ts';

export function validateLists(value: Json, schema: SchemaNode | undefined, path: string, errors: FieldErrors, isRoot = true): void {
  if (schema === undefined || !schema.hasStructure) return;
  if (isList(value)) {
    if (schema.listType === 'set') checkSet(value, path, errors);
    else if (schema.listType === 'map') checkMap(value, schema, path, errors);
    value.forEach((item, index) => validateLists(item, schema.items, `${path}[${index}]`, errors, false));
    return;
  }
  if (!isObject(value)) return;
  if (schema.embedded && !isRoot) checkEmbedded(value, path, errors);
  for (const name of Object.keys(value)) validateLists(value[name] as Json, schema.field(name), path === '' ? name : `${path}.${name}`, errors, false);
}

function checkSet(value: readonly Json[], path: string, errors: FieldErrors): void {
  const seen = new Set<string>();
  value.forEach((item, index) => {
    const text = canonical(item);
    if (seen.has(text)) errors.push(duplicate(`${path}[${index}]`, item));
    seen.add(text);
  });
}

function checkMap(value: readonly Json[], schema: SchemaNode, path: string, errors: FieldErrors): void {
  const seen = new Set<string>();
  value.forEach((item, index) => {
    if (!isObject(item)) return;
    const keys: { [key: string]: Json } = {};
    for (const key of [...schema.listKeys].sort()) {
      const part = own(item, key) ?? schema.items?.properties.get(key)?.props.default;
      if (part !== undefined) keys[key] = part;
    }
    const text = JSON.stringify(keys);
    if (seen.has(text)) errors.push(duplicate(`${path}[${index}]`, keys));
    seen.add(text);
  });
}

function canonical(value: Json): string {
  if (isList(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key] as Json)}`).join(',')}}`;
}

function checkEmbedded(value: { readonly [key: string]: Json }, path: string, errors: FieldErrors): void {
  const text = (name: string): string => {
    const given = own(value, name);
    return typeof given === 'string' ? given : '';
  };
  if (text('apiVersion') === '') errors.push(required(`${path}.apiVersion`, 'must not be empty'));
  else if (text('apiVersion').split('/').length > 2) errors.push(invalid(`${path}.apiVersion`, text('apiVersion'), `unexpected GroupVersion string: ${text('apiVersion')}`));
  if (text('kind') === '') errors.push(required(`${path}.kind`, 'must not be empty'));
  else if (isQualifiedName(text('kind')).length > 0 || validateName('label1035', text('kind').toLowerCase()).length > 0) errors.push(invalid(`${path}.kind`, text('kind'), 'may have mixed case, but should otherwise match a DNS-1035 label'));
  const metadata = own(value, 'metadata');
  if (isObject(metadata) && own(metadata, 'name') !== undefined) errors.push(...validateMetadata(metadata as unknown as ObjectMeta, 'path-segment', typeof metadata['namespace'] === 'string', `${path}.metadata`, 'any-name'));
}
