// An ApiClient over real HTTP(S): what kubectl uses when it runs in Node against any API server.
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { Agent as SecureAgent, request as httpsRequest } from 'node:https';
import { ByteTextDecoder, bytesOfText } from '../../api/meta/byte-text.ts';
import type { Status } from '../../api/meta/object.ts';
import { ApiError } from '../../client/api-error.ts';
import type { ApiClient, ApiStream, RawResponse, RequestOptions } from '../../client/contract.ts';
import type { Task } from '../../kernel/task.ts';
import { fromPromise, NodeMailbox } from './node-host.ts';

export interface NodeTarget {
  readonly server: string;
  readonly certificateAuthority?: string;
  readonly clientCertificate?: string;
  readonly clientKey?: string;
  readonly insecure: boolean;
  readonly token?: string;
  readonly username?: string;
  readonly password?: string;
  readonly tlsServerName?: string;
  readonly impersonate?: { readonly user: string; readonly groups: readonly string[]; readonly uid?: string };
  readonly userAgent: string;
}

/** As the rest of the house knows network failures: a code, and a message in Go's words. */
class TransportError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** What stands between this computer and the server; undefined where it speaks plainly. */
export function agentFor(target: NodeTarget): SecureAgent | undefined {
  if (!target.server.startsWith('https:')) return undefined;
  return new SecureAgent({
    keepAlive: true,
    rejectUnauthorized: !target.insecure,
    ...(target.certificateAuthority === undefined ? {} : { ca: target.certificateAuthority }),
    ...(target.clientCertificate === undefined ? {} : { cert: target.clientCertificate }),
    ...(target.clientKey === undefined ? {} : { key: target.clientKey }),
    ...(target.tlsServerName === undefined ? {} : { servername: target.tlsServerName }),
  });
}

/** The headers that say who asks. */
export function credentialsOf({ token, username, password, impersonate }: NodeTarget): OutgoingHttpHeaders {
  return {
    ...(token !== undefined ? { authorization: `Bearer ${token}` } : username !== undefined ? { authorization: `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}` } : {}),
    ...(impersonate === undefined ? {} : { 'impersonate-user': impersonate.user, ...(impersonate.groups.length > 0 ? { 'impersonate-group': [...impersonate.groups] } : {}), ...(impersonate.uid === undefined ? {} : { 'impersonate-uid': impersonate.uid }) }),
  };
}

/** The target with the token that its file holds. */
export function withToken<T extends NodeTarget & { readonly tokenFile?: string }>(target: T): T {
  return target.token !== undefined || target.tokenFile === undefined ? target : { ...target, token: readFileSync(target.tokenFile, 'utf8').trim() };
}

