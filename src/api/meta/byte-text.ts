// Bytes as text and back without loss: what is UTF-8 reads as itself, every other byte as a lone surrogate U+DC80..U+DCFF (as Python's
// `surrogateescape` does). So pipes and files can stay text and still carry an archive.

/** The length of the whole UTF-8 sequence that begins at `at`; 0 when there is none; -1 when the bytes end within it. */
function sequenceAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  const length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i];
    if (next === undefined) return -1;
    const least = i > 1 ? 0x80 : first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
    const most = i > 1 ? 0xbf : first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
    if (next < least || next > most) return 0;
  }
  return length;
}

/** Text that comes in pieces: a character that was cut in two waits for its rest. */
export class ByteTextDecoder {
  private held: Uint8Array = new Uint8Array();

  /** `last`: nothing follows, so an unfinished character is what it is. */
  decode(piece: Uint8Array, last = false): string {
    let bytes = piece;
    if (this.held.length > 0) {
      bytes = new Uint8Array(this.held.length + piece.length);
      bytes.set(this.held);
      bytes.set(piece, this.held.length);
      this.held = new Uint8Array();
    }
    const parts: string[] = [];
    let units: number[] = [];
    for (let at = 0; at < bytes.length; ) {
      const length = sequenceAt(bytes, at);
      if (length < 0 && !last) {
        this.held = bytes.slice(at);
        break;
      }
      at += push(units, bytes, at, length);
      if (units.length < 4096) continue;
      parts.push(String.fromCharCode(...units));
      units = [];
    }
    return parts.join('') + String.fromCharCode(...units);
  }
}

function push(units: number[], bytes: Uint8Array, at: number, length: number): number {
  const byte = (i: number): number => bytes[at + i] as number;
  if (length < 1) {
    units.push(0xdc00 | byte(0));
    return 1;
  }
  if (length === 1) units.push(byte(0));
  else if (length === 2) units.push(((byte(0) & 0x1f) << 6) | (byte(1) & 0x3f));
  else if (length === 3) units.push(((byte(0) & 0x0f) << 12) | ((byte(1) & 0x3f) << 6) | (byte(2) & 0x3f));
  else {
    const code = (((byte(0) & 0x07) << 18) | ((byte(1) & 0x3f) << 12) | ((byte(2) & 0x3f) << 6) | (byte(3) & 0x3f)) - 0x10000;
    units.push(0xd800 | (code >> 10), 0xdc00 | (code & 0x3ff));
  }
  return length;
}

export function textOfBytes(bytes: Uint8Array): string {
  return new ByteTextDecoder().decode(bytes, true);
}

/** How many bytes the character at `at` stands for, and how many units of the string it takes. */
function measure(text: string, at: number): { readonly bytes: number; readonly units: number } {
  const unit = text.charCodeAt(at);
  if (unit < 0x80) return { bytes: 1, units: 1 };
  if (unit < 0x800) return { bytes: 2, units: 1 };
  if (unit >= 0xd800 && unit < 0xdc00) {
    const next = text.charCodeAt(at + 1);
    if (next >= 0xdc00 && next < 0xe000) return { bytes: 4, units: 2 };
  }
  return { bytes: unit >= 0xdc80 && unit <= 0xdcff ? 1 : 3, units: 1 };
}

export function byteLengthOf(text: string): number {
  let length = 0;
  for (let at = 0; at < text.length; ) {
    const { bytes, units } = measure(text, at);
    length += bytes;
    at += units;
  }
  return length;
}

/** The index in the string after `count` bytes from index `from`; undefined when there are fewer. */
export function indexAfterBytes(text: string, from: number, count: number): number | undefined {
  let left = count;
  let at = from;
  while (left > 0) {
    if (at >= text.length) return undefined;
    const { bytes, units } = measure(text, at);
    left -= bytes;
    at += units;
  }
  return at;
}

export function bytesOfText(text: string): Uint8Array {
  const bytes = new Uint8Array(byteLengthOf(text));
  let to = 0;
  for (let at = 0; at < text.length; ) {
    const size = measure(text, at);
    const unit = text.charCodeAt(at);
    const code = size.units === 2 ? 0x10000 + ((unit & 0x3ff) << 10) + (text.charCodeAt(at + 1) & 0x3ff) : unit;
    if (size.bytes === 1) bytes[to] = unit & 0xff;
    else {
      bytes[to] = size.bytes === 2 ? 0xc0 | (code >> 6) : size.bytes === 3 ? 0xe0 | (code >> 12) : 0xf0 | (code >> 18);
      for (let i = 1; i < size.bytes; i++) bytes[to + i] = 0x80 | ((code >> (6 * (size.bytes - 1 - i))) & 0x3f);
    }
    to += size.bytes;
    at += size.units;
  }
  return bytes;
}
