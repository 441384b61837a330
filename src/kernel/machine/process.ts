// One running program: its tasks, its wires, its dice, and the Host it sees.
import type {
  Connection, DialOptions, Disk, ExitStatus, Input, ListenOptions, Listener, Network, OperatingSystem, Output, PrivilegedHost,
  ProcessHandle, Program, Random, Signal, Signals, SpawnOptions, Tasks, Trace, TraceData, Usage,
} from '../host.ts';
import { SimLatch, SimMailbox } from '../mailbox.ts';
import type { EndPoint, Holder } from '../network/connection.ts';
import type { SimListener } from '../network/listener.ts';
import type { Namespace } from '../network/route.ts';
import { createRandom } from '../random.ts';
import type { Owner, TaskRecord } from '../runner.ts';
import type { Task } from '../task.ts';
import type { Place } from '../world.ts';
import { DiskView } from './disk.ts';
import type { SimMachine } from './machine.ts';

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
    this.host = this.createHost(createRandom(machine.world.seed, machine.name, fixed.name, fixed.incarnation));
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

  private createHost(random: Random): PrivilegedHost {
    const { machine, runner, options } = this;
    const world = machine.world;
    const host: PrivilegedHost = {
      machine: machine.name,
      process: this.name,
      hostname: options.hostname ?? machine.name,
      pid: this.pid,
      argv0: options.argv0 ?? this.program.name,
      user: options.user ?? root,
      env: options.env ?? {},
      clock: {
        nowMs: () => world.queue.nowMs,
        wallMs: () => Math.floor(world.epochMs + world.queue.nowMs + machine.skewMs),
        sleep: (durationMs) => runner.sleep(durationMs),
      },
      random,
      network: this.createNetwork(),
      disk: this.createDisk(),
      tasks: this.createTasks(),
      trace: this.createTrace(),
      signals: this.createSignals(),
      output: this.createOutput(),
      input: this.createInput(),
      usage: this.usage,
      spawnChild: (child) => machine.spawn({ ...surroundingsOf(options), ...child, env: child.env ?? options.env ?? {} }, this.pid),
      os: options.privileged === true ? machine.operatingSystem(this) : noOperatingSystem,
    };
    return host;
  }

  private createNetwork(): Network {
    const fabric = this.machine.world.fabric;
    const namespace = this.namespace;
    return {
      namespace: namespace.name,
      get address() {
        return namespace.addresses[0] ?? '';
      },
      get addresses() {
        return namespace.addresses;
      },
      listen: (address: string, options: ListenOptions = {}): Listener => fabric.listen(this, address, options),
      dial: (address: string, options: DialOptions = {}): Task<Connection> => fabric.dial(this, address, options),
    };
  }

  private createDisk(): Disk {
    return new DiskView(this.machine.disk, this.options, () => !this.dead);
  }

  private createTasks(): Tasks {
    const runner = this.runner;
    return {
      spawn: (name, task) => runner.spawn(this, name, task) as never,
      race: (...tasks) => runner.race(this, tasks),
      timeout: (timeoutMs, task) => this.timeout(timeoutMs, task),
      within: (timeoutMs, wait) => runner.within(timeoutMs, wait),
      mailbox: <T>() => new SimMailbox<T>(runner),
      latch: () => new SimLatch(runner),
    };
  }

  private *timeout<T>(timeoutMs: number, task: Task<T>): Task<T | undefined> {
    const child = this.runner.spawn(this, this.runner.current?.name ?? '', task);
    try {
      return (yield* this.runner.within(timeoutMs, child.ending())) as T | undefined;
    } finally {
      child.cancel();
    }
  }

  private createTrace(): Trace {
    const { runner, views } = this;
    const world = this.machine.world;
    const place = this.place;
    return {
      emit: (event: TraceData) => world.emit(place, event),
      get cause() {
        return runner.cause;
      },
      follow: (cause) => {
        if (cause !== 0) runner.cause = cause;
      },
      expose: (view, read) => {
        views.set(view, read);
      },
    };
  }

  private createSignals(): Signals {
    return {
      catchTerminate: () => (this.terminate ??= new SimLatch(this.runner)),
    };
  }

  private createOutput(): Output {
    return {
      write: (text) => this.options.onOutput?.('stdout', text),
      error: (text) => this.options.onOutput?.('stderr', text),
    };
  }

  private createInput(): Input {
    const box = this.options.input;
    return {
      *read() {
        return box === undefined ? undefined : yield* box.take();
      },
    };
  }
}

const root = { uid: 0, gid: 0, groups: [] };

/** What a child has of its parent. */
function surroundingsOf({ namespace, hostname, root, mounts, readOnlyRoot, user, privileged }: SpawnOptions): Omit<SpawnOptions, 'program'> {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(hostname === undefined ? {} : { hostname }),
    ...(root === undefined ? {} : { root }),
    ...(mounts === undefined ? {} : { mounts }),
    ...(readOnlyRoot === undefined ? {} : { readOnlyRoot }),
    ...(user === undefined ? {} : { user }),
    ...(privileged === undefined ? {} : { privileged }),
  };
}

const noOperatingSystem = new Proxy({} as OperatingSystem, {
  get(_target, name) {
    throw new Error(`operation not permitted: ${String(name)}`);
  },
});

