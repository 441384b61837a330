// A client outside the cluster that asks a Service for a page so many times a second and counts what comes back. It stands behind an edge
// router that knows the cluster's Service addresses by route and sends each connection over a node whose kube-proxy answers its health
// check on port 10256, as cloud load balancers and BGP routers do.
// Flags: --name=N --target=web.default[:80]|ip:port --rate=R. The router's own facts are a file, /etc/edge: EdgeConfig.
import { parseFlags } from '../../client/flags.ts';
import type { Host, PrivilegedHost, Program } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import type { DnsAnswer, DnsQuery } from '../../wire/dns.ts';
import { HttpClient } from '../../wire/http-client.ts';
import type { TrafficEvent } from './events.ts';

const healthIntervalMs = 1000;
const requestTimeoutMs = 1000;

/** What the edge router knows of the cluster behind it. */
export interface EdgeConfig {
  readonly nodes: readonly string[];
  readonly serviceCidr: string;
  readonly dns: string;
}
export const edgeConfigPath = '/etc/edge';

interface Edge {
  readonly nodes: readonly string[];
  readonly healthy: Set<string>;
  turn: number;
}

interface Tally {
  ok: number;
  failed: number;
  totalMs: number;
}

export const traffic: Program = {
  name: 'traffic',
  *main(plain, args) {
    const host = plain as PrivilegedHost;
    const flags = parseFlags(args);
    const name = flags.get('name') ?? 'traffic';
    const target = flags.get('target') ?? '';
    const rate = Number(flags.get('rate') ?? '1');
    const { nodes, serviceCidr: cidr, dns } = (host.disk.read(edgeConfigPath) ?? { nodes: [], serviceCidr: '10.96.0.0/12', dns: '10.96.0.10' }) as EdgeConfig;
    const edge: Edge = { nodes, healthy: new Set(), turn: 0 };
    for (const node of edge.nodes) host.tasks.spawn(`health ${node}`, watchNode(host, edge, node));
    host.trace.emit<TrafficEvent>({ type: 'traffic.started', name, target, ratePerSecond: rate });
    let tally: Tally = { ok: 0, failed: 0, totalMs: 0 };
    host.tasks.spawn(
      'sum',
      (function* () {
        for (;;) {
          yield* host.clock.sleep(1000);
          const { ok, failed, totalMs } = tally;
          tally = { ok: 0, failed: 0, totalMs: 0 };
          host.trace.emit<TrafficEvent>({ type: 'traffic.second', name, target, ratePerSecond: rate, ok, failed, meanMs: ok === 0 ? 0 : totalMs / ok });
        }
      })(),
    );
    for (;;) {
      yield* host.clock.sleep(1000 / rate);
      host.tasks.spawn('request', request(host, edge, cidr, dns, target, name, () => tally));
    }
  },
};

function* watchNode(host: PrivilegedHost, edge: Edge, node: string): Task<void> {
  const client = new HttpClient(host, `${node}:10256`, { family: 'probe', timeoutMs: healthIntervalMs, dialTimeoutMs: healthIntervalMs });
  for (;;) {
    let healthy = false;
    try {
      healthy = (yield* client.call({ method: 'GET', path: '/healthz' })).status === 200;
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
    }
    if (healthy !== edge.healthy.has(node)) {
      if (healthy) edge.healthy.add(node);
      else edge.healthy.delete(node);
      host.trace.emit<TrafficEvent>({ type: 'traffic.edge', node, healthy });
    }
    yield* host.clock.sleep(healthIntervalMs);
  }
}

function* request(host: PrivilegedHost, edge: Edge, cidr: string, dns: string, target: string, name: string, tally: () => Tally): Task<void> {
  const startedMs = host.clock.nowMs();
  const problem = yield* tryOnce(host, edge, cidr, dns, target);
  if (problem === undefined) {
    tally().ok++;
    tally().totalMs += host.clock.nowMs() - startedMs;
  } else {
    tally().failed++;
    host.trace.emit<TrafficEvent>({ type: 'traffic.failed', name, error: problem });
  }
}

/** The problem, or undefined when the answer was good. */
function* tryOnce(host: PrivilegedHost, edge: Edge, cidr: string, dns: string, target: string): Task<string | undefined> {
  const nodes = edge.nodes.filter((node) => edge.healthy.has(node));
  if (nodes.length === 0) return 'no node of the cluster answers its health check';
  host.os.setRoutes('edge', [{ destination: cidr, via: nodes[edge.turn++ % nodes.length] as string, owner: 'edge' }]);
  let address: string;
  const colon = target.lastIndexOf(':');
  const [where, port] = colon < 0 ? [target, '80'] : [target.slice(0, colon), target.slice(colon + 1)];
  if (/^[\d.]+$/.test(where)) address = `${where}:${port}`;
  else {
    const found = yield* lookup(host, dns, where);
    if ('problem' in found) return found.problem;
    address = `${found.ip}:${port}`;
  }
  const client = new HttpClient(host, address, { family: 'data', timeoutMs: requestTimeoutMs, dialTimeoutMs: requestTimeoutMs });
  try {
    const response = yield* client.call({ method: 'GET', path: '/', headers: { 'user-agent': 'traffic' } });
    return response.status < 500 ? undefined : `HTTP status ${response.status}`;
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return error.message;
  } finally {
    client.close();
  }
}

const cache = new WeakMap<Host, Map<string, { readonly ip: string; readonly untilMs: number }>>();

/** Asks the cluster's DNS, and keeps the answer for its time to live, as a stub resolver does. */
function* lookup(host: Host, dns: string, name: string): Task<{ readonly ip: string } | { readonly problem: string }> {
  const full = name.endsWith('.cluster.local') ? name : name.includes('.svc') ? `${name}.cluster.local` : `${name.includes('.') ? name : `${name}.default`}.svc.cluster.local`;
  let known = cache.get(host);
  if (known === undefined) cache.set(host, (known = new Map()));
  const kept = known.get(full);
  if (kept !== undefined && kept.untilMs > host.clock.nowMs()) return kept;
  try {
    const connection = yield* host.network.dial(`${dns}:53`, { transport: 'udp', family: 'dns', timeoutMs: requestTimeoutMs });
    connection.send({ id: host.random.below(65536), name: full, type: 'A' } satisfies DnsQuery, full);
    const answer = (yield* connection.receive(requestTimeoutMs)) as DnsAnswer | undefined;
    connection.close();
    const record = answer?.records.find((each) => each.type === 'A');
    if (record === undefined) return { problem: answer === undefined ? `lookup ${full}: i/o timeout` : `lookup ${full}: no such host` };
    known.set(full, { ip: record.value, untilMs: host.clock.nowMs() + record.ttl * 1000 });
    return { ip: record.value };
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    return { problem: error.message };
  }
}
