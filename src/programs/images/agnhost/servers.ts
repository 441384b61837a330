// agnhost's small servers: porter, serve-hostname, test-webserver, liveness, grpc-health-checking, nettest.
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { HttpRequest, HttpResponse } from '../../../wire/http.ts';
import type { Flags } from './flags.ts';
import { openDatagrams, openGreeting, openDoors, query, reply, serveOn, until } from './serve.ts';

function* now(response: HttpResponse): Task<HttpResponse> {
  return response;
}

/** How Go's net/http tells a page that says nothing of itself. */
const looksLikeHtml = /^\s*<(!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|!--)[ >]/i;

/** What SERVE_PORT_n, SERVE_TCP_PORT_n, SERVE_UDP_PORT_n and SERVE_TLS_PORT_n of the environment say. */
export function servePorter(host: Host, flags: Flags): Task<number> {
  const asJson = flags.flag('json-response', false);
  const tls = { certificate: host.env['CERT_FILE'] ?? '/localhost.crt', key: host.env['KEY_FILE'] ?? '/localhost.key' };
  return until(host, () => {
    for (const [name, value] of Object.entries(host.env)) {
      const match = /^SERVE_(?:(TCP|UDP|TLS)_)?PORT_(\d+)$/.exec(name);
      if (match === null) continue;
      const port = Number(match[2]);
      if (match[1] === 'UDP') openDatagrams(host, port, () => value);
      else openDoors(host, [{ port, ...(match[1] === 'TLS' ? { tls } : {}) }], ({ method }) => now(asJson ? reply(200, JSON.stringify({ Method: method, Body: value }), { 'content-type': 'application/json' }) : reply(200, value, looksLikeHtml.test(value) ? { 'content-type': 'text/html; charset=utf-8' } : {})));
    }
  });
}

export function serveHostname(host: Host, flags: Flags): Task<number> {
  const port = flags.number('port', 9376);
  const http = flags.flag('http', true);
  const [tcp, udp] = [flags.flag('tcp', false), flags.flag('udp', false)];
  return until(host, () => {
    if (http && (tcp || udp)) throw new Error("Can't server TCP/UDP mode and HTTP mode at the same time");
    if (tcp) openGreeting(host, port, host.hostname);
    if (udp) openDatagrams(host, port, () => host.hostname);
    if (http) openDoors(host, [{ port }], () => now(reply(200, `${host.hostname}${flags.flag('close', false) ? '\n' : ''}`)));
    host.output.error(`Serving on port ${port}.\n`);
  });
}

/** The files of the container, as net/http's file server shows them. */
export function serveFiles(host: Host, flags: Flags): Task<number> {
  return serveOn(host, [{ port: flags.number('port', 80) }], ({ path }) => {
    const clean = path === '/' ? '/' : path.replace(/\/+$/, '');
    const value = host.disk.read(clean);
    if (value !== undefined) return now(reply(200, Array.isArray(value) ? value.map((each: unknown) => `${String((each as { text?: unknown }).text ?? each)}\n`).join('') : String(value)));
    if (clean !== '/' && !host.disk.exists(clean)) return now(reply(404, '404 page not found\n'));
    const below = host.disk.list(clean).map((each) => each.slice(clean === '/' ? 1 : clean.length + 1));
    const names = [...new Set(below.map((each) => (each.includes('/') ? `${each.slice(0, each.indexOf('/'))}/` : each)))];
    return now(reply(200, `<pre>\n${names.map((name) => `<a href="${name}">${name}</a>\n`).join('')}</pre>\n`, { 'content-type': 'text/html; charset=utf-8' }));
  });
}

/** Well for ten seconds, then never again. */
export function serveLiveness(host: Host): Task<number> {
  const startedMs = host.clock.nowMs();
  return serveOn(host, [{ port: 8080 }], (request) => {
    const seconds = (host.clock.nowMs() - startedMs) / 1000;
    if (request.path === '/healthz') return now(seconds > 10 ? reply(500, `error: ${seconds}`) : reply(200, 'ok'));
    if (request.path === '/started') return now(reply(200, `${seconds}s`));
    if (request.path === '/redirect') return now(reply(302, '', { location: query(request, 'loc') }));
    return now(reply(404, '404 page not found\n'));
  });
}

/** gRPC's health service, and a plain port to set what it says. */
export function serveGrpcHealth(host: Host, flags: Flags): Task<number> {
  const startedMs = host.clock.nowMs();
  const delay = flags.number('delay-unhealthy-sec', -1);
  const service = flags.text('service', '');
  let forced: boolean | undefined;
  return until(host, () => {
    openDoors(host, [{ port: flags.number('http-port', 8080) }], ({ path }) => {
      if (path !== '/make-not-serving' && path !== '/make-serving') return now(reply(404, '404 page not found\n'));
      forced = path === '/make-serving';
      return now(reply(200, `${(host.clock.nowMs() - startedMs) / 1000}s`));
    });
    openDoors(host, [{ port: flags.number('port', 5000) }], (request) => {
      const asked = (request.body as { readonly service?: string } | undefined)?.service ?? '';
      host.output.error('Serving the Check request for health check\n');
      if (asked !== service) return now({ status: 404, headers: { 'content-type': 'application/grpc' }, body: { code: 5, message: 'unknown service' } });
      const isServing = forced ?? !(delay >= 0 && (host.clock.nowMs() - startedMs) / 1000 >= delay);
      return now({ status: 200, headers: { 'content-type': 'application/grpc' }, body: { status: isServing ? 'SERVING' : 'NOT_SERVING' } });
    });
  });
}

/** Counts who wrote to it. Its namesake also looks for peers by itself; this one only waits to be written to. */
export function serveNettest(host: Host, flags: Flags): Task<number> {
  const received = new Map<string, number>();
  return serveOn(host, [{ port: flags.number('port', 8080) }], (request: HttpRequest) => {
    if (request.path === '/read') return now(reply(200, JSON.stringify({ Hostname: host.hostname, Sent: {}, Received: Object.fromEntries(received), Errors: [], Log: [], StillContactingPeers: false })));
    if (request.path === '/status') return now(reply(200, 'running'));
    if (request.path !== '/write') return now(reply(404, '404 page not found\n'));
    let source: unknown;
    try {
      const body: unknown = typeof request.body === 'string' ? JSON.parse(request.body) : request.body;
      source = (body as { readonly Source?: unknown } | undefined)?.Source;
    } catch {
      return now(reply(200, 'invalid character in request\n'));
    }
    if (typeof source === 'string') received.set(source, (received.get(source) ?? 0) + 1);
    return now(reply(200, JSON.stringify({ Hostname: host.hostname })));
  });
}
