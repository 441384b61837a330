// How the lists of a built-in kind are merged, from the API's structure. Custom resources have none: their patches are JSON merge patches.
import type { PatchSchema } from '../../api/meta/patch/schema.ts';
import { findDefinition, findKindDefinition } from '../../api/meta/structure.ts';
import type { Definition, Field, Shape } from '../../api/meta/structure.ts';

export function patchSchemaFor(apiVersion: string, kind: string): PatchSchema | undefined {
  const definition = findKindDefinition(apiVersion, kind);
  return definition === undefined ? undefined : ofDefinition(definition, undefined);
}

function ofDefinition(definition: Definition, field: Field | undefined): PatchSchema {
  return {
    field(name) {
      const inner = definition.fields.get(name);
      return inner === undefined ? undefined : ofShape(inner.shape, inner);
    },
    item: () => undefined,
    patchStrategy: strategyOf(field),
  };
}

function strategyOf(field: Field | undefined): readonly string[] {
  if (field === undefined) return [];
  return [...(field.patchKey === undefined ? [] : ['merge']), ...(field.retainKeys ? ['retainKeys'] : []), ...(field.patchReplace ? ['replace'] : [])];
}

function ofShape(shape: Shape, field: Field | undefined): PatchSchema {
  if (shape.kind === 'struct') {
    const definition = findDefinition(shape.definition);
    if (definition !== undefined) return ofDefinition(definition, field);
  }
  return {
    field: () => (shape.kind === 'map' ? ofShape(shape.values, undefined) : undefined),
    item: () => (shape.kind === 'list' ? ofShape(shape.items, undefined) : undefined),
    patchStrategy: strategyOf(field),
    patchMergeKey: field?.patchKey === undefined || field.patchKey === '' ? undefined : field.patchKey,
  };
}
