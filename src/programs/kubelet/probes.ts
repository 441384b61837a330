// Liveness, readiness and startup probes: one task for each, with the real periods and thresholds.
import type { Latch, Mailbox, PrivilegedHost } from '../../kernel/host.ts';
import type { Task, TaskHandle } from '../../kernel/task.ts';
import { Tally } from '../../wire/metrics.ts';
import type { KubeletEvent } from './events.ts';
import { type Attempt, runHandler } from './handlers.ts';
import type { Kubelet } from './kubelet.ts';
import { latestContainer } from './pod-runtime.ts';
import { type Container, isSidecar, type Pod, podKey, type Probe } from './types.ts';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

export interface ProbeTarget {
  readonly pod: () => Pod;
  readonly uid: string;
  /** Something changed: statuses and actions are worked out again. */
  readonly onVerdict: () => void;
}

/** The probes of one pod. */
export class PodProbes {
  /** Containers (by id) that failed for good. */
  readonly livenessFailed = new Set<string>();
  readonly startupFailed = new Set<string>();
  /** By container, kind and how they ended. */
  readonly attempts = new Tally();
  /** Grows whenever a verdict changes. */
  version = 0;
  readonly #kubelet: Kubelet;
  readonly #target: ProbeTarget;
  readonly #ready = new Map<string, boolean>();
  readonly #started = new Set<string>();
  readonly #tasks = new Map<string, { readonly handle: TaskHandle; readonly trigger: Mailbox<true> }>();
  #stopped: Latch | undefined;

  constructor(kubelet: Kubelet, target: ProbeTarget) {
    this.#kubelet = kubelet;
    this.#target = target;
  }

