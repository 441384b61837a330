// Paths that are no resources: discovery, health, version, OpenAPI, metrics.
import type { Task } from '../../../kernel/task.ts';
import { withTag } from '../../../wire/cached-content.ts';
import type { HttpRequest, HttpResponse } from '../../../wire/http.ts';
import { metricsAnswer, type Family } from '../../../wire/metrics.ts';
import type { Discovery } from '../discovery/discovery.ts';
import type { OpenApi } from '../discovery/openapi.ts';
import { answerHealth, type Check } from '../health.ts';
import type { RequestInfo } from '../request-info.ts';
import { negotiate, respond } from './negotiate.ts';

type Probe = 'healthz' | 'livez' | 'readyz';

export interface NonResourceParts {
  readonly discovery: Discovery;
  readonly openApi: OpenApi;
  readonly checks: Readonly<Record<Probe, readonly Check[]>>;
  readonly metrics: () => readonly Family[];
  readonly onReadiness?: (ready: boolean, text: string) => void;
  /** The body of /version. */
  readonly version: () => object;
  /** What only this server answers, `/` among it; undefined: it does not know the path. */
  readonly own: (path: string) => HttpResponse | undefined;
}

export class NonResource {
  private readonly parts: NonResourceParts;

  constructor(parts: NonResourceParts) {
    this.parts = parts;
  }

  *handle(http: HttpRequest, info: RequestInfo): Task<HttpResponse> {
    const { path } = http;
    const health = /^\/(healthz|livez|readyz)(?:\/|$)/.exec(path);
    if (health !== null) {
      const which = health[1] as Probe;
      const answer = yield* answerHealth(which, this.parts.checks[which], info.query, path);
      if (which === 'readyz' && path === '/readyz') this.parts.onReadiness?.(answer.status === 200, typeof answer.body === 'string' ? answer.body : '');
      return answer;
    }
    if (http.method !== 'GET' && http.method !== 'HEAD') return notFoundText();
    const form = path.startsWith('/api') ? negotiate(http.headers['accept']) : undefined;
    const aggregated = form?.aggregated === true && /^\/apis?\/?$/.test(path);
    const document = this.parts.discovery.document(path, aggregated);
    if (document === undefined) return this.answerRare(http);
    if (!aggregated) return respond(200, document, form);
    return withTag(http, this.parts.discovery.hash(path), () => {
      const response = respond(200, document, form);
      return { ...response, headers: { ...response.headers, 'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' } };
    });
  }

  /** What a cluster does not ask for by itself. */
  private answerRare(http: HttpRequest): HttpResponse {
    const { path } = http;
    const { openApi, version, metrics, own } = this.parts;
    if (path.startsWith('/openapi/')) return openApi.answer(http) ?? notFoundText();
    switch (path) {
      case '/version':
      case '/version/':
        return respond(200, version());
      case '/metrics':
        return metricsAnswer(metrics());
      default:
        return own(path) ?? notFoundText();
    }
  }
}

/** The body of `/`: `own` besides the paths that every server has. */
export const pathsWith = (own: readonly string[]): object => ({ paths: [...own, '/apis', '/apis/', '/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/openapi/v3/', '/readyz', '/version'].sort() });

const notFoundText = (): HttpResponse => ({ status: 404, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '404 page not found\n' });
