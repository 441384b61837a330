// Which versions a cluster runs, and which one it may be upgraded to: kubeadm's skew policies (phases/upgrade/policy.go), in its words.
import type { ApiObject } from '../../../api/meta/object.ts';
import { isConditionTrue, type Condition } from '../../../api/meta/conditions.ts';
import type { ApiClient, ResourceRef } from '../../../client/contract.ts';
import type { Task } from '../../../kernel/task.ts';
import { parseVersion } from '../../images/releases.ts';
import { Failure } from '../context.ts';
import { nodesRef } from '../set-up.ts';

export const podsRef: ResourceRef = { group: '', version: 'v1', resource: 'pods' };
export const systemNamespace = 'kube-system';

export type Pod = ApiObject & {
  readonly spec?: { readonly nodeName?: string; readonly containers?: readonly { readonly image?: string }[] };
  readonly status?: { readonly phase?: string };
};

type Node = ApiObject & { readonly status?: { readonly conditions?: readonly Condition[]; readonly nodeInfo?: { readonly kubeletVersion?: string } } };

/** What the API server that answers says it is, e.g. `v1.35.0`. */
export function* serverVersion(api: ApiClient): Task<string> {
  const answer = yield* api.raw('GET', '/version');
  const { gitVersion } = (answer.body ?? {}) as { readonly gitVersion?: string };
  if (answer.status !== 200 || gitVersion === undefined) throw new Failure("Unable to fetch cluster version: Couldn't fetch cluster version from the API Server");
  return gitVersion;
}

export interface NodeFacts {
  readonly name: string;
  readonly kubelet: string;
  readonly isMaster: boolean;
  readonly isReady: boolean;
}

export function* nodeFacts(api: ApiClient): Task<readonly NodeFacts[]> {
  const { items } = yield* api.list<Node>(nodesRef, '');
  return items.map((node) => ({
    name: node.metadata.name,
    kubelet: node.status?.nodeInfo?.kubeletVersion ?? '',
    isMaster: node.metadata.labels?.['node-role.kubernetes.io/control-plane'] !== undefined,
    isReady: isConditionTrue(node.status?.conditions, 'Ready'),
  }));
}

export const tagOf = (pod: Pod): string => /:([^:/]+)$/.exec(pod.spec?.containers?.[0]?.image ?? '')?.[1] ?? '';

/** A component's pods, by node. */
export function* componentPods(api: ApiClient, component: string): Task<readonly Pod[]> {
  const { items } = yield* api.list<Pod>(podsRef, systemNamespace, { query: { labelSelector: `component=${component}` } });
  return [...items].sort((a, b) => ((a.spec?.nodeName ?? '') < (b.spec?.nodeName ?? '') ? -1 : 1));
}

export interface Skew {
  /** Nothing helps. */
  readonly fatal: readonly string[];
  /** --force helps. */
  readonly skippable: readonly string[];
}

/** All are versions like `v1.36.2`; `wanted` is one. */
export function checkSkew(cluster: string, kubeadm: string, wanted: string, kubelets: readonly string[]): Skew {
  const fatal: string[] = [];
  const skippable: string[] = [];
  const [, to, toPatch] = parseVersion(wanted) ?? [0, 0, 0];
  const [, from] = parseVersion(cluster) ?? [0, 0, 0];
  const [major, own, ownPatch] = parseVersion(kubeadm) ?? [0, 0, 0];
  if (to > from + 1) fatal.push(`Specified version to upgrade to "${wanted}" is too high; kubeadm can upgrade only 1 minor version at a time`);
  if (to < from - 1) fatal.push(`Specified version to downgrade to "${wanted}" is too low; kubeadm can downgrade only 1 minor version at a time`);
  if (to > own) fatal.push(`Specified version to upgrade to "${wanted}" is at least one minor release higher than the kubeadm minor release (${to} > ${own}). Such an upgrade is not supported`);
  else if (to === own && toPatch > ownPatch) skippable.push(`Specified version to upgrade to "${wanted}" is higher than the kubeadm version "${kubeadm}". Upgrade kubeadm first using the tool you used to install kubeadm`);
  if (own > to) skippable.push(`Kubeadm version ${kubeadm} can only be used to upgrade to Kubernetes version ${major}.${own}`);
  const old = [...new Set(kubelets)].filter((each) => to > (parseVersion(each)?.[1] ?? to) + 3);
  if (old.length > 0) skippable.push(`There are kubelets in this cluster that are too old that have these versions [${old.join(' ')}]`);
  return { fatal, skippable };
}

export function enforceSkew({ fatal, skippable }: Skew, force: boolean, warn: (text: string) => void): void {
  const lines = (problems: readonly string[]): string => problems.map((each) => `\t- ${each}\n`).join('');
  const prefix = 'error execution phase preflight: the version argument is invalid due to these';
  if (fatal.length > 0) throw new Failure(`${prefix} fatal errors:\n\n${lines(fatal)}\nPlease fix the misalignments highlighted above and try upgrading again`);
  if (skippable.length === 0) return;
  if (!force) throw new Failure(`${prefix} errors:\n\n${lines(skippable)}\nCan be bypassed if you pass the --force flag`);
  warn(`[upgrade/preflight] Found ${skippable.length} potential version compatibility errors but skipping since the --force flag is set:\n\n${lines(skippable)}`);
}
