// kubeadm upgrade plan | apply VERSION | node: one minor version at a time, the first master by apply, every other machine by node.
import type { ApiClient } from '../../../client/contract.ts';
import type { ExitCode } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { parseVersion } from '../../images/releases.ts';
import { joinObjects } from '../addons.ts';
import { clusterConfigurationText, makePlan } from '../cluster-configuration.ts';
import { configMapsRef } from '../cluster-plan-source.ts';
import type { ClusterPlan } from '../cluster-plan.ts';
import { Failure, type Context } from '../context.ts';
import type { KubeadmEvent } from '../events.ts';
import { kubeletKubeconfigPath } from '../kubelet-service.ts';
import { createObjects } from '../set-up.ts';
import { checkHealth, isControlPlane, pullForUpgrade, readConfiguration, upgradeAddons, upgradeKubeletConfig } from '../upgrade/phases.ts';
import { upgradeStaticPods, type StaticPodOptions } from '../upgrade/static-pods.ts';
import { checkSkew, enforceSkew, serverVersion, systemNamespace } from '../upgrade/versions.ts';

const optionsOf = ({ flags }: Context): StaticPodOptions => ({ renew: flags.bool('certificate-renewal', true), etcd: flags.bool('etcd-upgrade', true) });

function refuseDryRun(context: Context): void {
  if (context.flags.bool('dry-run')) throw new Failure('unknown flag: --dry-run');
}

export function* upgradeApply(context: Context): Task<ExitCode> {
  refuseDryRun(context);
  const [given] = context.args;
  if (given === undefined) throw new Failure('missing one or more required arguments. Required arguments: [version]');
  const asked = parseVersion(given);
  if (asked === undefined) throw new Failure(`could not parse "${given}" as version`);
  const wanted = `v${asked.join('.')}`;
  const api = context.api();
  const old = yield* readConfiguration(context, api);
  yield* preflightApply(context, api, wanted);
  const plan = makePlan({ ...old, kubernetesVersion: wanted });
  context.phase('upgrade control-plane');
  context.say(`[upgrade/control-plane] Upgrading your static Pod-hosted control plane to version "${wanted}" (timeout: 5m0s)...`);
  yield* upgradeStaticPods(context, api, plan, optionsOf(context));
  context.say('[upgrade/control-plane] The control plane instance for this node was successfully upgraded!');
  yield* shareUpgraded(context, plan);
  context.say(`\n[upgrade] SUCCESS! A control plane node of your cluster was upgraded to "${wanted}".\n\n[upgrade] Now please proceed with upgrading the rest of the nodes by following the right order.`);
  context.host.trace.emit<KubeadmEvent>({ type: 'kubeadm.done' });
  return 0;
}

function* preflightApply(context: Context, api: ApiClient, wanted: string): Task<void> {
  context.phase('upgrade preflight');
  context.say('[upgrade/preflight] Running preflight checks');
  const nodes = yield* checkHealth(context, api);
  context.say(`[upgrade/preflight] You have chosen to upgrade the cluster version to "${wanted}"`);
  const cluster = yield* serverVersion(api);
  context.say(`[upgrade/versions] Cluster version: ${cluster}\n[upgrade/versions] kubeadm version: ${context.version}`);
  enforceSkew(checkSkew(cluster, context.version, wanted, nodes.map(({ kubelet }) => kubelet)), context.flags.bool('force'), (text) => context.warn(text));
  if (!context.flags.bool('yes') && !context.flags.bool('force')) {
    context.host.output.write('[upgrade] Are you sure you want to proceed? [y/N]: ');
    const answer = ((yield* context.host.input.read()) ?? '').trim().toLowerCase();
    if (answer !== 'y' && answer !== 'yes') throw new Failure('error execution phase preflight: won\'t proceed; the user didn\'t answer (Y|y) in order to continue');
  }
  yield* pullForUpgrade(context, wanted);
}

/** The phases of apply behind the static pods. The API server has just come back, and its clients with it: the first call waits. */
function* shareUpgraded(context: Context, plan: ClusterPlan): Task<void> {
  context.phase('upgrade upload-config');
  const api = context.api();
  context.say('[upload-config] Storing the configuration used in ConfigMap "kubeadm-config" in the "kube-system" Namespace');
  yield* context.waitFor('error execution phase upload-config/kubeadm', 60_000, () => api.patch(configMapsRef, systemNamespace, 'kubeadm-config', 'application/merge-patch+json', { data: { ClusterConfiguration: clusterConfigurationText(plan) } }));
  context.say('[upgrade/kubeconfig] The kubeconfig files for this node were successfully upgraded!');
  yield* upgradeKubeletConfig(context, api);
  context.say('[upgrade/bootstrap-token] Configuring bootstrap token and cluster-info RBAC rules');
  yield* createObjects(context, api, joinObjects({ plan, proxyMode: '' }));
  yield* upgradeAddons(context, api, plan.kubernetesVersion);
}

export function* upgradeNode(context: Context): Task<ExitCode> {
  refuseDryRun(context);
  const isMaster = isControlPlane(context);
  const api = context.api(isMaster ? undefined : kubeletKubeconfigPath);
  const plan = yield* readConfiguration(context, api);
  context.phase('upgrade node');
  context.say('[upgrade/preflight] Running pre-flight checks');
  if (!isMaster) {
    context.say('[upgrade/preflight] Skipping prepull. Not a control plane node.\n[upgrade/control-plane] Skipping phase. Not a control plane node.\n[upgrade/kubeconfig] Skipping phase. Not a control plane node.');
    yield* upgradeKubeletConfig(context, api);
    context.say('[upgrade/addon] Skipping the addon/coredns phase. Not a control plane node.\n[upgrade/addon] Skipping the addon/kube-proxy phase. Not a control plane node.');
    return 0;
  }
  yield* pullForUpgrade(context, plan.kubernetesVersion);
  context.say(`[upgrade/control-plane] Upgrading your Static Pod-hosted control plane instance to version "${plan.kubernetesVersion}"...`);
  yield* upgradeStaticPods(context, api, plan, optionsOf(context));
  context.say('[upgrade/control-plane] The control plane instance for this node was successfully upgraded!');
  const after = context.api();
  context.say('[upgrade/kubeconfig] The kubeconfig files for this node were successfully upgraded!');
  yield* upgradeKubeletConfig(context, after);
  yield* upgradeAddons(context, after, plan.kubernetesVersion);
  context.host.trace.emit<KubeadmEvent>({ type: 'kubeadm.done' });
  return 0;
}
