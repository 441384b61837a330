// Sandboxes and containers: made, watched, stopped, found again. Carries out what the CRI calls in main.ts ask for.
import type { Latch, Mailbox, PrivilegedHost, ProcessHandle, User } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { ContainerConfig, ContainerEvent, ContainerResources, LogRecord, PodSandboxConfig } from '../../wire/cri.ts';
import { decideCommand, splitLines } from './command.ts';
import type { RuntimeConfig } from './config.ts';
import type { ContainerdEvent } from './events.ts';
import { type FoundImage, findImage, imageReference } from './image-store.ts';
import { NetworkConfigReader, runNetworkPlugin } from './network-plugin.ts';
import {
  cgroupOf,
  type ContainerRecord,
  containerPath,
  containerStatus,
  findProcess,
  readContainers,
  readSandboxes,
  rootOf,
  type SandboxRecord,
  sandboxFolder,
  sandboxPath,
  sandboxStatus,
  stateFolder,
} from './records.ts';
import { RpcFailure } from './rpc-failure.ts';

type OutputSink = (stream: 'stdout' | 'stderr', text: string) => void;

/** What is known of a container only while this containerd lives. */
interface LiveContainer {
  readonly exited: Latch;
  readonly sinks: Set<OutputSink>;
  /** Output after the last newline. */
  readonly rests: Record<'stdout' | 'stderr', string>;
  handle: ProcessHandle | undefined;
  input: Mailbox<string> | undefined;
  isOutOfMemory: boolean;
}

/** Executing and linking a program, which its cgroup is charged with before the program does anything. */
const startCpuMs = 15;

export class Runtime {
  readonly host: PrivilegedHost;
  readonly config: RuntimeConfig;
  readonly networkConfig: NetworkConfigReader;
  readonly sandboxes = new Map<string, SandboxRecord>();
  readonly containers = new Map<string, ContainerRecord>();
  readonly subscribers = new Set<Mailbox<ContainerEvent>>();
  readonly #live = new Map<string, LiveContainer>();
  readonly #pauses = new Map<string, ProcessHandle>();
  #isWatchingMemory = false;
  #hasHostPorts = false;

  constructor(host: PrivilegedHost, config: RuntimeConfig) {
    this.host = host;
    this.config = config;
    this.networkConfig = new NetworkConfigReader(host);
  }

  // ---------------------------------------------------------------- recovery

  /** Finds what an earlier containerd of this machine left: living processes are taken over, dead ones are recorded as exited (255, Unknown). */
  recover(): void {
    for (const record of readSandboxes(this.host.disk)) {
      const process = findProcess(this.host, record.process);
      const isAlive = process !== undefined && record.state === 'SANDBOX_READY';
      this.#saveSandbox(isAlive ? record : { ...record, state: 'SANDBOX_NOTREADY', process: undefined });
      if (isAlive) this.#watchPause(record.id, process);
    }
    for (const record of readContainers(this.host.disk)) {
      if (record.state !== 'CONTAINER_RUNNING') {
        this.containers.set(record.id, record);
        continue;
      }
      const process = findProcess(this.host, record.process);
      if (process === undefined) {
        this.#saveContainer({ ...record, state: 'CONTAINER_EXITED', finishedAtMs: this.host.clock.wallMs(), exitCode: 255, reason: 'Unknown', process: undefined });
      } else {
        this.containers.set(record.id, record);
        const live = this.#liveOf(record.id);
        live.handle = process;
        this.#watchContainer(record.id, process);
      }
    }
    this.#programHostPorts();
  }

  // ---------------------------------------------------------------- sandboxes

