// What one seed of mixed trouble is: a cluster, what is done with it, and what is done to it. Drawn from the seed alone.
import { createRandom } from '../kernel/random.ts';
import type { Random } from '../kernel/host.ts';
import type { ClusterShape } from './presets/presets.ts';

export interface Workload {
  readonly workers: number;
  readonly watchers: number;
  readonly paceMs: number;
}

export interface Scenario {
  readonly shape: ClusterShape;
  readonly workload: Workload;
}

/** Most seeds are small, without nodes: the more of them, the deeper; whole clusters with kubelets, pods and networks are every fifth. */
export function drawScenario(seed: number): Scenario {
  const random = createRandom(seed, 'scenario');
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T;
  const zones = random.next() < 0.25 ? { zones: 2 + random.below(2), zoneLatencyMs: 1 + random.below(30) } : {};
  if (random.next() < 0.2) {
    const masters = pick([1, 1, 1, 1, 2, 3]);
    const etcdMachines = random.next() < 0.2 ? 3 : 0;
    return { shape: { masters, etcdMachines, workers: 1 + random.below(masters === 1 ? 3 : 2), ...zones }, workload: { workers: 3, watchers: 2, paceMs: 1500 } };
  }
  const stacked = random.next() < 0.5;
  const masters = stacked ? pick([1, 3, 3, 3, 3, 3, 3, 5]) : pick([1, 1, 2]);
  const etcdMachines = stacked ? 0 : pick([1, 3, 3, 5]);
  return { shape: { masters, etcdMachines, workers: 0, hardWay: true, etcdArgs: drawEtcdArgs(random), ...zones }, workload: { workers: 3 + random.below(2), watchers: 2 + random.below(2), paceMs: random.next() < 0.04 ? 200 : 400 + random.below(1600) } };
}

/** As for members in one rack, in one town, on several continents. */
const timings = [[50, 300], [100, 600], [100, 2500], [500, 5000]] as const;

/** Snapshots so often that members fall behind them, and slower or quicker elections. */
function drawEtcdArgs(random: Random): readonly string[] {
  const args: string[] = [];
  if (random.next() < 0.6) {
    const count = 20 + random.below(200);
    args.push(`--snapshot-count=${count}`, `--snapshot-catchup-entries=${1 + random.below(count)}`);
  }
  if (random.next() < 0.25) args.push('--pre-vote=false');
  if (random.next() < 0.25) {
    const [heartbeatMs, electionMs] = timings[random.below(timings.length)] as (typeof timings)[number];
    args.push(`--heartbeat-interval=${heartbeatMs}`, `--election-timeout=${electionMs}`);
  }
  return args;
}
