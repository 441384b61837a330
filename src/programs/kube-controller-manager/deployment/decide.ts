// What a Deployment does next with its ReplicaSets: surge and unavailability, proportions, history, progress and the words for it. Pure.
import { findCondition, removeCondition } from '../../../api/meta/conditions.ts';
import { canonicalText } from '../../../api/meta/hash.ts';
import { parseTime } from '../../../api/meta/time.ts';
import type { Deployment, DeploymentCondition, DeploymentStatus, PodTemplate, ReplicaSet } from '../shared/objects.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
const revisionHistoryAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredReplicasAnnotation = 'deployment.kubernetes.io/desired-replicas';
const maxReplicasAnnotation = 'deployment.kubernetes.io/max-replicas';
const deprecatedRollbackTo = 'deprecated.deployment.rollback.to';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const ownAnnotations = new Set([lastApplied, revisionAnnotation, revisionHistoryAnnotation, desiredReplicasAnnotation, maxReplicasAnnotation, deprecatedRollbackTo]);

export interface Fenceposts {
  readonly surge: number;
  readonly unavailable: number;
}

export function isRollingUpdate(deployment: Deployment): boolean {
  return (deployment.spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate';
}

export function replicasOf(object: Deployment | ReplicaSet): number {
  return object.spec.replicas ?? 1;
}

/** Percentages of the wanted replicas: surge is rounded up, unavailability down, and they are never both zero. */
function computeFenceposts(deployment: Deployment): Fenceposts {
  if (!isRollingUpdate(deployment)) return { surge: 0, unavailable: 0 };
  const replicas = replicasOf(deployment);
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {};
  const surge = scaled(maxSurge, replicas, Math.ceil);
  const unavailable = scaled(maxUnavailable, replicas, Math.floor);
  const either = surge === 0 && unavailable === 0 ? 1 : unavailable;
  return { surge, unavailable: Math.min(either, replicas) };
}

export function scaled(value: number | string, total: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  return round((Number(value.replace('%', '')) * total) / 100);
}

/** Same template, hash label aside. */
export function sameTemplate(one: PodTemplate, other: PodTemplate): boolean {
  return textOf(one) === textOf(other);
}

/** Templates are compared at every look; their texts are remembered as long as they live. */
const texts = new WeakMap<PodTemplate, string>();

function textOf(template: PodTemplate): string {
  let text = texts.get(template);
  if (text === undefined) texts.set(template, (text = canonicalText(withoutHash(template))));
  return text;
}

function withoutHash(template: PodTemplate): object {
  const { 'pod-template-hash': _hash, ...labels } = template.metadata?.labels ?? {};
  const annotations = template.metadata?.annotations;
  return { spec: template.spec, labels, annotations: annotations !== undefined && Object.keys(annotations).length > 0 ? annotations : undefined };
}

/** The oldest of those with the Deployment's template: a rollback finds its old ReplicaSet again. */
export function findNewReplicaSet(deployment: Deployment, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return [...sets].sort(byCreation).find((set) => sameTemplate(set.spec.template, deployment.spec.template));
}

function byCreation(left: ReplicaSet, right: ReplicaSet): number {
  const a = left.metadata.creationTimestamp ?? '';
  const b = right.metadata.creationTimestamp ?? '';
  if (a !== b) return a < b ? -1 : 1;
  return left.metadata.name < right.metadata.name ? -1 : left.metadata.name > right.metadata.name ? 1 : 0;
}

function bySizeOlder(left: ReplicaSet, right: ReplicaSet): number {
  return replicasOf(right) - replicasOf(left) || byCreation(left, right);
}

function bySizeNewer(left: ReplicaSet, right: ReplicaSet): number {
  return replicasOf(right) - replicasOf(left) || byCreation(right, left);
}

export function sum(sets: readonly (ReplicaSet | undefined)[], of: (set: ReplicaSet) => number): number {
  return sets.reduce((total, set) => total + (set === undefined ? 0 : of(set)), 0);
}

const availableOf = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;
const actualOf = (set: ReplicaSet): number => set.status?.replicas ?? 0;

export function maxRevision(sets: readonly ReplicaSet[]): bigint {
  return sets.map(revisionOf).reduce((highest, revision) => (revision > highest ? revision : highest), 0n);
}

/** An int64 upstream: an adopted ReplicaSet may bring a number that no double holds. */
export function revisionOf(object: ReplicaSet | Deployment): bigint {
  return parseRevision(object.metadata.annotations?.[revisionAnnotation]);
}

function parseRevision(text: string | undefined): bigint {
  return text !== undefined && /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
}

export function compare(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Annotations that a ReplicaSet takes over from its Deployment, with its revision; `undefined` when nothing changes. */
export function computeSetAnnotations(deployment: Deployment, set: ReplicaSet | undefined, newRevision: bigint, replicas: boolean): Readonly<Record<string, string>> | undefined {
  const before = set?.metadata.annotations ?? {};
  const next: Record<string, string> = { ...before };
  for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {})) if (!ownAnnotations.has(name)) next[name] = value;
  const oldRevision = before[revisionAnnotation];
  if (parseRevision(oldRevision) < newRevision) {
    next[revisionAnnotation] = String(newRevision);
    if (oldRevision !== undefined) {
      const history = before[revisionHistoryAnnotation];
      next[revisionHistoryAnnotation] = history === undefined ? oldRevision : [...history.split(','), oldRevision].join(',');
    }
  }
  if (replicas) Object.assign(next, replicasAnnotations(deployment));
  return canonicalText(before) === canonicalText(next) ? undefined : next;
}