  *runSandbox(config: PodSandboxConfig): Task<string> {
    const { host } = this;
    const id = host.random.hex(64);
    const namespace = config.hostNetwork ? '' : `cni-${id.slice(0, 8)}-${config.metadata.name}`;
    yield* this.#takeTime(60, 40);
    let ip = '';
    try {
      if (findImage(host.disk, this.config.sandboxImage) === undefined && !host.os.hasProgram('pause')) {
        throw new RpcFailure('Unknown', `failed to start sandbox "${id}": failed to get sandbox image "${this.config.sandboxImage}": not found`);
      }
      if (!config.hostNetwork) {
        host.os.createNamespace(namespace);
        ip = (yield* runNetworkPlugin(host, this.networkConfig.read(), { command: 'ADD', sandboxId: id, namespace, metadata: config.metadata }))[0] ?? '';
      }
    } catch (error) {
      if (namespace !== '') host.os.deleteNamespace(namespace);
      if (error instanceof RpcFailure) {
        host.trace.emit<ContainerdEvent>({ type: 'containerd.sandbox-failed', pod: podOf(config), podUid: config.metadata.uid, message: error.message });
      }
      throw error;
    }
    if (config.dns !== undefined) host.disk.write(`${sandboxFolder(id)}/resolv.conf`, resolvConfText(config.dns));
    for (const [name, value] of Object.entries(config.sysctls ?? {})) host.disk.write(`${sandboxFolder(id)}/proc-sys/${name.replaceAll('.', '/')}`, `${value}\n`);
    const pause = host.os.spawn({
      program: 'pause',
      name: `pause/${config.metadata.name}`,
      hostname: config.hostname,
      root: `${sandboxFolder(id)}/rootfs`,
      ...(namespace === '' ? {} : { namespace }),
    });
    const record: SandboxRecord = {
      id,
      config,
      state: 'SANDBOX_READY',
      createdAtMs: host.clock.wallMs(),
      ip,
      namespace,
      process: { pid: pause.pid, startedMs: host.clock.nowMs() },
    };
    this.#saveSandbox(record);
    this.#watchPause(id, pause);
    if (config.portMappings.length > 0) this.#programHostPorts();
    host.trace.emit<ContainerdEvent>({ type: 'containerd.sandbox', change: 'created', id, pod: podOf(config), podUid: config.metadata.uid, namespace, ip, pid: pause.pid });
    this.#announce('STARTED', record);
    return id;
  }

  *stopSandbox(id: string): Task<void> {
    const record = this.sandboxes.get(id);
    if (record === undefined || record.state === 'SANDBOX_NOTREADY') return;
    for (const container of [...this.containers.values()]) {
      if (container.sandboxId === id) yield* this.stopContainer(container.id, 0);
    }
    yield* this.#takeTime(15, 15);
    if (record.namespace !== '') {
      const plugin = this.networkConfig.read();
      if (plugin !== undefined) yield* runNetworkPlugin(this.host, plugin, { command: 'DEL', sandboxId: id, namespace: record.namespace, metadata: record.config.metadata });
      this.host.os.deleteNamespace(record.namespace);
    }
    const pause = this.#pauses.get(id);
    if (pause !== undefined && pause.exit === undefined) {
      pause.signal('SIGKILL');
      yield* pause.wait();
    }
    this.#noteSandboxStopped(id);
  }

  *removeSandbox(id: string): Task<void> {
    const record = this.sandboxes.get(id);
    if (record === undefined) return;
    yield* this.stopSandbox(id);
    for (const container of [...this.containers.values()]) {
      if (container.sandboxId === id) yield* this.removeContainer(container.id);
    }
    this.sandboxes.delete(id);
    this.#pauses.delete(id);
    this.host.disk.remove(sandboxPath(id));
    if (record.config.dns !== undefined) this.host.disk.remove(`${sandboxFolder(id)}/resolv.conf`);
    if (record.config.sysctls !== undefined) this.host.disk.remove(`${sandboxFolder(id)}/proc-sys`);
    this.host.trace.emit<ContainerdEvent>({ type: 'containerd.sandbox', change: 'removed', id, pod: podOf(record.config), podUid: record.config.metadata.uid, namespace: record.namespace, ip: record.ip, pid: 0 });
    this.#announce('DELETED', record);
  }

