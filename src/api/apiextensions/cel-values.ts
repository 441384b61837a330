// Objects of a schema as CEL sees them: typed fields, escaped names, ints by the schema, sets and maps by their list type.
import { decodeBase64Bytes } from '../meta/base64.ts';
import * as types from '../cel/types.ts';
import type { CelType } from '../cel/types.ts';
import { parseDuration, parseTimestamp } from '../cel/time.ts';
import { Bytes, CelError, CelList, Duration, fromJson, Timestamp, type CelMap, type CelValue } from '../cel/values.ts';
import type { Json } from '../meta/object.ts';
import { isList, isObject, own, SchemaNode, type JsonObject } from './schema-node.ts';

const keywords = new Set(['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while']);

/** The name under which expressions know a property: `__namespace__`, `foo__dot__bar`; undefined when they cannot. */
function escapeName(name: string): string | undefined {
  if (!/^[A-Za-z_.\-/][A-Za-z0-9_.\-/]*$/.test(name)) return undefined;
  if (keywords.has(name)) return `__${name}__`;
  return name.replace(/__|[.\-/]/g, (part) => (part === '__' ? '__underscores__' : part === '.' ? '__dot__' : part === '-' ? '__dash__' : '__slash__'));
}

const metadataNode = new SchemaNode({ type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } });
const stringNode = new SchemaNode({ type: 'string' });

/** The fields of an object, with those that every resource has. */
export function celFieldsOf(node: SchemaNode, isResource: boolean): ReadonlyMap<string, { readonly name: string; readonly node: SchemaNode }> {
  const fields = new Map<string, { readonly name: string; readonly node: SchemaNode }>();
  for (const [name, property] of node.properties) {
    const escaped = escapeName(name);
    if (escaped !== undefined && celTypeOf(property) !== undefined) fields.set(escaped, { name, node: property });
  }
  if (isResource) {
    fields.set('apiVersion', { name: 'apiVersion', node: stringNode });
    fields.set('kind', { name: 'kind', node: stringNode });
    fields.set('metadata', { name: 'metadata', node: metadataNode });
  }
  return fields;
}

interface Shape {
  readonly type: CelType;
  readonly fields: ReturnType<typeof celFieldsOf>;
}
const shapes = new WeakMap<SchemaNode, Shape | null>();
const rootShapes = new WeakMap<SchemaNode, Shape>();

function objectShape(node: SchemaNode, isResource: boolean): Shape {
  const fields = celFieldsOf(node, isResource || node.embedded);
  return { fields, type: types.objectOf('object', (name) => {
    const field = fields.get(name);
    return field === undefined ? undefined : celTypeOf(field.node);
  }) };
}

function shapeOf(node: SchemaNode, isRoot: boolean): Shape {
  const memo = isRoot ? rootShapes : shapes;
  let shape = memo.get(node);
  if (shape === undefined || shape === null) {
    shape = objectShape(node, isRoot);
    memo.set(node, shape);
  }
  return shape;
}

/** undefined: expressions cannot see such a value. */
export function celTypeOf(node: SchemaNode, isRoot = false): CelType | undefined {
  if (node.intOrString) return types.dyn;
  const { format, enum: values } = node.props;
  switch (node.type) {
    case 'array': {
      const item = node.items === undefined ? undefined : celTypeOf(node.items);
      return item === undefined ? undefined : types.listOf(item);
    }
    case 'object': {
      if (node.additional === true) return undefined;
      if (node.additional !== undefined) {
        const value = celTypeOf(node.additional);
        return value === undefined ? undefined : types.mapOf(types.string, value);
      }
      return shapeOf(node, isRoot).type;
    }
    case 'string':
      if (values !== undefined && values.length > 0) return types.string;
      if (format === 'byte') return types.bytes;
      if (format === 'duration') return types.duration;
      return format === 'date' || format === 'date-time' ? types.timestamp : types.string;
    case 'boolean':
      return types.bool;
    case 'number':
      return types.double;
    case 'integer':
      return types.int;
    default:
      return undefined;
  }
}

class SchemaObject implements CelMap {
  readonly isMap = true;
  readonly objectType: CelType;
  private readonly json: JsonObject;
  private readonly shape: Shape;
  constructor(json: JsonObject, shape: Shape) {
    this.json = json;
    this.shape = shape;
    this.objectType = shape.type;
  }
  get(key: CelValue): CelValue | undefined {
    const field = typeof key === 'string' ? this.shape.fields.get(key) : undefined;
    return field === undefined ? undefined : valueOf(own(this.json, field.name), field.node);
  }
  keys(): readonly CelValue[] {
    return [...this.shape.fields.keys()].filter((key) => this.get(key) !== undefined);
  }
}

class SchemaMap implements CelMap {
  readonly isMap = true;
  private readonly json: JsonObject;
  private readonly node: SchemaNode;
  constructor(json: JsonObject, node: SchemaNode) {
    this.json = json;
    this.node = node;
  }
  get(key: CelValue): CelValue | undefined {
    return typeof key === 'string' ? valueOf(own(this.json, key), this.node) : undefined;
  }
  keys(): readonly CelValue[] {
    return Object.keys(this.json);
  }
}

function valueOf(json: Json | undefined, node: SchemaNode): CelValue | undefined {
  if (json === undefined || (json === null && node.props.nullable !== true)) return undefined;
  return toCel(json, node);
}

export function toCel(json: Json, node: SchemaNode, isRoot = false): CelValue {
  if (json === null) return null;
  if (node.intOrString) return typeof json === 'number' ? BigInt(Math.trunc(json)) : fromJson(json);
  switch (node.type) {
    case 'integer':
      return typeof json === 'number' && Number.isInteger(json) ? BigInt(json) : fromJson(json);
    case 'number':
      return typeof json === 'number' ? json : fromJson(json);
    case 'string':
      return typeof json === 'string' ? textOf(json, node) : fromJson(json);
    case 'array': {
      const { items } = node;
      if (!isList(json) || items === undefined) return fromJson(json);
      return new CelList(json.map((item) => toCel(item, items)), node.listType === 'set' ? 'set' : node.listType === 'map' ? { keys: node.listKeys } : undefined);
    }
    case 'object': {
      if (!isObject(json)) return fromJson(json);
      if (node.additional instanceof SchemaNode) return new SchemaMap(json, node.additional);
      return node.additional === true ? fromJson(json) : new SchemaObject(json, shapeOf(node, isRoot));
    }
    default:
      return fromJson(json);
  }
}

function textOf(text: string, { props }: SchemaNode): CelValue {
  if (props.enum !== undefined && props.enum.length > 0) return text;
  switch (props.format) {
    case 'byte': {
      const raw = decodeBase64Bytes(text);
      if (raw === undefined) throw new CelError('illegal base64 data');
      return new Bytes(raw);
    }
    case 'duration':
      return new Duration(parseDuration(text));
    case 'date':
      return new Timestamp(parseTimestamp(`${text}T00:00:00Z`));
    case 'date-time':
      return new Timestamp(parseTimestamp(text));
    default:
      return text;
  }
}
