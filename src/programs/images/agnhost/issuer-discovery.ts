// `agnhost test-service-account-issuer-discovery`: does the token of its pod bear out with what its issuer publishes (OpenID discovery)?
// As its namesake, but for the keys: those of this world are simulated (see the README of kube-apiserver), and so is what checks them.
import { decodeBase64Url } from '../../../api/meta/base64.ts';
import { isApiError } from '../../../client/api-error.ts';
import { createApiClient } from '../../../client/rest-client.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { decodeToken, type TokenClaims } from '../../../wire/service-account-token.ts';
import { decodeCertificates } from '../../../wire/tls-handshake.ts';
import type { Flags } from './flags.ts';
import { isRefusal } from './serve.ts';

const account = '/var/run/secrets/kubernetes.io/serviceaccount';

class Mismatch extends Error {}

export function* checkIssuer(host: Host, flags: Flags): Task<number> {
  try {
    yield* check(host, flags.text('token-path', ''), flags.text('audience', ''));
    return 0;
  } catch (error) {
    if (!(error instanceof Mismatch) && !isApiError(error) && !isRefusal(error)) throw error;
    host.output.error(`F ${error.message}\n`);
    return 1;
  }
}

function* check(host: Host, tokenPath: string, audience: string): Task<void> {
  const say = (text: string): void => host.output.error(`I ${text}\n`);
  const token = host.disk.readText(tokenPath)?.trim() ?? '';
  if (token === '') throw new Mismatch(`open ${tokenPath}: no such file or directory`);
  const unchecked = claimsOf(token);
  say(`OK: got the token, issued by ${unchecked.iss}`);
  const discovery = (yield* get(host, `${unchecked.iss}/.well-known/openid-configuration`)) as { readonly issuer?: string; readonly jwks_uri?: string };
  if (discovery.issuer !== unchecked.iss) throw new Mismatch(`oidc: issuer did not match the issuer returned by provider, expected ${JSON.stringify(unchecked.iss)} got ${JSON.stringify(discovery.issuer ?? '')}`);
  say(`OK: constructed an OIDC provider for issuer ${unchecked.iss}`);
  const { keys = [] } = (yield* get(host, discovery.jwks_uri ?? '')) as { readonly keys?: readonly { readonly kty?: string; readonly key?: string }[] };
  const claims = decodeToken(token, keys.filter(({ kty }) => kty === 'simulated').map(({ key }) => key ?? '')) as TokenClaims | undefined;
  if (claims === undefined) throw new Mismatch('failed to verify signature: failed to verify id token signature');
  if (!claims.aud.includes(audience)) throw new Mismatch(`oidc: expected audience ${JSON.stringify(audience)} got ${JSON.stringify(claims.aud)}`);
  if (claims.exp * 1000 <= host.clock.wallMs()) throw new Mismatch('oidc: token is expired');
  say('OK: validated the signature on the token');
  say(`OK: got valid claims from the token: ${JSON.stringify(claims)}`);
}

function claimsOf(token: string): TokenClaims {
  try {
    return JSON.parse(decodeBase64Url(token.split('.')[1] ?? '') ?? '') as TokenClaims;
  } catch {
    throw new Mismatch('oidc: malformed jwt');
  }
}

/** As the pod's account, with the cluster's authority. */
function* get(host: Host, url: string): Task<unknown> {
  const [, server = '', path = '/'] = /^(https?:\/\/[^/]+)(\/.*)?$/.exec(url) ?? [];
  if (server === '') throw new Mismatch(`Get ${JSON.stringify(url)}: unsupported protocol scheme`);
  const trust = decodeCertificates(host.disk.readText(`${account}/ca.crt`) ?? '');
  const client = createApiClient(host, { server, tls: { trust }, tokenFile: `${account}/token`, family: 'data', timeoutMs: 10_000 });
  try {
    return (yield* client.raw('GET', path)).body;
  } finally {
    client.close();
  }
}
