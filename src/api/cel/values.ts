// Values while an expression is evaluated. int is a bigint, double a number, so that 1 and 1.0 differ; lists and maps read their JSON when asked.
import type { Json } from '../meta/object.ts';
import * as types from './types.ts';
import type { CelType } from './types.ts';

export type CelValue = null | boolean | bigint | number | string | Uint | Bytes | Timestamp | Duration | CelList | CelMap | Optional | TypeValue | OpaqueValue;

/** What evaluation ends with when it has no value; `message` is cel-go's: `no such key: x`, `division by zero`. */
export class CelError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CelError';
  }
}

export const noSuchKey = (key: string): CelError => new CelError(`no such key: ${key}`);
export const noSuchOverload = (): CelError => new CelError('no such overload');

export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    if (value < 0n || value >= 1n << 64n) throw new CelError('unsigned integer overflow');
    this.value = value;
  }
}

export class Bytes {
  readonly bytes: readonly number[];
  constructor(bytes: readonly number[]) {
    this.bytes = bytes;
  }
}

/** Nanoseconds since 1970. */
export class Timestamp {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    if (nanos < -62_135_596_800n * 1_000_000_000n || nanos > 253_402_300_799_999_999_999n) throw new CelError('timestamp overflow');
    this.nanos = nanos;
  }
}

export class Duration {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    if (nanos >= 1n << 63n || nanos < -(1n << 63n)) throw new CelError('integer overflow');
    this.nanos = nanos;
  }
}

export class TypeValue {
  readonly type: CelType;
  constructor(type: CelType) {
    this.type = type;
  }
}

/** A value of a library's own: a quantity, an address, an authorizer. Compared by `equals`. */
export interface OpaqueValue {
  readonly opaqueType: CelType;
  /** Where it counts for the cost of a call; 1 when absent. */
  readonly size?: number;
  /** Of a format: how long the regular expression is that it stands for. */
  readonly patternSize?: number;
  equals(other: OpaqueValue): boolean;
}

export class Optional {
  readonly value: CelValue | undefined;
  constructor(value: CelValue | undefined) {
    this.value = value;
  }
}
export const none = new Optional(undefined);

export class CelList {
  readonly items: readonly CelValue[];
  /** Lists of a schema that are sets or maps are equal in any order, and `+` merges them. */
  readonly merge: 'set' | { readonly keys: readonly string[] } | undefined;
  constructor(items: readonly CelValue[], merge?: CelList['merge']) {
    this.items = items;
    this.merge = merge;
  }
}

/** Maps and objects. Keys are strings, ints, uints or bools. */
export interface CelMap {
  readonly isMap: true;
  /** Set for objects of a named type. */
  readonly objectType?: CelType;
  get(key: CelValue): CelValue | undefined;
  keys(): readonly CelValue[];
}

const keyText = (key: CelValue): string => {
  if (typeof key === 'string') return `s${key}`;
  if (typeof key === 'bigint') return `n${key}`;
  if (typeof key === 'number') return Number.isInteger(key) ? `n${BigInt(key)}` : `d${key}`;
  if (key instanceof Uint) return `n${key.value}`;
  if (typeof key === 'boolean') return `b${key}`;
  throw new CelError('unsupported key type');
};

/** A map that was built by the expression. */
export class BuiltMap implements CelMap {
  readonly isMap = true;
  readonly objectType?: CelType;
  private readonly entries = new Map<string, readonly [CelValue, CelValue]>();

  constructor(objectType?: CelType) {
    if (objectType !== undefined) this.objectType = objectType;
  }

  put(key: CelValue, value: CelValue): void {
    this.entries.set(keyText(key), [key, value]);
  }

  get(key: CelValue): CelValue | undefined {
    return this.entries.get(keyText(key))?.[1];
  }

  keys(): readonly CelValue[] {
    return [...this.entries.values()].map(([key]) => key);
  }
}

/** A JSON object without a schema: whole numbers are ints, as the API server decodes them. */
class JsonMap implements CelMap {
  readonly isMap = true;
  private readonly json: { readonly [key: string]: Json };
  private readonly known = new Map<string, CelValue>();

  constructor(json: { readonly [key: string]: Json }) {
    this.json = json;
  }

  get(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.json, key)) return undefined;
    let value = this.known.get(key);
    if (value === undefined) {
      const json = this.json[key];
      if (json === undefined) return undefined;
      value = fromJson(json);
      this.known.set(key, value);
    }
    return value;
  }

  keys(): readonly CelValue[] {
    return Object.keys(this.json).filter((key) => this.json[key] !== undefined);
  }
}

export function fromJson(json: Json | undefined): CelValue {
  switch (typeof json) {
    case 'undefined':
      return null;
    case 'number':
      return Number.isSafeInteger(json) ? BigInt(json) : json;
    case 'object':
      if (json === null) return null;
      if (Array.isArray(json)) return new CelList((json as readonly Json[]).map(fromJson));
      return new JsonMap(json as { readonly [key: string]: Json });
    default:
      return json;
  }
}

export const isMap = (value: CelValue): value is CelMap => typeof value === 'object' && value !== null && 'isMap' in value;
export const isOpaque = (value: CelValue): value is OpaqueValue => typeof value === 'object' && value !== null && 'opaqueType' in value;

