// Pods and nodes as they are drawn, from the objects that etcd committed.
import { cpuMilli, memoryBytes } from '../quantities.ts';
import type { NodeRecord, PodRecord } from '../records.ts';

export interface StoredMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string; readonly controller?: boolean }[];
}

interface ContainerState {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly image?: string;
  readonly state?: {
    readonly waiting?: { readonly reason?: string };
    readonly running?: object;
    readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly signal?: number };
  };
}

export interface StoredPod {
  readonly metadata: StoredMeta;
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly { readonly name: string; readonly image?: string; readonly resources?: { readonly requests?: Readonly<Record<string, string>> } }[];
    readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string }[];
    readonly containerStatuses?: readonly ContainerState[];
    readonly initContainerStatuses?: readonly ContainerState[];
  };
}

export function ownerOf(meta: StoredMeta): { readonly kind: string; readonly name: string; readonly uid: string } | null {
  const owner = meta.ownerReferences?.find((each) => each.controller === true) ?? meta.ownerReferences?.[0];
  return owner === undefined ? null : { kind: owner.kind, name: owner.name, uid: owner.uid };
}

export function podRecord(pod: StoredPod, createdMs: number): PodRecord {
  const { metadata, spec, status } = pod;
  const uid = metadata.uid ?? '';
  const states = status?.containerStatuses ?? [];
  const containers = (spec?.containers ?? []).map((container) => {
    const state = states.find((each) => each.name === container.name)?.state;
    return {
      name: container.name,
      image: container.image ?? '',
      state: state?.running !== undefined ? 'running' : state?.terminated !== undefined ? 'terminated' : 'waiting',
      reason: state?.waiting?.reason ?? state?.terminated?.reason ?? '',
    };
  });
  const readyContainers = states.filter((each) => each.ready === true).length;
  const text = statusText(pod);
  return {
    table: 'pod',
    id: `pod:${uid}`,
    uid,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    node: spec?.nodeName ?? '',
    ip: status?.podIP ?? '',
    phase: phaseOf(status?.phase),
    status: text,
    mark: markOf(pod, text),
    readyContainers,
    totalContainers: containers.length,
    restarts: states.reduce((sum, each) => sum + (each.restartCount ?? 0), 0),
    containers,
    owner: ownerOf(metadata),
    labels: metadata.labels ?? {},
    isStatic: metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined,
    createdMs,
  };
}

function phaseOf(phase: string | undefined): PodRecord['phase'] {
  return phase === 'Running' || phase === 'Succeeded' || phase === 'Failed' || phase === 'Unknown' ? phase : 'Pending';
}

/** What `kubectl get pods` prints under STATUS. */
function statusText(pod: StoredPod): string {
  const { metadata, spec, status } = pod;
  let text = status?.reason ?? status?.phase ?? 'Pending';
  const inits = status?.initContainerStatuses ?? [];
  const total = spec?.initContainers?.length ?? 0;
  const stuck = inits.findIndex((each) => each.state?.terminated?.exitCode !== 0 && !(each.state?.running !== undefined && spec?.initContainers?.find((init) => init.name === each.name)?.restartPolicy === 'Always'));
  if (stuck >= 0 && status?.phase === 'Pending') {
    const state = inits[stuck]?.state;
    const waiting = state?.waiting?.reason;
    if (state?.terminated !== undefined) text = `Init:${state.terminated.reason ?? 'Error'}`;
    else text = waiting !== undefined && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${stuck}/${total}`;
  } else {
    let running = false;
    for (const each of [...(status?.containerStatuses ?? [])].reverse()) {
      if (each.state?.waiting?.reason !== undefined && each.state.waiting.reason !== '') text = each.state.waiting.reason;
      else if (each.state?.terminated !== undefined) text = each.state.terminated.reason ?? `ExitCode:${each.state.terminated.exitCode ?? 0}`;
      else if (each.ready === true && each.state?.running !== undefined) running = true;
    }
    if (text === 'Completed' && running) text = isReady(pod) ? 'Running' : 'NotReady';
  }
  if (metadata.deletionTimestamp !== undefined) return status?.reason === 'NodeLost' ? 'Unknown' : 'Terminating';
  return text;
}

function isReady(pod: StoredPod): boolean {
  return pod.status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true;
}

function markOf(pod: StoredPod, text: string): PodRecord['mark'] {
  if (pod.metadata.deletionTimestamp !== undefined) return 'terminating';
  const phase = pod.status?.phase;
  if (phase === 'Succeeded') return 'done';
  if (phase === 'Failed' || /BackOff|Err|Error|Invalid|OOMKilled|Evicted/.test(text)) return 'failing';
  if (phase === 'Running') return isReady(pod) ? 'ready' : 'running';
  return (pod.spec?.nodeName ?? '') === '' ? 'pending' : 'creating';
}

export interface Share {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly pods: number;
}

/** What a pod asks of its node; finished ones nothing. */
export function requestsOf(pod: StoredPod): Share {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return { cpuMilli: 0, memoryBytes: 0, pods: 0 };
  let cpu = 0;
  let memory = 0;
  for (const container of pod.spec?.containers ?? []) {
    cpu += cpuMilli(container.resources?.requests?.['cpu']);
    memory += memoryBytes(container.resources?.requests?.['memory']);
  }
  return { cpuMilli: cpu, memoryBytes: memory, pods: 1 };
}

export interface StoredNode {
  readonly metadata: StoredMeta;
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[] };
  readonly status?: {
    readonly capacity?: Readonly<Record<string, string>>;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }[];
  };
}

export function nodeRecord(node: StoredNode, requested: Share, used: NodeRecord['used']): NodeRecord {
  const capacity = node.status?.capacity;
  const ready = node.status?.conditions?.find((each) => each.type === 'Ready')?.status;
  return {
    table: 'node',
    id: `node:${node.metadata.name}`,
    name: node.metadata.name,
    machine: node.metadata.name,
    ready: ready === 'True' || ready === 'False' ? ready : 'Unknown',
    unschedulable: node.spec?.unschedulable === true,
    taints: (node.spec?.taints ?? []).map((taint) => `${taint.key}${taint.value === undefined || taint.value === '' ? '' : `=${taint.value}`}:${taint.effect}`),
    conditions: (node.status?.conditions ?? []).map((each) => ({ type: each.type, status: each.status, reason: each.reason ?? '', message: each.message ?? '' })),
    capacity: { cpuMilli: cpuMilli(capacity?.['cpu']), memoryBytes: memoryBytes(capacity?.['memory']), pods: Number(capacity?.['pods'] ?? 0) },
    requested,
    used,
  };
}
