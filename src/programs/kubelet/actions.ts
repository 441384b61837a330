// What must be done with a pod's sandbox and containers so that they become what the pod asks for: kuberuntime's computePodActions.
import type { ContainerStatus } from '../../wire/cri.ts';
import { containerHashLabel, latestContainer, type PodRuntime, readySandbox } from './pod-runtime.ts';
import { type Container, isSidecar, type Pod } from './types.ts';

export interface ContainerToKill {
  readonly id: string;
  readonly name: string;
  readonly message: string;
  readonly reason: 'liveness' | 'startup' | 'changed' | 'pod';
}

export interface PodActions {
  /** Everything of the pod is stopped first. */
  readonly killPod: boolean;
  readonly createSandbox: boolean;
  readonly sandboxId: string | undefined;
  /** Attempt of the sandbox to be created. */
  readonly attempt: number;
  readonly initContainersToStart: readonly number[];
  readonly containersToStart: readonly number[];
  readonly ephemeralToStart: readonly number[];
  readonly containersToKill: readonly ContainerToKill[];
}

export interface ProbeVerdicts {
  /** Container ids whose liveness or startup probe has failed for good. */
  readonly livenessFailed: ReadonlySet<string>;
  readonly startupFailed: ReadonlySet<string>;
  /** Whether a running container has passed its startup probe (or has none). */
  readonly isStarted: (containerId: string) => boolean;
}

export function computePodActions(pod: Pod, runtime: PodRuntime, probes: ProbeVerdicts): PodActions {
  const sandbox = computeSandboxChange(pod, runtime);
  const containers = pod.spec.containers;
  const initContainers = pod.spec.initContainers ?? [];
  if (sandbox.create) {
    const nothing: PodActions = { killPod: true, createSandbox: false, sandboxId: sandbox.id, attempt: sandbox.attempt, initContainersToStart: [], containersToStart: [], ephemeralToStart: [], containersToKill: [] };
    if (pod.spec.restartPolicy === 'Never' && sandbox.attempt > 0 && runtime.containers.length > 0) return nothing;
    const toStart: number[] = [];
    containers.forEach((container, index) => {
      const status = latestContainer(runtime, container.name);
      const isDone = effectivePolicy(pod, container) === 'OnFailure' && status?.state === 'CONTAINER_EXITED' && status.exitCode === 0;
      if (!isDone) toStart.push(index);
    });
    if (toStart.length === 0) return nothing;
    return initContainers.length > 0
      ? { ...nothing, createSandbox: true, initContainersToStart: [0] }
      : { ...nothing, createSandbox: true, containersToStart: toStart };
  }

  const base = { killPod: false, createSandbox: false, sandboxId: sandbox.id, attempt: sandbox.attempt };
  const init = computeInitActions(pod, runtime, probes);
  if (!init.isDone) return { ...base, killPod: init.isFailed, initContainersToStart: init.toStart, containersToStart: [], ephemeralToStart: [], containersToKill: init.toKill };

  const toStart: number[] = [];
  const toKill: ContainerToKill[] = [...init.toKill];
  let kept = 0;
  containers.forEach((container, index) => {
    const status = latestContainer(runtime, container.name);
    if (status === undefined || status.state !== 'CONTAINER_RUNNING') {
      if (decideRestart(pod, container, status)) toStart.push(index);
      return;
    }
    const kill = decideKill(pod, container, status, probes);
    if (kill === undefined) {
      kept++;
      return;
    }
    if (kill.restart) toStart.push(index);
    toKill.push({ id: status.id, name: container.name, message: kill.message, reason: kill.reason });
  });
  const isOver = kept === 0 && toStart.length === 0;
  const ephemeral = (pod.spec.ephemeralContainers ?? []).flatMap((container, index) => (latestContainer(runtime, container.name) === undefined ? [index] : []));
  return { ...base, killPod: isOver, initContainersToStart: isOver ? [] : init.toStart, containersToStart: toStart, ephemeralToStart: isOver ? [] : ephemeral, containersToKill: isOver ? [] : toKill };
}

/** Whether the pod needs a (new) sandbox. */
function computeSandboxChange(pod: Pod, runtime: PodRuntime): { readonly create: boolean; readonly attempt: number; readonly id: string | undefined } {
  const newest = runtime.sandboxes[0];
  if (newest === undefined) return { create: true, attempt: 0, id: undefined };
  const attempt = newest.metadata.attempt + 1;
  if (readySandbox(runtime) === undefined) return { create: true, attempt, id: newest.id };
  const wantsHost = pod.spec.hostNetwork === true;
  if ((newest.hostNetwork ?? newest.ip === '') !== wantsHost) return { create: true, attempt, id: undefined };
  return { create: false, attempt: newest.metadata.attempt, id: newest.id };
}

