import { describe, expect, it } from 'vitest';
import { encodeBase64 } from '../meta/base64.ts';
import { requestFacts } from './request-facts.ts';

/** `openssl req -new -newkey ed25519 -nodes -subj /O=ops/CN=jane -addext subjectAltName=DNS:a.example,IP:10.0.0.1,IP:fd00::1,email:j@x.y,URI:spiffe://a` */
const pem = '-----BEGIN CERTIFICATE REQUEST-----\nMIHvMIGiAgEAMB0xDDAKBgNVBAoMA29wczENMAsGA1UEAwwEamFuZTAqMAUGAytl\ncAMhAL1S+2Rbr9w9jJYr6t3+tqcDhHW2mM9dlcCw1yPYmuNfoFIwUAYJKoZIhvcN\nAQkOMUMwQTA/BgNVHREEODA2gglhLmV4YW1wbGWHBAoAAAGHEP0AAAAAAAAAAAAA\nAAAAAAGBBWpAeC55hgpzcGlmZmU6Ly9hMAUGAytlcANBAF1Q3GvH9xO8VVNmuN7A\nqh8A2uqrh6+hyUgyAr2/mE6iy6+w+0mJamPPALkjuwFXj8Upa+33+s/ushT4Juxa\nKQA=\n-----END CERTIFICATE REQUEST-----\n';

describe('what a signing request asks for', () => {
  it('is read from PKCS #10', () => {
    expect(requestFacts(encodeBase64(pem))).toMatchObject({ commonName: 'jane', organizations: ['ops'], dnsNames: ['a.example'], ipAddresses: ['10.0.0.1', 'fd00::1'], emailAddresses: ['j@x.y'], uris: ['spiffe://a'] });
  });

  it.each(['', 'x', encodeBase64('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'), encodeBase64(pem.replace('-\nM', '-\nA')), encodeBase64(pem.replace(/[A-Za-z]{20}\n/, '\n'))])('%# is refused with a reason', (broken) => {
    expect(typeof requestFacts(broken)).toBe('string');
  });
});
