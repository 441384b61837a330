// One run as it happens: a world, the scene that watches it, and the inputs, each at its virtual time. A run that is opened with inputs
// plays them again at their times; so a replay and a fork are nothing but this with fewer inputs.
import type { EventId, Family } from '../kernel/host.ts';
import type { MessageEvent, TraceEvent, World } from '../kernel/world.ts';
import type { MachineRecord } from '../scene/records.ts';
import { Scene } from '../scene/scene.ts';
import { sentence } from '../scene/sentences.ts';
import type { Told } from '../scene/tell.ts';
import { refuse } from './commands.ts';
import type { OpenWorld } from './open-cluster.ts';
import type { Command, RecordedInput, Run } from './protocol.ts';
import { Terminals } from './terminals.ts';

export interface Performed {
  readonly event: EventId;
  readonly atMs: number;
}

export class LiveRun {
  readonly world: World;
  readonly scene: Scene;
  readonly terminals: Terminals;
  private readonly base: Run;
  private readonly inputs: RecordedInput[] = [];
  private readonly waiting: RecordedInput[];
  /** Counts roots, so that whoever runs the world can stop when one begins. */
  roots = 0;
  lastRoot: TraceEvent | undefined;
  /** Counts messages between machines of this family while it is set. */
  watchedFamily: Family | undefined;
  departures = 0;

