// The handshake: the first messages of a connection, so that a layer 4 load balancer passes them through. Also issues certificates and keeps
// them as PEM text. Certificates are facts: signing needs the private key in hand, checking needs the authority's public part.
import { decodeBase64, encodeBase64 } from '../api/meta/base64.ts';
import { formatTime } from '../api/meta/time.ts';
import { NetworkError } from '../kernel/network/network-error.ts';
import type { Connection, Host, Random } from '../kernel/host.ts';
import type { Task } from '../kernel/task.ts';
import type { Certificate, KeyPair, TlsIdentity } from './tls.ts';
import { foreignPublicKey, isForeignKey, readForeignCertificates, readForeignKey, verifyForeignSignature } from './x509.ts';

export type TlsMessage =
  | { readonly kind: 'tls-client-hello'; readonly serverName: string }
  | { readonly kind: 'tls-server-hello'; readonly certificate: Certificate | undefined; readonly proof: string; readonly asksCertificate: boolean }
  | { readonly kind: 'tls-finished'; readonly certificate: Certificate | undefined; readonly proof: string }
  | { readonly kind: 'tls-alert'; readonly text: string };

export type ClientAuth = 'none' | 'request' | 'require';

// ---------------------------------------------------------------- facts instead of cryptography

/** 128 bits as hexadecimal digits; good enough to tell keys and contents apart. */
export function digest(text: string): string {
  let out = '';
  for (let part = 0; part < 4; part++) {
    let h = Math.imul(0x9e3779b1, part + 1) ^ 0x811c9dc5;
    for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) ^ (h >>> 15);
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    out += ((h ^ (h >>> 16)) >>> 0).toString(16).padStart(8, '0');
  }
  return out;
}

export function publicKeyOf(privateKey: string): string {
  if (isForeignKey(privateKey)) return foreignPublicKey(privateKey);
  return digest(`public key of ${privateKey}`);
}

/** A signature over `content`: only a holder of the private key calls this. */
export function sign(content: string, privateKey: string): string {
  return digest(`${publicKeyOf(privateKey)} signed ${content}`);
}

export function verifySignature(content: string, signature: string, publicKey: string): boolean {
  if (isForeignKey(publicKey)) return false;
  return signature === digest(`${publicKey} signed ${content}`);
}

function contentOf(certificate: Omit<Certificate, 'signature'>): string {
  const c = certificate;
  return JSON.stringify([c.serial, c.subject.commonName, c.subject.organizations, c.issuer, c.publicKey, c.notBeforeMs, c.notAfterMs, c.isCa, c.usages, c.dnsNames, c.ipAddresses]);
}

// ---------------------------------------------------------------- issuing

export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  readonly isCa?: boolean;
  readonly usages?: Certificate['usages'];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Of a certificate signing request: the key pair is the requester's. */
  readonly publicKey?: string;
}

/** Signs a certificate; without `authority` it signs itself (a root). `random` makes the serial and the private key. */
export function issueCertificate(random: Pick<Random, 'hex'>, request: CertificateRequest, authority?: KeyPair): KeyPair {
  const privateKey = request.publicKey === undefined ? random.hex(32) : '';
  const unsigned: Omit<Certificate, 'signature'> = {
    serial: random.hex(16),
    subject: { commonName: request.commonName, organizations: request.organizations ?? [] },
    issuer: authority?.certificate.subject.commonName ?? request.commonName,
    publicKey: request.publicKey ?? publicKeyOf(privateKey),
    notBeforeMs: request.notBeforeMs,
    notAfterMs: request.notAfterMs,
    isCa: request.isCa ?? false,
    usages: request.usages ?? [],
    dnsNames: request.dnsNames ?? [],
    ipAddresses: request.ipAddresses ?? [],
  };
  const certificate: Certificate = { ...unsigned, signature: sign(contentOf(unsigned), authority?.privateKey ?? privateKey) };
  return { certificate, privateKey };
}

// ---------------------------------------------------------------- checking

