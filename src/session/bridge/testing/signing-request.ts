// A certificate signing request as a real client makes it: PKCS #10 (RFC 2986) for a new key.
import { generateKeyPairSync, sign } from 'node:crypto';
import { bits, der, integer, objectId, sequence, set } from '../der-writer.ts';

export function makeSigningRequest(commonName: string, organizations: readonly string[]): { readonly requestPem: string; readonly keyPem: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const part = (id: string, value: string): Buffer => set(sequence(objectId(id), der(0x0c, Buffer.from(value, 'utf8'))));
  const subject = sequence(...organizations.map((each) => part('2.5.4.10', each)), part('2.5.4.3', commonName));
  const info = sequence(integer(Buffer.from([0])), subject, publicKey.export({ type: 'spki', format: 'der' }), der(0xa0));
  const request = sequence(info, sequence(objectId('1.2.840.113549.1.1.11'), der(0x05)), bits(sign('sha256', info, privateKey)));
  return {
    requestPem: `-----BEGIN CERTIFICATE REQUEST-----\n${request.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE REQUEST-----\n`,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}
