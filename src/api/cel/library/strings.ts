// Texts, as CEL's strings extension and Kubernetes' regex library have them. Positions count characters (code points).
import { compileRegex, type Regex } from '../../regex/regex.ts';
import { declare, type Library } from '../function.ts';
import { formatType } from '../types.ts';
import { Bytes, CelError, CelList, Duration, isMap, Timestamp, TypeValue, typeOfValue, Uint, type CelValue } from '../values.ts';
import { formatDuration, formatTimestamp } from '../time.ts';
import { formatDouble, typeName } from './standard.ts';

const letters = (text: string): string[] => [...text];

function regexOf(pattern: string): Regex {
  const regex = compileRegex(pattern);
  if ('problem' in regex) throw new CelError(regex.problem);
  return regex;
}

function position(text: readonly string[], at: bigint): number {
  if (at < 0n || at > BigInt(text.length)) throw new CelError(`index out of range: ${at}`);
  return Number(at);
}

function indexOf(text: string, part: string, from = 0n): bigint {
  const all = letters(text);
  const wanted = letters(part);
  if (part === '') return BigInt(position(all, from));
  for (let i = position(all, from); i + wanted.length <= all.length; i++) if (wanted.every((letter, index) => all[i + index] === letter)) return BigInt(i);
  return -1n;
}

function lastIndexOf(text: string, part: string, from?: bigint): bigint {
  const all = letters(text);
  const wanted = letters(part);
  if (part === '') return from ?? BigInt(all.length);
  let i = from === undefined ? all.length - wanted.length : position(all, from);
  if (i + wanted.length > all.length) i = all.length - wanted.length;
  for (; i >= 0; i--) if (wanted.every((letter, index) => all[i + index] === letter)) return BigInt(i);
  return -1n;
}

function substring(text: string, from: bigint, to?: bigint): string {
  const all = letters(text);
  const start = position(all, from);
  const end = to === undefined ? all.length : position(all, to);
  if (end < start) throw new CelError(`invalid substring range. start: ${from}, end: ${to ?? ''}`);
  return all.slice(start, end).join('');
}

function replace(text: string, old: string, by: string, limit = -1n): string {
  const parts = old === '' ? ['', ...letters(text), ''] : text.split(old);
  const count = limit < 0n ? parts.length - 1 : Number(limit);
  return parts.reduce((sum, part, index) => (index === 0 ? part : sum + (index <= count ? by : old) + part), '');
}

function split(text: string, by: string, limit = -1n): CelList {
  if (limit === 0n) return new CelList([]);
  const parts = by === '' ? letters(text) : text.split(by);
  const count = limit < 0n ? parts.length : Number(limit);
  if (parts.length <= count) return new CelList(parts);
  return new CelList([...parts.slice(0, count - 1), parts.slice(count - 1).join(by)]);
}

const ascii = (text: string, change: (letter: string) => string): string => text.replace(/[A-Za-z]/g, change);
const white = /^[\s\u0085\u180e]+|[\s\u0085\u180e]+$/gu;

/** strings.format: `"%s has %d".format(["a", 2])`. */
function format(text: string, args: CelList): string {
  let next = 0;
  return text.replace(/%%|%(?:\.(\d+))?([a-zA-Z]?)/g, (whole, precision: string | undefined, verb: string) => {
    if (whole === '%%') return '%';
    const value = args.items[next];
    if (value === undefined) throw new CelError(`index ${next} out of range`);
    next++;
    return formatOne(value, verb, precision === undefined ? undefined : Number(precision));
  });
}

