// `agnhost crd-conversion-webhook`: custom resources of stable.example.com between v1 (`hostPort`) and v2 (`host`, `port`), as its namesake of test/images/agnhost does it.
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { HttpRequest, HttpResponse } from '../../../wire/http.ts';
import type { Flags } from './flags.ts';
import { reply, serveOn } from './serve.ts';

type Custom = Readonly<Record<string, unknown>> & { readonly apiVersion?: string };

interface Review {
  readonly apiVersion?: string;
  readonly request?: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly Custom[] };
}

export function* serveConversionWebhook(host: Host, flags: Flags): Task<number> {
  return yield* serveOn(host, [{ port: flags.number('port', 443), tls: { certificate: flags.text('tls-cert-file', ''), key: flags.text('tls-private-key-file', '') } }], (request) => handle(host, request));
}

function* handle(host: Host, request: HttpRequest): Task<HttpResponse> {
  host.usage.cpuMs += 0.3;
  if (request.path === '/readyz') return reply(200, 'ok');
  if (request.path !== '/crdconvert') return reply(404, '404 page not found\n');
  const review = (typeof request.body === 'string' ? JSON.parse(request.body) : request.body) as Review | undefined;
  if (review?.request === undefined) return reply(400, 'unexpected nil request\n');
  const { uid, desiredAPIVersion, objects } = review.request;
  const convertedObjects: Custom[] = [];
  let problem: string | undefined;
  for (const object of objects) {
    const converted = convert(object, desiredAPIVersion);
    if (typeof converted === 'string') {
      problem = converted;
      break;
    }
    convertedObjects.push(converted);
  }
  host.output.write(`conversion of ${objects.length} objects to ${desiredAPIVersion}: ${problem ?? 'done'}\n`);
  const response = { uid, ...(problem === undefined ? { convertedObjects, result: { status: 'Success' } } : { convertedObjects: [], result: { status: 'Failure', message: problem } }) };
  return { status: 200, headers: { 'content-type': 'application/json' }, body: { kind: 'ConversionReview', apiVersion: review.apiVersion ?? 'apiextensions.k8s.io/v1', response } };
}

/** A text says why not. */
function convert(object: Custom, wanted: string): Custom | string {
  const from = object.apiVersion ?? '';
  if (from === wanted) return `conversion from a version to itself should not call the webhook: ${wanted}`;
  const version = wanted.slice(wanted.indexOf('/') + 1);
  const { hostPort, host, port, ...rest } = object;
  if (from.endsWith('/v1') && version === 'v2') {
    if (hostPort === undefined) return { ...object, apiVersion: wanted };
    const parts = String(hostPort).split(':');
    if (parts.length !== 2) return `invalid hostPort value \`${String(hostPort)}\``;
    return { ...rest, apiVersion: wanted, host: parts[0], port: parts[1] };
  }
  if (from.endsWith('/v2') && version === 'v1') return host === undefined && port === undefined ? { ...object, apiVersion: wanted } : { ...rest, apiVersion: wanted, hostPort: `${String(host ?? '')}:${String(port ?? '')}` };
  return `unexpected conversion version "${wanted}"`;
}