export function replicasAnnotations(deployment: Deployment): Readonly<Record<string, string>> {
  return { [desiredReplicasAnnotation]: String(replicasOf(deployment)), [maxReplicasAnnotation]: String(replicasOf(deployment) + computeFenceposts(deployment).surge) };
}

/** How big the new ReplicaSet should be now. */
export function computeNewReplicas(deployment: Deployment, all: readonly ReplicaSet[], current: number): number {
  const wanted = replicasOf(deployment);
  if (!isRollingUpdate(deployment)) return wanted;
  const most = wanted + computeFenceposts(deployment).surge;
  const total = sum(all, replicasOf);
  if (total >= most) return current;
  return current + Math.min(most - total, wanted - current);
}

export interface Scale {
  readonly set: ReplicaSet;
  readonly replicas: number;
}

/** How the old ReplicaSets shrink in this step of a rolling update: first their unhealthy pods, then as many as may be missing. */
export function decideOldScales(deployment: Deployment, all: readonly ReplicaSet[], newSet: ReplicaSet | undefined, olds: readonly ReplicaSet[]): readonly Scale[] {
  const oldCount = sum(olds, replicasOf);
  if (oldCount === 0) return [];
  const { unavailable } = computeFenceposts(deployment);
  const minAvailable = replicasOf(deployment) - unavailable;
  const newUnavailable = newSet === undefined ? 0 : replicasOf(newSet) - availableOf(newSet);
  const maxScaledDown = sum(all, replicasOf) - minAvailable - newUnavailable;
  if (maxScaledDown <= 0) return [];
  const sizes = new Map(olds.map((set) => [set, replicasOf(set)]));
  const sorted = [...olds].sort(byCreation);
  // Unhealthy ones first: they serve nobody.
  let cleaned = 0;
  for (const set of sorted) {
    if (cleaned >= maxScaledDown) break;
    const size = sizes.get(set) ?? 0;
    if (size === 0 || size === availableOf(set)) continue;
    const count = Math.min(maxScaledDown - cleaned, size - availableOf(set));
    if (count <= 0) continue;
    sizes.set(set, size - count);
    cleaned += count;
  }
  // Then healthy ones, as long as enough stay available.
  const available = sum(all, availableOf);
  let left = available - minAvailable;
  for (const set of sorted) {
    if (left <= 0) break;
    const size = sizes.get(set) ?? 0;
    if (size === 0) continue;
    const count = Math.min(size, left);
    sizes.set(set, size - count);
    left -= count;
  }
  return sorted.filter((set) => sizes.get(set) !== replicasOf(set)).map((set) => ({ set, replicas: sizes.get(set) ?? 0 }));
}

