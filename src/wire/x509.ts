// Certificates and keys that were made outside: a real client's PEM files in a Secret, its caBundle in a webhook's configuration. They become facts like
// the simulation's own; their signatures (RSA with PKCS #1 v1.5 or ECDSA on P-256, both over SHA-256) are really checked.
import { decodeBase64Bytes, decodeUtf8 } from '../api/meta/base64.ts';
import { derOid, derParts, derTag, readDer, type DerValue } from '../api/meta/der.ts';
import { sha256HexOf } from '../api/meta/sha256.ts';
import { fromCivil } from '../api/meta/time.ts';
import type { Certificate } from './tls.ts';

/** `rsa:<modulus>:<exponent>` or `p256:<point>`, in hexadecimal; a private key has its secret's digest behind it. */
export const isForeignKey = (key: string): boolean => key.startsWith('rsa:') || key.startsWith('p256:');
export const foreignPublicKey = (privateKey: string): string => privateKey.replace(/\/.*$/, '');

const hex = (bytes: readonly number[]): string => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
const number = (bytes: readonly number[]): bigint => BigInt(`0x${hex(bytes) || '0'}`);
const trimmed = (bytes: readonly number[]): readonly number[] => (bytes[0] === 0 ? bytes.slice(1) : bytes);

/** The DER of every PEM block whose label fits. */
function blocks(label: RegExp, text: string): readonly (readonly number[])[] {
  const found: (readonly number[])[] = [];
  for (const match of text.matchAll(/-----BEGIN ([A-Z ]+)-----([^-]*)-----END \1-----/g)) {
    const bytes = label.test(match[1] ?? '') ? decodeBase64Bytes((match[2] ?? '').replace(/\s+/g, '')) : undefined;
    if (bytes !== undefined && bytes[0] === derTag.sequence) found.push(bytes);
  }
  return found;
}

// ---------------------------------------------------------------- reading

export function readForeignCertificates(text: string): readonly Certificate[] {
  return blocks(/^CERTIFICATE$/, text).flatMap((bytes) => {
    const certificate = readCertificate(bytes);
    return certificate === undefined ? [] : [certificate];
  });
}

/** Of an `RSA PRIVATE KEY`, an `EC PRIVATE KEY` or either in PKCS #8. */
export function readForeignKey(text: string): string | undefined {
  for (const bytes of blocks(/PRIVATE KEY$/, text)) {
    const outer = derParts(readDer(bytes)?.[0]);
    const inner = outer[1]?.tag === derTag.sequence && outer[2]?.tag === derTag.octetString ? derParts(readDer(outer[2].bytes)?.[0]) : outer;
    const secret = sha256HexOf(bytes).slice(0, 16);
    if (inner.length >= 9) return `rsa:${hex(trimmed(inner[1]?.bytes ?? []))}:${hex(inner[2]?.bytes ?? [])}/${secret}`;
    const point = derParts(inner.find((part) => part.tag === 0xa1))[0];
    if (point !== undefined) return `p256:${hex(point.bytes.slice(1))}/${secret}`;
  }
  return undefined;
}

function readCertificate(bytes: readonly number[]): Certificate | undefined {
  const [content, , signature] = derParts(readDer(bytes)?.[0]);
  if (content === undefined || signature === undefined) return undefined;
  const parts = [...derParts(content)];
  if (parts[0]?.tag === 0xa0) parts.shift();
  const [serial, , issuer, validity, subject, key, ...rest] = parts;
  const publicKey = readPublicKey(key);
  const [notBefore, notAfter] = derParts(validity);
  if (serial === undefined || publicKey === undefined || notBefore === undefined || notAfter === undefined) return undefined;
  const named = readName(subject);
  const extensions = readExtensions(rest.find((part) => part.tag === 0xa3));
  return {
    serial: hex(serial.bytes),
    subject: { commonName: named.get('2.5.4.3')?.[0] ?? '', organizations: named.get('2.5.4.10') ?? [] },
    issuer: readName(issuer).get('2.5.4.3')?.[0] ?? '',
    signature: hex(signature.bytes.slice(1)),
    signedDigest: sha256HexOf(encodedFirst(bytes)),
    publicKey,
    notBeforeMs: readTime(notBefore),
    notAfterMs: readTime(notAfter),
    ...extensions,
  };
}

/** What is signed: the first value inside the outer sequence, with its own head. */
function encodedFirst(bytes: readonly number[]): readonly number[] {
  const head = (at: number): { readonly from: number; readonly length: number } => {
    const first = bytes[at + 1] ?? 0;
    if (first < 0x80) return { from: at + 2, length: first };
    let length = 0;
    for (let i = 0; i < (first & 0x7f); i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
    return { from: at + 2 + (first & 0x7f), length };
  };
  const start = head(0).from;
  const inner = head(start);
  return bytes.slice(start, inner.from + inner.length);
}

function readName(value: DerValue | undefined): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const set of derParts(value)) {
    for (const pair of derParts(set)) {
      const [type, text] = derParts(pair);
      if (type === undefined || text === undefined) continue;
      const id = derOid(type);
      found.set(id, [...(found.get(id) ?? []), decodeUtf8(text.bytes)]);
    }
  }
  return found;
}

