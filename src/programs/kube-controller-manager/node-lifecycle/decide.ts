// Is a node alive, which taints follow from its conditions, and how sick is its zone? Pure.
import { findCondition } from '../../../api/meta/conditions.ts';
import type { Node, NodeCondition, Taint } from '../shared/objects.ts';
import { notReady, unreachable } from '../shared/taints.ts';

/** What the controller remembers of a node between two looks, by its own clock: a node's clock is not trusted. */
export interface NodeHealth {
  /** When a sign of life was last seen. */
  readonly probeMs: number;
  readonly readyTransitionMs: number;
  readonly conditions: readonly NodeCondition[];
  readonly leaseRenewTime: string | undefined;
}

const watched = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export function observeHealth(before: NodeHealth | undefined, node: Node, leaseRenewTime: string | undefined, nowMs: number): NodeHealth {
  const conditions = node.status?.conditions ?? [];
  const ready = findCondition(conditions, 'Ready');
  if (before === undefined) return { probeMs: nowMs, readyTransitionMs: nowMs, conditions, leaseRenewTime };
  const readyBefore = findCondition(before.conditions, 'Ready');
  let { probeMs, readyTransitionMs } = before;
  if ((readyBefore === undefined) !== (ready === undefined)) probeMs = readyTransitionMs = nowMs;
  else if (ready !== undefined && readyBefore?.lastHeartbeatTime !== ready.lastHeartbeatTime) {
    probeMs = nowMs;
    if (readyBefore?.lastTransitionTime !== ready.lastTransitionTime) readyTransitionMs = nowMs;
  }
  if (leaseRenewTime !== undefined && (before.leaseRenewTime === undefined || before.leaseRenewTime < leaseRenewTime)) probeMs = nowMs;
  return { probeMs, readyTransitionMs, conditions, leaseRenewTime: leaseRenewTime ?? before.leaseRenewTime };
}

/** The conditions of a node that has been silent for too long: nothing is known any more. Undefined when they say so already. */
export function computeSilentConditions(node: Node, now: string): readonly NodeCondition[] | undefined {
  const conditions = node.status?.conditions ?? [];
  let changed = false;
  const next = conditions.map((condition) => {
    if (!watched.includes(condition.type) || condition.status === 'Unknown') return condition;
    changed = true;
    return { ...condition, status: 'Unknown' as const, reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', lastTransitionTime: now };
  });
  const missing = watched
    .filter((type) => findCondition(conditions, type) === undefined)
    .map((type): NodeCondition => ({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      lastHeartbeatTime: node.metadata.creationTimestamp ?? now,
      lastTransitionTime: now,
    }));
  return changed || missing.length > 0 ? [...next, ...missing] : undefined;
}

const conditionTaints: readonly { readonly type: string; readonly status: string; readonly key: string }[] = [
  { type: 'Ready', status: 'False', key: notReady },
  { type: 'Ready', status: 'Unknown', key: unreachable },
  { type: 'MemoryPressure', status: 'True', key: 'node.kubernetes.io/memory-pressure' },
  { type: 'DiskPressure', status: 'True', key: 'node.kubernetes.io/disk-pressure' },
  { type: 'NetworkUnavailable', status: 'True', key: 'node.kubernetes.io/network-unavailable' },
  { type: 'PIDPressure', status: 'True', key: 'node.kubernetes.io/pid-pressure' },
];
const unschedulable = 'node.kubernetes.io/unschedulable';

/** NoSchedule taints to add and to take, so that they say what the conditions say. */
export function decideNoScheduleTaints(node: Node, now: string): { readonly add: readonly Taint[]; readonly remove: readonly Taint[] } {
  const wanted = conditionTaints.filter(({ type, status }) => findCondition(node.status?.conditions, type)?.status === status).map(({ key }) => key);
  if (node.spec?.unschedulable === true) wanted.push(unschedulable);
  const managed = [...conditionTaints.map(({ key }) => key), unschedulable];
  const present = (node.spec?.taints ?? []).filter(({ key, effect }) => effect === 'NoSchedule' && managed.includes(key));
  return {
    add: wanted.filter((key) => !present.some((taint) => taint.key === key)).map((key) => ({ key, effect: 'NoSchedule', timeAdded: now })),
    remove: present.filter(({ key }) => !wanted.includes(key)),
  };
}

export type ZoneState = 'Initial' | 'Normal' | 'PartialDisruption' | 'FullDisruption';

/** `ready`: the Ready status of every node of the zone. */
export function computeZoneState(ready: readonly string[], unhealthyThreshold: number): ZoneState {
  const bad = ready.filter((status) => status !== 'True').length;
  const good = ready.length - bad;
  if (good === 0 && bad > 0) return 'FullDisruption';
  if (bad > 2 && bad / ready.length >= unhealthyThreshold) return 'PartialDisruption';
  return 'Normal';
}

/** Evictions a second in a zone. A big zone that is partly sick goes slowly, a small one not at all: it may be the master that is cut off. */
export function computeEvictionRate(state: ZoneState, nodes: number, rates: { readonly normal: number; readonly secondary: number; readonly largeZone: number }): number {
  if (state === 'PartialDisruption') return nodes > rates.largeZone ? rates.secondary : 0;
  return rates.normal;
}

export function zoneOf(node: Node): string {
  const labels = node.metadata.labels ?? {};
  const region = labels['topology.kubernetes.io/region'] ?? '';
  const zone = labels['topology.kubernetes.io/zone'] ?? '';
  return region === '' && zone === '' ? '' : `${region}:\u0000:${zone}`;
}
