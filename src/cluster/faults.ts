// Trouble for a cluster, one fault at a time: what it is, which deeds do it to the world as it is now, and which undo it. Plain data, so that a
// schedule can be cut down to what matters. Drawing schedules is plan-faults.ts.
import type { RaftView } from '../programs/etcd/views.ts';
import type { FaultRule, World } from '../kernel/world.ts';
import type { Deed } from './deeds.ts';

/** In place of a machine's name: where etcd's leader is when the fault comes. */
export const atLeader = '@leader';

export type Fault =
  | { readonly kind: 'kill'; readonly machine: string; readonly program: string }
  | { readonly kind: 'freeze'; readonly machine: string; readonly program: string; readonly forMs: number }
  | { readonly kind: 'power'; readonly machine: string; readonly forMs: number }
  | { readonly kind: 'wire'; readonly name: string; readonly rule: FaultRule; readonly forMs: number }
  | { readonly kind: 'slow-disk'; readonly machine: string; readonly ms: number; readonly forMs: number }
  | { readonly kind: 'full-disk'; readonly machine: string; readonly forMs: number }
  /** A member of etcd loses what it has, or (`rot`) finds a record of it rotten when it is started again; an operator puts a new one in its place. */
  | { readonly kind: 'lost-disk'; readonly machine: string }
  | { readonly kind: 'rot'; readonly machine: string; readonly record: number; readonly forMs: number }
  | { readonly kind: 'skew'; readonly machine: string; readonly ms: number; readonly forMs: number };

export interface PlannedFault {
  /** Since the beginning of the trouble. */
  readonly atMs: number;
  readonly fault: Fault;
}

const dayMs = 86_400_000;
/** Beyond the life of every certificate. */
export const pastExpiryMs = 400 * dayMs;

/** For statistics: `cut one-way`, `freeze`, ... */
export function kindOf(fault: Fault): string {
  switch (fault.kind) {
    case 'wire':
      return `${fault.rule.kind}${fault.rule.oneWay === true ? ' one-way' : ''}`;
    case 'power':
      return fault.forMs < 1000 ? 'reboot' : 'power';
    case 'skew':
      return fault.ms >= pastExpiryMs ? 'expired certificates' : 'skew';
    case 'kill':
      return fault.program === 'load-balancer' ? 'load balancer' : 'kill';
    default:
      return fault.kind;
  }
}

export interface Injection {
  readonly deeds: readonly Deed[];
  /** What ends it, asked for when its time has come. */
  readonly undo?: () => readonly Deed[];
}

const nothing: Injection = { deeds: [] };

/** What the fault means for the world as it is now. Faults at things that are not there do nothing, and nobody disturbs a machine on which a member is being replaced. */
export function injectionOf(world: World, fault: Fault, members: readonly string[]): Injection {
  const aimed = aim(world, fault, members);
  if (aimed === undefined) return nothing;
  if (aimed.kind === 'wire') return { deeds: [{ do: 'fault', name: aimed.name, rule: aimed.rule }], undo: () => (world.faults.has(aimed.name) ? [{ do: 'heal', name: aimed.name }] : []) };
  const { machine } = aimed;
  if (isBeingReplaced(world, machine)) return nothing;
  switch (aimed.kind) {
    case 'kill':
      return { deeds: find(world, machine, aimed.program).map((process) => ({ do: 'kill', machine, process })) };
    case 'freeze': {
      const processes = find(world, machine, aimed.program, 'running');
      return { deeds: processes.map((process) => ({ do: 'freeze', machine, process })), undo: () => thaw(world, machine, (name) => processes.includes(name)) };
    }
    case 'power':
      if (!world.machine(machine).on) return nothing;
      return { deeds: [{ do: 'power', machine, on: false }], undo: () => (world.machine(machine).on ? [] : [{ do: 'power', machine, on: true }]) };
    case 'slow-disk':
      return { deeds: [{ do: 'fsync', machine, ms: aimed.ms }], undo: () => [{ do: 'fsync', machine, ms: 1 }] };
    case 'full-disk':
      return { deeds: [{ do: 'fill-disk', machine, folder: dataFolder, full: true }], undo: () => [{ do: 'fill-disk', machine, folder: dataFolder, full: false }] };
    case 'skew':
      return { deeds: [{ do: 'skew', machine, ms: aimed.ms }], undo: () => [{ do: 'skew', machine, ms: 0 }] };
    case 'rot':
    case 'lost-disk':
      return { deeds: breakMember(world, aimed, members) };
  }
}

