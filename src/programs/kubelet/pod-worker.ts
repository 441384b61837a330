// One task for each pod: brings the pod to what it asks for, ends it when it must end. What of that each part does stands in its own file.
import type { Latch, Mailbox, PrivilegedHost } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { ContainerEvent, ContainerStatus } from '../../wire/cri.ts';
import { decideAdmission, type Refusal } from './admission.ts';
import type { KubeletEvent } from './events.ts';
import type { Kubelet } from './kubelet.ts';
import { PodContainers, type PodOwner } from './pod-containers.ts';
import { PodReport, type ReportedPod } from './pod-report.ts';
import { latestContainer, type PodRuntime } from './pod-runtime.ts';
import { remainingDeadlineMs } from './pod-status.ts';
import { PodTermination } from './pod-termination.ts';
import { PodProbes } from './probes.ts';
import { PodResources } from './resize.ts';
import { RuntimeFailure } from './runtime-client.ts';
import { sameJson } from '../../api/meta/equality.ts';
import { containerNamed, isStaticPod, type Pod, podKey, type PodStatus } from './types.ts';
import { PodVolumes, podFolder } from './volumes.ts';

type Phase = 'sync' | 'terminating' | 'terminated';

export class PodWorker implements PodOwner, ReportedPod {
  pod: Pod;
  readonly uid: string;
  readonly volumes: PodVolumes;
  readonly probes: PodProbes;
  readonly resources = new PodResources();
  readonly report: PodReport;
  readonly termination: PodTermination;
  readonly source: 'api' | 'file';
  readonly #containers: PodContainers;
  readonly #kubelet: Kubelet;
  readonly #host: PrivilegedHost;
  readonly #box: Mailbox<true>;
  readonly #ending: Latch;
  #phase: Phase = 'sync';
  /** The pod object is gone from its source. */
  #isGone = false;
  #isRejected = false;
  /** When to look again although nothing happened. */
  #nextMs = Infinity;
  #isRemountDue = false;

  constructor(kubelet: Kubelet, pod: Pod, source: 'api' | 'file') {
    this.#kubelet = kubelet;
    this.#host = kubelet.host;
    this.pod = pod;
    this.uid = pod.metadata.uid ?? '';
    this.source = source;
    this.#box = kubelet.host.tasks.mailbox<true>();
    this.#ending = kubelet.host.tasks.latch();
    this.volumes = new PodVolumes(kubelet, this.uid);
    this.probes = new PodProbes(kubelet, {
      pod: () => this.pod,
      uid: this.uid,
      onVerdict: () => {
        this.report.publish();
        this.wake();
      },
    });
    this.report = new PodReport(kubelet, this);
    this.termination = new PodTermination(kubelet, this);
    this.#containers = new PodContainers(kubelet, this);
  }

  get isActive(): boolean {
    return !this.#isRejected && !this.isTerminated && !this.report.isOver;
  }

  get isTerminated(): boolean {
    return this.#phase === 'terminated';
  }

  get status(): PodStatus | undefined {
    return this.report.status;
  }

  start(): void {
    this.report.begin(this.pod.status);
    this.#host.tasks.spawn(`pod ${podKey(this.pod)}`, this.#run());
  }