function formatOne(value: CelValue, verb: string, precision: number | undefined): string {
  const whole = typeof value === 'bigint' ? value : value instanceof Uint ? value.value : undefined;
  const wrong = (what: string): CelError => new CelError(`error during formatting: ${what} was given ${typeName(value)}`);
  switch (verb) {
    case 's':
      return plain(value);
    case 'd':
      if (whole === undefined && typeof value !== 'number') throw wrong('decimal clause can only be used on integers and doubles,');
      return whole === undefined ? formatDouble(value as number) : String(whole);
    case 'f':
      if (whole === undefined && typeof value !== 'number') throw wrong('fixed-point clause can only be used on doubles,');
      return Number(whole ?? value).toFixed(precision ?? 6);
    case 'e':
      if (whole === undefined && typeof value !== 'number') throw wrong('scientific clause can only be used on doubles,');
      return Number(whole ?? value).toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2');
    case 'b':
      if (typeof value === 'boolean') return value ? '1' : '0';
      if (whole === undefined) throw wrong('only integers and bools can be formatted as binary,');
      return whole.toString(2);
    case 'o':
      if (whole === undefined) throw wrong('octal clause can only be used on integers,');
      return whole.toString(8);
    case 'x':
    case 'X': {
      const hex = whole !== undefined ? whole.toString(16) : hexOf(value);
      if (hex === undefined) throw wrong('only integers, byte buffers, and strings can be formatted as hex,');
      return verb === 'x' ? hex : hex.toUpperCase();
    }
    default:
      throw new CelError(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

function hexOf(value: CelValue): string | undefined {
  const raw = value instanceof Bytes ? value.bytes : typeof value === 'string' ? letters(value).map((each) => each.codePointAt(0) ?? 0) : undefined;
  return raw?.map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function plain(value: CelValue): string {
  if (value === null) return 'null';
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return formatDouble(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
  }
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Bytes) return String.fromCharCode(...value.bytes);
  if (value instanceof Timestamp) return formatTimestamp(value.nanos);
  if (value instanceof Duration) return formatDuration(value.nanos);
  if (value instanceof TypeValue) return formatType(value.type);
  if (value instanceof CelList) return `[${value.items.map(plain).join(', ')}]`;
  if (isMap(value)) return `{${value.keys().map((key) => `${plain(key)}: ${plain(value.get(key) ?? null)}`).sort().join(', ')}}`;
  throw new CelError(`no formatting function for ${formatType(typeOfValue(value))}`);
}

const quoted = (text: string): string => `"${text.replace(/[\\"\u0007\b\f\n\r\t\v]/g, (each) => ({ '\\': '\\\\', '"': '\\"', '\u0007': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' })[each] ?? each)}"`;

/** Made when it is first needed. */
export const stringLibrary = (): Library => [
  declare('string.charAt(int): string', (text: string, at: bigint) => {
    const all = letters(text);
    return all[position(all, at)] ?? '';
  }),
  declare('string.indexOf(string): int', indexOf),
  declare('string.indexOf(string, int): int', indexOf),
  declare('string.lastIndexOf(string): int', lastIndexOf),
  declare('string.lastIndexOf(string, int): int', lastIndexOf),
  declare('string.substring(int): string', substring),
  declare('string.substring(int, int): string', substring),
  declare('string.replace(string, string): string', replace),
  declare('string.replace(string, string, int): string', replace),
  declare('string.split(string): list(string)', split),
  declare('string.split(string, int): list(string)', split),
  declare('list(string).join(): string', (list: CelList) => list.items.join('')),
  declare('list(string).join(string): string', (list: CelList, by: string) => list.items.join(by)),
  declare('string.lowerAscii(): string', (text: string) => ascii(text, (each) => each.toLowerCase())),
  declare('string.upperAscii(): string', (text: string) => ascii(text, (each) => each.toUpperCase())),
  declare('string.trim(): string', (text: string) => text.replace(white, '')),
  declare('string.reverse(): string', (text: string) => letters(text).reverse().join('')),
  declare('string.format(list(dyn)): string', format),
  declare('strings::quote(string): string', quoted),
  declare('string.find(string): string', (text: string, pattern: string) => regexOf(pattern).find(text)?.groups[0] ?? ''),
  declare('string.findAll(string): list(string)', (text: string, pattern: string) => new CelList(regexOf(pattern).findAll(text).map((each) => each.groups[0] ?? ''))),
  declare('string.findAll(string, int): list(string)', (text: string, pattern: string, limit: bigint) => new CelList(regexOf(pattern).findAll(text, limit < 0n ? undefined : Number(limit)).map((each) => each.groups[0] ?? ''))),
];
