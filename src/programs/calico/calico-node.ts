// calico-node: on every node, keeps a route to the pod CIDR of every other node.
import type { Host, PrivilegedHost, Program } from '../../kernel/host.ts';
import type { Route } from '../../kernel/host.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { parseFlags } from '../../client/flags.ts';
import { loadInClusterConfig, loadKubeconfig } from '../../client/kubeconfig.ts';
import { type ApiClientOptions, createApiClient } from '../../client/rest-client.ts';
import { startInformer } from '../../client/informer.ts';
import { serveHttp } from '../../wire/http-server.ts';
import type { CalicoEvent } from './events.ts';

export interface NodeObject extends ApiObject {
  readonly spec?: { readonly podCIDR?: string };
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
}

export const calicoNode: Program = {
  name: 'calico-node',
  *main(host: Host, args) {
    const { os } = host as PrivilegedHost;
    const node = host.env['NODENAME'] ?? host.hostname;
    const client = createApiClient(host, { ...connectionOf(host, parseFlags(args).get('kubeconfig')), userAgent: 'calico-node/v3.31.3' });
    host.usage.memoryBytes = 80 << 20;
    host.disk.write('/var/lib/calico/nodename', node);
    const nodes = startInformer<NodeObject>(host, client, { group: '', version: 'v1', resource: 'nodes' });
    host.output.write(`[INFO][startup] Starting node ${node} with version v3.31.3\n`);
    let isReady = false;
    host.tasks.spawn(
      'health',
      serveHttp(host, host.network.listen('localhost:9099', { family: 'probe' }), function* (request) {
        if (request.path === '/liveness' || isReady) return { status: request.path === '/liveness' ? 200 : 204, headers: {} };
        return { status: 503, headers: {}, body: 'calico/node is not ready: felix is not ready: readiness probe reporting 503' };
      }),
    );
    const changes = host.tasks.mailbox<true>();
    nodes.onChange(({ type, object, old }) => {
      // Nodes report all the time; only where their pods are matters here.
      if (type === 'update' && old !== undefined && old.spec?.podCIDR === object.spec?.podCIDR && internalAddress(old) === internalAddress(object)) return;
      if (changes.size === 0) changes.put(true);
    });
    yield* nodes.waitForSync();
    let programmed = '';
    for (;;) {
      const routes = computeRoutes(nodes.list(), node);
      const text = routes.map((route) => `${route.destination} via ${route.via}`).join('\n');
      if (text !== programmed) {
        programmed = text;
        os.setRoutes('calico', routes);
        for (const route of routes) host.output.write(`[INFO][felix] route: ${route.destination} via ${route.via ?? ''}\n`);
        host.trace.emit<CalicoEvent>({ type: 'calico.routes', node, routes: routes.map((route) => ({ destination: route.destination, via: route.via ?? '' })) });
      }
      if (!isReady) {
        isReady = true;
        host.trace.emit<CalicoEvent>({ type: 'calico.ready', node, podCIDR: nodes.get(node)?.spec?.podCIDR ?? '' });
      }
      yield* changes.take();
    }
  },
};

/** As a pod it has the cluster's account; as a unit of its machine a kubeconfig. */
function connectionOf(host: Host, kubeconfig: string | undefined): Pick<ApiClientOptions, 'server' | 'tls' | 'tokenFile'> {
  if (kubeconfig !== undefined) {
    const { server, tls } = loadKubeconfig(host, kubeconfig);
    return { server, tls };
  }
  const { server, tls, tokenFile } = loadInClusterConfig(host);
  const endpoint = host.env['KUBERNETES_ENDPOINT'];
  return { server: endpoint === undefined ? server : `https://${endpoint}`, tls, tokenFile };
}

/** To every other node's pods by that node's address. */
export function computeRoutes(nodes: readonly NodeObject[], self: string): readonly Route[] {
  const routes: Route[] = [];
  for (const node of nodes) {
    const destination = node.spec?.podCIDR;
    const via = internalAddress(node);
    if (node.metadata.name === self || destination === undefined || destination === '' || via === undefined) continue;
    routes.push({ destination, via, owner: 'calico' });
  }
  return routes.sort((a, b) => (a.destination < b.destination ? -1 : 1));
}

function internalAddress(node: NodeObject): string | undefined {
  return node.status?.addresses?.find((address) => address.type === 'InternalIP')?.address;
}
