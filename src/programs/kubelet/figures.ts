// What the containers of a node use, by the runtime's figures, and the summary of it.
import { formatTime } from '../../api/meta/time.ts';
import type { Task } from '../../kernel/task.ts';
import type { ContainerStatus } from '../../wire/cri.ts';
import type { Kubelet } from './kubelet.ts';
import type { PodWorker } from './pod-worker.ts';
import { RuntimeFailure } from './runtime-client.ts';
import { systemMemoryBytes } from './usage.ts';

export interface Sample {
  readonly worker: PodWorker;
  readonly container: ContainerStatus;
  readonly cpuMs: number;
  readonly memoryBytes: number;
}

export function* samples(kubelet: Kubelet): Task<readonly Sample[]> {
  let stats: readonly { readonly id: string; readonly cpuMs: number; readonly memoryBytes: number }[] = [];
  try {
    stats = (yield* kubelet.runtime.call('RuntimeService/ListContainerStats', {})).stats;
  } catch (error) {
    if (!(error instanceof RuntimeFailure)) throw error;
  }
  const byId = new Map(stats.map((each) => [each.id, each]));
  const found: Sample[] = [];
  for (const worker of kubelet.workers.values()) {
    for (const container of kubelet.runtime.pod(worker.uid).containers) {
      const stat = byId.get(container.id);
      if (stat !== undefined) found.push({ worker, container, cpuMs: stat.cpuMs, memoryBytes: stat.memoryBytes });
    }
  }
  return found;
}

export function* summary(kubelet: Kubelet): Task<object> {
  const all = yield* samples(kubelet);
  const time = formatTime(kubelet.host.clock.wallMs());
  const figures = (cpuMs: number, memoryBytes: number): object => ({ cpu: { time, usageCoreNanoSeconds: Math.round(cpuMs * 1e6) }, memory: { time, workingSetBytes: memoryBytes, usageBytes: memoryBytes } });
  const pods = [...new Set(all.map((sample) => sample.worker))].map((worker) => {
    const mine = all.filter((sample) => sample.worker === worker);
    const { name, namespace, uid } = worker.pod.metadata;
    return {
      podRef: { name, namespace, uid },
      ...figures(mine.reduce((sum, each) => sum + each.cpuMs, 0), mine.reduce((sum, each) => sum + each.memoryBytes, 0)),
      containers: mine.map((each) => ({ name: each.container.metadata.name, ...figures(each.cpuMs, each.memoryBytes) })),
    };
  });
  const node = nodeUsage(all);
  return { node: { nodeName: kubelet.config.nodeName, ...figures(node.cpuMs, node.memoryBytes) }, pods };
}

/** The containers, and what the machine itself needs. */
export function nodeUsage(all: readonly Sample[]): { readonly cpuMs: number; readonly memoryBytes: number } {
  return { cpuMs: all.reduce((sum, each) => sum + each.cpuMs, 0), memoryBytes: systemMemoryBytes + all.reduce((sum, each) => sum + each.memoryBytes, 0) };
}
