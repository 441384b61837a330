// How long writes are refused when the machine of etcd's leader dies: in virtual time, so it says something about the algorithm, not about this computer.
import { createTestCluster, RefusedByEtcd } from '../src/programs/etcd/testing/cluster.ts';
import { isNetworkError } from '../src/kernel/network/network-error.ts';
import type { Task } from '../src/kernel/task.ts';

const seeds = 1000;
const patienceMs = 100;

export function measureRecovery(): Record<string, number> {
  const times = Array.from({ length: seeds }, (_, n) => recoveryMs(n + 1)).sort((a, b) => a - b);
  const at = (share: number): number => times[Math.min(seeds - 1, Math.floor(seeds * share))] as number;
  return { leaderRecoveryVirtualMsMedian: at(0.5), leaderRecoveryVirtualMs99: at(0.99), leaderRecoveryVirtualMsMost: at(1) };
}

/** From the leader's power loss until a write through a surviving member is acknowledged. */
function recoveryMs(seed: number): number {
  const cluster = createTestCluster({ seed, keepEvents: false });
  const dead = cluster.leader();
  // Not always at the same place between two heartbeats.
  cluster.world.run(cluster.world.nowMs + 1000 + (seed % 100));
  cluster.world.machine(dead).powerOff();
  const survivor = cluster.names.findIndex((name) => name !== dead);
  const beganMs = cluster.world.nowMs;
  const endedMs = cluster.run(function* (host, etcd): Task<number> {
    for (let attempt = 0; ; attempt++) {
      try {
        yield* etcd.call(survivor, 'KV/Put', { key: '/bench/recovery', value: String(attempt) }, patienceMs);
        return host.clock.nowMs();
      } catch (error) {
        if (!(error instanceof RefusedByEtcd) && !isNetworkError(error)) throw error;
        yield* host.clock.sleep(5);
      }
    }
  });
  return endedMs - beganMs;
}
