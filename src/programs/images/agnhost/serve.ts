// What agnhost's servers share: listening for HTTP(S) and UDP until SIGTERM, and replies of plain text.
import { AssertionFailure } from '../../../kernel/assert.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { HttpRequest, HttpResponse } from '../../../wire/http.ts';
import { HttpClient } from '../../../wire/http-client.ts';
import { type Peer, serveHttp } from '../../../wire/http-server.ts';
import { encodeCertificate, encodePrivateKey, issueCertificate, loadKeyPair } from '../../../wire/tls-handshake.ts';

export interface Door {
  readonly port: number;
  /** Files of a key pair. */
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export type Answerer = (request: HttpRequest, peer: Peer) => Task<HttpResponse>;

export function reply(status: number, body: string, headers: Readonly<Record<string, string>> = {}): HttpResponse {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, body };
}

export function query(request: HttpRequest, name: string): string {
  return request.query.find(([key]) => key === name)?.[1] ?? '';
}

/** Opens the doors and answers at each of them. Throws what keeps one shut. */
export function openDoors(host: Host, doors: readonly Door[], answer: Answerer): void {
  const stopping = host.signals.catchTerminate();
  for (const door of doors) {
    if (door.tls !== undefined) makeLocalhostPair(host, door.tls.certificate, door.tls.key);
    const own = door.tls === undefined ? undefined : loadKeyPair(host, door.tls.certificate, door.tls.key);
    const listener = host.network.listen(`:${door.port}`, { family: 'data' });
    const onHandshakeError = (remote: string, problem: string): void => host.output.error(`http: TLS handshake error from ${remote}: ${problem}\n`);
    host.tasks.spawn(`port ${door.port}`, serveHttp(host, listener, answer, { stopping, ...(own === undefined ? {} : { tls: { own }, onHandshakeError }) }));
  }
}

/** The image brings a pair of its own for `localhost`, at /localhost.crt and /localhost.key. */
function makeLocalhostPair(host: Host, certificate: string, key: string): void {
  if (!certificate.endsWith('localhost.crt') || !key.endsWith('localhost.key') || host.disk.exists(certificate)) return;
  const dayMs = 86_400_000;
  const pair = issueCertificate(host.random, { commonName: 'localhost', isCa: true, dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], usages: ['server auth'], notBeforeMs: host.clock.wallMs() - dayMs, notAfterMs: host.clock.wallMs() + 36_500 * dayMs });
  host.disk.write(certificate, encodeCertificate(pair.certificate));
  host.disk.write(key, encodePrivateKey(pair.privateKey));
}

/** Answers until SIGTERM; returns the exit code. */
export function* serveOn(host: Host, doors: readonly Door[], answer: Answerer): Task<number> {
  return yield* until(host, () => openDoors(host, doors, answer));
}

/** Does `open`, then waits for SIGTERM. What a server cannot open ends it, as log.Fatal does. */
export function* until(host: Host, open: () => void): Task<number> {
  const terminate = host.signals.catchTerminate();
  try {
    open();
  } catch (error) {
    if (error instanceof AssertionFailure || !(error instanceof Error)) throw error;
    host.output.error(`F ${error.message}\n`);
    return 1;
  }
  yield* terminate.wait();
  return 0;
}

/** A datagram's answer goes back where it came from; undefined says nothing. */
export function openDatagrams(host: Host, port: number, answer: (text: string, remote: string) => string | undefined): void {
  const listener = host.network.listen(`:${port}`, { transport: 'udp', family: 'data' });
  host.tasks.spawn(
    `udp ${port}`,
    (function* (): Task<void> {
      for (;;) {
        const connection = yield* listener.accept();
        if (connection === undefined) return;
        host.tasks.spawn(
          'datagram',
          (function* (): Task<void> {
            for (;;) {
              const message = yield* connection.receive();
              if (message === undefined) return;
              const said = answer(typeof message === 'string' ? message : '', connection.remote);
              if (said !== undefined) connection.send(said, said);
            }
          })(),
        );
      }
    })(),
  );
}

/** Says one thing to whoever connects, and hangs up. */
export function openGreeting(host: Host, port: number, greeting: string): void {
  const listener = host.network.listen(`:${port}`, { family: 'data' });
  host.tasks.spawn(
    `tcp ${port}`,
    (function* (): Task<void> {
      for (;;) {
        const connection = yield* listener.accept();
        if (connection === undefined) return;
        connection.send(greeting, greeting);
        connection.close();
      }
    })(),
  );
}

/** The body of `GET http://host:port/path?query`. Throws NetworkError or DnsError. */
export function* get(host: Host, target: string, whole: string): Task<{ readonly status: number; readonly body: string }> {
  const [path = '', search = ''] = whole.split('?');
  const client = new HttpClient(host, target, { family: 'data', timeoutMs: 5000, dialTimeoutMs: 5000 });
  try {
    const response = yield* client.call({ method: 'GET', path: `/${path.replace(/^\/+/, '')}`, query: parseQuery(search), headers: { host: target } });
    return { status: response.status, body: typeof response.body === 'string' ? response.body : response.body === undefined ? '' : JSON.stringify(response.body) };
  } finally {
    client.close();
  }
}

export function parseQuery(search: string): readonly (readonly [string, string])[] {
  return search.split('&').filter((part) => part !== '').map((part) => {
    const equals = part.indexOf('=');
    return [decode(equals < 0 ? part : part.slice(0, equals)), equals < 0 ? '' : decode(part.slice(equals + 1))] as const;
  });
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part.replace(/\+/g, ' '));
  } catch {
    return part;
  }
}

/** Says a datagram and returns the answer; undefined when none comes within 5 s. Throws NetworkError. */
export function* ask(host: Host, target: string, text: string): Task<string | undefined> {
  const connection = yield* host.network.dial(target, { transport: 'udp', family: 'data', timeoutMs: 5000 });
  try {
    connection.send(text, text);
    const answer = yield* connection.receive(5000);
    return typeof answer === 'string' ? answer : undefined;
  } finally {
    connection.close();
  }
}

export const isRefusal = (error: unknown): error is Error => error instanceof NetworkError || (error instanceof Error && error.name === 'DnsError');
