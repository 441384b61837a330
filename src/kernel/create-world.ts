// Makes a world: the clock, the machines, the wires between them, and the record of what happened.
import { EventQueue } from './event-queue.ts';
import { hashText, HistoryHash } from './hash.ts';
import type { Mailbox, Program, ProcessHandle, SpawnOptions, TraceData } from './host.ts';
import { SimMachine } from './machine/machine.ts';
import { SimMailbox } from './mailbox.ts';
import { Fabric } from './network/fabric.ts';
import { createRandom } from './random.ts';
import { Runner } from './runner.ts';
import type { InFlight, FaultRule, KernelEvent, Machine, MachineOptions, Place, TraceEvent, World, WorldOptions } from './world.ts';

const defaultEpochMs = 1_767_225_600_000;

export function createWorld(options: WorldOptions): World {
  return new SimWorld(options);
}

export class SimWorld implements World {
  readonly seed: number;
  readonly epochMs: number;
  readonly queue = new EventQueue();
  readonly runner = new Runner(this.queue);
  readonly random;
  readonly fabric: Fabric;
  steps = 0;
  private readonly programs = new Map<string, Program>();
  private readonly findProgram: (name: string) => Program | undefined;
  private readonly byName = new Map<string, SimMachine>();
  private readonly byAddress = new Map<string, SimMachine>();
  private readonly history = new HistoryHash();
  private readonly typeHashes = new Map<string, number>();
  private sink: ((event: TraceEvent) => void) | undefined;
  private lastEvent = 0;
  private lastProcess = 0;

  constructor(options: WorldOptions) {
    this.seed = options.seed;
    this.epochMs = options.epochMs ?? defaultEpochMs;
    this.findProgram = options.findProgram ?? (() => undefined);
    for (const program of options.programs) this.programs.set(program.name, program);
    this.random = createRandom(options.seed, 'world');
    this.fabric = new Fabric(this, (from, to) => (this.byName.get(from)?.zone === this.byName.get(to)?.zone ? 0.25 : 2));
  }

  get nowMs(): number {
    return this.queue.nowMs;
  }
  get tracing(): boolean {
    return this.sink !== undefined;
  }
  get machines(): readonly Machine[] {
    return [...this.byName.values()];
  }
  get faults(): ReadonlyMap<string, FaultRule> {
    return this.fabric.faults;
  }
  get hash(): string {
    return this.history.text;
  }
  get nextEventMs(): number {
    return this.queue.peekMs();
  }

  program(name: string): Program | undefined {
    return this.programs.get(name) ?? this.findProgram(name);
  }
  nextProcessId(): number {
    return ++this.lastProcess;
  }
  machineByAddress(address: string): SimMachine | undefined {
    return this.byAddress.get(address);
  }
  mailbox<T>(): Mailbox<T> {
    return new SimMailbox<T>(this.runner);
  }

  addMachine(options: MachineOptions): Machine {
    if (this.byName.has(options.name)) throw new Error(`machine ${options.name} exists`);
    if (this.byAddress.has(options.address)) throw new Error(`address ${options.address} is taken`);
    const machine = new SimMachine(this, options);
    this.byName.set(machine.name, machine);
    this.byAddress.set(machine.address, machine);
    return machine;
  }

  machine(name: string): SimMachine {
    const machine = this.byName.get(name);
    if (machine === undefined) throw new Error(`no machine ${name}`);
    return machine;
  }

  run(untilMs: number, stopWhen?: () => boolean): void {
    const { queue, history } = this;
    for (;;) {
      const due = queue.take(untilMs);
      if (due === undefined) break;
      this.steps++;
      history.mixTime(due.atMs);
      this.runner.outerCause = 0;
      due.fire();
      if (stopWhen !== undefined && stopWhen()) return;
    }
    if (untilMs > queue.nowMs && untilMs !== Infinity) queue.nowMs = untilMs;
  }

  step(): boolean {
    const due = this.queue.take(Infinity);
    if (due === undefined) return false;
    this.steps++;
    this.history.mixTime(due.atMs);
    this.runner.outerCause = 0;
    due.fire();
    return true;
  }

  onTrace(sink: (event: TraceEvent) => void): void {
    this.sink = sink;
  }

  countEvent(kind: number): number {
    this.history.mix(kind);
    return ++this.lastEvent;
  }

  emit(place: Place, data: TraceData | KernelEvent): number {
    const cause = this.runner.cause;
    const id =
      data.type === 'net.message' ? this.countEvent((data as { readonly lost: boolean }).lost ? 2 : 1) : this.countEvent(this.typeHash(data.type));
    if (this.sink !== undefined) this.sink({ id, atMs: this.queue.nowMs, machine: place.machine, process: place.process, cause, data });
    this.runner.cause = id;
    return id;
  }

  private typeHash(type: string): number {
    let hash = this.typeHashes.get(type);
    if (hash === undefined) {
      hash = hashText(type);
      this.typeHashes.set(type, hash);
    }
    return hash;
  }

  setLatency(latency: (from: string, to: string) => number): void {
    this.fabric.latency = latency;
  }

  addFault(name: string, rule: FaultRule): void {
    this.fabric.faults.set(name, rule);
    this.emit({ machine: '', process: '' }, { type: 'fault.added', fault: name, rule });
  }

  removeFault(name: string): void {
    const rule = this.fabric.faults.get(name);
    if (rule === undefined) return;
    this.fabric.faults.delete(name);
    this.emit({ machine: '', process: '' }, { type: 'fault.removed', fault: name, rule });
  }

  spawn(machine: string, options: SpawnOptions): ProcessHandle {
    return this.machine(machine).spawn(options, 0);
  }

  view(machine: string, process: string, view: string): unknown {
    try {
      return this.machine(machine).process(process).views.get(view)?.();
    } catch {
      return undefined;
    }
  }

  inFlight(): readonly InFlight[] {
    return this.fabric.inFlight().map(({ cause, from, message, atMs }) => ({ id: cause, from: from.holder.place, to: from.peer.holder.place, family: message.family, note: message.note, arriveMs: atMs, body: message.body }));
  }
  dropMessage(id: number): boolean {
    return this.fabric.intercept(id, undefined);
  }
  delayMessage(id: number, delayMs: number): boolean {
    return this.fabric.intercept(id, delayMs);
  }

  views(machine: string, process: string): readonly string[] {
    try {
      return [...this.machine(machine).process(process).views.keys()];
    } catch {
      return [];
    }
  }

  connections() {
    const open = [];
    for (const end of this.fabric.ends.values()) {
      if ((end.id & 1) !== 0) continue;
      open.push({ id: end.id >> 1, from: end.holder.place, to: end.peer.holder.place, family: end.family, remote: end.remote });
    }
    return open;
  }
}
