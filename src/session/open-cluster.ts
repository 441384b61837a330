// Makes the world of a Run, and says of its machines what the scene needs to place them.
import { createCluster } from '../cluster/create-cluster.ts';
import { nodesOf } from '../cluster/topology.ts';
import type { World } from '../kernel/world.ts';
import type { MachineRecord } from '../scene/records.ts';
import type { GatewayDoor } from '../wire/outside.ts';
import type { Run } from './protocol.ts';

/** A world with what is known of it before anything has run. */
export interface OpenedWorld {
  readonly world: World;
  /** Where requests from outside go in. */
  readonly gateway: GatewayDoor;
  readonly machines: readonly { readonly name: string; readonly role: MachineRecord['role']; readonly slot: number }[];
  /** Machines that will be nodes, and whether the add-ons will be brought, when the cluster is up. */
  readonly nodes: readonly string[];
  readonly addons: boolean;
}
export type OpenWorld = (run: Run) => OpenedWorld;

export const openCluster: OpenWorld = (run) => {
  const { world, topology, gateway } = createCluster(run.shape ?? run.preset, { seed: run.seed, epochMs: run.epochMs, ...(run.nodes === undefined ? {} : { nodes: run.nodes }) });
  return { world, gateway, machines: topology.machines, nodes: nodesOf(topology).map((machine) => machine.name), addons: topology.addons };
};
