// The functions and operators that every CEL environment has: arithmetic, conversions, texts, times, sizes, optionals.
import { decodeUtf8, encodeUtf8 } from '../../meta/base64.ts';
import { compileRegex } from '../../regex/regex.ts';
import { declare, type Library } from '../function.ts';
import { runtimeTypeName } from '../types.ts';
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp, timePart, type TimePart } from '../time.ts';
import { Bytes, CelError, CelList, Duration, equals, isMap, none, noSuchOverload, Optional, sameKeys, Timestamp, TypeValue, typeOfValue, Uint, type CelMap, type CelValue } from '../values.ts';

const maxInt = (1n << 63n) - 1n;
const minInt = -(1n << 63n);

function checked(value: bigint): bigint {
  if (value > maxInt || value < minInt) throw new CelError('integer overflow');
  return value;
}

function divisor(value: bigint, what: string): bigint {
  if (value === 0n) throw new CelError(what);
  return value;
}

const arithmetic = (): Library => [
  declare('_+_(int, int): int', (a: bigint, b: bigint) => checked(a + b)),
  declare('_-_(int, int): int', (a: bigint, b: bigint) => checked(a - b)),
  declare('_*_(int, int): int', (a: bigint, b: bigint) => checked(a * b)),
  declare('_/_(int, int): int', (a: bigint, b: bigint) => checked(a / divisor(b, 'division by zero'))),
  declare('_%_(int, int): int', (a: bigint, b: bigint) => a % divisor(b, 'modulus by zero')),
  declare('-_(int): int', (a: bigint) => checked(-a)),
  declare('_+_(uint, uint): uint', (a: Uint, b: Uint) => new Uint(a.value + b.value)),
  declare('_-_(uint, uint): uint', (a: Uint, b: Uint) => new Uint(a.value - b.value)),
  declare('_*_(uint, uint): uint', (a: Uint, b: Uint) => new Uint(a.value * b.value)),
  declare('_/_(uint, uint): uint', (a: Uint, b: Uint) => new Uint(a.value / divisor(b.value, 'division by zero'))),
  declare('_%_(uint, uint): uint', (a: Uint, b: Uint) => new Uint(a.value % divisor(b.value, 'modulus by zero'))),
  declare('_+_(double, double): double', (a: number, b: number) => a + b),
  declare('_-_(double, double): double', (a: number, b: number) => a - b),
  declare('_*_(double, double): double', (a: number, b: number) => a * b),
  declare('_/_(double, double): double', (a: number, b: number) => a / b),
  declare('-_(double): double', (a: number) => -a),
  declare('_+_(string, string): string', (a: string, b: string) => a + b),
  declare('_+_(bytes, bytes): bytes', (a: Bytes, b: Bytes) => new Bytes([...a.bytes, ...b.bytes])),
  declare('_+_(list(A), list(A)): list(A)', concatenate),
  declare('_+_(duration, duration): duration', (a: Duration, b: Duration) => new Duration(a.nanos + b.nanos)),
  declare('_-_(duration, duration): duration', (a: Duration, b: Duration) => new Duration(a.nanos - b.nanos)),
  declare('-_(duration): duration', (a: Duration) => new Duration(-a.nanos)),
  declare('_+_(timestamp, duration): timestamp', (a: Timestamp, b: Duration) => new Timestamp(a.nanos + b.nanos)),
  declare('_+_(duration, timestamp): timestamp', (a: Duration, b: Timestamp) => new Timestamp(a.nanos + b.nanos)),
  declare('_-_(timestamp, duration): timestamp', (a: Timestamp, b: Duration) => new Timestamp(a.nanos - b.nanos)),
  declare('_-_(timestamp, timestamp): duration', (a: Timestamp, b: Timestamp) => new Duration(a.nanos - b.nanos)),
  declare('!_(bool): bool', (a: boolean) => !a),
];

/** Sets and maps of a schema are merged as server-side apply would: items of the right side replace or follow. */
function concatenate(a: CelList, b: CelList): CelList {
  const { merge } = a;
  if (merge === undefined) return new CelList([...a.items, ...b.items]);
  const same = (x: CelValue, y: CelValue): boolean => (merge === 'set' ? equals(x, y) : sameKeys(x, y, merge.keys));
  const kept = a.items.map((item) => b.items.find((other) => same(item, other)) ?? item);
  return new CelList([...kept, ...b.items.filter((item) => !a.items.some((other) => same(item, other)))], merge);
}

