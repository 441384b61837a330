// Speaks REST to one API server (or the load balancer before several): paths, verbs, refusals, retries that the server asked for.
import type { ApiObject, ListOf, Status } from '../api/meta/object.ts';
import { NetworkError } from '../kernel/network/network-error.ts';
import type { DialOptions, Family, Host } from '../kernel/host.ts';
import type { Task } from '../kernel/task.ts';
import { HttpClient } from '../wire/http-client.ts';
import type { HttpRequest, HttpResponse } from '../wire/http.ts';
import type { Tally } from '../wire/metrics.ts';
import type { TlsIdentity } from '../wire/tls.ts';
import { ApiError } from './api-error.ts';
import type { ApiClient, ApiStream, PatchType, RawResponse, RequestOptions, ResourceRef } from './contract.ts';

export interface ApiClientOptions {
  /** `https://ip:port` (or a name, which is then resolved); `http://` speaks plainly. */
  readonly server: string;
  readonly tls?: TlsIdentity;
  readonly token?: string;
  /** Read again for each request, as client-go does every minute: projected tokens change. */
  readonly tokenFile?: string;
  readonly userAgent?: string;
  /** Colour of the wire in the picture; default `client` (a kubelet passes `kubelet`). Watches are always `watch`. */
  readonly family?: Family;
  /** Default for requests that are no streams. */
  readonly timeoutMs?: number;
  readonly impersonate?: { readonly user: string; readonly groups?: readonly string[]; readonly uid?: string };
  readonly keepAlive?: DialOptions['keepAlive'];
  /** Counts what is answered, by code, host and method; the code of what was not is `<error>`. */
  readonly tally?: Tally;
}

export interface ClosableApiClient extends ApiClient {
  readonly server: string;
  readonly connected: boolean;
  close(): void;
}

// HTTP/2 health checks of client-go: a ping after 30 s of silence, lost after 15 s more.
const defaultKeepAlive = { idleMs: 30_000, timeoutMs: 15_000 };
const maxRetries = 10;

export function createApiClient(host: Host, options: ApiClientOptions): ClosableApiClient {
  return new RestClient(host, options);
}

/** `/api/v1`, `/apis/apps/v1` */
export function groupPath(ref: Pick<ResourceRef, 'group' | 'version'>): string {
  return ref.group === '' ? `/api/${ref.version}` : `/apis/${ref.group}/${ref.version}`;
}

export function resourcePath(ref: ResourceRef, namespace: string, name?: string, subresource?: string): string {
  let path = groupPath(ref);
  if (namespace !== '') path += `/namespaces/${namespace}`;
  path += `/${ref.resource}`;
  if (name !== undefined) path += `/${name}`;
  if (subresource !== undefined && subresource !== '') path += `/${subresource}`;
  return path;
}

const jsonHeaders = { accept: 'application/json' };

class RestClient implements ClosableApiClient {
  readonly server: string;
  private readonly host: Host;
  private readonly http: HttpClient;
  private readonly options: ApiClientOptions;
  private readonly baseHeaders: Record<string, string>;
  private readonly bodyHeaders: Record<string, string>;

