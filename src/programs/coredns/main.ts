// CoreDNS: the cluster's name server. Answers for Services and pods from what the API server tells it; forwards everything else.
import type { Connection, Host, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { loadInClusterConfig, loadKubeconfig } from '../../client/kubeconfig.ts';
import { type ApiClientOptions, createApiClient } from '../../client/rest-client.ts';
import { type RunningInformer, startInformer, waitForSync } from '../../client/informer.ts';
import type { DnsAnswer, DnsQuery } from '../../wire/dns.ts';
import { parseResolvConf } from '../../wire/dns-resolver.ts';
import { serveHttp } from '../../wire/http-server.ts';
import { answerFromCluster, answerReverse, type Directory, type EndpointSliceObject, type Outcome, type ServiceObject } from './answer.ts';
import { type Corefile, parseCorefile } from './corefile.ts';
import type { CorednsEvent } from './events.ts';

export const coredns: Program = {
  name: 'coredns',
  *main(host: Host, args) {
    const path = args[args.indexOf('-conf') + 1] ?? '/etc/coredns/Corefile';
    const text = host.disk.readText(args.includes('-conf') ? path : '/etc/coredns/Corefile');
    if (text === undefined) throw new Error(`open ${path}: no such file or directory`);
    const corefile = parseCorefile(text);
    const terminate = host.signals.catchTerminate();
    host.usage.memoryBytes = 25 << 20;
    host.trace.emit<CorednsEvent>({ type: 'coredns.started', zones: corefile.zones });
    const server = new NameServer(host, corefile);
    host.tasks.spawn('udp', server.serve('udp'));
    host.tasks.spawn('tcp', server.serve('tcp'));
    serveStatus(host, corefile, server);
    yield* terminate.wait();
    // Lame duck: says that it is ending, and answers a little longer.
    server.isReady = false;
    host.output.write(`[INFO] SIGTERM: Shutting down servers then terminating\n[INFO] plugin/health: Going into lameduck mode for ${corefile.lameduckMs / 1000}s\n`);
    yield* host.clock.sleep(corefile.lameduckMs);
    return 0;
  },
};

function connectionOf(host: Host, kubeconfig: string | undefined): Pick<ApiClientOptions, 'server' | 'tls' | 'tokenFile'> {
  if (kubeconfig === undefined) {
    const { server, tls, tokenFile } = loadInClusterConfig(host);
    return { server, tls, tokenFile };
  }
  const { server, tls } = loadKubeconfig(host, kubeconfig);
  return { server, tls };
}

class NameServer {
  isReady = false;
  answered = 0;
  readonly #host: Host;
  readonly #corefile: Corefile;
  readonly #directory: Directory;

  constructor(host: Host, corefile: Corefile) {
    this.#host = host;
    this.#corefile = corefile;
    const client = createApiClient(host, { ...connectionOf(host, corefile.kubeconfig), userAgent: 'CoreDNS/1.14.1' });
    const services = startInformer<ServiceObject>(host, client, { group: '', version: 'v1', resource: 'services' }, { indexers: { ip: (service) => service.spec.clusterIPs ?? [] } });
    const slices = startInformer<EndpointSliceObject>(
      host,
      client,
      { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' },
      {
        indexers: {
          service: (slice) => [`${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`],
          ip: (slice) => (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses),
        },
      },
    );
    const namespaces: RunningInformer = startInformer<ApiObject>(host, client, { group: '', version: 'v1', resource: 'namespaces' });
    this.#directory = {
      service: (namespace, name) => services.get(`${namespace}/${name}`),
      hasNamespace: (name) => namespaces.get(name) !== undefined,
      slicesOf: (namespace, name) => slices.byIndex('service', `${namespace}/${name}`),
      serviceByIp: (ip) => services.byIndex('ip', ip)[0],
      sliceByIp: (ip) => slices.byIndex('ip', ip)[0],
    };
    host.tasks.spawn('sync', this.#becomeReady(services, slices, namespaces));
  }

  *#becomeReady(...informers: readonly Pick<RunningInformer, 'waitForSync'>[]): Task<void> {
    yield* waitForSync(...informers);
    this.isReady = true;
    this.#host.output.write(`.:${this.#corefile.port}\nCoreDNS-1.14.1\nlinux/amd64, go1.25.5\n`);
    this.#host.trace.emit<CorednsEvent>({ type: 'coredns.ready' });
  }

  *serve(transport: 'udp' | 'tcp'): Task<void> {
    const listener = this.#host.network.listen(`:${this.#corefile.port}`, { transport, family: 'dns' });
    for (;;) {
      const connection = yield* listener.accept();
      if (connection === undefined) return;
      this.#host.tasks.spawn('query', this.#serveOne(connection));
    }
  }

  *#serveOne(connection: Connection): Task<void> {
    for (;;) {
      const query = (yield* connection.receive()) as DnsQuery | undefined;
      if (query === undefined) return;
      const answer = yield* this.#answer(query, connection.remote);
      connection.send(answer, `${answer.status} ${query.name}`, 'dns');
      this.answered++;
    }
  }

  *#answer(query: DnsQuery, from: string): Task<DnsAnswer> {
    const outcome = this.#lookUp(query);
    let answer: DnsAnswer;
    if (outcome === undefined) answer = yield* this.#forward(query);
    else if (outcome === 'not-ready') answer = { id: query.id, status: 'SERVFAIL', records: [] };
    else if (outcome.kind === 'alias' && query.type === 'CNAME') answer = { id: query.id, status: 'NOERROR', records: [{ name: query.name, type: 'CNAME', ttl: 30, value: `${outcome.target.replace(/\.$/, '')}.` }] };
    else if (outcome.kind === 'alias') {
      const inner = yield* this.#answer({ ...query, name: outcome.target.replace(/\.$/, '') }, from);
      answer = { ...inner, id: query.id };
    } else if (outcome.kind === 'no-such-name') answer = { id: query.id, status: 'NXDOMAIN', records: [] };
    else answer = { id: query.id, status: 'NOERROR', records: this.#shuffle(outcome.records) };
    this.#host.trace.emit<CorednsEvent>({ type: 'coredns.answered', name: query.name, queryType: query.type, status: answer.status, values: answer.records.map((record) => record.value), from });
    if (this.#corefile.log) this.#host.output.write(`[INFO] ${from} - ${query.id} "${query.type} IN ${query.name}. udp" ${answer.status}\n`);
    return answer;
  }

  /** undefined: not ours to answer. */
  #lookUp(query: DnsQuery): Outcome | 'not-ready' | undefined {
    const name = query.name.toLowerCase().replace(/\.$/, '');
    const host = this.#corefile.hosts.get(name);
    if (host !== undefined && query.type === 'A') return { kind: 'records', records: [{ name: query.name, type: 'A', ttl: 3600, value: host }] };
    const zone = this.#corefile.zones.find((each) => name === each || name.endsWith(`.${each}`));
    if (zone === undefined) return undefined;
    if (!this.isReady) return 'not-ready';
    const cluster = this.#corefile.zones.find((each) => !each.endsWith('.arpa')) ?? 'cluster.local';
    const options = { zone: cluster, ttl: this.#corefile.ttl, pods: this.#corefile.pods };
    if (zone.endsWith('.arpa')) return answerReverse({ ...query, name }, this.#directory, options);
    return answerFromCluster({ ...query, name }, this.#directory, options);
  }

  /** loadbalance: A records in a new order each time. */
  #shuffle(records: DnsAnswer['records']): DnsAnswer['records'] {
    if (records.length < 2) return records;
    const shuffled = [...records];
    for (let index = shuffled.length - 1; index > 0; index--) {
      const other = this.#host.random.below(index + 1);
      [shuffled[index], shuffled[other]] = [shuffled[other] as DnsAnswer['records'][number], shuffled[index] as DnsAnswer['records'][number]];
    }
    return shuffled;
  }

  *#forward(query: DnsQuery): Task<DnsAnswer> {
    const { forward } = this.#corefile;
    const servers = forward.flatMap((target) => (target.startsWith('/') ? parseResolvConf(this.#host.disk.readText(target) ?? '').servers : [target.replace(/:53$/, '')]));
    // Without anybody to ask there is nothing beyond the cluster.
    if (servers.length === 0) return { id: query.id, status: 'NXDOMAIN', records: [] };
    for (const server of servers) {
      this.#host.trace.emit<CorednsEvent>({ type: 'coredns.forwarded', name: query.name, to: server });
      try {
        const connection = yield* this.#host.network.dial(`${server}:53`, { transport: 'udp', family: 'dns', timeoutMs: 2000 });
        connection.send(query, `${query.type} ${query.name}`, 'dns');
        const answer = (yield* connection.receive(2000)) as DnsAnswer | undefined;
        connection.close();
        if (answer !== undefined) return answer;
      } catch (error) {
        if ((error as { code?: string }).code === undefined) throw error;
      }
    }
    return { id: query.id, status: 'SERVFAIL', records: [] };
  }
}

function serveStatus(host: Host, corefile: Corefile, server: NameServer): void {
  const serve = (port: number | undefined, path: string, isGood: () => boolean, body: () => string): void => {
    if (port === undefined) return;
    host.tasks.spawn(
      `http ${port}`,
      serveHttp(host, host.network.listen(`:${port}`, { family: 'probe' }), function* (request) {
        if (request.path !== path) return { status: 404, headers: {}, body: '404 page not found' };
        return { status: isGood() ? 200 : 503, headers: { 'content-type': 'text/plain' }, body: body() };
      }),
    );
  };
  serve(corefile.healthPort, '/health', () => true, () => 'OK');
  serve(corefile.readyPort, '/ready', () => server.isReady, () => (server.isReady ? 'OK' : 'kubernetes'));
  serve(corefile.metricsPort, '/metrics', () => true, () => `# TYPE coredns_dns_requests_total counter\ncoredns_dns_requests_total ${server.answered}\n`);
}
