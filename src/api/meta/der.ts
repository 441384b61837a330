// Reads DER (X.690), as far as certificates and signing requests need it: definite lengths, tags below 31.

export interface DerValue {
  /** The identifier octet, e.g. 0x30 for a SEQUENCE. */
  readonly tag: number;
  readonly bytes: readonly number[];
}

export const derTag = { integer: 0x02, bitString: 0x03, octetString: 0x04, oid: 0x06, utf8: 0x0c, sequence: 0x30, set: 0x31 } as const;

/** The values that follow each other in `bytes`; undefined when they are no DER. */
export function readDer(bytes: readonly number[]): readonly DerValue[] | undefined {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] as number;
    let length = bytes[at + 1];
    if (length === undefined || (tag & 31) === 31) return undefined;
    at += 2;
    if (length >= 0x80) {
      const octets = length & 0x7f;
      if (octets === 0 || octets > 4) return undefined;
      length = 0;
      for (let i = 0; i < octets; i++) length = length * 256 + (bytes[at + i] ?? 0);
      at += octets;
    }
    if (at + length > bytes.length) return undefined;
    values.push({ tag, bytes: bytes.slice(at, at + length) });
    at += length;
  }
  return values;
}

/** The parts of a constructed value; [] for anything else. */
export const derParts = (value: DerValue | undefined): readonly DerValue[] => (value === undefined ? [] : (readDer(value.bytes) ?? []));

/** `2.5.4.3` */
export function derOid({ bytes }: DerValue): string {
  const numbers: number[] = [];
  let value = 0;
  bytes.forEach((byte, index) => {
    value = value * 128 + (byte & 0x7f);
    if (byte >= 0x80) return;
    if (numbers.length === 0 && index === 0) numbers.push(Math.min(2, Math.floor(value / 40)), value - 40 * Math.min(2, Math.floor(value / 40)));
    else numbers.push(value);
    value = 0;
  });
  return numbers.join('.');
}
