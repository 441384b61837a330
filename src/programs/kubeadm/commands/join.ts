// kubeadm join: adds this machine to a cluster, as a worker or (--control-plane) as one more master with its own etcd member.
import { isApiError } from '../../../client/api-error.ts';
import type { ApiClient } from '../../../client/contract.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { ExitCode } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { printYaml } from '../../../api/yaml/print-yaml.ts';
import { encodeBase64 } from '../../../api/meta/base64.ts';
import { encodeCertificate } from '../../../wire/tls-handshake.ts';
import { isToken } from '../bootstrap-tokens.ts';
import { kubeconfigFor, kubeconfigSpecs, kubernetesFolder, machineCertificateFiles, pkiFolder } from '../certificates.ts';
import { configMapsRef, fetchPlan } from '../cluster-plan-source.ts';
import type { ClusterPlan } from '../cluster-plan.ts';
import { Failure, type Context } from '../context.ts';
import { discover, type Discovered } from '../discovery.ts';
import { EtcdMembers } from '../etcd-members.ts';
import type { KubeadmEvent } from '../events.ts';
import { bootstrapKubeconfigPath, controlPlaneTaint, kubeletKubeconfigPath, startKubelet } from '../kubelet-service.ts';
import { manifestPath, manifestText } from '../manifests.ts';
import { fileAvailable, portFree, preflight, runtimeRuns } from '../preflight.ts';
import { markControlPlane, nodesRef } from '../set-up.ts';
import { downloadCertificates } from '../shared-certificates.ts';
import { loadSigner } from '../signer.ts';
import { controlPlaneChecks } from './init.ts';

const patienceMs = 240_000;
const workerChecks = [portFree(10250), fileAvailable(kubeletKubeconfigPath), fileAvailable(bootstrapKubeconfigPath), fileAvailable(`${pkiFolder}/ca.crt`), runtimeRuns];

export function* join(context: Context): Task<ExitCode> {
  const [endpoint] = context.args;
  if (endpoint === undefined) throw new Failure('discovery: Invalid value: "": bootstrapToken or file must be set');
  const token = context.flags.get('token') ?? '';
  if (!isToken(token)) throw new Failure(`discovery.tlsBootstrapToken: Invalid value: "${token}": the bootstrap token is invalid`);
  const isMaster = context.flags.bool('control-plane');
  preflight(context, isMaster ? [fileAvailable(kubeletKubeconfigPath), ...controlPlaneChecks] : workerChecks);
  const found = yield* discover(context, endpoint, token);
  const bootstrap = context.apiAt(found.server, { trust: [found.authority] }, token);
  context.say('[preflight] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...');
  const { plan, kubelet } = yield* readCluster(bootstrap);
  if (isMaster) yield* prepareControlPlane(context, plan, bootstrap);
  yield* context.write({ [`${pkiFolder}/ca.crt`]: encodeCertificate(found.authority), [bootstrapKubeconfigPath]: bootstrapKubeconfig(found, token) });
  yield* startKubelet(context, kubelet, isMaster ? [controlPlaneTaint] : []);
  if (isMaster && plan.externalEtcd === undefined) yield* joinEtcd(context, plan);
  context.say('[kubelet-start] Waiting for the kubelet to perform the TLS Bootstrap');
  yield* context.waitFor('error execution phase kubelet-start', patienceMs, function* () {
    if (!context.host.disk.exists(kubeletKubeconfigPath)) return undefined;
    const node = yield* context.api(kubeletKubeconfigPath).get(nodesRef, '', context.machine.name);
    return node;
  });
  context.host.disk.remove(bootstrapKubeconfigPath);
  if (isMaster) yield* markControlPlane(context, context.api(), context.machine.name, true);
  context.say(isMaster ? masterWords : workerWords);
  context.host.trace.emit<KubeadmEvent>({ type: 'kubeadm.done' });
  return 0;
}

function* readCluster(api: ApiClient): Task<{ readonly plan: ClusterPlan; readonly kubelet: string }> {
  try {
    const plan = yield* fetchPlan(api);
    const map = yield* api.get<ApiObject & { readonly data?: Readonly<Record<string, string>> }>(configMapsRef, 'kube-system', 'kubelet-config');
    return { plan, kubelet: map.data?.['kubelet'] ?? '' };
  } catch (error) {
    if (!isApiError(error) && !(error instanceof NetworkError)) throw error;
    throw new Failure(`error execution phase preflight: unable to fetch the kubeadm-config ConfigMap: failed to get config map: ${error.message}`);
  }
}

function bootstrapKubeconfig({ server, authority }: Discovered, token: string): string {
  const user = 'tls-bootstrap-token-user';
  return printYaml({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'kubernetes', cluster: { 'certificate-authority-data': encodeBase64(encodeCertificate(authority)), server } }],
    contexts: [{ name: `${user}@kubernetes`, context: { cluster: 'kubernetes', user } }],
    'current-context': `${user}@kubernetes`,
    users: [{ name: user, user: { token } }],
  });
}

