// kubeadm init: makes this machine the first control plane of a new cluster.
import type { ExitCode } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { publicKeyOf } from '../../../wire/tls-handshake.ts';
import { addonObjects, clusterAdmins, clusterInfo, joinObjects } from '../addons.ts';
import { generateToken, isToken } from '../bootstrap-tokens.ts';
import { authoritySpecs, createAuthority, kubeconfigFor, kubeconfigSpecs, kubeletIdentityFiles, kubernetesFolder, machineCertificateFiles, pkiFolder, sharedFiles, type Authorities, type Signer } from '../certificates.ts';
import { defaultServiceCidr, kubeletConfigurationText, makePlan } from '../cluster-configuration.ts';
import type { ClusterPlan } from '../cluster-plan.ts';
import { Failure, type Context } from '../context.ts';
import type { KubeadmEvent } from '../events.ts';
import { packageVersion, parseVersion } from '../../images/releases.ts';
import { controlPlaneTaint, startKubelet } from '../kubelet-service.ts';
import { controlPlaneComponents, manifestFiles, manifestPath } from '../manifests.ts';
import { fileAvailable, folderEmpty, portFree, preflight, runtimeRuns, twoCores, type Check } from '../preflight.ts';
import { createObjects, markControlPlane, waitForControlPlane } from '../set-up.ts';
import { uploadCertificates } from '../shared-certificates.ts';
import { createToken, joinCommand } from './token.ts';

const dayMs = 86_400_000;

export const controlPlaneChecks = [
  twoCores,
  ...[6443, 10259, 10257, 10250].map(portFree),
  ...controlPlaneComponents.filter((each) => each !== 'etcd').map((each) => fileAvailable(manifestPath(each))),
  fileAvailable(manifestPath('etcd')),
  runtimeRuns,
  ...[2379, 2380].map(portFree),
  folderEmpty('/var/lib/etcd'),
];

function planOf(context: Context): ClusterPlan {
  const { flags, machine } = context;
  const given = flags.get('control-plane-endpoint');
  const endpoint = given === undefined ? `${machine.address}:6443` : given.includes(':') ? given : `${given}:6443`;
  const podCidr = flags.get('pod-network-cidr') ?? '';
  for (const cidr of [podCidr, flags.get('service-cidr') ?? defaultServiceCidr]) if (cidr !== '' && !/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(cidr)) throw new Failure(`networking.podSubnet: Invalid value: "${cidr}": couldn't parse subnet`);
  const kubernetesVersion = flags.get('kubernetes-version') ?? context.version;
  const asked = parseVersion(kubernetesVersion);
  const own = parseVersion(context.version);
  if (asked === undefined || own === undefined) throw new Failure(`could not parse "${kubernetesVersion}" as version`);
  if (asked[1] < own[1] - 1) throw new Failure(`this version of kubeadm only supports deploying clusters with the control plane version >= ${own[0]}.${own[1] - 1}.0. Current version: ${kubernetesVersion}`);
  return makePlan({ kubernetesVersion: `v${asked.join('.')}`, endpoint, podCidr, serviceCidr: flags.get('service-cidr') ?? defaultServiceCidr, extraSans: flags.list('apiserver-cert-extra-sans'), tokenFile: false });
}

/** A kubelet may be older than the API server, never newer. */
const kubeletNotNewer = (plan: ClusterPlan): Check => ({
  name: 'KubeletVersion',
  problem: ({ host }) => {
    const kubelet = parseVersion(packageVersion(host.disk, 'kubelet'));
    const server = parseVersion(plan.kubernetesVersion);
    if (kubelet === undefined || server === undefined || kubelet[1] <= server[1]) return undefined;
    return `the kubelet version is higher than the control plane version. This is not a supported version skew and may lead to a malfunctional cluster. Kubelet version: "${kubelet.join('.')}" Control plane version: "${server.join('.')}"`;
  },
});

