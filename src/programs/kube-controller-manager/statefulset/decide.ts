// A StatefulSet's next single step: its pods have names and an order, and are changed one at a time. Pure.
import type { LabelSelector } from '../../../api/meta/labels.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { scaled } from '../deployment/decide.ts';
import type { Condition, Pod, PodTemplate } from '../shared/objects.ts';
import { isAvailable, isReady, isTerminal, isTerminating } from '../shared/pods.ts';

export interface VolumeClaimTemplate extends ApiObject {
  readonly spec?: object;
}

export interface StatefulSet extends ApiObject {
  readonly spec: {
    readonly replicas?: number;
    readonly selector: LabelSelector;
    readonly template: PodTemplate;
    readonly serviceName?: string;
    readonly podManagementPolicy?: string;
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number; readonly maxUnavailable?: number | string } };
    readonly revisionHistoryLimit?: number;
    readonly minReadySeconds?: number;
    readonly ordinals?: { readonly start?: number };
    readonly volumeClaimTemplates?: readonly VolumeClaimTemplate[];
  };
  readonly status?: StatefulSetStatus;
}

export interface StatefulSetStatus {
  readonly observedGeneration?: number;
  readonly replicas: number;
  readonly readyReplicas?: number;
  readonly currentReplicas?: number;
  readonly updatedReplicas?: number;
  readonly currentRevision?: string;
  readonly updateRevision?: string;
  readonly collisionCount?: number;
  readonly availableReplicas: number;
  readonly conditions?: readonly Condition[];
}

export const revisionLabel = 'controller-revision-hash';

function ordinalOf(set: StatefulSet, pod: Pod): number {
  const prefix = `${set.metadata.name}-`;
  const rest = pod.metadata.name.startsWith(prefix) ? pod.metadata.name.slice(prefix.length) : '';
  return /^\d+$/.test(rest) ? Number(rest) : -1;
}

export function revisionOf(pod: Pod): string {
  return pod.metadata.labels?.[revisionLabel] ?? '';
}

export interface Revisions {
  readonly current: string;
  readonly update: string;
}

/** Which revision a new pod of this ordinal is made from. */
function revisionForNew(set: StatefulSet, revisions: Revisions, ordinal: number): string {
  const partition = set.spec.updateStrategy?.rollingUpdate?.partition;
  const start = set.spec.ordinals?.start ?? 0;
  // Whoever deletes pods by hand wants new ones.
  if (set.spec.updateStrategy?.type === 'OnDelete') return revisions.update;
  if (partition === undefined && ordinal < start + (set.status?.currentReplicas ?? 0)) return revisions.current;
  if (partition !== undefined && ordinal < start + partition) return revisions.current;
  return revisions.update;
}

export type Step =
  | { readonly kind: 'create'; readonly ordinal: number; readonly revision: string }
  /** `why`: for the trace. */
  | { readonly kind: 'delete'; readonly pod: Pod; readonly why: 'ended' | 'surplus' | 'old'; readonly recreate?: boolean };

/** What to do now. Ordered sets wait for each pod to be ready (or gone) before the next; parallel ones do all at once. */
export function decideSteps(set: StatefulSet, pods: readonly Pod[], revisions: Revisions, wallMs: number): readonly Step[] {
  const replicas = set.spec.replicas ?? 1;
  const start = set.spec.ordinals?.start ?? 0;
  const parallel = set.spec.podManagementPolicy === 'Parallel';
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const byOrdinal = new Map<number, Pod>();
  const condemned: Pod[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal < 0) continue;
    if (ordinal >= start && ordinal < start + replicas) byOrdinal.set(ordinal, pod);
    else condemned.push(pod);
  }
  condemned.sort((left, right) => ordinalOf(set, right) - ordinalOf(set, left));
  const steps: Step[] = [];
  for (let ordinal = start; ordinal < start + replicas; ordinal++) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) steps.push({ kind: 'create', ordinal, revision: revisionForNew(set, revisions, ordinal) });
    else if (isTerminal(pod) && !isTerminating(pod)) steps.push({ kind: 'delete', pod, why: 'ended', recreate: true });
    else if (isTerminating(pod) || !isAvailable(pod, minReadySeconds, wallMs)) {
      if (parallel) continue;
      return steps;
    } else continue;
    if (!parallel) return steps;
  }
  // Too many: from the highest number down, each only when all before it are well.
  const unhealthy = [...byOrdinal.values(), ...condemned].filter((pod) => !isAvailable(pod, minReadySeconds, wallMs) || isTerminating(pod)).sort((left, right) => ordinalOf(set, left) - ordinalOf(set, right))[0];
  for (const pod of condemned) {
    if (isTerminating(pod)) {
      if (parallel) continue;
      return steps;
    }
    if (!parallel && unhealthy !== undefined && unhealthy !== pod && !isAvailable(pod, minReadySeconds, wallMs)) return steps;
    if (!parallel && unhealthy !== undefined && unhealthy !== pod) return steps;
    steps.push({ kind: 'delete', pod, why: 'surplus' });
    if (!parallel) return steps;
  }
  if (set.spec.updateStrategy?.type === 'OnDelete' || steps.length > 0) return steps;
  return decideUpdate(set, byOrdinal, revisions, wallMs);
}

