// kube-proxy: on every node, turns Services and their EndpointSlices into NAT rules of that node.
import type { Host, NatService, PrivilegedHost, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { formatTime } from '../../api/meta/time.ts';
import { klog } from '../../client/klog.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { createApiClient } from '../../client/rest-client.ts';
import { startInformer, waitForSync } from '../../client/informer.ts';
import { serveHttp } from '../../wire/http-server.ts';
import { Tally } from '../../wire/metrics.ts';
import { imageVersion } from '../images/releases.ts';
import { readProxyConfig } from './config.ts';
import type { KubeProxyEvent } from './events.ts';
import { answerMetrics } from './metrics.ts';
import { renderRules } from './render.ts';
import { changedNames, computeRules, type EndpointSliceObject, serviceNameLabel, type ServiceObject } from './rules.ts';

export const kubeProxy: Program = {
  name: 'kube-proxy',
  *main(host: Host, args) {
    const { os } = host as PrivilegedHost;
    const config = readProxyConfig(host, args);
    const kubeconfig = loadKubeconfig(host, config.kubeconfig);
    const requests = new Tally();
    const client = createApiClient(host, {
      tally: requests,
      server: kubeconfig.server,
      tls: kubeconfig.tls,
      ...(kubeconfig.token === undefined ? {} : { token: kubeconfig.token }),
      ...(kubeconfig.tokenFile === undefined ? {} : { tokenFile: kubeconfig.tokenFile }),
      userAgent: `kube-proxy/${imageVersion(host)} (linux/amd64) kubernetes`,
    });
    host.usage.memoryBytes = 30 << 20;
    host.trace.emit<KubeProxyEvent>({ type: 'kube-proxy.started', node: config.nodeName, mode: config.mode });
    klog(host, 'I', 'server.go:682', 'Version info', { version: imageVersion(host) });
    if (config.mode === 'ipvs') klog(host, 'W', 'server_linux.go:152', 'The ipvs proxier is now deprecated and may be removed in a future release. Please use \'nftables\' instead.');
    klog(host, 'I', 'server_linux.go:132', `Using ${config.mode} Proxier`);
    klog(host, 'I', 'config.go:200', 'Starting service config controller');
    klog(host, 'I', 'config.go:106', 'Starting endpoint slice config controller');
    const services = startInformer<ServiceObject>(host, client, { group: '', version: 'v1', resource: 'services' }, { labelSelector: '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name' });
    const slices = startInformer<EndpointSliceObject>(
      host,
      client,
      { group: 'discovery.k8s.io', version: 'v1', resource: 'endpointslices' },
      {
        labelSelector: '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name',
        indexers: { service: (slice) => [`${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.[serviceNameLabel] ?? ''}`] },
      },
    );
    startInformer(host, client, { group: '', version: 'v1', resource: 'nodes' }, { fieldSelector: `metadata.name=${config.nodeName}` });
    const changes = host.tasks.mailbox<true>();
    const note = (): void => {
      if (changes.size === 0) changes.put(true);
    };
    services.onChange(note);
    slices.onChange(note);
    let rules: readonly NatService[] = [];
    let syncedWallMs = host.clock.wallMs();
    host.trace.expose('rules', () => ({ mode: config.mode, text: renderRules(config.mode, rules), services: rules }));
    host.tasks.spawn('healthz', serveHealth(host, () => syncedWallMs));
    const startedMs = syncedWallMs;
    host.tasks.spawn(
      'metrics',
      serveHttp(host, host.network.listen(config.metricsAddress, { family: 'probe' }), function* (request) {
        return answerMetrics(request, host, { mode: config.mode, startedMs, syncedMs: syncedWallMs, requests });
      }),
    );
    yield* waitForSync(services, slices);
    klog(host, 'I', 'shared_informer.go:356', 'Caches are synced', { controller: 'service config' });
    klog(host, 'I', 'shared_informer.go:356', 'Caches are synced', { controller: 'endpoint slice config' });
    let lastMs = -Infinity;
    for (;;) {
      // Not oftener than the minimum sync period; the first change after a quiet time at once.
      const waitMs = lastMs + config.minSyncMs - host.clock.nowMs();
      if (waitMs > 0) yield* host.clock.sleep(waitMs);
      while (changes.poll() !== undefined);
      const next = computeRules({
        services: services.list(),
        slicesOf: (namespace, name) => slices.byIndex('service', `${namespace}/${name}`),
        nodeName: config.nodeName,
        nodeAddresses: os.addresses,
      });
      const changed = changedNames(rules, next);
      if (changed.length > 0 || lastMs === -Infinity) {
        rules = next;
        os.setNat('kube-proxy', config.mode, next);
        host.trace.emit<KubeProxyEvent>({ type: 'kube-proxy.rules', node: config.nodeName, mode: config.mode, services: new Set(next.map((rule) => rule.name)).size, endpoints: new Set(next.flatMap((rule) => rule.backends)).size, changes: changed });
      }
      syncedWallMs = host.clock.wallMs();
      lastMs = host.clock.nowMs();
      yield* changes.take();
    }
  },
};

function* serveHealth(host: Host, lastUpdated: () => number): Task<void> {
  const listener = host.network.listen(':10256', { family: 'probe' });
  yield* serveHttp(host, listener, function* (request) {
    if (request.path !== '/healthz' && request.path !== '/livez') return { status: 404, headers: {}, body: '404 page not found' };
    return { status: 200, headers: { 'content-type': 'application/json' }, body: { lastUpdated: formatTime(lastUpdated()), currentTime: formatTime(host.clock.wallMs()), nodeEligible: true } };
  });
}
