// Clusters that nobody touches: leases, probes, heartbeats, relists go on.
import { createCluster } from '../src/cluster/create-cluster.ts';
import type { PresetName } from '../src/cluster/presets/presets.ts';

const bootMs = 180_000;
const measuredMs = 300_000;

export function measureIdle(): Record<string, number> {
  return {
    idleHaVirtualSecondsPerSecond: Math.max(speed('ha'), speed('ha')),
    idleDefaultVirtualSecondsPerSecond: Math.max(speed('default'), speed('default')),
  };
}

function speed(preset: PresetName): number {
  const { world } = createCluster(preset, { seed: 1 });
  world.run(bootMs);
  const began = performance.now();
  world.run(bootMs + measuredMs);
  return measuredMs / (performance.now() - began);
}
