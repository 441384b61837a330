// The door's own authority and what it issues: real X.509, for real clients. Node can sign but not write it, so the few structures that are
// needed are written here (DER, RFC 5280).
import { createPrivateKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, der, integer, objectId, octets, sequence, set, yes } from './der-writer.ts';

export interface Certified {
  readonly certificatePem: string;
  readonly keyPem: string;
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

const usageIds = { 'server auth': '1.3.6.1.5.5.7.3.1', 'client auth': '1.3.6.1.5.5.7.3.2' } as const;

export function makeAuthority(): Certified {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const extensions = [extension('2.5.29.19', true, sequence(yes)), extension('2.5.29.15', true, bits(Buffer.from([0x84]), 2))];
  const name = distinguishedName(authorityName);
  return { certificatePem: signed({ issuer: name, subject: name, publicKey: spki(publicKey), extensions, ...fromNow(authorityYears * 365 * dayMs) }, privateKey), keyPem: keyPem(privateKey) };
}

/** A certificate for a new key, good for a year. */
export function issue(authority: Certified, wish: CertificateWish): Certified {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificatePem = certify(authority, { commonName: wish.commonName, organizations: wish.organizations ?? [], publicKey: spki(publicKey), usages: [wish.usage], names: wish.names ?? [], ...fromNow(365 * dayMs) });
  return { certificatePem, keyPem: keyPem(privateKey) };
}

export interface Certifiable {
  readonly commonName: string;
  readonly organizations: readonly string[];
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Buffer;
  readonly usages: readonly (keyof typeof usageIds)[];
  readonly names: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Hexadecimal digits; random without. */
  readonly serial?: string;
  /** What no standard knows: an object identifier and a text. */
  readonly note?: { readonly id: string; readonly text: string };
}

/** PEM of a certificate for somebody's key, signed by the authority. */
export function certify(authority: Certified, { commonName, organizations, publicKey, usages, names, notBeforeMs, notAfterMs, serial, note }: Certifiable): string {
  const extensions = [extension('2.5.29.19', true, sequence()), extension('2.5.29.15', true, bits(Buffer.from([0xa0]), 5)), extension('2.5.29.37', false, sequence(...usages.map((usage) => objectId(usageIds[usage]))))];
  if (names.length > 0) extensions.push(extension('2.5.29.17', false, sequence(...names.map(alternativeName))));
  if (note !== undefined) extensions.push(extension(note.id, false, Buffer.from(note.text, 'utf8')));
  return signed({ issuer: distinguishedName(authorityName), subject: distinguishedName(commonName, organizations), publicKey, extensions, notBeforeMs, notAfterMs, ...(serial === undefined ? {} : { serial }) }, createPrivateKey(authority.keyPem));
}

const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
const keyPem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string;
const fromNow = (validMs: number): { readonly notBeforeMs: number; readonly notAfterMs: number } => ({ notBeforeMs: Date.now() - dayMs, notAfterMs: Date.now() + validMs });

interface Unsigned {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: Buffer;
  readonly extensions: readonly Buffer[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly serial?: string;
}

function signed({ issuer, subject, publicKey, extensions, notBeforeMs, notAfterMs, serial }: Unsigned, signer: KeyObject): string {
  const algorithm = sequence(objectId('1.2.840.10045.4.3.2'));
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    // A leading one keeps it positive and without leading zeros.
    integer(Buffer.concat([Buffer.from([0x01]), serial === undefined ? randomBytes(15) : Buffer.from(serial, 'hex')])),
    algorithm,
    issuer,
    sequence(time(new Date(notBeforeMs)), time(new Date(notAfterMs))),
    subject,
    publicKey,
    der(0xa3, sequence(...extensions)),
  );
  const certificate = sequence(body, algorithm, bits(sign('sha256', body, signer)));
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
