// From a protobuf message to the value that its JSON gives: numbers from the tables, everything else from the structure of API objects.
import { definitionOf, type Definition, type Shape } from '../../../api/meta/structure.ts';
import { fieldsOfMessage } from './message-fields.ts';
import { bytesOf, expectBytes, expectDouble, expectWhole, fieldsIn, packedIn, wholeOf, type WireField } from './wire-fields.ts';

/** Messages in messages (schemas in schemas) that are read. */
const mostDepth = 500;
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const noBytes = new Uint8Array();

/** Throws, in Go's words where it has some, at what is no such message. `readObject` reads what is a whole protobuf body again. */
export class MessageReader {
  private depth = 0;
  private readonly readObject: (bytes: Uint8Array) => unknown;
  constructor(readObject: (bytes: Uint8Array) => unknown) {
    this.readObject = readObject;
  }

  /** `definition`: whose fields they are, when the message is embedded in another. */
  struct(message: string, bytes: Uint8Array, definition: Definition = definitionOf(message)): Record<string, unknown> {
    const fields = fieldsOfMessage(message);
    if (fields === undefined) throw new Error(`no message ${message}`);
    const value: Record<string, unknown> = {};
    if (++this.depth > mostDepth) throw new Error('exceeded max depth');
    // Keys are anybody's (`__proto__`), so they are not assigned.
    const maps = new Map<string, [key: string, value: unknown][]>();
    for (const wire of fieldsIn(bytes)) {
      const field = fields.get(wire.number);
      if (field === undefined) continue;
      const { name } = field;
      if (field.embedded) {
        Object.assign(value, this.struct(name, expectBytes(wire, name), definition));
        continue;
      }
      const shape = definition.fields.get(name)?.shape;
      if (shape === undefined) continue;
      if (shape.kind === 'list') ((value[name] ??= []) as unknown[]).push(...this.items(shape.items, wire, name));
      else if (shape.kind === 'map') {
        const entries = maps.get(name) ?? [];
        maps.set(name, entries);
        entries.push(this.entry(shape.values, expectBytes(wire, name), name, `${definition.name}.${name}`));
      } else {
        const read = this.special(`${definition.name}.${name}`, wire, name) ?? this.value(shape, wire, name);
        if (read !== null) value[name] = read;
      }
    }
    for (const [name, entries] of maps) value[name] = Object.fromEntries(entries);
    this.depth--;
    return value;
  }

  private items(shape: Shape, wire: WireField, name: string): readonly unknown[] {
    const isWhole = shape.kind === 'int32' || shape.kind === 'int64' || shape.kind === 'boolean';
    if (!isWhole || wire.type !== 2) return [this.value(shape, wire, name)];
    return [...packedIn(wire.value as Uint8Array)].map((value) => this.value(shape, { number: wire.number, type: 0, value }, name));
  }

  private entry(shape: Shape, bytes: Uint8Array, name: string, place: string): [key: string, value: unknown] {
    let key = '';
    let content: WireField | undefined;
    for (const wire of fieldsIn(bytes)) {
      if (wire.number === 1) key = utf8.decode(expectBytes(wire, name));
      else if (wire.number === 2) content = wire;
    }
    content ??= { number: 2, type: 2, value: noBytes };
    return [key, this.special(place, content, name) ?? this.value(shape, content, name)];
  }

  /** null for what is not set: a time of no bytes, JSON of none. */
  private value(shape: Shape, wire: WireField, name: string): unknown {
    switch (shape.kind) {
      case 'string':
        return utf8.decode(expectBytes(wire, name));
      case 'boolean':
        return Number(expectWhole(wire, name)) !== 0;
      case 'int32':
        return Number(BigInt.asIntN(32, BigInt(expectWhole(wire, name))));
      case 'int64':
        return Number(expectWhole(wire, name));
      case 'double':
        return expectDouble(wire, name);
    }
    const bytes = expectBytes(wire, name);
    switch (shape.kind) {
      case 'struct':
        return this.struct(shape.definition, bytes);
      case 'list':
        // A list in a list or map is a message that has it as its first field.
        return [...fieldsIn(bytes)].filter(({ number }) => number === 1).map((item) => this.value(shape.items, item, name));
      case 'bytes':
        return Buffer.from(bytes).toString('base64');
      case 'time':
      case 'micro-time':
        return readTime(bytes, shape.kind);
      case 'quantity':
        return utf8.decode(bytesOf(bytes, 1) ?? noBytes) || '0';
      case 'int-or-string':
        return Number(wholeOf(bytes, 1)) === 1 ? utf8.decode(bytesOf(bytes, 3) ?? noBytes) : Number(BigInt.asIntN(32, BigInt(wholeOf(bytes, 2))));
      case 'map':
        throw new Error(`proto: map in a list or map for field ${name}`);
      default:
        return this.raw(bytesOf(bytes, 1) ?? noBytes);
    }
  }

  /** JSON as it is, or a whole object as it would be sent. */
  private raw(bytes: Uint8Array): unknown {
    if (bytes.length === 0) return null;
    return this.readObject(bytes) ?? (JSON.parse(utf8.decode(bytes)) as unknown);
  }

  /** Fields that the structure calls any JSON and that have messages of their own; undefined for all others. */
  private special(place: string, wire: WireField, name: string): unknown {
    switch (place) {
      case 'apiextensions.v1.CustomResourceSubresources.status':
        return {};
      case 'apiextensions.v1.JSONSchemaProps.additionalProperties':
      case 'apiextensions.v1.JSONSchemaProps.additionalItems': {
        const bytes = expectBytes(wire, name);
        return this.schema(bytesOf(bytes, 2)) ?? Number(wholeOf(bytes, 1)) !== 0;
      }
      case 'apiextensions.v1.JSONSchemaProps.items': {
        const bytes = expectBytes(wire, name);
        const list = [...fieldsIn(bytes)].filter(({ number }) => number === 2);
        return list.length > 0 ? list.map((each) => this.schema(expectBytes(each, name))) : this.schema(bytesOf(bytes, 1));
      }
      case 'apiextensions.v1.JSONSchemaProps.dependencies': {
        const bytes = expectBytes(wire, name);
        const names = [...fieldsIn(bytes)].filter(({ number }) => number === 2);
        return names.length > 0 ? names.map((each) => utf8.decode(expectBytes(each, name))) : this.schema(bytesOf(bytes, 1));
      }
      default:
        return undefined;
    }
  }

  private schema(bytes: Uint8Array | undefined): unknown {
    return bytes === undefined ? undefined : this.struct('apiextensions.v1.JSONSchemaProps', bytes);
  }
}

/** Seconds and nanoseconds since 1970; Go's zero time is no bytes at all. */
function readTime(bytes: Uint8Array, kind: 'time' | 'micro-time'): string | null {
  if (bytes.length === 0) return null;
  const date = new Date(Number(wholeOf(bytes, 1)) * 1000);
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9999)) throw new Error('Time.MarshalJSON: year outside of range [0,9999]');
  const seconds = date.toISOString().slice(0, 19);
  return kind === 'time' ? `${seconds}Z` : `${seconds}.${String(Math.floor(Number(wholeOf(bytes, 2)) / 1000)).padStart(6, '0')}Z`;
}