function readPublicKey(value: DerValue | undefined): string | undefined {
  const [algorithm, bits] = derParts(value);
  const type = derParts(algorithm)[0];
  if (type === undefined || bits === undefined) return undefined;
  const content = bits.bytes.slice(1);
  if (derOid(type) === '1.2.840.10045.2.1') return `p256:${hex(content)}`;
  const [modulus, exponent] = derParts(readDer(content)?.[0]);
  return modulus === undefined || exponent === undefined ? undefined : `rsa:${hex(trimmed(modulus.bytes))}:${hex(exponent.bytes)}`;
}

/** UTCTime (two digits of the year) or GeneralizedTime. */
function readTime({ tag, bytes }: DerValue): number {
  const text = decodeUtf8(bytes);
  const whole = tag === 0x17 ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const [, year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = (/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(whole) ?? []).map(Number);
  return fromCivil(year, month, day, hour, minute, second);
}

function readExtensions(value: DerValue | undefined): Pick<Certificate, 'isCa' | 'usages' | 'dnsNames' | 'ipAddresses'> {
  const found = { isCa: false, usages: [] as Certificate['usages'][number][], dnsNames: [] as string[], ipAddresses: [] as string[] };
  for (const extension of derParts(derParts(value)[0])) {
    const parts = derParts(extension);
    const type = parts[0];
    const content = parts[parts.length - 1];
    if (type === undefined || content === undefined) continue;
    const inner = readDer(content.bytes)?.[0];
    switch (derOid(type)) {
      case '2.5.29.19':
        found.isCa = (derParts(inner)[0]?.bytes[0] ?? 0) !== 0 && derParts(inner)[0]?.tag === 0x01;
        break;
      case '2.5.29.37':
        for (const usage of derParts(inner)) {
          if (derOid(usage) === '1.3.6.1.5.5.7.3.1') found.usages.push('server auth');
          if (derOid(usage) === '1.3.6.1.5.5.7.3.2') found.usages.push('client auth');
        }
        break;
      case '2.5.29.17':
        for (const name of derParts(inner)) {
          if (name.tag === 0x82) found.dnsNames.push(decodeUtf8(name.bytes));
          if (name.tag === 0x87 && name.bytes.length === 4) found.ipAddresses.push(name.bytes.join('.'));
        }
    }
  }
  return found;
}

// ---------------------------------------------------------------- checking

/** The head that PKCS #1 puts before a SHA-256 digest. */
const digestHead = '3031300d060960864801650304020105000420';

export function verifyForeignSignature(digest: string, signature: string, publicKey: string): boolean {
  const [kind, first = '', exponent = ''] = publicKey.split(':');
  if (kind === 'rsa') {
    const modulus = BigInt(`0x${first}`);
    const padded = `0001${'ff'.repeat(Math.max(0, first.length / 2 - 3 - (digestHead.length + digest.length) / 2))}00${digestHead}${digest}`;
    return power(BigInt(`0x${signature || '0'}`), BigInt(`0x${exponent}`), modulus) === BigInt(`0x${padded}`);
  }
  return kind === 'p256' && verifyEcdsa(digest, signature, first);
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let factor = base % modulus;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) result = (result * factor) % modulus;
    factor = (factor * factor) % modulus;
  }
  return result;
}

/** P-256 (FIPS 186-4): the field, the order, and the base point. */
const field = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const base: Point = { x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n, y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n };

interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

const modulo = (value: bigint, by: bigint): bigint => ((value % by) + by) % by;
/** By Fermat: both moduli are primes. */
const inverse = (value: bigint, by: bigint): bigint => power(modulo(value, by), by - 2n, by);

/** undefined is the point at infinity. */
function add(a: Point | undefined, b: Point | undefined): Point | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.x === b.x && modulo(a.y + b.y, field) === 0n) return undefined;
  const slope = a.x === b.x ? (3n * a.x * a.x - 3n) * inverse(2n * a.y, field) : (b.y - a.y) * inverse(b.x - a.x, field);
  const x = modulo(slope * slope - a.x - b.x, field);
  return { x, y: modulo(slope * (a.x - x) - a.y, field) };
}

function times(factor: bigint, point: Point): Point | undefined {
  let sum: Point | undefined;
  let doubled: Point | undefined = point;
  for (let left = factor; left > 0n; left >>= 1n) {
    if ((left & 1n) === 1n) sum = add(sum, doubled);
    doubled = add(doubled, doubled);
  }
  return sum;
}

function verifyEcdsa(digest: string, signature: string, point: string): boolean {
  const bytes: number[] = [];
  for (let at = 0; at < signature.length; at += 2) bytes.push(parseInt(signature.slice(at, at + 2), 16));
  const [r, s] = derParts(readDer(bytes)?.[0]).map((part) => number(part.bytes));
  // 04 and both coordinates.
  if (r === undefined || s === undefined || point.length !== 130 || r <= 0n || s <= 0n || r >= order || s >= order) return false;
  const key: Point = { x: BigInt(`0x${point.slice(2, 66)}`), y: BigInt(`0x${point.slice(66)}`) };
  const w = inverse(s, order);
  const sum = add(times(modulo(BigInt(`0x${digest}`) * w, order), base), times(modulo(r * w, order), key));
  return sum !== undefined && modulo(sum.x, order) === r;
}
