// What the first machine of a prepared cluster does when it starts for the first time: its disk already holds what `kubeadm init` writes (certificates,
// kubeconfigs, manifests), so only the phases that talk to the API server are left, and Calico's manifest. Runs once: a marker on the disk says so.
import { parseFlags } from '../../client/flags.ts';
import type { PrivilegedHost, Program } from '../../kernel/host.ts';
import { addonObjects, calicoObjects, clusterAdmins, clusterInfo, joinObjects, type AddonOptions } from './addons.ts';
import { kubernetesFolder, pkiFolder } from './certificates.ts';
import { Context } from './context.ts';
import type { KubeadmEvent } from './events.ts';
import { createObjects, markControlPlane, waitForControlPlane } from './set-up.ts';

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
    const more = config.addons ? [...joinObjects(config), ...addonObjects(config), ...calicoObjects(config), clusterInfo(config.plan, host.disk.readText(`${pkiFolder}/ca.crt`) ?? '')] : [];
    yield* createObjects(context, api, [clusterAdmins, ...more]);
    for (const master of flags.list('masters')) yield* markControlPlane(context, api, master, flags.get('taint') !== 'false');
    host.disk.write(marker, 'done');
    yield* host.disk.sync(marker);
    host.trace.emit<KubeadmEvent>({ type: 'kubeadm.done' });
    return 0;
  },
};