/** The Deployment was scaled in the middle of a rollout: every active ReplicaSet gets its share of the difference. */
export function decideProportionalScales(deployment: Deployment, all: readonly ReplicaSet[]): readonly Scale[] {
  const total = sum(all, replicasOf);
  const wanted = replicasOf(deployment);
  const allowed = wanted > 0 ? wanted + computeFenceposts(deployment).surge : 0;
  let toAdd = allowed - total;
  if (toAdd === 0) return all.map((set) => ({ set, replicas: replicasOf(set) }));
  const sorted = [...all].sort(toAdd > 0 ? bySizeNewer : bySizeOlder);
  let added = 0;
  const sizes = sorted.map((set) => {
    const before = Number(set.metadata.annotations?.[maxReplicasAnnotation] ?? deployment.status?.replicas ?? total) || (deployment.status?.replicas ?? total);
    const share = before === 0 ? 0 : roundHalfAway((replicasOf(set) * allowed) / before) - replicasOf(set);
    const left = toAdd - added;
    const part = toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
    added += part;
    return replicasOf(set) + part;
  });
  toAdd -= added;
  if (sizes.length > 0) sizes[0] = Math.max(0, (sizes[0] ?? 0) + toAdd);
  return sorted.map((set, index) => ({ set, replicas: sizes[index] ?? 0 }));
}

function roundHalfAway(value: number): number {
  return value < 0 ? Math.ceil(value - 0.5) : Math.floor(value + 0.5);
}

/** Old, empty, quiet ReplicaSets beyond the limit, oldest first. */
export function decideCleanup(deployment: Deployment, olds: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 2147483647;
  if (limit === 2147483647) return [];
  const alive = olds.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const count = alive.length - limit;
  if (count <= 0) return [];
  const sorted = [...alive].sort((left, right) => compare(revisionOf(left), revisionOf(right)) || byCreation(left, right));
  return sorted.slice(0, count).filter((set) => actualOf(set) === 0 && replicasOf(set) === 0 && (set.metadata.generation ?? 0) <= (set.status?.observedGeneration ?? 0));
}

// ---------------------------------------------------------------- status

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const wanted = replicasOf(deployment);
  return (status.updatedReplicas ?? 0) === wanted && (status.replicas ?? 0) === wanted && (status.availableReplicas ?? 0) === wanted && (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);
}

function isProgressing(deployment: Deployment, status: DeploymentStatus): boolean {
  const old = deployment.status ?? {};
  const oldOld = (old.replicas ?? 0) - (old.updatedReplicas ?? 0);
  const newOld = (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (old.updatedReplicas ?? 0) || newOld < oldOld || (status.readyReplicas ?? 0) > (old.readyReplicas ?? 0) || (status.availableReplicas ?? 0) > (old.availableReplicas ?? 0)
  );
}

export function hasProgressDeadline(deployment: Deployment): boolean {
  const deadline = deployment.spec.progressDeadlineSeconds;
  return deadline !== undefined && deadline !== 2147483647;
}

function isTimedOut(deployment: Deployment, status: DeploymentStatus, wallMs: number): boolean {
  const condition = findCondition(status.conditions, 'Progressing');
  if (condition === undefined || condition.reason === 'NewReplicaSetAvailable') return false;
  if (condition.reason === 'ProgressDeadlineExceeded') return true;
  const from = parseTime(condition.lastUpdateTime) ?? wallMs;
  return from + (deployment.spec.progressDeadlineSeconds ?? 600) * 1000 < wallMs;
}

/** Replaces the condition; its lastTransitionTime stays while its status does. As upstream, an equal one is not touched at all. */
export function setDeploymentCondition(status: DeploymentStatus, condition: DeploymentCondition): DeploymentStatus {
  const old = findCondition(status.conditions, condition.type);
  if (old !== undefined && old.status === condition.status && old.reason === condition.reason) return status;
  const next = old !== undefined && old.status === condition.status && old.lastTransitionTime !== undefined ? { ...condition, lastTransitionTime: old.lastTransitionTime } : condition;
  return { ...status, conditions: [...(status.conditions ?? []).filter(({ type }) => type !== condition.type), next] };
}

export function newCondition(type: string, status: 'True' | 'False' | 'Unknown', reason: string, message: string, now: string): DeploymentCondition {
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message };
}

