// The OpenAPI documents that the server serves, made from the structure: what real kubectl needs for validation, explain and apply.
import type { CustomKind, KindDeclaration } from './contract.ts';
import { describe } from './meta/descriptions.ts';
import { enumOf, unionFacts } from './meta/rare-facts.ts';
import { granularFacts } from './meta/structure-facts.ts';
import { definitionOf, findDefinition, fullDefinitionName, shortDefinitionName, type Definition, type Field, type Shape } from './meta/structure.ts';

/** Schemas that are no struct of the structure: the parts of a custom resource's schema that may be anything, and the server's version. */
const looseSchemas: Readonly<Record<string, Node>> = {
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceSubresourceStatus': { type: 'object' },
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': {},
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': {},
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': {},
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray': {},
  'io.k8s.apimachinery.pkg.version.Info': {
    type: 'object',
    required: ['major', 'minor', 'gitVersion', 'gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler', 'platform'],
    properties: Object.fromEntries(
      'buildDate compiler emulationMajor emulationMinor gitCommit gitTreeState gitVersion goVersion major minCompatibilityMajor minCompatibilityMinor minor platform'.split(' ').map((name) => [name, { type: 'string' }]),
    ),
  },
};
/** Fields whose values, or items, are one of those. */
const looseFields: Readonly<Record<string, string>> = {
  'apiextensions.v1.CustomResourceSubresources.status': 'CustomResourceSubresourceStatus',
  'apiextensions.v1.JSONSchemaProps.additionalItems': 'JSONSchemaPropsOrBool',
  'apiextensions.v1.JSONSchemaProps.additionalProperties': 'JSONSchemaPropsOrBool',
  'apiextensions.v1.JSONSchemaProps.default': 'JSON',
  'apiextensions.v1.JSONSchemaProps.dependencies': 'JSONSchemaPropsOrStringArray',
  'apiextensions.v1.JSONSchemaProps.enum': 'JSON',
  'apiextensions.v1.JSONSchemaProps.example': 'JSON',
  'apiextensions.v1.JSONSchemaProps.items': 'JSONSchemaPropsOrArray',
};

/** What the documents tell of a kind. */
export type DescribedKind = Pick<KindDeclaration, 'group' | 'version' | 'kind' | 'resource' | 'namespaced' | 'verbs' | 'subresources' | 'definition'> & { readonly custom?: Pick<CustomKind, 'openApi' | 'listKind'> };

/** Every group version that kube-apiserver has ever known takes DeleteOptions and sends WatchEvents of its own. */
const optionVersions =
  ' v1;admission.k8s.io v1,v1beta1;admissionregistration.k8s.io v1,v1alpha1,v1beta1;apiextensions.k8s.io v1,v1beta1;apiregistration.k8s.io v1,v1beta1;apps v1,v1beta1,v1beta2;authentication.k8s.io v1,v1alpha1,v1beta1;' +
  'authorization.k8s.io v1,v1beta1;autoscaling v1,v2;batch v1,v1beta1;certificates.k8s.io v1,v1alpha1,v1beta1;coordination.k8s.io v1,v1alpha2,v1beta1;discovery.k8s.io v1,v1beta1;events.k8s.io v1,v1beta1;' +
  'extensions v1beta1;flowcontrol.apiserver.k8s.io v1,v1beta1,v1beta2,v1beta3;imagepolicy.k8s.io v1alpha1;internal.apiserver.k8s.io v1alpha1;networking.k8s.io v1,v1beta1;node.k8s.io v1,v1alpha1,v1beta1;policy v1,v1beta1;' +
  'rbac.authorization.k8s.io v1,v1alpha1,v1beta1;resource.k8s.io v1,v1alpha3,v1beta1,v1beta2;scheduling.k8s.io v1,v1alpha2,v1beta1;storage.k8s.io v1,v1alpha1,v1beta1;storagemigration.k8s.io v1beta1';

