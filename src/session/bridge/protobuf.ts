// Reads the API's protobuf bodies, as kubectl's typed commands send them, into the same values that JSON gives. Answers are always JSON:
// every client that offers protobuf takes JSON, too.
import { findDefinition } from '../../api/meta/structure.ts';
import { protobufFields } from './protobuf-fields.ts';

interface Field {
  readonly name: string;
  readonly type: string;
  readonly repeated: boolean;
  readonly map: boolean;
  /** An embedded struct: in JSON its fields stand beside the others. */
  readonly inline: boolean;
}
type Message = ReadonlyMap<number, Field>;

let texts: Map<string, string> | undefined;
const messages = new Map<string, Message>();

function messageOf(name: string): Message | undefined {
  const known = messages.get(name);
  if (known !== undefined) return known;
  texts ??= new Map(protobufFields.trim().split('\n').map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]));
  const text = texts.get(name);
  if (text === undefined) return undefined;
  const home = name.slice(0, name.lastIndexOf('.'));
  const definition = findDefinition(name);
  const fields = new Map<number, Field>();
  for (const part of text.split(' ')) {
    const match = /^(\d+)(\w+):([*%]?)(.+)$/.exec(part);
    if (match === null) continue;
    const [, number, field = '', label, type = ''] = match;
    const full = type.startsWith('.') ? home + type : type;
    const isMessage = full.length > 1;
    fields.set(Number(number), { name: field, type: full, repeated: label === '*', map: label === '%', inline: isMessage && label === '' && definition !== undefined && definition.fields.size > 0 && !definition.fields.has(field) });
  }
  messages.set(name, fields);
  return fields;
}

class Reader {
  private at = 0;
  private readonly bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  get done(): boolean {
    return this.at >= this.bytes.length;
  }
  /** A whole number; negative ones are ten bytes of two's complement. */
  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error('unexpected EOF');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new Error('integer overflow');
  }
  take(length: number): Uint8Array {
    if (length < 0 || this.at + length > this.bytes.length) throw new Error('unexpected EOF');
    const part = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return part;
  }
}

type Raw = bigint | Uint8Array;

function* fieldsIn(bytes: Uint8Array): Generator<readonly [number: number, value: Raw], void> {
  const reader = new Reader(bytes);
  while (!reader.done) {
    const tag = Number(reader.varint());
    const wire = tag & 7;
    if (wire === 0) yield [tag >>> 3, reader.varint()];
    else if (wire === 1) yield [tag >>> 3, reader.take(8)];
    else if (wire === 2) yield [tag >>> 3, reader.take(Number(reader.varint()))];
    else if (wire === 5) yield [tag >>> 3, reader.take(4)];
    else throw new Error(`wrong wireType ${wire}`);
  }
}

const utf8 = new TextDecoder();

function text(raw: Raw): string {
  return typeof raw === 'bigint' ? String(raw) : utf8.decode(raw);
}

function firstOf(raw: Raw, number: number): Raw | undefined {
  if (typeof raw === 'bigint') return undefined;
  for (const [at, value] of fieldsIn(raw)) if (at === number) return value;
  return undefined;
}

function readTime(raw: Raw, micro: boolean): string | null {
  if (typeof raw === 'bigint' || raw.length === 0) return null;
  const seconds = Number((firstOf(raw, 1) as bigint | undefined) ?? 0n);
  const nanos = Number((firstOf(raw, 2) as bigint | undefined) ?? 0n);
  const base = new Date(seconds * 1000).toISOString().slice(0, 19);
  return micro ? `${base}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${base}Z`;
}

function readScalar(type: string, raw: Raw): unknown {
  switch (type) {
    case 's':
      return text(raw);
    case 'b':
      return raw !== 0n;
    case 'i':
      return Number(raw as bigint);
    case 'd':
      return typeof raw === 'bigint' ? Number(raw) : new DataView(raw.buffer, raw.byteOffset, 8).getFloat64(0, true);
    case 'y':
      return Buffer.from(raw as Uint8Array).toString('base64');
    case 't':
      return readTime(raw, false);
    case 'T':
      return readTime(raw, true);
    case 'q':
      return text(firstOf(raw, 1) ?? new Uint8Array());
    case 'I':
      return (firstOf(raw, 1) ?? 0n) === 1n ? text(firstOf(raw, 3) ?? new Uint8Array()) : Number((firstOf(raw, 2) as bigint | undefined) ?? 0n);
    case 'r':
    case 'f': {
      const inner = firstOf(raw, 1);
      return inner === undefined || (inner as Uint8Array).length === 0 ? null : (JSON.parse(text(inner)) as unknown);
    }
    default:
      return readMessage(type, raw as Uint8Array);
  }
}

function readMessage(name: string, bytes: Uint8Array): unknown {
  const message = messageOf(name);
  const value: Record<string, unknown> = {};
  if (message === undefined) return value;
  for (const [number, raw] of fieldsIn(bytes)) {
    const field = message.get(number);
    if (field === undefined) continue;
    if (field.map) {
      const entry = readEntry(field.type, raw as Uint8Array);
      (value[field.name] ??= {}) as Record<string, unknown>;
      (value[field.name] as Record<string, unknown>)[entry.key] = entry.value;
    } else if (field.repeated) ((value[field.name] ??= []) as unknown[]).push(readScalar(field.type, raw));
    else if (field.inline) Object.assign(value, readScalar(field.type, raw));
    else value[field.name] = readScalar(field.type, raw);
  }
  // Named lists of strings are lists in JSON.
  if (message.size === 1 && message.get(1)?.name === 'items' && message.get(1)?.repeated === true && findDefinition(name) === undefined) return value['items'] ?? [];
  return value;
}

function readEntry(type: string, bytes: Uint8Array): { readonly key: string; readonly value: unknown } {
  let key = '';
  let value: unknown = type === 's' ? '' : null;
  for (const [number, raw] of fieldsIn(bytes)) {
    if (number === 1) key = text(raw);
    else if (number === 2) value = readScalar(type, raw);
  }
  return { key, value };
}

/** Times that are not set and structs of nothing but those leave no trace in JSON. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) if (inner !== null) copy[key] = withoutNulls(inner);
  return copy;
}

const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

/** The object of a request's body; undefined when it is not protobuf or of a kind that has none. */
export function readProtobuf(bytes: Uint8Array): unknown {
  if (bytes.length < 4 || Buffer.compare(Buffer.from(bytes.subarray(0, 4)), magic) !== 0) return undefined;
  try {
    let apiVersion = '';
    let kind = '';
    let raw = new Uint8Array();
    for (const [number, value] of fieldsIn(bytes.subarray(4))) {
      if (number === 1) {
        apiVersion = text(firstOf(value, 1) ?? new Uint8Array());
        kind = text(firstOf(value, 2) ?? new Uint8Array());
      } else if (number === 2) raw = new Uint8Array(value as Uint8Array);
    }
    const slash = apiVersion.indexOf('/');
    const group = slash < 0 ? 'core' : (apiVersion.slice(0, slash).split('.')[0] as string);
    const version = apiVersion.slice(slash + 1);
    const name = [`${group}.${version}.${kind}`, `meta.v1.${kind}`].find((each) => messageOf(each) !== undefined);
    if (name === undefined) return undefined;
    return { apiVersion, kind, ...(withoutNulls(readMessage(name, raw)) as object) };
  } catch {
    return undefined;
  }
}
