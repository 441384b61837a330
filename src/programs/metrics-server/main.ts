// metrics-server: scrapes kubelets and serves what they said as metrics.k8s.io. See README.md of this folder.
import { ApiError } from '../../client/api-error.ts';
import { DelegatedAccess } from '../../client/delegated-access.ts';
import { startInformer, waitForSync } from '../../client/informer.ts';
import { loadInClusterConfig } from '../../client/kubeconfig.ts';
import { klog } from '../../client/klog.ts';
import { createApiClient } from '../../client/rest-client.ts';
import type { Host, Program } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import { type Peer, serveHttp } from '../../wire/http-server.ts';
import { issueCertificate, loadCertificates, loadKeyPair } from '../../wire/tls-handshake.ts';
import type { KeyPair } from '../../wire/tls.ts';
import { answer, discovery, failure, type Listed, type PodObject, readPath } from './answer.ts';
import type { MetricsServerEvent } from './events.ts';
import { type MetricsServerFlags, readFlags } from './flags.ts';
import { MetricStore } from './metric-store.ts';
import { OpenApi } from './openapi.ts';
import { type NodeObject, Scraper } from './scraper.ts';

const version = 'v0.8.0';

export const metricsServer: Program = {
  name: 'metrics-server',
  *main(host, args) {
    host.usage.memoryBytes = 40 << 20;
    const terminate = host.signals.catchTerminate();
    let server: Server;
    try {
      server = new Server(host, readFlags(args));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      host.output.error(`Error: ${error.message}\n`);
      return 1;
    }
    host.tasks.spawn('metrics-server', server.run());
    yield* terminate.wait();
    return 0;
  },
};

class Server {
  private readonly host: Host;
  private readonly flags: MetricsServerFlags;
  private readonly config: ReturnType<typeof loadInClusterConfig>;
  private readonly store: MetricStore;
  private readonly openApi: OpenApi;
  private lastRoundMs: number;

  constructor(host: Host, flags: MetricsServerFlags) {
    this.host = host;
    this.flags = flags;
    this.config = loadInClusterConfig(host);
    this.store = new MetricStore(flags.resolutionMs);
    this.openApi = new OpenApi(version, host.clock.wallMs());
    this.lastRoundMs = host.clock.nowMs();
  }

  *run(): Task<void> {
    const { host, flags, config } = this;
    const { server, tls, tokenFile } = config;
    const client = createApiClient(host, { server, tls, tokenFile, userAgent: `metrics-server/${version}` });
    const access = new DelegatedAccess(host, client);
    yield* this.untilLearned(access);
    const onError = (message: string): void => klog(host, 'E', 'reflector.go:205', 'Failed to watch', { err: message });
    const nodes = startInformer<NodeObject>(host, client, { group: '', version: 'v1', resource: 'nodes' }, { onError });
    const pods = startInformer<PodObject>(host, client, { group: '', version: 'v1', resource: 'pods' }, { onError });
    yield* waitForSync(nodes, pods);
    const trust = flags.insecureTls ? undefined : flags.certificateAuthority === '' ? tls.trust : loadCertificates(host, flags.certificateAuthority);
    host.tasks.spawn('scrape', this.scrapeForEver(new Scraper(host, flags, nodes, trust, tokenFile), () => nodes.list().length));
    const listed: Listed = { nodes: () => nodes.list(), pods: (namespace) => pods.list(namespace) };
    klog(host, 'I', 'secure_serving.go:211', `Serving securely on [::]:${flags.securePort}`);
    const listener = host.network.listen(`:${flags.securePort}`, { family: 'data' });
    yield* serveHttp(host, listener, (request, peer) => this.handle(request, peer, access, listed), { tls: { own: this.servingIdentity(), clientAuth: 'request' } });
  }

