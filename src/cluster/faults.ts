// Random trouble for a cluster: a schedule of faults drawn from one seed, and how each is done to the world and undone. Plain data, so that a
// schedule can be cut down to what matters.
import type { Family, Random } from '../kernel/host.ts';
import type { FaultRule, World } from '../kernel/world.ts';
import { etcdMachinesOf, mastersOf, workersOf, type Topology } from './topology.ts';

export type Fault =
  | { readonly kind: 'kill'; readonly machine: string; readonly program: string }
  | { readonly kind: 'freeze'; readonly machine: string; readonly program: string; readonly forMs: number }
  | { readonly kind: 'power'; readonly machine: string; readonly forMs: number }
  | { readonly kind: 'wire'; readonly name: string; readonly rule: FaultRule; readonly forMs: number }
  | { readonly kind: 'slow-disk'; readonly machine: string; readonly ms: number; readonly forMs: number }
  | { readonly kind: 'skew'; readonly machine: string; readonly ms: number; readonly forMs: number };

export interface PlannedFault {
  /** Since the beginning of the trouble. */
  readonly atMs: number;
  readonly fault: Fault;
}

/** For statistics: `cut one-way`, `freeze`, ... */
export function kindOf(fault: Fault): string {
  return fault.kind === 'wire' ? `${fault.rule.kind}${fault.rule.oneWay === true ? ' one-way' : ''}` : fault.kind;
}

const masterPrograms = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
const nodePrograms = ['kubelet', 'containerd'] as const;
const workerPrograms = ['kubelet', 'containerd', 'kube-proxy', 'calico-node', 'coredns'] as const;

const swarm = ['kill', 'freeze', 'power', 'partition', 'one-way', 'pair', 'delay', 'lossy', 'slow-disk', 'skew', 'load-balancer'] as const;
type Kind = (typeof swarm)[number];

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)] as T;
}

/** A schedule of `forMs`; which kinds occur, and how often, is drawn too (swarm testing: what is left out lets the rest go deeper). */
export function planFaults(random: Random, topology: Topology, forMs: number): readonly PlannedFault[] {
  const site = new Site(topology);
  const kinds = swarm.filter((kind) => random.next() < 0.45 && site.allows(kind));
  if (kinds.length === 0) kinds.push('kill');
  const everyMs = 1500 + random.below(12_000);
  const plan: PlannedFault[] = [];
  for (let atMs = random.below(everyMs); atMs < forMs; atMs += 200 + random.below(everyMs * 2)) {
    plan.push({ atMs, fault: drawFault(random, site, pick(random, kinds), plan.length) });
  }
  return plan;
}

/** What there is to break. */
class Site {
  readonly masters: readonly string[];
  readonly workers: readonly string[];
  readonly members: readonly string[];
  readonly balancers: readonly string[];
  /** Machines between which wires may fail. */
  readonly all: readonly string[];
  private readonly hardWay: boolean;

  constructor(topology: Topology) {
    const names = (list: readonly { readonly name: string }[]): string[] => list.map((each) => each.name);
    this.masters = names(mastersOf(topology));
    this.workers = names(workersOf(topology));
    this.members = names(etcdMachinesOf(topology));
    this.balancers = names(topology.machines.filter((each) => each.role === 'load-balancer'));
    this.all = [...new Set([...this.masters, ...this.members, ...this.workers, ...this.balancers])];
    this.hardWay = topology.hardWay === true;
  }

  allows(kind: Kind): boolean {
    if (kind === 'load-balancer') return this.balancers.length > 0;
    return kind === 'partition' || kind === 'one-way' || kind === 'pair' || kind === 'delay' || kind === 'lossy' ? this.all.length > 1 : true;
  }

  /** A machine, masters and members more often than workers. */
  machine(random: Random): string {
    return random.next() < 0.7 || this.workers.length === 0 ? pick(random, [...this.masters, ...this.members]) : pick(random, this.workers);
  }

  program(random: Random, machine: string): string {
    const here: string[] = [];
    if (this.members.includes(machine)) here.push('etcd');
    if (this.masters.includes(machine)) here.push(...masterPrograms);
    if (this.workers.includes(machine)) here.push(...workerPrograms);
    else if (!this.hardWay) here.push(...nodePrograms);
    return pick(random, here);
  }
}

function drawFault(random: Random, site: Site, kind: Kind, number: number): Fault {
  const machine = site.machine(random);
  const forMs = 500 + random.below(25_000);
  switch (kind) {
    case 'kill':
      return { kind, machine, program: site.program(random, machine) };
    case 'freeze':
      return { kind, machine, program: site.program(random, machine), forMs };
    case 'power':
      return { kind, machine, forMs: 1000 + random.below(40_000) };
    case 'slow-disk':
      return { kind, machine: pick(random, site.members), ms: 10 + random.below(400), forMs };
    case 'skew':
      return { kind, machine, ms: random.below(240_000) - 120_000, forMs: forMs * 2 };
    case 'load-balancer':
      return random.next() < 0.5 ? { kind: 'power', machine: pick(random, site.balancers), forMs } : { kind: 'kill', machine: pick(random, site.balancers), program: 'load-balancer' };
    default:
      return { kind: 'wire', name: `f${number}`, rule: drawRule(random, kind, site), forMs };
  }
}

function drawRule(random: Random, kind: 'partition' | 'delay' | 'lossy' | 'one-way' | 'pair', site: Site): FaultRule {
  const { all } = site;
  const core = [...new Set([...site.masters, ...site.members])];
  if (kind === 'pair') {
    // One wire of the core only: everybody else still sees both ends.
    const from = pick(random, core);
    const to = pick(random, all.filter((each) => each !== from));
    return { kind: 'cut', from: [from], to: [to], ...(random.next() < 0.5 ? { oneWay: true } : {}) };
  }
  const side = all.filter(() => random.next() < 0.4);
  const from = side.length === 0 ? [pick(random, core)] : side;
  const rest = all.filter((each) => !from.includes(each));
  const to = rest.length === 0 ? ['*'] : rest;
  // Sometimes only Raft's own messages are concerned: the member's clients do not notice.
  const family: { family?: Family } = random.next() < 0.25 ? { family: 'raft' } : {};
  if (kind === 'delay') return { kind: 'slow', from, to, delayMs: 5 + random.below(800), ...family };
  if (kind === 'lossy') return { kind: 'lossy', from, to, probability: 0.05 + random.next() * 0.5, ...family };
  return { kind: 'cut', from, to, ...(kind === 'one-way' ? { oneWay: true } : {}), ...family };
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
    case 'skew': {
      const machine = world.machine(fault.machine);
      machine.setSkew(fault.ms);
      return () => machine.setSkew(0);
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

/** Everything on, thawed, connected, fast and on time again. */
export function healAll(world: World): void {
  for (const name of [...world.faults.keys()]) world.removeFault(name);
  for (const machine of world.machines) {
    machine.setFsync(1);
    machine.setSkew(0);
    machine.powerOn();
    for (const process of machine.processes()) if (process.state === 'frozen') machine.thaw(process.pid);
  }
}
