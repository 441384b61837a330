// The sandbox and containers of one pod, brought to what the pod asks for: kuberuntime's SyncPod. What is to be done is decided in actions.ts.
import type { PrivilegedHost } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { ContainerStatus } from '../../wire/cri.ts';
import { computePodActions } from './actions.ts';
import { makeSandboxConfig } from './container-config.ts';
import { ContainerStarter } from './container-starter.ts';
import type { KubeletEvent } from './events.ts';
import type { Kubelet } from './kubelet.ts';
import { latestContainer, type PodRuntime, readySandbox } from './pod-runtime.ts';
import type { PodReport } from './pod-report.ts';
import type { PodTermination } from './pod-termination.ts';
import type { PodProbes } from './probes.ts';
import { decideResize, type PodResources, runtimeResources } from './resize.ts';
import { RuntimeFailure } from './runtime-client.ts';
import { type Container, containerNamed, type Pod, podKey } from './types.ts';
import type { PodVolumes } from './volumes.ts';

/** What the containers of a pod need of the rest of its worker. */
export interface PodOwner {
  readonly uid: string;
  /** As it is asked for now. */
  readonly pod: Pod;
  readonly volumes: PodVolumes;
  readonly probes: PodProbes;
  readonly resources: PodResources;
  readonly report: PodReport;
  readonly termination: PodTermination;
  /** The pod is looked at again within `delayMs`, even when nothing happens. */
  lookAgainIn(delayMs: number): void;
}

/** All methods that are tasks throw RuntimeFailure. */
export class PodContainers {
  readonly #kubelet: Kubelet;
  readonly #host: PrivilegedHost;
  readonly #owner: PodOwner;
  readonly #starter: ContainerStarter;

  constructor(kubelet: Kubelet, owner: PodOwner) {
    this.#kubelet = kubelet;
    this.#host = kubelet.host;
    this.#owner = owner;
    this.#starter = new ContainerStarter(kubelet, owner);
  }

