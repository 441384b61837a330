// A TCP load balancer as people put before API servers (haproxy with `option httpchk GET /readyz`): round robin over backends that answer
// their health check; what it forwards it does not look into, so clients and API servers prove themselves to each other through it.
// Flags: --listen=:6443 --backends=ip:port,ip:port
import { parseFlags } from '../../client/flags.ts';
import type { Connection, Family, Host, Program } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import type { HttpFrame } from '../../wire/http.ts';
import { HttpClient } from '../../wire/http-client.ts';
import type { LoadBalancerEvent } from './events.ts';

const checkIntervalMs = 2000;
// As `option srvtcpka`: a server that went and came back between two checks has forgotten its connections, and a watch that only listens would never learn of it.
const serverKeepAlive = { idleMs: 30_000, timeoutMs: 15_000 };
const fall = 3;
const rise = 2;

interface Backend {
  readonly address: string;
  healthy: boolean;
  streak: number;
  readonly pairs: Set<() => void>;
}

export const loadBalancer: Program = {
  name: 'load-balancer',
  *main(host, args) {
    const flags = parseFlags(args);
    const backends: Backend[] = (flags.get('backends') ?? '').split(',').map((address) => ({ address, healthy: false, streak: 0, pairs: new Set() }));
    for (const backend of backends) host.tasks.spawn(`check ${backend.address}`, check(host, backend));
    host.trace.expose('backends', () => backends.map(({ address, healthy, pairs }) => ({ address, healthy, connections: pairs.size })));
    const listener = host.network.listen(flags.get('listen') ?? ':6443', { family: 'client' });
    let turn = 0;
    for (;;) {
      const client = yield* listener.accept();
      if (client === undefined) return 0;
      host.tasks.spawn('forward', forward(host, client, backends, turn++));
    }
  },
};

function* check(host: Host, backend: Backend): Task<void> {
  const client = new HttpClient(host, backend.address, { tls: {}, family: 'probe', timeoutMs: checkIntervalMs, dialTimeoutMs: checkIntervalMs });
  for (;;) {
    const startedMs = host.clock.nowMs();
    const problem = yield* ask(client);
    backend.streak = (problem === undefined) === backend.healthy ? 0 : backend.streak + 1;
    if (backend.healthy ? backend.streak >= fall : backend.streak >= rise) {
      backend.healthy = !backend.healthy;
      backend.streak = 0;
      host.trace.emit<LoadBalancerEvent>({ type: backend.healthy ? 'lb.backend-up' : 'lb.backend-down', backend: backend.address, reason: problem ?? 'check passed' });
      // As `on-marked-down shutdown-sessions`: clients move over at once.
      if (!backend.healthy) for (const cut of [...backend.pairs]) cut();
    }
    yield* host.clock.sleep(Math.max(100, checkIntervalMs - (host.clock.nowMs() - startedMs)));
  }
}

function* ask(client: HttpClient): Task<string | undefined> {
  try {
    const response = yield* client.call({ method: 'GET', path: '/readyz' });
    return response.status === 200 ? undefined : `HTTP status ${response.status}`;
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return error.message;
  }
}

function* forward(host: Host, client: Connection, backends: readonly Backend[], turn: number): Task<void> {
  const healthy = backends.filter((backend) => backend.healthy);
  for (let n = 0; n < healthy.length; n++) {
    const backend = healthy[(turn + n) % healthy.length] as Backend;
    let server: Connection;
    try {
      server = yield* host.network.dial(backend.address, { timeoutMs: 2000, family: 'client', keepAlive: serverKeepAlive });
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      continue;
    }
    const cut = () => {
      backend.pairs.delete(cut);
      client.close();
      server.close();
    };
    backend.pairs.add(cut);
    host.trace.emit<LoadBalancerEvent>({ type: 'lb.forwarded', backend: backend.address, client: client.remote });
    host.tasks.spawn('down', pump(server, client, cut));
    yield* pump(client, server, cut);
    return;
  }
  host.trace.emit<LoadBalancerEvent>({ type: 'lb.refused', client: client.remote });
  client.close();
}

function* pump(from: Connection, to: Connection, done: () => void): Task<void> {
  for (;;) {
    const message = yield* from.receive();
    if (message === undefined) break;
    const { note, family } = describe(message);
    to.send(message, note, family);
  }
  done();
}

/** What the picture says of a forwarded message; the load balancer itself does not care. */
function describe(message: unknown): { readonly note: string; readonly family: Family } {
  const frame = message as Partial<HttpFrame> | undefined;
  if (frame?.kind === 'request') {
    const { method, path, query } = (frame as HttpFrame & { kind: 'request' }).request;
    return { note: `${method} ${path}`, family: query.some(([name]) => name === 'watch') ? 'watch' : 'client' };
  }
  if (frame?.kind === 'response') return { note: String((frame as HttpFrame & { kind: 'response' }).response.status), family: 'client' };
  return { note: '', family: frame?.kind === 'data' ? 'watch' : 'client' };
}
