// FNV-1a 32 bit, rand.SafeEncodeString, and the hash a Deployment puts on its ReplicaSets and pods.
import { encodeUtf8 } from './base64.ts';
import { safeAlphabet } from './names.ts';

/** hash/fnv New32a over the text's UTF-8 bytes, as an unsigned number. */
export function fnv32a(text: string, seed = 0x811c9dc5): number {
  let hash = seed >>> 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x80) return fnv32aBytes(encodeUtf8(text.slice(i)), hash);
    hash = Math.imul(hash ^ code, 0x01000193);
  }
  return hash >>> 0;
}

function fnv32aBytes(bytes: readonly number[], seed: number): number {
  let hash = seed;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** rand.SafeEncodeString: maps every character into the alphabet without vowels, so that no word is made by chance. */
export function safeEncodeString(text: string): string {
  let encoded = '';
  for (let i = 0; i < text.length; i++) encoded += safeAlphabet.charAt(text.charCodeAt(i) % safeAlphabet.length);
  return encoded;
}

/** A text that is equal for equal JSON values, whatever their key order; undefined members are left out. */
export function canonicalText(value: unknown): string {
  if (value === null || typeof value !== 'object') return value === undefined ? 'null' : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  const record = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(record).filter((key) => record[key] !== undefined).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalText(record[key])}`).join(',')}}`;
}

/**
 * controller.ComputeHash: FNV-32a of the template (and the collision count, when there was a collision), safe-encoded: `5d9f8c6b7d`.
 * Go hashes its own dump of the struct, so the letters differ from a real cluster's; equality of templates is what they stand for.
 */
export function computePodTemplateHash(template: unknown, collisionCount?: number): string {
  let hash = fnv32a(canonicalText(template));
  if (collisionCount !== undefined) {
    const bytes: number[] = [];
    for (let i = 0; i < 8; i++) bytes.push(i < 4 ? (collisionCount >>> (8 * i)) & 255 : 0);
    hash = fnv32aBytes(bytes, hash);
  }
  return safeEncodeString(String(hash));
}