  get #runtime(): PodRuntime {
    return this.#kubelet.runtime.pod(this.#owner.uid);
  }

  *sync(): Task<void> {
    const { pod, probes, termination } = this.#owner;
    const actions = computePodActions(pod, this.#runtime, {
      livenessFailed: probes.livenessFailed,
      startupFailed: probes.startupFailed,
      isStarted: (id) => {
        const status = this.#runtime.containers.find((each) => each.id === id);
        const container = status === undefined ? undefined : containerNamed(this.#owner.pod, status.metadata.name);
        return container === undefined || probes.isStarted(container, id);
      },
    });
    if (actions.killPod) {
      const hadSandbox = actions.sandboxId !== undefined;
      if (hadSandbox && actions.createSandbox) this.#kubelet.record(pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
      yield* this.#clear();
      if (!actions.createSandbox) return;
    }
    for (const each of actions.killPod ? [] : actions.containersToKill) yield* termination.kill(each);
    const sandboxId = actions.createSandbox ? yield* this.#createSandbox(actions.attempt) : actions.sandboxId;
    if (sandboxId === undefined) return;
    const ip = pod.spec.hostNetwork === true ? (this.#kubelet.addresses[0] ?? '') : (readySandbox(this.#runtime)?.ip ?? '');
    const due = [
      // Before the others, as the real one does it: to look into a pod whose containers do not start.
      ...actions.ephemeralToStart.map((index) => pod.spec.ephemeralContainers?.[index]),
      ...actions.initContainersToStart.map((index) => pod.spec.initContainers?.[index]),
      ...actions.containersToStart.map((index) => pod.spec.containers[index]),
    ];
    for (const container of due) if (container !== undefined) yield* this.#start(container, sandboxId, ip);
  }

  *#start(container: Container, sandboxId: string, podIP: string): Task<void> {
    const { pod } = this.#owner;
    const id = yield* this.#starter.start(pod, container, sandboxId, podIP);
    if (id === undefined) return;
    yield* this.#removeOld(container);
    yield* this.#starter.runPostStart(pod, container, id);
  }

  /** Ends all that runs so that the pod can begin anew. */
  *#clear(): Task<void> {
    const running = this.#runtime.containers.filter((each) => each.state === 'CONTAINER_RUNNING');
    for (const status of running) yield* this.#owner.termination.kill({ id: status.id, name: status.metadata.name, message: '', reason: 'pod' });
    for (const sandbox of this.#runtime.sandboxes) if (sandbox.state === 'SANDBOX_READY') yield* this.#kubelet.runtime.call('RuntimeService/StopPodSandbox', { podSandboxId: sandbox.id });
  }

  *#createSandbox(attempt: number): Task<string> {
    const { pod, uid } = this.#owner;
    try {
      const config = makeSandboxConfig(this.#kubelet, pod, attempt);
      const reply = yield* this.#kubelet.runtime.call('RuntimeService/RunPodSandbox', { config }, `RunPodSandbox ${podKey(pod)}`);
      // The runtime's event of it is on its way: containers are told the address.
      for (let n = 0; n < 50 && readySandbox(this.#runtime) === undefined; n++) yield* this.#host.clock.sleep(2);
      const ip = readySandbox(this.#runtime)?.ip ?? '';
      this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.sandbox-created', pod: podKey(pod), uid, sandbox: reply.podSandboxId, ip });
      return reply.podSandboxId;
    } catch (error) {
      if (error instanceof RuntimeFailure) {
        this.#kubelet.record(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${error.message}`);
        this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.sandbox-failed', pod: podKey(pod), uid, message: error.message });
      }
      throw error;
    }
  }

  /** Gives running containers what the spec asks for since they started, as far as the node has it. True when something was changed. */
  *resize(): Task<boolean> {
    const { pod, uid, resources, report, termination } = this.#owner;
    const kubelet = this.#kubelet;
    const decision = decideResize(resources.actual(pod), pod, kubelet.allocatable(), () => kubelet.activePods(uid));
    if (decision.kind === 'nothing') {
      report.noteResize(undefined);
      return false;
    }
    if (decision.kind === 'pending') {
      report.noteResize({ type: 'PodResizePending', reason: decision.reason, message: decision.message });
      if (decision.reason === 'Deferred') this.#owner.lookAgainIn(10_000);
      return false;
    }
    report.noteResize({ type: 'PodResizeInProgress' });
    for (const { container, restart } of decision.resizes) {
      const status = latestContainer(this.#runtime, container.name);
      const wanted = runtimeResources(pod, container, this.#host.os.memoryBytes);
      resources.carriedOut(container);
      if (status?.state !== 'CONTAINER_RUNNING' || wanted === undefined) continue;
      if (restart) yield* termination.kill({ id: status.id, name: container.name, message: `Container ${container.name} resize requires restart`, reason: 'changed' });
      else yield* kubelet.runtime.call('RuntimeService/UpdateContainerResources', { containerId: status.id, resources: wanted }, `UpdateContainerResources ${container.name}`);
    }
    report.noteResize(undefined);
    return true;
  }

  /** What is left of a pod that is gone. */
  *removeAll(): Task<void> {
    for (const container of this.#runtime.containers) yield* this.#remove(container);
    for (const sandbox of this.#runtime.sandboxes) yield* this.#kubelet.runtime.call('RuntimeService/RemovePodSandbox', { podSandboxId: sandbox.id });
  }

  /** MaxPerPodContainer 1: of each container one dead instance is kept, for its logs. */
  *#removeOld(container: Container): Task<void> {
    const dead = this.#runtime.containers.filter((each) => each.metadata.name === container.name && each.state === 'CONTAINER_EXITED');
    for (const old of dead.slice(1)) yield* this.#remove(old);
  }

  *#remove(status: ContainerStatus): Task<void> {
    const { probes, report } = this.#owner;
    probes.forgetContainer(status.id);
    report.messages.forget(status.id);
    this.#host.disk.remove(status.logPath);
    yield* this.#kubelet.runtime.call('RuntimeService/RemoveContainer', { containerId: status.id });
  }
}
