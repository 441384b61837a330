// HTTP and HTTPS from outside to requests inside the world, and back. Who may come in at all is decided here; who they are to the cluster, there.
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { setDefaultHighWaterMark } from 'node:stream';
import { AccessRules, type Admit } from './access-rules.ts';
import { ClientIdentity } from './client-identity.ts';
import type { DoorIdentity } from './door-identity.ts';
import type { OutsideRequests } from './outside-requests.ts';
import { IssuedCertificates } from './issued-certificates.ts';
import { PortTls } from './port-tls.ts';
import { headOf, readBytes, withBody } from './request-head.ts';
import { sendStatus } from './refusal.ts';
import { attachStreams } from './stream-upgrade.ts';
import { writeAnswer } from './write-answer.ts';

export interface DoorOptions {
  readonly host: string;
  /** Ports to listen on, 0 for any; undefined: not spoken. */
  readonly https: number | undefined;
  readonly http: number | undefined;
  readonly identity: DoorIdentity;
  /** Other names under which a client may address this server. */
  readonly allowedHosts?: readonly string[];
  /** Answers what is not for the API, e.g. the page; false when it is for the API. */
  readonly beforeApi?: (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;
  /** Takes connections that are upgraded and not for the API. */
  readonly beforeUpgrade?: (incoming: IncomingMessage, socket: import('node:stream').Duplex, head: Buffer) => boolean;
}

export interface OpenDoor {
  readonly https: number | undefined;
  readonly http: number | undefined;
  close(): void;
}

const methods = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']);
const mostBodyBytes = 3 * 1024 * 1024;
/**
 * An answer larger than a socket's buffer makes Node's HTTP server pause the socket until it is out. A client that has the answer already sends its next
 * request into the paused parser, and Node 20 drops the connection (HPE_PAUSED). So buffers hold whole answers. TLS sockets take no size of their own.
 */
const socketBufferBytes = 64 * 1024 * 1024;

export async function openDoor(requests: OutsideRequests, options: DoorOptions): Promise<OpenDoor> {
  const rules = new AccessRules([options.host, ...(options.allowedHosts ?? [])]);
  const issued = new IssuedCertificates(options.identity.authority);
  const clients = new ClientIdentity(options.identity, issued);
  const admit: Admit = (incoming, head) => {
    const foreign = rules.refuse(incoming);
    if (foreign !== undefined) return { code: 403, reason: 'Forbidden', message: foreign };
    return clients.identify(incoming.socket, head);
  };
  const answer: RequestListener = (incoming, outgoing) => {
    const foreign = rules.refuse(incoming);
    if (foreign !== undefined) return sendStatus(outgoing, 403, 'Forbidden', foreign);
    if (options.beforeApi?.(incoming, outgoing) === true) return;
    void receive(requests, admit, issued, incoming, outgoing);
  };
  const { identity } = options;
  const portTls = new PortTls(identity, clients);
  const servers: Server[] = [];
  setDefaultHighWaterMark(false, socketBufferBytes);
  const open = async (server: Server, port: number): Promise<number> => {
    server.keepAliveTimeout = 60_000;
    server.requestTimeout = 0;
    attachStreams(server, requests, { admit, portTls }, (incoming, socket, head) => rules.refuse(incoming) === undefined && options.beforeUpgrade?.(incoming, socket, head) === true);
    servers.push(server);
    return await listen(server, port, options.host);
  };
  const close = (): void => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
  try {
    const https =
      options.https === undefined
        ? undefined
        : await open(createSecureServer({ cert: identity.server.certificatePem, key: identity.server.keyPem, ca: identity.authority.certificatePem, requestCert: true, rejectUnauthorized: false }, answer), options.https);
    const http = options.http === undefined ? undefined : await open(createServer(answer), options.http);
    return { https, http, close };
  } catch (error) {
    close();
    throw error;
  }
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function receive(requests: OutsideRequests, admit: Admit, issued: IssuedCertificates, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  if (!methods.has(incoming.method ?? '')) return sendStatus(outgoing, 405, 'MethodNotAllowed', `method ${incoming.method ?? ''} is not served here`);
  const head = admit(incoming, headOf(incoming));
  if ('code' in head) return sendStatus(outgoing, head.code, head.reason, head.message);
  const bytes = await readBytes(incoming, mostBodyBytes);
  if (bytes === 'gone') return;
  if (bytes === 'too large') return sendStatus(outgoing, 413, 'RequestEntityTooLarge', `Request entity too large: limit is ${mostBodyBytes}`);
  const concerned = issued.concerns(head.path);
  const whole = withBody(head, bytes);
  const request = requests.begin(
    concerned && whole.body !== undefined ? { ...whole, body: issued.incoming(whole.body) } : whole,
    writeAnswer(outgoing, (message) => sendStatus(outgoing, 502, 'BadGateway', message), concerned ? (text) => issued.outgoing(text) : undefined),
  );
  outgoing.on('close', () => request.hangUp());
}