/** Certificates, kubeconfigs and all manifests but etcd's, which needs its place in the member list first. */
function* prepareControlPlane(context: Context, plan: ClusterPlan, bootstrap: ApiClient): Task<void> {
  const key = context.flags.get('certificate-key');
  const { machine } = context;
  if (key !== undefined) yield* downloadCertificates(context, bootstrap, key);
  if (!context.exists(`${pkiFolder}/ca.key`)) throw new Failure(`error execution phase control-plane-prepare/certs: failure loading key for CA: couldn't load the private key file ${pkiFolder}/ca.key: please pass --certificate-key or copy the shared certificates`);
  const signer = loadSigner(context);
  context.phase('certs');
  context.say(`[certs] Using certificateDir folder "${pkiFolder}"`);
  yield* context.write(machineCertificateFiles(signer, plan, machine));
  context.phase('kubeconfig');
  const files: Record<string, string> = {};
  for (const spec of kubeconfigSpecs) if (spec.file !== 'super-admin.conf') files[`${kubernetesFolder}/${spec.file}`] = kubeconfigFor(signer, plan, machine, spec);
  context.phase('control-plane');
  for (const component of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const) {
    context.say(`[control-plane] Creating static Pod manifest for "${component}"`);
    files[manifestPath(component)] = manifestText(component, plan, machine, { initialCluster: [], state: 'existing' });
  }
  yield* context.write(files);
}

/** As a learner first, so that a member that has to catch up does not count in the majority. */
function* joinEtcd(context: Context, plan: ClusterPlan): Task<void> {
  context.phase('etcd-join');
  const { machine } = context;
  const peerUrl = `https://${machine.address}:2380`;
  const endpoints = yield* etcdEndpoints(context);
  const etcd = new EtcdMembers(context.host, endpoints);
  context.say('[etcd] Announcing new etcd member joining to the existing etcd cluster');
  const members = yield* context.waitFor('error execution phase etcd-join: etcd member add', patienceMs, function* () {
    const known = yield* etcd.list();
    return known.some((each) => each.peerUrls.includes(peerUrl)) ? known : yield* etcd.addLearner(peerUrl);
  });
  const initialCluster = members.map((member) => ({ name: member.peerUrls.includes(peerUrl) ? machine.name : member.name || member.id, address: addressOf(member.peerUrls[0] ?? '') }));
  context.say('[etcd] Creating static Pod manifest for "etcd"');
  yield* context.write({ [manifestPath('etcd')]: manifestText('etcd', plan, machine, { initialCluster, state: 'existing' }) });
  context.say('[etcd] Waiting for the new etcd member to join the cluster and to catch up');
  yield* context.waitFor('error execution phase etcd-join: etcd member promote', patienceMs, function* () {
    const own = (yield* etcd.list()).find((each) => each.peerUrls.includes(peerUrl));
    if (own === undefined) throw new Failure('the etcd member of this machine was removed while it joined');
    if (!own.isLearner) return true;
    try {
      yield* etcd.promote(own.id);
    } catch (error) {
      // Not in step with the leader yet.
      if (!(error instanceof Failure)) throw error;
      return undefined;
    }
    return true;
  }, 1000);
}

const addressOf = (url: string): string => url.replace(/^https?:\/\//, '').replace(/:\d+$/, '');

/** Where etcd listens on the other masters: the annotation of their etcd static pods. */
export function* etcdEndpoints(context: Context, timeoutMs = patienceMs): Task<readonly string[]> {
  const api = context.api(`${kubernetesFolder}/admin.conf`);
  const pods = yield* context.waitFor('could not list etcd pods', timeoutMs, () => api.list({ group: '', version: 'v1', resource: 'pods' }, 'kube-system', { query: { labelSelector: 'component=etcd,tier=control-plane' } }));
  const urls = pods.items.map((pod) => pod.metadata.annotations?.['kubeadm.kubernetes.io/etcd.advertise-client-urls'] ?? '').filter((url) => url !== '');
  if (urls.length === 0) throw new Failure("could not find any etcd pod with the annotation kubeadm.kubernetes.io/etcd.advertise-client-urls");
  return urls.map((url) => url.replace(/^https:\/\//, ''));
}


const workerWords = `
This node has joined the cluster:
* Certificate signing request was sent to apiserver and a response was received.
* The Kubelet was informed of the new secure connection details.

Run 'kubectl get nodes' on the control-plane to see this node join the cluster.
`;
const masterWords = `
This node has joined the cluster and a new control plane instance was created:

* Certificate signing request was sent to apiserver and approval was received.
* The Kubelet was informed of the new secure connection details.
* Control plane label and taint were applied to the new node.
* The Kubernetes control plane instances scaled up.
* A new etcd member was added to the local/stacked etcd cluster.

Run 'kubectl get nodes' to see this node join the cluster.
`;
