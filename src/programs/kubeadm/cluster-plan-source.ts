// Where a command takes the cluster's configuration from: the ConfigMap kubeadm-config, or, when the API server does not answer (its certificate may have
// expired, which is why somebody renews), what this machine's own files say.
import { parseYaml } from '../../api/yaml/parse-yaml.ts';
import { isApiError, isNotFound } from '../../client/api-error.ts';
import type { ApiClient, ResourceRef } from '../../client/contract.ts';
import { loadKubeconfig } from '../../client/kubeconfig.ts';
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Task } from '../../kernel/task.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import { kubernetesVersion } from '../images/catalog.ts';
import { kubernetesFolder } from './certificates.ts';
import { defaultServiceCidr, makePlan, readClusterConfiguration } from './cluster-configuration.ts';
import type { ClusterPlan } from './cluster-plan.ts';
import { Failure, type Context } from './context.ts';
import { manifestPath } from './manifests.ts';

export const configMapsRef: ResourceRef = { group: '', version: 'v1', resource: 'configmaps' };

type ConfigMap = ApiObject & { readonly data?: Readonly<Record<string, string>> };

/** Throws ApiError or NetworkError. */
export function* fetchPlan(api: ApiClient): Task<ClusterPlan> {
  const map = yield* api.get<ConfigMap>(configMapsRef, 'kube-system', 'kubeadm-config', { timeoutMs: 10_000 });
  return readClusterConfiguration(map.data?.['ClusterConfiguration'] ?? '');
}

export function* readPlan(context: Context): Task<ClusterPlan> {
  try {
    context.say('[config] Reading configuration from the "kubeadm-config" ConfigMap in namespace "kube-system"...');
    return yield* fetchPlan(context.api());
  } catch (error) {
    if (!(error instanceof NetworkError) && !isApiError(error) && !(error instanceof Failure)) throw error;
    if (!isNotFound(error)) context.warn(`[config] WARNING: the API server does not answer (${error.message}); the files of this machine are used instead`);
    return planFromFiles(context);
  }
}

function planFromFiles(context: Context): ClusterPlan {
  const text = context.host.disk.readText(manifestPath('kube-apiserver'));
  const command = text === undefined ? [] : ((parseYaml(text) as { readonly spec?: { readonly containers?: readonly { readonly command?: readonly string[] }[] } }).spec?.containers?.[0]?.command ?? []);
  const flag = (name: string): string | undefined => command.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3);
  let endpoint = `${context.machine.address}:6443`;
  try {
    endpoint = loadKubeconfig(context.host, `${kubernetesFolder}/admin.conf`).server.replace(/^https:\/\//, '');
  } catch {
    // Without an admin.conf the machine itself is as good a guess as any.
  }
  return makePlan({ kubernetesVersion, endpoint, podCidr: '', serviceCidr: flag('service-cluster-ip-range') ?? defaultServiceCidr, extraSans: [], tokenFile: flag('token-auth-file') !== undefined });
}
