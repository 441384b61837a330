// One machine: power, disk, processes, namespaces, and the operating system that root daemons see.
import type { ExitStatus, NatService, OperatingSystem, ProcessStatus, Route, Signal, SpawnOptions } from '../host.ts';
import type { SimListener } from '../network/listener.ts';
import { hostNamespace, RoutingTable, type Namespace, type RoutedMachine } from '../network/route.ts';
import { createRandom } from '../random.ts';
import type { SimWorld } from '../create-world.ts';
import type { Machine, MachineOptions } from '../world.ts';
import { MachineDisk } from './disk.ts';
import { SimProcess } from './process.ts';
import { Units } from './units.ts';

export class SimMachine implements Machine, RoutedMachine {
  readonly name: string;
  readonly address: string;
  readonly addresses: string[];
  readonly zone: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly world: SimWorld;
  readonly disk: MachineDisk;
  readonly routing = new RoutingTable();
  readonly namespaces = new Map<string, Namespace>();
  readonly sockets = new Map<string, SimListener>();
  host: Namespace;
  on = false;
  skewMs = 0;
  bootId = 0;
  private readonly units: Units;
  private readonly table = new Map<number, SimProcess>();
  /** Names in the table. */
  private readonly names = new Set<string>();
  private readonly incarnations = new Map<string, number>();
  private readonly exits = new Map<string | number, ExitStatus>();
  private nextPid = 100;

  constructor(world: SimWorld, options: MachineOptions) {
    this.world = world;
    this.name = options.name;
    this.address = options.address;
    this.addresses = [options.address];
    this.zone = options.zone ?? 'default';
    this.cores = options.cores ?? 2;
    this.memoryBytes = options.memoryBytes ?? 4 * 1024 ** 3;
    this.units = new Units(
      { spawnUnit: (unit) => this.spawn({ privileged: true, ...unit }, 1), later: (delayMs, then) => this.world.fabric.later(delayMs, then), isOn: () => this.on },
      options.units ?? [],
    );
    this.disk = new MachineDisk(world.runner, createRandom(world.seed, options.name, 'disk'), options.fsyncMs ?? 1);
    for (const [path, value] of Object.entries(options.files ?? {})) this.disk.preload(path, value);
    this.host = this.newNamespace(hostNamespace, [options.address]);
  }

  private newNamespace(name: string, addresses: string[]): Namespace {
    return { name, machine: this, addresses, ports: new Map() };
  }

  /** A check bound to this boot: false for ever once the power went. */
  upCheck(): () => boolean {
    return () => this.on;
  }

  powerOn(): void {
    if (this.on) return;
    this.on = true;
    this.bootId++;
    this.world.emit({ machine: this.name, process: '' }, { type: 'machine.on', name: this.name });
    this.units.boot();
  }

  powerOff(): void {
    if (!this.on) return;
    this.on = false;
    this.world.emit({ machine: this.name, process: '' }, { type: 'machine.off', name: this.name });
    for (const process of [...this.table.values()]) {
      this.world.runner.dropAll(process);
      this.world.fabric.release(process, true);
      this.record(process, { code: 137, signal: 'SIGKILL', finishedMs: this.world.queue.nowMs });
    }
    this.table.clear();
    this.names.clear();
    this.units.forget();
    this.namespaces.clear();
    this.sockets.clear();
    this.routing.clear();
    this.host = this.newNamespace(hostNamespace, [this.address]);
    this.disk.crash();
  }

  private record(process: SimProcess, status: ExitStatus): void {
    this.exits.set(process.name, status);
    this.exits.set(process.pid, status);
    process.finished(status);
  }

  spawn(options: SpawnOptions, parentPid: number): SimProcess {
    const program = this.world.program(options.program);
    if (program === undefined) throw new Error(`exec: "${options.program}": executable file not found in $PATH`);
    if (!this.on) throw new Error(`${this.name} has no power`);
    const namespace = this.find(options.namespace);
    const name = this.freeName(options.name ?? program.name);
    const incarnation = (this.incarnations.get(name) ?? 0) + 1;
    this.incarnations.set(name, incarnation);
    const pid = ++this.nextPid;
    const process = new SimProcess(this, program, options, { id: this.world.nextProcessId(), pid, name, incarnation, namespace, parentPid });
    this.table.set(pid, process);
    this.names.add(name);
    const cause = this.world.emit(process.place, { type: 'process.started', pid, name, program: program.name, parentPid, namespace: namespace.name });
    this.world.runner.spawn(process, 'main', this.main(process), cause);
    return process;
  }

  private find(name: string | undefined): Namespace {
    if (name === undefined || name === hostNamespace) return this.host;
    const namespace = this.namespaces.get(name);
    if (namespace === undefined) throw new Error(`network namespace ${name} does not exist on ${this.name}`);
    return namespace;
  }

