// One run of kubectl: its flags, its connection, its discovery, its output. Every command gets one of these and nothing else.
import { ApiError } from '../../client/api-error.ts';
import type { ApiClient, ApiStream, RawResponse } from '../../client/contract.ts';
import type { Host } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { Discovery } from './discovery.ts';
import type { Mapping } from './discovery.ts';
import type { ProxyPlan } from './commands/proxy.ts';
import { CommandError } from './errors.ts';
import type { KubectlEvent } from './events.ts';
import { formatMicroTime } from '../../api/meta/time.ts';
import { parseGoDuration } from './flags.ts';
import type { ParsedFlags } from './flags.ts';
import { withQuery } from './go-text.ts';
import { resolveTarget } from './kubeconfig.ts';
import type { Target } from './kubeconfig.ts';

/** Makes the transport: over the simulated wires, or real ones. */
export type Connect = (host: Host, target: Target) => ApiClient;

/** A screen and a keyboard, whose keys can be handed on one by one: what is typed is then echoed and edited at the other end. */
export interface Terminal {
  readonly isInput: boolean;
  /** Until the returned function is called; `resized` is told the size now and whenever it changes. */
  raw(resized: (width: number, height: number) => void): () => void;
}

/** What only some computers have: an editor, the internet. Absent where there is none. */
export interface Outside {
  /** Lets somebody edit a text: what they saved, or undefined when the editor failed. */
  readonly edit?: (text: string, about: { readonly command: string; readonly what: string }) => Task<string | undefined>;
  /** The terminal on which this runs; absent, or without input, where there is none. */
  readonly terminal?: Terminal;
  /** `kubectl proxy` over real sockets, for ever; `listening` is told where. Throws a CommandError when it cannot listen. */
  readonly serveProxy?: (target: Target, plan: ProxyPlan, listening: (where: string) => void) => Task<void>;
  /** Makes a folder and those above it, on a disk that knows folders. */
  readonly makeFolder?: (path: string) => void;
  /** The text behind a URL. Throws with Go's words for what went wrong. */
  readonly download?: (url: string) => Task<string>;
}

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface RequestExtras {
  readonly query?: Query;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An object as it came: plain JSON. */
// eslint-disable-next-line -- the objects of any kind are walked freely by printers
export type Any = any;

export class Kubectl {
  readonly host: Host;
  readonly flags: ParsedFlags;
  /** `kubectl get`, for usage errors. */
  readonly commandPath: string;
  readonly outside: Outside;
  private readonly connect: Connect;
  private found: Target | undefined;
  private client: ApiClient | undefined;
  private known: Discovery | undefined;
  private readonly warned = new Set<string>();
  /** Names met in answers, for the terminal's Tab. */
  readonly seen: { readonly mapping: Mapping; readonly namespace: string; readonly names: readonly string[]; readonly whole: boolean }[] = [];
  /** Groups whose OpenAPI document was fetched by this run. */
  readonly openapiSeen = new Map<string, unknown>();

  constructor(host: Host, flags: ParsedFlags, commandPath: string, connect: Connect, outside: Outside = {}) {
    this.host = host;
    this.flags = flags;
    this.commandPath = commandPath;
    this.connect = connect;
    this.outside = outside;
  }

  out(text: string): void {
    if (text !== '') this.host.output.write(text);
  }
  line(text: string): void {
    this.host.output.write(text + '\n');
  }
  err(text: string): void {
    this.host.output.error(text.endsWith('\n') ? text : text + '\n');
  }
  warn(text: string): void {
    this.err(`Warning: ${text}`);
  }

  /** A line of the log that Go programs keep on standard error: severity, date, time, process, source. */
  klog(severity: 'I' | 'W', text: string): void {
    const [date = '', time = ''] = formatMicroTime(this.host.clock.wallMs()).replace('Z', '').split('T');
    this.err(`${severity}${date.slice(5).replace('-', '')} ${time} ${String(this.host.pid).padStart(7)} ${text}`);
  }

  get target(): Target {
    return (this.found ??= resolveTarget(this.host, this.flags));
  }
  get namespace(): string {
    return this.target.namespace;
  }
  get discovery(): Discovery {
    return (this.known ??= new Discovery(this));
  }
  get warningCount(): number {
    return this.warned.size;
  }
  nowMs(): number {
    return this.host.clock.wallMs();
  }

  get usesDiscovery(): boolean {
    return this.known !== undefined;
  }

  private get api(): ApiClient {
    return (this.client ??= this.connect(this.host, this.target));
  }

  get timeoutMs(): number | undefined {
    const text = this.flags.string('request-timeout');
    const timeout = /^\d+$/.test(text) ? Number(text) * 1000 : parseGoDuration(text);
    if (timeout === undefined) throw new CommandError(`Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)`);
    return timeout === 0 ? undefined : timeout;
  }

  *request(method: string, path: string, extras: RequestExtras = {}): Task<RawResponse> {
    const full = withQuery(path, extras.query ?? {});
    const api = this.api;
    this.emit(method, full);
    const timeoutMs = this.timeoutMs;
    const startedMs = this.host.clock.nowMs();
    try {
      const response = yield* api.raw(method, full, {
        ...(extras.body === undefined ? {} : { body: extras.body }),
        ...(extras.headers === undefined ? {} : { headers: extras.headers }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
      this.logRequest(method, full, response.status, startedMs);
      this.readWarnings(response.headers);
      return response;
    } catch (error) {
      if (error instanceof ApiError) this.logRequest(method, full, error.code, startedMs);
      throw error instanceof ApiError ? asClientGo(error) : error;
    }
  }

  /** The body of the answer. */
  *call(method: string, path: string, extras: RequestExtras = {}): Task<Any> {
    return (yield* this.request(method, path, extras)).body;
  }

  *stream(method: string, path: string, query: Query = {}, body?: unknown, headers?: Readonly<Record<string, string>>): Task<ApiStream> {
    const full = withQuery(path, query);
    const api = this.api;
    this.emit(method, full);
    const startedMs = this.host.clock.nowMs();
    try {
      const stream = yield* api.stream(method, full, { ...(body === undefined ? {} : { body }), ...(headers === undefined ? {} : { headers }) });
      this.logRequest(method, full, stream.response.status, startedMs);
      this.readWarnings(stream.response.headers);
      return stream;
    } catch (error) {
      throw error instanceof ApiError ? asClientGo(error) : error;
    }
  }

  /** With --record: the object with this command line as its change cause (cli-runtime's ChangeCauseRecorder). */
  recorded(object: Any): Any {
    if (!this.flags.has('record') || !this.flags.bool('record')) return object;
    const secret = ['token', 'password'];
    const line = [this.commandPath, ...this.flags.args, ...this.flags.given.map(([name, value]) => `--${name}=${secret.includes(name) ? 'CLASSIFIED' : value}`)].join(' ');
    return { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata?.annotations, 'kubernetes.io/change-cause': line } } };
  }

  private emit(verb: string, path: string): void {
    this.host.trace.emit<KubectlEvent>({ type: 'kubectl.request', verb, path });
  }

  private logRequest(method: string, path: string, status: number, startedMs: number): void {
    if (this.flags.int('v') < 6) return;
    this.klog('I', `round_trippers.go:632] "Response" verb="${method}" url="${this.target.server}${path}" status="${statusText(status)}" milliseconds=${Math.round(this.host.clock.nowMs() - startedMs)}`);
  }

  private readWarnings(headers: Readonly<Record<string, string>>): void {
    const text = headers['warning'];
    if (text === undefined) return;
    for (const match of text.matchAll(/\d{3} \S+ "((?:\\.|[^"\\])*)"/g)) {
      const warning = (match[1] as string).replace(/\\(.)/g, '$1');
      if (this.warned.has(warning)) continue;
      this.warned.add(warning);
      this.warn(warning);
    }
  }

  /** `/api/v1/namespaces/default/pods/web` */
  path(mapping: Mapping, namespace: string, name = '', subresource = ''): string {
    let path = mapping.group === '' ? `/api/${mapping.version}` : `/apis/${mapping.group}/${mapping.version}`;
    if (mapping.namespaced && namespace !== '') path += `/namespaces/${encodeURIComponent(namespace)}`;
    path += `/${mapping.resource}`;
    if (name !== '') path += `/${encodeURIComponent(name)}`;
    if (subresource !== '') path += `/${subresource}`;
    return path;
  }

  /** A built-in kind's mapping without asking the server. */
  static mapping(group: string, version: string, resource: string, kind: string, namespaced = true): Mapping {
    return { group, version, resource, kind, namespaced, singular: kind.toLowerCase(), shortNames: [], categories: [], verbs: [], subresources: [] };
  }
}

/** client-go gives a refusal without a Status body its own words. */
function asClientGo(error: ApiError): ApiError {
  if (error.code === 404 && /^404 page not found$/.test(error.message)) {
    return new ApiError({ ...error.status, reason: 'NotFound', message: 'the server could not find the requested resource' });
  }
  return error;
}

function statusText(code: number): string {
  const names: Readonly<Record<number, string>> = { 101: 'Switching Protocols', 200: 'OK', 201: 'Created', 202: 'Accepted', 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed', 409: 'Conflict', 415: 'Unsupported Media Type', 422: 'Unprocessable Entity', 429: 'Too Many Requests', 500: 'Internal Server Error', 503: 'Service Unavailable', 504: 'Gateway Timeout' };
  return `${code} ${names[code] ?? ''}`.trimEnd();
}
