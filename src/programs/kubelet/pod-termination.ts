// How the containers of one pod are ended: preStop hook, SIGTERM, the grace period, SIGKILL; sidecars after the containers they serve.
import type { Task } from '../../kernel/task.ts';
import type { ContainerToKill } from './actions.ts';
import type { KubeletEvent } from './events.ts';
import { runHandler } from './handlers.ts';
import type { Kubelet } from './kubelet.ts';
import type { PodRuntime } from './pod-runtime.ts';
import { RuntimeFailure } from './runtime-client.ts';
import { containerNamed, isSidecar, type Pod, podKey } from './types.ts';

/** Whatever a preStop hook took of the grace period, a container gets so much from SIGTERM to SIGKILL. */
const leastSeconds = 2;

export class PodTermination {
  /** How long the pod was given; undefined until its end is wanted. */
  graceSeconds: number | undefined;
  readonly #kubelet: Kubelet;
  readonly #target: { readonly uid: string; readonly pod: Pod };

  constructor(kubelet: Kubelet, target: { readonly uid: string; readonly pod: Pod }) {
    this.#kubelet = kubelet;
    this.#target = target;
  }

  /** An end is wanted within `seconds`; a longer time than was given before changes nothing. True when it became shorter. */
  shorten(seconds: number): boolean {
    const isShorter = this.graceSeconds !== undefined && seconds < this.graceSeconds;
    if (this.graceSeconds === undefined || isShorter) this.graceSeconds = seconds;
    return isShorter;
  }

  get #runtime(): PodRuntime {
    return this.#kubelet.runtime.pod(this.#target.uid);
  }

  #grace(kill: ContainerToKill): number {
    const container = containerNamed(this.#target.pod, kill.name);
    const own = kill.reason === 'liveness' ? container?.livenessProbe?.terminationGracePeriodSeconds : kill.reason === 'startup' ? container?.startupProbe?.terminationGracePeriodSeconds : undefined;
    return own ?? this.graceSeconds ?? this.#target.pod.spec.terminationGracePeriodSeconds ?? 30;
  }

  /** Ends one container; returns when it has ended. Throws RuntimeFailure. */
  *kill(kill: ContainerToKill): Task<void> {
    const graceSeconds = this.#grace(kill);
    const { pod, uid } = this.#target;
    const container = containerNamed(pod, kill.name);
    const message = kill.message === '' ? `Stopping container ${kill.name}` : kill.message;
    this.#kubelet.record(pod, 'Normal', 'Killing', message, kill.name);
    this.#kubelet.host.trace.emit<KubeletEvent>({ type: 'kubelet.container-killing', pod: podKey(pod), uid, container: kill.name, message });
    let left = graceSeconds;
    const hook = container?.lifecycle?.preStop;
    if (hook !== undefined && container !== undefined && left > 0) {
      const { clock, tasks } = this.#kubelet.host;
      const startedMs = clock.nowMs();
      const done = yield* tasks.timeout(left * 1000, runHandler(this.#kubelet, pod, container, hook, kill.id, left * 1000));
      if (done !== undefined && !done.success) this.#kubelet.record(pod, 'Warning', 'FailedPreStopHook', `PreStopHook failed`, kill.name);
      left -= Math.floor((clock.nowMs() - startedMs) / 1000);
    }
    const timeoutSeconds = graceSeconds === 0 ? 0 : Math.max(left, leastSeconds);
    yield* this.#kubelet.runtime.call('RuntimeService/StopContainer', { containerId: kill.id, timeoutSeconds }, `StopContainer ${kill.name}`);
  }

  /** Containers that are being ended are given less time than before. */
  *hurry(timeoutSeconds: number): Task<void> {
    for (const status of this.#runtime.containers) {
      if (status.state !== 'CONTAINER_RUNNING') continue;
      try {
        yield* this.#kubelet.runtime.call('RuntimeService/StopContainer', { containerId: status.id, timeoutSeconds });
      } catch (error) {
        if (!(error instanceof RuntimeFailure)) throw error;
      }
    }
  }

  /** Ends all containers and the sandboxes; returns when nothing of the pod runs. Throws RuntimeFailure. */
  *killAll(): Task<void> {
    const { runtime, host } = this.#kubelet;
    const { pod } = this.#target;
    const sidecarNames = (pod.spec.initContainers ?? []).filter(isSidecar).map((each) => each.name);
    for (;;) {
      const running = this.#runtime.containers.filter((each) => each.state === 'CONTAINER_RUNNING');
      const created = this.#runtime.containers.filter((each) => each.state === 'CONTAINER_CREATED');
      for (const each of created) yield* runtime.call('RuntimeService/RemoveContainer', { containerId: each.id });
      if (running.length === 0) break;
      // Sidecars outlive the containers that they serve, and end in reverse order.
      const regular = running.filter((each) => !sidecarNames.includes(each.metadata.name));
      const last = sidecarNames.findLast((name) => running.some((each) => each.metadata.name === name));
      const batch = regular.length > 0 ? regular : running.filter((each) => each.metadata.name === last);
      const handles = batch.map((each) => host.tasks.spawn(`kill ${each.metadata.name}`, this.#killQuietly({ id: each.id, name: each.metadata.name, message: '', reason: 'pod' })));
      for (const handle of handles) yield* handle.join();
      if (batch.some((each) => this.#runtime.containers.find((now) => now.id === each.id)?.state === 'CONTAINER_RUNNING')) yield* host.clock.sleep(200);
    }
    for (const sandbox of this.#runtime.sandboxes) {
      if (sandbox.state === 'SANDBOX_READY') yield* runtime.call('RuntimeService/StopPodSandbox', { podSandboxId: sandbox.id }, `StopPodSandbox ${podKey(this.#target.pod)}`);
    }
  }

  *#killQuietly(kill: ContainerToKill): Task<void> {
    try {
      yield* this.kill(kill);
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
    }
  }
}