  /** Starts the tasks of all containers that have probes. */
  start(pod: Pod): void {
    for (const container of [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers]) {
      for (const kind of ['startup', 'liveness', 'readiness'] as const) {
        const probe = probeOf(container, kind);
        const key = `${container.name}/${kind}`;
        if (probe === undefined || this.#tasks.has(key)) continue;
        const trigger = this.#kubelet.host.tasks.mailbox<true>();
        const handle = this.#kubelet.host.tasks.spawn(`probe ${key}`, this.#run(container, kind, probe, trigger));
        this.#tasks.set(key, { handle, trigger });
      }
    }
  }

  /** `readiness` goes on until the pod is gone; the others end when it is being ended. */
  stop(kinds: readonly ProbeKind[] = ['startup', 'liveness', 'readiness']): void {
    for (const [key, { handle }] of this.#tasks) {
      if (!kinds.some((kind) => key.endsWith(`/${kind}`))) continue;
      handle.cancel();
      this.#tasks.delete(key);
    }
    this.#stopped?.set();
  }

  isReady(container: Container, id: string): boolean {
    return container.readinessProbe === undefined ? true : this.#ready.get(id) === true;
  }

  isStarted(container: Container, id: string): boolean {
    return container.startupProbe === undefined || this.#started.has(id);
  }

  /** A running container that is not ready yet is probed at once, not only at the next round. */
  trigger(container: Container): void {
    for (const kind of ['startup', 'readiness']) {
      const task = this.#tasks.get(`${container.name}/${kind}`);
      if (task !== undefined && task.trigger.size === 0) task.trigger.put(true);
    }
  }

  *#run(container: Container, kind: ProbeKind, probe: Probe, trigger: Mailbox<true>): Task<void> {
    const { host } = this.#kubelet;
    const periodMs = (probe.periodSeconds ?? 10) * 1000;
    // After a restart of the kubelet the probes of its pods are spread over their first period.
    if (host.clock.nowMs() - this.#kubelet.startedMs < periodMs && this.#runningId(container) !== undefined) yield* host.clock.sleep(periodMs * host.random.next());
    let current = '';
    let run = 0;
    let lastSuccess: boolean | undefined;
    let nextMs = host.clock.nowMs();
    for (;;) {
      const waitMs = nextMs - host.clock.nowMs();
      if (waitMs > 0) yield* trigger.take(waitMs);
      if (host.clock.nowMs() >= nextMs) nextMs = host.clock.nowMs() + periodMs;
      const status = latestContainer(this.#kubelet.runtime.pod(this.#target.uid), container.name);
      if (status === undefined || status.state !== 'CONTAINER_RUNNING') continue;
      if (status.id !== current) {
        current = status.id;
        run = 0;
        lastSuccess = undefined;
      }
      const isStarted = this.isStarted(container, current);
      if (kind === 'startup' ? isStarted || this.startupFailed.has(current) : !isStarted) continue;
      if (kind === 'liveness' && this.livenessFailed.has(current)) continue;
      const delayMs = (probe.initialDelaySeconds ?? 0) * 1000 - (host.clock.wallMs() - status.startedAtMs);
      if (delayMs > 0) {
        nextMs = Math.min(nextMs, host.clock.nowMs() + delayMs);
        continue;
      }
      const attempt = yield* runProbe(this.#kubelet, this.#target.pod(), container, probe, current);
      if (latestContainer(this.#kubelet.runtime.pod(this.#target.uid), container.name)?.id !== current) continue;
      this.attempts.add(`${container.name}\n${title(kind)}\n${attempt.success ? 'successful' : 'failed'}`);
      run = attempt.success === lastSuccess ? run + 1 : 1;
      lastSuccess = attempt.success;
      const changed = this.#note(container, kind, probe, current, attempt, run);
      if (changed || !attempt.success || kind === 'startup') this.#emit(container, kind, attempt, changed);
      if (changed) {
        this.version++;
        this.#target.onVerdict();
      }
    }
  }

  /** Returns whether the verdict changed. */
  #note(container: Container, kind: ProbeKind, probe: Probe, id: string, attempt: Attempt, run: number): boolean {
    if (!attempt.success) {
      this.#kubelet.record(this.#target.pod(), 'Warning', 'Unhealthy', `${title(kind)} probe ${attempt.isError === true ? 'errored' : 'failed'}: ${attempt.output}`, container.name);
    }
    if (attempt.success) {
      if (run < (probe.successThreshold ?? 1)) return false;
      if (kind === 'readiness') return this.#setReady(id, true);
      if (kind === 'startup' && !this.#started.has(id)) {
        this.#started.add(id);
        this.trigger(container);
        return true;
      }
      return false;
    }
    if (run < (probe.failureThreshold ?? 3)) return false;
    if (kind === 'readiness') return this.#setReady(id, false);
    const failed = kind === 'liveness' ? this.livenessFailed : this.startupFailed;
    if (failed.has(id)) return false;
    failed.add(id);
    return true;
  }

  #setReady(id: string, ready: boolean): boolean {
    const changed = (this.#ready.get(id) ?? false) !== ready;
    this.#ready.set(id, ready);
    return changed;
  }

  #emit(container: Container, kind: ProbeKind, attempt: Attempt, changed: boolean): void {
    const pod = this.#target.pod();
    this.#kubelet.host.trace.emit<KubeletEvent>({ type: 'kubelet.probe', pod: podKey(pod), uid: this.#target.uid, container: container.name, probe: kind, success: attempt.success, output: attempt.output, changed });
  }

  #runningId(container: Container): string | undefined {
    const status = latestContainer(this.#kubelet.runtime.pod(this.#target.uid), container.name);
    return status?.state === 'CONTAINER_RUNNING' ? status.id : undefined;
  }

  /** After the kubelet started anew: containers that were ready before stay so until a probe says otherwise. */
  remember(id: string, wasReady: boolean, wasStarted: boolean): void {
    if (!this.#ready.has(id) && wasReady) this.#ready.set(id, true);
    if (wasStarted) this.#started.add(id);
    this.version++;
  }

  forgetContainer(id: string): void {
    this.#ready.delete(id);
    this.#started.delete(id);
    this.livenessFailed.delete(id);
    this.startupFailed.delete(id);
  }
}

const title = (kind: ProbeKind): string => (kind === 'liveness' ? 'Liveness' : kind === 'readiness' ? 'Readiness' : 'Startup');

function probeOf(container: Container, kind: ProbeKind): Probe | undefined {
  return kind === 'startup' ? container.startupProbe : kind === 'liveness' ? container.livenessProbe : container.readinessProbe;
}

function* runProbe(kubelet: Kubelet, pod: Pod, container: Container, probe: Probe, containerId: string): Task<Attempt> {
  const host: PrivilegedHost = kubelet.host;
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  const attempt = yield* host.tasks.timeout(timeoutMs + 50, runHandler(kubelet, pod, container, probe, containerId, timeoutMs));
  return attempt ?? { success: false, output: 'context deadline exceeded' };
}
