// Hands requests from outside the world to its API server, and what comes back to the outside: whole answers, and streams in both directions.
import type { Host, Mailbox, Program } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import { loadKubeconfig, type Kubeconfig } from '../../client/kubeconfig.ts';
import { HttpClient, type HttpStream } from '../../wire/http-client.ts';
import type { GatewayDoor, OutsideRequest, ShownCertificate } from '../../wire/outside.ts';
import { decodeCertificates, finishedWith } from '../../wire/tls-handshake.ts';
import type { TlsIdentity } from '../../wire/tls.ts';
import type { GatewayEvent } from './events.ts';

export function createGateway(door: GatewayDoor): Program {
  return {
    name: 'gateway',
    *main(host, args) {
      const { requests } = door;
      if (requests === undefined) return 1;
      const config = loadKubeconfig(host, args[0] ?? '/root/.kube/config');
      const { server } = config;
      const clients = new Clients(host, config);
      host.trace.emit<GatewayEvent>({ type: 'gateway.started', server });
      for (;;) {
        const next = yield* requests.take();
        if (next === undefined) return 0;
        host.tasks.spawn('outside request', serve(host, clients, next));
      }
    },
  };
}

const mostClients = 100;

/** One connection for each certificate that is shown, as clients outside would have. */
class Clients {
  private readonly host: Host;
  private readonly config: Kubeconfig;
  private readonly open = new Map<string, HttpClient>();

  constructor(host: Host, config: Kubeconfig) {
    this.host = host;
    this.config = config;
  }

  showing(certificate: string | undefined): HttpClient {
    const key = certificate ?? '';
    const known = this.open.get(key);
    if (known !== undefined) return known;
    if (this.open.size >= mostClients) this.drop(this.open.keys().next().value as string);
    const { server, tls } = this.config;
    const client = new HttpClient(this.host, server.replace(/^https?:\/\//, ''), {
      tls: { ...(tls.trust === undefined ? {} : { trust: tls.trust }), ...this.identity(certificate) },
      family: 'client',
      dialTimeoutMs: 10_000,
      keepAlive: { idleMs: 15_000, timeoutMs: 15_000 },
    });
    this.open.set(key, client);
    return client;
  }

  private drop(key: string): void {
    this.open.get(key)?.close();
    this.open.delete(key);
  }

  identity(certificate: string | undefined): TlsIdentity {
    if (certificate === undefined || certificate === '') return {};
    if (certificate === 'kubeconfig') return this.config.tls.own === undefined ? {} : { own: this.config.tls.own };
    // The door has seen that the client holds the key.
    const [shown] = decodeCertificates(certificate);
    return shown === undefined ? {} : { own: { certificate: shown } };
  }
}

function* serve(host: Host, clients: Clients, outside: OutsideRequest): Task<void> {
  const { request, upstream } = outside;
  const command = request.headers['kubectl-command'];
  host.trace.emit<GatewayEvent>({ type: 'gateway.request', method: request.method, path: request.path, ...(command === undefined ? {} : { command }) });
  try {
    const opened = yield* host.tasks.race<HttpStream | 'hung up'>(clients.showing(outside.certificate).open(request), hangUp(upstream));
    if (opened.index === 1) return;
    const stream = opened.value as HttpStream;
    // A short stream may have come and ended in one moment: its frames wait all the same.
    const first = stream.open ? undefined : yield* stream.receive();
    const streaming = stream.open || first !== undefined;
    outside.respond(stream.response, streaming);
    if (first !== undefined) outside.data(first);
    if (streaming) {
      const up = host.tasks.spawn('outside input', pumpUp(upstream, stream, clients));
      for (;;) {
        const frame = yield* stream.receive();
        if (frame === undefined) break;
        outside.data(frame);
      }
      up.cancel();
    }
    outside.end();
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    outside.fail(error.message);
  }
}

/** Waits until the client outside is gone; input that comes before the answer is put back for later. */
function* hangUp(upstream: Mailbox<unknown>): Task<'hung up'> {
  const held: unknown[] = [];
  try {
    for (;;) {
      const frame = yield* upstream.take();
      if (frame === undefined) return 'hung up';
      held.push(frame);
    }
  } finally {
    for (const frame of held) upstream.put(frame);
  }
}

function* pumpUp(upstream: Mailbox<unknown>, stream: HttpStream, clients: Clients): Task<void> {
  for (;;) {
    const frame = yield* upstream.take();
    if (frame === undefined) {
      stream.close();
      return;
    }
    if (isShown(frame)) stream.send(finishedWith(clients.identity(frame.shown).own), 'TLS finished');
    else stream.send(frame);
  }
}

const isShown = (frame: unknown): frame is ShownCertificate => typeof frame === 'object' && frame !== null && 'shown' in frame;