  constructor(host: Host, options: ApiClientOptions) {
    this.host = host;
    this.options = options;
    this.server = options.server.replace(/\/+$/, '');
    const secure = this.server.startsWith('https://');
    let target = this.server.replace(/^https?:\/\//, '');
    if (!target.startsWith('unix:') && !/:\d+$/.test(target)) target += secure ? ':443' : ':80';
    const keepAlive = options.keepAlive ?? defaultKeepAlive;
    this.http = new HttpClient(host, target, {
      ...(secure ? { tls: options.tls ?? {} } : {}),
      family: options.family ?? 'client',
      keepAlive,
    });
    const headers: Record<string, string> = { ...jsonHeaders, 'user-agent': options.userAgent ?? host.process };
    if (options.token !== undefined) headers['authorization'] = `Bearer ${options.token}`;
    if (options.impersonate !== undefined) {
      headers['impersonate-user'] = options.impersonate.user;
      if (options.impersonate.groups !== undefined) headers['impersonate-group'] = options.impersonate.groups.join(',');
      if (options.impersonate.uid !== undefined) headers['impersonate-uid'] = options.impersonate.uid;
    }
    this.baseHeaders = headers;
    this.bodyHeaders = { ...headers, 'content-type': 'application/json' };
  }

  get connected(): boolean {
    return this.http.connected;
  }

  close(): void {
    this.http.close();
  }

  *get<T extends ApiObject>(ref: ResourceRef, namespace: string, name: string, options?: RequestOptions): Task<T> {
    return (yield* this.request('GET', resourcePath(ref, namespace, name), undefined, options)).body as T;
  }

  *list<T extends ApiObject>(ref: ResourceRef, namespace: string, options?: RequestOptions): Task<ListOf<T>> {
    return (yield* this.request('GET', resourcePath(ref, namespace), undefined, options)).body as ListOf<T>;
  }

  *create<T extends ApiObject>(ref: ResourceRef, namespace: string, object: T, options?: RequestOptions): Task<T> {
    return (yield* this.request('POST', resourcePath(ref, namespace), object, options)).body as T;
  }

  *update<T extends ApiObject>(ref: ResourceRef, namespace: string, object: T, options?: RequestOptions): Task<T> {
    return (yield* this.request('PUT', resourcePath(ref, namespace, object.metadata.name), object, options)).body as T;
  }

  *updateStatus<T extends ApiObject>(ref: ResourceRef, namespace: string, object: T, options?: RequestOptions): Task<T> {
    return (yield* this.request('PUT', resourcePath(ref, namespace, object.metadata.name, 'status'), object, options)).body as T;
  }

  *patch<T extends ApiObject>(ref: ResourceRef, namespace: string, name: string, type: PatchType, patch: unknown, options?: RequestOptions & { readonly subresource?: string }): Task<T> {
    const path = resourcePath(ref, namespace, name, options?.subresource);
    return (yield* this.request('PATCH', path, patch, { ...options, headers: { ...options?.headers, 'content-type': type } })).body as T;
  }

  *delete(ref: ResourceRef, namespace: string, name: string, deleteOptions?: object, options?: RequestOptions): Task<ApiObject | Status> {
    return (yield* this.request('DELETE', resourcePath(ref, namespace, name), deleteOptions, options)).body as ApiObject | Status;
  }

  *subresource<T>(method: 'GET' | 'POST' | 'PUT', ref: ResourceRef, namespace: string, name: string, subresource: string, body?: unknown, options?: RequestOptions): Task<T> {
    return (yield* this.request(method, resourcePath(ref, namespace, name, subresource), body, options)).body as T;
  }

  *raw(method: string, path: string, options?: RequestOptions & { readonly body?: unknown }): Task<RawResponse> {
    const response = yield* this.request(method as HttpRequest['method'], path, options?.body, options);
    return { status: response.status, headers: response.headers, body: response.body };
  }

  *stream(method: string, path: string, options?: RequestOptions & { readonly body?: unknown }): Task<ApiStream> {
    const [plainPath, query] = splitQuery(path, options?.query);
    const watching = query.some(([name, value]) => name === 'watch' && value !== 'false' && value !== '0');
    const request = { method: method as HttpRequest['method'], path: plainPath, query, headers: this.headers(options, options?.body !== undefined), ...(options?.body === undefined ? {} : { body: options.body }) };
    try {
      const stream = yield* this.http.open(request, {
        ...(options?.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
        ...(watching ? { family: 'watch' as const } : {}),
        note: `${watching ? 'WATCH' : method} ${plainPath}`,
      });
      this.count(method, stream.response.status);
      if (stream.response.status >= 400) {
        // The refusal's body came with the head.
        throw refusalOf(stream.response);
      }
      return stream as ApiStream;
    } catch (error) {
      throw this.explain(error, method, path);
    }
  }

  private headers(options: RequestOptions | undefined, hasBody: boolean): Record<string, string> {
    let headers = hasBody ? this.bodyHeaders : this.baseHeaders;
    if (this.options.tokenFile !== undefined) {
      const token = this.host.disk.readText(this.options.tokenFile)?.trim();
      if (token !== undefined && token !== '') headers = { ...headers, authorization: `Bearer ${token}` };
    }
    return options?.headers === undefined ? headers : { ...headers, ...options.headers };
  }

  private *request(method: HttpRequest['method'], path: string, body: unknown, options: RequestOptions | undefined): Task<HttpResponse> {
    const [plainPath, query] = splitQuery(path, options?.query);
    const request = { method, path: plainPath, query, headers: this.headers(options, body !== undefined), ...(body === undefined ? {} : { body }) };
    const timeoutMs = options?.timeoutMs ?? this.options.timeoutMs;
    const callOptions = timeoutMs === undefined ? {} : { timeoutMs };
    const deadlineMs = timeoutMs === undefined ? Infinity : this.host.clock.nowMs() + timeoutMs;
    for (let attempt = 0; ; attempt++) {
      let response: HttpResponse;
      try {
        response = yield* this.http.call(request, callOptions);
        this.count(method, response.status);
      } catch (error) {
        // As client-go: a GET whose connection broke is asked again after a second.
        const again = error instanceof NetworkError && error.code === 'ECONNRESET' && method === 'GET' && attempt < maxRetries && this.host.clock.nowMs() + 1000 < deadlineMs;
        if (!again) throw this.explain(error, method, path);
        this.count(method, '<error>');
        yield* this.host.clock.sleep(1000);
        continue;
      }
      if (response.status < 400) return response;
      const retryAfter = response.headers['retry-after'];
      const retryable = retryAfter !== undefined && (response.status === 429 || response.status >= 500) && attempt < maxRetries;
      if (retryable && this.host.clock.nowMs() + Number(retryAfter) * 1000 < deadlineMs) {
        yield* this.host.clock.sleep(Number(retryAfter) * 1000);
        continue;
      }
      throw refusalOf(response);
    }
  }

  private count(method: string, code: number | string): void {
    this.options.tally?.add(`${code}\n${this.server.slice(this.server.indexOf('//') + 2)}\n${method}`);
  }

  /** `Get "https://192.168.1.10:6443/api/v1/pods": dial tcp ...`, as Go's url.Error reads. */
  private explain(error: unknown, method: string, path: string): unknown {
    if (!(error instanceof NetworkError)) return error;
    this.count(method, '<error>');
    const verb = method.slice(0, 1) + method.slice(1).toLowerCase();
    return new NetworkError(error.code, `${verb} "${this.server}${path}": ${error.message}`);
  }
}

function splitQuery(path: string, extra: Readonly<Record<string, string>> | undefined): [string, readonly (readonly [string, string])[]] {
  const mark = path.indexOf('?');
  if (mark < 0 && extra === undefined) return [path, noQuery];
  const query: [string, string][] = [];
  if (mark >= 0) {
    for (const part of path.slice(mark + 1).split('&')) {
      if (part === '') continue;
      const equals = part.indexOf('=');
      const name = equals < 0 ? part : part.slice(0, equals);
      query.push([decodePart(name), equals < 0 ? '' : decodePart(part.slice(equals + 1))]);
    }
  }
  if (extra !== undefined) for (const name of Object.keys(extra)) query.push([name, extra[name] as string]);
  return [mark < 0 ? path : path.slice(0, mark), query];
}

const noQuery: readonly (readonly [string, string])[] = [];

function decodePart(text: string): string {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '));
  } catch {
    return text;
  }
}

function refusalOf(response: HttpResponse): ApiError {
  const body = response.body as Partial<Status> | string | undefined;
  if (typeof body === 'object' && body !== null && body.kind === 'Status') return new ApiError({ code: response.status, ...(body as Status) });
  // client-go's own words for a path that nobody serves.
  if (response.status === 404 && typeof body === 'string' && body.trim() === '404 page not found') return new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'the server could not find the requested resource', reason: 'NotFound', details: {}, code: 404 });
  const message = typeof body === 'string' && body !== '' ? body.trim() : `the server responded with the status code ${response.status} but did not return more information`;
  return new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason: reasonOf(response.status), code: response.status });
}

function reasonOf(code: number): string {
  const reasons: Readonly<Record<number, string>> = { 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound', 405: 'MethodNotAllowed', 409: 'Conflict', 410: 'Gone', 422: 'Invalid', 429: 'TooManyRequests', 500: 'InternalError', 503: 'ServiceUnavailable', 504: 'Timeout' };
  return reasons[code] ?? '';
}
