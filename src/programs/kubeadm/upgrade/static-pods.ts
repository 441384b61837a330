// The control plane of one machine, brought to another version: one static pod after the other, each by its manifest, and each waited for until the kubelet
// runs what the new manifest says (its mirror pod carries the manifest's hash). What fails is put back. As kubeadm's phases/upgrade/staticpods.go.
import type { ApiClient } from '../../../client/contract.ts';
import { civilTime } from '../../../api/meta/time.ts';
import { parseYaml } from '../../../api/yaml/parse-yaml.ts';
import type { Task } from '../../../kernel/task.ts';
import { renewCertificate } from '../commands/certs.ts';
import { kubernetesFolder } from '../certificates.ts';
import type { ClusterPlan, EtcdPlan } from '../cluster-plan.ts';
import { Failure, type Context } from '../context.ts';
import { EtcdMembers } from '../etcd-members.ts';
import { controlPlaneComponents, manifestFolder, manifestPath, manifestText, type ControlPlaneComponent } from '../manifests.ts';
import { loadSigner } from '../signer.ts';
import { componentPods, podsRef, systemNamespace } from './versions.ts';

const patienceMs = 300_000;

const certificatesOf: Readonly<Record<ControlPlaneComponent, readonly string[]>> = {
  etcd: ['etcd-server', 'etcd-peer', 'etcd-healthcheck-client'],
  'kube-apiserver': ['apiserver', 'apiserver-kubelet-client', 'front-proxy-client', 'apiserver-etcd-client'],
  'kube-controller-manager': ['controller-manager.conf'],
  'kube-scheduler': ['scheduler.conf'],
};

export interface StaticPodOptions {
  readonly renew: boolean;
  readonly etcd: boolean;
}

/** `2026-05-30-14-29-18` */
export function stamp(context: Context): string {
  const { year, month, day, hour, minute, second } = civilTime(context.host.clock.wallMs());
  return [year, month, day, hour, minute, second].map((each) => String(each).padStart(2, '0')).join('-');
}

/** Throws Failure; then the old manifests are in place again. */
export function* upgradeStaticPods(context: Context, api: ApiClient, plan: ClusterPlan, options: StaticPodOptions): Task<void> {
  const backup = `${kubernetesFolder}/tmp/kubeadm-backup-manifests-${stamp(context)}`;
  context.say(`[upgrade/staticpods] Writing new Static Pod manifests to "${kubernetesFolder}/tmp/kubeadm-upgraded-manifests${context.host.random.below(1_000_000_000)}"`);
  const replaced: ControlPlaneComponent[] = [];
  for (const component of controlPlaneComponents) {
    if (component === 'etcd' && (plan.externalEtcd !== undefined || !options.etcd)) continue;
    try {
      yield* upgradeComponent(context, api, plan, component, options.renew, backup, replaced);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // An etcd that has taken up the new version stays: its data may be of the new form.
      for (const each of replaced) if (each !== 'etcd' || component === 'etcd') yield* context.write({ [manifestPath(each)]: context.host.disk.readText(`${backup}/${each}.yaml`) ?? '' });
      throw new Failure(`error execution phase control-plane: couldn't complete the static pod upgrade: couldn't upgrade control plane. kubeadm has tried to recover everything into the earlier state. Errors faced: ${error.message}`);
    }
  }
  if (!options.renew) return;
  const signer = loadSigner(context);
  for (const file of ['admin.conf', 'super-admin.conf']) yield* renewCertificate(context, plan, signer, file);
}

function* upgradeComponent(context: Context, api: ApiClient, plan: ClusterPlan, component: ControlPlaneComponent, renew: boolean, backup: string, replaced: ControlPlaneComponent[]): Task<void> {
  const { machine, host } = context;
  const path = manifestPath(component);
  const old = host.disk.readText(path);
  context.say(`[upgrade/staticpods] Preparing for "${component}" upgrade`);
  if (old === undefined) throw new Failure(`failed to read ${path}: no such file or directory`);
  const text = manifestText(component, plan, machine, etcdPlanOf(old, machine));
  if (text === old) {
    context.say(`[upgrade/staticpods] Current and new manifests of ${component} are equal, skipping upgrade`);
    return;
  }
  if (renew) {
    const signer = loadSigner(context);
    for (const name of certificatesOf[component]) {
      context.say(`[upgrade/staticpods] Renewing ${name} certificate`);
      yield* renewCertificate(context, plan, signer, name);
    }
  }
  const before = yield* context.waitFor(`failed to get ${component} pod's hash`, patienceMs, () => mirrorHash(api, component, machine.name));
  replaced.push(component);
  yield* context.write({ [`${backup}/${component}.yaml`]: old, [path]: text });
  context.say(
    component === 'etcd'
      ? `[upgrade/staticpods] Restarting the etcd static pod and backing up its manifest to "${backup}/etcd.yaml"`
      : `[upgrade/staticpods] Moving new manifest to "${manifestFolder}/${component}.yaml" and backing up old manifest to "${backup}/${component}.yaml"`,
  );
  context.say('[upgrade/staticpods] Waiting for the kubelet to restart the component\n[upgrade/staticpods] This can take up to 5m0s');
  yield* context.waitFor(`static Pod hash for component ${component} on Node ${machine.name} did not change after 5m0s`, patienceMs, function* () {
    return (yield* mirrorHash(api, component, machine.name)) === before ? undefined : true;
  });
  const count = yield* context.waitFor(`pods of component ${component}`, patienceMs, function* () {
    const pods = yield* componentPods(api, component);
    return pods.length > 0 && pods.every((pod) => pod.status?.phase === 'Running') ? pods.length : undefined;
  });
  context.say(`[apiclient] Found ${count} Pods for label selector component=${component}`);
  context.say(`[upgrade/staticpods] Component "${component}" upgraded successfully!`);
  if (component === 'etcd') yield* waitForEtcd(context);
}

function* mirrorHash(api: ApiClient, component: ControlPlaneComponent, node: string): Task<string | undefined> {
  const pod = yield* api.get(podsRef, systemNamespace, `${component}-${node}`, { timeoutMs: 10_000 });
  return pod.metadata.annotations?.['kubernetes.io/config.hash'];
}

function* waitForEtcd(context: Context): Task<void> {
  context.say('[upgrade/etcd] Waiting for etcd to become available');
  yield* context.waitFor('etcd cluster is not healthy', patienceMs, function* () {
    // Made anew each time: it shows a certificate that was renewed a moment ago.
    return (yield* new EtcdMembers(context.host, [`${context.machine.address}:2379`]).list()).length > 0 ? true : undefined;
  });
}

/** The members that etcd was started with: what its old manifest says. */
function etcdPlanOf(manifest: string, machine: { readonly name: string; readonly address: string }): EtcdPlan {
  const command = (parseYaml(manifest) as { readonly spec?: { readonly containers?: readonly { readonly command?: readonly string[] }[] } } | null)?.spec?.containers?.[0]?.command ?? [];
  const flag = (name: string): string | undefined => command.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
  const initialCluster = (flag('initial-cluster') ?? `${machine.name}=https://${machine.address}:2380`).split(',').map((each) => {
    const equals = each.indexOf('=');
    return { name: each.slice(0, equals), address: each.slice(equals + 1).replace(/^https?:\/\//, '').replace(/:\d+$/, '') };
  });
  return { initialCluster, state: flag('initial-cluster-state') === 'new' ? 'new' : 'existing' };
}
