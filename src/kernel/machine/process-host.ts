// The parts of the Host that a process sees. Classes rather than literals: every container has such a host, and a literal's closures and getters
// would be some five kilobytes for each.
import type { Clock, Connection, DialOptions, Input, Latch, ListenOptions, Listener, Mailbox, Network, OperatingSystem, Output, PrivilegedHost, Signals, SpawnOptions, Tasks, Trace, TraceData } from '../host.ts';
import { SimLatch, SimMailbox } from '../mailbox.ts';
import { createRandom } from '../random.ts';
import type { Task, TaskHandle, Wait } from '../task.ts';
import { DiskView } from './disk.ts';
import type { SimProcess } from './process.ts';

export function hostOf(process: SimProcess, incarnation: number): PrivilegedHost {
  const { machine, options } = process;
  return {
    machine: machine.name,
    process: process.name,
    hostname: options.hostname ?? machine.name,
    pid: process.pid,
    argv0: options.argv0 ?? process.program.name,
    user: options.user ?? root,
    env: options.env ?? {},
    clock: new ProcessClock(process),
    random: createRandom(machine.world.seed, machine.name, process.name, incarnation),
    network: new ProcessNetwork(process),
    disk: new DiskView(machine.disk, options, process),
    tasks: new ProcessTasks(process),
    trace: new ProcessTrace(process),
    signals: new ProcessSignals(process),
    output: new ProcessOutput(process),
    input: new ProcessInput(process),
    usage: process.usage,
    spawnChild: (child) => machine.spawn({ ...surroundingsOf(options), ...child, env: child.env ?? options.env ?? {} }, process.pid),
    os: options.privileged === true ? machine.operatingSystem(process) : noOperatingSystem,
  };
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

abstract class Part {
  protected readonly process: SimProcess;
  constructor(process: SimProcess) {
    this.process = process;
  }
}

class ProcessClock extends Part implements Clock {
  nowMs(): number {
    return this.process.machine.world.queue.nowMs;
  }
  wallMs(): number {
    const { world, skewMs } = this.process.machine;
    return Math.floor(world.epochMs + world.queue.nowMs + skewMs);
  }
  sleep(durationMs: number): Task<void> {
    return this.process.runner.sleep(durationMs);
  }
}

class ProcessNetwork extends Part implements Network {
  get namespace(): string {
    return this.process.namespace.name;
  }
  get address(): string {
    return this.process.namespace.addresses[0] ?? '';
  }
  get addresses(): readonly string[] {
    return this.process.namespace.addresses;
  }
  listen(address: string, options: ListenOptions = {}): Listener {
    return this.process.machine.world.fabric.listen(this.process, address, options);
  }
  dial(address: string, options: DialOptions = {}): Task<Connection> {
    return this.process.machine.world.fabric.dial(this.process, address, options);
  }
}

class ProcessTasks extends Part implements Tasks {
  spawn<T>(name: string, task: Task<T>): TaskHandle<T> {
    return this.process.runner.spawn(this.process, name, task) as never;
  }
  race<T>(...tasks: Task<T>[]): Task<{ readonly index: number; readonly value: T }> {
    return this.process.runner.race(this.process, tasks);
  }
  *timeout<T>(timeoutMs: number, task: Task<T>): Task<T | undefined> {
    const { runner } = this.process;
    const child = runner.spawn(this.process, runner.current?.name ?? '', task);
    try {
      return (yield* runner.within(timeoutMs, child.ending())) as T | undefined;
    } finally {
      child.cancel();
    }
  }
  within(timeoutMs: number, wait: Wait): Task<unknown> {
    return this.process.runner.within(timeoutMs, wait);
  }
  mailbox<T>(): Mailbox<T> {
    return new SimMailbox<T>(this.process.runner);
  }
  latch(): Latch {
    return new SimLatch(this.process.runner);
  }
}

class ProcessTrace extends Part implements Trace {
  emit(event: TraceData): number {
    return this.process.machine.world.emit(this.process.place, event);
  }
  get cause(): number {
    return this.process.runner.cause;
  }
  follow(cause: number): void {
    if (cause !== 0) this.process.runner.cause = cause;
  }
  expose(view: string, read: () => unknown): void {
    this.process.views.set(view, read);
  }
}

class ProcessSignals extends Part implements Signals {
  catchTerminate(): Latch {
    return (this.process.terminate ??= new SimLatch(this.process.runner));
  }
}

class ProcessOutput extends Part implements Output {
  write(text: string): void {
    this.process.options.onOutput?.('stdout', text);
  }
  error(text: string): void {
    this.process.options.onOutput?.('stderr', text);
  }
}

class ProcessInput extends Part implements Input {
  *read(): Task<string | undefined> {
    const box = this.process.options.input;
    return box === undefined ? undefined : yield* box.take();
  }
}

const noOperatingSystem = new Proxy({} as OperatingSystem, {
  get(_target, name) {
    throw new Error(`operation not permitted: ${String(name)}`);
  },
});