function kindsOf(definition: Definition): readonly Node[] {
  const { name, object, fields } = definition;
  if (name === 'meta.v1.DeleteOptions' || name === 'meta.v1.WatchEvent') {
    return optionVersions.split(';').flatMap((entry) => {
      const [group = '', versions = ''] = entry.split(' ');
      return versions.split(',').map((version) => ({ group, kind: name.slice('meta.v1.'.length), version }));
    });
  }
  const isServed = object !== undefined && (name.startsWith('meta.v1.') ? ['APIGroup', 'APIGroupList', 'APIResourceList', 'APIVersions', 'Status'].includes(object.kind) : fields.has('metadata'));
  return isServed ? [{ group: object.group, kind: object.kind, version: object.version }] : [];
}

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

/** Of an amount of something, which is no struct. */
export const quantitySchemas = (dialect: OpenApiDialect): Readonly<Record<string, Node>> => ({ [specialNames['quantity'] as string]: specialSchema('quantity', dialect) });

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

export const refTo = (name: string, dialect: OpenApiDialect): string => (dialect === 'v2' ? `#/definitions/${name}` : `#/components/schemas/${name}`);

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
  const schema = within(shapeSchema(field.shape, dialect, used), innerOf(definition, field, dialect, used));
  const description = describe(definition.name, field.name);
  const extensions: Record<string, unknown> = {};
  const isListOfObjects = field.name === 'items' && definition.name.endsWith('List') && definition.object !== undefined;
  if (`${definition.name}.${field.name}` === 'apiregistration.v1.APIServiceSpec.caBundle') extensions['x-kubernetes-list-type'] = 'atomic';
  const isPlain = isListOfObjects || (definition.name === 'meta.v1.APIResource' && field.name === 'verbs');
  if (field.shape.kind === 'list' && !isPlain) {
    extensions['x-kubernetes-list-type'] = field.merge;
    if (field.keys.length > 0) extensions['x-kubernetes-list-map-keys'] = field.keys;
  } else if (field.shape.kind === 'map' && field.merge === 'atomic') extensions['x-kubernetes-map-type'] = 'atomic';
  if (granularFacts.split(' ').includes(`${definition.name}.${field.name}`)) extensions['x-kubernetes-map-type'] = 'granular';
  if (field.patchKey) extensions['x-kubernetes-patch-merge-key'] = field.patchKey;
  const strategy = [...(field.patchReplace ? ['replace'] : []), ...(field.patchKey === undefined ? [] : ['merge']), ...(field.retainKeys ? ['retainKeys'] : [])].join(',');
  if (strategy !== '') extensions['x-kubernetes-patch-strategy'] = strategy;
  const allowed = enumOf(definition, field);
  const values = allowed === undefined || field.shape.kind === 'list' || field.shape.kind === 'map' ? {} : { enum: allowed };
  const about = description === '' ? {} : { description };
  if (dialect === 'v3' && '$ref' in schema && (description !== '' || Object.keys(extensions).length > 0)) return { ...about, allOf: [schema], ...(field.shape.kind === 'struct' ? { default: {} } : {}), ...extensions };
  return { ...about, ...schema, ...values, ...extensions };
}

/** What a field's innermost schema says beyond its shape: an enum of the items, or one of the loose schemas. */
function innerOf(definition: Definition, field: Field, dialect: OpenApiDialect, used: Set<string>): Node {
  const loose = looseFields[`${definition.name}.${field.name}`];
  if (loose !== undefined) {
    const name = `io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.${loose}`;
    used.add(`loose:${name}`);
    return { $ref: refTo(name, dialect) };
  }
  const allowed = field.shape.kind === 'list' || field.shape.kind === 'map' ? enumOf(definition, field) : undefined;
  return allowed === undefined ? {} : { enum: allowed };
}

function within(schema: Node, inner: Node): Node {
  if (Object.keys(inner).length === 0) return schema;
  if (schema['items'] !== undefined) return { ...schema, items: within(schema['items'] as Node, inner) };
  if (schema['additionalProperties'] !== undefined) return { ...schema, additionalProperties: within(schema['additionalProperties'] as Node, inner) };
  return '$ref' in inner ? inner : { ...schema, ...inner };
}

