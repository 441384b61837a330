// Every topology that can be chosen elects one leader, serves, and outlives what its majority allows.
import { describe, expect, it } from 'vitest';
import type { World } from '../kernel/world.ts';
import type { RaftView } from '../programs/etcd/views.ts';
import { createCluster } from './create-cluster.ts';
import { etcdMachinesOf, type Topology } from './topology.ts';

const viewsOf = (world: World, topology: Topology): (RaftView | undefined)[] =>
  etcdMachinesOf(topology).map((machine) => {
    const process = world.machine(machine.name).processes().find((each) => each.program === 'etcd');
    return process === undefined ? undefined : (world.view(machine.name, process.name, 'raft') as RaftView | undefined);
  });

function kubectl(world: World, ...args: string[]): { readonly code: number | undefined; readonly text: string } {
  let text = '';
  const process = world.spawn('laptop', { program: 'kubectl', args, onOutput: (_, part) => (text += part) });
  world.run(world.nowMs + 30_000, () => process.exit !== undefined);
  return { code: process.exit?.code, text };
}

describe('topologies', () => {
  it('external etcd: members on machines of their own; masters die and come back, the store does not notice', () => {
    const { world, topology } = createCluster('external-etcd', { seed: 1, nodes: 1 });
    world.run(45_000);
    const views = viewsOf(world, topology);
    expect(etcdMachinesOf(topology).map((each) => each.name)).toEqual(['e1-k8s', 'e2-k8s', 'e3-k8s']);
    expect(views.filter((view) => view?.role === 'leader')).toHaveLength(1);
    expect(world.machine('m1-k8s').processes().some((each) => each.program === 'etcd')).toBe(false);
    const nodes = kubectl(world, 'get', 'nodes', '--no-headers').text.trim().split('\n').map((line) => line.split(/\s+/).slice(0, 2).join(' '));
    expect(nodes).toEqual(['m1-k8s Ready', 'm2-k8s Ready', 'm3-k8s Ready', 'w1-k8s Ready']);
    world.machine('e1-k8s').powerOff();
    world.run(world.nowMs + 10_000);
    expect(kubectl(world, 'create', 'configmap', 'a').text).toBe('configmap/a created\n');
    world.machine('e2-k8s').powerOff();
    world.run(world.nowMs + 10_000);
    expect(kubectl(world, 'create', 'configmap', 'b', '--request-timeout=5s').code).not.toBe(0);
  });

  it('stretched: zones as node labels, and a commit costs a round trip between them', () => {
    const { world, topology } = createCluster('stretched', { seed: 1 });
    world.run(45_000);
    const zones = kubectl(world, 'get', 'nodes', '--no-headers', '-L', 'topology.kubernetes.io/zone').text.trim().split('\n').map((line) => line.split(/\s+/).at(-1));
    expect(zones).toEqual(['zone-a', 'zone-b', 'zone-c', 'zone-a', 'zone-b', 'zone-c']);
    expect(viewsOf(world, topology).map((view) => view?.leader)).toEqual(Array.from({ length: 3 }, () => viewsOf(world, topology)[0]?.leader));
    world.machine('m1-k8s').powerOff();
    world.run(world.nowMs + 15_000);
    expect(kubectl(world, 'create', 'configmap', 'a').text).toBe('configmap/a created\n');
  });

  for (const [masters, mayFail] of [[4, 1], [5, 2], [7, 3]] as const)
    it(`${masters} members: ${mayFail} may fail, ${mayFail + 1} may not`, () => {
      const { world, topology } = createCluster({ masters, workers: 0 }, { seed: 3 });
      world.run(20_000);
      expect(viewsOf(world, topology).filter((view) => view?.leader !== '')).toHaveLength(masters);
      const machines = etcdMachinesOf(topology).map((each) => each.name);
      for (const name of machines.slice(0, mayFail)) world.machine(name).powerOff();
      world.run(world.nowMs + 10_000);
      expect(viewsOf(world, topology).filter((view) => view?.role === 'leader')).toHaveLength(1);
      world.machine(machines[mayFail] as string).powerOff();
      world.run(world.nowMs + 10_000);
      expect(viewsOf(world, topology).filter((view) => view?.role === 'leader')).toHaveLength(0);
    });
});
