// What a value weighs, and its checksum, in one walk. Values are never changed, so each object is walked once in its life, however many members keep it.

export interface Weight {
  /** About what its JSON would take. */
  readonly bytes: number;
  /** CRC-32C over its structure. */
  readonly crc: number;
}

const table = new Uint32Array(256);
for (let i = 0; i < 256; i++) {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  table[i] = value;
}

function mixByte(crc: number, byte: number): number {
  return (table[(crc ^ byte) & 255] as number) ^ (crc >>> 8);
}

/** Continues a checksum over a whole number. */
export function mixNumber(crc: number, value: number): number {
  let sum = mixByte(crc, value < 0 ? 45 : 43);
  let rest = value >= 0 ? value : -value;
  // Bits can be shifted up to 32 of them; what is longer is divided.
  for (; rest > 0xffffffff; rest = Math.floor(rest / 256)) sum = mixByte(sum, rest % 256);
  let low = rest >>> 0;
  do {
    sum = mixByte(sum, low & 255);
    low >>>= 8;
  } while (low > 0);
  return sum;
}

/** Continues a checksum over a text. */
export function mixText(crc: number, text: string): number {
  let sum = crc;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    sum = (table[(sum ^ code) & 255] as number) ^ (sum >>> 8);
    if (code > 255) sum = mixByte(sum, code >>> 8);
  }
  return sum;
}

/**
 * Fields that are weighed by themselves wherever they occur: a stored value, so that no request, log or store walks it again; and those parts of an
 * object that most of its revisions share. A request's body is weighed for the quota, as a proposal and in the log.
 */
const apart: ReadonlySet<string> = new Set(['value', 'spec', 'fieldsV1', 'body']);
/** Lists whose items are: what one snapshot of a store shares with the next. */
const apartItems: ReadonlySet<string> = new Set(['versions', 'history']);

const known = new WeakMap<object, Weight>();
let bytes = 0;

export function weigh(value: unknown): Weight {
  const outer = bytes;
  if (typeof value !== 'object' || value === null) {
    bytes = 0;
    const weight = { crc: walk(0, value) >>> 0, bytes };
    bytes = outer;
    return weight;
  }
  const before = known.get(value);
  if (before !== undefined) return before;
  bytes = 0;
  const crc = walkObject(0, value);
  const weight = { bytes, crc: crc >>> 0 };
  bytes = outer;
  known.set(value, weight);
  return weight;
}

function walk(crc: number, value: unknown): number {
  switch (typeof value) {
    case 'string':
      bytes += value.length + 2;
      return mixText(mixByte(crc, 1), value);
    case 'number':
      bytes += value < 10 && value >= 0 ? 1 : 6;
      return Number.isInteger(value) ? mixNumber(mixByte(crc, 2), value) : mixText(mixByte(crc, 3), String(value));
    case 'boolean':
      bytes += 4;
      return mixByte(crc, value ? 4 : 5);
    case 'object':
      if (value === null) {
        bytes += 4;
        return mixByte(crc, 6);
      }
      return walkObject(crc, value);
    default:
      return mixByte(crc, 7);
  }
}

function mixWeight(crc: number, weight: Weight): number {
  bytes += weight.bytes;
  return mixNumber(crc, weight.crc);
}

function walkObject(crc: number, value: object): number {
  bytes += 2;
  if (Array.isArray(value)) {
    let sum = mixByte(crc, 8);
    for (const item of value) {
      bytes++;
      sum = walk(sum, item);
    }
    return mixByte(sum, 9);
  }
  let sum = mixByte(crc, 10);
  const object = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(object)) {
    const item = object[key];
    if (item === undefined) continue;
    bytes += key.length + 4;
    sum = mixText(sum, key);
    if (typeof item !== 'object' || item === null) sum = walk(sum, item);
    else if (apart.has(key)) sum = mixWeight(sum, weigh(item));
    else if (apartItems.has(key) && Array.isArray(item)) {
      bytes += 2 + item.length;
      for (const each of item) sum = mixWeight(sum, weigh(each));
    } else sum = walkObject(sum, item);
  }
  return mixByte(sum, 11);
}
