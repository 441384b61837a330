// The part of kubeadm that runs after the static pods are written: waits for the API server, marks the control plane, installs the add-ons.
// `kubeadm init-addons --kubeconfig=... --master=NAME[,NAME] [--no-taint] --endpoint=... ` runs once per cluster (a marker file on the disk).
import { isAlreadyExists, isApiError } from '../../client/api-error.ts';
import type { ApiClient } from '../../client/contract.ts';
import { parseFlags } from '../../client/flags.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { createApiClient } from '../../client/rest-client.ts';
import type { Host, Program } from '../../kernel/host.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import { clusterAdmins, clusterInfo, kubeadmObjects, type AddonObject, type AddonOptions } from './addons.ts';
import type { KubeadmEvent } from './events.ts';

const marker = '/etc/kubernetes/kubeadm-done';
const retryMs = 500;
const nodes = { group: '', version: 'v1', resource: 'nodes' };

export const kubeadm: Program = {
  name: 'kubeadm',
  *main(host, args) {
    const flags = parseFlags(args);
    if (host.disk.exists(marker)) return 0;
    const config = loadKubeconfig(host, flags.get('kubeconfig') ?? '/etc/kubernetes/super-admin.conf');
    const api = createApiClient(host, { server: config.server, tls: config.tls, userAgent: 'kubeadm' });
    host.trace.emit<KubeadmEvent>({ type: 'kubeadm.phase', phase: 'wait-control-plane' });
    yield* untilDone(host, () => ready(api));
    const options = host.disk.read(flags.get('config') ?? '/etc/kubernetes/kubeadm.json') as AddonOptions & { readonly addons: boolean };
    host.trace.emit<KubeadmEvent>({ type: 'kubeadm.phase', phase: 'addon' });
    const objects: AddonObject[] = [clusterAdmins, ...(options.addons ? [...kubeadmObjects(options), clusterInfo(options)] : [])];
    for (const each of objects) yield* untilDone(host, () => create(host, api, each));
    host.trace.emit<KubeadmEvent>({ type: 'kubeadm.phase', phase: 'mark-control-plane' });
    const masters = (flags.get('masters') ?? '').split(',').filter((each) => each !== '');
    for (const master of masters) yield* untilDone(host, () => markControlPlane(api, master, flags.get('taint') !== 'false'));
    host.disk.write(marker, 'done');
    yield* host.disk.sync(marker);
    host.trace.emit<KubeadmEvent>({ type: 'kubeadm.done' });
    return 0;
  },
};

/** Tries again while the cluster is still coming up; a refusal that will not go away by itself ends the run. */
function* untilDone(host: Host, attempt: () => Task<boolean>): Task<void> {
  for (let n = 0; n < 600; n++) {
    try {
      if (yield* attempt()) return;
    } catch (error) {
      if (!(error instanceof NetworkError) && !isApiError(error)) throw error;
      if (isApiError(error) && (error.code === 422 || error.code === 400)) throw error;
    }
    yield* host.clock.sleep(retryMs);
  }
  throw new Error('timed out waiting for the cluster');
}

function* ready(api: ApiClient): Task<boolean> {
  return (yield* api.raw('GET', '/readyz')).status === 200;
}

function* create(host: Host, api: ApiClient, each: AddonObject): Task<boolean> {
  let created = true;
  try {
    yield* api.create(each.ref, each.namespace, each.object);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    created = false;
  }
  host.trace.emit<KubeadmEvent>({ type: 'kubeadm.applied', kind: each.object.kind, name: each.object.metadata.name, created });
  return true;
}

function* markControlPlane(api: ApiClient, name: string, taint: boolean): Task<boolean> {
  const labels = { 'node-role.kubernetes.io/control-plane': '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' };
  const spec = taint ? { spec: { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] } } : {};
  yield* api.patch(nodes, '', name, 'application/strategic-merge-patch+json', { metadata: { labels }, ...spec });
  return true;
}
