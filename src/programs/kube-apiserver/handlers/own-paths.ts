// Paths that are no resources and that only kube-apiserver has: its word on service account tokens, and what priority and fairness holds.
import type { HttpResponse } from '../../../wire/http.ts';
import type { Config } from '../config.ts';
import { respond } from './negotiate.ts';
import { pathsWith } from './non-resource.ts';

interface Parts {
  readonly config: Config;
  /** Public keys of service account tokens. They are no RSA keys, and are not published as such. */
  readonly accountKeys: readonly string[];
  readonly priorityLevels: () => string;
}

export function answerOwnPath(path: string, { config, accountKeys, priorityLevels }: Parts): HttpResponse | undefined {
  switch (path) {
    case '/debug/api_priority_and_fairness/dump_priority_levels':
      return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: priorityLevels() };
    case '/.well-known/openid-configuration':
      return respond(200, { issuer: config.serviceAccountIssuer, jwks_uri: `https://${config.advertiseAddress}:${config.securePort}/openid/v1/jwks`, response_types_supported: ['id_token'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'] });
    case '/openid/v1/jwks':
      return { ...respond(200, { keys: accountKeys.map((key) => ({ use: 'sig', kty: 'simulated', kid: key, alg: 'RS256', key })) }), headers: { 'content-type': 'application/jwk-set+json' } };
    case '/':
      return respond(200, pathsWith(['/.well-known/openid-configuration', '/api', '/api/v1', '/openid/v1/jwks']));
    default:
      return undefined;
  }
}