function definitionSchema(definition: Definition, dialect: OpenApiDialect, used: Set<string>): Node {
  const properties: Record<string, Node> = {};
  const required: string[] = [];
  for (const field of definition.fields.values()) {
    properties[field.name] = fieldSchema(definition, field, dialect, used);
    if (field.required) required.push(field.name);
  }
  const description = describe(definition.name);
  const union = unionFacts[definition.name];
  return {
    ...(description === '' ? {} : { description }),
    type: 'object',
    ...(required.length === 0 ? {} : { required }),
    ...(definition.fields.size === 0 ? {} : { properties }),
    ...(kindsOf(definition).length === 0 ? {} : { 'x-kubernetes-group-version-kind': kindsOf(definition) }),
    ...(union === undefined ? {} : { 'x-kubernetes-unions': [{ ...(union.discriminator === undefined ? {} : { discriminator: union.discriminator }), 'fields-to-discriminateBy': union.fields }] }),
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
    } else if (name.startsWith('loose:')) {
      const full = name.slice('loose:'.length);
      schemas[full] = looseSchemas[full] ?? {};
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

function operation(kind: DescribedKind, action: string, parameters: readonly Node[], definition: string, body: readonly string[] = []): Node {
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

function pathsOf(kind: DescribedKind, definition: string): Readonly<Record<string, Node>> {
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
  const groups = new Set(groupVersions.filter(({ group }) => group !== '').map(({ group }) => `apis/${group}`));
  const roots = Object.keys(rootSchemas).filter((path) => path !== 'api' || groupVersions.some(({ group }) => group === ''));
  for (const path of [...roots, ...groups, ...groupVersions.map(({ group, version }) => openApiPathOf(group, version))].sort()) {
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hashOf(path)}` };
  }
  return { paths };
}

const always = ['meta.v1.DeleteOptions', 'meta.v1.Status', 'meta.v1.WatchEvent', 'meta.v1.APIResourceList'];
/** What the paths above the group versions answer. */
const rootSchemas: Readonly<Record<string, string>> = { api: 'meta.v1.APIVersions', apis: 'meta.v1.APIGroupList', version: 'loose:io.k8s.apimachinery.pkg.version.Info' };
const groupSchema = 'meta.v1.APIGroup';
const patchSchema = { description: 'Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.', type: 'object' };

function rootsOf(kinds: readonly DescribedKind[]): string[] {
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
function customSchemas(kinds: readonly DescribedKind[], dialect: OpenApiDialect): Readonly<Record<string, Node>> {
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

/** Whose API it is, and its version: `Kubernetes`, `v1.36.2`. */
export interface ApiInfo {
  readonly title: string;
  readonly version: string;
}

/** /openapi/v3/api, /apis, /version and /apis/GROUP: undefined for other paths. */
export function openApiV3RootDocument(path: string, info: ApiInfo): Node | undefined {
  const root = Object.hasOwn(rootSchemas, path) ? rootSchemas[path] : /^apis\/[^/]+$/.test(path) ? groupSchema : undefined;
  if (root === undefined) return undefined;
  const schemas = schemasOf([root], 'v3');
  const name = root.startsWith('loose:') ? root.slice('loose:'.length) : fullDefinitionName(root);
  const get = { responses: { '200': { description: 'OK', content: { 'application/json': { schema: { $ref: refTo(name, 'v3') } } } } } };
  return { openapi: '3.0.0', info, paths: { [`/${path}/`]: { get } }, components: { schemas } };
}

/** /openapi/v3/apis/apps/v1 and the like, for the built-in kinds of one group version. */
export function openApiV3Document(kinds: readonly DescribedKind[], info: ApiInfo): Node {
  const paths: Record<string, Node> = {};
  for (const kind of kinds) Object.assign(paths, pathsOf(kind, kind.definition));
  return {
    openapi: '3.0.0',
    info,
    paths,
    components: { schemas: { ...schemasOf(rootsOf(kinds), 'v3'), ...customSchemas(kinds, 'v3'), 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch': patchSchema } },
  };
}

/** /openapi/v2: the definitions of everything. */
export function openApiV2Document(kinds: readonly DescribedKind[], info: ApiInfo): Node {
  return {
    swagger: '2.0',
    info,
    paths: {},
    definitions: { ...schemasOf([...rootsOf(kinds), ...Object.values(rootSchemas), groupSchema], 'v2'), ...customSchemas(kinds, 'v2'), 'io.k8s.apimachinery.pkg.apis.meta.v1.Patch': patchSchema },
  };
}
