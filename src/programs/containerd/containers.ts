// Containers: processes of the machine in their sandbox's namespace. Created, started, watched, stopped, found again.
import type { Latch, Mailbox, PrivilegedHost, ProcessHandle } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { ContainerConfig, ContainerResources } from '../../wire/cri.ts';
import { decideCommand } from './command.ts';
import { type RuntimeConfig, takeTime } from './config.ts';
import { ContainerOutput, type OutputSink } from './container-output.ts';
import type { ContainerdEvent } from './events.ts';
import { mountImage } from './image-mount.ts';
import { findImage, imageReference } from './image-store.ts';
import { type LimitedContainer, MemoryLimits } from './memory-limits.ts';
import { cgroupOf, type ContainerRecord, containerPath, findProcess, rootOf, type SandboxRecord } from './records.ts';
import type { RecordStore } from './record-store.ts';
import { RpcFailure } from './rpc-failure.ts';
import { computeSurroundings, type Surroundings } from './surroundings.ts';

/** What is known of a container only while this containerd lives. */
interface LiveContainer {
  readonly exited: Latch;
  readonly output: ContainerOutput;
  handle: ProcessHandle | undefined;
  input: Mailbox<string> | undefined;
  isOutOfMemory: boolean;
}

/** Executing and linking a program, which its cgroup is charged with before the program does anything. */
const startCpuMs = 15;

export class Containers {
  readonly #host: PrivilegedHost;
  readonly #config: RuntimeConfig;
  readonly #store: RecordStore;
  readonly #memoryLimits: MemoryLimits;
  readonly #live = new Map<string, LiveContainer>();

  constructor(host: PrivilegedHost, config: RuntimeConfig, store: RecordStore) {
    this.#host = host;
    this.#config = config;
    this.#store = store;
    this.#memoryLimits = new MemoryLimits(host, () => this.#limited());
  }