const dataFolder = '/var/lib/etcd';

/** One member at a time, and only while nothing else is the matter with another one's disk: a second loss could be that of a majority. */
function breakMember(world: World, fault: Fault & { readonly kind: 'rot' | 'lost-disk' }, members: readonly string[]): readonly Deed[] {
  const { machine } = fault;
  const [process] = find(world, machine, 'etcd');
  if (members.length < 3 || process === undefined || members.some((each) => isBeingReplaced(world, each))) return [];
  const flags = world.machine(machine).processes().find((each) => each.name === process)?.args ?? [];
  const replace = (afterMs: number): Deed => ({ do: 'spawn', machine, program: 'member-replacer', args: [`--after-ms=${afterMs}`, '--', ...flags] });
  if (fault.kind === 'lost-disk') return [{ do: 'wipe-disk', machine, folder: dataFolder }, { do: 'kill', machine, process }, replace(0)];
  const logs = world.machine(machine).listFiles(`${dataFolder}/member/wal`);
  const path = logs.at(fault.record % 2 === 0 ? 0 : -1);
  return path === undefined ? [] : [{ do: 'rot-file', machine, path, record: fault.record >> 1 }, { do: 'kill', machine, process }, replace(fault.forMs)];
}

function isBeingReplaced(world: World, machine: string): boolean {
  return find(world, machine, 'member-replacer').length > 0;
}

/** Names take the place of `@leader`; undefined when nobody leads. */
function aim(world: World, fault: Fault, members: readonly string[]): Fault | undefined {
  const isAimed = fault.kind === 'wire' ? fault.rule.from.includes(atLeader) : fault.machine === atLeader;
  if (!isAimed) return fault;
  const leader = leaderOf(world, members);
  if (leader === undefined) return undefined;
  if (fault.kind !== 'wire') return { ...fault, machine: leader };
  return { ...fault, rule: { ...fault.rule, from: [leader], to: fault.rule.to.filter((each) => each !== leader) } };
}

/** Of two that think so, the one of the newer term. */
function leaderOf(world: World, members: readonly string[]): string | undefined {
  let best: { readonly machine: string; readonly term: number } | undefined;
  for (const machine of members)
    for (const process of find(world, machine, 'etcd')) {
      const view = world.view(machine, process, 'raft') as RaftView | undefined;
      if (view?.role === 'leader' && view.term > (best?.term ?? -1)) best = { machine, term: view.term };
    }
  return best?.machine;
}

function find(world: World, machine: string, program: string, state?: 'running'): string[] {
  return world
    .machine(machine)
    .processes()
    .filter((process) => process.program === program && (state === undefined || process.state === state))
    .map((process) => process.name);
}

function thaw(world: World, machine: string, isMeant: (process: string) => boolean): Deed[] {
  const frozen = world.machine(machine).processes().filter((process) => process.state === 'frozen' && isMeant(process.name));
  return frozen.map((process): Deed => ({ do: 'thaw', machine, process: process.name }));
}

/** Everything on, thawed, connected, fast, empty and on time again. */
export function healingOf(world: World): readonly Deed[] {
  const deeds: Deed[] = [...world.faults.keys()].map((name) => ({ do: 'heal', name }));
  for (const { name: machine, on } of world.machines) {
    deeds.push({ do: 'fsync', machine, ms: 1 }, { do: 'fill-disk', machine, folder: dataFolder, full: false }, { do: 'skew', machine, ms: 0 });
    deeds.push(...(on ? thaw(world, machine, () => true) : [{ do: 'power', machine, on: true } as const]));
  }
  return deeds;
}
