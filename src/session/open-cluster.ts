// Makes the world of a Run, and says of its machines what the scene needs to place them.
import { createCluster } from '../cluster/create-cluster.ts';
import type { World } from '../kernel/world.ts';
import type { MachineRecord } from '../scene/records.ts';
import type { Run } from './protocol.ts';

/** A world with what is known of it before anything has run. */
export interface OpenedWorld {
  readonly world: World;
  readonly machines: readonly { readonly name: string; readonly role: MachineRecord['role']; readonly slot: number }[];
}
export type OpenWorld = (run: Run) => OpenedWorld;

export const openCluster: OpenWorld = (run) => {
  const { world, topology } = createCluster(run.preset, { seed: run.seed, epochMs: run.epochMs, ...(run.nodes === undefined ? {} : { nodes: run.nodes }) });
  return { world, machines: topology.machines };
};
