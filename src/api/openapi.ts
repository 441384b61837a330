// The OpenAPI documents that the server serves, made from the structure: what real kubectl needs for validation, explain and apply.
import type { KindDeclaration } from './contract.ts';
import { describe } from './meta/descriptions.ts';
import { definitionOf, findDefinition, fullDefinitionName, shortDefinitionName, type Definition, type Field, type Shape } from './meta/structure.ts';

type Node = { readonly [key: string]: unknown };
export type OpenApiDialect = 'v2' | 'v3';

const specialNames: Readonly<Record<string, string>> = {
  quantity: 'io.k8s.apimachinery.pkg.api.resource.Quantity',
  time: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time',
  'micro-time': 'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime',
  'int-or-string': 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
  'raw-extension': 'io.k8s.apimachinery.pkg.runtime.RawExtension',
  fields: 'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1',
};

function specialSchema(kind: string, dialect: OpenApiDialect): Node {
  switch (kind) {
    case 'quantity':
      return dialect === 'v2' ? { type: 'string' } : { oneOf: [{ type: 'string' }, { type: 'number' }] };
    case 'time':
    case 'micro-time':
      return { type: 'string', format: 'date-time' };
    case 'int-or-string':
      return dialect === 'v2' ? { type: 'string', format: 'int-or-string' } : { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' };
    default:
      return { type: 'object' };
  }
}

const refTo = (name: string, dialect: OpenApiDialect): string => (dialect === 'v2' ? `#/definitions/${name}` : `#/components/schemas/${name}`);

function shapeSchema(shape: Shape, dialect: OpenApiDialect, used: Set<string>): Node {
  switch (shape.kind) {
    case 'struct':
      used.add(shape.definition);
      return { $ref: refTo(fullDefinitionName(shape.definition), dialect) };
    case 'list':
      return { type: 'array', items: inner(shape.items, dialect, used) };
    case 'map':
      return { type: 'object', additionalProperties: inner(shape.values, dialect, used) };
    case 'string':
      return { type: 'string' };
    case 'bytes':
      return { type: 'string', format: 'byte' };
    case 'boolean':
      return { type: 'boolean' };
    case 'int32':
    case 'int64':
      return { type: 'integer', format: shape.kind };
    case 'double':
      return { type: 'number', format: 'double' };
    case 'any':
      return dialect === 'v2' ? { type: 'object' } : {};
    default: {
      const name = specialNames[shape.kind] ?? '';
      used.add(`special:${shape.kind}`);
      return { $ref: refTo(name, dialect) };
    }
  }
}

/** Version 3 cannot say anything beside a $ref, so refs with a default or description stand in allOf. */
function inner(shape: Shape, dialect: OpenApiDialect, used: Set<string>): Node {
  const schema = shapeSchema(shape, dialect, used);
  if (dialect === 'v2') return schema;
  if ('$ref' in schema) return shape.kind === 'struct' ? { allOf: [schema], default: {} } : schema;
  return shape.kind === 'string' ? { ...schema, default: '' } : schema;
}

function fieldSchema(definition: Definition, field: Field, dialect: OpenApiDialect, used: Set<string>): Node {
  const schema = shapeSchema(field.shape, dialect, used);
  const description = describe(definition.name, field.name);
  const extensions: Record<string, unknown> = {};
  if (field.shape.kind === 'list') {
    extensions['x-kubernetes-list-type'] = field.merge;
    if (field.keys.length > 0) extensions['x-kubernetes-list-map-keys'] = field.keys;
  } else if (field.shape.kind === 'map' && field.merge === 'atomic') extensions['x-kubernetes-map-type'] = 'atomic';
  if (field.patchKey) extensions['x-kubernetes-patch-merge-key'] = field.patchKey;
  const strategy = [...(field.patchReplace ? ['replace'] : []), ...(field.patchKey === undefined ? [] : ['merge']), ...(field.retainKeys ? ['retainKeys'] : [])].join(',');
  if (strategy !== '') extensions['x-kubernetes-patch-strategy'] = strategy;
  const values = field.values === undefined ? {} : field.shape.kind === 'list' ? {} : { enum: field.values };
  const about = description === '' ? {} : { description };
  if (dialect === 'v3' && '$ref' in schema && (description !== '' || Object.keys(extensions).length > 0)) return { ...about, allOf: [schema], ...(field.shape.kind === 'struct' ? { default: {} } : {}), ...extensions };
  return { ...about, ...schema, ...values, ...extensions };
}

function definitionSchema(definition: Definition, dialect: OpenApiDialect, used: Set<string>): Node {
  const properties: Record<string, Node> = {};
  const required: string[] = [];
  for (const field of definition.fields.values()) {
    properties[field.name] = fieldSchema(definition, field, dialect, used);
    if (field.required) required.push(field.name);
  }
  const description = describe(definition.name);
  return {
    ...(description === '' ? {} : { description }),
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    ...(definition.fields.size === 0 ? {} : { properties }),
    ...(definition.object === undefined || definition.name.startsWith('meta.') ? {} : { 'x-kubernetes-group-version-kind': [{ group: definition.object.group, kind: definition.object.kind, version: definition.object.version }] }),
    ...(definition.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  };
}

function schemasOf(roots: Iterable<string>, dialect: OpenApiDialect): Readonly<Record<string, Node>> {
  const schemas: Record<string, Node> = {};
  const wanted = new Set(roots);
  for (const name of wanted) {
    // A Set grows while it is walked: what is found on the way is visited too.
    if (name.startsWith('special:')) {
      const kind = name.slice('special:'.length);
      schemas[specialNames[kind] ?? kind] = specialSchema(kind, dialect);
    } else schemas[fullDefinitionName(name)] = definitionSchema(definitionOf(name), dialect, wanted);
  }
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `api/v1`, `apis/apps/v1` */
export const openApiPathOf = (group: string, version: string): string => (group === '' ? `api/${version}` : `apis/${group}/${version}`);

const parameter = (name: string): Node => ({ name, in: 'query', schema: { type: 'string', uniqueItems: true } });
const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation'].map(parameter);
const patchParameters = [...writeParameters, { name: 'force', in: 'query', schema: { type: 'boolean', uniqueItems: true } }];
/** Clients read from these whether a kind can be merged strategically; custom ones cannot. */
const patchTypes = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json', 'application/strategic-merge-patch+json'];
const customPatchTypes = patchTypes.filter((each) => !each.includes('strategic'));

function operation(kind: KindDeclaration, action: string, parameters: readonly Node[], definition: string, body: readonly string[] = []): Node {
  const content = (types: readonly string[], name: string): Node => Object.fromEntries(types.map((type) => [type, { schema: { $ref: refTo(name, 'v3') } }]));
  return {
    tags: [kind.group === '' ? 'core_v1' : kind.group],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body.length === 0 ? {} : { requestBody: { content: content(body, body.length > 1 ? 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch' : definition), required: true } }),
    responses: { '200': { description: 'OK', content: content(['application/json'], definition) } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
  };
}

function pathsOf(kind: KindDeclaration, definition: string): Readonly<Record<string, Node>> {
  const root = `/${openApiPathOf(kind.group, kind.version)}`;
  const collection = kind.namespaced ? `${root}/namespaces/{namespace}/${kind.resource}` : `${root}/${kind.resource}`;
  const can = (verb: string): boolean => kind.verbs.includes(verb);
  const list = kind.custom === undefined && findDefinition(`${shortDefinitionName(definition)}List`) === undefined ? definition : `${definition}List`;
  const namespace = kind.namespaced ? [{ name: 'namespace', in: 'path', required: true, schema: { type: 'string', uniqueItems: true } }] : [];
  const paths: Record<string, Node> = {
    [collection]: {
      parameters: namespace,
      ...(can('list') ? { get: operation(kind, 'list', ['continue', 'fieldSelector', 'labelSelector', 'limit', 'resourceVersion', 'watch'].map(parameter), list) } : {}),
      ...(can('create') ? { post: operation(kind, 'post', writeParameters, definition, ['*/*']) } : {}),
      ...(can('deletecollection') ? { delete: operation(kind, 'deletecollection', [], 'io.k8s.apimachinery.pkg.apis.meta.v1.Status') } : {}),
    },
  };
  if (can('get') || can('delete')) {
    paths[`${collection}/{name}`] = {
      parameters: [{ name: 'name', in: 'path', required: true, schema: { type: 'string', uniqueItems: true } }, ...namespace],
      ...(can('get') ? { get: operation(kind, 'get', [], definition) } : {}),
      ...(can('update') ? { put: operation(kind, 'put', writeParameters, definition, ['*/*']) } : {}),
      ...(can('delete') ? { delete: operation(kind, 'delete', [], 'io.k8s.apimachinery.pkg.apis.meta.v1.Status') } : {}),
      ...(can('patch') ? { patch: operation(kind, 'patch', patchParameters, definition, kind.custom === undefined ? patchTypes : customPatchTypes) } : {}),
    };
  }
  return paths;
}

/** /openapi/v3: where the document of each group version is. `hashOf` names its content, so that clients can keep it. */
export function openApiV3Index(groupVersions: readonly { readonly group: string; readonly version: string }[], hashOf: (path: string) => string): Node {
  const paths: Record<string, Node> = {};
  for (const { group, version } of groupVersions) {
    const path = openApiPathOf(group, version);
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(path)}` };
  }
  return { paths };
}

const always = ['meta.v1.DeleteOptions', 'meta.v1.Status', 'meta.v1.WatchEvent'];
const patchSchema = { description: 'Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.', type: 'object' };

function rootsOf(kinds: readonly KindDeclaration[]): string[] {
  const roots = [...always];
  for (const kind of kinds) {
    const name = shortDefinitionName(kind.definition);
    if (kind.custom !== undefined) {
      roots.push('meta.v1.ObjectMeta', 'meta.v1.ListMeta');
      if (kind.subresources.includes('scale')) roots.push('autoscaling.v1.Scale');
    }
    if (findDefinition(name) === undefined) continue;
    roots.push(name);
    if (findDefinition(`${name}List`) !== undefined) roots.push(`${name}List`);
    if (kind.subresources.includes('scale')) roots.push('autoscaling.v1.Scale');
    if (kind.subresources.includes('eviction')) roots.push('policy.v1.Eviction');
    if (kind.subresources.includes('token')) roots.push('authentication.v1.TokenRequest');
  }
  return roots;
}

/** Kinds of custom resources bring their schemas with them. */
function customSchemas(kinds: readonly KindDeclaration[], dialect: OpenApiDialect): Readonly<Record<string, Node>> {
  const schemas: Record<string, Node> = {};
  for (const { custom, definition, group, version } of kinds) {
    if (custom === undefined) continue;
    const ref = (name: string): Node => ({ $ref: refTo(name, dialect) });
    schemas[definition] = custom.openApi(dialect);
    schemas[`${definition}List`] = {
      description: `${custom.listKind} is a list of ${definition.slice(definition.lastIndexOf('.') + 1)}`,
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: { type: 'string' },
        items: { type: 'array', items: ref(definition) },
        kind: { type: 'string' },
        metadata: dialect === 'v2' ? ref(`io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta`) : { allOf: [ref(`io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta`)] },
      },
      'x-kubernetes-group-version-kind': [{ group, kind: custom.listKind, version }],
    };
  }
  return schemas;
}

/** /openapi/v3/apis/apps/v1 and the like, for the built-in kinds of one group version. */
export function openApiV3Document(kinds: readonly KindDeclaration[], serverVersion: string): Node {
  const paths: Record<string, Node> = {};
  for (const kind of kinds) Object.assign(paths, pathsOf(kind, kind.definition));
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: serverVersion },
    paths,
    components: { schemas: { ...schemasOf(rootsOf(kinds), 'v3'), ...customSchemas(kinds, 'v3'), 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch': patchSchema } },
  };
}

/** /openapi/v2: the definitions of everything. */
export function openApiV2Document(kinds: readonly KindDeclaration[], serverVersion: string): Node {
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: serverVersion },
    paths: {},
    definitions: { ...schemasOf(rootsOf(kinds), 'v2'), ...customSchemas(kinds, 'v2'), 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch': patchSchema },
  };
}
