// The structure of built-in kinds, as patches ask for it.
import { definitionOf, type Definition, type Field, type Shape } from '../structure.ts';
import type { PatchSchema } from './schema.ts';

/** Structs that are no pointers in Go: they are always there, so nobody owns them by themselves. */
const embeddedNames = new Set(
  'metadata spec status template strategy updateStrategy resources jobTemplate podSelector roleRef involvedObject regarding scaleTargetRef target current loadBalancer state lastState nodeInfo backend port daemonEndpoints kubeletEndpoint preference podAffinityTerm names acceptedNames metric describedObject clientConfig priorityLevelConfiguration limitResponse'.split(' '),
);
const pointers = new Set(['core.v1.ReplicationControllerSpec.template', 'core.v1.EphemeralVolumeSource.volumeClaimTemplate', 'core.v1.Endpoint.targetRef']);

const takes: Readonly<Partial<Record<Shape['kind'], PatchSchema['takes']>>> = {
  string: 'string', bytes: 'string', time: 'string', 'micro-time': 'string', int32: 'numeric', int64: 'numeric', double: 'numeric', boolean: 'boolean', quantity: 'scalar', 'int-or-string': 'scalar', list: 'list', map: 'map', struct: 'map',
};
const portDefaults = { protocol: 'TCP' };
const known = new Map<string, PatchSchema>();

export function patchSchemaOf(definitionName: string): PatchSchema {
  const definition = definitionOf(definitionName);
  let schema = known.get(definition.name);
  if (schema === undefined) known.set(definition.name, (schema = structSchema(definition)));
  return schema;
}

function structSchema(definition: Definition): PatchSchema {
  const fields = new Map<string, PatchSchema>();
  return {
    patchStrategy: [],
    takes: 'map',
    isClosed: true,
    mapType: definition.atomic ? 'atomic' : 'granular',
    item: () => undefined,
    field: (name) => {
      let schema = fields.get(name);
      if (schema !== undefined) return schema;
      const field = definition.fields.get(name);
      if (field === undefined) return undefined;
      schema = fieldSchema(definition.name, field);
      fields.set(name, schema);
      return schema;
    },
  };
}

function shapeSchema(shape: Shape): PatchSchema {
  if (shape.kind === 'struct') return patchSchemaOf(shape.definition);
  const values = shape.kind === 'map' ? shape.values : undefined;
  const items = shape.kind === 'list' ? shape.items : undefined;
  return {
    patchStrategy: [],
    takes: takes[shape.kind],
    field: () => (values === undefined ? undefined : shapeSchema(values)),
    item: () => (items === undefined ? undefined : shapeSchema(items)),
    ...(shape.kind === 'map' ? { mapType: 'granular' as const } : {}),
    ...(shape.kind === 'raw-extension' || shape.kind === 'any' || shape.kind === 'fields' ? { mapType: 'atomic' as const } : {}),
  };
}

function fieldSchema(definition: string, field: Field): PatchSchema {
  const base = shapeSchema(field.shape);
  const path = `${definition}.${field.name}`;
  const list = field.shape.kind === 'list';
  return {
    field: (name) => base.field(name),
    item: () => base.item(),
    takes: base.takes,
    isClosed: base.isClosed,
    patchStrategy: [...(field.patchReplace ? ['replace'] : []), ...(field.patchKey === undefined ? [] : ['merge']), ...(field.retainKeys ? ['retainKeys'] : [])],
    ...(field.patchKey ? { patchMergeKey: field.patchKey } : {}),
    ...(list ? { listType: field.merge === 'map' ? ('map' as const) : field.merge === 'set' ? ('set' as const) : ('atomic' as const) } : {}),
    ...(field.keys.length > 0 ? { listMapKeys: field.keys } : {}),
    ...(field.keys.includes('protocol') ? { keyDefaults: portDefaults } : {}),
    ...(list ? {} : { mapType: field.merge === 'atomic' ? ('atomic' as const) : ('granular' as const) }),
    isEmbedded: field.shape.kind === 'struct' && embeddedNames.has(field.name) && !pointers.has(path),
  };
}
