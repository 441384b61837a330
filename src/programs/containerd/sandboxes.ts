// Sandboxes: a network namespace with the address that the CNI plugin gave it, held by a `pause` process.
import type { PrivilegedHost, ProcessHandle } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { PodSandboxConfig } from '../../wire/cri.ts';
import { type RuntimeConfig, takeTime } from './config.ts';
import type { Containers } from './containers.ts';
import type { ContainerdEvent } from './events.ts';
import { HostPorts } from './host-ports.ts';
import { findImage } from './image-store.ts';
import { NetworkConfigReader, runNetworkPlugin } from './network-plugin.ts';
import { findProcess, podOf, type SandboxRecord, sandboxFolder, sandboxPath } from './records.ts';
import type { RecordStore } from './record-store.ts';
import { RpcFailure } from './rpc-failure.ts';

export class Sandboxes {
  readonly networkConfig: NetworkConfigReader;
  readonly #host: PrivilegedHost;
  readonly #config: RuntimeConfig;
  readonly #store: RecordStore;
  readonly #containers: Containers;
  readonly #hostPorts: HostPorts;
  readonly #pauses = new Map<string, ProcessHandle>();

  constructor(host: PrivilegedHost, config: RuntimeConfig, store: RecordStore, containers: Containers) {
    this.#host = host;
    this.#config = config;
    this.#store = store;
    this.#containers = containers;
    this.#hostPorts = new HostPorts(host);
    this.networkConfig = new NetworkConfigReader(host);
  }

  /** A sandbox of an earlier containerd: it goes on when its pause process lives, else it is NotReady. */
  recover(record: SandboxRecord): void {
    const process = findProcess(this.#host, record.process);
    const isAlive = process !== undefined && record.state === 'SANDBOX_READY';
    this.#store.saveSandbox(isAlive ? record : { ...record, state: 'SANDBOX_NOTREADY', process: undefined });
    if (isAlive) this.#watchPause(record.id, process);
  }

  programHostPorts(): void {
    this.#hostPorts.program(this.#store.sandboxes.values());
  }

  /** Returns the new sandbox's id. Throws RpcFailure. */
  *run(config: PodSandboxConfig): Task<string> {
    const host = this.#host;
    const id = host.random.hex(64);
    const namespace = config.hostNetwork ? '' : `cni-${id.slice(0, 8)}-${config.metadata.name}`;
    yield* takeTime(host, this.#config, 60, 40);
    const ip = yield* this.#setUpNetwork(id, namespace, config);
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
    this.#store.saveSandbox(record);
    this.#watchPause(id, pause);
    if (config.portMappings.length > 0) this.programHostPorts();
    this.#emit('created', record, pause.pid);
    this.#store.announce('STARTED', record);
    return id;
  }

  /** The sandbox's address; '' on the host's network. */
  *#setUpNetwork(id: string, namespace: string, config: PodSandboxConfig): Task<string> {
    const host = this.#host;
    try {
      if (findImage(host.disk, this.#config.sandboxImage) === undefined && !host.os.hasProgram('pause')) {
        throw new RpcFailure('Unknown', `failed to start sandbox "${id}": failed to get sandbox image "${this.#config.sandboxImage}": not found`);
      }
      if (config.hostNetwork) return '';
      host.os.createNamespace(namespace);
      return (yield* runNetworkPlugin(host, this.networkConfig.read(), { command: 'ADD', sandboxId: id, namespace, metadata: config.metadata }))[0] ?? '';
    } catch (error) {
      if (namespace !== '') host.os.deleteNamespace(namespace);
      if (error instanceof RpcFailure) {
        host.trace.emit<ContainerdEvent>({ type: 'containerd.sandbox-failed', pod: podOf(config), podUid: config.metadata.uid, message: error.message });
      }
      throw error;
    }
  }

  /** Kills what runs in it and takes its network away. Throws RpcFailure. */
  *stop(id: string): Task<void> {
    const record = this.#store.sandboxes.get(id);
    if (record === undefined || record.state === 'SANDBOX_NOTREADY') return;
    for (const container of this.#store.containersOf(id)) yield* this.#containers.stop(container.id, 0);
    yield* takeTime(this.#host, this.#config, 15, 15);
    if (record.namespace !== '') {
      const plugin = this.networkConfig.read();
      if (plugin !== undefined) yield* runNetworkPlugin(this.#host, plugin, { command: 'DEL', sandboxId: id, namespace: record.namespace, metadata: record.config.metadata });
      this.#host.os.deleteNamespace(record.namespace);
    }
    const pause = this.#pauses.get(id);
    if (pause !== undefined && pause.exit === undefined) {
      pause.signal('SIGKILL');
      yield* pause.wait();
    }
    this.#noteStopped(id);
  }

  *remove(id: string): Task<void> {
    const { disk } = this.#host;
    const record = this.#store.sandboxes.get(id);
    if (record === undefined) return;
    yield* this.stop(id);
    for (const container of this.#store.containersOf(id)) yield* this.#containers.remove(container.id);
    this.#store.sandboxes.delete(id);
    this.#pauses.delete(id);
    disk.remove(sandboxPath(id));
    if (record.config.dns !== undefined) disk.remove(`${sandboxFolder(id)}/resolv.conf`);
    if (record.config.sysctls !== undefined) disk.remove(`${sandboxFolder(id)}/proc-sys`);
    this.#emit('removed', record, 0);
    this.#store.announce('DELETED', record);
  }

  #watchPause(id: string, pause: ProcessHandle): void {
    this.#pauses.set(id, pause);
    this.#host.tasks.spawn(`wait pause ${id.slice(0, 8)}`, this.#waitFor(id, pause));
  }

  *#waitFor(id: string, pause: ProcessHandle): Task<void> {
    yield* pause.wait();
    this.#noteStopped(id);
  }

  #noteStopped(id: string): void {
    const record = this.#store.sandboxes.get(id);
    if (record === undefined || record.state === 'SANDBOX_NOTREADY') return;
    const stopped: SandboxRecord = { ...record, state: 'SANDBOX_NOTREADY', process: undefined };
    this.#store.saveSandbox(stopped);
    if (record.config.portMappings.length > 0) this.programHostPorts();
    this.#emit('stopped', record, 0);
    this.#store.announce('STOPPED', stopped);
  }

  #emit(change: 'created' | 'stopped' | 'removed', { id, config, namespace, ip }: SandboxRecord, pid: number): void {
    this.#host.trace.emit<ContainerdEvent>({ type: 'containerd.sandbox', change, id, pod: podOf(config), podUid: config.metadata.uid, namespace, ip, pid });
  }
}

function resolvConfText(dns: NonNullable<PodSandboxConfig['dns']>): string {
  const lines = [];
  if (dns.searches.length > 0) lines.push(`search ${dns.searches.join(' ')}`);
  for (const server of dns.servers) lines.push(`nameserver ${server}`);
  if (dns.options.length > 0) lines.push(`options ${dns.options.join(' ')}`);
  return `${lines.join('\n')}\n`;
}
