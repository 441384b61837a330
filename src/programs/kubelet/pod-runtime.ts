// What the runtime is known to hold for one pod: its sandboxes and containers, newest first.
import type { ContainerEvent, ContainerStatus, PodSandboxStatus } from '../../wire/cri.ts';

export interface PodRuntime {
  readonly sandboxes: readonly PodSandboxStatus[];
  readonly containers: readonly ContainerStatus[];
}

export const noRuntime: PodRuntime = { sandboxes: [], containers: [] };

export const podUidLabel = 'io.kubernetes.pod.uid';
export const podNameLabel = 'io.kubernetes.pod.name';
export const podNamespaceLabel = 'io.kubernetes.pod.namespace';
export const containerHashLabel = 'io.kubernetes.container.hash';

/** The newest container of that name. */
export function latestContainer(runtime: PodRuntime, name: string): ContainerStatus | undefined {
  return runtime.containers.find((container) => container.metadata.name === name);
}

/** The newest one before that. */
export function previousContainer(runtime: PodRuntime, name: string): ContainerStatus | undefined {
  return runtime.containers.filter((container) => container.metadata.name === name)[1];
}

export function readySandbox(runtime: PodRuntime): PodSandboxStatus | undefined {
  const newest = runtime.sandboxes[0];
  return newest?.state === 'SANDBOX_READY' ? newest : undefined;
}

/** The pod's runtime after an event. */
export function applyEvent(runtime: PodRuntime, event: ContainerEvent): PodRuntime {
  const isSandbox = event.containerId === event.podSandboxId;
  if (isSandbox) {
    const others = runtime.sandboxes.filter((sandbox) => sandbox.id !== event.podSandboxId);
    return { ...runtime, sandboxes: event.sandbox === undefined ? others : sortSandboxes([event.sandbox, ...others]) };
  }
  const others = runtime.containers.filter((container) => container.id !== event.containerId);
  return { ...runtime, containers: event.container === undefined ? others : sortContainers([event.container, ...others]) };
}

export function sortSandboxes(sandboxes: readonly PodSandboxStatus[]): readonly PodSandboxStatus[] {
  return sandboxes.length < 2 ? sandboxes : [...sandboxes].sort((a, b) => b.metadata.attempt - a.metadata.attempt || b.createdAtMs - a.createdAtMs);
}

/** Newest first. A machine's clock may go back, attempts do not. */
export function sortContainers(containers: readonly ContainerStatus[]): readonly ContainerStatus[] {
  return containers.length < 2 ? containers : [...containers].sort((a, b) => b.metadata.attempt - a.metadata.attempt || b.createdAtMs - a.createdAtMs);
}
