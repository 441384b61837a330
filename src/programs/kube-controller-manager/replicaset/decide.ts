// ReplicaSet (and ReplicationController): how many pods are too few or too many, which ones go, and what the status then says. Pure.
import { findCondition, removeCondition, setCondition, type Condition } from '../../../api/meta/conditions.ts';
import { matchesMap } from '../../../api/meta/labels.ts';
import type { Labels, Pod, ReplicaSetStatus } from '../shared/objects.ts';
import { compareForDeletion, isActive, isAvailable, isReady, isTerminal, isTerminating } from '../shared/pods.ts';

/** At most this many pods are created or deleted in one go. */
const burstReplicas = 500;

export type Difference = { readonly kind: 'none' } | { readonly kind: 'create'; readonly count: number } | { readonly kind: 'delete'; readonly pods: readonly Pod[] };

/** `related`: all pods of the same owner, for crowding: of two equals the one on the fuller node goes. */
export function decideReplicas(wanted: number, pods: readonly Pod[], related: readonly Pod[], wallMs: number): Difference {
  const active = pods.filter(isActive);
  const difference = active.length - wanted;
  if (difference === 0) return { kind: 'none' };
  if (difference < 0) return { kind: 'create', count: Math.min(-difference, burstReplicas) };
  const count = Math.min(difference, burstReplicas);
  if (count === active.length) return { kind: 'delete', pods: active };
  const perNode = new Map<string, number>();
  for (const pod of related) if (isActive(pod)) perNode.set(pod.spec.nodeName ?? '', (perNode.get(pod.spec.nodeName ?? '') ?? 0) + 1);
  const crowding = (pod: Pod): number => perNode.get(pod.spec.nodeName ?? '') ?? 0;
  return { kind: 'delete', pods: [...active].sort((left, right) => compareForDeletion(left, right, crowding, wallMs)).slice(0, count) };
}

export interface StatusInput {
  readonly pods: readonly Pod[];
  readonly templateLabels: Labels | undefined;
  readonly minReadySeconds: number;
  readonly generation: number | undefined;
  readonly old: ReplicaSetStatus | undefined;
  /** Of the last batch of creations or deletions, and which it was. */
  readonly failure: { readonly reason: 'FailedCreate' | 'FailedDelete'; readonly message: string } | undefined;
  readonly wallMs: number;
  readonly now: string;
  /** ReplicationControllers do not have terminatingReplicas. */
  readonly countTerminating: boolean;
}

export function computeStatus(input: StatusInput): ReplicaSetStatus {
  let replicas = 0;
  let labeled = 0;
  let ready = 0;
  let available = 0;
  let terminating = 0;
  for (const pod of input.pods) {
    if (isTerminating(pod) && !isTerminal(pod)) terminating++;
    if (!isActive(pod)) continue;
    replicas++;
    if (matchesMap(input.templateLabels, pod.metadata.labels)) labeled++;
    if (!isReady(pod)) continue;
    ready++;
    if (isAvailable(pod, input.minReadySeconds, input.wallMs)) available++;
  }
  const { failure } = input;
  let conditions: readonly Condition[] = input.old?.conditions ?? [];
  // The first failure's words stay until it works again.
  if (failure !== undefined && findCondition(conditions, 'ReplicaFailure') === undefined) conditions = setCondition(conditions, { type: 'ReplicaFailure', status: 'True', reason: failure.reason, message: failure.message }, input.now);
  else if (failure === undefined) conditions = removeCondition(conditions, 'ReplicaFailure');
  return {
    replicas,
    ...(labeled === 0 ? {} : { fullyLabeledReplicas: labeled }),
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    ...(available === 0 ? {} : { availableReplicas: available }),
    ...(input.countTerminating ? { terminatingReplicas: terminating } : {}),
    ...(input.generation === undefined ? {} : { observedGeneration: input.generation }),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

export function sameStatus(old: ReplicaSetStatus | undefined, next: ReplicaSetStatus): boolean {
  return (
    old !== undefined &&
    old.replicas === next.replicas &&
    (old.fullyLabeledReplicas ?? 0) === (next.fullyLabeledReplicas ?? 0) &&
    (old.readyReplicas ?? 0) === (next.readyReplicas ?? 0) &&
    (old.availableReplicas ?? 0) === (next.availableReplicas ?? 0) &&
    (old.terminatingReplicas ?? 0) === (next.terminatingReplicas ?? 0) &&
    (old.observedGeneration ?? 0) === (next.observedGeneration ?? 0) &&
    (old.conditions ?? []).length === (next.conditions ?? []).length &&
    (old.conditions ?? []).every((condition, index) => condition === next.conditions?.[index])
  );
}
