// HTTPS from outside to requests inside the world. The only place where bodies are parsed and written: inside they are values.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { World } from '../../kernel/world.ts';
import type { GatewayDoor, OutsideRequest } from '../../programs/gateway/main.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import type { ServerCertificate } from './certificate.ts';
import { readProtobuf } from './protobuf.ts';
import { attachSockets } from './exec-socket.ts';
import { headOf } from './request-head.ts';

export interface DoorOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: ServerCertificate;
  /** Other names under which a client may address this server. */
  readonly allowedHosts?: readonly string[];
}

export interface OpenDoor {
  readonly port: number;
  close(): void;
}

const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
const mostBodyBytes = 3 * 1024 * 1024;
const loopback = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

export async function openDoor(world: World, door: GatewayDoor, wake: () => void, options: DoorOptions): Promise<OpenDoor> {
  const allowed = new Set([...loopback, ...(options.allowedHosts ?? []), options.host]);
  const put = (request: OutsideRequest): void => {
    door.requests?.put(request, 0);
    wake();
  };
  const server = createServer({ cert: options.tls.certificatePem, key: options.tls.keyPem }, (incoming, outgoing) => {
    const problem = refuse(incoming, allowed);
    if (problem !== undefined) return sendStatus(outgoing, 403, 'Forbidden', problem);
    void receive(world, incoming, outgoing, put, wake);
  });
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;
  attachSockets(server, world, put, wake, (incoming) => refuse(incoming, allowed));
  await listen(server, options.port, options.host);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}

/** Pages of other origins must not reach the cluster through a person's browser, by name or by rebinding a name. */
function refuse(incoming: IncomingMessage, allowed: ReadonlySet<string>): string | undefined {
  const host = (incoming.headers.host ?? '').replace(/:\d+$/, '');
  if (!allowed.has(host)) return `the host ${JSON.stringify(host)} is not served here`;
  const { origin } = incoming.headers;
  if (origin === undefined) return undefined;
  try {
    if (allowed.has(new URL(origin).hostname)) return undefined;
  } catch {
    // Not a URL: foreign.
  }
  return `requests from the origin ${JSON.stringify(origin)} are not served here`;
}

async function receive(world: World, incoming: IncomingMessage, outgoing: ServerResponse, put: (request: OutsideRequest) => void, wake: () => void): Promise<void> {
  if (!methods.has(incoming.method ?? '')) return sendStatus(outgoing, 405, 'MethodNotAllowed', `method ${incoming.method ?? ''} is not served here`);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > mostBodyBytes) return sendStatus(outgoing, 413, 'RequestEntityTooLarge', `Request entity too large: limit is ${mostBodyBytes}`);
      chunks.push(chunk);
    }
  } catch {
    // The client went away while it was sending.
    return;
  }
  const { head, body } = readBody(headOf(incoming), Buffer.concat(chunks));
  const upstream = world.mailbox<unknown>();
  outgoing.on('close', () => {
    upstream.close();
    wake();
  });
  let isJson = false;
  put({
    request: body === undefined ? head : { ...head, body },
    upstream,
    respond(response, streaming) {
      isJson = begin(outgoing, response, streaming);
    },
    data(frame) {
      outgoing.write(frameBytes(frame, isJson));
    },
    end() {
      outgoing.end();
    },
    fail(message) {
      if (outgoing.headersSent) outgoing.destroy();
      else sendStatus(outgoing, 502, 'BadGateway', message);
    },
  });
}

/** JSON and protobuf become values; anything else stays text, so that the API server can read or refuse it. Bytes that are no text stay bytes. */
function readBody(head: HttpRequest, bytes: Buffer): { readonly head: HttpRequest; readonly body: unknown } {
  if (bytes.length === 0) return { head, body: undefined };
  const type = ((head.headers['content-type'] ?? '').split(';')[0] ?? '').trim();
  if (type === 'application/vnd.kubernetes.protobuf') {
    const value = readProtobuf(bytes);
    if (value !== undefined) return { head: { ...head, headers: { ...head.headers, 'content-type': 'application/json' } }, body: value };
  }
  if (type.includes('protobuf') || type.includes('cbor')) return { head, body: new Uint8Array(bytes) };
  const text = bytes.toString('utf8');
  if (type !== '' && !type.endsWith('json')) return { head, body: text };
  try {
    return { head, body: JSON.parse(text) as unknown };
  } catch {
    return { head, body: text };
  }
}

/** Writes the head, and the body of an answer that is whole. Returns whether stream frames are JSON lines. */
function begin(outgoing: ServerResponse, response: HttpResponse, streaming: boolean): boolean {
  const { body } = response;
  const headers: Record<string, string> = { ...response.headers };
  delete headers['content-length'];
  delete headers['transfer-encoding'];
  const text = body === undefined ? undefined : typeof body === 'string' ? body : body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body) + '\n';
  if (headers['content-type'] === undefined && text !== undefined) headers['content-type'] = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  if (!streaming) headers['content-length'] = String(bytes?.length ?? 0);
  outgoing.writeHead(response.status, headers);
  if (streaming) outgoing.flushHeaders();
  if (bytes !== undefined && bytes.length > 0) outgoing.write(bytes);
  return (headers['content-type'] ?? '').includes('json');
}

function frameBytes(frame: unknown, isJson: boolean): string | Uint8Array {
  if (frame instanceof Uint8Array) return frame;
  if (typeof frame === 'string' && !isJson) return frame;
  return typeof frame === 'string' ? frame : JSON.stringify(frame) + '\n';
}

/** A refusal of the door itself, in the API's form. */
function sendStatus(outgoing: ServerResponse, code: number, reason: string, message: string): void {
  outgoing.writeHead(code, { 'content-type': 'application/json' });
  outgoing.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }) + '\n');
}
