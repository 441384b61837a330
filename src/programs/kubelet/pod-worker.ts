// One task for each pod: brings the pod to what it asks for, ends it when it must end, tells the status manager what is.
import type { Latch, Mailbox, PrivilegedHost } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { type ContainerEvent, type ContainerStatus, logText, type LogRecord } from '../../wire/cri.ts';
import { type ContainerToKill, computePodActions, effectivePolicy } from './actions.ts';
import { decideAdmission, type Refusal } from './admission.ts';
import { Backoff } from './backoff.ts';
import { makeContainerConfig, makeSandboxConfig } from './container-config.ts';
import { ConfigError } from './env.ts';
import type { KubeletEvent } from './events.ts';
import { runHandler } from './handlers.ts';
import type { Kubelet } from './kubelet.ts';
import { latestContainer, type PodRuntime, readySandbox } from './pod-runtime.ts';
import { computePodStatus, remainingDeadlineMs } from './pod-status.ts';
import { PodProbes } from './probes.ts';
import { decideResize, PodResources, runtimeResources } from './resize.ts';
import { RuntimeFailure } from './runtime-client.ts';
import { deepEqual } from './status-patch.ts';
import { type Container, isSidecar, isStaticPod, type Pod, podKey, type PodStatus } from './types.ts';
import { PodVolumes, podFolder, terminationLog } from './volumes.ts';

type Phase = 'sync' | 'terminating' | 'terminated';

export class PodWorker {
  pod: Pod;
  readonly uid: string;
  readonly volumes: PodVolumes;
  readonly probes: PodProbes;
  readonly resources = new PodResources();
  readonly #kubelet: Kubelet;
  readonly #host: PrivilegedHost;
  readonly #source: 'api' | 'file';
  readonly #box: Mailbox<true>;
  readonly #ending: Latch;
  readonly #waiting = new Map<string, { readonly reason: string; readonly message: string }>();
  readonly #crashes = new Backoff(10_000, 300_000);
  readonly #terminationMessages = new Map<string, string>();
  /** What the last status was worked out from. */
  #basis: readonly unknown[] | undefined;
  #waitingVersion = 0;
  #phase: Phase = 'sync';
  #status: PodStatus | undefined;
  /** The pod object is gone from its source. */
  #isGone = false;
  #graceSeconds: number | undefined;
  #failure: Refusal | undefined;
  #isRejected = false;
  /** When to look again although nothing happened. */
  #nextMs = Infinity;
  #isRemountDue = false;

  constructor(kubelet: Kubelet, pod: Pod, source: 'api' | 'file') {
    this.#kubelet = kubelet;
    this.#host = kubelet.host;
    this.pod = pod;
    this.uid = pod.metadata.uid ?? '';
    this.#source = source;
    this.#box = kubelet.host.tasks.mailbox<true>();
    this.#ending = kubelet.host.tasks.latch();
    this.volumes = new PodVolumes(kubelet, this.uid);
    this.probes = new PodProbes(kubelet, {
      pod: () => this.pod,
      uid: this.uid,
      onVerdict: () => {
        this.#publish();
        this.wake();
      },
    });
  }

