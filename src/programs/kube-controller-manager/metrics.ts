// What kube-controller-manager says at /metrics: names, labels and stability as in upstream's reference, as far as there is something behind them here.
import type { WorkQueue } from '../../client/contract.ts';
import { leaderFamily, requestsFamily } from '../../client/client-metrics.ts';
import type { Host } from '../../kernel/host.ts';
import { family, processFamilies, type Family, type Sample, type Tally } from '../../wire/metrics.ts';
import { buildFamily } from '../images/build-info.ts';
import { imageVersion } from '../images/releases.ts';

export interface ManagerState {
  readonly startedMs: number;
  readonly leads: boolean;
  readonly requests: Tally;
  readonly queues: readonly WorkQueue[];
}

export function controllerManagerMetrics(host: Host, { startedMs, leads, requests, queues }: ManagerState): readonly Family[] {
  const ofQueues = (value: (queue: WorkQueue) => number): readonly Sample[] => [...byName(queues)].map(([name, all]) => ({ labels: { name }, value: all.reduce((sum, queue) => sum + value(queue), 0) }));
  return [
    ...processFamilies(host, startedMs),
    buildFamily(imageVersion(host)),
    leaderFamily('kube-controller-manager', leads),
    requestsFamily(requests),
    family('counter', 'workqueue_adds_total', '[ALPHA] Keys that were put into the queue.', ofQueues(({ counts }) => counts.adds)),
    family('gauge', 'workqueue_depth', '[ALPHA] Keys that wait in the queue now.', ofQueues(({ length }) => length)),
    family('counter', 'workqueue_retries_total', '[ALPHA] Keys that were to come back to the queue later.', ofQueues(({ counts }) => counts.retries)),
  ];
}

/** Two controllers may call their queues the same, as the two of certificates do. */
function byName(queues: readonly WorkQueue[]): ReadonlyMap<string, readonly WorkQueue[]> {
  const found = new Map<string, WorkQueue[]>();
  for (const queue of [...queues].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const known = found.get(queue.name);
    if (known === undefined) found.set(queue.name, [queue]);
    else known.push(queue);
  }
  return found;
}