export interface PeerExpectation {
  readonly trust: readonly Certificate[];
  readonly wallMs: number;
  readonly usage: 'client auth' | 'server auth';
  /** Host name or address that a server's certificate must name. */
  readonly serverName?: string;
}

const verified = new WeakMap<Certificate, WeakMap<Certificate, boolean>>();

function isSignedBy(certificate: Certificate, authority: Certificate): boolean {
  let known = verified.get(certificate);
  if (known === undefined) verified.set(certificate, (known = new WeakMap()));
  let answer = known.get(authority);
  if (answer === undefined) {
    answer = authority.isCa && certificate.issuer === authority.subject.commonName && (certificate.signedDigest === undefined ? verifySignature(contentOf(certificate), certificate.signature, authority.publicKey) : verifyForeignSignature(certificate.signedDigest, certificate.signature, authority.publicKey));
    known.set(authority, answer);
  }
  return answer;
}

function timeProblem({ notBeforeMs, notAfterMs }: Certificate, wallMs: number): string | undefined {
  if (wallMs < notBeforeMs) return `x509: certificate has expired or is not yet valid: current time ${formatTime(wallMs)} is before ${formatTime(notBeforeMs)}`;
  if (wallMs > notAfterMs) return `x509: certificate has expired or is not yet valid: current time ${formatTime(wallMs)} is after ${formatTime(notAfterMs)}`;
  return undefined;
}

/** As Go's Certificate.VerifyHostname. */
function nameProblem({ ipAddresses, dnsNames }: Certificate, name: string): string | undefined {
  if (/^[\d.]+$/.test(name) || name.includes(':')) {
    if (ipAddresses.includes(name)) return undefined;
    if (ipAddresses.length === 0) return `x509: cannot validate certificate for ${name} because it doesn't contain any IP SANs`;
    return `x509: certificate is valid for ${ipAddresses.join(', ')}, not ${name}`;
  }
  if (dnsNames.some((each) => each === name || (each.startsWith('*.') && name.slice(name.indexOf('.')) === each.slice(1)))) return undefined;
  return `x509: certificate is valid for ${dnsNames.join(', ')}, not ${name}`;
}

/** What is wrong with the peer's certificate, in Go's words (`x509: ...`) and order: times and name of the certificate itself before who signed it; undefined when it is good. */
export function verifyPeer(certificate: Certificate, expected: PeerExpectation): string | undefined {
  const problem = timeProblem(certificate, expected.wallMs) ?? (expected.serverName === undefined ? undefined : nameProblem(certificate, expected.serverName));
  if (problem !== undefined) return problem;
  const authority = expected.trust.find((each) => isSignedBy(certificate, each) || (each.serial === certificate.serial && each.signature === certificate.signature));
  if (authority === undefined) return 'x509: certificate signed by unknown authority';
  const authorityProblem = timeProblem(authority, expected.wallMs);
  if (authorityProblem !== undefined) return authorityProblem;
  if (certificate.usages.length > 0 && !certificate.usages.includes(expected.usage)) return 'x509: certificate specifies an incompatible key usage';
  return undefined;
}

// ---------------------------------------------------------------- PEM

type PemLabel = 'CERTIFICATE' | 'RSA PRIVATE KEY' | 'PUBLIC KEY' | 'CERTIFICATE REQUEST';