const never = (): CelValue => {
  throw noSuchOverload();
};
/** Those that evaluation does by itself; declared for the checker. */
const builtIn = (): Library => [
  ...['_&&_(bool, bool): bool', '_||_(bool, bool): bool', '_?_:_(bool, A, A): A', '_==_(A, A): bool', '_!=_(A, A): bool', '@in(A, list(A)): bool', '@in(A, map(A, B)): bool'],
  ...['_[_](list(A), int): A', '_[_](map(A, B), A): B', '_[?_](list(A), int): optional(A)', '_[?_](map(A, B), A): optional(B)'],
  ...['_[_](optional(list(A)), int): optional(A)', '_[_](optional(map(A, B)), A): optional(B)', '_[?_](optional(list(A)), int): optional(A)', '_[?_](optional(map(A, B)), A): optional(B)'],
  ...['optional(A).or(optional(A)): optional(A)', 'optional(A).orValue(A): A'],
  ...['_<_', '_<=_', '_>_', '_>=_'].flatMap((name) => [
    ...['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration'].map((type) => `${name}(${type}, ${type}): bool`),
    ...[['int', 'uint'], ['int', 'double'], ['uint', 'int'], ['uint', 'double'], ['double', 'int'], ['double', 'uint']].map(([a, b]) => `${name}(${a}, ${b}): bool`),
  ]),
].map((signature) => declare(signature, never));

const size = (text: string): bigint => BigInt([...text].length);

const sizes = (): Library => [
  ...['size(string): int', 'string.size(): int'].map((signature) => declare(signature, size)),
  ...['size(bytes): int', 'bytes.size(): int'].map((signature) => declare(signature, (value: Bytes) => BigInt(value.bytes.length))),
  ...['size(list(A)): int', 'list(A).size(): int'].map((signature) => declare(signature, (value: CelList) => BigInt(value.items.length))),
  ...['size(map(A, B)): int', 'map(A, B).size(): int'].map((signature) => declare(signature, (value: CelMap) => BigInt(value.keys().length))),
];

function toInt(value: number): bigint {
  if (!(value > -9_223_372_036_854_775_808 && value < 9_223_372_036_854_775_808)) throw new CelError('integer overflow');
  return BigInt(Math.trunc(value));
}