  update(pod: Pod, isGone: boolean): void {
    const before = this.pod;
    this.pod = pod;
    if (isGone) this.#isGone = true;
    const isDeleted = isGone || pod.metadata.deletionTimestamp !== undefined;
    if (isDeleted) {
      const grace = isGone && pod.metadata.deletionTimestamp === undefined ? (pod.spec.terminationGracePeriodSeconds ?? 30) : (pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30);
      const isShorter = this.termination.shorten(grace);
      if (this.#phase === 'terminating' && isShorter) this.#host.tasks.spawn('sooner', this.termination.hurry(grace));
      this.#end();
      this.wake();
      return;
    }
    // Our own status patches come back to us; only what a person or another part may have changed needs a round.
    const isSameSpec = pod.spec === before.spec || (pod.metadata.generation !== undefined && pod.metadata.generation === before.metadata.generation);
    if (!isSameSpec && !sameJson(pod.spec, before.spec)) this.wake();
    else if (pod.spec.readinessGates !== undefined && !sameJson(pod.status?.conditions, before.status?.conditions)) this.wake();
    else if (!sameJson(pod.metadata.labels, before.metadata.labels) || !sameJson(pod.metadata.annotations, before.metadata.annotations)) this.remountLater(this.#host.random.below(60_000));
  }

  wake(): void {
    if (this.#box.size === 0) this.#box.put(true);
  }

  remountLater(delayMs: number): void {
    this.#isRemountDue = true;
    this.lookAgainIn(delayMs);
    this.wake();
  }

  onRuntimeChange(event: ContainerEvent | undefined): void {
    if (event?.type === 'STOPPED' && event.container !== undefined) this.#noteDeath(event.container);
    if (this.#isRejected || event?.type === 'CREATED' || event?.type === 'DELETED') return;
    if (event?.type === 'STARTED' && event.container !== undefined) {
      const container = containerNamed(this.pod, event.container.metadata.name);
      if (container !== undefined) this.probes.trigger(container);
    }
    // A sandbox that is ready is told at once. What changed in containers is told by the next round, not in the middle of this one: one that is
    // replaced within a round never counts as missing.
    if (event?.container === undefined) this.report.publish();
    this.wake();
  }

  #noteDeath(status: ContainerStatus): void {
    const { name } = status.metadata;
    this.report.messages.collect(status, containerNamed(this.pod, name));
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.container-died', pod: podKey(this.pod), uid: this.uid, container: name, id: status.id, exitCode: status.exitCode, reason: status.reason });
  }

  // ---------------------------------------------------------------- the loop

  *#run(): Task<void> {
    const { clock } = this.#host;
    yield* this.#begin();
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

  /** Waits until the pod may begin; whether it may begin at all is decided here. */
  *#begin(): Task<void> {
    const kubelet = this.#kubelet;
    while (!kubelet.runtime.isListed) yield* this.#host.clock.sleep(100);
    // A pod of the same name that is still ending goes first.
    for (let other = this.#namesake(); other !== undefined; other = this.#namesake()) yield* this.#host.clock.sleep(500);
    if (this.source === 'api' && this.pod.metadata.deletionTimestamp !== undefined) {
      this.termination.graceSeconds = this.pod.metadata.deletionGracePeriodSeconds ?? 30;
      this.#end();
    }
    const runtime = kubelet.runtime.pod(this.uid);
    const oldPhase = this.pod.status?.phase;
    if (oldPhase === 'Succeeded' || oldPhase === 'Failed') {
      this.#end();
      return;
    }
    if (runtime.containers.length > 0) this.#rememberProbes(runtime);
    else {
      const refusal = decideAdmission({ pod: this.pod, node: kubelet.node(), allocatable: kubelet.allocatable(), others: kubelet.activePods(this.uid) });
      if (refusal !== undefined && !this.#ending.isSet) this.#reject(refusal);
    }
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
    this.report.reject(refusal);
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
    this.report.publish();
    if (isStaticPod(this.pod)) {
      kubelet.mirrors.ensure(this.pod);
      if (kubelet.client !== undefined && kubelet.mirrors.apiUid(this.pod) === undefined) this.lookAgainIn(3000);
    }
    const { pod } = this;
    const deadlineMs = remainingDeadlineMs(pod, this.report.status, this.#host.clock.wallMs());
    if (deadlineMs !== undefined && deadlineMs <= 0) {
      const failure = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
      this.report.fail(failure);
      kubelet.record(pod, 'Normal', failure.reason, failure.message);
      this.#end();
      return;
    }
    if (deadlineMs !== undefined) this.lookAgainIn(deadlineMs);
    if (!kubelet.runtime.isNetworkReady && pod.spec.hostNetwork !== true) {
      const message = `network is not ready: container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:${kubelet.runtime.networkMessage}`;
      kubelet.record(pod, 'Warning', 'NetworkNotReady', message);
      this.lookAgainIn(10_000);
      return;
    }
    this.volumes.acquire(pod);
    this.probes.start(pod);
    if (!this.volumes.isMounted || this.#isRemountDue || this.volumes.refreshAtMs <= this.#host.clock.nowMs()) {
      this.#isRemountDue = false;
      const retryMs = yield* this.#mount();
      if (retryMs !== undefined) {
        this.lookAgainIn(retryMs);
        return;
      }
    }
    if (this.volumes.refreshAtMs !== Infinity) this.lookAgainIn(this.volumes.refreshAtMs - this.#host.clock.nowMs());
    try {
      if (yield* this.#containers.resize()) this.wake();
      yield* this.#containers.sync();
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
      this.lookAgainIn(10_000 * (1 + 0.5 * this.#host.random.next()));
    }
    this.report.publish();
    if (this.report.isOver) this.#end();
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

  lookAgainIn(delayMs: number): void {
    this.#nextMs = Math.min(this.#nextMs, this.#host.clock.nowMs() + delayMs);
  }

  // ---------------------------------------------------------------- ending

  *#terminate(): Task<void> {
    this.#emitSync('terminating');
    this.probes.stop(['startup', 'liveness']);
    if (!this.#isRejected) this.report.publish();
    for (;;) {
      try {
        yield* this.termination.killAll();
        return;
      } catch (error) {
        if (!(error instanceof RuntimeFailure)) throw error;
        yield* this.#host.clock.sleep(2000);
      }
    }
  }

  /** Nothing of the pod runs any more. */
  *#finish(): Task<void> {
    this.#emitSync('terminated');
    this.probes.stop();
    if (!this.#isRejected) this.report.publish();
    // The volume manager works in rounds here too; the pod is not let go before its volumes are.
    if (this.volumes.isMounted && (this.pod.spec.volumes?.length ?? 0) > 0) yield* this.#host.clock.sleep(200 + this.#host.random.below(200));
    this.volumes.unmount();
    if (this.#isGone) return;
    if (this.pod.metadata.deletionTimestamp !== undefined) this.#kubelet.statuses.finish(this.uid);
  }

  /** The pod is gone everywhere: so are its remains. */
  *#cleanUp(): Task<void> {
    try {
      yield* this.#containers.removeAll();
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
    }
    this.#host.disk.remove(`${podFolder(this.uid)}/etc-hosts`);
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.pod-removed', pod: podKey(this.pod), uid: this.uid });
    this.#kubelet.forgetWorker(this.uid);
    if (isStaticPod(this.pod)) this.#kubelet.mirrors.drop(this.pod);
  }

  #emitSync(kind: 'sync' | 'terminating' | 'terminated'): void {
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.sync', pod: podKey(this.pod), uid: this.uid, kind });
  }
}
