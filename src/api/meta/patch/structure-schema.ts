// A PatchSchema for every definition of the structure.
import { findDefinition, type Definition, type Field, type Shape } from '../structure.ts';
import type { PatchSchema } from './schema.ts';

const byDefinition = new Map<string, PatchSchema>();
const byField = new WeakMap<Field, PatchSchema>();
const keyDefaults: Readonly<Record<string, string>> = { protocol: 'TCP' };

/** Structs that are values in Go, not pointers: always there, so nobody owns them as such. */
const embedded = new Set(['metadata', 'spec', 'status', 'template', 'strategy', 'updateStrategy', 'jobTemplate']);

/** By short or full definition name; undefined when the structure does not know it. */
export function structureSchema(definition: string): PatchSchema | undefined {
  const found = findDefinition(definition);
  return found === undefined ? undefined : schemaOf(found);
}

function schemaOf(definition: Definition): PatchSchema {
  let schema = byDefinition.get(definition.name);
  if (schema === undefined) {
    schema = {
      field: (name) => {
        const field = definition.fields.get(name);
        return field === undefined ? undefined : fieldSchema(field);
      },
      item: () => undefined,
      patchStrategy: [],
      mapType: definition.atomic ? 'atomic' : 'granular',
    };
    byDefinition.set(definition.name, schema);
  }
  return schema;
}

function shapeSchema(shape: Shape): PatchSchema | undefined {
  if (shape.kind === 'struct') return structureSchema(shape.definition);
  if (shape.kind === 'map') return { field: () => shapeSchema(shape.values), item: () => undefined, patchStrategy: [], mapType: 'granular' };
  if (shape.kind === 'any' || shape.kind === 'fields' || shape.kind === 'raw-extension') return { field: () => undefined, item: () => undefined, patchStrategy: [], mapType: 'atomic' };
  return undefined;
}

function fieldSchema(field: Field): PatchSchema {
  let schema = byField.get(field);
  if (schema !== undefined) return schema;
  const { shape } = field;
  const inner = shape.kind === 'struct' || shape.kind === 'map' ? shapeSchema(shape) : undefined;
  const strategy: string[] = [];
  if (field.patchKey !== undefined) strategy.push('merge');
  if (field.retainKeys) strategy.push('retainKeys');
  if (field.patchReplace) strategy.push('replace');
  const isList = shape.kind === 'list';
  schema = {
    field: (name) => inner?.field(name),
    item: () => (shape.kind === 'list' ? shapeSchema(shape.items) : undefined),
    patchStrategy: strategy,
    ...(field.patchKey === undefined || field.patchKey === '' ? {} : { patchMergeKey: field.patchKey }),
    ...(isList ? { listType: field.merge === 'granular' ? 'atomic' : field.merge } : { mapType: field.merge === 'atomic' ? 'atomic' : (inner?.mapType ?? 'granular') }),
    ...(isList && field.merge === 'map' ? { listMapKeys: field.keys, keyDefaults } : {}),
    ...(shape.kind === 'struct' && embedded.has(field.name) ? { isEmbedded: true } : {}),
  };
  byField.set(field, schema);
  return schema;
}
