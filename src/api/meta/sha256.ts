// SHA-256 (FIPS 180-4), and the ending that kubectl and kustomize put on the names of generated ConfigMaps and Secrets.
import { encodeUtf8 } from './base64.ts';

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
const constants = new Uint32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);
const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

/** Lower-case hexadecimal digits of the digest of the text's UTF-8 bytes. */
export const sha256Hex = (text: string): string => sha256HexOf(encodeUtf8(text));

/** The same of bytes. */
export function sha256HexOf(content: readonly number[]): string {
  const padded = new Uint8Array(((content.length + 8) >>> 6) * 64 + 64);
  padded.set(content);
  padded[content.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(content.length / 0x20000000));
  view.setUint32(padded.length - 4, (content.length << 3) >>> 0);
  const state = new Uint32Array([0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19]);
  const words = new Uint32Array(64);
  for (let at = 0; at < padded.length; at += 64) {
    for (let i = 0; i < 16; i++) words[i] = view.getUint32(at + 4 * i);
    for (let i = 16; i < 64; i++) {
      const before = words[i - 15] as number;
      const last = words[i - 2] as number;
      words[i] = (words[i - 16] as number) + (rotate(before, 7) ^ rotate(before, 18) ^ (before >>> 3)) + (words[i - 7] as number) + (rotate(last, 17) ^ rotate(last, 19) ^ (last >>> 10));
    }
    let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
    for (let i = 0; i < 64; i++) {
      const one = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + (constants[i] as number) + (words[i] as number)) | 0;
      const two = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => {
      state[i] = (state[i] as number) + value;
    });
  }
  return [...state].map((word) => word.toString(16).padStart(8, '0')).join('');
}

/** Digits that could spell words or be misread are written as other letters. */
const letters: Readonly<Record<string, string>> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' };

/** kubectl's pkg/util/hash: ten letters of the digest of a ConfigMap's or Secret's kind, name and data. */
export function generatedNameHash(object: { readonly kind: string; readonly metadata: { readonly name: string }; readonly type?: string; readonly data?: unknown }): string {
  const data = object.data === undefined ? null : Object.fromEntries(Object.entries(object.data as Readonly<Record<string, unknown>>).sort(([a], [b]) => (a < b ? -1 : 1)));
  const text = JSON.stringify({ data, kind: object.kind, name: object.metadata.name, ...(object.kind === 'Secret' ? { type: object.type ?? '' } : {}) }).replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return [...sha256Hex(text).slice(0, 10)].map((c) => letters[c] ?? c).join('');
}
