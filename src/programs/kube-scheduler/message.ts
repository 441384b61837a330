// The sentence that everybody who ever ran Kubernetes knows: `0/3 nodes are available: ...`.
import type { NodeRefused, Outcome } from './decide.ts';
import type { ClusterView } from './framework.ts';

export function fitMessage(outcome: Outcome, view: ClusterView, afterwards: string): string {
  const total = view.cache.size;
  if (total === 0) return 'no nodes available to schedule pods';
  const { refused, beforehand } = outcome;
  const counts = new Map<string, number>();
  for (const { reasons } of refused.values()) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  const allRefused = beforehand !== undefined && outcome.filters.every(({ plugin }) => plugin.name !== beforehand.plugin);
  let text = `0/${total} nodes are available:`;
  if (allRefused) text += ` ${beforehand.reasons.join(', ')}.`;
  else {
    if (beforehand !== undefined && total > refused.size) counts.set(beforehand.reasons[0] ?? '', total - refused.size);
    const histogram = histogramOf(counts);
    if (histogram !== '') text += ` ${histogram}.`;
  }
  return afterwards === '' ? text : `${text} ${afterwards}`;
}

/** `1 Insufficient cpu, 2 node(s) were unschedulable`, sorted as text. */
function histogramOf(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([reason, count]) => `${count} ${reason}`).sort().join(', ');
}

/** What PostFilter plugins say, joined: DynamicResources first, then preemption. */
export function postFilterMessage(preemption: string): string {
  return `no new claims to deallocate, preemption: ${preemption}`;
}

export function preemptionMessage(total: number, perNode: ReadonlyMap<string, NodeRefused | string>): string {
  const counts = new Map<string, number>();
  const count = (reason: string, by = 1): void => void counts.set(reason, (counts.get(reason) ?? 0) + by);
  for (const verdict of perNode.values()) {
    if (typeof verdict === 'string') count(verdict);
    else for (const reason of verdict.reasons) count(reason);
  }
  if (perNode.size < total) count('Preemption is not helpful for scheduling', total - perNode.size);
  return `0/${total} nodes are available: ${histogramOf(counts)}.`;
}
