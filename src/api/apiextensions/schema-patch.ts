// A custom resource's schema, as patches and server-side apply ask for it: list maps by their keys, sets, atomic maps.
import type { PatchSchema } from '../meta/patch/schema.ts';
import { patchSchemaOf } from '../meta/patch/structure-schema.ts';
import type { Json } from '../meta/object.ts';
import { SchemaNode } from './schema-node.ts';

const known = new WeakMap<SchemaNode, PatchSchema>();
const scalar = (value: Json | undefined): value is string | number | boolean => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

export function customPatchSchema(root: SchemaNode): PatchSchema {
  const metadata: PatchSchema = { ...patchSchemaOf('meta.v1.ObjectMeta'), isEmbedded: true };
  const whole = schemaOf(root);
  return { patchStrategy: [], takes: 'map', isClosed: whole.isClosed, mapType: 'granular', item: () => undefined, field: (name) => (name === 'metadata' ? metadata : name === 'apiVersion' || name === 'kind' ? undefined : whole.field(name)) };
}

const takes: Readonly<Record<string, PatchSchema['takes']>> = { string: 'string', integer: 'numeric', number: 'numeric', boolean: 'boolean', array: 'list', object: 'map' };
const text: PatchSchema = { patchStrategy: [], takes: 'string', field: () => undefined, item: () => undefined };

function schemaOf(node: SchemaNode): PatchSchema {
  let schema = known.get(node);
  if (schema === undefined) known.set(node, (schema = makeSchema(node)));
  return schema;
}

function makeSchema(node: SchemaNode): PatchSchema {
  const isList = node.type === 'array';
  const defaults: Record<string, string | number | boolean> = {};
  if (node.listType === 'map')
    for (const key of node.listKeys) {
      const value = node.items?.properties.get(key)?.props.default;
      if (scalar(value)) defaults[key] = value;
    }
  return {
    patchStrategy: [],
    takes: node.intOrString ? 'scalar' : takes[node.type ?? ''],
    isClosed: node.type === 'object' && !node.preserve && node.additional === undefined,
    field: (name) => {
      if (node.embedded && name === 'metadata') return patchSchemaOf('meta.v1.ObjectMeta');
      if (node.embedded && (name === 'apiVersion' || name === 'kind')) return text;
      const inner = node.field(name);
      return inner === undefined ? undefined : schemaOf(inner);
    },
    item: () => (node.items === undefined ? undefined : schemaOf(node.items)),
    ...(isList ? { listType: node.listType } : { mapType: node.props['x-kubernetes-map-type'] === 'atomic' ? ('atomic' as const) : ('granular' as const) }),
    ...(node.listKeys.length > 0 ? { listMapKeys: node.listKeys } : {}),
    ...(Object.keys(defaults).length > 0 ? { keyDefaults: defaults } : {}),
  };
}
