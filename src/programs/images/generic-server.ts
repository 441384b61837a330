// What runs in an image of which nothing is known but the ports its pod declares: a server that answers on each of them, with gRPC's
// health service, as a polite program would. It says who it is, so that load balancing can be seen.
import type { Host, Program } from '../../kernel/host.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import { serveApp } from './http-app.ts';

export const genericServer: Program = {
  name: 'generic-server',
  *main(host) {
    host.usage.memoryBytes = 24 * 1024 * 1024;
    const ports = declaredPorts(host);
    host.output.write(ports.length === 0 ? `${host.hostname}: started, no ports declared\n` : `${host.hostname}: listening on ${ports.join(', ')}\n`);
    return yield* serveApp(
      host,
      ports,
      (request) => answer(host, request),
      () => {},
    );
  },
};

/** Ports of the pod's declaration, as the runtime passes them on; else the usual PORT variable. */
function declaredPorts(host: Host): readonly number[] {
  const ports = new Set<number>();
  const declared = host.env['TERRARIUM_PORTS'];
  if (declared !== undefined) {
    const parsed = JSON.parse(declared) as readonly { readonly containerPort?: number; readonly protocol?: string }[];
    for (const each of parsed) if (each.containerPort !== undefined && (each.protocol ?? 'TCP') === 'TCP') ports.add(each.containerPort);
  }
  const port = Number(host.env['PORT']);
  if (port > 0 && port < 65536) ports.add(port);
  return [...ports];
}

function answer(host: Host, request: HttpRequest): HttpResponse {
  if (request.path === '/grpc.health.v1.Health/Check') return { status: 200, headers: { 'content-type': 'application/grpc' }, body: { status: 'SERVING' } };
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: `${host.hostname}\n` };
}