/** The JSON of a value; problems (e.g. bytes keys) are errors. */
export function toJson(value: CelValue): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint) return Number(value.value);
  if (value instanceof CelList) return value.items.map(toJson);
  if (value instanceof Optional) return value.value === undefined ? null : toJson(value.value);
  if (isMap(value)) {
    const out: { [key: string]: Json } = {};
    for (const key of value.keys()) {
      const name = typeof key === 'string' ? key : String(toJson(key));
      Object.defineProperty(out, name, { value: toJson(value.get(key) as CelValue), enumerable: true, configurable: true, writable: true });
    }
    return out;
  }
  throw new CelError(`unsupported conversion of ${types.formatType(typeOfValue(value))} to JSON`);
}

export function typeOfValue(value: CelValue): CelType {
  switch (typeof value) {
    case 'boolean':
      return types.bool;
    case 'bigint':
      return types.int;
    case 'number':
      return types.double;
    case 'string':
      return types.string;
    default:
  }
  if (value === null) return types.nullType;
  if (value instanceof Uint) return types.uint;
  if (value instanceof Bytes) return types.bytes;
  if (value instanceof Timestamp) return types.timestamp;
  if (value instanceof Duration) return types.duration;
  if (value instanceof CelList) return types.listOf(types.dyn);
  if (value instanceof Optional) return types.optionalOf(types.dyn);
  if (value instanceof TypeValue) return types.typeOf(types.dyn);
  if (isOpaque(value)) return value.opaqueType;
  return value.objectType ?? types.mapOf(types.dyn, types.dyn);
}

const numeric = (value: CelValue): number | bigint | undefined => (typeof value === 'bigint' || typeof value === 'number' ? value : value instanceof Uint ? value.value : undefined);

/** `a == b`: of different types nothing is equal, except numbers. */
export function equals(a: CelValue, b: CelValue): boolean {
  if (a === b) return true;
  const left = numeric(a);
  if (left !== undefined) {
    const right = numeric(b);
    // Loosely on purpose: 1n == 1.0.
    return right !== undefined && left == right;
  }
  if (a === null || b === null || typeof a !== 'object' || typeof b !== 'object') return false;
  if (a instanceof CelList) return b instanceof CelList && equalLists(a, b);
  if (a instanceof Timestamp) return b instanceof Timestamp && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.nanos === b.nanos;
  if (a instanceof Bytes) return b instanceof Bytes && a.bytes.length === b.bytes.length && a.bytes.every((byte, index) => byte === b.bytes[index]);
  if (a instanceof TypeValue) return b instanceof TypeValue && types.runtimeTypeName(a.type) === types.runtimeTypeName(b.type);
  if (a instanceof Optional) return b instanceof Optional && (a.value === undefined || b.value === undefined ? a.value === b.value : equals(a.value, b.value));
  if (isOpaque(a)) return isOpaque(b) && types.sameType(a.opaqueType, b.opaqueType) && a.equals(b);
  if (!isMap(a) || !isMap(b)) return false;
  const keys = a.keys();
  if (keys.length !== b.keys().length) return false;
  return keys.every((key) => {
    const other = b.get(key);
    return other !== undefined && equals(a.get(key) as CelValue, other);
  });
}

function equalLists(a: CelList, b: CelList): boolean {
  if (a.items.length !== b.items.length) return false;
  const merge = a.merge ?? b.merge;
  if (merge === undefined) return a.items.every((item, index) => equals(item, b.items[index] as CelValue));
  if (merge === 'set') return a.items.every((item) => b.items.some((other) => equals(item, other)));
  return a.items.every((item) => b.items.some((other) => sameKeys(item, other, merge.keys) && equals(item, other)));
}

export function sameKeys(a: CelValue, b: CelValue, keys: readonly string[]): boolean {
  if (!isMap(a) || !isMap(b)) return false;
  return keys.every((key) => equals(a.get(key) ?? null, b.get(key) ?? null));
}

/** -1, 0, 1; undefined when the two cannot be ordered. */
export function compare(a: CelValue, b: CelValue): number | undefined {
  const left = numeric(a);
  const right = numeric(b);
  if (left !== undefined && right !== undefined) {
    if (left !== left || right !== right) return Number.NaN;
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b);
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  if (a instanceof Timestamp && b instanceof Timestamp) return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
  if (a instanceof Duration && b instanceof Duration) return a.nanos < b.nanos ? -1 : a.nanos > b.nanos ? 1 : 0;
  if (a instanceof Bytes && b instanceof Bytes) {
    for (let i = 0; i < Math.min(a.bytes.length, b.bytes.length); i++) {
      const difference = (a.bytes[i] as number) - (b.bytes[i] as number);
      if (difference !== 0) return difference < 0 ? -1 : 1;
    }
    return Math.sign(a.bytes.length - b.bytes.length);
  }
  return undefined;
}

/** By code points, as UTF-8 bytes would compare. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = ((left[i] as string).codePointAt(0) ?? 0) - ((right[i] as string).codePointAt(0) ?? 0);
    if (difference !== 0) return difference < 0 ? -1 : 1;
  }
  return left.length < right.length ? -1 : 1;
}
