// The container runtime interface (kubelet -> containerd over unix:/run/containerd/containerd.sock), carried as HTTP requests
// `POST /runtime.v1.RuntimeService/RunPodSandbox` and so on, with these bodies. Names as in cri-api v1, thinned to what is used.

export const criSocket = 'unix:/run/containerd/containerd.sock';

export interface PodSandboxConfig {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string; readonly attempt: number };
  readonly hostname: string;
  readonly hostNetwork: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly dns?: { readonly servers: readonly string[]; readonly searches: readonly string[]; readonly options: readonly string[] };
  /** Of the sandbox's own namespaces, e.g. `kernel.shm_rmid_forced`. */
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly portMappings: readonly { readonly containerPort: number; readonly hostPort: number; readonly protocol: string; /** Only at this address of the node; '' is all. */ readonly hostIp?: string }[];
  readonly hostAliases?: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
}
export interface PodSandboxStatus {
  readonly id: string;
  readonly metadata: PodSandboxConfig['metadata'];
  readonly state: 'SANDBOX_READY' | 'SANDBOX_NOTREADY';
  readonly createdAtMs: number;
  /** '' for host network. */
  readonly ip: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly hostNetwork?: boolean;
}
export interface Mount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readonly: boolean;
  /** The files of this image, instead of `hostPath`; it must be on the node. */
  readonly image?: string;
  readonly imageSubPath?: string;
}
export interface ContainerConfig {
  readonly metadata: { readonly name: string; readonly attempt: number };
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly labels: Readonly<Record<string, string>>;
  readonly tty?: boolean;
  readonly stdin?: boolean;
  /** The input ends with that of the first who attaches. */
  readonly stdinOnce?: boolean;
  readonly privileged?: boolean;
  /** What the pod asks for; what is absent is the image's. */
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly supplementalGroups?: readonly number[];
  readonly readonlyRootfs?: boolean;
  readonly noNewPrivs?: boolean;
  readonly memoryLimitBytes?: number;
  /** When present, the container finds them below /sys/fs/cgroup. */
  readonly resources?: ContainerResources;
  readonly logPath: string;
  /** `io.kubernetes.container.ports` holds the container's ports as JSON; the runtime hands it on as TERRARIUM_PORTS. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** The signal that asks the container to end; default SIGTERM. */
  readonly stopSignal?: string;
}
/** Shares of the machine, as a cgroup of version 2 keeps them. */
export interface ContainerResources {
  readonly cpuShares: number;
  /** In each 100 ms; -1 is no limit. */
  readonly cpuQuotaUs: number;
  /** 0 is no limit. */
  readonly memoryLimitBytes: number;
  readonly oomScoreAdj: number;
}
export interface ContainerStatus {
  readonly id: string;
  readonly podSandboxId: string;
  readonly metadata: ContainerConfig['metadata'];
  readonly state: 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED' | 'CONTAINER_UNKNOWN';
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  readonly signal?: string;
  /** Completed, Error, OOMKilled, ContainerCannotRun, StartError */
  readonly reason: string;
  readonly message: string;
  readonly image: string;
  readonly imageRef: string;
  readonly logPath: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pid: number;
}
export interface ImageRecord {
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly sizeBytes: number;
  /** The user that it runs as; 0 when none is named. */
  readonly uid: number;
}
export interface PullImageRequest {
  readonly image: string;
  readonly auth?: { readonly username: string; readonly password: string };
}

/** One line of a container's log file on the node's disk (the log file is a Disk log of these records). */
export interface LogRecord {
  readonly timeMs: number;
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** The line had no newline at its end (tag P of the CRI log format). */
  readonly partial?: true;
}

/** As the container wrote it. */
export const logText = (record: LogRecord): string => (record.partial === true ? record.text : `${record.text}\n`);

/** Method -> [request, response]. Errors are HTTP status 500 with body RpcError. */
export interface CriMethods {
  'RuntimeService/Version': [object, { readonly runtimeName: string; readonly runtimeVersion: string }];
  'RuntimeService/Status': [object, { readonly runtimeReady: boolean; readonly networkReady: boolean; readonly networkMessage: string }];
  'RuntimeService/UpdateRuntimeConfig': [{ readonly podCidr: string }, object];
  'RuntimeService/RunPodSandbox': [{ readonly config: PodSandboxConfig }, { readonly podSandboxId: string }];
  'RuntimeService/StopPodSandbox': [{ readonly podSandboxId: string }, object];
  'RuntimeService/RemovePodSandbox': [{ readonly podSandboxId: string }, object];
  'RuntimeService/ListPodSandbox': [object, { readonly items: readonly PodSandboxStatus[] }];
  'RuntimeService/CreateContainer': [{ readonly podSandboxId: string; readonly config: ContainerConfig; readonly sandboxConfig: PodSandboxConfig }, { readonly containerId: string }];
  'RuntimeService/StartContainer': [{ readonly containerId: string }, object];
  'RuntimeService/UpdateContainerResources': [{ readonly containerId: string; readonly resources: ContainerResources }, object];
  'RuntimeService/StopContainer': [{ readonly containerId: string; readonly timeoutSeconds: number }, object];
  'RuntimeService/RemoveContainer': [{ readonly containerId: string }, object];
  'RuntimeService/ListContainers': [object, { readonly containers: readonly ContainerStatus[] }];
  'RuntimeService/ExecSync': [{ readonly containerId: string; readonly cmd: readonly string[]; readonly timeoutSeconds: number }, { readonly stdout: string; readonly stderr: string; readonly exitCode: number }];
  /** Open request: data frames {stdin} in, {stdout}|{stderr}|{exitCode} out. */
  'RuntimeService/Exec': [{ readonly containerId: string; readonly cmd: readonly string[]; readonly tty: boolean; readonly stdin: boolean }, object];
  'RuntimeService/Attach': [{ readonly containerId: string; readonly tty: boolean; readonly stdin: boolean }, object];
  /** Open request: a raw message stream to a port inside the sandbox. */
  'RuntimeService/PortForward': [{ readonly podSandboxId: string; readonly port: number }, object];
  /** Open response: a data frame of ContainerEvent for every change. */
  'RuntimeService/GetContainerEvents': [object, object];
  'ImageService/ListImages': [object, { readonly images: readonly ImageRecord[] }];
  'ImageService/ImageStatus': [{ readonly image: string }, { readonly image?: ImageRecord }];
  'ImageService/PullImage': [PullImageRequest, { readonly imageRef: string }];
  'ImageService/RemoveImage': [{ readonly image: string }, object];
  'RuntimeService/ListContainerStats': [object, { readonly stats: readonly { readonly id: string; readonly cpuMs: number; readonly memoryBytes: number }[] }];
}
export interface ContainerEvent {
  readonly type: 'CREATED' | 'STARTED' | 'STOPPED' | 'DELETED';
  readonly containerId: string;
  readonly podSandboxId: string;
  readonly podUid: string;
  /** As cri-api's ContainerEventResponse: the state after the change. A DELETED container has no status any more. */
  readonly sandbox?: PodSandboxStatus;
  readonly container?: ContainerStatus;
}
