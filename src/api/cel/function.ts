// Functions that expressions may call: declared by signatures, `string.startsWith(string): bool`, one or more overloads to a name.
import * as types from './types.ts';
import type { CelType } from './types.ts';
import { Bytes, CelList, Duration, isMap, isOpaque, Optional, Timestamp, TypeValue, Uint, type CelValue } from './values.ts';

export interface Overload {
  readonly name: string;
  /** Called on a value: the first of `params` is its type. */
  readonly isMember: boolean;
  readonly params: readonly CelType[];
  readonly result: CelType;
  readonly call: (...args: readonly CelValue[]) => CelValue;
}

export type Library = readonly Overload[];

const opaqueTypes = new Map<string, CelType>();

/** A type of a library that signatures can name from now on. */
export function opaqueType(name: string): CelType {
  const type = opaqueTypes.get(name) ?? types.opaque(name);
  opaqueTypes.set(name, type);
  return type;
}

/**
 * `declare('string.indexOf(string, int): int', (text, part, from) => ...)`. Types: those of CEL, list(T), map(K, V), optional(T), type(T),
 * single capitals for type variables, and names of libraries' own types (`net.IP`). A function of a namespace is written `sets::contains(...)`.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- each function takes values of the types that its signature names
export function declare(signature: string, call: (...args: any[]) => CelValue): Overload {
  const close = signature.lastIndexOf('):');
  let open = close;
  for (let depth = 1; depth > 0; ) {
    open--;
    if (signature[open] === ')') depth++;
    else if (signature[open] === '(') depth--;
  }
  const head = signature.slice(0, open);
  const dot = memberDot(head);
  const receiver = dot < 0 ? [] : [readType(head.slice(0, dot))];
  return {
    name: head.slice(dot + 1).replace('::', '.'),
    isMember: dot >= 0,
    params: [...receiver, ...splitTypes(signature.slice(open + 1, close)).map(readType)],
    result: readType(signature.slice(close + 2).trim()),
    call,
  };
}

/** Where a receiver's type ends. */
function memberDot(head: string): number {
  let depth = 0;
  for (let i = head.length - 1; i >= 0; i--) {
    if (head[i] === ')') depth++;
    else if (head[i] === '(') depth--;
    else if (head[i] === '.' && depth === 0) return i;
  }
  return -1;
}

function splitTypes(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let current = '';
  for (const letter of text) {
    if (letter === '(') depth++;
    else if (letter === ')') depth--;
    if (letter === ',' && depth === 0) {
      parts.push(current.trim());
      current = '';
    } else current += letter;
  }
  if (current.trim() !== '') parts.push(current.trim());
  return parts;
}

function readType(text: string): CelType {
  const open = text.indexOf('(');
  if (open >= 0) {
    const inner = splitTypes(text.slice(open + 1, -1)).map(readType);
    const first = inner[0] ?? types.dyn;
    switch (text.slice(0, open)) {
      case 'list':
        return types.listOf(first);
      case 'map':
        return types.mapOf(first, inner[1] ?? types.dyn);
      case 'optional':
        return types.optionalOf(first);
      case 'type':
        return types.typeOf(first);
      default:
        throw new Error(`no type ${text}`);
    }
  }
  if (/^[A-Z]$/.test(text)) return types.param(text);
  if (text === 'timestamp') return types.timestamp;
  if (text === 'duration') return types.duration;
  if (text === 'null') return types.nullType;
  const plain = types.namedTypes.get(text);
  return plain ?? opaqueType(text);
}

/** Whether a value can stand for a parameter when the call happens. */
export function accepts(type: CelType, value: CelValue): boolean {
  switch (type.kind) {
    case 'dyn':
    case 'param':
    case 'error':
      return true;
    case 'null':
      return value === null;
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'bigint';
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'uint':
      return value instanceof Uint;
    case 'bytes':
      return value instanceof Bytes;
    case 'timestamp':
      return value instanceof Timestamp;
    case 'duration':
      return value instanceof Duration;
    case 'list':
      return value instanceof CelList && (value.items.length === 0 || accepts(type.item, value.items[0] as CelValue));
    case 'map':
      return isMap(value);
    case 'optional':
      return value instanceof Optional;
    case 'type':
      return value instanceof TypeValue;
    case 'opaque':
      return isOpaque(value) && value.opaqueType.kind === 'opaque' && value.opaqueType.name === type.name;
    case 'object':
      return isMap(value);
  }
}

/** The functions of an environment, by name; found by what a call is given. */
export class FunctionTable {
  private readonly byName = new Map<string, Overload[]>();

  constructor(libraries: readonly Library[]) {
    for (const library of libraries)
      for (const overload of library) {
        const list = this.byName.get(overload.name);
        if (list === undefined) this.byName.set(overload.name, [overload]);
        else list.push(overload);
      }
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  overloads(name: string): readonly Overload[] {
    return this.byName.get(name) ?? [];
  }

  /** The one that takes these values. */
  find(name: string, isMember: boolean, args: readonly CelValue[]): Overload | undefined {
    return this.byName.get(name)?.find((each) => each.isMember === isMember && each.params.length === args.length && each.params.every((param, index) => accepts(param, args[index] as CelValue)));
  }
}