export function computeStatus(deployment: Deployment, all: readonly ReplicaSet[], newSet: ReplicaSet | undefined, now: string): DeploymentStatus {
  const available = sum(all, availableOf);
  const replicas = sum(all, actualOf);
  const unavailable = Math.max(0, sum(all, replicasOf) - available);
  const count = (name: string, value: number): object => (value === 0 ? {} : { [name]: value });
  let status: DeploymentStatus = {
    ...(deployment.metadata.generation === undefined ? {} : { observedGeneration: deployment.metadata.generation }),
    ...count('replicas', replicas),
    ...count('updatedReplicas', newSet === undefined ? 0 : actualOf(newSet)),
    ...count('readyReplicas', sum(all, (set) => set.status?.readyReplicas ?? 0)),
    ...count('availableReplicas', available),
    ...count('unavailableReplicas', unavailable),
    // Unknown while one of the ReplicaSets has not counted yet.
    ...(all.every((set) => set.status?.terminatingReplicas !== undefined) ? { terminatingReplicas: sum(all, (set) => set.status?.terminatingReplicas ?? 0) } : {}),
    ...(deployment.status?.collisionCount === undefined ? {} : { collisionCount: deployment.status.collisionCount }),
    ...(deployment.status?.conditions === undefined ? {} : { conditions: deployment.status.conditions }),
  };
  const { unavailable: allowed } = computeFenceposts(deployment);
  status =
    available >= replicasOf(deployment) - allowed
      ? setDeploymentCondition(status, newCondition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now))
      : setDeploymentCondition(status, newCondition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', now));
  return status;
}

/** The status with what can be said about progress. */
export function computeRolloutStatus(deployment: Deployment, all: readonly ReplicaSet[], newSet: ReplicaSet | undefined, wallMs: number, now: string): DeploymentStatus {
  let status = computeStatus(deployment, all, newSet, now);
  const current = findCondition(deployment.status?.conditions, 'Progressing');
  if (!hasProgressDeadline(deployment)) status = { ...status, conditions: removeCondition(status.conditions, 'Progressing') };
  else if (!(status.replicas === status.updatedReplicas && current?.reason === 'NewReplicaSetAvailable')) {
    if (isComplete(deployment, status)) {
      const message = newSet === undefined ? `Deployment "${deployment.metadata.name}" has successfully progressed.` : `ReplicaSet "${newSet.metadata.name}" has successfully progressed.`;
      status = setDeploymentCondition(status, newCondition('Progressing', 'True', 'NewReplicaSetAvailable', message, now));
    } else if (isProgressing(deployment, status)) {
      const message = newSet === undefined ? `Deployment "${deployment.metadata.name}" is progressing.` : `ReplicaSet "${newSet.metadata.name}" is progressing.`;
      const condition = newCondition('Progressing', 'True', 'ReplicaSetUpdated', message, now);
      // The clock of the deadline starts anew with every bit of progress.
      const kept = current?.status === 'True' && current.lastTransitionTime !== undefined ? { ...condition, lastTransitionTime: current.lastTransitionTime } : condition;
      status = { ...status, conditions: [...removeCondition(status.conditions, 'Progressing'), kept] };
    } else if (isTimedOut(deployment, status, wallMs)) {
      const message = newSet === undefined ? `Deployment "${deployment.metadata.name}" has timed out progressing.` : `ReplicaSet "${newSet.metadata.name}" has timed out progressing.`;
      status = setDeploymentCondition(status, newCondition('Progressing', 'False', 'ProgressDeadlineExceeded', message, now));
    }
  }
  const failure = replicaFailure(all, newSet, now);
  if (failure !== undefined) status = setDeploymentCondition(status, failure);
  else status = { ...status, ...(status.conditions === undefined ? {} : { conditions: removeCondition(status.conditions, 'ReplicaFailure') }) };
  return status;
}

function replicaFailure(all: readonly ReplicaSet[], newSet: ReplicaSet | undefined, now: string): DeploymentCondition | undefined {
  const ordered = newSet === undefined ? all : [newSet, ...all.filter((set) => set !== newSet)];
  for (const set of ordered) {
    const found = findCondition(set.status?.conditions, 'ReplicaFailure');
    if (found !== undefined) return { ...newCondition('ReplicaFailure', found.status, found.reason ?? '', found.message ?? '', now), ...(found.lastTransitionTime === undefined ? {} : { lastTransitionTime: found.lastTransitionTime, lastUpdateTime: found.lastTransitionTime }) };
  }
  return undefined;
}

/** When to look again for the deadline; undefined when it does not run. */
export function progressCheckInMs(deployment: Deployment, status: DeploymentStatus, wallMs: number): number | undefined {
  const condition = findCondition(deployment.status?.conditions, 'Progressing');
  if (!hasProgressDeadline(deployment) || condition === undefined) return undefined;
  if (isComplete(deployment, status) || condition.reason === 'ProgressDeadlineExceeded') return undefined;
  const from = parseTime(condition.lastUpdateTime) ?? wallMs;
  const after = from + (deployment.spec.progressDeadlineSeconds ?? 600) * 1000 - wallMs;
  return after < 1000 ? 0 : after + 1000;
}
