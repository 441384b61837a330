// One run as it is watched: a recorded run and the scene that sees all of it. A replay and a fork are nothing but this with fewer inputs.
import type { EventId, Family } from '../kernel/host.ts';
import type { MessageEvent, TraceEvent } from '../kernel/world.ts';
import type { MachineRecord } from '../scene/records.ts';
import { Scene } from '../scene/scene.ts';
import { faultSentence } from '../scene/fault-sentence.ts';
import { sentence, type Sentence } from '../scene/sentences.ts';
import type { OpenWorld } from './open-cluster.ts';
import type { Command, Run } from './protocol.ts';
import { RecordedRun } from './recorded-run.ts';

export interface Performed {
  readonly event: EventId;
  readonly atMs: number;
}

const readLater: ReadonlySet<Command['do']> = new Set(['run', 'input', 'interrupt', 'edit', 'request', 'request-data', 'request-end']);

export class LiveRun extends RecordedRun {
  readonly scene: Scene;
  /** Counts roots, so that whoever runs the world can stop when one begins. */
  roots = 0;
  lastRoot: TraceEvent | undefined;
  /** Counts messages between machines of this family while it is set. */
  watchedFamily: Family | undefined;
  departures = 0;

  constructor(open: OpenWorld, run: Run) {
    super(open, run);
    const { world, opened, terminals } = this;
    const records = world.machines.map((machine): MachineRecord => {
      const plan = opened.machines.find((each) => each.name === machine.name);
      return {
        table: 'machine',
        id: `machine:${machine.name}`,
        name: machine.name,
        role: plan?.role ?? 'worker',
        address: machine.address,
        zone: machine.zone,
        on: machine.on,
        slot: plan?.slot ?? 0,
        images: imagesOf(machine.listFiles('/var/lib/containerd/images'), (path) => machine.readFile(path)),
      };
    });
    const processes = world.machines.flatMap((machine) => machine.processes().map(({ name, program, pid }) => ({ machine: machine.name, name, program, pid })));
    this.scene = new Scene({ epochMs: world.epochMs, machines: records, processes });
    const { scene } = this;
    scene.onRoot = (event) => {
      this.roots++;
      this.lastRoot = event;
    };
    world.onTrace((event) => {
      scene.see(event);
      const { type } = event.data;
      if (this.watchedFamily !== undefined && type === 'net.message') this.countDeparture(event.data as MessageEvent);
      if (type === 'shell.done' || type === 'shell.more' || type === 'editor.opened') terminals.see(event);
    });
  }

  private countDeparture({ family, from, to }: MessageEvent): void {
    if (family === this.watchedFamily && from.machine !== to.machine) this.departures++;
  }

  /** Does what a person did, now: after everything that is due at this moment, so that a replay has the same order. Throws when it cannot be done. */
  override perform(command: Command): Performed {
    const { world, scene } = this;
    const atMs = this.record(command);
    const before = scene.trace.last;
    const reached = command.do === 'message' ? this.markOfMessage(command) : undefined;
    this.lastRoot = undefined;
    // What is typed or sent takes effect when the shell or the gateway reads it; that event is the root.
    scene.inputOpen = !readLater.has(command.do);
    try {
      this.act(command);
    } finally {
      scene.inputOpen = false;
    }
    const root = this.rootSince(before);
    const mark = command.do === 'message' ? reached : markOf(command);
    if (root !== undefined && mark !== undefined) scene.moments.input(root, mark.lane, mark.level, mark.sentence);
    world.run(world.nowMs);
    return { event: root?.id ?? this.rootSince(before)?.id ?? scene.trace.last, atMs };
  }

  private rootSince(before: EventId): TraceEvent | undefined {
    return this.lastRoot !== undefined && this.lastRoot.id > before ? this.lastRoot : undefined;
  }

  private markOfMessage(command: Command & { readonly do: 'message' }): Mark | undefined {
    const message = this.world.inFlight().find((each) => each.id === command.id);
    if (message === undefined) return undefined;
    const where = { note: message.note, from: message.from.machine, to: message.to.machine };
    return { lane: 'fault', level: 'bad', sentence: command.action === 'drop' ? sentence('input.drop-message', where) : sentence('input.delay-message', { ...where, ms: command.delayMs }) };
  }
}

function imagesOf(paths: readonly string[], read: (path: string) => unknown): MachineRecord['images'] {
  const prefix = '/var/lib/containerd/images/';
  return paths.map((path) => ({ name: path.slice(prefix.length), sizeBytes: (read(path) as { readonly sizeBytes?: number } | undefined)?.sizeBytes ?? 0 }));
}

interface Mark {
  readonly lane: 'input' | 'fault';
  readonly level: 'info' | 'good' | 'bad';
  readonly sentence: Sentence;
}

function skewSentence(machine: string, ms: number): Sentence {
  if (ms === 0) return sentence('input.clock-right', { machine });
  const days = Math.round(ms / 86_400_000);
  return days === 0 ? sentence('input.skew-seconds', { machine, seconds: Math.round(ms / 100) / 10 }) : sentence('input.skew', { machine, days });
}

function markOf(command: Command): Mark | undefined {
  switch (command.do) {
    case 'power':
      return { lane: 'fault', level: command.on ? 'good' : 'bad', sentence: sentence(command.on ? 'input.power-on' : 'input.power-off', { machine: command.machine }) };
    case 'kill':
    case 'freeze':
    case 'thaw':
      return { lane: 'fault', level: command.do === 'thaw' ? 'good' : 'bad', sentence: sentence(`input.${command.do}`, { machine: command.machine, process: command.process }) };
    case 'fault':
      return { lane: 'fault', level: 'bad', sentence: faultSentence(command.name, command.rule) };
    case 'heal':
      return { lane: 'fault', level: 'good', sentence: sentence('input.heal', { name: command.name }) };
    case 'heal-all':
      return { lane: 'fault', level: 'good', sentence: sentence('input.heal-all', {}) };
    case 'wipe-disk':
      return { lane: 'fault', level: 'bad', sentence: sentence('input.wipe-disk', { machine: command.machine, folder: command.folder ?? '/' }) };
    case 'fill-disk':
      return { lane: 'fault', level: command.full ? 'bad' : 'good', sentence: sentence(command.full ? 'input.fill-disk' : 'input.free-disk', { machine: command.machine, folder: command.folder ?? '/' }) };
    case 'rot-file':
      return { lane: 'fault', level: 'bad', sentence: sentence('input.rot-file', { machine: command.machine, path: command.path }) };
    case 'spawn':
      return { lane: 'input', level: 'info', sentence: sentence('input.spawn', { machine: command.machine, program: command.program }) };
    case 'fsync':
      return { lane: 'fault', level: command.ms > 10 ? 'bad' : 'good', sentence: sentence('input.slow-disk', { machine: command.machine, ms: command.ms }) };
    case 'skew':
      return { lane: 'fault', level: command.ms === 0 ? 'good' : 'bad', sentence: skewSentence(command.machine, command.ms) };
    case 'traffic':
      return {
        lane: 'input',
        level: 'info',
        sentence: command.ratePerSecond > 0 ? sentence('input.traffic', { name: command.name, target: command.target, rate: command.ratePerSecond }) : sentence('input.stop-traffic', { name: command.name }),
      };
    default:
      return undefined;
  }
}