  private freeName(wanted: string): string {
    if (!this.names.has(wanted)) return wanted;
    for (let n = 2; ; n++) if (!this.names.has(`${wanted}-${n}`)) return `${wanted}-${n}`;
  }

  private *main(process: SimProcess) {
    const code = yield* process.program.main(process.host, process.options.args ?? []);
    this.end(process, { code });
  }

  end(process: SimProcess, how: Omit<ExitStatus, 'finishedMs'>): void {
    if (process.exit !== undefined) return;
    const status: ExitStatus = { ...how, finishedMs: this.world.queue.nowMs };
    this.world.runner.dropAll(process);
    this.table.delete(process.pid);
    this.names.delete(process.name);
    this.world.emit(process.place, {
      type: 'process.exited',
      pid: process.pid,
      name: process.name,
      code: status.code,
      ...(status.signal === undefined ? {} : { signal: status.signal }),
      ...(status.error === undefined ? {} : { error: status.error }),
    });
    this.world.fabric.release(process, false);
    this.record(process, status);
    process.onEnd?.();
  }

  processes(): readonly ProcessStatus[] {
    return [...this.table.values()].map((process) => ({
      pid: process.pid,
      name: process.name,
      program: process.program.name,
      args: process.options.args ?? [],
      namespace: process.namespace.name,
      state: process.frozen ? 'frozen' : 'running',
      startedMs: process.startedMs,
      parentPid: process.parentPid,
    }));
  }

  process(which: string | number): SimProcess {
    for (const process of this.table.values()) if (process.pid === which || process.name === which) return process;
    throw new Error(`no process ${which} on ${this.name}`);
  }

  kill(which: string | number, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): void {
    this.process(which).signal(signal);
  }
  freeze(which: string | number): void {
    this.process(which).signal('SIGSTOP');
  }
  thaw(which: string | number): void {
    this.process(which).signal('SIGCONT');
  }
  wait(which: string | number): ExitStatus | undefined {
    for (const process of this.table.values()) if (process.pid === which || process.name === which) return undefined;
    return this.exits.get(which);
  }

  fillDisk(folder: string, full: boolean): void {
    this.disk.fill(folder, full);
  }

  wipeDisk(folder = '/'): void {
    this.disk.wipe(folder);
  }
  setFsync(ms: number): void {
    this.disk.fsyncMs = ms;
  }
  setSkew(ms: number): void {
    this.skewMs = ms;
  }
  rotFile(path: string, record = -1): void {
    this.disk.rot(path, record);
  }
  readFile(path: string): unknown {
    return this.disk.read(path);
  }
  writeFile(path: string, value: unknown): void {
    this.disk.preload(path, value);
  }
  listFiles(folder: string): readonly string[] {
    return this.disk.list(folder);
  }

  operatingSystem(caller: SimProcess): OperatingSystem {
    const world = this.world;
    return {
      spawn: (options: SpawnOptions) => this.spawn(options, caller.pid),
      processes: () => this.processes(),
      process: (pid) => this.table.get(pid),
      units: () => this.units.list(),
      control: (unit, action) => this.units.control(unit, action),
      hasProgram: (name) => world.program(name) !== undefined,
      cores: this.cores,
      memoryBytes: this.memoryBytes,
      addresses: this.addresses,
      createNamespace: (name) => {
        if (this.namespaces.has(name)) throw new Error(`network namespace ${name} exists on ${this.name}`);
        this.namespaces.set(name, this.newNamespace(name, []));
      },
      deleteNamespace: (name) => this.deleteNamespace(name),
      namespaces: () => [...this.namespaces.keys()],
      addAddress: (namespace, address) => {
        this.find(namespace).addresses.push(address);
      },
      setRoutes: (owner: string, routes: readonly Route[]) => this.routing.setRoutes(owner, routes),
      routes: () => this.routing.routes(),
      setNat: (owner: string, mode: string, services: readonly NatService[]) => this.routing.setNat(owner, mode, services),
      nat: () => this.routing.nat(),
      reboot: () => {
        world.fabric.later(0, () => {
          this.powerOff();
          world.fabric.later(5000, () => this.powerOn());
        });
      },
    };
  }

  private deleteNamespace(name: string): void {
    const namespace = this.namespaces.get(name);
    if (namespace === undefined) return;
    this.namespaces.delete(name);
    namespace.addresses.length = 0;
    for (const process of this.table.values()) if (process.namespace === namespace) this.world.fabric.release(process, false);
  }

  signal(which: string | number, signal: Signal): void {
    this.process(which).signal(signal);
  }
}