  #watchPause(id: string, pause: ProcessHandle): void {
    this.#pauses.set(id, pause);
    const { host } = this;
    const noteStopped = (): void => this.#noteSandboxStopped(id);
    host.tasks.spawn(
      `wait pause ${id.slice(0, 8)}`,
      (function* (): Task<void> {
        yield* pause.wait();
        noteStopped();
      })(),
    );
  }

  #noteSandboxStopped(id: string): void {
    const record = this.sandboxes.get(id);
    if (record === undefined || record.state === 'SANDBOX_NOTREADY') return;
    const stopped: SandboxRecord = { ...record, state: 'SANDBOX_NOTREADY', process: undefined };
    this.#saveSandbox(stopped);
    if (record.config.portMappings.length > 0) this.#programHostPorts();
    this.host.trace.emit<ContainerdEvent>({ type: 'containerd.sandbox', change: 'stopped', id, pod: podOf(record.config), podUid: record.config.metadata.uid, namespace: record.namespace, ip: record.ip, pid: 0 });
    this.#announce('STOPPED', stopped);
  }

  /** Host ports of pods are NAT rules of the machine, as the portmap plugin makes them. */
  #programHostPorts(): void {
    const services = [];
    for (const sandbox of this.sandboxes.values()) {
      if (sandbox.state !== 'SANDBOX_READY' || sandbox.ip === '') continue;
      for (const mapping of sandbox.config.portMappings) {
        if (mapping.hostPort === 0) continue;
        const transport = mapping.protocol.toLowerCase() === 'udp' ? ('udp' as const) : ('tcp' as const);
        const everywhere = mapping.hostIp === undefined || mapping.hostIp === '' || mapping.hostIp === '0.0.0.0';
        for (const address of everywhere ? this.host.os.addresses : [mapping.hostIp as string]) {
          services.push({ address: `${address}:${mapping.hostPort}`, transport, name: `hostport ${podOf(sandbox.config)}:${mapping.hostPort}`, backends: [`${sandbox.ip}:${mapping.containerPort}`] });
        }
      }
    }
    if (services.length === 0 && !this.#hasHostPorts) return;
    this.#hasHostPorts = services.length > 0;
    this.host.os.setNat('portmap', 'iptables', services);
  }

  // ---------------------------------------------------------------- containers

  *createContainer(sandboxId: string, config: ContainerConfig): Task<string> {
    const sandbox = this.sandboxes.get(sandboxId);
    if (sandbox === undefined) throw new RpcFailure('NotFound', `failed to find sandbox id "${sandboxId}": not found`);
    const found = this.#imageFor(config);
    const command = this.config.instant && found.image.program === this.config.instantProgram ? { program: found.image.program, args: [] } : decideCommand(found.image, config, (program) => this.host.os.hasProgram(program));
    const reserved = [...this.containers.values()].find((each) => each.podUid === sandbox.config.metadata.uid && each.config.metadata.name === config.metadata.name && each.config.metadata.attempt === config.metadata.attempt);
    if (reserved !== undefined) {
      // A kubelet that has lost count (its clock went back, and an older container looks newer) must not start the same thing twice.
      const { name, namespace, uid } = sandbox.config.metadata;
      const full = `${config.metadata.name}_${name}_${namespace}_${uid}_${config.metadata.attempt}`;
      throw new RpcFailure('Unknown', `failed to reserve container name "${full}": name "${full}" is reserved for "${reserved.id}"`);
    }
    yield* this.#takeTime(20, 20);
    const id = this.host.random.hex(64);
    const record: ContainerRecord = {
      id,
      sandboxId,
      podUid: sandbox.config.metadata.uid,
      config,
      program: 'problem' in command ? '' : command.program,
      args: 'problem' in command ? [] : command.args,
      ...('problem' in command || command.argv0 === undefined ? {} : { argv0: command.argv0 }),
      imageEnv: found.image.env ?? {},
      ...(found.image.user === undefined ? {} : { imageUser: Number(found.image.user) }),
      image: found.name,
      imageRef: imageReference(found.name, found.image),
      state: 'CONTAINER_CREATED',
      createdAtMs: this.host.clock.wallMs(),
      startedAtMs: 0,
      finishedAtMs: 0,
      exitCode: 0,
      reason: '',
      message: 'problem' in command ? command.problem : '',
      process: undefined,
    };
    this.#saveContainer(record);
    if (config.resources !== undefined) this.#writeCgroup(id, config.resources);
    this.host.trace.emit<ContainerdEvent>({ type: 'containerd.container-created', id, sandbox: sandboxId, podUid: record.podUid, name: config.metadata.name, image: found.name });
    this.#announce('CREATED', record);
    return id;
  }

  *startContainer(id: string): Task<void> {
    const { host } = this;
    const record = this.#container(id);
    const sandbox = this.sandboxes.get(record.sandboxId);
    if (record.state !== 'CONTAINER_CREATED') throw new RpcFailure('Unknown', `container is in ${record.state} state`);
    if (sandbox === undefined || sandbox.state !== 'SANDBOX_READY') throw new RpcFailure('Unknown', `sandbox container "${record.sandboxId}" is not running`);
    // Even where nothing takes time the order of things stays to be seen.
    if (this.config.instant) yield* host.clock.sleep(10);
    yield* this.#takeTime(110, 80);
    if (record.program === '') {
      const message = `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: ${record.message}`;
      this.#saveContainer({ ...record, state: 'CONTAINER_EXITED', finishedAtMs: host.clock.wallMs(), exitCode: 128, reason: 'StartError', message });
      host.trace.emit<ContainerdEvent>({ type: 'containerd.start-failed', id, sandbox: record.sandboxId, podUid: record.podUid, name: record.config.metadata.name, message });
      this.#announce('STOPPED', this.#container(id));
      throw new RpcFailure('Unknown', message);
    }
    const live = this.#liveOf(id);
    if (record.config.stdin === true) live.input = host.tasks.mailbox<string>();
    const handle = host.os.spawn({
      program: record.program,
      args: record.args,
      ...(record.argv0 === undefined ? {} : { argv0: record.argv0 }),
      name: sandbox.config.hostNetwork ? record.config.metadata.name : `${record.config.metadata.name}/${sandbox.config.metadata.name}`,
      ...computeSurroundings(record, sandbox),
      ...(live.input === undefined ? {} : { input: live.input }),
      onOutput: this.#logger(record.config.logPath, live),
    });
    live.handle = handle;
    this.#saveContainer({ ...record, state: 'CONTAINER_RUNNING', startedAtMs: host.clock.wallMs(), process: { pid: handle.pid, startedMs: host.clock.nowMs() } });
    host.trace.emit<ContainerdEvent>({ type: 'containerd.container-started', id, sandbox: record.sandboxId, podUid: record.podUid, name: record.config.metadata.name, pid: handle.pid, program: record.program });
    this.#announce('STARTED', this.#container(id));
    this.#watchContainer(id, handle);
    if (record.config.memoryLimitBytes !== undefined && record.config.memoryLimitBytes > 0) this.#watchMemory();
  }

  updateResources(id: string, resources: ContainerResources): void {
    const record = this.#container(id);
    this.#saveContainer({ ...record, config: { ...record.config, resources, memoryLimitBytes: resources.memoryLimitBytes } });
    this.#writeCgroup(id, resources);
    if (resources.memoryLimitBytes > 0) this.#watchMemory();
  }

  #writeCgroup(id: string, { cpuShares, cpuQuotaUs, memoryLimitBytes, oomScoreAdj }: ContainerResources): void {
    const { disk } = this.host;
    const folder = cgroupOf(id);
    // How runc turns shares into a weight.
    disk.write(`${folder}/cpu.weight`, `${1 + Math.floor(((cpuShares - 2) * 9999) / 262142)}\n`);
    disk.write(`${folder}/cpu.max`, `${cpuQuotaUs < 0 ? 'max' : cpuQuotaUs} 100000\n`);
    disk.write(`${folder}/memory.max`, `${memoryLimitBytes === 0 ? 'max' : memoryLimitBytes}\n`);
    disk.write(`${folder}/oom_score_adj`, `${oomScoreAdj}\n`);
  }

  /** SIGTERM, `timeoutSeconds` of patience, SIGKILL. Returns when the container has ended. */
  *stopContainer(id: string, timeoutSeconds: number): Task<void> {
    const record = this.containers.get(id);
    if (record === undefined || record.state !== 'CONTAINER_RUNNING') return;
    const live = this.#liveOf(id);
    if (live.handle === undefined) return;
    if (this.config.instant) yield* this.host.clock.sleep(10);
    if (timeoutSeconds > 0) {
      this.#signal(record, live.handle, record.config.stopSignal === 'SIGKILL' ? 'SIGKILL' : 'SIGTERM');
      yield* this.host.tasks.timeout(timeoutSeconds * 1000, live.exited.wait());
    }
    if (!live.exited.isSet) {
      this.#signal(record, live.handle, 'SIGKILL');
      yield* live.exited.wait();
    }
  }

  *removeContainer(id: string): Task<void> {
    const record = this.containers.get(id);
    if (record === undefined) return;
    yield* this.stopContainer(id, 0);
    this.containers.delete(id);
    this.#live.delete(id);
    this.host.disk.remove(containerPath(id));
    if (record.config.resources !== undefined) this.host.disk.remove(cgroupOf(id));
    for (const path of this.host.disk.list(rootOf(id))) this.host.disk.remove(path);
    this.#announce('DELETED', record);
  }

  #signal(record: ContainerRecord, handle: ProcessHandle, signal: 'SIGTERM' | 'SIGKILL'): void {
    this.host.trace.emit<ContainerdEvent>({ type: 'containerd.stopping', id: record.id, podUid: record.podUid, name: record.config.metadata.name, signal });
    handle.signal(signal);
  }

  #watchContainer(id: string, handle: ProcessHandle): void {
    const note = (code: number, signal: string | undefined, error: string | undefined): void => this.#noteExit(id, code, signal, error);
    this.host.tasks.spawn(
      `wait ${id.slice(0, 8)}`,
      (function* (): Task<void> {
        const status = yield* handle.wait();
        note(status.code, status.signal, status.error);
      })(),
    );
  }

  #noteExit(id: string, code: number, signal: string | undefined, error: string | undefined): void {
    const record = this.containers.get(id);
    if (record === undefined) return;
    const live = this.#liveOf(id);
    const reason = live.isOutOfMemory ? 'OOMKilled' : code === 0 ? 'Completed' : 'Error';
    if (error !== undefined) this.#logger(record.config.logPath, live)('stderr', `${error}\n`);
    this.#flushRests(record, live);
    this.#saveContainer({
      ...record,
      state: 'CONTAINER_EXITED',
      finishedAtMs: this.host.clock.wallMs(),
      exitCode: code,
      ...(signal === undefined ? {} : { signal }),
      reason,
      process: undefined,
    });
    this.host.trace.emit<ContainerdEvent>({ type: 'containerd.exited', id, sandbox: record.sandboxId, podUid: record.podUid, name: record.config.metadata.name, exitCode: code, reason });
    live.exited.set();
    this.#announce('STOPPED', this.#container(id));
  }

  /** The out-of-memory killer: containers with a limit are looked at every second. */
  #watchMemory(): void {
    if (this.#isWatchingMemory) return;
    this.#isWatchingMemory = true;
    this.host.tasks.spawn('memory limits', this.#runMemoryWatch());
  }

  *#runMemoryWatch(): Task<void> {
    for (;;) {
      yield* this.host.clock.sleep(1000);
      let isNeeded = false;
      for (const record of this.containers.values()) {
        const limit = record.config.memoryLimitBytes ?? 0;
        if (record.state !== 'CONTAINER_RUNNING' || limit <= 0) continue;
        isNeeded = true;
        const live = this.#liveOf(record.id);
        if (live.handle === undefined || live.handle.usage.memoryBytes <= limit) continue;
        live.isOutOfMemory = true;
        live.handle.signal('SIGKILL');
      }
      if (!isNeeded) break;
    }
    this.#isWatchingMemory = false;
  }

  // ---------------------------------------------------------------- what streams need

  /** How an exec'd process sees the world: as the container does. */
  surroundingsOf(id: string): { readonly record: ContainerRecord; readonly pod: string; readonly options: ReturnType<typeof computeSurroundings> } {
    const record = this.#container(id);
    const sandbox = this.sandboxes.get(record.sandboxId);
    if (record.state !== 'CONTAINER_RUNNING' || sandbox === undefined) throw new RpcFailure('Unknown', `container is in ${record.state} state`);
    return { record, pod: sandbox.config.metadata.name, options: computeSurroundings(record, sandbox) };
  }

  /** Hands on what the container writes from now on; returns how to end it. */
  attachOutput(id: string, sink: OutputSink): () => void {
    const live = this.#liveOf(id);
    live.sinks.add(sink);
    return () => live.sinks.delete(sink);
  }

  inputOf(id: string): Mailbox<string> | undefined {
    return this.#live.get(id)?.input;
  }

  *waitForExit(id: string): Task<number> {
    yield* this.#liveOf(id).exited.wait();
    return this.containers.get(id)?.exitCode ?? 0;
  }

  usageOf(id: string): { readonly cpuMs: number; readonly memoryBytes: number } {
    const usage = this.#live.get(id)?.handle?.usage;
    return { cpuMs: usage === undefined ? 0 : startCpuMs + usage.cpuMs, memoryBytes: usage?.memoryBytes ?? 0 };
  }

  // ---------------------------------------------------------------- small things

  #imageFor(config: ContainerConfig): FoundImage {
    const found = findImage(this.host.disk, config.image);
    if (found === undefined) throw new RpcFailure('NotFound', `failed to get image from containerd "${config.image}": image "${config.image}": not found`);
    return found;
  }

  #container(id: string): ContainerRecord {
    const record = this.containers.get(id);
    if (record === undefined) throw new RpcFailure('NotFound', `an error occurred when try to find container "${id}": not found`);
    return record;
  }

  #liveOf(id: string): LiveContainer {
    let live = this.#live.get(id);
    if (live === undefined) {
      live = { exited: this.host.tasks.latch(), sinks: new Set(), rests: { stdout: '', stderr: '' }, handle: undefined, input: undefined, isOutOfMemory: false };
      this.#live.set(id, live);
    }
    return live;
  }

  #saveSandbox(record: SandboxRecord): void {
    this.sandboxes.set(record.id, record);
    this.host.disk.write(sandboxPath(record.id), record);
    this.#flushSoon();
  }

  #saveContainer(record: ContainerRecord): void {
    this.containers.set(record.id, record);
    this.host.disk.write(containerPath(record.id), record);
    this.#flushSoon();
  }

  #isFlushing = false;
  /** Records outlive a power loss, a moment after they were written; several at a time share one sync. */
  #flushSoon(): void {
    if (this.#isFlushing) return;
    this.#isFlushing = true;
    this.host.tasks.spawn('flush', this.#flush());
  }

  *#flush(): Task<void> {
    yield* this.host.clock.sleep(500);
    this.#isFlushing = false;
    yield* this.host.disk.sync(stateFolder);
  }

  /** Writes whole lines to the log file as they come. What has no newline yet waits in `rests`. */
  #logger(path: string, { sinks, rests }: LiveContainer): OutputSink {
    const { host } = this;
    return (stream, text) => {
      const { lines, rest } = splitLines(rests[stream], text);
      rests[stream] = rest;
      const timeMs = host.clock.wallMs();
      for (const line of lines) host.disk.append(path, { timeMs, stream, text: line } satisfies LogRecord);
      for (const sink of sinks) sink(stream, text);
    };
  }

  /** The last line need not end in a newline. */
  #flushRests(record: ContainerRecord, { rests }: LiveContainer): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (rests[stream] !== '') this.host.disk.append(record.config.logPath, { timeMs: this.host.clock.wallMs(), stream, text: rests[stream], partial: true } satisfies LogRecord);
      rests[stream] = '';
    }
  }

  #announce(type: ContainerEvent['type'], record: SandboxRecord | ContainerRecord): void {
    const event: ContainerEvent =
      'sandboxId' in record
        ? { type, containerId: record.id, podSandboxId: record.sandboxId, podUid: record.podUid, ...(type === 'DELETED' ? {} : { container: containerStatus(record) }) }
        : { type, containerId: record.id, podSandboxId: record.id, podUid: record.config.metadata.uid, ...(type === 'DELETED' ? {} : { sandbox: sandboxStatus(record) }) };
    for (const subscriber of this.subscribers) subscriber.put(event);
  }

  /** Work that takes visible time in life; none when the runtime is `instant`. */
  *#takeTime(milliseconds: number, jitter: number): Task<void> {
    if (!this.config.instant) yield* this.host.clock.sleep(milliseconds + this.host.random.below(jitter));
  }
}

