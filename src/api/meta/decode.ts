// Received JSON against the structure: wrong types in Go's words, unknown fields, and the value as Kubernetes would hold it
// (unknown fields, nulls and zero values that Go leaves out are gone, quantities are canonical). Nothing is copied that does not change.
import { decodeBase64Bytes } from './base64.ts';
import { canonicalQuantity, quantityFormatProblem, quantityProblem } from './quantity.ts';
import { definitionOf, type Field, type Shape } from './structure.ts';
import { goTypeFacts } from './rare-facts.ts';
import { formatMicroTime, formatTime, parseTime } from './time.ts';

export interface Decoded<T> {
  readonly object: T;
  /** `unknown field "spec.foo"`, in the order they stand. */
  readonly strict: readonly string[];
  /** Set when the object cannot be read at all: `json: cannot unmarshal string into Go struct field ...`. */
  readonly error?: string;
}

interface Pass {
  readonly strict: string[];
  /** The first wrong type; reading goes on, as Go's does. */
  error: string | undefined;
}

/** An error that ends the reading at once (those of Go's own UnmarshalJSON methods). */
class DecodeProblem extends Error {}

export function decodeObject<T>(value: unknown, definition: string): Decoded<T> {
  const pass: Pass = { strict: [], error: undefined };
  try {
    const object = readStruct(value, definition, '', '', undefined, pass);
    return { object: (object ?? {}) as T, strict: pass.strict, ...(pass.error === undefined ? {} : { error: pass.error }) };
  } catch (problem) {
    if (problem instanceof DecodeProblem) return { object: value as T, strict: pass.strict, error: problem.message };
    throw problem;
  }
}

const dropped = Symbol('dropped');

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

const scalarGoNames: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'bool',
  int32: 'int32',
  int64: 'int64',
  double: 'float64',
  bytes: '[]uint8',
  time: 'v1.Time',
  'micro-time': 'v1.MicroTime',
  quantity: 'resource.Quantity',
  'int-or-string': 'intstr.IntOrString',
  any: 'interface {}',
  'raw-extension': 'runtime.RawExtension',
  fields: 'v1.FieldsV1',
};

function goTypeName(shape: Shape): string {
  if (shape.kind === 'struct') {
    const parts = shape.definition.split('.');
    return `${parts[1] ?? 'v1'}.${parts[2] ?? ''}`;
  }
  if (shape.kind === 'list') return `[]${goTypeName(shape.items)}`;
  if (shape.kind === 'map') return shape.values.kind === 'quantity' ? 'v1.ResourceList' : `map[string]${goTypeName(shape.values)}`;
  return scalarGoNames[shape.kind] ?? 'string';
}

interface Place {
  /** Go name of the struct that has the field. */
  readonly struct: string;
  /** `spec.containers.image`: without indexes, as Go tells it. */
  readonly goPath: string;
  /** Definition and field: `core.v1.Container.image`. */
  readonly fact: string;
}

function wrongType(value: unknown, shape: Shape, place: Place | undefined, pass: Pass): typeof dropped {
  if (pass.error === undefined) {
    const what = jsonKind(value);
    const type = goTypeFacts[place?.fact ?? ''] !== undefined && shape.kind === 'string' ? goTypeFacts[place?.fact ?? ''] : goTypeName(shape);
    const number = what === 'number' && (shape.kind === 'int32' || shape.kind === 'int64') ? `number ${String(value)}` : what;
    pass.error =
      place === undefined
        ? `json: cannot unmarshal ${number} into Go value of type ${type}`
        : `json: cannot unmarshal ${number} into Go struct field ${place.struct}.${place.goPath} of type ${type}`;
  }
  return dropped;
}

/**
 * Values that were read whole and stayed as they are, and as what. Objects are never changed once they were sent or stored, so the second time (a template
 * that a thousand pods share, the unchanged parts of what is patched) there is nothing to look at.
 */
const sound = new WeakMap<object, string>();
/** A copy of what comes before `end`, for an object that goes on without it: what loses a field by `delete` is kept as a table, slow and three times the size. */
function partBefore(end: string, object: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const part: Record<string, unknown> = {};
  for (const key in object) {
    if (key === end) break;
    part[key] = object[key];
  }
  return part;
}
/** Times that are no pointers in Go and that hardly anybody sets: they are always said, as null. */
const spokenNulls: ReadonlyMap<string, string> = new Map([
  ['core.v1.PodCondition', 'lastProbeTime'],
  ['core.v1.PersistentVolumeClaimCondition', 'lastProbeTime'],
]);
/** Small structs are read again sooner than they are found. */
const leastRemembered = 4;

