// Base64 (RFC 4648, with padding) and UTF-8, without the platform's: simulated code has neither atob nor TextEncoder.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const codes = new Map<string, number>([...alphabet].map((letter, index) => [letter, index]));

export function encodeUtf8(text: string): number[] {
  const bytes: number[] = [];
  for (const letter of text) {
    let code = letter.codePointAt(0) ?? 0;
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    else if (code < 0x10000) bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    else bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
  }
  return bytes;
}

/** Bytes that are no UTF-8 become U+FFFD, one each; or lone surrogates U+DC80 to U+DCFF from which `bytesOf` has them back, where nothing may be lost. */
export function decodeUtf8(bytes: readonly number[], lossless = false): string {
  let text = '';
  for (let i = 0; i < bytes.length; ) {
    const first = bytes[i] ?? 0;
    const length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
    let code = length === 1 ? first : length === 2 ? first & 31 : length === 3 ? first & 15 : first & 7;
    let good = length > 0 && i + length <= bytes.length;
    for (let k = 1; good && k < length; k++) {
      const next = bytes[i + k] ?? 0;
      good = (next & 0xc0) === 0x80;
      code = (code << 6) | (next & 63);
    }
    good = good && !(length === 3 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) && !(length === 4 && (code < 0x10000 || code > 0x10ffff));
    text += good ? String.fromCodePoint(code) : lossless ? String.fromCharCode(0xdc00 + first) : '\uFFFD';
    i += good ? length : 1;
  }
  return text;
}

/** The bytes of a text that was decoded without loss. */
export function bytesOf(text: string): number[] {
  const bytes: number[] = [];
  for (const letter of text) {
    const code = letter.charCodeAt(0);
    if (letter.length === 1 && code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encodeUtf8(letter));
  }
  return bytes;
}

/** The two letters of every twelve bits. */
const pairs: readonly string[] = Array.from({ length: 4096 }, (_, bits) => alphabet.charAt(bits >> 6) + alphabet.charAt(bits & 63));

export function encodeBase64Bytes(bytes: readonly number[]): string {
  let text = '';
  const whole = bytes.length - (bytes.length % 3);
  for (let i = 0; i < whole; i += 3) {
    const bits = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number);
    text += (pairs[bits >> 12] as string) + (pairs[bits & 4095] as string);
  }
  for (let i = whole; i < bytes.length; i += 3) {
    const a = bytes[i] ?? 0;
    const b = bytes[i + 1];
    const c = bytes[i + 2];
    text += alphabet.charAt(a >> 2) + alphabet.charAt(((a & 3) << 4) | ((b ?? 0) >> 4));
    text += b === undefined ? '=' : alphabet.charAt(((b & 15) << 2) | ((c ?? 0) >> 6));
    text += c === undefined ? '=' : alphabet.charAt(c & 63);
  }
  return text;
}

/** undefined when the text is not base64. Line breaks are skipped, as Go does. */
export function decodeBase64Bytes(text: string): number[] | undefined {
  const clean = text.replace(/[\r\n]/g, '');
  if (clean.length % 4 !== 0) return undefined;
  const bytes: number[] = [];
  for (let i = 0; i < clean.length; i += 4) {
    const last = i + 4 === clean.length;
    const third = clean.charAt(i + 2);
    const fourth = clean.charAt(i + 3);
    const a = codes.get(clean.charAt(i));
    const b = codes.get(clean.charAt(i + 1));
    const c = third === '=' && fourth === '=' && last ? undefined : codes.get(third);
    const d = fourth === '=' && last ? undefined : codes.get(fourth);
    if (a === undefined || b === undefined) return undefined;
    if (c === undefined && !(last && third === '=' && fourth === '=')) return undefined;
    if (d === undefined && !(last && fourth === '=')) return undefined;
    bytes.push((a << 2) | (b >> 4));
    if (c !== undefined) bytes.push(((b & 15) << 4) | (c >> 2));
    if (c !== undefined && d !== undefined) bytes.push(((c & 3) << 6) | d);
  }
  return bytes;
}

export function encodeBase64(text: string): string {
  return encodeBase64Bytes(encodeUtf8(text));
}

/** The text that was encoded; undefined when it is not base64. */
export function decodeBase64(text: string): string | undefined {
  const bytes = decodeBase64Bytes(text);
  return bytes === undefined ? undefined : decodeUtf8(bytes);
}

/** base64url without padding, as JSON web tokens carry it. */
export function encodeBase64Url(text: string): string {
  return encodeBase64(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

export function decodeBase64Url(text: string): string | undefined {
  const plain = text.replace(/-/g, '+').replace(/_/g, '/');
  return decodeBase64(plain + '='.repeat((4 - (plain.length % 4)) % 4));
}
