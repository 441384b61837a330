// Questions about pods that every workload controller asks.
import { findCondition } from '../../../api/meta/conditions.ts';
import { parseTime } from '../../../api/meta/time.ts';
import type { Pod } from './objects.ts';

export function isTerminal(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase === 'Succeeded' || phase === 'Failed';
}

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined;
}

/** Neither finished nor being deleted. */
export function isActive(pod: Pod): boolean {
  return !isTerminal(pod) && !isTerminating(pod);
}

export function isReady(pod: Pod): boolean {
  return findCondition(pod.status?.conditions, 'Ready')?.status === 'True';
}

/** Ready for at least `minReadySeconds`. */
export function isAvailable(pod: Pod, minReadySeconds: number, wallMs: number): boolean {
  return availableInMs(pod, minReadySeconds, wallMs) === 0;
}

/** 0: available now; Infinity: not ready at all; else how long it must stay ready. */
export function availableInMs(pod: Pod, minReadySeconds: number, wallMs: number): number {
  const ready = findCondition(pod.status?.conditions, 'Ready');
  if (ready?.status !== 'True') return Infinity;
  if (minReadySeconds === 0) return 0;
  const since = parseTime(ready.lastTransitionTime) ?? wallMs;
  return Math.max(0, since + minReadySeconds * 1000 - wallMs);
}

/** kubectl's and the controllers' order of who goes first when there are too many: the least useful first. */
export function compareForDeletion(left: Pod, right: Pod, crowding: (pod: Pod) => number, wallMs: number): number {
  const unassigned = (pod: Pod): number => ((pod.spec.nodeName ?? '') === '' ? 0 : 1);
  const phase = (pod: Pod): number => ({ Pending: 0, Unknown: 1, Running: 2 })[pod.status?.phase ?? 'Pending'] ?? 0;
  const ready = (pod: Pod): number => (isReady(pod) ? 1 : 0);
  const cost = (pod: Pod): number => Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0;
  const restarts = (pod: Pod): number => (pod.status?.containerStatuses ?? []).reduce((most, { restartCount }) => Math.max(most, restartCount ?? 0), 0);
  for (const rank of [unassigned, phase, ready, cost]) {
    const difference = rank(left) - rank(right);
    if (difference !== 0) return difference;
  }
  const crowd = crowding(right) - crowding(left);
  if (crowd !== 0) return crowd;
  if (isReady(left) && isReady(right)) {
    const age = logarithmicAge(readySince(left), wallMs) - logarithmicAge(readySince(right), wallMs);
    if (age !== 0) return age;
  }
  const busy = restarts(right) - restarts(left);
  if (busy !== 0) return busy;
  const age = logarithmicAge(parseTime(left.metadata.creationTimestamp), wallMs) - logarithmicAge(parseTime(right.metadata.creationTimestamp), wallMs);
  if (age !== 0) return age;
  return (left.metadata.uid ?? '') < (right.metadata.uid ?? '') ? -1 : 1;
}

function readySince(pod: Pod): number | undefined {
  return parseTime(findCondition(pod.status?.conditions, 'Ready')?.lastTransitionTime);
}

/** Ages are compared by their power of two, so that among pods of about one age chance decides and not the newest always goes. */
function logarithmicAge(since: number | undefined, wallMs: number): number {
  if (since === undefined) return 0;
  let nanoseconds = (wallMs - since) * 1e6;
  if (nanoseconds <= 0) return 0;
  let power = 1;
  while (nanoseconds >= 2) {
    nanoseconds /= 2;
    power++;
  }
  return power;
}
