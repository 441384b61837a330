// What the first machine of a prepared cluster does when it starts for the first time: its disk already holds what `kubeadm init` writes (certificates,
// kubeconfigs, manifests), so only the phases that talk to the API server are left, and Calico's manifest. Runs once: a marker on the disk says so.
import { parseFlags } from '../../client/flags.ts';
import type { PrivilegedHost, Program } from '../../kernel/host.ts';
import { isConditionTrue, type Condition } from '../../api/meta/conditions.ts';
import type { ApiClient } from '../../client/contract.ts';
import type { Task } from '../../kernel/task.ts';
import { calicoObjects, clusterAdmins, clusterInfo, coredns, joinObjects, kubeProxy, type AddonOptions } from './addons.ts';
import { kubernetesFolder, pkiFolder } from './certificates.ts';
import { Context } from './context.ts';
import type { KubeadmEvent } from './events.ts';
import { createObjects, markControlPlane, nodesRef, waitForControlPlane } from './set-up.ts';

const marker = `${kubernetesFolder}/first-boot-done`;
export const firstBootConfigPath = `${kubernetesFolder}/first-boot.json`;

export interface FirstBootConfig extends AddonOptions {
  /** kube-proxy, CoreDNS, Calico and what joining needs. */
  readonly addons: boolean;
}

export const firstBoot: Program = {
  name: 'first-boot',
  *main(host, args) {
    if (host.disk.exists(marker)) return 0;
    const flags = parseFlags(args);
    const context = new Context(host as PrivilegedHost, args, 0);
    const api = context.api(`${kubernetesFolder}/super-admin.conf`);
    yield* waitForControlPlane(context, api);
    const config = host.disk.read(firstBootConfigPath) as FirstBootConfig;
    context.phase('addon');
    const masters = flags.list('masters');
    const more = config.addons ? [...joinObjects(config), ...kubeProxy(config), ...calicoObjects(config), clusterInfo(config.plan, host.disk.readText(`${pkiFolder}/ca.crt`) ?? '')] : [];
    yield* createObjects(context, api, [clusterAdmins, ...more]);
    // `kubeadm init` of a first master leaves both replicas of CoreDNS there, and its documentation says to spread them once others have joined. Who
    // builds for high availability brings the add-on in then: its anti-affinity does the rest.
    const spreads = masters.length > 1;
    if (config.addons && !spreads) yield* createObjects(context, api, coredns(config));
    for (const master of masters) yield* markControlPlane(context, api, master, flags.get('taint') !== 'false');
    if (config.addons && spreads) {
      yield* waitForNodes(context, api, flags.number('nodes', masters.length));
      yield* createObjects(context, api, coredns(config));
    }
    host.disk.write(marker, 'done');
    yield* host.disk.sync(marker);
    host.trace.emit<KubeadmEvent>({ type: 'kubeadm.done' });
    return 0;
  },
};

const patienceMs = 60_000;
interface Node {
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** Until so many nodes are Ready, or a minute has passed: one that is late must not keep names from being found. */
function* waitForNodes(context: Context, api: ApiClient, count: number): Task<void> {
  const untilMs = context.host.clock.nowMs() + patienceMs;
  yield* context.waitFor('nodes', 2 * patienceMs, function* () {
    const { items } = yield* api.list(nodesRef, '');
    return items.filter((node) => isConditionTrue((node as Node).status?.conditions, 'Ready')).length >= count || context.host.clock.nowMs() >= untilMs ? true : undefined;
  });
}
