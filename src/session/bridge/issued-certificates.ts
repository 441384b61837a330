// Certificates that the cluster issues for keys outside of it. Inside, a certificate is a fact (decision 2), which no real TLS understands. So what a client
// outside reads of a signing request's certificate is a real X.509 one for the same key, name and days, signed by the door's own authority; the fact is in
// it as a note. Shown at the door, it stands for that fact, and whether it is still good is judged inside, by the cluster's clock.
import { X509Certificate, type KeyObject } from 'node:crypto';
import { derParts, derTag, readDer } from '../../api/meta/der.ts';
import type { Certificate } from '../../wire/tls.ts';
import { decodeCertificates } from '../../wire/tls-handshake.ts';
import { certify, type Certified } from './certificate.ts';
import { objectId, sequence } from './der-writer.ts';

/** Of the note: below the arc of UUIDs (X.667), where nothing is registered; no arc above 2^31, which Go refuses. */
const noteId = '2.25.1834526071';
const noteIdBytes = objectId(noteId).subarray(2);
const extensionsTag = 0xa3;

export class IssuedCertificates {
  private readonly authority: Certified;
  private readonly authorityKey: KeyObject;
  /** A signature has dice in it: the same fact shall read the same twice. */
  private readonly known = new Map<string, string>();

  constructor(authority: Certified) {
    this.authority = authority;
    this.authorityKey = new X509Certificate(authority.certificatePem).publicKey;
  }

  /** Whether bodies of this path speak of signing requests. */
  concerns(path: string): boolean {
    return path.startsWith('/apis/certificates.k8s.io/') && path.includes('/certificatesigningrequests');
  }

  /** A body on its way out, JSON or YAML: facts become certificates. */
  outgoing(body: string): string {
    return replaced(body, (pem) => this.real(pem));
  }

  /** A body on its way in: what went out comes back. */
  incoming(body: string): string {
    return replaced(body, (pem) => {
      const certificate = readCertificate(pem);
      return certificate === undefined ? undefined : this.factOf(certificate);
    });
  }

  /** The fact (PEM) that a certificate stands for; undefined when this door has not issued it for one. */
  factOf(certificate: X509Certificate): string | undefined {
    if (!certificate.verify(this.authorityKey)) return undefined;
    const [whole] = readDer([...certificate.raw]) ?? [];
    const [body] = derParts(whole);
    const extensions = derParts(derParts(body).find(({ tag }) => tag === extensionsTag))[0];
    for (const extension of derParts(extensions)) {
      const [id, content] = derParts(extension);
      if (id !== undefined && content !== undefined && id.tag === derTag.oid && Buffer.from(id.bytes).equals(noteIdBytes)) return Buffer.from(content.bytes).toString('utf8');
    }
    return undefined;
  }

  private real(pem: string): string | undefined {
    const known = this.known.get(pem);
    if (known !== undefined) return known;
    const fact = decodeCertificates(pem)[0];
    const publicKey = fact === undefined ? undefined : spkiOf(fact);
    if (fact === undefined || publicKey === undefined) return undefined;
    const { subject, usages, dnsNames, ipAddresses, notBeforeMs, notAfterMs, serial } = fact;
    const certificate = certify(this.authority, { commonName: subject.commonName, organizations: subject.organizations, publicKey, usages, names: [...dnsNames, ...ipAddresses], notBeforeMs, notAfterMs, serial, note: { id: noteId, text: pem } });
    if (this.known.size > 1000) this.known.clear();
    this.known.set(pem, certificate);
    return certificate;
  }
}

/** Of a key outside, the fact holds the real one's DER; of a key inside, 32 digits that stand for one. */
function spkiOf({ publicKey }: Certificate): Buffer | undefined {
  return publicKey.length > 64 && /^(?:[0-9a-f]{2})+$/.test(publicKey) ? sequence(Buffer.from(publicKey, 'hex')) : undefined;
}

function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Every base64 of a PEM certificate in the text, as `replace` says. */
function replaced(text: string, replace: (pem: string) => string | undefined): string {
  return text.replace(/LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t[A-Za-z0-9+/=]*/g, (base64) => {
    const other = replace(Buffer.from(base64, 'base64').toString('utf8'));
    return other === undefined ? base64 : Buffer.from(other).toString('base64');
  });
}
