// A world and everything that was done to it, each at its virtual time: what can be saved and played again. A run that is opened with inputs
// plays them at their times. Nobody need watch: see live-run.ts for one that is drawn.
import { perform } from '../cluster/deeds.ts';
import type { World } from '../kernel/world.ts';
import { refuse } from './commands.ts';
import { Doorway } from './doorway.ts';
import type { OpenedWorld, OpenWorld } from './open-cluster.ts';
import type { Command, RecordedInput, Refusal, Run } from './protocol.ts';
import { Terminals } from './terminals.ts';

export class RefusedCommand extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(`${refusal.key} ${JSON.stringify(refusal.params)}`);
    this.refusal = refusal;
  }
}

export class RecordedRun {
  readonly world: World;
  readonly terminals: Terminals;
  readonly doorway: Doorway;
  readonly opened: OpenedWorld;
  private readonly base: Run;
  private readonly inputs: RecordedInput[] = [];
  private readonly waiting: RecordedInput[];
  /** Whether what is done from here on is kept. A run of which nobody wants a record stays small. */
  recording = true;

  constructor(open: OpenWorld, run: Run) {
    this.base = run;
    this.waiting = [...run.inputs];
    this.opened = open(run);
    const { world, machines, gateway } = this.opened;
    this.world = world;
    this.terminals = new Terminals(world);
    this.doorway = new Doorway(world, gateway, machines.find((machine) => machine.role === 'client')?.name ?? 'laptop');
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
  /** Inputs that are yet to be played. */
  get waitingCount(): number {
    return this.waiting.length;
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

  /** Does what a person did, now: after everything that is due at this moment, so that a replay has the same order. Throws RefusedCommand. */
  perform(command: Command): unknown {
    const { world } = this;
    this.record(command);
    this.act(command);
    world.run(world.nowMs);
    return undefined;
  }

  protected record(command: Command): number {
    const { world } = this;
    world.run(world.nowMs);
    const refusal = refuse(world, command);
    if (refusal !== undefined) throw new RefusedCommand(refusal);
    const atMs = world.nowMs;
    if (this.recording) this.inputs.push({ atMs, command });
    return atMs;
  }

  protected act(command: Command): void {
    const { world, terminals } = this;
    switch (command.do) {
      case 'run':
        return terminals.run(command.machine, command.line, command.stdin);
      case 'input':
        return terminals.type(command.machine, command.text);
      case 'interrupt':
        return terminals.interrupt(command.machine);
      case 'edit':
        return terminals.leaveEditor(command.machine, command.editor, command.text);
      case 'heal-all':
        for (const name of [...world.faults.keys()]) world.removeFault(name);
        return;
      case 'message':
        if (command.action === 'drop') world.dropMessage(command.id);
        else world.delayMessage(command.id, command.delayMs);
        return;
      case 'traffic':
        return this.traffic(command);
      case 'request':
      case 'request-data':
      case 'request-end':
        return this.doorway.perform(command);
      default:
        return perform(world, command);
    }
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
