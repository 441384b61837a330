// What the kubelet says of its node. Pure.
import { canonicalQuantity } from '../../api/meta/quantity.ts';
import { formatTime } from '../../api/meta/time.ts';
import type { ImageRecord } from '../../wire/cri.ts';
import type { KubeletConfig } from './config.ts';
import type { Node, NodeCondition, NodeStatus } from './types.ts';

export interface NodeFacts {
  readonly config: KubeletConfig;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly hostname: string;
  readonly runtime: { readonly name: string; readonly version: string; readonly isReady: boolean; readonly isNetworkReady: boolean; readonly networkMessage: string };
  readonly images: readonly ImageRecord[];
  readonly nowMs: number;
  readonly machineId: string;
  readonly bootId: string;
}

export function computeCapacity(facts: Pick<NodeFacts, 'config' | 'cores' | 'memoryBytes'>): { readonly capacity: Readonly<Record<string, string>>; readonly allocatable: Readonly<Record<string, string>> } {
  const { config } = facts;
  const memoryKi = Math.floor(facts.memoryBytes / 1024);
  const kept = Math.floor((facts.memoryBytes - config.evictionMemoryBytes - config.reservedMemoryBytes) / 1024);
  const pods = String(config.maxPods);
  const cpuMilli = facts.cores * 1000 - config.reservedCpuMilli;
  // In the form that the API server gives back, so that an unchanged node is seen to be unchanged.
  return {
    capacity: { cpu: String(facts.cores), 'ephemeral-storage': '61255492Ki', 'hugepages-1Gi': '0', 'hugepages-2Mi': '0', memory: canonicalQuantity(`${memoryKi}Ki`), pods },
    allocatable: { cpu: cpuMilli % 1000 === 0 ? String(cpuMilli / 1000) : `${cpuMilli}m`, 'ephemeral-storage': '56453061334', 'hugepages-1Gi': '0', 'hugepages-2Mi': '0', memory: canonicalQuantity(`${kept}Ki`), pods },
  };
}

/** What somebody else has advertised as the node's capacity (extended resources): kept, and all of it can be allocated. */
export function extendedResources(status: NodeStatus | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(status?.capacity ?? {}).filter(([name]) => name.includes('/')));
}

export function computeNodeStatus(facts: NodeFacts, old: NodeStatus | undefined): NodeStatus {
  const { capacity, allocatable } = computeCapacity(facts);
  const extended = extendedResources(old);
  const images = facts.images
    .filter((image) => image.repoTags.length + image.repoDigests.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, 50)
    .map((image) => ({ names: [...image.repoDigests, ...image.repoTags].slice(0, 5), ...(image.sizeBytes === 0 ? {} : { sizeBytes: image.sizeBytes }) }));
  return {
    capacity: { ...capacity, ...extended },
    allocatable: { ...allocatable, ...extended },
    conditions: computeConditions(facts, old),
    addresses: [...facts.config.nodeIPs.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: facts.hostname }],
    daemonEndpoints: { kubeletEndpoint: { Port: facts.config.port } },
    nodeInfo: {
      machineID: facts.machineId,
      systemUUID: `${facts.machineId.slice(0, 8)}-${facts.machineId.slice(8, 12)}-${facts.machineId.slice(12, 16)}-${facts.machineId.slice(16, 20)}-${facts.machineId.slice(20)}`,
      bootID: facts.bootId,
      kernelVersion: '6.12.48+deb13-amd64',
      osImage: 'Debian GNU/Linux 13 (trixie)',
      containerRuntimeVersion: `${facts.runtime.name}://${facts.runtime.version}`,
      kubeletVersion: facts.config.version,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
      swap: { capacity: 0 },
    },
    images,
  };
}

function computeConditions(facts: NodeFacts, old: NodeStatus | undefined): readonly NodeCondition[] {
  const problems: string[] = [];
  if (!facts.runtime.isReady) problems.push('[container runtime is down]');
  else if (!facts.runtime.isNetworkReady) problems.push(`container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:${facts.runtime.networkMessage}`);
  const wanted: Omit<NodeCondition, 'lastHeartbeatTime' | 'lastTransitionTime'>[] = [
    { type: 'MemoryPressure', status: 'False', reason: 'KubeletHasSufficientMemory', message: 'kubelet has sufficient memory available' },
    { type: 'DiskPressure', status: 'False', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' },
    { type: 'PIDPressure', status: 'False', reason: 'KubeletHasSufficientPID', message: 'kubelet has sufficient PID available' },
    problems.length === 0
      ? { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
      : { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: problems.join(', ') },
  ];
  const now = formatTime(facts.nowMs);
  const mine: NodeCondition[] = wanted.map((condition) => {
    const before = old?.conditions?.find((each) => each.type === condition.type);
    const isSame = before !== undefined && before.status === condition.status;
    return { type: condition.type, status: condition.status, lastHeartbeatTime: now, lastTransitionTime: isSame ? before.lastTransitionTime : now, reason: condition.reason, message: condition.message };
  });
  const types = new Set(wanted.map((condition) => condition.type));
  return [...(old?.conditions ?? []).filter((condition) => !types.has(condition.type)), ...mine];
}

/** Whether anything but the heartbeat times differs. */
export function hasNodeChanged(old: NodeStatus | undefined, next: NodeStatus, equal: (a: unknown, b: unknown) => boolean): boolean {
  const strip = (status: NodeStatus | undefined): unknown => ({ ...status, conditions: status?.conditions?.map(({ lastHeartbeatTime: _, ...rest }) => rest) });
  return !equal(strip(next), { ...(strip(old) as object), ...pick(old, next) });
}

/** Fields of the server's node status that are not the kubelet's do not count. */
function pick(old: NodeStatus | undefined, next: NodeStatus): object {
  const mine: Record<string, unknown> = {};
  for (const key of Object.keys(old ?? {})) if (!(key in next)) mine[key] = undefined;
  return mine;
}

export function initialNode(facts: NodeFacts): Node {
  const { config } = facts;
  const labels: Record<string, string> = {
    'beta.kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'kubernetes.io/hostname': facts.hostname,
    'kubernetes.io/os': 'linux',
    ...config.nodeLabels,
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: config.nodeName, labels, annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' } },
    spec: { ...(config.registerWithTaints.length === 0 ? {} : { taints: config.registerWithTaints }), ...(config.providerId === undefined ? {} : { providerID: config.providerId }) },
    status: computeNodeStatus(facts, undefined),
  };
}