  get isActive(): boolean {
    if (this.#isRejected || this.#phase === 'terminated') return false;
    const phase = this.#status?.phase;
    return phase !== 'Succeeded' && phase !== 'Failed';
  }

  get status(): PodStatus | undefined {
    return this.#status;
  }

  start(): void {
    this.#status = this.pod.status;
    this.#host.tasks.spawn(`pod ${podKey(this.pod)}`, this.#run());
  }

  update(pod: Pod, isGone: boolean): void {
    const before = this.pod;
    this.pod = pod;
    if (isGone) this.#isGone = true;
    const isDeleted = isGone || pod.metadata.deletionTimestamp !== undefined;
    if (isDeleted) {
      const grace = isGone && pod.metadata.deletionTimestamp === undefined ? (pod.spec.terminationGracePeriodSeconds ?? 30) : (pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30);
      const shorter = this.#graceSeconds !== undefined && grace < this.#graceSeconds;
      if (this.#graceSeconds === undefined || shorter) this.#graceSeconds = grace;
      if (this.#phase === 'terminating' && shorter) this.#host.tasks.spawn('sooner', this.#killSooner(grace));
      this.#end();
      this.wake();
      return;
    }
    // Our own status patches come back to us; only what a person or another part may have changed needs a round.
    const isSameSpec = pod.spec === before.spec || (pod.metadata.generation !== undefined && pod.metadata.generation === before.metadata.generation);
    if (!isSameSpec && !deepEqual(pod.spec, before.spec)) this.wake();
    else if (pod.spec.readinessGates !== undefined && !deepEqual(pod.status?.conditions, before.status?.conditions)) this.wake();
    else if (!deepEqual(pod.metadata.labels, before.metadata.labels) || !deepEqual(pod.metadata.annotations, before.metadata.annotations)) this.remountLater(this.#host.random.below(60_000));
  }

  wake(): void {
    if (this.#box.size === 0) this.#box.put(true);
  }

  remountLater(delayMs: number): void {
    this.#isRemountDue = true;
    this.#nextMs = Math.min(this.#nextMs, this.#host.clock.nowMs() + delayMs);
    this.wake();
  }

  onRuntimeChange(event: ContainerEvent | undefined): void {
    if (event?.type === 'STOPPED' && event.container !== undefined) this.#noteDeath(event.container);
    if (this.#isRejected || event?.type === 'CREATED' || event?.type === 'DELETED') return;
    if (event?.type === 'STARTED' && event.container !== undefined) {
      const container = this.#containerNamed(event.container.metadata.name);
      if (container !== undefined) this.probes.trigger(container);
    }
    this.#publish();
    this.wake();
  }

  #noteDeath(status: ContainerStatus): void {
    const name = status.metadata.name;
    const container = this.#containerNamed(name);
    const path = terminationLog(this.uid, name);
    let message = this.#host.disk.readText(path) ?? '';
    if (message !== '') this.#host.disk.remove(path);
    if (message === '' && container?.terminationMessagePolicy === 'FallbackToLogsOnError' && status.exitCode !== 0) {
      message = (this.#host.disk.readLog(status.logPath) as readonly LogRecord[]).slice(-80).map(logText).join('').slice(-2048);
    }
    if (message !== '') this.#terminationMessages.set(status.id, message);
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.container-died', pod: podKey(this.pod), uid: this.uid, container: name, id: status.id, exitCode: status.exitCode, reason: status.reason });
  }

  #containerNamed(name: string): Container | undefined {
    return this.pod.spec.containers.find((each) => each.name === name) ?? this.pod.spec.initContainers?.find((each) => each.name === name) ?? this.pod.spec.ephemeralContainers?.find((each) => each.name === name);
  }

  // ---------------------------------------------------------------- the loop

  *#run(): Task<void> {
    const { clock } = this.#host;
    if (!(yield* this.#begin())) return;
    while (this.#phase !== 'terminated' || !this.#isGone) {
      this.#nextMs = Infinity;
      if (this.#phase === 'sync') {
        // What began a round does not hold up the pod's end.
        yield* this.#host.tasks.race(this.#sync(), this.#ending.wait());
        if (this.#ending.isSet) this.#phase = 'terminating';
      }
      if (this.#phase === 'terminating') {
        yield* this.#terminate();
        this.#phase = 'terminated';
        yield* this.#finish();
      }
      if (this.#phase === 'terminated' && this.#isGone) break;
      const waitMs = this.#nextMs - clock.nowMs();
      if (waitMs === Infinity) yield* this.#box.take();
      else if (waitMs > 0) yield* this.#box.take(waitMs);
      while (this.#box.poll() !== undefined);
      if (this.#phase === 'terminated' && this.pod.metadata.deletionTimestamp !== undefined) this.#kubelet.statuses.finish(this.uid);
    }
    yield* this.#cleanUp();
  }

  /** False when the pod is over before it began. */
  *#begin(): Task<boolean> {
    const kubelet = this.#kubelet;
    while (!kubelet.runtime.isListed) yield* this.#host.clock.sleep(100);
    // A pod of the same name that is still ending goes first.
    for (let other = this.#namesake(); other !== undefined; other = this.#namesake()) yield* this.#host.clock.sleep(500);
    if (this.#source === 'api' && this.pod.metadata.deletionTimestamp !== undefined) {
      this.#graceSeconds = this.pod.metadata.deletionGracePeriodSeconds ?? 30;
      this.#end();
    }
    const runtime = this.#runtime();
    const oldPhase = this.pod.status?.phase;
    if (oldPhase === 'Succeeded' || oldPhase === 'Failed') {
      this.#end();
      return true;
    }
    if (runtime.containers.length > 0) this.#rememberProbes(runtime);
    else {
      const refusal = decideAdmission({ pod: this.pod, node: kubelet.node(), allocatable: kubelet.allocatable(), others: kubelet.activePods(this.uid) });
      if (refusal !== undefined && !this.#ending.isSet) this.#reject(refusal);
    }
    return true;
  }

  #namesake(): PodWorker | undefined {
    const { name, namespace } = this.pod.metadata;
    for (const worker of this.#kubelet.workers.values()) {
      if (worker === this) return undefined;
      const { metadata } = worker.pod;
      if (metadata.name === name && metadata.namespace === namespace) return worker;
    }
    return undefined;
  }

  #reject(refusal: Refusal): void {
    this.#isRejected = true;
    this.#kubelet.record(this.pod, 'Warning', refusal.reason, refusal.message);
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.rejected', pod: podKey(this.pod), uid: this.uid, ...refusal });
    this.#failure = { reason: refusal.reason, message: `Pod was rejected: ${refusal.message}` };
    const generation = this.pod.metadata.generation;
    this.#setStatus({ ...this.pod.status, ...(generation === undefined ? {} : { observedGeneration: generation }), phase: 'Failed', reason: refusal.reason, message: `Pod was rejected: ${refusal.message}`, startTime: this.#now() });
    this.#end();
  }

  /** Containers that were ready before this kubelet started stay so until a probe says otherwise. */
  #rememberProbes(runtime: PodRuntime): void {
    const known = [...(this.pod.status?.containerStatuses ?? []), ...(this.pod.status?.initContainerStatuses ?? [])];
    for (const state of known) {
      const current = latestContainer(runtime, state.name);
      if (current !== undefined && state.containerID?.endsWith(current.id) === true) this.probes.remember(current.id, state.ready, state.started);
    }
  }

  #end(): void {
    this.#ending.set();
    if (this.#phase === 'sync') this.wake();
  }

  // ---------------------------------------------------------------- sync

  *#sync(): Task<void> {
    const kubelet = this.#kubelet;
    this.#emitSync('sync');
    this.#publish();
    if (isStaticPod(this.pod)) {
      kubelet.mirrors.ensure(this.pod);
      if (kubelet.client !== undefined && kubelet.mirrors.apiUid(this.pod) === undefined) this.#lookAgainIn(3000);
    }
    const { pod } = this;
    const deadlineMs = remainingDeadlineMs(pod, this.#status, this.#host.clock.wallMs());
    if (deadlineMs !== undefined && deadlineMs <= 0) {
      this.#failure = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
      kubelet.record(pod, 'Normal', 'DeadlineExceeded', this.#failure.message);
      this.#end();
      return;
    }
    if (deadlineMs !== undefined) this.#lookAgainIn(deadlineMs);
    if (!kubelet.runtime.isNetworkReady && pod.spec.hostNetwork !== true) {
      const message = `network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:${kubelet.runtime.networkMessage}`;
      kubelet.record(pod, 'Warning', 'NetworkNotReady', message);
      this.#lookAgainIn(10_000);
      return;
    }
    this.volumes.acquire(pod);
    this.probes.start(pod);
    if (!this.volumes.isMounted || this.#isRemountDue || this.volumes.refreshAtMs <= this.#host.clock.nowMs()) {
      this.#isRemountDue = false;
      const retryMs = yield* this.#mount();
      if (retryMs !== undefined) {
        this.#lookAgainIn(retryMs);
        return;
      }
    }
    if (this.volumes.refreshAtMs !== Infinity) this.#lookAgainIn(this.volumes.refreshAtMs - this.#host.clock.nowMs());
    try {
      yield* this.#resize();
      yield* this.#carryOut();
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
      this.#lookAgainIn(10_000 * (1 + 0.5 * this.#host.random.next()));
    }
    this.#publish();
    const phase = this.#status?.phase;
    if (phase === 'Succeeded' || phase === 'Failed') this.#end();
  }

  /** Gives running containers what the spec asks for since they started, as far as the node has it. */
  *#resize(): Task<void> {
    const { pod } = this;
    const kubelet = this.#kubelet;
    const decision = decideResize(this.resources.actual(pod), pod, kubelet.allocatable(), () => kubelet.activePods(this.uid));
    if (decision.kind === 'nothing') return this.#noteResize(undefined);
    if (decision.kind === 'pending') {
      this.#noteResize({ type: 'PodResizePending', reason: decision.reason, message: decision.message });
      if (decision.reason === 'Deferred') this.#lookAgainIn(10_000);
      return;
    }
    this.#noteResize({ type: 'PodResizeInProgress' });
    for (const { container, restart } of decision.resizes) {
      const status = latestContainer(this.#runtime(), container.name);
      const resources = runtimeResources(pod, container, this.#host.os.memoryBytes);
      this.resources.carriedOut(container);
      if (status?.state !== 'CONTAINER_RUNNING' || resources === undefined) continue;
      if (restart) yield* this.#kill({ id: status.id, name: container.name, message: `Container ${container.name} resize requires restart`, reason: 'changed' }, this.#grace());
      else yield* kubelet.runtime.call('RuntimeService/UpdateContainerResources', { containerId: status.id, resources }, `UpdateContainerResources ${container.name}`);
    }
    this.#noteResize(undefined);
    this.wake();
  }

  #noteResize(condition: PodResources['condition']): void {
    if (deepEqual(this.resources.condition, condition)) return;
    this.resources.condition = condition;
    this.#waitingVersion++;
    this.#publish();
  }

  /** The volume manager works in rounds: what a new pod needs is found and mounted within about 0.3 s. */
  *#mount(): Task<number | undefined> {
    const roundMs = this.#kubelet.config.volumeRoundMs;
    const isFirst = roundMs > 0 && !this.volumes.isMounted && (this.pod.spec.volumes?.length ?? 0) > 0 && !isStaticPod(this.pod);
    const startedMs = this.#host.clock.nowMs();
    if (isFirst) yield* this.#host.clock.sleep(roundMs / 3 + this.#host.random.below(roundMs / 3));
    const retryMs = yield* this.volumes.mount(this.pod);
    const leftMs = startedMs + roundMs - this.#host.clock.nowMs();
    if (isFirst && retryMs === undefined && leftMs > 0) yield* this.#host.clock.sleep(leftMs);
    return retryMs;
  }

  #lookAgainIn(delayMs: number): void {
    this.#nextMs = Math.min(this.#nextMs, this.#host.clock.nowMs() + delayMs);
  }

  /** kuberuntime's SyncPod. */
  *#carryOut(): Task<void> {
    const { pod } = this;
    const kubelet = this.#kubelet;
    const actions = computePodActions(pod, this.#runtime(), {
      livenessFailed: this.probes.livenessFailed,
      startupFailed: this.probes.startupFailed,
      isStarted: (id) => {
        const status = this.#runtime().containers.find((each) => each.id === id);
        const container = status === undefined ? undefined : this.#containerNamed(status.metadata.name);
        return container === undefined || this.probes.isStarted(container, id);
      },
    });
    if (actions.killPod) {
      const hadSandbox = actions.sandboxId !== undefined;
      if (hadSandbox && actions.createSandbox) kubelet.record(pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
      const running = this.#runtime().containers.filter((each) => each.state === 'CONTAINER_RUNNING');
      for (const status of running) yield* this.#kill({ id: status.id, name: status.metadata.name, message: '', reason: 'pod' }, this.#grace());
      for (const sandbox of this.#runtime().sandboxes) if (sandbox.state === 'SANDBOX_READY') yield* kubelet.runtime.call('RuntimeService/StopPodSandbox', { podSandboxId: sandbox.id });
    } else {
      for (const each of actions.containersToKill) yield* this.#kill(each, this.#graceOfKill(each));
    }
    if (actions.killPod && !actions.createSandbox) return;
    let sandboxId = actions.sandboxId;
    if (actions.createSandbox) sandboxId = yield* this.#createSandbox(actions.attempt);
    if (sandboxId === undefined) return;
    const ip = pod.spec.hostNetwork === true ? (kubelet.addresses[0] ?? '') : (readySandbox(this.#runtime())?.ip ?? '');
    // Before the others, as the real one does it: to look into a pod whose containers do not start.
    for (const index of actions.ephemeralToStart) {
      const container = pod.spec.ephemeralContainers?.[index];
      if (container !== undefined) yield* this.#startContainer(container, sandboxId, ip);
    }
    for (const index of actions.initContainersToStart) {
      const container = pod.spec.initContainers?.[index];
      if (container !== undefined) yield* this.#startContainer(container, sandboxId, ip);
    }
    for (const index of actions.containersToStart) {
      const container = pod.spec.containers[index];
      if (container !== undefined) yield* this.#startContainer(container, sandboxId, ip);
    }
  }

  *#createSandbox(attempt: number): Task<string> {
    const { pod } = this;
    try {
      const config = makeSandboxConfig(this.#kubelet, pod, attempt);
      const reply = yield* this.#kubelet.runtime.call('RuntimeService/RunPodSandbox', { config }, `RunPodSandbox ${podKey(pod)}`);
      // The runtime's event of it is on its way: containers are told the address.
      for (let n = 0; n < 50 && readySandbox(this.#runtime()) === undefined; n++) yield* this.#host.clock.sleep(2);
      const ip = readySandbox(this.#runtime())?.ip ?? '';
      this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.sandbox-created', pod: podKey(pod), uid: this.uid, sandbox: reply.podSandboxId, ip });
      return reply.podSandboxId;
    } catch (error) {
      if (error instanceof RuntimeFailure) {
        this.#kubelet.record(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${error.message}`);
        this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.sandbox-failed', pod: podKey(pod), uid: this.uid, message: error.message });
      }
      throw error;
    }
  }

  /** Starts one container unless it has to wait; what keeps it is noted and shown as its waiting reason. */
  *#startContainer(container: Container, sandboxId: string, podIP: string): Task<void> {
    const { pod } = this;
    const kubelet = this.#kubelet;
    const previous = latestContainer(this.#runtime(), container.name);
    const backoffKey = `${container.name}_${container.image ?? ''}`;
    if (previous?.state === 'CONTAINER_EXITED' && !this.#isCleanInit(container, previous)) {
      const nowMs = this.#host.clock.wallMs();
      const leftMs = this.#crashes.remaining(backoffKey, previous.finishedAtMs, nowMs);
      if (leftMs > 0) {
        const delayMs = this.#crashes.delay(backoffKey);
        const where = `${container.name} in pod ${pod.metadata.name}_${pod.metadata.namespace ?? 'default'}(${this.uid})`;
        kubelet.record(pod, 'Warning', 'BackOff', `Back-off restarting failed container ${where}`, container.name);
        this.#wait(container, 'CrashLoopBackOff', `back-off ${backoffText(delayMs)} restarting failed container=${container.name} pod=${pod.metadata.name}_${pod.metadata.namespace ?? 'default'}(${this.uid})`);
        this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.backoff', pod: podKey(pod), uid: this.uid, container: container.name, what: 'CrashLoopBackOff', delayMs });
        this.#lookAgainIn(leftMs);
        return;
      }
      this.#crashes.next(backoffKey, nowMs);
    }
    const problem = yield* kubelet.images.ensure(pod, container);
    if (problem !== undefined) {
      this.#wait(container, problem.reason, problem.message);
      this.#lookAgainIn(problem.retryMs);
      return;
    }
    // Services' variables are needed: a container that starts before they are known would lack them for good. Static pods come before all.
    if (!kubelet.areServicesKnown && !isStaticPod(pod)) {
      this.#lookAgainIn(100);
      return;
    }
    const attempt = this.#nextAttempt(container, previous);
    let config;
    try {
      config = makeContainerConfig(kubelet, this, container, podIP, attempt);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      kubelet.record(pod, 'Warning', 'Failed', `Error: ${error.message}`, container.name);
      this.#wait(container, 'CreateContainerConfigError', error.message);
      this.#lookAgainIn(10_000);
      return;
    }
    let containerId: string;
    try {
      const sandboxConfig = makeSandboxConfig(kubelet, pod, 0);
      containerId = (yield* kubelet.runtime.call('RuntimeService/CreateContainer', { podSandboxId: sandboxId, config, sandboxConfig }, `CreateContainer ${container.name}`)).containerId;
      kubelet.record(pod, 'Normal', 'Created', 'Container created', container.name);
    } catch (error) {
      if (error instanceof RuntimeFailure) this.#noteStartFailure(container, 'CreateContainerError', error);
      throw error;
    }
    try {
      yield* kubelet.runtime.call('RuntimeService/StartContainer', { containerId }, `StartContainer ${container.name}`);
    } catch (error) {
      if (error instanceof RuntimeFailure) this.#noteStartFailure(container, 'RunContainerError', error);
      throw error;
    }
    if (this.#waiting.delete(container.name)) this.#waitingVersion++;
    kubelet.record(pod, 'Normal', 'Started', 'Container started', container.name);
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.container-started', pod: podKey(pod), uid: this.uid, container: container.name, id: containerId, restart: attempt });
    yield* this.#removeOldContainers(container);
    const hook = container.lifecycle?.postStart;
    if (hook === undefined) return;
    const done = yield* runHandler(kubelet, pod, container, hook, containerId, 0);
    if (done.success) return;
    kubelet.record(pod, 'Warning', 'FailedPostStartHook', `PostStartHook failed: ${done.output}`, container.name);
    this.#wait(container, 'PostStartHookError', done.output);
    yield* this.#kill({ id: containerId, name: container.name, message: `FailedPostStartHook`, reason: 'changed' }, this.#grace());
  }

  /** A completed init container of an earlier sandbox is run again without any waiting. */
  #isCleanInit(container: Container, previous: ContainerStatus): boolean {
    return previous.exitCode === 0 && !isSidecar(container) && this.pod.spec.initContainers?.includes(container) === true;
  }

  #nextAttempt(container: Container, previous: ContainerStatus | undefined): number {
    if (previous !== undefined) return previous.metadata.attempt + 1;
    const known = [...(this.#status?.containerStatuses ?? []), ...(this.#status?.initContainerStatuses ?? [])].find((each) => each.name === container.name);
    return known?.containerID === undefined ? (known?.restartCount ?? 0) : known.restartCount + 1;
  }

  #noteStartFailure(container: Container, reason: string, error: RuntimeFailure): void {
    this.#kubelet.record(this.pod, 'Warning', 'Failed', `Error: ${error.description}`, container.name);
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.container-failed', pod: podKey(this.pod), uid: this.uid, container: container.name, reason, message: error.description });
    this.#wait(container, reason, error.description);
  }

  #wait(container: Container, reason: string, message: string): void {
    this.#waiting.set(container.name, { reason, message });
    this.#waitingVersion++;
    this.#publish();
  }

  /** MaxPerPodContainer 1: of each container one dead instance is kept, for its logs. */
  *#removeOldContainers(container: Container): Task<void> {
    const dead = this.#runtime().containers.filter((each) => each.metadata.name === container.name && each.state === 'CONTAINER_EXITED');
    for (const old of dead.slice(1)) yield* this.#removeContainer(old);
  }

  *#removeContainer(status: ContainerStatus): Task<void> {
    this.probes.forgetContainer(status.id);
    this.#terminationMessages.delete(status.id);
    this.#host.disk.remove(status.logPath);
    yield* this.#kubelet.runtime.call('RuntimeService/RemoveContainer', { containerId: status.id });
  }

  // ---------------------------------------------------------------- ending

  #grace(): number {
    return this.#graceSeconds ?? this.pod.spec.terminationGracePeriodSeconds ?? 30;
  }

  #graceOfKill(kill: ContainerToKill): number {
    const container = this.#containerNamed(kill.name);
    const own = kill.reason === 'liveness' ? container?.livenessProbe?.terminationGracePeriodSeconds : kill.reason === 'startup' ? container?.startupProbe?.terminationGracePeriodSeconds : undefined;
    return own ?? this.#grace();
  }

  /** preStop hook, SIGTERM, patience, SIGKILL. */
  *#kill(kill: ContainerToKill, graceSeconds: number): Task<void> {
    const { pod } = this;
    const container = this.#containerNamed(kill.name);
    const message = kill.message === '' ? `Stopping container ${kill.name}` : kill.message;
    this.#kubelet.record(pod, 'Normal', 'Killing', message, kill.name);
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.container-killing', pod: podKey(pod), uid: this.uid, container: kill.name, message });
    let left = graceSeconds;
    const hook = container?.lifecycle?.preStop;
    if (hook !== undefined && container !== undefined && left > 0) {
      const startedMs = this.#host.clock.nowMs();
      const done = yield* this.#host.tasks.timeout(left * 1000, runHandler(this.#kubelet, pod, container, hook, kill.id, left * 1000));
      if (done !== undefined && !done.success) this.#kubelet.record(pod, 'Warning', 'FailedPreStopHook', `PreStopHook failed`, kill.name);
      left -= Math.floor((this.#host.clock.nowMs() - startedMs) / 1000);
    }
    // Whatever the hook took, the container gets two seconds.
    const timeoutSeconds = graceSeconds === 0 ? 0 : Math.max(left, 2);
    yield* this.#kubelet.runtime.call('RuntimeService/StopContainer', { containerId: kill.id, timeoutSeconds }, `StopContainer ${kill.name}`);
  }

  *#killSooner(graceSeconds: number): Task<void> {
    for (const status of this.#runtime().containers) {
      if (status.state !== 'CONTAINER_RUNNING') continue;
      try {
        yield* this.#kubelet.runtime.call('RuntimeService/StopContainer', { containerId: status.id, timeoutSeconds: graceSeconds });
      } catch (error) {
        if (!(error instanceof RuntimeFailure)) throw error;
      }
    }
  }

  *#terminate(): Task<void> {
    this.#emitSync('terminating');
    this.probes.stop(['startup', 'liveness']);
    if (!this.#isRejected) this.#publish();
    for (;;) {
      try {
        yield* this.#killAll();
        return;
      } catch (error) {
        if (!(error instanceof RuntimeFailure)) throw error;
        yield* this.#host.clock.sleep(2000);
      }
    }
  }

  *#killAll(): Task<void> {
    const { runtime } = this.#kubelet;
    const sidecarNames = (this.pod.spec.initContainers ?? []).filter(isSidecar).map((each) => each.name);
    for (;;) {
      const running = this.#runtime().containers.filter((each) => each.state === 'CONTAINER_RUNNING');
      const created = this.#runtime().containers.filter((each) => each.state === 'CONTAINER_CREATED');
      for (const each of created) yield* runtime.call('RuntimeService/RemoveContainer', { containerId: each.id });
      if (running.length === 0) break;
      // Sidecars outlive the containers that they serve, and end in reverse order.
      const regular = running.filter((each) => !sidecarNames.includes(each.metadata.name));
      const last = sidecarNames.findLast((name) => running.some((each) => each.metadata.name === name));
      const batch = regular.length > 0 ? regular : running.filter((each) => each.metadata.name === last);
      const handles = batch.map((each) => this.#host.tasks.spawn(`kill ${each.metadata.name}`, this.#killQuietly({ id: each.id, name: each.metadata.name, message: '', reason: 'pod' })));
      for (const handle of handles) yield* handle.join();
      if (batch.some((each) => this.#runtime().containers.find((now) => now.id === each.id)?.state === 'CONTAINER_RUNNING')) yield* this.#host.clock.sleep(200);
    }
    for (const sandbox of this.#runtime().sandboxes) {
      if (sandbox.state === 'SANDBOX_READY') yield* runtime.call('RuntimeService/StopPodSandbox', { podSandboxId: sandbox.id }, `StopPodSandbox ${podKey(this.pod)}`);
    }
  }

  *#killQuietly(kill: ContainerToKill): Task<void> {
    try {
      yield* this.#kill(kill, this.#grace());
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
    }
  }

  /** Nothing of the pod runs any more. */
  *#finish(): Task<void> {
    this.#emitSync('terminated');
    this.probes.stop();
    if (!this.#isRejected) this.#publish();
    // The volume manager works in rounds here too; the pod is not let go before its volumes are.
    if (this.volumes.isMounted && (this.pod.spec.volumes?.length ?? 0) > 0) yield* this.#host.clock.sleep(200 + this.#host.random.below(200));
    this.volumes.unmount();
    if (this.#isGone) return;
    if (this.pod.metadata.deletionTimestamp !== undefined) this.#kubelet.statuses.finish(this.uid);
  }

  /** The pod is gone everywhere: so are its remains. */
  *#cleanUp(): Task<void> {
    try {
      for (const container of this.#runtime().containers) yield* this.#removeContainer(container);
      for (const sandbox of this.#runtime().sandboxes) yield* this.#kubelet.runtime.call('RuntimeService/RemovePodSandbox', { podSandboxId: sandbox.id });
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
    }
    this.#host.disk.remove(`${podFolder(this.uid)}/etc-hosts`);
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.pod-removed', pod: podKey(this.pod), uid: this.uid });
    this.#kubelet.forgetWorker(this.uid);
    if (isStaticPod(this.pod)) this.#kubelet.mirrors.drop(this.pod);
  }

  // ---------------------------------------------------------------- status

  #runtime(): PodRuntime {
    return this.#kubelet.runtime.pod(this.uid);
  }

  #now(): string {
    return this.#status?.startTime ?? this.#kubelet.timeText();
  }

  /** Works the status out anew if anything it depends on has changed; a difference goes to the API server. */
  #publish(): void {
    const isTerminal = this.#phase === 'terminated';
    const gates = this.pod.spec.readinessGates === undefined ? undefined : this.pod.status;
    const basis = [this.#runtime(), this.pod.metadata.deletionTimestamp, this.pod.metadata.generation ?? this.pod.spec, this.#waitingVersion, this.probes.version, isTerminal, this.#failure, gates];
    if (this.#basis?.every((each, index) => each === basis[index]) === true) return;
    this.#basis = basis;
    const runtime = this.#withMessages(this.#runtime());
    const next = this.#withResize(computePodStatus({
      pod: this.resources.actual(this.pod),
      runtime,
      old: this.#status ?? this.pod.status,
      nowMs: this.#host.clock.wallMs(),
      hostIPs: this.#kubelet.addresses,
      runtimeName: this.#kubelet.runtime.runtimeName,
      waiting: this.#waiting,
      isReady: (container, id) => this.probes.isReady(container, id),
      isStarted: (container, id) => this.probes.isStarted(container, id),
      isTerminal,
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    }));
    if (deepEqual(this.#status, next) && this.#kubelet.statuses.get(this.uid) !== undefined) return;
    this.#setStatus(next);
  }

  #setStatus(status: PodStatus): void {
    this.#status = status;
    const { pod } = this;
    const containers = (status.containerStatuses ?? []).map((each) => {
      const state = each.state.running !== undefined ? 'running' : each.state.terminated !== undefined ? 'terminated' : 'waiting';
      return { name: each.name, state, reason: each.state.waiting?.reason ?? each.state.terminated?.reason ?? '', ready: each.ready, restarts: each.restartCount };
    });
    const ready = status.conditions?.find((condition) => condition.type === 'Ready')?.status === 'True';
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.status', pod: podKey(pod), uid: this.uid, phase: status.phase ?? 'Pending', ready, containers });
    const apiUid = this.#source === 'api' ? this.uid : this.#kubelet.mirrors.apiUid(pod);
    this.#kubelet.statuses.set(pod, this.uid, apiUid, status);
  }

  #withResize(status: PodStatus): PodStatus {
    const { condition } = this.resources;
    const conditions = (status.conditions ?? []).filter(({ type }) => type !== 'PodResizePending' && type !== 'PodResizeInProgress');
    if (condition === undefined) return conditions.length === (status.conditions ?? []).length ? status : { ...status, conditions };
    const { generation } = this.pod.metadata;
    return { ...status, conditions: [...conditions, { ...condition, status: 'True', lastProbeTime: null, lastTransitionTime: this.#kubelet.timeText(), ...(generation === undefined ? {} : { observedGeneration: generation }) }] };
  }

  #withMessages(runtime: PodRuntime): PodRuntime {
    if (this.#terminationMessages.size === 0) return runtime;
    return { ...runtime, containers: runtime.containers.map((each) => (this.#terminationMessages.has(each.id) && each.message === '' ? { ...each, message: this.#terminationMessages.get(each.id) ?? '' } : each)) };
  }

  #emitSync(kind: 'sync' | 'terminating' | 'terminated'): void {
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.sync', pod: podKey(this.pod), uid: this.uid, kind });
  }

  /** For the kubelet's own server. */
  policyOf(container: Container): string {
    return effectivePolicy(this.pod, container);
  }
}

/** `10s`, `1m20s`, `5m0s`, as Go prints the delay. */
export function backoffText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}
