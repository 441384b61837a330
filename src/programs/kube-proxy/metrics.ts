// Port 10249: what kube-proxy says of itself, to whoever can reach it; as far as there is something behind it here.
import { requestsFamily } from '../../client/client-metrics.ts';
import type { Host } from '../../kernel/host.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import { family, metricsAnswer, processFamilies, type Tally } from '../../wire/metrics.ts';
import { buildFamily } from '../images/build-info.ts';
import { imageVersion } from '../images/releases.ts';

export interface ProxyState {
  readonly mode: string;
  /** By the wall clock. */
  readonly startedMs: number;
  readonly syncedMs: number;
  readonly requests: Tally;
}

export function answerMetrics({ path }: HttpRequest, host: Host, { mode, startedMs, syncedMs, requests }: ProxyState): HttpResponse {
  const text = (status: number, body: string): HttpResponse => ({ status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body });
  switch (path) {
    case '/healthz':
      return text(200, 'ok');
    case '/proxyMode':
      return text(200, mode);
    case '/metrics':
      return metricsAnswer([
        ...processFamilies(host, startedMs),
        buildFamily(imageVersion(host)),
        requestsFamily(requests),
        family('gauge', 'kubeproxy_sync_proxy_rules_last_timestamp_seconds', '[ALPHA] When the rules were last brought up to date, in seconds since 1970.', syncedMs / 1000),
      ]);
    default:
      return text(404, '404 page not found\n');
  }
}
