// What `upgrade apply` and `upgrade node` have in common beside the static pods.
import type { ApiObject } from '../../../api/meta/object.ts';
import type { ApiClient, ResourceRef } from '../../../client/contract.ts';
import type { Task } from '../../../kernel/task.ts';
import { releaseOf } from '../../images/releases.ts';
import { pullImages } from '../commands/small-commands.ts';
import { kubernetesFolder } from '../certificates.ts';
import { kubeletConfigPath } from '../cluster-configuration.ts';
import { configMapsRef, fetchPlan } from '../cluster-plan-source.ts';
import type { ClusterPlan } from '../cluster-plan.ts';
import { Failure, type Context } from '../context.ts';
import { manifestPath } from '../manifests.ts';
import { stamp } from './static-pods.ts';
import { componentPods, nodeFacts, systemNamespace, tagOf, type NodeFacts } from './versions.ts';

export const isControlPlane = (context: Context): boolean => context.exists(manifestPath('kube-apiserver'));

export function* readConfiguration(context: Context, api: ApiClient, what = 'upgrade'): Task<ClusterPlan> {
  context.say(`[${what}] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...`);
  context.say(`[${what}] Use 'kubeadm init phase upload-config kubeadm --config your-config-file' to re-upload it.`);
  return yield* fetchPlan(api);
}

/** Throws Failure unless every master is Ready and this machine's static pods are there; --ignore-preflight-errors lets single checks pass. */
export function* checkHealth(context: Context, api: ApiClient): Task<readonly NodeFacts[]> {
  context.say('[upgrade] Running cluster health checks');
  const nodes = yield* nodeFacts(api);
  const ignored = context.flags.list('ignore-preflight-errors').map((each) => each.toLowerCase());
  const fatal: string[] = [];
  const check = (name: string, problem: string | undefined): void => {
    if (problem === undefined) return;
    if (ignored.includes('all') || ignored.includes(name.toLowerCase())) context.warn(`\t[WARNING ${name}]: ${problem}`);
    else fatal.push(`\t[ERROR ${name}]: ${problem}\n`);
  };
  const late = nodes.filter((each) => each.isMaster && !each.isReady).map(({ name }) => name);
  check('ControlPlaneNodesReady', late.length === 0 ? undefined : `there are NotReady control-planes in the cluster: [${late.join(' ')}]`);
  const missing = (['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const).filter((each) => !context.exists(manifestPath(each)));
  check('StaticPodManifest', missing.length === 0 ? undefined : `couldn't find required static pod manifests: [${missing.map(manifestPath).join(' ')}]`);
  if (fatal.length > 0) throw new Failure(`error execution phase preflight: [upgrade/health] FATAL: [preflight] Some fatal errors occurred:\n${fatal.join('')}[preflight] If you know what you are doing, you can make a check non-fatal with \`--ignore-preflight-errors=...\``);
  return nodes;
}

export function* pullForUpgrade(context: Context, version: string): Task<void> {
  context.say('[upgrade/preflight] Pulling images required for setting up a Kubernetes cluster');
  context.say('[upgrade/preflight] This might take a minute or two, depending on the speed of your internet connection');
  context.say("[upgrade/preflight] You can also perform this action beforehand using 'kubeadm config images pull'");
  yield* pullImages(context, version, () => {});
}

/** The kubelet's configuration of the cluster, onto this machine. */
export function* upgradeKubeletConfig(context: Context, api: ApiClient): Task<void> {
  const { disk } = context.host;
  const map = yield* api.get<ApiObject & { readonly data?: Readonly<Record<string, string>> }>(configMapsRef, systemNamespace, 'kubelet-config', { timeoutMs: 10_000 });
  const text = map.data?.['kubelet'];
  if (text === undefined) throw new Failure('error execution phase kubelet-config: could not find the kubelet configuration in the ConfigMap "kubelet-config"');
  const backup = `${kubernetesFolder}/tmp/kubeadm-kubelet-config-${stamp(context)}/config.yaml`;
  context.say(`[upgrade] Backing up kubelet config file to ${backup}`);
  context.say(`[kubelet-start] Writing kubelet configuration to file "${kubeletConfigPath}"`);
  yield* context.write({ [backup]: disk.readText(kubeletConfigPath) ?? '' });
  disk.write(kubeletConfigPath, text);
  yield* disk.sync('/var/lib/kubelet');
  context.say('[upgrade/kubelet-config] The kubelet configuration for this node was successfully upgraded!');
}

const addons: readonly { readonly label: string; readonly ref: ResourceRef; readonly name: string; readonly image: (version: string) => string }[] = [
  { label: 'CoreDNS', ref: { group: 'apps', version: 'v1', resource: 'deployments' }, name: 'coredns', image: (version) => releaseOf(version).corednsImage },
  { label: 'kube-proxy', ref: { group: 'apps', version: 'v1', resource: 'daemonsets' }, name: 'kube-proxy', image: (version) => `registry.k8s.io/kube-proxy:${version}` },
];

/** Only once every master runs the new version: kube-proxy must not be newer than an API server that it may ask. */
export function* upgradeAddons(context: Context, api: ApiClient, version: string): Task<void> {
  const behind = (yield* componentPods(api, 'kube-apiserver')).filter((pod) => tagOf(pod) !== version).map((pod) => pod.spec?.nodeName ?? '');
  if (behind.length > 0) {
    context.say(`[upgrade/addons] skip upgrade addons because control plane instances [${behind.join(' ')}] have not been upgraded`);
    return;
  }
  for (const { label, ref, name, image } of addons) {
    yield* api.patch(ref, systemNamespace, name, 'application/strategic-merge-patch+json', { spec: { template: { spec: { containers: [{ name, image: image(version) }] } } } });
    context.say(`[addons] Applied essential addon: ${label}`);
  }
}
