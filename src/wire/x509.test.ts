import { describe, expect, it } from 'vitest';
import { decodeCertificates, decodePrivateKey, publicKeyOf, verifyPeer } from './tls-handshake.ts';
import { foreignPairs } from './testing/foreign-certificates.ts';

const wallMs = Date.parse('2030-01-01T00:00:00Z');

describe.each(['rsa', 'ec'] as const)('certificates made outside: %s', (kind) => {
  const pair = foreignPairs[kind];
  const [certificate] = decodeCertificates(pair.certificate);
  const trust = decodeCertificates(pair.ca);
  const other = decodeCertificates(foreignPairs[kind === 'rsa' ? 'ec' : 'rsa'].ca);
  const check = (more: object = {}): string | undefined => verifyPeer({ ...(certificate as NonNullable<typeof certificate>), ...more }, { trust, wallMs, usage: 'server auth', serverName: 'e2e-test-webhook.default.svc' });

  it('are read as facts', () => {
    expect(certificate).toMatchObject({ subject: { commonName: 'e2e-test-webhook.default.svc' }, issuer: 'e2e-server-cert-ca', isCa: false, usages: ['server auth'], dnsNames: ['e2e-test-webhook.default.svc'] });
    expect(trust[0]).toMatchObject({ isCa: true, issuer: 'e2e-server-cert-ca' });
    expect(publicKeyOf(decodePrivateKey(pair.key) ?? '')).toBe(certificate?.publicKey);
  });
  it('are trusted by their authority alone', () => {
    expect(check()).toBeUndefined();
    expect(verifyPeer(certificate as NonNullable<typeof certificate>, { trust: other, wallMs, usage: 'server auth' })).toBe('x509: certificate signed by unknown authority');
    expect(check({ signedDigest: '0'.repeat(64) })).toBe('x509: certificate signed by unknown authority');
    expect(check({ signature: certificate?.signature.replace(/..$/, '00') })).toBe('x509: certificate signed by unknown authority');
    expect(check({ notAfterMs: wallMs - 1 })).toContain('expired');
  });
});

it('what is broken is no certificate', () => {
  expect(decodeCertificates('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')).toEqual([]);
  expect(decodeCertificates(foreignPairs.rsa.certificate.slice(0, 300) + '\n-----END CERTIFICATE-----\n')).toEqual([]);
  expect(decodePrivateKey('-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n')).toBeUndefined();
});