const statusReasons: Readonly<Record<number, string>> = { 400: 'BadRequest', 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound', 405: 'MethodNotAllowed', 409: 'Conflict', 410: 'Gone', 422: 'Invalid', 429: 'TooManyRequests', 500: 'InternalError', 503: 'ServiceUnavailable', 504: 'Timeout' };

export function createNodeApiClient(target: NodeTarget): ApiClient {
  const base = new URL(target.server);
  const secure = base.protocol === 'https:';
  const agent = agentFor(target);

  function headersFor(options: RequestOptions | undefined, body: string | undefined): OutgoingHttpHeaders {
    return {
      accept: 'application/json',
      'user-agent': target.userAgent,
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...credentialsOf(target),
      ...options?.headers,
    };
  }

  function explain(error: NodeJS.ErrnoException, method: string, path: string): Error {
    const verb = method.slice(0, 1) + method.slice(1).toLowerCase();
    const host = `${base.hostname}:${base.port || (secure ? 443 : 80)}`;
    let text = error.message;
    if (error.code === 'ECONNREFUSED') text = `dial tcp ${host}: connect: connection refused`;
    else if (error.code === 'ENOTFOUND' || error.code === 'EAI_AGAIN') text = `dial tcp: lookup ${base.hostname}: no such host`;
    else if (error.code === 'ETIMEDOUT') text = `dial tcp ${host}: i/o timeout`;
    else if (error.code === 'EHOSTUNREACH') text = `dial tcp ${host}: connect: no route to host`;
    else if (error.code === 'ECONNRESET') text = 'EOF';
    else if (error.code === 'DEPTH_ZERO_SELF_SIGNED_CERT' || error.code === 'SELF_SIGNED_CERT_IN_CHAIN' || error.code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' || error.code === 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY') text = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
    else if (error.code === 'CERT_HAS_EXPIRED') text = 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid';
    return new TransportError(error.code ?? 'ECONNRESET', `${verb} "${target.server}${path}": ${text}`);
  }

  function begin(method: string, path: string, options: (RequestOptions & { readonly body?: unknown }) | undefined): Promise<IncomingMessage> {
    const body = options?.body === undefined ? undefined : typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
    return new Promise((resolve, reject) => {
      const request = (secure ? httpsRequest : httpRequest)(
        { protocol: base.protocol, hostname: base.hostname.replace(/^\[|\]$/g, ''), port: base.port, method, path: `${base.pathname.replace(/\/$/, '')}${path}`, headers: headersFor(options, body), ...(agent === undefined ? {} : { agent }), ...(options?.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }) },
        resolve,
      );
      request.on('timeout', () => request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })));
      request.on('error', (error: NodeJS.ErrnoException) => reject(options?.timeoutMs !== undefined && error.code === 'ETIMEDOUT' ? new TransportError('ETIMEDOUT', `${method.slice(0, 1)}${method.slice(1).toLowerCase()} "${target.server}${path}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`) : explain(error, method, path)));
      request.end(body);
    });
  }

  function headOf(message: IncomingMessage): { status: number; headers: Record<string, string> } {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(message.headers)) if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
    return { status: message.statusCode ?? 0, headers };
  }

  async function readBody(message: IncomingMessage): Promise<unknown> {
    message.setEncoding('utf8');
    let text = '';
    for await (const chunk of message) text += chunk as string;
    return /json/.test(message.headers['content-type'] ?? '') && text !== '' ? (JSON.parse(text) as unknown) : text;
  }

  function refusal(status: number, body: unknown): ApiError {
    const found = body as Partial<Status> | undefined;
    if (typeof found === 'object' && found !== null && found.kind === 'Status') return new ApiError({ code: status, ...(found as Status) });
    const text = typeof body === 'string' ? body.trim() : '';
    return new ApiError({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: text === '' ? `the server responded with the status code ${status} but did not return more information` : text, reason: statusReasons[status] ?? '', code: status });
  }

  async function call(method: string, path: string, options?: RequestOptions & { readonly body?: unknown }): Promise<RawResponse> {
    for (let attempt = 0; ; attempt++) {
      const message = await begin(method, path, options);
      const head = headOf(message);
      const body = await readBody(message);
      if (head.status < 400) return { ...head, body };
      const retryAfter = Number(head.headers['retry-after'] ?? NaN);
      if ((head.status === 429 || head.status >= 500) && retryAfter >= 0 && attempt < 10) {
        await new Promise((resolve) => setTimeout(resolve, retryAfter * 1000));
        continue;
      }
      throw refusal(head.status, body);
    }
  }

  async function openWatch(method: string, path: string, options?: RequestOptions & { readonly body?: unknown }): Promise<ApiStream> {
    const message = await begin(method, path, options);
    const head = headOf(message);
    if (head.status >= 400) throw refusal(head.status, await readBody(message));
    const chunks = new NodeMailbox<unknown>();
    const isWatch = /[?&]watch=(true|1)/.test(path);
    let rest = '';
    message.setEncoding('utf8');
    message.on('data', (chunk: string) => {
      if (!isWatch) return chunks.put(chunk);
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() as string;
      for (const line of lines) if (line.trim() !== '') chunks.put(JSON.parse(line) as unknown);
    });
    message.on('end', () => chunks.close());
    message.on('error', () => chunks.close());
    return {
      response: { ...head, body: undefined },
      receive: (timeoutMs) => chunks.take(timeoutMs),
      send: () => undefined,
      close: () => {
        chunks.close();
        message.destroy();
      },
      get open() {
        return !chunks.closed;
      },
    };
  }

  /** exec, attach, port-forward: the remote command protocol over a WebSocket. */
  async function openSocket(path: string, options?: RequestOptions): Promise<ApiStream> {
    const { WebSocket } = await import('ws');
    const forwarding = /\/portforward\?/.test(path);
    const frames = new NodeMailbox<unknown>();
    const url = `${target.server.replace(/^http/, 'ws')}${path}`;
    const socket = new WebSocket(url, forwarding ? ['v4.channel.k8s.io'] : ['v5.channel.k8s.io', 'v4.channel.k8s.io'], { headers: headersFor(options, undefined) as Record<string, string>, ...(agent === undefined ? {} : { agent }) });
    await new Promise<void>((resolve, reject) => {
      socket.on('open', resolve);
      socket.on('unexpected-response', (_request, response) => {
        void readBody(response).then((body) => reject(refusal(response.statusCode ?? 500, body)), reject);
      });
      socket.on('error', (error: NodeJS.ErrnoException) => reject(explain(error, 'GET', path)));
    });
    const stdout = new ByteTextDecoder();
    const stderr = new ByteTextDecoder();
    let greeted = 0;
    socket.on('message', (data: Buffer) => {
      const channel = data[0] ?? 0;
      const content = data.subarray(1);
      if (forwarding) {
        // The first message of each channel names the port.
        if (greeted < 2) greeted++;
        else if (channel === 0) frames.put(Buffer.from(content));
        else if (content.length > 0) frames.put({ error: content.toString('utf8') });
        return;
      }
      if (channel === 1) frames.put({ stdout: stdout.decode(content) });
      else if (channel === 2) frames.put({ stderr: stderr.decode(content) });
      else if (channel === 3) frames.put(exitOf(content.toString('utf8')));
    });
    socket.on('close', () => frames.close());
    const channelled = (channel: number, content: Uint8Array): Buffer => Buffer.concat([Buffer.from([channel]), content]);
    return {
      response: { status: 101, headers: {}, body: undefined },
      receive: (timeoutMs) => frames.take(timeoutMs),
      send: (data) => {
        const frame = data as { readonly stdin?: string; readonly eof?: boolean; readonly resize?: { readonly width: number; readonly height: number } };
        if (Buffer.isBuffer(data)) socket.send(channelled(0, data));
        else if (frame.stdin !== undefined) socket.send(channelled(0, bytesOfText(frame.stdin)));
        else if (frame.resize !== undefined) socket.send(channelled(4, Buffer.from(JSON.stringify({ Width: frame.resize.width, Height: frame.resize.height }))));
        else if (frame.eof === true && socket.protocol.startsWith('v5')) socket.send(Buffer.from([255, 0]));
      },
      close: () => socket.close(),
      get open() {
        return !frames.closed;
      },
    };
  }

  function exitOf(text: string): object {
    let status: { readonly status?: string; readonly message?: string; readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] } };
    try {
      status = JSON.parse(text) as typeof status;
    } catch {
      return { error: text };
    }
    if (status.status === 'Success') return { exitCode: 0 };
    const code = status.details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message;
    return code === undefined ? { error: status.message ?? text } : { exitCode: Number(code) };
  }

  const unused = (): never => {
    throw new Error('kubectl asks by path');
  };
  return {
    get: unused,
    list: unused,
    create: unused,
    update: unused,
    updateStatus: unused,
    patch: unused,
    delete: unused,
    subresource: unused,
    *raw(method, path, options): Task<RawResponse> {
      return yield* fromPromise(call(method, path, options));
    },
    *stream(method, path, options): Task<ApiStream> {
      return yield* fromPromise(/\/(exec|attach|portforward)(\?|$)/.test(path) ? openSocket(path, options) : openWatch(method, path, options));
    },
  };
}
