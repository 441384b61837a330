// NodeResourcesFit: what pods request must fit into what the node can give. Scores the emptier node higher (LeastAllocated).
import { maxNodeScore, type Plugin, type Refusal } from '../../framework.ts';
import type { NodeInfo } from '../../node-info.ts';
import type { PodInfo } from '../../pod-info.ts';

export const nodeResourcesFit: Plugin = {
  name: 'NodeResourcesFit',
  filter: {
    prepare: () => ({ kind: 'state', state: undefined }),
    check: (_state: undefined, pod: PodInfo, node: NodeInfo) => missing(pod, node),
  },
  score: {
    weight: 1,
    prepare: () => true,
    score: (_state: unknown, pod: PodInfo, node: NodeInfo) => {
      const cpu = least(node.allocatable.milliCpu, node.scoredRequested.milliCpu + pod.scoredRequests.milliCpu);
      const memory = least(node.allocatable.memory, node.scoredRequested.memory + pod.scoredRequests.memory);
      const weights = (node.allocatable.milliCpu > 0 ? 1 : 0) + (node.allocatable.memory > 0 ? 1 : 0);
      return weights === 0 ? 0 : Math.trunc((cpu + memory) / weights);
    },
  },
  helps: (event, pod) => {
    if (event.kind === 'pod-removed') return true;
    if (event.kind === 'pod-changed') return event.pod.requests.milliCpu < event.old.requests.milliCpu || event.pod.requests.memory < event.old.requests.memory;
    if (event.kind === 'node-added' || (event.kind === 'node-changed' && event.what.has('allocatable'))) return missing(pod, event.node) === undefined;
    return false;
  },
};

function least(capacity: number, requested: number): number {
  return capacity === 0 || requested > capacity ? 0 : Math.trunc(((capacity - requested) * maxNodeScore) / capacity);
}

function missing(pod: PodInfo, node: NodeInfo): Refusal | undefined {
  let reasons: string[] | undefined;
  let unresolvable = false;
  if (node.pods.size + 1 > node.allowedPods) reasons = ['Too many pods'];
  const { requests } = pod;
  const { allocatable, requested } = node;
  const need = (name: string, wanted: number, used: number, capacity: number): void => {
    if (wanted <= capacity - used) return;
    (reasons ??= []).push(`Insufficient ${name}`);
    if (wanted > capacity) unresolvable = true;
  };
  if (requests.milliCpu > 0) need('cpu', requests.milliCpu, requested.milliCpu, allocatable.milliCpu);
  if (requests.memory > 0) need('memory', requests.memory, requested.memory, allocatable.memory);
  if (requests.ephemeralStorage > 0) need('ephemeral-storage', requests.ephemeralStorage, requested.ephemeralStorage, allocatable.ephemeralStorage);
  if (requests.scalar !== undefined) {
    for (const [name, wanted] of requests.scalar) if (wanted > 0) need(name, wanted, requested.scalar?.get(name) ?? 0, allocatable.scalar?.get(name) ?? 0);
  }
  return reasons === undefined ? undefined : { reasons, unresolvable };
}