interface InitActions {
  readonly isDone: boolean;
  readonly isFailed: boolean;
  readonly toStart: readonly number[];
  readonly toKill: readonly ContainerToKill[];
}

/** Init containers run one after the other; sidecars among them keep running and are started again. */
function computeInitActions(pod: Pod, runtime: PodRuntime, probes: ProbeVerdicts): InitActions {
  const initContainers = pod.spec.initContainers ?? [];
  const toStart: number[] = [];
  const toKill: ContainerToKill[] = [];
  const inThisSandbox = (status: ContainerStatus): boolean => status.podSandboxId === runtime.sandboxes[0]?.id;
  // Once a regular container was made in this sandbox, initialisation is over for good; only sidecars are still looked after.
  const wasInitialized = pod.spec.containers.some((container) => {
    const status = latestContainer(runtime, container.name);
    return status !== undefined && inThisSandbox(status);
  });
  for (const [index, container] of initContainers.entries()) {
    const status = latestContainer(runtime, container.name);
    const current = status !== undefined && inThisSandbox(status) ? status : undefined;
    if (isSidecar(container)) {
      if (current === undefined || current.state === 'CONTAINER_EXITED' || current.state === 'CONTAINER_UNKNOWN' || current.state === 'CONTAINER_CREATED') {
        toStart.push(index);
        if (wasInitialized) continue;
        return { isDone: false, isFailed: false, toStart, toKill };
      }
      const kill = decideKill(pod, container, current, probes);
      if (kill !== undefined) {
        toKill.push({ id: current.id, name: container.name, message: kill.message, reason: kill.reason });
        toStart.push(index);
      }
      if (!wasInitialized && !probes.isStarted(current.id)) return { isDone: false, isFailed: false, toStart, toKill };
      continue;
    }
    if (wasInitialized) continue;
    if (current === undefined) return { isDone: false, isFailed: false, toStart: [...toStart, index], toKill };
    if (current.state === 'CONTAINER_RUNNING') return { isDone: false, isFailed: false, toStart, toKill };
    if (current.state === 'CONTAINER_EXITED' && current.exitCode === 0) continue;
    if (current.state === 'CONTAINER_EXITED' && !decideRestart(pod, container, current)) return { isDone: false, isFailed: true, toStart: [], toKill };
    return { isDone: false, isFailed: false, toStart: [...toStart, index], toKill };
  }
  return { isDone: true, isFailed: false, toStart, toKill };
}

/** An init container of a pod that restarts Always is tried again only when it failed. */
function effectivePolicy(pod: Pod, container: Container): 'Always' | 'OnFailure' | 'Never' {
  if (container.restartPolicy !== undefined) return container.restartPolicy;
  return pod.spec.restartPolicy ?? 'Always';
}

/** ShouldContainerBeRestarted: `status` is the newest, not running. */
export function decideRestart(pod: Pod, container: Container, status: ContainerStatus | undefined): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  if (status === undefined || status.state === 'CONTAINER_UNKNOWN' || status.state === 'CONTAINER_CREATED') return true;
  for (const rule of container.restartPolicyRules ?? []) {
    const isListed = rule.exitCodes?.values?.includes(status.exitCode) ?? false;
    if (rule.action === 'Restart' && (rule.exitCodes?.operator === 'NotIn' ? !isListed : isListed)) return true;
  }
  const policy = effectivePolicy(pod, container);
  return policy === 'Always' || (policy === 'OnFailure' && status.exitCode !== 0);
}

function decideKill(pod: Pod, container: Container, status: ContainerStatus, probes: ProbeVerdicts): { readonly message: string; readonly reason: ContainerToKill['reason']; readonly restart: boolean } | undefined {
  const restart = effectivePolicy(pod, container) !== 'Never';
  if (status.labels[containerHashLabel] !== hashContainer(container)) return { message: `Container ${container.name} definition changed, will be restarted`, reason: 'changed', restart: true };
  if (probes.livenessFailed.has(status.id)) return { message: `Container ${container.name} failed liveness probe${restart ? ', will be restarted' : ''}`, reason: 'liveness', restart };
  if (probes.startupFailed.has(status.id)) return { message: `Container ${container.name} failed startup probe${restart ? ', will be restarted' : ''}`, reason: 'startup', restart };
  return undefined;
}

/** What of a container may not change while it runs: upstream hashes name and image. */
export function hashContainer(container: Container): string {
  return `${container.name}|${container.image ?? ''}`;
}