  /** A container of an earlier containerd: taken over when its process lives, else recorded as exited (255, Unknown). */
  recover(record: ContainerRecord): void {
    if (record.state !== 'CONTAINER_RUNNING') {
      this.#store.containers.set(record.id, record);
      return;
    }
    const process = findProcess(this.#host, record.process);
    if (process === undefined) {
      this.#store.saveContainer({ ...record, state: 'CONTAINER_EXITED', finishedAtMs: this.#host.clock.wallMs(), exitCode: 255, reason: 'Unknown', process: undefined });
      return;
    }
    this.#store.containers.set(record.id, record);
    this.#liveOf(record.id).handle = process;
    this.#watch(record.id, process);
  }

  /** Returns the new container's id. Throws RpcFailure. */
  *create(sandboxId: string, config: ContainerConfig): Task<string> {
    const sandbox = this.#store.sandboxes.get(sandboxId);
    if (sandbox === undefined) throw new RpcFailure('NotFound', `failed to find sandbox id "${sandboxId}": not found`);
    const found = findImage(this.#host.disk, config.image);
    if (found === undefined) throw new RpcFailure('NotFound', `failed to get image from containerd "${config.image}": image "${config.image}": not found`);
    const isStandIn = this.#config.instant && found.image.program === this.#config.instantProgram;
    const command = isStandIn ? { program: found.image.program, args: [] } : decideCommand(found.image, config, (program) => this.#host.os.hasProgram(program));
    this.#refuseTwin(sandbox, config);
    yield* takeTime(this.#host, this.#config, 20, 20);
    const id = this.#host.random.hex(64);
    const record: ContainerRecord = {
      id,
      sandboxId,
      podUid: sandbox.config.metadata.uid,
      config: config.mounts.some(({ image }) => image !== undefined) ? { ...config, mounts: config.mounts.map((mount) => mountImage(this.#host.disk, mount)) } : config,
      program: 'problem' in command ? '' : command.program,
      args: 'problem' in command ? [] : command.args,
      ...('problem' in command || command.argv0 === undefined ? {} : { argv0: command.argv0 }),
      imageEnv: found.image.env ?? {},
      ...(found.image.user === undefined ? {} : { imageUser: Number(found.image.user) }),
      image: found.name,
      imageRef: imageReference(found.name, found.image),
      state: 'CONTAINER_CREATED',
      createdAtMs: this.#host.clock.wallMs(),
      startedAtMs: 0,
      finishedAtMs: 0,
      exitCode: 0,
      reason: '',
      message: 'problem' in command ? command.problem : '',
      process: undefined,
    };
    this.#store.saveContainer(record);
    if (config.resources !== undefined) this.#writeCgroup(id, config.resources);
    this.#host.trace.emit<ContainerdEvent>({ type: 'containerd.container-created', id, sandbox: sandboxId, podUid: record.podUid, name: config.metadata.name, image: found.name });
    this.#store.announce('CREATED', record);
    return id;
  }

  /** A kubelet that has lost count (its clock went back, and an older container looks newer) must not start the same thing twice. */
  #refuseTwin(sandbox: SandboxRecord, { metadata }: ContainerConfig): void {
    const { name, namespace, uid } = sandbox.config.metadata;
    const twin = [...this.#store.containers.values()].find((each) => each.podUid === uid && each.config.metadata.name === metadata.name && each.config.metadata.attempt === metadata.attempt);
    if (twin === undefined) return;
    const full = `${metadata.name}_${name}_${namespace}_${uid}_${metadata.attempt}`;
    throw new RpcFailure('Unknown', `failed to reserve container name "${full}": name "${full}" is reserved for "${twin.id}"`);
  }

  /** Throws RpcFailure. */
  *start(id: string): Task<void> {
    const host = this.#host;
    const record = this.#store.container(id);
    const sandbox = this.#store.sandboxes.get(record.sandboxId);
    if (record.state !== 'CONTAINER_CREATED') throw new RpcFailure('Unknown', `container is in ${record.state} state`);
    if (sandbox === undefined || sandbox.state !== 'SANDBOX_READY') throw new RpcFailure('Unknown', `sandbox container "${record.sandboxId}" is not running`);
    // Even where nothing takes time the order of things stays to be seen.
    if (this.#config.instant) yield* host.clock.sleep(10);
    yield* takeTime(host, this.#config, 110, 80);
    if (record.program === '') this.#failToStart(record);
    const live = this.#liveOf(id);
    if (record.config.stdin === true) live.input = host.tasks.mailbox<string>();
    const handle = host.os.spawn({
      program: record.program,
      args: record.args,
      ...(record.argv0 === undefined ? {} : { argv0: record.argv0 }),
      name: sandbox.config.hostNetwork ? record.config.metadata.name : `${record.config.metadata.name}/${sandbox.config.metadata.name}`,
      ...computeSurroundings(record, sandbox),
      ...(live.input === undefined ? {} : { input: live.input }),
      onOutput: (stream, text) => live.output.write(record.config.logPath, stream, text),
    });
    live.handle = handle;
    this.#store.saveContainer({ ...record, state: 'CONTAINER_RUNNING', startedAtMs: host.clock.wallMs(), process: { pid: handle.pid, startedMs: host.clock.nowMs() } });
    host.trace.emit<ContainerdEvent>({ type: 'containerd.container-started', id, sandbox: record.sandboxId, podUid: record.podUid, name: record.config.metadata.name, pid: handle.pid, program: record.program });
    this.#store.announce('STARTED', this.#store.container(id));
    this.#watch(id, handle);
    if ((record.config.memoryLimitBytes ?? 0) > 0) this.#memoryLimits.watch();
  }

  #failToStart(record: ContainerRecord): never {
    const { id, sandboxId, podUid, config } = record;
    const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ${record.message}`;
    this.#store.saveContainer({ ...record, state: 'CONTAINER_EXITED', finishedAtMs: this.#host.clock.wallMs(), exitCode: 128, reason: 'StartError', message });
    this.#host.trace.emit<ContainerdEvent>({ type: 'containerd.start-failed', id, sandbox: sandboxId, podUid, name: config.metadata.name, message });
    this.#store.announce('STOPPED', this.#store.container(id));
    throw new RpcFailure('Unknown', message);
  }

  /** Throws RpcFailure. */
  updateResources(id: string, resources: ContainerResources): void {
    const record = this.#store.container(id);
    this.#store.saveContainer({ ...record, config: { ...record.config, resources, memoryLimitBytes: resources.memoryLimitBytes } });
    this.#writeCgroup(id, resources);
    if (resources.memoryLimitBytes > 0) this.#memoryLimits.watch();
  }

  #writeCgroup(id: string, { cpuShares, cpuQuotaUs, memoryLimitBytes, oomScoreAdj }: ContainerResources): void {
    const { disk } = this.#host;
    const folder = cgroupOf(id);
    // How runc turns shares into a weight.
    disk.write(`${folder}/cpu.weight`, `${1 + Math.floor(((cpuShares - 2) * 9999) / 262142)}\n`);
    disk.write(`${folder}/cpu.max`, `${cpuQuotaUs < 0 ? 'max' : cpuQuotaUs} 100000\n`);
    disk.write(`${folder}/memory.max`, `${memoryLimitBytes === 0 ? 'max' : memoryLimitBytes}\n`);
    disk.write(`${folder}/oom_score_adj`, `${oomScoreAdj}\n`);
  }

  /** SIGTERM, `timeoutSeconds` of patience, SIGKILL. Returns when the container has ended. */
  *stop(id: string, timeoutSeconds: number): Task<void> {
    const record = this.#store.containers.get(id);
    if (record === undefined || record.state !== 'CONTAINER_RUNNING') return;
    const live = this.#liveOf(id);
    if (live.handle === undefined) return;
    if (this.#config.instant) yield* this.#host.clock.sleep(10);
    if (timeoutSeconds > 0) {
      this.#signal(record, live.handle, record.config.stopSignal === 'SIGKILL' ? 'SIGKILL' : 'SIGTERM');
      yield* this.#host.tasks.timeout(timeoutSeconds * 1000, live.exited.wait());
    }
    if (!live.exited.isSet) {
      this.#signal(record, live.handle, 'SIGKILL');
      yield* live.exited.wait();
    }
  }

  #signal(record: ContainerRecord, handle: ProcessHandle, signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#host.trace.emit<ContainerdEvent>({ type: 'containerd.stopping', id: record.id, podUid: record.podUid, name: record.config.metadata.name, signal });
    handle.signal(signal);
  }

  *remove(id: string): Task<void> {
    const { disk } = this.#host;
    const record = this.#store.containers.get(id);
    if (record === undefined) return;
    yield* this.stop(id, 0);
    this.#store.containers.delete(id);
    this.#live.delete(id);
    disk.remove(containerPath(id));
    if (record.config.resources !== undefined) disk.remove(cgroupOf(id));
    for (const path of disk.list(rootOf(id))) disk.remove(path);
    this.#store.announce('DELETED', record);
  }

  #watch(id: string, handle: ProcessHandle): void {
    this.#host.tasks.spawn(`wait ${id.slice(0, 8)}`, this.#waitFor(id, handle));
  }

  *#waitFor(id: string, handle: ProcessHandle): Task<void> {
    const { code, signal, error } = yield* handle.wait();
    this.#noteExit(id, code, signal, error);
  }

  #noteExit(id: string, code: number, signal: string | undefined, error: string | undefined): void {
    const record = this.#store.containers.get(id);
    if (record === undefined) return;
    const live = this.#liveOf(id);
    const reason = live.isOutOfMemory ? 'OOMKilled' : code === 0 ? 'Completed' : 'Error';
    if (error !== undefined) live.output.write(record.config.logPath, 'stderr', `${error}\n`);
    live.output.finish(record.config.logPath);
    this.#store.saveContainer({
      ...record,
      state: 'CONTAINER_EXITED',
      finishedAtMs: this.#host.clock.wallMs(),
      exitCode: code,
      ...(signal === undefined ? {} : { signal }),
      reason,
      process: undefined,
    });
    this.#host.trace.emit<ContainerdEvent>({ type: 'containerd.exited', id, sandbox: record.sandboxId, podUid: record.podUid, name: record.config.metadata.name, exitCode: code, reason });
    live.exited.set();
    this.#store.announce('STOPPED', this.#store.container(id));
  }

  #limited(): readonly LimitedContainer[] {
    const limited: LimitedContainer[] = [];
    for (const record of this.#store.containers.values()) {
      const limitBytes = record.config.memoryLimitBytes ?? 0;
      if (record.state !== 'CONTAINER_RUNNING' || limitBytes <= 0) continue;
      const live = this.#liveOf(record.id);
      const kill = (): void => {
        live.isOutOfMemory = true;
        live.handle?.signal('SIGKILL');
      };
      limited.push({ limitBytes, usedBytes: live.handle?.usage.memoryBytes ?? 0, kill });
    }
    return limited;
  }

  /** How an exec'd process sees the world: as the container does. Throws RpcFailure unless the container runs. */
  surroundingsOf(id: string): { readonly record: ContainerRecord; readonly pod: string; readonly options: Surroundings } {
    const record = this.#store.container(id);
    const sandbox = this.#store.sandboxes.get(record.sandboxId);
    if (record.state !== 'CONTAINER_RUNNING' || sandbox === undefined) throw new RpcFailure('Unknown', `container is in ${record.state} state`);
    return { record, pod: sandbox.config.metadata.name, options: computeSurroundings(record, sandbox) };
  }

  /** Hands on what the container writes from now on; returns how to end it. */
  attachOutput(id: string, sink: OutputSink): () => void {
    return this.#liveOf(id).output.attach(sink);
  }

  inputOf(id: string): Mailbox<string> | undefined {
    return this.#live.get(id)?.input;
  }

  /** Returns the exit code. */
  *waitForExit(id: string): Task<number> {
    yield* this.#liveOf(id).exited.wait();
    return this.#store.containers.get(id)?.exitCode ?? 0;
  }

  usageOf(id: string): { readonly cpuMs: number; readonly memoryBytes: number } {
    const usage = this.#live.get(id)?.handle?.usage;
    return { cpuMs: usage === undefined ? 0 : startCpuMs + usage.cpuMs, memoryBytes: usage?.memoryBytes ?? 0 };
  }

  #liveOf(id: string): LiveContainer {
    let live = this.#live.get(id);
    if (live === undefined) {
      live = { exited: this.#host.tasks.latch(), output: new ContainerOutput(this.#host), handle: undefined, input: undefined, isOutOfMemory: false };
      this.#live.set(id, live);
    }
    return live;
  }
}
