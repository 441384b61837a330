// kubeadm reset: takes this machine out of its cluster, as far as the machine itself goes.
import type { ExitCode } from '../../../kernel/host.ts';
import { isApiError } from '../../../client/api-error.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Task } from '../../../kernel/task.ts';
import { criSocket, type PodSandboxStatus } from '../../../wire/cri.ts';
import { HttpClient } from '../../../wire/http-client.ts';
import { kubeconfigSpecs, kubernetesFolder, pkiFolder } from '../certificates.ts';
import { Failure, type Context } from '../context.ts';
import { EtcdMembers } from '../etcd-members.ts';
import { bootstrapKubeconfigPath, kubeletKubeconfigPath } from '../kubelet-service.ts';
import { manifestFolder, manifestPath } from '../manifests.ts';
import { etcdEndpoints } from './join.ts';

export function* reset(context: Context): Task<ExitCode> {
  context.warn('[reset] WARNING: Changes made to this host by \'kubeadm init\' or \'kubeadm join\' will be reverted.');
  if (!context.flags.bool('force')) {
    context.host.output.write('[reset] Are you sure you want to proceed? [y/N]: ');
    const answer = ((yield* context.host.input.read()) ?? '').trim().toLowerCase();
    if (answer !== 'y' && answer !== 'yes') throw new Failure('aborted reset operation');
  }
  context.phase('preflight');
  context.say('[preflight] Running pre-flight checks');
  if (context.exists(manifestPath('etcd'))) yield* leaveEtcd(context);
  context.phase('cleanup-node');
  context.say('[reset] Stopping the kubelet service');
  context.host.os.control('kubelet', 'stop');
  yield* context.host.clock.sleep(1000);
  yield* removeContainers(context);
  for (const folder of [manifestFolder, '/var/lib/kubelet', pkiFolder, '/var/lib/etcd']) {
    context.say(`[reset] Deleting contents of directories: [${folder}]`);
    context.removeFolder(folder);
  }
  const files = [...kubeconfigSpecs.map(({ file }) => `${kubernetesFolder}/${file}`), kubeletKubeconfigPath, bootstrapKubeconfigPath];
  context.say(`[reset] Deleting files: [${files.join(' ')}]`);
  for (const file of files) context.host.disk.remove(file);
  yield* context.host.disk.sync('/');
  context.say(`
The reset process does not perform cleanup of CNI plugin configuration, network filtering rules and kubeconfig files.

For information on how to perform this cleanup manually, please see:
    https://k8s.io/docs/reference/setup-tools/kubeadm/kubeadm-reset/
`);
  return 0;
}

/** A member that goes for good is taken out of the list first, or it would count as one that failed. */
function* leaveEtcd(context: Context): Task<void> {
  context.phase('remove-etcd-member');
  const peerUrl = `https://${context.machine.address}:2380`;
  try {
    const endpoints = yield* etcdEndpoints(context, 5000);
    const etcd = new EtcdMembers(context.host, endpoints);
    const members = yield* etcd.list();
    const own = members.find((each) => each.peerUrls.includes(peerUrl));
    if (own === undefined) return;
    if (members.length === 1) {
      context.say('[reset] Skipping the removal of the etcd member: this is the last one');
      return;
    }
    const others = new EtcdMembers(context.host, endpoints.filter((endpoint) => !endpoint.startsWith(`${context.machine.address}:`)));
    yield* others.remove(own.id);
    context.say(`[reset] Removed the etcd member ${own.id} of this machine`);
  } catch (error) {
    if (!(error instanceof NetworkError) && !(error instanceof Failure) && !isApiError(error)) throw error;
    context.warn(`[reset] Failed to remove etcd member: ${error.message}, please manually remove this etcd member using etcdctl`);
  }
}

function* removeContainers(context: Context): Task<void> {
  const runtime = new HttpClient(context.host, criSocket, { family: 'runtime' });
  function* call<T>(method: string, body: object): Task<T> {
    const response = yield* runtime.call({ method: 'POST', path: `/runtime.v1.RuntimeService/${method}`, body }, { note: method });
    if (response.status >= 400) throw new Failure(`failed to remove containers: ${(response.body as { readonly message?: string }).message ?? method}`);
    return response.body as T;
  }
  try {
    const { items } = yield* call<{ readonly items: readonly PodSandboxStatus[] }>('ListPodSandbox', {});
    for (const { id } of items) {
      yield* call('StopPodSandbox', { podSandboxId: id });
      yield* call('RemovePodSandbox', { podSandboxId: id });
    }
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error;
    context.warn(`[reset] Failed to remove containers: ${error.message}`);
  } finally {
    runtime.close();
  }
}
