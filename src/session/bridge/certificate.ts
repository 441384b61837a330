// The door's own authority and what it issues: real X.509, for real clients. Node can sign but not write it, so the few structures that are
// needed are written here (DER, RFC 5280).
import { createPrivateKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';

export interface Certified {
  readonly certificatePem: string;
  readonly keyPem: string;
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? Buffer.from([length]) : length < 0x100 ? Buffer.from([0x81, length]) : Buffer.from([0x82, length >> 8, length & 0xff]);
  return Buffer.concat([Buffer.from([tag]), size, content]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const set = (...parts: readonly Buffer[]): Buffer => der(0x31, ...parts);
const integer = (bytes: Buffer): Buffer => der(0x02, bytes);
const octets = (content: Buffer): Buffer => der(0x04, content);
const bits = (content: Buffer, unused = 0): Buffer => der(0x03, Buffer.from([unused]), content);
const yes = Buffer.from([0x01, 0x01, 0xff]);

function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
}

function distinguishedName(commonName: string, organizations: readonly string[] = []): Buffer {
  const part = (id: string, value: string): Buffer => set(sequence(objectId(id), der(0x0c, Buffer.from(value, 'utf8'))));
  return sequence(...organizations.map((each) => part('2.5.4.10', each)), part('2.5.4.3', commonName));
}

function time(at: Date): Buffer {
  return der(0x18, Buffer.from(at.toISOString().replace(/[-:T]|\.\d+/g, ''), 'ascii'));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(objectId(id), ...(critical ? [yes] : []), octets(value));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const words = (text: string): number[] => (text === '' ? [] : text.split(':').map((word) => parseInt(word, 16)));
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  const all = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

function alternativeName(name: string): Buffer {
  return isIP(name) === 0 ? der(0x82, Buffer.from(name, 'ascii')) : der(0x87, addressBytes(name));
}

const dayMs = 86_400_000;

const authorityYears = 10;
/** As kubeadm names its own, so that clients offer certificates which the cluster has signed, too. */
const authorityName = 'kubernetes';

export interface CertificateWish {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly usage: 'server auth' | 'client auth';
  /** Host names and addresses of a server. */
  readonly names?: readonly string[];
}

export function makeAuthority(): Certified {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extensions = [extension('2.5.29.19', true, sequence(yes)), extension('2.5.29.15', true, bits(Buffer.from([0x84]), 2))];
  const name = distinguishedName(authorityName);
  return signed(name, name, publicKey, privateKey, privateKey, extensions, authorityYears * 365 * dayMs);
}

/** A certificate for a new key, good for a year. */
export function issue(authority: Certified, wish: CertificateWish): Certified {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const usage = wish.usage === 'server auth' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2';
  const extensions = [extension('2.5.29.19', true, sequence()), extension('2.5.29.15', true, bits(Buffer.from([0x80]), 7)), extension('2.5.29.37', false, sequence(objectId(usage)))];
  if (wish.names !== undefined && wish.names.length > 0) extensions.push(extension('2.5.29.17', false, sequence(...wish.names.map(alternativeName))));
  return signed(distinguishedName(authorityName), distinguishedName(wish.commonName, wish.organizations), publicKey, privateKey, createPrivateKey(authority.keyPem), extensions, 365 * dayMs);
}

function signed(issuer: Buffer, subject: Buffer, publicKey: KeyObject, privateKey: KeyObject, signer: KeyObject, extensions: readonly Buffer[], validMs: number): Certified {
  const algorithm = sequence(objectId('1.2.840.10045.4.3.2'));
  const now = Date.now();
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    algorithm,
    issuer,
    sequence(time(new Date(now - dayMs)), time(new Date(now + validMs))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const certificate = sequence(body, algorithm, bits(sign('sha256', body, signer)));
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return {
    certificatePem: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}
