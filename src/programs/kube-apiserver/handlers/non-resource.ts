// Paths that are no resources: discovery, health, version, OpenAPI, metrics.
import type { Task } from '../../../kernel/task.ts';
import { withTag } from '../../../wire/cached-content.ts';
import type { HttpRequest, HttpResponse } from '../../../wire/http.ts';
import { versionInfo } from '../../images/build-info.ts';
import type { Config } from '../config.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { OpenApi } from '../discovery/openapi.ts';
import { answerHealth, type Check } from '../health.ts';
import type { RequestInfo } from '../request-info.ts';
import { negotiate, respond } from './negotiate.ts';

export class NonResource {
  private readonly version: string;
  /** Public keys of service account tokens. They are no RSA keys, and are not published as such. */
  private readonly accountKeys: readonly string[];
  private readonly config: Config;
  private readonly discovery: Discovery;
  private readonly openApi: OpenApi;
  private readonly checks: Readonly<Record<'healthz' | 'livez' | 'readyz', readonly Check[]>>;
  private readonly metrics: () => string;
  private readonly priorityLevels: () => string;
  private readonly onReadiness: (ready: boolean, text: string) => void;

  constructor(parts: { /** `v1.36.2` */ version: string; accountKeys: readonly string[]; config: Config; discovery: Discovery; openApi: OpenApi; checks: Readonly<Record<'healthz' | 'livez' | 'readyz', readonly Check[]>>; metrics: () => string; priorityLevels: () => string; onReadiness: (ready: boolean, text: string) => void }) {
    this.version = parts.version;
    this.accountKeys = parts.accountKeys;
    this.config = parts.config;
    this.discovery = parts.discovery;
    this.openApi = parts.openApi;
    this.checks = parts.checks;
    this.metrics = parts.metrics;
    this.priorityLevels = parts.priorityLevels;
    this.onReadiness = parts.onReadiness;
  }

  *handle(http: HttpRequest, info: RequestInfo): Task<HttpResponse> {
    const { path } = http;
    const health = /^\/(healthz|livez|readyz)(?:\/|$)/.exec(path);
    if (health !== null) {
      const which = health[1] as 'healthz' | 'livez' | 'readyz';
      const answer = yield* answerHealth(which, this.checks[which], info.query, path);
      if (which === 'readyz' && path === '/readyz') this.onReadiness(answer.status === 200, typeof answer.body === 'string' ? answer.body : '');
      return answer;
    }
    if (http.method !== 'GET' && http.method !== 'HEAD') return notFoundText();
    const form = path.startsWith('/api') ? negotiate(http.headers['accept']) : undefined;
    const aggregated = form?.aggregated === true && /^\/apis?\/?$/.test(path);
    const document = this.discovery.document(path, aggregated);
    if (document === undefined) return this.answerRare(http);
    if (!aggregated) return respond(200, document, form);
    return withTag(http, this.discovery.hash(path), () => {
      const response = respond(200, document, form);
      return { ...response, headers: { ...response.headers, 'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } };
    });
  }

  /** What a cluster does not ask for by itself. */
  private answerRare(http: HttpRequest): HttpResponse {
    const { path } = http;
    if (path.startsWith('/openapi/')) return this.openApi.answer(http) ?? notFoundText();
    switch (path) {
      case '/version':
      case '/version/':
        return respond(200, versionInfo(this.version));
      case '/metrics':
        return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4' }, body: this.metrics() };
      case '/debug/api_priority_and_fairness/dump_priority_levels':
        return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: this.priorityLevels() };
      case '/.well-known/openid-configuration':
        return respond(200, { issuer: this.config.serviceAccountIssuer, jwks_uri: `https://${this.config.advertiseAddress}:${this.config.securePort}/openid/v1/jwks`, response_types_supported: ['id_token'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'] });
      case '/openid/v1/jwks':
        return { ...respond(200, { keys: this.accountKeys.map((key) => ({ use: 'sig', kty: 'simulated', kid: key, alg: 'RS256', key })) }), headers: { 'content-type': 'application/jwk-set+json' } };
      case '/':
        return respond(200, { paths: ['/.well-known/openid-configuration', '/api', '/api/v1', '/apis', '/apis/', '/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/openapi/v3/', '/openid/v1/jwks', '/readyz', '/version'] });
      default:
        return notFoundText();
    }
  }
}

const notFoundText = (): HttpResponse => ({ status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '404 page not found\n' });