function parseInteger(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw new CelError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = BigInt(text.replace(/^\+/, ''));
  if (value > maxInt || value < minInt) throw new CelError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`);
  return value;
}

function parseDouble(text: string): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?(inf|infinity|nan)$/i.test(text)) throw new CelError(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
  if (/nan/i.test(text)) return Number.NaN;
  if (/inf/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return Number(text);
}

/** As Go prints a float64 with %v's shortest form. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e21)) return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  return String(value);
}

const conversions = (): Library => [
  declare('dyn(A): dyn', (value: CelValue) => value),
  declare('type(A): type(A)', (value: CelValue) => new TypeValue(typeOfValue(value))),
  declare('int(int): int', (value: bigint) => value),
  declare('int(uint): int', (value: Uint) => checked(value.value)),
  declare('int(double): int', toInt),
  declare('int(string): int', parseInteger),
  declare('int(timestamp): int', (value: Timestamp) => floorDivide(value.nanos, 1_000_000_000n)),
  declare('int(duration): int', (value: Duration) => value.nanos / 1_000_000_000n),
  declare('uint(uint): uint', (value: Uint) => value),
  declare('uint(int): uint', (value: bigint) => new Uint(value)),
  declare('uint(double): uint', (value: number) => new Uint(toInt(value))),
  declare('uint(string): uint', (value: string) => {
    if (!/^\d+$/.test(value)) throw new CelError(`strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`);
    return new Uint(BigInt(value));
  }),
  declare('double(double): double', (value: number) => value),
  declare('double(int): double', (value: bigint) => Number(value)),
  declare('double(uint): double', (value: Uint) => Number(value.value)),
  declare('double(string): double', parseDouble),
  declare('bool(bool): bool', (value: boolean) => value),
  declare('bool(string): bool', (value: string) => {
    if (['1', 't', 'T', 'TRUE', 'true', 'True'].includes(value)) return true;
    if (['0', 'f', 'F', 'FALSE', 'false', 'False'].includes(value)) return false;
    throw new CelError(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
  }),
  declare('bytes(bytes): bytes', (value: Bytes) => value),
  declare('bytes(string): bytes', (value: string) => new Bytes(encodeUtf8(value))),
  declare('string(string): string', (value: string) => value),
  declare('string(bool): string', (value: boolean) => String(value)),
  declare('string(int): string', (value: bigint) => String(value)),
  declare('string(uint): string', (value: Uint) => String(value.value)),
  declare('string(double): string', formatDouble),
  declare('string(bytes): string', (value: Bytes) => {
    const text = decodeUtf8(value.bytes);
    if (text.includes('\ufffd')) throw new CelError('invalid UTF-8 in bytes, cannot convert to string');
    return text;
  }),
  declare('string(timestamp): string', (value: Timestamp) => formatTimestamp(value.nanos)),
  declare('string(duration): string', (value: Duration) => formatDuration(value.nanos)),
  declare('timestamp(timestamp): timestamp', (value: Timestamp) => value),
  declare('timestamp(string): timestamp', (value: string) => new Timestamp(parseTimestamp(value))),
  declare('timestamp(int): timestamp', (value: bigint) => new Timestamp(value * 1_000_000_000n)),
  declare('duration(duration): duration', (value: Duration) => value),
  declare('duration(string): duration', (value: string) => new Duration(parseDuration(value))),
  declare('duration(int): duration', (value: bigint) => new Duration(value)),
];

const floorDivide = (value: bigint, by: bigint): bigint => (value < 0n ? -((-value + by - 1n) / by) : value / by);

/** Texts are compared with a pattern in time proportional to both. */
function matches(text: string, pattern: string): boolean {
  const regex = compileRegex(pattern);
  if ('problem' in regex) throw new CelError(regex.problem);
  return regex.test(text);
}

const texts = (): Library => [
  declare('string.contains(string): bool', (text: string, part: string) => text.includes(part)),
  declare('string.startsWith(string): bool', (text: string, part: string) => text.startsWith(part)),
  declare('string.endsWith(string): bool', (text: string, part: string) => text.endsWith(part)),
  declare('string.matches(string): bool', matches),
  declare('matches(string, string): bool', matches),
];

const parts: readonly TimePart[] = ['getFullYear', 'getMonth', 'getDate', 'getDayOfMonth', 'getDayOfWeek', 'getDayOfYear', 'getHours', 'getMinutes', 'getSeconds', 'getMilliseconds'];
const times = (): Library => [
  ...parts.flatMap((part) => [
    declare(`timestamp.${part}(): int`, (value: Timestamp) => timePart(value.nanos, part, 'UTC')),
    declare(`timestamp.${part}(string): int`, (value: Timestamp, zone: string) => timePart(value.nanos, part, zone)),
  ]),
  declare('duration.getHours(): int', (value: Duration) => value.nanos / 3_600_000_000_000n),
  declare('duration.getMinutes(): int', (value: Duration) => value.nanos / 60_000_000_000n),
  declare('duration.getSeconds(): int', (value: Duration) => value.nanos / 1_000_000_000n),
  declare('duration.getMilliseconds(): int', (value: Duration) => (value.nanos / 1_000_000n) % 1000n),
];

const isZero = (value: CelValue): boolean => {
  if (value === null || value === false || value === '' || value === 0n || value === 0) return true;
  if (value instanceof Uint) return value.value === 0n;
  if (value instanceof CelList) return value.items.length === 0;
  if (value instanceof Duration || value instanceof Timestamp) return value.nanos === 0n;
  return typeof value === 'object' && isMap(value) && value.keys().length === 0;
};

const optionals = (): Library => [
  declare('optional::none(): optional(A)', () => none),
  declare('optional::of(A): optional(A)', (value: CelValue) => new Optional(value)),
  declare('optional::ofNonZeroValue(A): optional(A)', (value: CelValue) => (isZero(value) ? none : new Optional(value))),
  declare('optional(A).hasValue(): bool', (value: Optional) => value.value !== undefined),
  declare('optional(A).value(): A', (value: Optional) => {
    if (value.value === undefined) throw new CelError('optional.none() dereference');
    return value.value;
  }),
  declare('optional::unwrap(list(optional(A))): list(A)', (list: CelList) => new CelList(list.items.flatMap((each) => (each instanceof Optional && each.value !== undefined ? [each.value] : [])))),
  declare('list(optional(A)).unwrapOpt(): list(A)', (list: CelList) => new CelList(list.items.flatMap((each) => (each instanceof Optional && each.value !== undefined ? [each.value] : [])))),
];

/** Made when it is first needed. */
export const standardLibrary = (): Library => [arithmetic, builtIn, sizes, conversions, texts, times, optionals].flatMap((each) => each());
export const typeName = (value: CelValue): string => runtimeTypeName(typeOfValue(value));
