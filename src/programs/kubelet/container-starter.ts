// Starts containers of one pod, each unless it has to wait: for its back-off after a crash, its image, the Services' variables. What keeps it is
// shown as its waiting reason.
import type { PrivilegedHost } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { ContainerStatus } from '../../wire/cri.ts';
import { Backoff, backoffText } from './backoff.ts';
import { makeContainerConfig, makeSandboxConfig, requireNonRoot, wantsNonRoot } from './container-config.ts';
import { ConfigError } from './env.ts';
import type { KubeletEvent } from './events.ts';
import { runHandler } from './handlers.ts';
import type { ImageProblem } from './images.ts';
import type { Kubelet } from './kubelet.ts';
import type { PodOwner } from './pod-containers.ts';
import { latestContainer } from './pod-runtime.ts';
import { RuntimeFailure } from './runtime-client.ts';
import { type Container, isSidecar, isStaticPod, type Pod, podKey } from './types.ts';
import { imageOf } from './volumes.ts';

export class ContainerStarter {
  readonly #kubelet: Kubelet;
  readonly #host: PrivilegedHost;
  readonly #owner: PodOwner;
  readonly #crashes = new Backoff(10_000, 300_000);

  constructor(kubelet: Kubelet, owner: PodOwner) {
    this.#kubelet = kubelet;
    this.#host = kubelet.host;
    this.#owner = owner;
  }

  /** The id of the container that runs now; undefined when it has to wait. Throws RuntimeFailure when the runtime refuses to create or start it. */
  *start(pod: Pod, container: Container, sandboxId: string, podIP: string): Task<string | undefined> {
    const { uid, report } = this.#owner;
    const kubelet = this.#kubelet;
    const previous = latestContainer(kubelet.runtime.pod(uid), container.name);
    if (this.#backsOff(container, previous)) return undefined;
    const problem = (yield* pullVolumes(kubelet, pod, container)) ?? (yield* kubelet.images.ensure(pod, container));
    if (problem !== undefined) {
      this.#keep(container, problem.reason, problem.message, problem.retryMs);
      return undefined;
    }
    // Services' variables are needed: a container that starts before they are known would lack them for good. Static pods come before all.
    if (!kubelet.areServicesKnown && !isStaticPod(pod)) {
      this.#owner.lookAgainIn(100);
      return undefined;
    }
    const attempt = this.#nextAttempt(container, previous);
    const containerId = yield* this.#create(pod, container, sandboxId, podIP, attempt);
    if (containerId === undefined) return undefined;
    try {
      yield* kubelet.runtime.call('RuntimeService/StartContainer', { containerId }, `StartContainer ${container.name}`);
    } catch (error) {
      if (error instanceof RuntimeFailure) this.#noteFailure(container, 'RunContainerError', error);
      throw error;
    }
    report.clearWait(container);
    kubelet.record(pod, 'Normal', 'Started', 'Container started', container.name);
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.container-started', pod: podKey(pod), uid, container: container.name, id: containerId, restart: attempt });
    return containerId;
  }

  /** Whether the container has to wait because it ended not long ago. */
  #backsOff(container: Container, previous: ContainerStatus | undefined): boolean {
    const { pod, uid } = this.#owner;
    if (previous?.state !== 'CONTAINER_EXITED' || this.#isCleanInit(container, previous)) return false;
    const key = `${container.name}_${container.image ?? ''}`;
    const nowMs = this.#host.clock.wallMs();
    const leftMs = this.#crashes.remaining(key, previous.finishedAtMs, nowMs);
    if (leftMs <= 0) {
      this.#crashes.next(key, nowMs);
      return false;
    }
    const delayMs = this.#crashes.delay(key);
    const fullName = `${pod.metadata.name}_${pod.metadata.namespace ?? 'default'}(${uid})`;
    this.#kubelet.record(pod, 'Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${fullName}`, container.name);
    this.#owner.report.wait(container, 'CrashLoopBackOff', `back-off ${backoffText(delayMs)} restarting failed container=${container.name} pod=${fullName}`);
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.backoff', pod: podKey(pod), uid, container: container.name, what: 'CrashLoopBackOff', delayMs });
    this.#owner.lookAgainIn(leftMs);
    return true;
  }

  /** A completed init container of an earlier sandbox is run again without any waiting. */
  #isCleanInit(container: Container, previous: ContainerStatus): boolean {
    return previous.exitCode === 0 && !isSidecar(container) && this.#owner.pod.spec.initContainers?.includes(container) === true;
  }

