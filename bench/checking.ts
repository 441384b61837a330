// What watching costs: the same run of an ha cluster at work, with all checkers looking at every event and with nobody looking.
import { allCheckers } from '../src/cluster/checkers/checkers.ts';
import { createCluster } from '../src/cluster/create-cluster.ts';

const virtualMs = 240_000;
const turns = 4;

export function measureChecking(): Record<string, number> {
  let [without, withAll] = [Infinity, Infinity];
  // In turn, and the least of each: whatever else the machine does only ever adds.
  for (let turn = 0; turn < turns; turn++) {
    without = Math.min(without, seconds(false));
    withAll = Math.min(withAll, seconds(true));
  }
  return { checkingCostRatio: withAll / without };
}

function seconds(checked: boolean): number {
  const checkers = checked ? allCheckers() : [];
  const began = process.cpuUsage().user;
  const { world } = createCluster('ha', {
    seed: 1,
    ...(checked
      ? {
          onTrace: (event) => {
            for (const checker of checkers) {
              const violation = checker.see(event);
              if (violation !== undefined) throw new Error(`${checker.name}: ${violation}`);
            }
          },
        }
      : {}),
  });
  world.run(60_000);
  world.spawn('laptop', { program: 'kubectl', args: ['create', 'deployment', 'web', '--image=nginx:1.27', '--replicas=30'] });
  world.run(virtualMs);
  return (process.cpuUsage().user - began) / 1e6;
}
