// What the node's containers use, looked at every ten seconds as the kubelet's own housekeeping does: for whoever watches.
import type { Task } from '../../kernel/task.ts';
import type { KubeletEvent } from './events.ts';
import type { Kubelet } from './kubelet.ts';
import { RuntimeFailure } from './runtime-client.ts';

const periodMs = 10_000;
/** Of kernel, runtime and kubelet, which run in no container. */
export const systemMemoryBytes = 300 << 20;

/** For ever; traces only what has changed enough to be drawn. */
export function* watchUsage({ host, config, runtime }: Kubelet): Task<void> {
  let before = new Map<string, number>();
  let told = '';
  for (;;) {
    yield* host.clock.sleep(periodMs);
    let stats;
    try {
      ({ stats } = yield* runtime.call('RuntimeService/ListContainerStats', {}));
    } catch (error) {
      if (!(error instanceof RuntimeFailure)) throw error;
      continue;
    }
    let spentMs = 0;
    let memory = systemMemoryBytes;
    for (const { id, cpuMs, memoryBytes } of stats) {
      spentMs += Math.max(0, cpuMs - (before.get(id) ?? 0));
      memory += memoryBytes;
    }
    before = new Map(stats.map(({ id, cpuMs }) => [id, cpuMs]));
    const cpuMilli = Math.round((1000 * spentMs) / periodMs);
    const text = `${Math.round(cpuMilli / 5)} ${Math.round(memory / (8 << 20))}`;
    if (text === told) continue;
    told = text;
    host.trace.emit<KubeletEvent>({ type: 'kubelet.usage', node: config.nodeName, cpuMilli, memoryBytes: memory });
  }
}
