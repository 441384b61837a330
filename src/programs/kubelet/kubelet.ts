// What all parts of one kubelet share: clients, the pods of this node and their workers, the node object.
import { watchUsage } from './usage.ts';
import type { PrivilegedHost } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { formatTime } from '../../api/meta/time.ts';
import type { ContainerEvent } from '../../wire/cri.ts';
import type { ClosableApiClient } from '../../client/rest-client.ts';
import { createEventRecorder, type EventRecorder } from '../../client/event-recorder.ts';
import { type RunningInformer, startInformer } from '../../client/informer.ts';
import type { KubeletConfig } from './config.ts';
import type { ServiceObject } from './env.ts';
import type { KubeletEvent } from './events.ts';
import { Images } from './images.ts';
import { MirrorPods } from './mirror-pods.ts';
import { NodeAgent, nodesRef } from './node-agent.ts';
import { computeCapacity, extendedResources } from './node-status.ts';
import { ObjectCache } from './object-cache.ts';
import { PodWorker } from './pod-worker.ts';
import { RuntimeClient } from './runtime-client.ts';
import type { Tally } from '../../wire/metrics.ts';
import { podsRef, StatusManager } from './status-manager.ts';
import { isMirrorPod, type Node, type Pod, podKey } from './types.ts';

export class Kubelet {
  readonly host: PrivilegedHost;
  readonly config: KubeletConfig;
  readonly client: ClosableApiClient | undefined;
  /** What the client has asked. */
  readonly requests: Tally;
  readonly runtime: RuntimeClient;
  readonly images: Images;
  readonly statuses: StatusManager;
  readonly objects: ObjectCache | undefined;
  readonly mirrors: MirrorPods;
  readonly workers = new Map<string, PodWorker>();
  readonly startedMs: number;
  readonly machineId: string;
  readonly bootId: string;
  readonly #recorder: EventRecorder | undefined;
  #nodes: RunningInformer<Node> | undefined;
  #services: RunningInformer<ServiceObject> | undefined;
  #pods: RunningInformer<Pod> | undefined;

