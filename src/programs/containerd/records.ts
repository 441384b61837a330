// What the runtime keeps about sandboxes and containers. Every change makes a new record, which is written to the disk, so that a restarted
// containerd finds its containers again: they are processes of the machine, not its own.
import type { Disk, PrivilegedHost, ProcessHandle } from '../../kernel/host.ts';
import type { ContainerConfig, ContainerStatus, PodSandboxConfig, PodSandboxStatus } from '../../wire/cri.ts';

export const stateFolder = '/var/lib/containerd/io.containerd.grpc.v1.cri';

/** A process as it can be recognised after a restart of the runtime: numbers alone are used again. */
export interface ProcessMark {
  readonly pid: number;
  readonly startedMs: number;
}

export interface SandboxRecord {
  readonly id: string;
  readonly config: PodSandboxConfig;
  readonly state: PodSandboxStatus['state'];
  readonly createdAtMs: number;
  /** '' on the host's network. */
  readonly ip: string;
  readonly namespace: string;
  readonly process: ProcessMark | undefined;
}

export interface ContainerRecord {
  readonly id: string;
  readonly sandboxId: string;
  readonly podUid: string;
  readonly config: ContainerConfig;
  readonly program: string;
  readonly args: readonly string[];
  readonly argv0?: string;
  readonly imageEnv: Readonly<Record<string, string>>;
  /** Number of the image's own user, e.g. `1234`; root when absent. */
  readonly imageUser?: number;
  readonly image: string;
  readonly imageRef: string;
  readonly state: ContainerStatus['state'];
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly signal?: string;
  readonly reason: string;
  readonly message: string;
  readonly process: ProcessMark | undefined;
}

export const rootOf = (containerId: string): string => `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${containerId}/rootfs`;
/** What a container sees as /sys/fs/cgroup, when it has resources of its own. */
export const cgroupOf = (containerId: string): string => `/sys/fs/cgroup/system.slice/cri-containerd-${containerId}.scope`;
export const sandboxFolder = (sandboxId: string): string => `${stateFolder}/sandbox-files/${sandboxId}`;
export const sandboxPath = (id: string): string => `${stateFolder}/sandboxes/${id}`;
export const containerPath = (id: string): string => `${stateFolder}/containers/${id}`;

export function readSandboxes(disk: Disk): readonly SandboxRecord[] {
  return disk.list(`${stateFolder}/sandboxes`).map((path) => disk.read(path) as SandboxRecord);
}

export function readContainers(disk: Disk): readonly ContainerRecord[] {
  return disk.list(`${stateFolder}/containers`).map((path) => disk.read(path) as ContainerRecord);
}

/** The process of a mark if it is still that one and still alive. */
export function findProcess(host: PrivilegedHost, mark: ProcessMark | undefined): ProcessHandle | undefined {
  if (mark === undefined) return undefined;
  const status = host.os.processes().find((each) => each.pid === mark.pid);
  if (status === undefined || status.startedMs !== mark.startedMs || status.state === 'exited') return undefined;
  return host.os.process(mark.pid);
}

export function sandboxStatus(record: SandboxRecord): PodSandboxStatus {
  return {
    id: record.id,
    metadata: record.config.metadata,
    state: record.state,
    createdAtMs: record.createdAtMs,
    ip: record.ip,
    labels: record.config.labels,
    hostNetwork: record.config.hostNetwork,
  };
}

export function containerStatus(record: ContainerRecord): ContainerStatus {
  return {
    id: record.id,
    podSandboxId: record.sandboxId,
    metadata: record.config.metadata,
    state: record.state,
    createdAtMs: record.createdAtMs,
    startedAtMs: record.startedAtMs,
    finishedAtMs: record.finishedAtMs,
    exitCode: record.exitCode,
    ...(record.signal === undefined ? {} : { signal: record.signal }),
    reason: record.reason,
    message: record.message,
    image: record.image,
    imageRef: record.imageRef,
    logPath: record.config.logPath,
    labels: record.config.labels,
    pid: record.process?.pid ?? 0,
  };
}

export const podOf = (config: PodSandboxConfig): string => `${config.metadata.namespace}/${config.metadata.name}`;