  /** Whom the front proxy's certificate must be signed by is written in the cluster. */
  private *untilLearned(access: DelegatedAccess): Task<void> {
    for (;;) {
      try {
        return yield* access.learn();
      } catch (error) {
        if (!(error instanceof ApiError) && !(error instanceof NetworkError)) throw error;
        klog(this.host, 'W', 'configmap_cafile_content.go:95', 'unable to get configmap/extension-apiserver-authentication in kube-system', { err: error.message });
      }
      yield* this.host.clock.sleep(5000);
    }
  }

  private servingIdentity(): KeyPair {
    const { tlsCertFile, tlsKeyFile } = this.flags;
    if (tlsCertFile !== '') return loadKeyPair(this.host, tlsCertFile, tlsKeyFile);
    const nowMs = this.host.clock.wallMs();
    return issueCertificate(this.host.random, { commonName: `localhost@${Math.floor(nowMs / 1000)}`, isCa: true, usages: ['server auth'], dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], notBeforeMs: nowMs, notAfterMs: nowMs + 31_536_000_000 });
  }

  private *scrapeForEver(scraper: Scraper, nodeCount: () => number): Task<void> {
    this.host.trace.emit<MetricsServerEvent>({ type: 'metrics-server.started', resolutionMs: this.flags.resolutionMs });
    for (;;) {
      this.lastRoundMs = this.host.clock.nowMs();
      const batch = yield* scraper.scrape();
      this.host.usage.cpuMs += 2 + batch.pods.size * 0.05;
      this.store.store(batch);
      this.host.trace.emit<MetricsServerEvent>({ type: 'metrics-server.scraped', nodes: batch.nodes.size, pods: batch.pods.size, of: nodeCount() });
      yield* this.host.clock.sleep(this.lastRoundMs + this.flags.resolutionMs - this.host.clock.nowMs());
    }
  }

  private *handle(request: HttpRequest, peer: Peer, access: DelegatedAccess, listed: Listed): Task<HttpResponse> {
    this.host.usage.cpuMs += 0.3;
    const health = this.health(request.path);
    if (health !== undefined) return health;
    const user = yield* access.user(request, peer);
    if (user === undefined) return failure(401, 'Unauthorized', 'Unauthorized');
    const document = user.name === 'system:anonymous' ? undefined : (discovery(request.path) ?? this.openApi.answer(request, this.host.clock.wallMs()));
    if (document !== undefined) return document;
    const asked = readPath(request.path);
    if (asked === undefined) return failure(404, 'NotFound', 'the server could not find the requested resource');
    const verb = request.method !== 'GET' ? request.method.toLowerCase() : asked.name === '' ? 'list' : 'get';
    const refusal = yield* access.refusal(user, { ...asked, group: 'metrics.k8s.io', version: 'v1beta1', verb });
    if (refusal !== undefined) {
      const { resource, name } = asked;
      return failure(403, 'Forbidden', `${resource}.metrics.k8s.io ${name === '' ? '' : `"${name}" `}is forbidden: ${refusal}`, { ...(name === '' ? {} : { name }), group: 'metrics.k8s.io', kind: resource });
    }
    if (request.method !== 'GET') return failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
    return answer(request, asked, listed, this.store, this.host.clock.wallMs());
  }

  /** Alive while it makes its rounds; ready once it has figures to serve. */
  private health(path: string): HttpResponse | undefined {
    const which = /^\/(healthz|livez|readyz)(?:\/|$)/.exec(path)?.[1];
    if (which === undefined) return undefined;
    const headers = { 'content-type': 'text/plain; charset=utf-8' };
    const problem = which === 'readyz' ? (this.store.isReady ? undefined : 'metric-storage-ready') : this.host.clock.nowMs() - this.lastRoundMs > this.flags.resolutionMs * 1.5 ? 'metric-collection-timely' : undefined;
    return problem === undefined ? { status: 200, headers, body: 'ok' } : { status: 500, headers, body: `[+]ping ok\n[-]${problem} failed: reason withheld\n${which} check failed\n` };
  }
}