function computeSurroundings(record: ContainerRecord, sandbox: SandboxRecord) {
  const env: Record<string, string> = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOSTNAME: sandbox.config.hostname, ...record.imageEnv };
  for (const { name, value } of record.config.env) env[name] = value;
  const ports = record.config.annotations?.['io.kubernetes.container.ports'];
  if (record.config.tty === true && record.config.stdin === true) Object.assign(env, { TERM: 'xterm', TERRARIUM_TTY: '1' });
  if (ports !== undefined) env['TERRARIUM_PORTS'] = ports;
  const resolvConf = sandbox.config.dns === undefined ? '/etc/resolv.conf' : `${sandboxFolder(sandbox.id)}/resolv.conf`;
  return {
    env,
    hostname: sandbox.config.hostname,
    root: rootOf(record.id),
    mounts: [
      ...(record.config.resources === undefined ? [] : [{ path: '/sys/fs/cgroup', source: cgroupOf(record.id), readOnly: true }, { path: '/proc/1/oom_score_adj', source: `${cgroupOf(record.id)}/oom_score_adj`, readOnly: true }]),
      ...(sandbox.config.sysctls === undefined ? [] : [{ path: '/proc/sys', source: `${sandboxFolder(sandbox.id)}/proc-sys`, readOnly: true }]),
      ...(record.config.mounts.some((mount) => mount.containerPath === '/etc/resolv.conf') ? [] : [{ path: '/etc/resolv.conf', source: resolvConf }]),
      ...record.config.mounts.map((mount) => ({ path: mount.containerPath, source: mount.hostPath, readOnly: mount.readonly })),
    ],
    ...(sandbox.namespace === '' ? {} : { namespace: sandbox.namespace }),
    ...(record.config.privileged === true ? { privileged: true } : {}),
    ...(record.config.readonlyRootfs === true ? { readOnlyRoot: true } : {}),
    ...userOf(record),
  };
}

/** Root needs no saying. */
function userOf({ config, imageUser }: ContainerRecord): { readonly user?: User } {
  const uid = config.runAsUser ?? imageUser ?? 0;
  const gid = config.runAsGroup ?? 0;
  const groups = config.supplementalGroups ?? [];
  const isPlain = uid === 0 && gid === 0 && groups.length === 0 && config.noNewPrivs !== true;
  return isPlain ? {} : { user: { uid, gid, groups, ...(config.noNewPrivs === true ? { noNewPrivileges: true } : {}) } };
}

function resolvConfText(dns: NonNullable<PodSandboxConfig['dns']>): string {
  const lines = [];
  if (dns.searches.length > 0) lines.push(`search ${dns.searches.join(' ')}`);
  for (const server of dns.servers) lines.push(`nameserver ${server}`);
  if (dns.options.length > 0) lines.push(`options ${dns.options.join(' ')}`);
  return `${lines.join('\n')}\n`;
}

const podOf = (config: PodSandboxConfig): string => `${config.metadata.namespace}/${config.metadata.name}`;