/** Rolling update, from the highest number down to the partition; an unhealthy pod stops it. */
function decideUpdate(set: StatefulSet, byOrdinal: ReadonlyMap<number, Pod>, revisions: Revisions, wallMs: number): readonly Step[] {
  const replicas = set.spec.replicas ?? 1;
  const start = set.spec.ordinals?.start ?? 0;
  const { partition = 0, maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {};
  const limit = Math.max(1, scaled(maxUnavailable, replicas, Math.floor));
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  const steps: Step[] = [];
  let unavailable = 0;
  for (const pod of byOrdinal.values()) if (isTerminating(pod) || !isAvailable(pod, minReadySeconds, wallMs)) unavailable++;
  for (let ordinal = start + replicas - 1; ordinal >= start + partition; ordinal--) {
    const pod = byOrdinal.get(ordinal);
    if (pod === undefined) return steps;
    if (revisionOf(pod) !== revisions.update && !isTerminating(pod)) {
      const healthy = isAvailable(pod, minReadySeconds, wallMs);
      if (healthy && unavailable >= limit) return steps;
      steps.push({ kind: 'delete', pod, why: 'old' });
      if (healthy) unavailable++;
      if (limit === 1) return steps;
    } else if (limit === 1 && (isTerminating(pod) || !isAvailable(pod, minReadySeconds, wallMs))) return steps;
  }
  return steps;
}

export function computeStatus(set: StatefulSet, pods: readonly Pod[], revisions: Revisions, wallMs: number): StatefulSetStatus {
  const minReadySeconds = set.spec.minReadySeconds ?? 0;
  let replicas = 0;
  let ready = 0;
  let available = 0;
  let current = 0;
  let updated = 0;
  for (const pod of pods) {
    if (ordinalOf(set, pod) < 0) continue;
    // Whatever was created counts until it is gone.
    replicas++;
    if (pod.status?.phase === 'Running' && isReady(pod)) {
      ready++;
      if (isAvailable(pod, minReadySeconds, wallMs)) available++;
    }
    if (isTerminating(pod)) continue;
    if (revisionOf(pod) === revisions.current) current++;
    if (revisionOf(pod) === revisions.update) updated++;
  }
  let currentRevision = revisions.current;
  const wanted = set.spec.replicas ?? 1;
  const rolling = (set.spec.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate';
  // The update is done: what was new is now current.
  if (rolling && updated === replicas && ready === replicas && (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0) === 0 && replicas >= wanted) {
    currentRevision = revisions.update;
    current = updated;
  }
  const count = (name: string, value: number): object => (value === 0 ? {} : { [name]: value });
  return {
    ...(set.metadata.generation === undefined ? {} : { observedGeneration: set.metadata.generation }),
    replicas,
    ...count('readyReplicas', ready),
    ...count('currentReplicas', current),
    ...count('updatedReplicas', updated),
    currentRevision,
    updateRevision: revisions.update,
    collisionCount: set.status?.collisionCount ?? 0,
    availableReplicas: available,
    ...(set.status?.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
}