  constructor(host: PrivilegedHost, config: KubeletConfig, client: ClosableApiClient | undefined, requests: Tally) {
    this.host = host;
    this.config = config;
    this.client = client;
    this.requests = requests;
    this.startedMs = host.clock.nowMs();
    this.runtime = new RuntimeClient(host);
    this.images = new Images(this);
    this.statuses = new StatusManager(host, client);
    this.objects = client === undefined ? undefined : new ObjectCache(host, client, (uids) => this.#wakeLater(uids));
    this.mirrors = new MirrorPods(this);
    this.#recorder = client === undefined ? undefined : createEventRecorder(host, client, { component: 'kubelet', instance: config.nodeName });
    this.machineId = readMachineId(host);
    this.bootId = readBootId(host);
  }

  start(): void {
    const { tasks } = this.host;
    this.runtime.onChange((uid, event) => this.#onRuntimeChange(uid, event));
    tasks.spawn('pleg', this.runtime.run());
    new NodeAgent(this).start();
    tasks.spawn('status manager', this.statuses.run());
    if (this.client === undefined) return;
    const { nodeName } = this.config;
    this.#nodes = startInformer<Node>(this.host, this.client, nodesRef, { fieldSelector: `metadata.name=${nodeName}` });
    this.#nodes.onChange(({ object }) => this.#onNode(object));
    this.#services = startInformer<ServiceObject>(this.host, this.client, { group: '', version: 'v1', resource: 'services' });
    this.#pods = startInformer<Pod>(this.host, this.client, podsRef, { fieldSelector: `spec.nodeName=${nodeName}` });
    this.#pods.onChange(({ type, object }) => this.#onApiPod(type, object));
    tasks.spawn('usage', watchUsage(this));
    tasks.spawn('clean up', this.#cleanUpOrphans());
  }

  // ---------------------------------------------------------------- what the node is

  get addresses(): readonly string[] {
    return this.config.nodeIPs;
  }

  node(): Node | undefined {
    return this.#nodes?.get(this.config.nodeName);
  }

  allocatable(): Readonly<Record<string, string>> {
    return { ...computeCapacity({ config: this.config, cores: this.host.os.cores, memoryBytes: this.host.os.memoryBytes }).allocatable, ...extendedResources(this.node()?.status) };
  }

  services(): readonly ServiceObject[] {
    return this.#services?.list() ?? noServices;
  }

  get areServicesKnown(): boolean {
    return this.#services === undefined || this.#services.synced;
  }

  #podCidr = '';
  #hasNode = false;
  #onNode(node: Node): void {
    // Mirror pods name their node as owner: they can be made from now on.
    if (!this.#hasNode) this.wakeAll();
    this.#hasNode = true;
    const podCidr = node.spec.podCIDR ?? '';
    if (podCidr !== '' && podCidr !== this.#podCidr) {
      this.#podCidr = podCidr;
      this.host.tasks.spawn('pod cidr', this.runtime.updatePodCidr(podCidr));
    }
  }

  timeText(): string {
    return formatTime(this.host.clock.wallMs());
  }

  // ---------------------------------------------------------------- events

  record(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string, container?: string): void {
    if (this.#recorder === undefined) return;
    const isInit = container !== undefined && pod.spec.initContainers?.some((each) => each.name === container) === true;
    const fieldPath = container === undefined ? undefined : `spec.${isInit ? 'initContainers' : 'containers'}{${container}}`;
    this.#recorder.event(pod, type, reason, message, fieldPath === undefined ? {} : { fieldPath });
  }

  recordNode(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { nodeName } = this.config;
    // The kubelet names its node by name where others give the uid.
    this.#recorder?.event({ apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName, uid: nodeName } }, type, reason, message);
  }

  // ---------------------------------------------------------------- pods

  /** The uid under which the runtime and our workers know the pod. */
  runtimeUid(pod: Pod): string {
    return pod.metadata.uid ?? '';
  }

  pullSecrets(pod: Pod): readonly Readonly<Record<string, string>>[] {
    const namespace = pod.metadata.namespace ?? 'default';
    const secrets = (pod.spec.imagePullSecrets ?? []).map((each) => this.objects?.data('secret', namespace, each.name ?? ''));
    return secrets.filter((secret) => secret !== undefined);
  }

  /** Pods that hold their place on this node, but for `except`. */
  activePods(except: string): readonly Pod[] {
    const pods: Pod[] = [];
    for (const [uid, worker] of this.workers) if (uid !== except && worker.isActive) pods.push(worker.pod);
    return pods;
  }

  findPod(namespace: string, name: string): PodWorker | undefined {
    for (const worker of this.workers.values()) if (worker.pod.metadata.name === name && (worker.pod.metadata.namespace ?? 'default') === namespace) return worker;
    return undefined;
  }

  #onApiPod(type: 'add' | 'update' | 'delete', pod: Pod): void {
    if (isMirrorPod(pod)) {
      this.mirrors.onApi(type, pod);
      return;
    }
    this.setPod(pod, 'api', type);
    if (type === 'update') this.statuses.observe(pod.metadata.uid ?? '', pod.status);
  }

  /** A pod appeared, changed or went, in the API or in the manifests folder. */
  setPod(pod: Pod, source: 'api' | 'file', change: 'add' | 'update' | 'delete'): void {
    const uid = pod.metadata.uid ?? '';
    const worker = this.workers.get(uid);
    if (worker === undefined && change === 'delete') return;
    if (worker === undefined || change === 'delete' || pod.metadata.deletionTimestamp !== worker.pod.metadata.deletionTimestamp) {
      this.host.trace.emit<KubeletEvent>({ type: 'kubelet.pod-seen', pod: podKey(pod), uid, source, change: change === 'delete' ? 'remove' : pod.metadata.deletionTimestamp === undefined ? change : 'delete' });
    }
    if (worker !== undefined) {
      worker.update(pod, change === 'delete');
      return;
    }
    const made = new PodWorker(this, pod, source);
    this.workers.set(uid, made);
    made.start();
  }

  forgetWorker(uid: string): void {
    this.workers.delete(uid);
    this.statuses.forget(uid);
    this.images.forgetPod(uid);
  }

  wakeAll(): void {
    for (const worker of this.workers.values()) worker.wake();
  }

  #onRuntimeChange(uid: string, event: ContainerEvent | undefined): void {
    this.workers.get(uid)?.onRuntimeChange(event);
  }

  /** Changed ConfigMaps and Secrets reach their volumes at the pod's next round, within a minute or so. */
  #wakeLater(uids: readonly string[]): void {
    for (const uid of uids) {
      const worker = this.workers.get(uid);
      if (worker !== undefined) worker.remountLater(this.host.random.below(60_000));
    }
  }

  /** HandlePodCleanups: what runs here and is nobody's is ended, once all sources have spoken. */
  *#cleanUpOrphans(): Task<void> {
    const pods = this.#pods;
    if (pods === undefined) return;
    yield* pods.waitForSync();
    while (!this.runtime.isListed) yield* this.host.clock.sleep(500);
    yield* this.host.clock.sleep(2000);
    for (const uid of this.runtime.podUids()) if (!this.workers.has(uid)) yield* this.runtime.removePod(uid);
  }
}

const noServices: readonly ServiceObject[] = [];

/** A number of this machine that outlives every process. */
function readMachineId(host: PrivilegedHost): string {
  const path = '/etc/machine-id';
  const known = host.disk.readText(path);
  if (known !== undefined) return known.trim();
  const made = host.random.hex(32);
  host.disk.write(path, `${made}\n`);
  host.tasks.spawn('machine id', host.disk.sync(path));
  return made;
}

interface BootMark {
  readonly bootId: string;
  readonly processes: readonly { readonly pid: number; readonly startedMs: number }[];
}

/** A number of this boot: as long as any process that an earlier kubelet saw still lives, the machine has not been off. */
function readBootId(host: PrivilegedHost): string {
  const path = '/run/kubelet/boot';
  const now = host.os.processes();
  const mark = host.disk.read(path) as BootMark | undefined;
  const isSame = mark !== undefined && mark.processes.some((seen) => now.some((each) => each.pid === seen.pid && each.startedMs === seen.startedMs && each.pid !== host.pid));
  const bootId = isSame ? mark.bootId : `${host.random.hex(8)}-${host.random.hex(4)}-${host.random.hex(4)}-${host.random.hex(4)}-${host.random.hex(12)}`;
  host.disk.write(path, { bootId, processes: now.map(({ pid, startedMs }) => ({ pid, startedMs })) } satisfies BootMark);
  return bootId;
}