function readStruct(value: unknown, definitionName: string, path: string, goPath: string, place: Place | undefined, pass: Pass): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrongType(value, { kind: 'struct', definition: definitionName }, place, pass);
  if (sound.get(value) === definitionName) return value;
  const problems = pass.strict.length;
  const definition = definitionOf(definitionName);
  const source = value as Readonly<Record<string, unknown>>;
  const struct = definitionName.slice(definitionName.lastIndexOf('.') + 1);
  let changed: Record<string, unknown> | undefined;
  let fewer: Record<string, unknown> | undefined;
  let fields = 0;
  for (const key in source) {
    fields++;
    const field = definition.fields.get(key);
    if (field === undefined) {
      pass.strict.push(`unknown field "${path === '' ? key : `${path}.${key}`}"`);
      fewer ??= partBefore(key, changed ?? source);
      continue;
    }
    const old = source[key];
    const read = readField(old, field, definitionName, struct, path === '' ? key : `${path}.${key}`, goPath === '' ? key : `${goPath}.${key}`, pass);
    if (read === dropped) fewer ??= partBefore(key, changed ?? source);
    else if (fewer !== undefined) fewer[key] = read;
    else if (read !== old) {
      changed ??= { ...source };
      changed[key] = read;
    }
  }
  const spoken = spokenNulls.get(definitionName);
  if (spoken !== undefined && source[spoken] === undefined) return { ...(fewer ?? changed ?? source), [spoken]: null };
  if (fewer !== undefined || changed !== undefined) return fewer ?? changed;
  if (fields >= leastRemembered && pass.error === undefined && pass.strict.length === problems) sound.set(source, definitionName);
  return source;
}

function readField(value: unknown, field: Field, definition: string, struct: string, path: string, goPath: string, pass: Pass): unknown {
  if (value === null || value === undefined) return value === null && spokenNulls.get(definition) === field.name ? null : dropped;
  const shape = field.shape;
  // The common case first: a text that stays.
  if (shape.kind === 'string' && typeof value === 'string') return value === '' && !field.required && !field.pointer ? dropped : value;
  const place: Place = { struct, goPath, fact: `${definition}.${field.name}` };
  const read = readValue(value, shape, path, goPath, place, pass);
  if (field.required || field.pointer || read === dropped) return read;
  return isZero(read, shape) ? dropped : read;
}

function isZero(value: unknown, shape: Shape): boolean {
  switch (shape.kind) {
    case 'list':
      return Array.isArray(value) && value.length === 0;
    case 'map': {
      for (const _ in value as object) return false;
      return true;
    }
    case 'boolean':
      return value === false;
    case 'int32':
    case 'int64':
    case 'double':
      return value === 0;
    case 'bytes':
    case 'string':
      return value === '';
    default:
      return false;
  }
}

function readValue(value: unknown, shape: Shape, path: string, goPath: string, place: Place | undefined, pass: Pass): unknown {
  switch (shape.kind) {
    case 'struct':
      return readStruct(value, shape.definition, path, goPath, place, pass);
    case 'list':
      return readList(value, shape, path, goPath, place, pass);
    case 'map':
      return readMap(value, shape, path, goPath, place, pass);
    case 'string':
      return typeof value === 'string' ? value : wrongType(value, shape, place, pass);
    case 'boolean':
      return typeof value === 'boolean' ? value : wrongType(value, shape, place, pass);
    case 'int32':
    case 'int64':
      return readInteger(value, shape, place, pass);
    case 'double':
      return typeof value === 'number' ? value : wrongType(value, shape, place, pass);
    case 'bytes':
      if (typeof value !== 'string') return wrongType(value, shape, place, pass);
      if (decodeBase64Bytes(value) === undefined) throw new DecodeProblem(`illegal base64 data at input byte ${illegalBase64At(value)}`);
      return value;
    case 'time':
    case 'micro-time':
      return readTime(value, shape.kind);
    case 'quantity':
      return readQuantity(value);
    case 'int-or-string':
      if (typeof value === 'string' || (typeof value === 'number' && Number.isInteger(value))) return value;
      throw new DecodeProblem(`json: cannot unmarshal ${jsonKind(value)}${typeof value === 'number' ? ` ${value}` : ''} into Go value of type int32`);
    default:
      // The structure calls these any: they are schemas again, or something else (true, a list).
      if (place !== undefined && schemasInside.has(place.fact) && typeof value === 'object' && value !== null && !Array.isArray(value)) return readStruct(value, 'apiextensions.v1.JSONSchemaProps', path, goPath, place, pass);
      return value;
  }
}

