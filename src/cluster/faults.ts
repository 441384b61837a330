// Random trouble for a cluster: a schedule of faults drawn from one seed, and how each is done to the world and undone.
import type { Random } from '../kernel/host.ts';
import type { FaultRule, World } from '../kernel/world.ts';
import { mastersOf, workersOf, type Topology } from './topology.ts';

export type Fault =
  | { readonly kind: 'kill'; readonly machine: string; readonly program: string }
  | { readonly kind: 'freeze'; readonly machine: string; readonly program: string; readonly forMs: number }
  | { readonly kind: 'power'; readonly machine: string; readonly forMs: number }
  | { readonly kind: 'wire'; readonly name: string; readonly rule: FaultRule; readonly forMs: number }
  | { readonly kind: 'slow-disk'; readonly machine: string; readonly ms: number; readonly forMs: number };

export interface PlannedFault {
  readonly atMs: number;
  readonly fault: Fault;
}

const masterPrograms = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'containerd'] as const;
const workerPrograms = ['kubelet', 'containerd', 'kube-proxy', 'calico-node', 'coredns'] as const;

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)] as T;
}

/** A schedule from `fromMs` on for `forMs`; which kinds occur, and how often, is drawn too (swarm testing). */
export function planFaults(random: Random, topology: Topology, fromMs: number, forMs: number): readonly PlannedFault[] {
  const kinds = (['kill', 'freeze', 'power', 'partition', 'delay', 'lossy', 'one-way', 'slow-disk'] as const).filter(() => random.next() < 0.6);
  if (kinds.length === 0) kinds.push('kill');
  const everyMs = 2000 + random.below(12_000);
  const plan: PlannedFault[] = [];
  for (let atMs = fromMs; atMs < fromMs + forMs; atMs += 200 + random.below(everyMs * 2)) plan.push({ atMs, fault: drawFault(random, topology, pick(random, kinds), plan.length) });
  return plan;
}

type Kind = 'kill' | 'freeze' | 'power' | 'partition' | 'delay' | 'lossy' | 'one-way' | 'slow-disk';

function drawFault(random: Random, topology: Topology, kind: Kind, number: number): Fault {
  const masters = mastersOf(topology).map((each) => each.name);
  const workers = workersOf(topology).map((each) => each.name);
  const onMaster = random.next() < 0.7;
  const machine = pick(random, onMaster ? masters : workers);
  const forMs = 500 + random.below(25_000);
  switch (kind) {
    case 'kill':
      return { kind, machine, program: pick<string>(random, onMaster ? masterPrograms : workerPrograms) };
    case 'freeze':
      return { kind, machine, program: pick<string>(random, onMaster ? masterPrograms : workerPrograms), forMs };
    case 'power':
      return { kind, machine, forMs: 1000 + random.below(40_000) };
    case 'slow-disk':
      return { kind, machine: pick(random, masters), ms: 10 + random.below(400), forMs };
    default:
      return { kind: 'wire', name: `f${number}`, rule: drawRule(random, kind, masters, workers), forMs };
  }
}

function drawRule(random: Random, kind: 'partition' | 'delay' | 'lossy' | 'one-way', masters: readonly string[], workers: readonly string[]): FaultRule {
  const all = [...masters, ...workers];
  const side = all.filter(() => random.next() < 0.4);
  const from = side.length === 0 ? [pick(random, masters)] : side;
  const rest = all.filter((each) => !from.includes(each));
  const to = rest.length === 0 ? ['*'] : rest;
  if (kind === 'delay') return { kind: 'slow', from, to, delayMs: 5 + random.below(800) };
  if (kind === 'lossy') return { kind: 'lossy', from, to, probability: 0.05 + random.next() * 0.5 };
  return { kind: 'cut', from, to, ...(kind === 'one-way' ? { oneWay: true } : {}) };
}

/** Does it now; returns how it is undone, if it lasts. Faults at things that are not there do nothing. */
export function inject(world: World, fault: Fault): (() => void) | undefined {
  switch (fault.kind) {
    case 'kill':
      for (const process of find(world, fault.machine, fault.program)) world.machine(fault.machine).kill(process);
      return undefined;
    case 'freeze': {
      const machine = world.machine(fault.machine);
      const pids = find(world, fault.machine, fault.program);
      for (const pid of pids) machine.freeze(pid);
      return () => thaw(world, fault.machine, pids);
    }
    case 'power': {
      const machine = world.machine(fault.machine);
      machine.powerOff();
      return () => machine.powerOn();
    }
    case 'wire':
      world.addFault(fault.name, fault.rule);
      return () => world.removeFault(fault.name);
    case 'slow-disk': {
      const machine = world.machine(fault.machine);
      machine.setFsync(fault.ms);
      return () => machine.setFsync(1);
    }
  }
}

function find(world: World, machine: string, program: string): number[] {
  return world
    .machine(machine)
    .processes()
    .filter((process) => process.program === program)
    .map((process) => process.pid);
}

function thaw(world: World, name: string, pids: readonly number[]): void {
  const machine = world.machine(name);
  for (const process of machine.processes()) if (pids.includes(process.pid) && process.state === 'frozen') machine.thaw(process.pid);
}

/** Everything on, thawed, connected and fast again. */
export function healAll(world: World): void {
  for (const name of [...world.faults.keys()]) world.removeFault(name);
  for (const machine of world.machines) {
    machine.setFsync(1);
    machine.powerOn();
    for (const process of machine.processes()) if (process.state === 'frozen') machine.thaw(process.pid);
  }
}
