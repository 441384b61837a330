// The protobuf wire format: a message is a row of fields, each a number, how it is written, and a value. Errors are in the words of Go's generated readers.

/** A whole number, or bytes: a text, a message, a packed list, eight bytes of a double. */
export type WireValue = bigint | number | Uint8Array;

export interface WireField {
  readonly number: number;
  /** 0 a whole number, 1 eight bytes, 2 bytes with their length before them, 5 four bytes. */
  readonly type: number;
  readonly value: WireValue;
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
  /** A bigint where a number would not be exact. Negative ones are ten bytes of two's complement. */
  varint(): bigint | number {
    let value = 0;
    for (let i = 0; i < 7; i++) {
      const byte = this.next();
      value += (byte & 0x7f) * 2 ** (7 * i);
      if (byte < 0x80) return value;
    }
    let large = BigInt(value);
    for (let i = 7; i < 10; i++) {
      const byte = this.next();
      large |= BigInt(byte & 0x7f) << BigInt(7 * i);
      if (byte < 0x80) return BigInt.asIntN(64, large);
    }
    throw new Error('proto: integer overflow');
  }
  take(length: number): Uint8Array {
    if (length < 0) throw new Error('proto: negative length found during unmarshaling');
    if (this.at + length > this.bytes.length) throw new Error('unexpected EOF');
    const part = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return part;
  }
  private next(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error('unexpected EOF');
    return byte;
  }
}

/** Throws at what is no message. */
export function* fieldsIn(bytes: Uint8Array): Generator<WireField, void> {
  const reader = new Reader(bytes);
  while (!reader.done) {
    const tag = Number(reader.varint());
    const type = tag % 8;
    const number = Math.floor(tag / 8);
    if (type === 4) throw new Error('proto: wiretype end group for non-group');
    if (number <= 0) throw new Error(`proto: illegal tag ${number} (wire type ${type})`);
    if (type === 0) yield { number, type, value: reader.varint() };
    else if (type === 1) yield { number, type, value: reader.take(8) };
    else if (type === 2) yield { number, type, value: reader.take(Number(reader.varint())) };
    else if (type === 5) yield { number, type, value: reader.take(4) };
    else throw new Error(`proto: illegal wireType ${type}`);
  }
}

/** Whole numbers one after the other, as lists of them may be written. */
export function* packedIn(bytes: Uint8Array): Generator<bigint | number, void> {
  const reader = new Reader(bytes);
  while (!reader.done) yield reader.varint();
}

/** The bytes of the last field of that number, as Go would have it; undefined when there is none. */
export function bytesOf(message: Uint8Array, number: number): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  for (const field of fieldsIn(message)) if (field.number === number) found = expectBytes(field, String(number));
  return found;
}

export function wholeOf(message: Uint8Array, number: number): bigint | number {
  let found: bigint | number = 0;
  for (const field of fieldsIn(message)) if (field.number === number) found = expectWhole(field, String(number));
  return found;
}

export function expectBytes({ type, value }: WireField, name: string): Uint8Array {
  if (type !== 2) throw wrongType(type, name);
  return value as Uint8Array;
}

export function expectWhole({ type, value }: WireField, name: string): bigint | number {
  if (type !== 0) throw wrongType(type, name);
  return value as bigint | number;
}

export function expectDouble({ type, value }: WireField, name: string): number {
  if (type !== 1) throw wrongType(type, name);
  const bytes = value as Uint8Array;
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, true);
}

const wrongType = (type: number, name: string): Error => new Error(`proto: wrong wireType = ${type} for field ${name.charAt(0).toUpperCase()}${name.slice(1)}`);
