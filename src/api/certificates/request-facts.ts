// What a certificate signing request asks for. Real clients send PKCS #10 (DER in PEM); programs of the simulation send the same facts as JSON in PEM.
import { decodeBase64, decodeBase64Bytes, decodeUtf8 } from '../meta/base64.ts';
import { derOid, derParts, derTag, readDer, type DerValue } from '../meta/der.ts';

export interface RequestFacts {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
  /** Stands for the requester's key pair: what the simulation calls its public key, or the DER of the real one as hexadecimal digits. */
  readonly publicKey: string;
}

/** Of `spec.request` (base64 of PEM); a text says what is wrong with it, in Go's words. */
export function requestFacts(base64: string): RequestFacts | string {
  const pem = decodeBase64(base64);
  const block = pem === undefined ? null : /-----BEGIN ([A-Z ]+)-----([^-]*)-----END \1-----/.exec(pem);
  if (block === null || block[1] !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST';
  const bytes = decodeBase64Bytes((block[2] ?? '').replace(/\s+/g, ''));
  if (bytes === undefined) return 'PEM block type must be CERTIFICATE REQUEST';
  return (bytes[0] === 0x7b ? fromJson(decodeUtf8(bytes)) : fromDer(bytes)) ?? 'asn1: structure error: tags don\'t match';
}

function fromJson(text: string): RequestFacts | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const given = value as Partial<RequestFacts>;
  if (typeof given.commonName !== 'string') return undefined;
  const texts = (list: unknown): readonly string[] => (Array.isArray(list) ? list.filter((each): each is string => typeof each === 'string') : []);
  return {
    commonName: given.commonName,
    organizations: texts(given.organizations),
    dnsNames: texts(given.dnsNames),
    ipAddresses: texts(given.ipAddresses),
    emailAddresses: texts(given.emailAddresses),
    uris: texts(given.uris),
    publicKey: typeof given.publicKey === 'string' ? given.publicKey : '',
  };
}

const commonNameOid = '2.5.4.3';
const organizationOid = '2.5.4.10';
const extensionRequestOid = '1.2.840.113549.1.9.14';
const subjectAltNameOid = '2.5.29.17';

/** RFC 2986: SEQUENCE { SEQUENCE { version, subject, public key, [0] attributes }, algorithm, signature }. */
function fromDer(bytes: readonly number[]): RequestFacts | undefined {
  const [outer, rest] = readDer(bytes) ?? [];
  const [info, algorithm, signature] = derParts(outer);
  const [version, subject, publicKey, attributes] = derParts(info);
  if (rest !== undefined || outer?.tag !== derTag.sequence || version?.tag !== derTag.integer || subject?.tag !== derTag.sequence || publicKey?.tag !== derTag.sequence || algorithm?.tag !== derTag.sequence || signature?.tag !== derTag.bitString) return undefined;
  const names = subjectOf(subject);
  return {
    commonName: names.filter(([oid]) => oid === commonNameOid).at(-1)?.[1] ?? '',
    organizations: names.filter(([oid]) => oid === organizationOid).map(([, text]) => text),
    ...alternativeNames(attributes),
    publicKey: hex(publicKey.bytes),
  };
}

/** A name is a sequence of sets of (type, value) pairs. */
const subjectOf = (subject: DerValue): readonly (readonly [string, string])[] =>
  derParts(subject)
    .flatMap(derParts)
    .flatMap((pair): (readonly [string, string])[] => {
      const [type, value] = derParts(pair);
      return type === undefined || value === undefined ? [] : [[derOid(type), decodeUtf8(value.bytes)]];
    });

function alternativeNames(attributes: DerValue | undefined): Pick<RequestFacts, 'dnsNames' | 'ipAddresses' | 'emailAddresses' | 'uris'> {
  const found = { dnsNames: [] as string[], ipAddresses: [] as string[], emailAddresses: [] as string[], uris: [] as string[] };
  for (const attribute of derParts(attributes)) {
    const [type, values] = derParts(attribute);
    if (type === undefined || derOid(type) !== extensionRequestOid) continue;
    for (const extension of derParts(derParts(values)[0])) {
      const parts = derParts(extension);
      const content = parts.at(-1);
      if (parts[0] === undefined || content === undefined || derOid(parts[0]) !== subjectAltNameOid) continue;
      for (const name of derParts(readDer(content.bytes)?.[0])) {
        if (name.tag === 0x81) found.emailAddresses.push(decodeUtf8(name.bytes));
        else if (name.tag === 0x82) found.dnsNames.push(decodeUtf8(name.bytes));
        else if (name.tag === 0x86) found.uris.push(decodeUtf8(name.bytes));
        else if (name.tag === 0x87) found.ipAddresses.push(addressText(name.bytes));
      }
    }
  }
  return found;
}

function addressText(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups: string[] = [];
  for (let i = 0; i < bytes.length; i += 2) groups.push((((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)).toString(16));
  return groups.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::');
}

const hex = (bytes: readonly number[]): string => bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