  constructor(open: OpenWorld, run: Run) {
    this.base = run;
    this.waiting = [...run.inputs];
    const { world, machines } = open(run);
    this.world = world;
    const records = world.machines.map((machine): MachineRecord => {
      const plan = machines.find((each) => each.name === machine.name);
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
    this.terminals = new Terminals(world);
    const { scene, terminals } = this;
    scene.onRoot = (event) => {
      this.roots++;
      this.lastRoot = event;
    };
    world.onTrace((event) => {
      scene.see(event);
      const { type } = event.data;
      if (this.watchedFamily !== undefined && type === 'net.message') this.countDeparture(event.data as MessageEvent);
      if (type === 'shell.done' || type === 'shell.more') terminals.see(event);
    });
  }

  private countDeparture({ family, from, to }: MessageEvent): void {
    if (family === this.watchedFamily && from.machine !== to.machine) this.departures++;
  }

  get nowMs(): number {
    return this.world.nowMs;
  }
  /** The run so far, as it can be played again. */
  get run(): Run {
    return { ...this.base, inputs: [...this.inputs, ...this.waiting] };
  }
  get inputCount(): number {
    return this.inputs.length;
  }

  /** Runs up to and including `untilMs`, with the inputs that fall into that time; `stopWhen` may end it earlier, anywhere. */
  advance(untilMs: number, stopWhen?: () => boolean): void {
    for (;;) {
      const next = this.waiting[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.world.run(next.atMs, stopWhen);
      if (this.world.nowMs < next.atMs || (stopWhen !== undefined && stopWhen())) return;
      this.waiting.shift();
      this.perform(next.command);
      if (stopWhen !== undefined && stopWhen()) return;
    }
    this.world.run(untilMs, stopWhen);
  }

  /** One kernel event; false when there is none. */
  step(): boolean {
    const next = this.waiting[0];
    if (next !== undefined && next.atMs <= this.world.nextEventMs) {
      this.advance(next.atMs);
      return true;
    }
    return this.world.step();
  }

  /** Does what a person did, now: after everything that is due at this moment, so that a replay has the same order. Throws when it cannot be done. */
  perform(command: Command): Performed {
    const { world, scene } = this;
    world.run(world.nowMs);
    const problem = refuse(world, command);
    if (problem !== undefined) throw new RefusedCommand(problem);
    const atMs = world.nowMs;
    this.inputs.push({ atMs, command });
    const before = scene.trace.last;
    const reached = command.do === 'message' ? this.markOfMessage(command) : undefined;
    this.lastRoot = undefined;
    // What is typed takes effect when the shell reads it; its line is the root.
    const typed = command.do === 'run' || command.do === 'input' || command.do === 'interrupt';
    scene.inputOpen = !typed;
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

  private act(command: Command): void {
    const { world, terminals } = this;
    switch (command.do) {
      case 'run':
        return terminals.run(command.machine, command.line, command.stdin);
      case 'input':
        return terminals.type(command.machine, command.text);
      case 'interrupt':
        return terminals.interrupt(command.machine);
      case 'power':
        if (command.on) world.machine(command.machine).powerOn();
        else world.machine(command.machine).powerOff();
        return;
      case 'kill':
        return world.machine(command.machine).kill(command.process);
      case 'freeze':
        return world.machine(command.machine).freeze(command.process);
      case 'thaw':
        return world.machine(command.machine).thaw(command.process);
      case 'fault':
        return world.addFault(command.name, command.rule);
      case 'heal':
        return world.removeFault(command.name);
      case 'heal-all':
        for (const name of [...world.faults.keys()]) world.removeFault(name);
        return;
      case 'wipe-disk':
        return world.machine(command.machine).wipeDisk(command.folder);
      case 'fsync':
        return world.machine(command.machine).setFsync(command.ms);
      case 'skew':
        return world.machine(command.machine).setSkew(command.ms);
      case 'message':
        if (command.action === 'drop') world.dropMessage(command.id);
        else world.delayMessage(command.id, command.delayMs);
        return;
      case 'traffic':
        return this.traffic(command);
    }
  }

  private markOfMessage(command: Command & { readonly do: 'message' }): Mark | undefined {
    const message = this.world.inFlight().find((each) => each.id === command.id);
    if (message === undefined) return undefined;
    const where = { note: message.note, from: message.from.machine, to: message.to.machine };
    return { lane: 'fault', level: 'bad', sentence: command.action === 'drop' ? sentence('input.drop-message', where) : sentence('input.delay-message', { ...where, ms: command.delayMs }) };
  }

  /** The traffic client is a process of the traffic machine; a new rate is a new process. */
  private traffic(command: Command & { readonly do: 'traffic' }): void {
    const machine = this.world.machines.find((each) => each.name === 'traffic') ?? this.world.machine('laptop');
    const name = `traffic/${command.name}`;
    if (machine.processes().some((process) => process.name === name)) machine.kill(name);
    const args = [`--name=${command.name}`, `--target=${command.target}`, `--rate=${command.ratePerSecond}`];
    if (command.ratePerSecond > 0) this.world.spawn(machine.name, { program: 'traffic', name, args, privileged: true });
  }
}

export class RefusedCommand extends Error {}

function imagesOf(paths: readonly string[], read: (path: string) => unknown): MachineRecord['images'] {
  const prefix = '/var/lib/containerd/images/';
  return paths.map((path) => ({ name: path.slice(prefix.length), sizeBytes: (read(path) as { readonly sizeBytes?: number } | undefined)?.sizeBytes ?? 0 }));
}

interface Mark {
  readonly lane: 'input' | 'fault';
  readonly level: 'info' | 'good' | 'bad';
  readonly sentence: Told['sentence'];
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
      return { lane: 'fault', level: 'bad', sentence: sentence('input.fault', { name: command.name }) };
    case 'heal':
      return { lane: 'fault', level: 'good', sentence: sentence('input.heal', { name: command.name }) };
    case 'heal-all':
      return { lane: 'fault', level: 'good', sentence: sentence('input.heal', { name: '*' }) };
    case 'wipe-disk':
      return { lane: 'fault', level: 'bad', sentence: sentence('input.wipe-disk', { machine: command.machine, folder: command.folder ?? '/' }) };
    case 'fsync':
      return { lane: 'fault', level: command.ms > 10 ? 'bad' : 'good', sentence: sentence('input.slow-disk', { machine: command.machine, ms: command.ms }) };
    case 'skew':
      return { lane: 'fault', level: command.ms === 0 ? 'good' : 'bad', sentence: sentence('input.skew', { machine: command.machine, days: Math.round(command.ms / 86_400_000) }) };
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
