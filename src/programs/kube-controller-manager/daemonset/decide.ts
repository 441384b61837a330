// Which nodes should run a DaemonSet's pod, what is missing or too much, and which old pods an update may replace now. Pure.
import type { LabelSelector } from '../../../api/meta/labels.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { scaled } from '../deployment/decide.ts';
import { requiredNodes } from '../../../api/core/node-selector.ts';
import type { Condition, Node, Pod, PodSpec, PodTemplate, Taint, Toleration } from '../shared/objects.ts';
import { isAvailable, isReady, isTerminal, isTerminating } from '../shared/pods.ts';
import { toleratesTaint } from '../shared/taints.ts';

export interface DaemonSet extends ApiObject {
  readonly spec: {
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly maxUnavailable?: number | string; readonly maxSurge?: number | string } };
  };
  readonly status?: DaemonSetStatus;
}

export interface DaemonSetStatus {
  readonly currentNumberScheduled: number;
  readonly numberMisscheduled: number;
  readonly desiredNumberScheduled: number;
  readonly numberReady: number;
  readonly observedGeneration?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
  readonly numberUnavailable?: number;
  readonly collisionCount?: number;
  readonly conditions?: readonly Condition[];
}

/** A daemon stays through a node's troubles: it may be what repairs them. */
export function addDaemonTolerations(spec: PodSpec): PodSpec {
  const added: Toleration[] = [
    { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
    { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
    { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
    { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
    { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
    { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
    ...(spec.hostNetwork === true ? [{ key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' }] : []),
  ];
  const kept = (spec.tolerations ?? []).filter((old) => !added.some((fresh) => fresh.key === old.key && fresh.effect === old.effect && fresh.operator === old.operator));
  return { ...spec, tolerations: [...kept, ...added] };
}

/** Pins the pod to its node, by name, in every term of its required node affinity. */
export function pinToNode(spec: PodSpec, node: string): PodSpec {
  const pin = { key: 'metadata.name', operator: 'In', values: [node] };
  const nodeAffinity = spec.affinity?.nodeAffinity;
  const required = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  // Fields replace fields, expressions stay.
  const terms = required === undefined || required.nodeSelectorTerms.length === 0 ? [{ matchFields: [pin] }] : required.nodeSelectorTerms.map((term) => ({ ...term, matchFields: [pin] }));
  return { ...spec, affinity: { ...spec.affinity, nodeAffinity: { ...nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } } };
}

export interface Placement {
  readonly shouldRun: boolean;
  readonly shouldContinue: boolean;
}

export function decidePlacement(template: PodSpec, node: Node): Placement {
  const no = { shouldRun: false, shouldContinue: false };
  if ((template.nodeName ?? '') !== '' && template.nodeName !== node.metadata.name) return no;
  const spec = addDaemonTolerations(template);
  if (requiredNodes(spec)?.(node.metadata.name, node.metadata.labels ?? {}) === false) return no;
  const tolerated = (taint: Taint): boolean => (spec.tolerations ?? []).some((toleration) => toleratesTaint(toleration, taint));
  const untolerated = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute' || effect === 'NoSchedule').filter((taint) => !tolerated(taint));
  if (untolerated.length === 0) return { shouldRun: true, shouldContinue: true };
  return { shouldRun: false, shouldContinue: untolerated.every(({ effect }) => effect !== 'NoExecute') };
}

export interface NodePlan {
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
  /** Finished badly and to be replaced, with an event each. */
  readonly failed: readonly Pod[];
}

/** Pods of the set by node: `''` for those not yet on one are counted where their affinity pins them. */
export function nodeOf(pod: Pod): string {
  if ((pod.spec.nodeName ?? '') !== '') return pod.spec.nodeName ?? '';
  for (const { matchFields } of pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []) {
    const pin = matchFields?.find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
    if (pin?.values?.[0] !== undefined) return pin.values[0];
  }
  return '';
}

export function groupByNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const node = nodeOf(pod);
    const list = byNode.get(node);
    if (list === undefined) byNode.set(node, [pod]);
    else list.push(pod);
  }
  return byNode;
}

export function decidePods(template: PodSpec, nodes: readonly Node[], byNode: ReadonlyMap<string, readonly Pod[]>, surge: boolean, isUpdated: (pod: Pod) => boolean): NodePlan {
  const create: string[] = [];
  const remove: Pod[] = [];
  const failed: Pod[] = [];
  for (const node of nodes) {
    const { name } = node.metadata;
    const here = byNode.get(name) ?? [];
    const { shouldRun, shouldContinue } = decidePlacement(template, node);
    if (shouldRun && here.length === 0) create.push(name);
    else if (shouldContinue) {
      const running: Pod[] = [];
      for (const pod of here) {
        if (isTerminating(pod)) continue;
        if (pod.status?.phase === 'Failed') failed.push(pod);
        else if (pod.status?.phase === 'Succeeded') remove.push(pod);
        else running.push(pod);
      }
      if (running.length <= 1) {
        // With surge, a pod that is going does not block its successor.
        if (surge && running.length === 0 && shouldRun && here.length > 0 && here.every(isTerminating)) create.push(name);
        continue;
      }
      if (surge && running.length === 2 && isUpdated(running[0] as Pod) !== isUpdated(running[1] as Pod)) continue;
      running.sort((left, right) => ((left.metadata.creationTimestamp ?? '') < (right.metadata.creationTimestamp ?? '') ? -1 : 1));
      remove.push(...running.slice(1));
    } else for (const pod of here) if (!isTerminating(pod)) remove.push(pod);
  }
  const names = new Set(nodes.map(({ metadata }) => metadata.name));
  // A pod that no scheduler could place because its node went.
  for (const [name, pods] of byNode) if (!names.has(name)) for (const pod of pods) if ((pod.spec.nodeName ?? '') === '' && !isTerminating(pod)) remove.push(pod);
  return { create, remove, failed };
}

export interface UpdatePlan {
  readonly remove: readonly Pod[];
  readonly create: readonly string[];
}

/** Rolling update: as many old pods go as may be missing; those that do not work go first and count for nothing. */
export function decideUpdate(set: DaemonSet, nodes: readonly Node[], byNode: ReadonlyMap<string, readonly Pod[]>, isUpdated: (pod: Pod) => boolean, wallMs: number): UpdatePlan {
  const wanted = nodes.filter((node) => decidePlacement(set.spec.template.spec, node).shouldRun);
  const { maxUnavailable = 1, maxSurge = 0 } = set.spec.updateStrategy?.rollingUpdate ?? {};
  const surge = scaled(maxSurge, wanted.length, Math.ceil);
  const unavailableLimit = surge > 0 ? 0 : scaled(maxUnavailable, wanted.length, Math.ceil);
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const available = (pod: Pod): boolean => isAvailable(pod, minReadySeconds, wallMs);
  const free: Pod[] = [];
  const candidates: Pod[] = [];
  const create: string[] = [];
  const done: Pod[] = [];
  let unavailable = 0;
  let surging = 0;
  for (const node of wanted) {
    const here = byNode.get(node.metadata.name) ?? [];
    const fresh = here.find((pod) => isUpdated(pod) && !isTerminating(pod));
    const old = here.find((pod) => !isUpdated(pod) && !isTerminating(pod));
    if (surge > 0) {
      if (fresh !== undefined && old !== undefined) {
        if (available(fresh)) done.push(old);
        else surging++;
      } else if (fresh === undefined && old !== undefined) {
        if (!available(old)) create.push(node.metadata.name);
        else candidates.push(old);
      }
      continue;
    }
    if (old === undefined && fresh === undefined) unavailable++;
    else if (fresh !== undefined) {
      if (!available(fresh)) unavailable++;
    } else if (old !== undefined) {
      if (available(old)) candidates.push(old);
      else {
        unavailable++;
        free.push(old);
      }
    }
  }
  if (surge > 0) {
    const room = Math.max(0, surge - surging - create.length);
    return { remove: done, create: [...create, ...candidates.slice(0, room).map(nodeOf)] };
  }
  return { remove: [...free, ...candidates.slice(0, Math.max(0, unavailableLimit - unavailable))], create: [] };
}

export function computeStatus(set: DaemonSet, nodes: readonly Node[], byNode: ReadonlyMap<string, readonly Pod[]>, isUpdated: (pod: Pod) => boolean, wallMs: number): DaemonSetStatus {
  let desired = 0;
  let current = 0;
  let mis = 0;
  let ready = 0;
  let updated = 0;
  let available = 0;
  for (const node of nodes) {
    const here = byNode.get(node.metadata.name) ?? [];
    if (!decidePlacement(set.spec.template.spec, node).shouldRun) {
      if (here.some((pod) => !isTerminal(pod) || isTerminating(pod))) mis++;
      continue;
    }
    desired++;
    if (here.length === 0) continue;
    current++;
    const oldest = [...here].sort((left, right) => ((left.metadata.creationTimestamp ?? '') < (right.metadata.creationTimestamp ?? '') ? -1 : 1));
    const shown = oldest.find(isReady) ?? oldest[0];
    if (shown !== undefined && isReady(shown)) {
      ready++;
      if (isAvailable(shown, set.spec.minReadySeconds ?? 0, wallMs)) available++;
    }
    if (here.some((pod) => isUpdated(pod) && !isTerminating(pod))) updated++;
  }
  const unavailable = desired - available;
  return {
    currentNumberScheduled: current,
    numberMisscheduled: mis,
    desiredNumberScheduled: desired,
    numberReady: ready,
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    ...(updated === 0 ? {} : { updatedNumberScheduled: updated }),
    ...(available === 0 ? {} : { numberAvailable: available }),
    ...(unavailable === 0 ? {} : { numberUnavailable: unavailable }),
    ...(set.status?.collisionCount === undefined ? {} : { collisionCount: set.status.collisionCount }),
    ...(set.status?.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
}
