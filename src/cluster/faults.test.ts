// Disks that fail, and what becomes of the member that stands on them.
import { describe, expect, it } from 'vitest';
import type { TraceEvent, World } from '../kernel/world.ts';
import type { EtcdEvent } from '../programs/etcd/events.ts';
import type { RaftView } from '../programs/etcd/views.ts';
import { describeDivergence } from './checkers/convergence.ts';
import { createCluster } from './create-cluster.ts';
import { perform } from './deeds.ts';
import { atLeader, injectionOf, type Fault } from './faults.ts';

const members = ['m1-k8s', 'm2-k8s', 'm3-k8s'];

function start(): { readonly world: World; readonly events: TraceEvent[] } {
  const events: TraceEvent[] = [];
  const { world } = createCluster({ masters: 3, workers: 0, hardWay: true }, { seed: 5, onTrace: (event) => events.push(event) });
  world.run(20_000);
  return { world, events };
}

const raft = (world: World, machine: string): RaftView | undefined => world.view(machine, 'etcd', 'raft') as RaftView | undefined;
const leader = (world: World): string => members.find((each) => raft(world, each)?.role === 'leader') ?? '';

function inject(world: World, fault: Fault): (() => void) | undefined {
  const { deeds, undo } = injectionOf(world, fault, members);
  for (const deed of deeds) perform(world, deed);
  return undo === undefined ? undefined : () => undo().forEach((deed) => perform(world, deed));
}

describe('a member whose data is gone', () => {
  const cases: Readonly<Record<string, Fault>> = { 'lost with its disk': { kind: 'lost-disk', machine: 'm2-k8s' }, 'rotten': { kind: 'rot', machine: 'm2-k8s', record: 2, forMs: 5000 } };
  for (const [name, fault] of Object.entries(cases)) {
    it(`${name}: an operator puts a new one in its place, which gets everything from the others`, () => {
      const { world, events } = start();
      const before = raft(world, 'm2-k8s')?.id;
      inject(world, fault);
      world.run(world.nowMs + 500);
      expect(raft(world, 'm2-k8s')).toBeUndefined();
      // While it is being replaced nobody else may lose a disk.
      expect(injectionOf(world, { kind: 'lost-disk', machine: 'm3-k8s' }, members).deeds).toEqual([]);
      world.run(world.nowMs + 60_000);
      expect(raft(world, 'm2-k8s')?.id).not.toBe(before);
      expect(raft(world, 'm2-k8s')?.members.map((each) => each.name).sort()).toEqual(members);
      for (let tries = 0; tries < 100 && describeDivergence(world, 3) !== undefined; tries++) world.run(world.nowMs + 77);
      expect(describeDivergence(world, 3)).toBeUndefined();
      const changes = events.map(({ data }) => data as EtcdEvent).filter((data) => data.type === 'etcd.member' && data.member === 'm1-k8s');
      expect(changes).toMatchObject([{ change: 'remove', peer: 'm2-k8s' }, { change: 'add' }]);
    });
  }
});

it('a member whose disk is full says so and ends, again and again, until there is room', () => {
  const { world } = start();
  const machine = leader(world);
  const undo = inject(world, { kind: 'full-disk', machine: atLeader, forMs: 0 });
  world.run(world.nowMs + 20_000);
  const others = members.filter((each) => each !== machine);
  expect(others).toContain(leader(world));
  const starts = (): readonly number[] => world.machine(machine).processes().filter((each) => each.program === 'etcd').map((each) => each.startedMs);
  expect(starts().every((startedMs) => startedMs > 20_000)).toBe(true);
  undo?.();
  world.run(world.nowMs + 10_000);
  expect(raft(world, machine)?.role).toBe('follower');
  const stays = starts();
  world.run(world.nowMs + 10_000);
  expect(starts()).toEqual(stays);
});
