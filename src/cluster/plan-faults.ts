// Draws a schedule of faults from dice: which kinds occur, how often, how long, and against whom (swarm testing: what a seed leaves out lets the
// rest go deeper).
import type { Family, Random } from '../kernel/host.ts';
import type { FaultRule } from '../kernel/world.ts';
import { atLeader, pastExpiryMs, type Fault, type PlannedFault } from './faults.ts';
import { etcdMachinesOf, mastersOf, workersOf, type Topology } from './topology.ts';

const masterPrograms = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;
const nodePrograms = ['kubelet', 'containerd'] as const;
const workerPrograms = ['kubelet', 'containerd', 'kube-proxy', 'calico-node', 'coredns'] as const;

const swarm = [
  'kill', 'freeze', 'power', 'reboot', 'partition', 'one-way', 'pair', 'isolate', 'delay', 'lossy', 'slow-disk', 'full-disk', 'lost-disk', 'rot', 'skew', 'expiry', 'load-balancer', 'storm',
] as const;
type Kind = (typeof swarm)[number];

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)] as T;
}

/** A schedule of `forMs`, in order. */
export function planFaults(random: Random, topology: Topology, forMs: number): readonly PlannedFault[] {
  // Half of the seeds aim at whoever leads etcd.
  const site = new Site(topology, random.next() < 0.5);
  const kinds = swarm.filter((kind) => random.next() < 0.35 && site.allows(kind));
  if (kinds.length === 0) kinds.push('kill');
  const everyMs = 1500 + random.below(12_000);
  const plan: PlannedFault[] = [];
  for (let atMs = random.below(everyMs); atMs < forMs; atMs += 200 + random.below(everyMs * 2)) {
    const kind = pick(random, kinds);
    if (kind === 'storm') plan.push(...drawStorm(random, site, atMs, plan.length));
    else plan.push({ atMs, fault: drawFault(random, site, kind, plan.length) });
  }
  return plan.map((each, place) => ({ each, place })).sort((a, b) => a.each.atMs - b.each.atMs || a.place - b.place).map(({ each }) => each);
}

/** Leader after leader falls: elections follow each other faster than logs are brought in line. */
function drawStorm(random: Random, site: Site, fromMs: number, number: number): readonly PlannedFault[] {
  const storm: PlannedFault[] = [];
  const gapMs = 300 + random.below(2500);
  for (let atMs = fromMs; storm.length < 3 + random.below(5); atMs += 100 + random.below(2 * gapMs)) {
    const dice = random.next();
    const forMs = 50 + random.below(2 * gapMs);
    if (dice < 0.5) storm.push({ atMs, fault: isolation(random, site, number + storm.length, 400 + random.below(6000)) });
    else if (dice < 0.7) storm.push({ atMs, fault: { kind: 'power', machine: atLeader, forMs } });
    else if (dice < 0.85) storm.push({ atMs, fault: { kind: 'freeze', machine: atLeader, program: 'etcd', forMs } });
    else storm.push({ atMs, fault: { kind: 'kill', machine: atLeader, program: 'etcd' } });
  }
  return storm;
}

/** The leader and the other members lose touch, while everybody else reaches both sides: for Raft's messages only, or for all between their machines. */
function isolation(random: Random, site: Site, number: number, forMs: number): Fault {
  const family: { family?: Family } = random.next() < 0.7 ? { family: 'raft' } : {};
  const oneWay = random.next() < 0.2 ? { oneWay: true } : {};
  return { kind: 'wire', name: `f${number}`, rule: { kind: 'cut', from: [atLeader], to: site.members, ...family, ...oneWay }, forMs };
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
  private readonly aims: boolean;

  constructor(topology: Topology, aims: boolean) {
    this.aims = aims;
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
    if (kind === 'isolate' || kind === 'storm') return this.members.length > 1;
    if (kind === 'lost-disk' || kind === 'rot') return this.hardWay && this.members.length > 2;
    // A kubelet that renews its certificate by a clock that is a year ahead has one that is not valid yet when the clock is right again.
    if (kind === 'expiry') return this.hardWay;
    return kind === 'partition' || kind === 'one-way' || kind === 'pair' || kind === 'delay' || kind === 'lossy' ? this.all.length > 1 : true;
  }

  /** A machine, masters and members more often than workers. */
  machine(random: Random): string {
    if (this.aims && this.members.length > 1 && random.next() < 0.4) return atLeader;
    return random.next() < 0.7 || this.workers.length === 0 ? pick(random, [...this.masters, ...this.members]) : pick(random, this.workers);
  }

  program(random: Random, machine: string): string {
    if (machine === atLeader) return 'etcd';
    const here: string[] = [];
    if (this.members.includes(machine)) here.push('etcd');
    if (this.masters.includes(machine)) here.push(...masterPrograms);
    if (this.workers.includes(machine)) here.push(...workerPrograms);
    else if (!this.hardWay) here.push(...nodePrograms);
    return pick(random, here);
  }
}

function drawFault(random: Random, site: Site, kind: Exclude<Kind, 'storm'>, number: number): Fault {
  const machine = site.machine(random);
  const forMs = 500 + random.below(25_000);
  switch (kind) {
    case 'kill':
      return { kind, machine, program: site.program(random, machine) };
    case 'freeze':
      return { kind, machine, program: site.program(random, machine), forMs };
    case 'power':
      return { kind, machine, forMs: 1000 + random.below(40_000) };
    case 'reboot':
      return { kind: 'power', machine, forMs: 1 + random.below(600) };
    case 'isolate':
      return isolation(random, site, number, forMs);
    case 'full-disk':
      return { kind, machine: pick(random, site.members), forMs };
    case 'lost-disk':
      return { kind, machine: pick(random, site.members) };
    case 'rot':
      return { kind, machine: pick(random, site.members), record: random.below(40), forMs };
    case 'expiry':
      return { kind: 'skew', machine, ms: pastExpiryMs, forMs };
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

