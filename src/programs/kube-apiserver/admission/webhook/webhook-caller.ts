// Calls a webhook: AdmissionReview over HTTPS to a Service's cluster IP or a URL, with the CA that its configuration names.
import type { Webhook } from '../../../../api/admissionregistration/types.ts';
import { decodeBase64 } from '../../../../api/meta/base64.ts';
import type { Host } from '../../../../kernel/host.ts';
import { NetworkError } from '../../../../kernel/network/network-error.ts';
import type { Task } from '../../../../kernel/task.ts';
import { HttpClient } from '../../../../wire/http-client.ts';
import type { HttpResponse } from '../../../../wire/http.ts';
import { decodeCertificates } from '../../../../wire/tls-handshake.ts';
import { keyFor, type Collections } from '../../storage/collections.ts';

/** What went wrong with the call itself, in Go's words; the failure policy decides what follows. */
export class WebhookError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'WebhookError';
  }
}

interface Endpoint {
  readonly target: string;
  readonly serverName: string;
  readonly path: string;
  /** As errors name it: `https://svc.ns.svc:443/path?timeout=10s`. */
  readonly url: string;
}

const mostClients = 32;

export class WebhookCaller {
  private readonly host: Host;
  private readonly collections: Collections;
  /** One connection to each target is kept open. */
  private readonly clients = new Map<string, HttpClient>();

  constructor(host: Host, collections: Collections) {
    this.host = host;
    this.collections = collections;
  }

  /** The `response` of the review. Throws WebhookError. */
  *call(webhook: Pick<Webhook, 'name' | 'clientConfig' | 'timeoutSeconds'>, review: object, what = 'AdmissionReview'): Task<unknown> {
    const seconds = webhook.timeoutSeconds ?? 10;
    const endpoint = this.endpointOf(webhook, seconds);
    const client = this.clientFor(endpoint, webhook.clientConfig?.caBundle);
    let response: HttpResponse;
    try {
      response = yield* client.call({ method: 'POST', path: endpoint.path, query: [['timeout', `${seconds}s`]], headers: { 'content-type': 'application/json', accept: 'application/json, */*', 'user-agent': 'kube-apiserver-admission' }, body: review }, { timeoutMs: seconds * 1000, note: `${what} to ${webhook.name}` });
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      const text = error.code === 'ETIMEDOUT' && !error.message.startsWith('dial') ? 'context deadline exceeded' : error.message;
      throw new WebhookError(`failed to call webhook: Post ${JSON.stringify(endpoint.url)}: ${text}`);
    }
    if (response.status !== 200) throw new WebhookError(`failed to call webhook: ${statusText(response)}`);
    const body = asObject(response.body);
    if (body === undefined) throw new WebhookError("failed to call webhook: couldn't get version/kind; json parse error: invalid character looking for beginning of value");
    return body;
  }

  private endpointOf({ clientConfig }: Pick<Webhook, 'clientConfig'>, seconds: number): Endpoint {
    const service = clientConfig?.service;
    if (service !== undefined) {
      const { namespace = '', name = '', port = 443 } = service;
      const host = `${name}.${namespace}.svc`;
      const path = service.path || '/';
      const url = `https://${host}:${port}${path}?timeout=${seconds}s`;
      return { target: this.addressOf(namespace, name, port, url), serverName: host, path, url };
    }
    const match = /^https:\/\/(\[[^\]]*\]|[^:/]+)(?::(\d+))?(\/.*)?$/.exec(clientConfig?.url ?? '');
    const [, host = '', port = '443', path = '/'] = match ?? [];
    return { target: `${host}:${port}`, serverName: host, path, url: `${clientConfig?.url ?? ''}?timeout=${seconds}s` };
  }

  /** A Service is reached by its cluster IP, through this machine's kube-proxy, as the real server does it by default. */
  private addressOf(namespace: string, name: string, port: number, url: string): string {
    const found = this.collections.cache('services/specs').get(keyFor('services/specs', namespace, name));
    const fail = (why: string): WebhookError => new WebhookError(`failed to call webhook: Post ${JSON.stringify(url)}: ${why}`);
    if (found === undefined) throw fail(`service ${JSON.stringify(name)} not found`);
    const spec = found['spec'] as { readonly type?: string; readonly clusterIP?: string; readonly externalName?: string; readonly ports?: readonly { readonly port: number }[] };
    if (spec.type === 'ExternalName') return `${spec.externalName ?? ''}:${port}`;
    if ((spec.clusterIP ?? '') === '' || spec.clusterIP === 'None') throw fail(`service type ${JSON.stringify(spec.type ?? 'ClusterIP')} is not supported`);
    if (spec.ports?.some((each) => each.port === port) !== true) throw fail(`no service port ${port} found for service ${JSON.stringify(name)}`);
    return `${spec.clusterIP ?? ''}:${port}`;
  }

  private clientFor({ target, serverName }: Endpoint, caBundle: string | undefined): HttpClient {
    const key = `${target}\n${serverName}\n${caBundle ?? ''}`;
    let client = this.clients.get(key);
    if (client === undefined) {
      if (this.clients.size >= mostClients) for (const [old, each] of this.clients) {
        each.close();
        this.clients.delete(old);
        break;
      }
      // Without a bundle the authorities of the system are trusted, of which there are none.
      const trust = caBundle === undefined ? [] : decodeCertificates(decodeBase64(caBundle) ?? '');
      client = new HttpClient(this.host, target, { family: 'data', tls: { trust }, serverName, dialTimeoutMs: 10_000 });
      this.clients.set(key, client);
    }
    return client;
  }
}

function statusText({ status, body }: HttpResponse): string {
  if (status === 404) return 'the server could not find the requested resource';
  if (status === 503) return 'the server is currently unable to handle the request';
  const text = typeof body === 'string' ? body.trim() : '';
  return status >= 500 ? `an error on the server (${JSON.stringify(text === '' ? 'unknown' : text)}) has prevented the request from succeeding` : `the server rejected our request for an unknown reason`;
}

/** Programs send objects; whoever sends JSON text is understood too. */
function asObject(body: unknown): object | undefined {
  if (typeof body === 'object' && body !== null) return body;
  if (typeof body !== 'string') return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