export function* init(context: Context): Task<ExitCode> {
  const token = context.flags.get('token') ?? generateToken(context.host.random);
  if (!isToken(token)) throw new Failure(`bootstrapTokens.token: Invalid value: "${token}": the bootstrap token is invalid`);
  const plan = planOf(context);
  context.say(`[init] Using Kubernetes version: ${plan.kubernetesVersion}`);
  preflight(context, [...controlPlaneChecks, kubeletNotNewer(plan)]);
  yield* writeFiles(context, plan);
  yield* startKubelet(context, kubeletConfigurationText(plan), [controlPlaneTaint]);
  context.say('[wait-control-plane] Waiting for the kubelet to boot up the control plane as static Pods from directory "/etc/kubernetes/manifests"');
  const founder = context.api(`${kubernetesFolder}/super-admin.conf`);
  yield* waitForControlPlane(context, founder, context.flags.durationMs('timeout', 240_000));
  context.say('[control-plane-check] kube-apiserver is healthy');
  yield* createObjects(context, founder, [clusterAdmins]);
  const api = context.api();
  yield* shareCluster(context, plan, api, token);
  tellNext(context, plan, token);
  context.host.trace.emit<KubeadmEvent>({ type: 'kubeadm.done' });
  return 0;
}

function* writeFiles(context: Context, plan: ClusterPlan): Task<void> {
  const { host, machine } = context;
  context.phase('certs');
  context.say(`[certs] Using certificateDir folder "${pkiFolder}"`);
  const wallMs = host.clock.wallMs();
  const authorities = Object.fromEntries(authoritySpecs.map((spec) => [spec.name, createAuthority(host.random, spec, wallMs)])) as unknown as Authorities;
  for (const spec of authoritySpecs) context.say(`[certs] Generating "${spec.file}" certificate and key`);
  const signer: Signer = { random: host.random, wallMs, authorities };
  const serviceAccountKey = host.random.hex(32);
  yield* context.write({ ...sharedFiles(authorities, serviceAccountKey), ...machineCertificateFiles(signer, plan, machine) });
  context.say(`[certs] Generating "sa" key (${publicKeyOf(serviceAccountKey).slice(0, 8)}) and public key`);
  context.phase('kubeconfig');
  const kubeconfigs: Record<string, string> = {};
  for (const spec of kubeconfigSpecs) kubeconfigs[`${kubernetesFolder}/${spec.file}`] = kubeconfigFor(signer, plan, machine, spec);
  for (const path of Object.keys(kubeconfigs)) context.say(`[kubeconfig] Writing "${path.slice(kubernetesFolder.length + 1)}" kubeconfig file`);
  yield* context.write({ ...kubeconfigs, ...kubeletIdentityFiles(signer, plan, machine) });
  yield* host.disk.sync('/var/lib/kubelet');
  context.phase('control-plane');
  context.say('[control-plane] Using manifest folder "/etc/kubernetes/manifests"');
  for (const component of controlPlaneComponents) context.say(`[control-plane] Creating static Pod manifest for "${component}"`);
  yield* context.write(manifestFiles(plan, machine, { initialCluster: [machine], state: 'new' }));
}

function* shareCluster(context: Context, plan: ClusterPlan, api: ReturnType<Context['api']>, token: string): Task<void> {
  context.phase('upload-config');
  context.say('[upload-config] Storing the configuration used in ConfigMap "kubeadm-config" in the "kube-system" Namespace');
  const options = { plan, proxyMode: context.flags.get('proxy-mode') ?? '' };
  yield* createObjects(context, api, joinObjects(options));
  if (context.flags.bool('upload-certs')) yield* uploadCertificates(context, api, context.flags.get('certificate-key') ?? context.host.random.hex(64));
  else context.say('[upload-certs] Skipping phase. Please see --upload-certs');
  context.say(`[mark-control-plane] Marking the node ${context.machine.name} as control-plane by adding the labels and the taints [${controlPlaneTaint}]`);
  yield* markControlPlane(context, api, context.machine.name, true);
  context.phase('bootstrap-token');
  context.say(`[bootstrap-token] Using token: ${token}`);
  yield* createToken(context, api, token, context.flags.durationMs('token-ttl', dayMs), 'The default bootstrap token generated by \'kubeadm init\'.');
  yield* createObjects(context, api, [clusterInfo(plan, context.host.disk.readText(`${pkiFolder}/ca.crt`) ?? '')]);
  context.phase('addon');
  yield* createObjects(context, api, addonObjects(options));
  context.say('[addons] Applied essential addon: CoreDNS\n[addons] Applied essential addon: kube-proxy');
}

function tellNext(context: Context, plan: ClusterPlan, token: string): void {
  context.say(`
Your Kubernetes control-plane has initialized successfully!

To start using your cluster, you need a kubeconfig:

  mkdir -p $HOME/.kube
  cp /etc/kubernetes/admin.conf $HOME/.kube/config

Nodes stay NotReady until a pod network is there:
  kubectl apply -f [podnetwork].yaml

Then you can join any number of worker nodes by running the following on each as root:

${joinCommand(context, plan.endpoint, token)}`);
}
