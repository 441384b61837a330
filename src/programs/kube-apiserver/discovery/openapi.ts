// The schema of what is served, as OpenAPI v3 documents per group version, made from the structure of the kinds when they are asked for.
import { definitionOf, findDefinition, fullDefinitionName, type Shape } from '../../../api/meta/structure.ts';
import type { HttpResponse } from '../../../wire/http.ts';
import { digest } from '../../../wire/tls-handshake.ts';
import { respond } from '../handlers/negotiate.ts';
import type { ResourceTable } from '../registry/resources.ts';

type Schema = { readonly [key: string]: unknown };

export class OpenApi {
  private readonly table: ResourceTable;

  constructor(table: ResourceTable) {
    this.table = table;
  }

  answer(path: string): HttpResponse | undefined {
    if (path === '/openapi/v2') return respond(200, this.v2());
    if (path === '/openapi/v3' || path === '/openapi/v3/') return respond(200, this.index());
    const match = /^\/openapi\/v3\/(api|apis)\/(.+)$/.exec(path);
    if (match === null) return undefined;
    const parts = (match[2] as string).split('/');
    const [group, version] = match[1] === 'api' ? ['', parts[0]] : [parts[0], parts[1]];
    if (version === undefined || !this.table.hasGroupVersion(group as string, version)) return undefined;
    return respond(200, { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'v1.36.2' }, paths: this.paths(group as string, version), components: { schemas: this.schemas((each) => each.group === group && each.version === version, '#/components/schemas/') } });
  }

  private index(): Schema {
    const paths: Record<string, Schema> = {};
    for (const { declaration } of this.table.all()) {
      const key = declaration.group === '' ? `api/${declaration.version}` : `apis/${declaration.group}/${declaration.version}`;
      paths[key] = { serverRelativeURL: `/openapi/v3/${key}?hash=${digest(`${key} ${this.table.generation}`).toUpperCase()}` };
    }
    return { paths };
  }

  private v2(): Schema {
    return { swagger: '2.0', info: { title: 'Kubernetes', version: 'v1.36.2' }, paths: {}, definitions: this.schemas(() => true, '#/definitions/') };
  }

  private paths(group: string, version: string): Schema {
    const paths: Record<string, unknown> = {};
    const base = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
    for (const { declaration } of this.table.all()) {
      if (declaration.group !== group || declaration.version !== version) continue;
      const path = `${base}${declaration.namespaced ? '/namespaces/{namespace}' : ''}/${declaration.resource}`;
      const kind = { group, kind: declaration.kind, version };
      const operation = (action: string): Schema => ({ parameters: [{ name: 'dryRun', in: 'query', schema: { type: 'string' } }, { name: 'fieldValidation', in: 'query', schema: { type: 'string' } }], 'x-kubernetes-action': action, 'x-kubernetes-group-version-kind': kind });
      if (declaration.verbs.includes('create')) paths[path] = { post: operation('post') };
      if (declaration.verbs.includes('patch')) paths[`${path}/{name}`] = { patch: operation('patch') };
    }
    return paths;
  }

  private schemas(wanted: (declaration: { readonly group: string; readonly version: string }) => boolean, prefix: string): Schema {
    const schemas: Record<string, Schema> = {};
    const pending: string[] = [];
    for (const { declaration } of this.table.all()) if (wanted(declaration)) pending.push(declaration.definition);
    while (pending.length > 0) {
      const name = pending.pop() as string;
      const full = fullDefinitionName(name.startsWith('io.') ? name : name);
      const key = name.startsWith('io.') ? name : full;
      if (schemas[key] !== undefined || findDefinition(name) === undefined) continue;
      schemas[key] = schemaOf(name, prefix, pending);
    }
    return schemas;
  }
}

function schemaOf(name: string, prefix: string, pending: string[]): Schema {
  const definition = definitionOf(name);
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  for (const field of definition.fields.values()) {
    properties[field.name] = {
      ...shapeSchema(field.shape, prefix, pending),
      ...(field.merge === 'map' ? { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': field.keys } : field.merge === 'set' ? { 'x-kubernetes-list-type': 'set' } : {}),
    };
    if (field.required) required.push(field.name);
  }
  const object = definition.object;
  return {
    type: 'object',
    properties,
    ...(required.length > 0 ? { required } : {}),
    ...(object === undefined ? {} : { 'x-kubernetes-group-version-kind': [{ group: object.group, kind: object.kind, version: object.version }] }),
  };
}

function shapeSchema(shape: Shape, prefix: string, pending: string[]): Schema {
  switch (shape.kind) {
    case 'struct':
      pending.push(shape.definition);
      return prefix.includes('components') ? { allOf: [{ $ref: `${prefix}${fullName(shape.definition)}` }], default: {} } : { $ref: `${prefix}${fullName(shape.definition)}` };
    case 'list':
      return { type: 'array', items: shapeSchema(shape.items, prefix, pending) };
    case 'map':
      return { type: 'object', additionalProperties: shapeSchema(shape.values, prefix, pending) };
    case 'int32':
    case 'int64':
      return { type: 'integer', format: shape.kind };
    case 'double':
      return { type: 'number', format: 'double' };
    case 'boolean':
      return { type: 'boolean' };
    case 'time':
    case 'micro-time':
      return { type: 'string', format: 'date-time' };
    case 'bytes':
      return { type: 'string', format: 'byte' };
    case 'int-or-string':
      return { type: 'string', format: 'int-or-string' };
    case 'string':
    case 'quantity':
      return { type: 'string' };
    default:
      return { type: 'object' };
  }
}

const fullName = (name: string): string => (name.startsWith('io.') ? name : fullDefinitionName(name));
