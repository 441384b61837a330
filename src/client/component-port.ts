// The port of a component's own pages: https with a certificate made at the start, as the real ones do without --tls-cert-file. The kubelet probes it;
// whoever wants more than to know whether it is well has to say who he is.
import type { Host } from '../kernel/host.ts';
import { NetworkError } from '../kernel/network/network-error.ts';
import type { Task } from '../kernel/task.ts';
import type { HttpRequest, HttpResponse } from '../wire/http.ts';
import { type Peer, serveHttp } from '../wire/http-server.ts';
import { metricsAnswer, type Family } from '../wire/metrics.ts';
import { issueCertificate } from '../wire/tls-handshake.ts';
import { ApiError } from './api-error.ts';
import type { ApiClient } from './contract.ts';
import { DelegatedAccess } from './delegated-access.ts';
import type { Flags } from './flags.ts';

/** Always allowed. */
const healthy = new Set(['/healthz', '/livez', '/readyz']);
const yearMs = 365 * 24 * 3_600_000;

export interface ComponentPages {
  /** `--secure-port` without the flag. */
  readonly port: number;
  /** Whoever asks is reviewed with it. */
  readonly client: ApiClient;
  /** What /metrics says now. */
  readonly metrics: () => readonly Family[];
  /** Made at the first question. */
  access?: DelegatedAccess;
}

export function startComponentPort(host: Host, flags: Flags, pages: ComponentPages): void {
  const address = flags.get('bind-address') ?? '0.0.0.0';
  const port = flags.number('secure-port', pages.port);
  const listener = host.network.listen(address === '' || address === '0.0.0.0' ? `:${port}` : `${address}:${port}`, { family: 'probe' });
  const now = host.clock.wallMs();
  const certificate = issueCertificate(host.random, { commonName: `${host.hostname}@${Math.floor(now / 1000)}`, usages: ['server auth'], dnsNames: [host.hostname], ipAddresses: ['127.0.0.1'], notBeforeMs: now - 3_600_000, notAfterMs: now + yearMs });
  host.tasks.spawn(
    'component port',
    serveHttp(
      host,
      listener,
      function* (request, peer) {
        return healthy.has(request.path) ? text(200, 'ok') : yield* answerKnown(request, peer, host, pages);
      },
      { tls: { own: certificate, clientAuth: 'request' } },
    ),
  );
}

const text = (status: number, body: string): HttpResponse => ({ status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body });

function* answerKnown(request: HttpRequest, peer: Peer, host: Host, pages: ComponentPages): Task<HttpResponse> {
  const { path } = request;
  const access = (pages.access ??= new DelegatedAccess(host, pages.client));
  try {
    yield* access.learn();
    const user = yield* access.user(request, peer);
    if (user === undefined) return failure(401, 'Unauthorized', 'Unauthorized');
    const refusal = yield* access.refusal(user, { verb: request.method === 'HEAD' ? 'get' : request.method.toLowerCase(), path });
    if (refusal !== undefined) return failure(403, 'Forbidden', `forbidden: ${refusal}`, {});
  } catch (error) {
    if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
    return text(500, `Internal Server Error: ${JSON.stringify(path)}: ${error.message}\n`);
  }
  return path === '/metrics' ? metricsAnswer(pages.metrics()) : text(404, '404 page not found\n');
}

function failure(code: number, reason: string, message: string, details?: object): HttpResponse {
  return { status: code, headers: { 'content-type': 'application/json' }, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, ...(details === undefined ? {} : { details }), code } };
}
