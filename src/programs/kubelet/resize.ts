// In-place resize of containers: what a running pod's containers have (as the runtime was told), what its spec asks for since, and what that takes. Pure, but for
// the memory of what was carried out.
import { milliValue, wholeValue } from '../../api/meta/quantity.ts';
import type { ContainerResources } from '../../wire/cri.ts';
import { amount, podRequests } from './admission.ts';
import { computeQosClass } from './pod-status.ts';
import { sameJson } from '../../api/meta/equality.ts';
import type { Container, Pod, PodCondition } from './types.ts';

type Resources = NonNullable<Container['resources']>;

/** `restart`: its resizePolicy says that a change of this resource needs one. */
export interface ContainerResize {
  readonly container: Container;
  readonly restart: boolean;
}

export type ResizeDecision = { readonly kind: 'nothing' } | { readonly kind: 'carry-out'; readonly pod: Pod; readonly resizes: readonly ContainerResize[] } | { readonly kind: 'pending'; readonly reason: 'Infeasible' | 'Deferred'; readonly message: string };

/** What the containers of one pod have now. */
export class PodResources {
  readonly #actual = new Map<string, Resources | undefined>();
  /** Conditions that the status shows meanwhile. */
  condition: Pick<PodCondition, 'type' | 'reason' | 'message'> | undefined;

  /** The pod with the resources that its containers have: what its spec says, until that changes. */
  actual(pod: Pod): Pod {
    // Every answer of the API server brings objects anew: only what differs is a wish.
    for (const { name, resources } of pod.spec.containers) {
      if (!this.#actual.has(name) || (this.#actual.get(name) !== resources && sameJson(this.#actual.get(name), resources))) this.#actual.set(name, resources);
    }
    if (pod.spec.containers.every(({ name, resources }) => this.#actual.get(name) === resources)) return pod;
    return { ...pod, spec: { ...pod.spec, containers: pod.spec.containers.map((container) => withResources(container, this.#actual.get(container.name))) } };
  }

  carriedOut(container: Container): void {
    this.#actual.set(container.name, container.resources);
  }
}

function withResources(container: Container, resources: Resources | undefined): Container {
  const { resources: _asked, ...rest } = container;
  return resources === undefined ? rest : { ...rest, resources };
}

export function decideResize(actual: Pod, pod: Pod, allocatable: Readonly<Record<string, string>>, others: () => readonly Pod[]): ResizeDecision {
  if (actual === pod) return { kind: 'nothing' };
  const resizes: ContainerResize[] = [];
  pod.spec.containers.forEach((container, index) => {
    const before = actual.spec.containers[index];
    if (before === undefined || before.resources === container.resources) return;
    const changed = (['cpu', 'memory'] as const).filter((name) => (['requests', 'limits'] as const).some((list) => amountIn(name, before.resources?.[list]) !== amountIn(name, container.resources?.[list])));
    resizes.push({ container, restart: changed.some((name) => container.resizePolicy?.some((policy) => policy.resourceName === name && policy.restartPolicy === 'RestartContainer') === true) });
  });
  const wanted = podRequests(pod);
  for (const resource of ['cpu', 'memory']) {
    const capacity = amount(resource, allocatable[resource] ?? '0');
    const asked = wanted[resource] ?? 0;
    if (asked > capacity) return { kind: 'pending', reason: 'Infeasible', message: `Node didn't have enough capacity: ${resource}, requested: ${asked}, capacity: ${capacity}` };
    if (asked <= (podRequests(actual)[resource] ?? 0)) continue;
    const used = others().reduce((sum, other) => sum + (podRequests(other)[resource] ?? 0), 0);
    if (asked + used > capacity) return { kind: 'pending', reason: 'Deferred', message: `Node didn't have enough resource: ${resource}, requested: ${asked}, used: ${used}, capacity: ${capacity}` };
  }
  return { kind: 'carry-out', pod, resizes };
}

const amountIn = (name: 'cpu' | 'memory', list: Readonly<Record<string, string>> | undefined): number => (list?.[name] === undefined ? 0 : name === 'cpu' ? milliValue(list[name]) : wholeValue(list[name]));

/** What the runtime is told about a container's share of the machine; undefined in a pod that asks for nothing. */
export function runtimeResources(pod: Pod, container: Container, memoryCapacityBytes: number): ContainerResources | undefined {
  if (pod.spec.containers.every(({ resources }) => resources?.requests === undefined && resources?.limits === undefined)) return undefined;
  const { requests, limits } = container.resources ?? {};
  const cpuLimit = amountIn('cpu', limits);
  const cpuRequest = amountIn('cpu', requests) || cpuLimit;
  return {
    // As kubelet's cm: at least 2 shares; a quota of at least a millisecond in each 100 ms.
    cpuShares: Math.max(2, Math.floor((cpuRequest * 1024) / 1000)),
    cpuQuotaUs: cpuLimit === 0 ? -1 : Math.max(1000, cpuLimit * 100),
    memoryLimitBytes: amountIn('memory', limits),
    oomScoreAdj: oomScore(pod, amountIn('memory', requests), memoryCapacityBytes),
  };
}

function oomScore(pod: Pod, memoryRequest: number, capacityBytes: number): number {
  const qos = computeQosClass(pod);
  if (qos === 'Guaranteed') return -997;
  if (qos === 'BestEffort') return 1000;
  const score = 1000 - Math.floor((1000 * memoryRequest) / capacityBytes);
  return score < 3 ? 3 : score === 1000 ? 999 : score;
}
