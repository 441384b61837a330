// What is told of one pod: its status, worked out anew whenever something it depends on has changed, and handed to the status manager where it differs.
import type { KubeletEvent } from './events.ts';
import type { Refusal } from './admission.ts';
import type { Kubelet } from './kubelet.ts';
import { computePodStatus } from './pod-status.ts';
import type { PodProbes } from './probes.ts';
import type { PodResources } from './resize.ts';
import { sameJson } from '../../api/meta/equality.ts';
import { TerminationMessages } from './termination-messages.ts';
import { type Container, type Pod, podKey, type PodStatus } from './types.ts';

/** What the report is about, as it is now. */
export interface ReportedPod {
  readonly uid: string;
  readonly pod: Pod;
  readonly source: 'api' | 'file';
  /** Nothing of it runs any more. */
  readonly isTerminated: boolean;
  readonly probes: PodProbes;
  readonly resources: PodResources;
}

export class PodReport {
  readonly messages: TerminationMessages;
  readonly #kubelet: Kubelet;
  readonly #about: ReportedPod;
  /** Why containers do not run, by name. */
  readonly #waiting = new Map<string, { readonly reason: string; readonly message: string }>();
  /** Grows whenever something changes that only this report knows. */
  #version = 0;
  /** What the last status was worked out from. */
  #basis: readonly unknown[] | undefined;
  #status: PodStatus | undefined;
  #failure: Refusal | undefined;

  constructor(kubelet: Kubelet, about: ReportedPod) {
    this.#kubelet = kubelet;
    this.#about = about;
    this.messages = new TerminationMessages(kubelet.host.disk, about.uid);
  }

  get status(): PodStatus | undefined {
    return this.#status;
  }

  get isOver(): boolean {
    return this.#status?.phase === 'Succeeded' || this.#status?.phase === 'Failed';
  }

  /** Begins with what the API server knows: an earlier kubelet's word. */
  begin(status: PodStatus | undefined): void {
    this.#status = status;
  }

  /** Works the status out anew if anything it depends on has changed; a difference goes to the API server. */
  publish(): void {
    const { pod, uid, probes, resources, isTerminated } = this.#about;
    const seen = this.#kubelet.runtime.pod(uid);
    const gates = pod.spec.readinessGates === undefined ? undefined : pod.status;
    const basis = [seen, pod.metadata.deletionTimestamp, pod.metadata.generation ?? pod.spec, this.#version, probes.version, isTerminated, this.#failure, gates];
    if (this.#basis?.every((each, index) => each === basis[index]) === true) return;
    this.#basis = basis;
    const next = this.#withResize(computePodStatus({
      pod: resources.actual(pod),
      runtime: this.messages.addTo(seen),
      old: this.#status ?? pod.status,
      nowMs: this.#kubelet.host.clock.wallMs(),
      hostIPs: this.#kubelet.addresses,
      runtimeName: this.#kubelet.runtime.runtimeName,
      waiting: this.#waiting,
      isReady: (container, id) => probes.isReady(container, id),
      isStarted: (container, id) => probes.isStarted(container, id),
      isTerminal: isTerminated,
      ...(this.#failure === undefined ? {} : { failure: this.#failure }),
    }));
    if (sameJson(this.#status, next) && this.#kubelet.statuses.get(uid) !== undefined) return;
    this.#set(next);
  }

  /** The pod is to end as Failed, for this reason. */
  fail(failure: Refusal): void {
    this.#failure = failure;
  }

  /** The pod has failed before it began. */
  reject(refusal: Refusal): void {
    const { pod } = this.#about;
    const { generation } = pod.metadata;
    const message = `Pod was rejected: ${refusal.message}`;
    this.fail({ reason: refusal.reason, message });
    const startTime = this.#status?.startTime ?? this.#kubelet.timeText();
    this.#set({ ...pod.status, ...(generation === undefined ? {} : { observedGeneration: generation }), phase: 'Failed', reason: refusal.reason, message, startTime });
  }

  /** Shows why a container does not run. */
  wait(container: Container, reason: string, message: string): void {
    this.#waiting.set(container.name, { reason, message });
    this.#version++;
    this.publish();
  }

  /** The container runs: nothing keeps it any more. */
  clearWait(container: Container): void {
    if (this.#waiting.delete(container.name)) this.#version++;
  }

  /** Shows how far a resize has come; undefined: none is going on. */
  noteResize(condition: PodResources['condition']): void {
    const { resources } = this.#about;
    if (sameJson(resources.condition, condition)) return;
    resources.condition = condition;
    this.#version++;
    this.publish();
  }

  #set(status: PodStatus): void {
    this.#status = status;
    const { pod, uid, source } = this.#about;
    const containers = (status.containerStatuses ?? []).map((each) => {
      const state = each.state.running !== undefined ? 'running' : each.state.terminated !== undefined ? 'terminated' : 'waiting';
      return { name: each.name, state, reason: each.state.waiting?.reason ?? each.state.terminated?.reason ?? '', ready: each.ready, restarts: each.restartCount };
    });
    const ready = status.conditions?.find((condition) => condition.type === 'Ready')?.status === 'True';
    this.#kubelet.host.trace.emit<KubeletEvent>({ type: 'kubelet.status', pod: podKey(pod), uid, phase: status.phase ?? 'Pending', ready, containers });
    const apiUid = source === 'api' ? uid : this.#kubelet.mirrors.apiUid(pod);
    this.#kubelet.statuses.set(pod, uid, apiUid, status);
  }

  #withResize(status: PodStatus): PodStatus {
    const { pod, resources: { condition } } = this.#about;
    const conditions = (status.conditions ?? []).filter(({ type }) => type !== 'PodResizePending' && type !== 'PodResizeInProgress');
    if (condition === undefined) return conditions.length === (status.conditions ?? []).length ? status : { ...status, conditions };
    const { generation } = pod.metadata;
    return { ...status, conditions: [...conditions, { ...condition, status: 'True', lastProbeTime: null, lastTransitionTime: this.#kubelet.timeText(), ...(generation === undefined ? {} : { observedGeneration: generation }) }] };
  }
}
