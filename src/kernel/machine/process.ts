// One running program: its tasks, its wires, and the Host it sees.
import type { ExitStatus, PrivilegedHost, ProcessHandle, Program, Signal, SpawnOptions, Usage } from '../host.ts';
import { SimLatch } from '../mailbox.ts';
import type { EndPoint, Holder } from '../network/connection.ts';
import type { SimListener } from '../network/listener.ts';
import type { Namespace } from '../network/route.ts';
import type { Owner, TaskRecord } from '../runner.ts';
import type { Task } from '../task.ts';
import type { Place } from '../world.ts';
import type { SimMachine } from './machine.ts';
import { hostOf } from './process-host.ts';

export class SimProcess implements Owner, Holder, ProcessHandle {
  readonly id: number;
  readonly pid: number;
  readonly name: string;
  readonly machine: SimMachine;
  readonly machineName: string;
  readonly program: Program;
  readonly options: SpawnOptions;
  readonly namespace: Namespace;
  readonly parentPid: number;
  readonly startedMs: number;
  readonly place: Place;
  readonly tasks = new Set<TaskRecord>();
  readonly parked: TaskRecord[] = [];
  readonly listeners = new Set<SimListener>();
  readonly ends = new Set<EndPoint>();
  readonly views = new Map<string, () => unknown>();
  readonly usage: Usage = { cpuMs: 0, memoryBytes: 16 * 1024 * 1024 };
  readonly host: PrivilegedHost;
  dead = false;
  frozen = false;
  exit: ExitStatus | undefined;
  terminate: SimLatch | undefined;
  /** Called once after the end: how the machine's init restarts its units. */
  onEnd: (() => void) | undefined;
  private readonly exited: SimLatch;

  constructor(machine: SimMachine, program: Program, options: SpawnOptions, fixed: { id: number; pid: number; name: string; incarnation: number; namespace: Namespace; parentPid: number }) {
    this.machine = machine;
    this.machineName = machine.name;
    this.program = program;
    this.options = options;
    this.id = fixed.id;
    this.pid = fixed.pid;
    this.name = fixed.name;
    this.namespace = fixed.namespace;
    this.parentPid = fixed.parentPid;
    this.startedMs = machine.world.queue.nowMs;
    this.place = { machine: machine.name, process: fixed.name };
    this.exited = new SimLatch(machine.world.runner);
    this.host = hostOf(this, fixed.incarnation);
  }

  get runner() {
    return this.machine.world.runner;
  }

  panic(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.options.onOutput?.('stderr', `${message}\n`);
    this.machine.end(this, { code: 1, error: error instanceof Error && error.stack !== undefined ? `${message}\n${error.stack}` : message });
  }

  signal(signal: Signal): void {
    if (this.exit !== undefined) return;
    const world = this.machine.world;
    if (signal === 'SIGKILL') this.machine.end(this, { code: 137, signal });
    else if (signal === 'SIGTERM') {
      if (this.terminate === undefined) this.machine.end(this, { code: 143, signal });
      else this.terminate.set();
    } else if (signal === 'SIGSTOP' && !this.frozen) {
      this.frozen = true;
      world.emit(this.place, { type: 'process.frozen', pid: this.pid, name: this.name });
    } else if (signal === 'SIGCONT' && this.frozen) {
      world.emit(this.place, { type: 'process.thawed', pid: this.pid, name: this.name });
      this.runner.thaw(this);
    }
  }

  *wait(): Task<ExitStatus> {
    yield* this.exited.wait();
    return this.exit as ExitStatus;
  }

  finished(status: ExitStatus): void {
    this.exit = status;
    this.exited.set();
  }
}
