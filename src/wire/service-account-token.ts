// Service account tokens: JSON web tokens in shape, signed by the key of --service-account-signing-key-file. Bound ones end with their time and their
// object; those of the old kind live in a Secret and end with it.
import { decodeBase64Url, encodeBase64Url } from '../api/meta/base64.ts';
import { publicKeyOf, sign, verifySignature } from './tls-handshake.ts';

export interface BoundObject {
  readonly name: string;
  readonly uid: string;
}
export interface TokenClaims {
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly iss: string;
  readonly jti: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly node?: BoundObject;
    readonly pod?: BoundObject;
    readonly secret?: BoundObject;
    readonly serviceaccount: BoundObject;
    readonly warnafter?: number;
  };
  readonly nbf: number;
  readonly sub: string;
}

export const legacyIssuer = 'kubernetes/serviceaccount';

/** Of a token that a Secret of type kubernetes.io/service-account-token holds. */
export interface LegacyClaims {
  readonly iss: typeof legacyIssuer;
  readonly 'kubernetes.io/serviceaccount/namespace': string;
  readonly 'kubernetes.io/serviceaccount/secret.name': string;
  readonly 'kubernetes.io/serviceaccount/service-account.name': string;
  readonly 'kubernetes.io/serviceaccount/service-account.uid': string;
  readonly sub: string;
}

export function encodeToken(claims: TokenClaims | LegacyClaims, privateKey: string): string {
  const header = encodeBase64Url(`{"alg":"RS256","kid":"${publicKeyOf(privateKey)}"}`);
  const content = `${header}.${encodeBase64Url(JSON.stringify(claims))}`;
  return `${content}.${sign(content, privateKey)}`;
}

/** The claims of a token that one of the keys signed; undefined for anything else. Expiry and bound objects are the caller's business. */
export function decodeToken(token: string, publicKeys: readonly string[]): TokenClaims | LegacyClaims | undefined {
  const last = token.lastIndexOf('.');
  const first = token.indexOf('.');
  if (first < 0 || last <= first) return undefined;
  const content = token.slice(0, last);
  const signature = token.slice(last + 1);
  if (!publicKeys.some((key) => verifySignature(content, signature, key))) return undefined;
  const json = decodeBase64Url(token.slice(first + 1, last));
  if (json === undefined) return undefined;
  try {
    return JSON.parse(json) as TokenClaims | LegacyClaims;
  } catch {
    return undefined;
  }
}