const schemasInside = new Set(['apiextensions.v1.JSONSchemaProps.items', 'apiextensions.v1.JSONSchemaProps.additionalProperties']);

function readInteger(value: unknown, shape: Shape, place: Place | undefined, pass: Pass): unknown {
  if (typeof value !== 'number') {
    if (pass.error === undefined && place !== undefined) {
      pass.error = `json: cannot unmarshal ${jsonKind(value)} into Go struct field ${place.struct}.${place.goPath} of type ${goTypeName(shape)}`;
    }
    return dropped;
  }
  const limit = shape.kind === 'int32' ? 2_147_483_647 : 2 ** 63;
  return Number.isInteger(value) && value <= limit && value >= -limit - 1 ? value : wrongType(value, shape, place, pass);
}

function readList(value: unknown, shape: Shape & { kind: 'list' }, path: string, goPath: string, place: Place | undefined, pass: Pass): unknown {
  if (!Array.isArray(value)) return wrongType(value, shape, place, pass);
  let changed: unknown[] | undefined;
  for (let index = 0; index < value.length; index++) {
    const old: unknown = value[index];
    const read = old === null ? emptyItem(shape.items) : readValue(old, shape.items, `${path}[${index}]`, goPath, place, pass);
    if (read === old) continue;
    changed ??= [...(value as unknown[])];
    changed[index] = read === dropped ? null : read;
  }
  return changed ?? value;
}

function emptyItem(shape: Shape): unknown {
  return shape.kind === 'struct' ? {} : shape.kind === 'string' ? '' : null;
}

function readMap(value: unknown, shape: Shape & { kind: 'map' }, path: string, goPath: string, place: Place | undefined, pass: Pass): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrongType(value, shape, place, pass);
  const source = value as Readonly<Record<string, unknown>>;
  let changed: Record<string, unknown> | undefined;
  let isSparse = false;
  for (const key in source) {
    const old = source[key];
    if (shape.values.kind === 'string' && typeof old === 'string') continue;
    const read = old === null ? emptyItem(shape.values) : readValue(old, shape.values, `${path}.${key}`, goPath, place, pass);
    if (read === old) continue;
    changed ??= { ...source };
    if (read === dropped || read === null) {
      // The keys are anybody's (`__proto__`), so nothing is built by assigning them; the copy at the end is no table.
      delete changed[key];
      isSparse = true;
    } else changed[key] = read;
  }
  return changed === undefined ? source : isSparse ? { ...changed } : changed;
}

function readQuantity(value: unknown): unknown {
  if (typeof value !== 'string' && typeof value !== 'number') throw new DecodeProblem(quantityFormatProblem);
  if (value === '') throw new DecodeProblem(quantityFormatProblem);
  const problem = quantityProblem(value);
  if (problem !== undefined) throw new DecodeProblem(problem);
  return canonicalQuantity(value);
}

function readTime(value: unknown, kind: 'time' | 'micro-time'): unknown {
  if (typeof value !== 'string') throw new DecodeProblem(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`);
  const ms = parseTime(value);
  if (ms === undefined) throw new DecodeProblem(timeProblem(value, kind));
  if (kind === 'time') return value.length === 20 && value.endsWith('Z') ? value : formatTime(ms);
  return value.length === 27 && value.endsWith('Z') ? value : formatMicroTime(ms);
}

function timeProblem(text: string, kind: 'time' | 'micro-time'): string {
  const layout = kind === 'time' ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00';
  const parts: readonly (readonly [RegExp, string])[] = [
    [/^\d{4}/, '2006'], [/^-/, '-'], [/^\d\d/, '01'], [/^-/, '-'], [/^\d\d/, '02'], [/^T/, 'T'], [/^\d\d/, '15'], [/^:/, ':'], [/^\d\d/, '04'], [/^:/, ':'], [/^\d\d(\.\d+)?/, '05'], [/^(Z|[+-]\d\d:\d\d)$/, 'Z07:00'],
  ];
  let rest = text;
  for (const [pattern, name] of parts) {
    const match = pattern.exec(rest);
    if (match === null) return `parsing time ${JSON.stringify(text)} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${name}"`;
    rest = rest.slice(match[0].length);
  }
  return `parsing time ${JSON.stringify(text)}: day out of range`;
}

function illegalBase64At(text: string): number {
  const clean = text.replace(/[\r\n]/g, '');
  const match = /[^A-Za-z0-9+/]/.exec(clean);
  if (match === null) return clean.length - (clean.length % 4);
  return match.index;
}