  #nextAttempt(container: Container, previous: ContainerStatus | undefined): number {
    if (previous !== undefined) return previous.metadata.attempt + 1;
    const { status } = this.#owner.report;
    const known = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find((each) => each.name === container.name);
    return known?.containerID === undefined ? (known?.restartCount ?? 0) : known.restartCount + 1;
  }

  *#imageUid(container: Container): Task<number> {
    return (yield* this.#kubelet.runtime.call('ImageService/ImageStatus', { image: container.image ?? '' })).image?.uid ?? 0;
  }

  /** The new container's id; undefined when its configuration is not complete yet. */
  *#create(pod: Pod, container: Container, sandboxId: string, podIP: string, attempt: number): Task<string | undefined> {
    const kubelet = this.#kubelet;
    let config;
    try {
      if (wantsNonRoot(pod, container)) requireNonRoot(pod, container, yield* this.#imageUid(container));
      config = makeContainerConfig(kubelet, this.#owner, container, podIP, attempt);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      kubelet.record(pod, 'Warning', 'Failed', `Error: ${error.message}`, container.name);
      this.#keep(container, 'CreateContainerConfigError', error.message, 10_000);
      return undefined;
    }
    try {
      const sandboxConfig = makeSandboxConfig(kubelet, pod, 0);
      const { containerId } = yield* kubelet.runtime.call('RuntimeService/CreateContainer', { podSandboxId: sandboxId, config, sandboxConfig }, `CreateContainer ${container.name}`);
      kubelet.record(pod, 'Normal', 'Created', 'Container created', container.name);
      return containerId;
    } catch (error) {
      if (error instanceof RuntimeFailure) this.#noteFailure(container, 'CreateContainerError', error);
      throw error;
    }
  }

  /** A container whose hook fails is ended. */
  *runPostStart(pod: Pod, container: Container, containerId: string): Task<void> {
    const hook = container.lifecycle?.postStart;
    if (hook === undefined) return;
    const done = yield* runHandler(this.#kubelet, pod, container, hook, containerId, 0);
    if (done.success) return;
    this.#kubelet.record(pod, 'Warning', 'FailedPostStartHook', `PostStartHook failed: ${done.output}`, container.name);
    this.#owner.report.wait(container, 'PostStartHookError', done.output);
    yield* this.#owner.termination.kill({ id: containerId, name: container.name, message: `FailedPostStartHook`, reason: 'changed' });
  }

  #noteFailure(container: Container, reason: string, error: RuntimeFailure): void {
    const { pod, uid, report } = this.#owner;
    this.#kubelet.record(pod, 'Warning', 'Failed', `Error: ${error.description}`, container.name);
    this.#host.trace.emit<KubeletEvent>({ type: 'kubelet.container-failed', pod: podKey(pod), uid, container: container.name, reason, message: error.description });
    report.wait(container, reason, error.description);
  }

  #keep(container: Container, reason: string, message: string, retryMs: number): void {
    this.#owner.report.wait(container, reason, message);
    this.#owner.lookAgainIn(retryMs);
  }
}

/** Images that the container mounts. */
function* pullVolumes(kubelet: Kubelet, pod: Pod, container: Container): Task<ImageProblem | undefined> {
  for (const mount of container.volumeMounts ?? []) {
    const image = imageOf(pod, mount.name);
    if (image?.reference === undefined) continue;
    const problem = yield* kubelet.images.ensure(pod, { name: container.name, image: image.reference, ...(image.pullPolicy === undefined ? {} : { imagePullPolicy: image.pullPolicy }) });
    if (problem !== undefined) return problem;
  }
  return undefined;
}