/** PEM text whose base64 is the JSON of `value`. */
export function encodePem(label: PemLabel, value: unknown): string {
  const text = encodeBase64(JSON.stringify(value));
  const lines: string[] = [];
  for (let i = 0; i < text.length; i += 64) lines.push(text.slice(i, i + 64));
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** What files said: every program of a cluster reads the same few authorities, again and again, and nobody changes what was read. */
const read = new Map<PemLabel, Map<string, readonly unknown[]>>();
const mostRead = 256;

/** Every block of the text with that label, decoded; [] when there is none or it is broken. */
function decodePem<T>(label: PemLabel, text: string): readonly T[] {
  let ofLabel = read.get(label);
  if (ofLabel === undefined) read.set(label, (ofLabel = new Map()));
  let found = ofLabel.get(text);
  if (found === undefined) {
    if (ofLabel.size >= mostRead) ofLabel.clear();
    ofLabel.set(text, (found = readPem(label, text)));
  }
  return found as readonly T[];
}

function readPem(label: PemLabel, text: string): readonly unknown[] {
  const found: unknown[] = [];
  const pattern = new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`, 'g');
  for (const match of text.matchAll(pattern)) {
    try {
      const json = decodeBase64((match[1] ?? '').replace(/\s+/g, ''));
      if (json !== undefined) found.push(JSON.parse(json));
    } catch {
      // A broken block is no certificate.
    }
  }
  return found;
}

export const encodeCertificate = (certificate: Certificate): string => encodePem('CERTIFICATE', certificate);
export const decodeCertificates = (text: string): readonly Certificate[] => {
  const ours = decodePem<Certificate>('CERTIFICATE', text);
  return ours.length > 0 ? ours : readForeignCertificates(text);
};
export const encodePrivateKey = (privateKey: string): string => encodePem('RSA PRIVATE KEY', { privateKey });
export const decodePrivateKey = (text: string): string | undefined => decodePem<{ privateKey: string }>('RSA PRIVATE KEY', text)[0]?.privateKey ?? readForeignKey(text);
export const encodePublicKey = (publicKey: string): string => encodePem('PUBLIC KEY', { publicKey });
export const decodePublicKey = (text: string): string | undefined => decodePem<{ publicKey: string }>('PUBLIC KEY', text)[0]?.publicKey;

/** Reads `certFile` and `keyFile` from the disk. Throws a plain Error as Go's tls.LoadX509KeyPair says it. */
export function loadKeyPair(host: Pick<Host, 'disk'>, certFile: string, keyFile: string): KeyPair {
  const certificate = decodeCertificates(readFile(host, certFile))[0];
  if (certificate === undefined) throw new Error('tls: failed to find any PEM data in certificate input');
  const privateKey = decodePrivateKey(readFile(host, keyFile));
  if (privateKey === undefined) throw new Error('tls: failed to find any PEM data in key input');
  if (publicKeyOf(privateKey) !== certificate.publicKey) throw new Error('tls: private key does not match public key');
  return { certificate, privateKey };
}

export function loadCertificates(host: Pick<Host, 'disk'>, file: string): readonly Certificate[] {
  return decodeCertificates(readFile(host, file));
}

function readFile(host: Pick<Host, 'disk'>, file: string): string {
  const text = host.disk.readText(file);
  if (text === undefined) throw new Error(`open ${file}: no such file or directory`);
  return text;
}

// ---------------------------------------------------------------- the handshake

/** A refused handshake; `message` in Go's words. */
class TlsError extends NetworkError {
  constructor(message: string) {
    super('EPROTO', message);
    this.name = 'TlsError';
  }
}

/** That the certificate's key is at hand, or was seen to be where it belongs. */
const proofOf = (own: TlsIdentity['own']): string => (own === undefined ? '' : own.privateKey === undefined ? own.certificate.publicKey : publicKeyOf(own.privateKey));

/** The dialer's last message, with what it shows of itself. */
export const finishedWith = (own: TlsIdentity['own']): TlsMessage => ({ kind: 'tls-finished', certificate: own?.certificate, proof: proofOf(own) });

const handshakeTimeoutMs = 10_000;

/** The dialer's part. Returns the server's certificate. Throws TlsError, or NetworkError when the connection broke. */
export function* clientHandshake(host: Host, connection: Connection, identity: TlsIdentity, serverName: string): Task<Certificate | undefined> {
  connection.send({ kind: 'tls-client-hello', serverName } satisfies TlsMessage, 'TLS client hello');
  const answer = (yield* connection.receive(handshakeTimeoutMs)) as { kind?: string } | undefined;
  if (answer === undefined) {
    if (connection.open) throw new TlsError('net/http: TLS handshake timeout');
    throw brokenConnection(connection);
  }
  if (answer.kind === 'tls-alert') throw new TlsError(`remote error: tls: ${(answer as TlsMessage & { kind: 'tls-alert' }).text}`);
  if (answer.kind !== 'tls-server-hello') throw new TlsError('tls: first record does not look like a TLS handshake');
  const hello = answer as TlsMessage & { kind: 'tls-server-hello' };
  if (identity.trust !== undefined) {
    if (hello.certificate === undefined || hello.proof !== hello.certificate.publicKey) throw refuse(connection, 'bad certificate', 'tls: server did not present a certificate');
    const problem = verifyPeer(hello.certificate, { trust: identity.trust, wallMs: host.clock.wallMs(), usage: 'server auth', serverName });
    if (problem !== undefined) throw refuse(connection, 'bad certificate', `tls: failed to verify certificate: ${problem}`);
  }
  connection.send(finishedWith(hello.asksCertificate ? identity.own : undefined), 'TLS finished');
  return hello.certificate;
}

function refuse(connection: Connection, alert: string, message: string): TlsError {
  connection.send({ kind: 'tls-alert', text: alert } satisfies TlsMessage, `TLS alert: ${alert}`);
  connection.close();
  return new TlsError(message);
}

export interface Accepted {
  readonly ok: boolean;
  readonly certificate?: Certificate;
  /** A first message that was no handshake: the client spoke plainly. */
  readonly plain?: unknown;
  readonly problem?: string;
}

/** The acceptor's part. With clientAuth 'request' a certificate that is not trusted is passed on too: the caller judges it (as the API server does). */
export function* serverHandshake(host: Host, connection: Connection, identity: TlsIdentity, clientAuth: ClientAuth): Task<Accepted> {
  const hello = (yield* connection.receive(handshakeTimeoutMs)) as { kind?: string } | undefined;
  if (hello === undefined) return { ok: false, problem: 'EOF' };
  if (hello.kind !== 'tls-client-hello') return { ok: false, plain: hello, problem: 'tls: first record does not look like a TLS handshake' };
  const own = identity.own;
  connection.send({ kind: 'tls-server-hello', certificate: own?.certificate, proof: proofOf(own), asksCertificate: clientAuth !== 'none' } satisfies TlsMessage, 'TLS server hello');
  const finished = (yield* connection.receive(handshakeTimeoutMs)) as TlsMessage | undefined;
  if (finished === undefined) return { ok: false, problem: 'EOF' };
  if (finished.kind === 'tls-alert') return { ok: false, problem: `remote error: tls: ${finished.text}` };
  if (finished.kind !== 'tls-finished') return { ok: false, problem: 'tls: unexpected message' };
  const certificate = finished.certificate;
  if (certificate === undefined || clientAuth === 'none') {
    if (clientAuth !== 'require') return { ok: true };
    connection.send({ kind: 'tls-alert', text: 'certificate required' } satisfies TlsMessage, 'TLS alert: certificate required');
    return { ok: false, problem: "tls: client didn't provide a certificate" };
  }
  let problem: string | undefined = finished.proof === certificate.publicKey ? undefined : 'tls: invalid signature by the client certificate';
  if (problem === undefined && clientAuth === 'require' && identity.trust !== undefined) {
    problem = verifyPeer(certificate, { trust: identity.trust, wallMs: host.clock.wallMs(), usage: 'client auth' });
    if (problem !== undefined) problem = `tls: failed to verify certificate: ${problem}`;
  }
  if (problem === undefined) return { ok: true, certificate };
  const alert = problem.includes('unknown authority') ? 'unknown certificate authority' : problem.includes('expired') ? 'expired certificate' : 'bad certificate';
  connection.send({ kind: 'tls-alert', text: alert } satisfies TlsMessage, `TLS alert: ${alert}`);
  return { ok: false, problem };
}

/** How a broken connection reads in Go's words. */
export function brokenConnection(connection: Connection): NetworkError {
  const error = connection.error;
  if (error === undefined) return new NetworkError('ECONNRESET', 'EOF');
  return new NetworkError(error.code, error.message);
}
