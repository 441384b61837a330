// The port that kubelet probes: https with a certificate made at the start, as the real one does without --tls-cert-file.
import type { Host } from '../kernel/host.ts';
import type { Task } from '../kernel/task.ts';
import type { HttpRequest, HttpResponse } from '../wire/http.ts';
import { serveHttp } from '../wire/http-server.ts';
import { issueCertificate } from '../wire/tls-handshake.ts';

const healthy = new Set(['/healthz', '/livez', '/readyz']);
const yearMs = 365 * 24 * 3_600_000;

export function startHealthz(host: Host, address: string, port: number): void {
  const listener = host.network.listen(address === '' || address === '0.0.0.0' ? `:${port}` : `${address}:${port}`, { family: 'probe' });
  const now = host.clock.wallMs();
  const certificate = issueCertificate(host.random, { commonName: `${host.hostname}@${Math.floor(now / 1000)}`, usages: ['server auth'], dnsNames: [host.hostname], ipAddresses: ['127.0.0.1'], notBeforeMs: now - 3_600_000, notAfterMs: now + yearMs });
  host.tasks.spawn('healthz', serveHttp(host, listener, answer, { tls: { own: certificate } }));
}

function* answer(request: HttpRequest): Task<HttpResponse> {
  const headers = { 'content-type': 'text/plain; charset=utf-8' };
  return healthy.has(request.path) ? { status: 200, headers, body: 'ok' } : { status: 404, headers, body: '404 page not found' };
}
