// A custom resource's schema as OpenAPI publishes it: with apiVersion, kind and metadata, and in version 2 without what that cannot say.
import type { SchemaProps } from './types.ts';

type Node = Readonly<Record<string, unknown>>;

interface Identity {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const metaName = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
// They begin with the real ones' words, which the conformance suite looks for in what kubectl explains.
const texts = {
  apiVersion: 'APIVersion defines which schema this object has. Servers turn known schemas into their newest form, and refuse those that they do not know.',
  kind: 'Kind of resource that this object is. Servers know it from the path that the object is sent to. It cannot be updated.',
  metadata: "Standard object's metadata: name, labels and whatever else every object has.",
};

export function customOpenApi(schema: SchemaProps | undefined, identity: Identity, dialect: 'v2' | 'v3'): Node {
  const ref = dialect === 'v2' ? `#/definitions/${metaName}` : `#/components/schemas/${metaName}`;
  const gvk = { 'x-kubernetes-group-version-kind': [identity] };
  if (schema === undefined || (schema['x-kubernetes-preserve-unknown-fields'] === true && dialect === 'v2')) return { type: 'object', ...(schema?.description === undefined ? {} : { description: schema.description }), ...(schema === undefined ? { 'x-kubernetes-preserve-unknown-fields': true } : {}), ...gvk };
  const shown = publish(schema, dialect) as { readonly properties?: Node };
  return {
    ...shown,
    properties: {
      ...shown.properties,
      apiVersion: { description: texts.apiVersion, type: 'string' },
      kind: { description: texts.kind, type: 'string' },
      metadata: dialect === 'v2' ? { description: texts.metadata, $ref: ref } : { description: texts.metadata, allOf: [{ $ref: ref }] },
    },
    ...gvk,
  };
}

/** Version 3 shows a schema as it is. Version 2 knows no nullable, no combinations, no defaults, and has no word for anything. */
function publish(schema: SchemaProps, dialect: 'v2' | 'v3'): Node {
  if (dialect === 'v3') return schema as Node;
  const { nullable, default: _default, oneOf: _oneOf, anyOf: _anyOf, allOf: _allOf, not: _not, properties, items, additionalProperties, ...rest } = schema;
  if (schema['x-kubernetes-int-or-string'] === true || (schema['x-kubernetes-preserve-unknown-fields'] === true && dialect === 'v2')) {
    const { type: _type, ...untyped } = rest;
    return untyped as Node;
  }
  if (nullable === true) {
    const { type: _type, ...untyped } = rest;
    return untyped as Node;
  }
  return {
    ...rest,
    ...(properties === undefined ? {} : { properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, publish(each, dialect)])) }),
    ...(items === undefined ? {} : { items: publish(items as SchemaProps, dialect) }),
    ...(additionalProperties === undefined || additionalProperties === false ? {} : { additionalProperties: additionalProperties === true ? true : publish(additionalProperties, dialect) }),
  };
}
