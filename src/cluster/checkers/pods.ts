// A pod is bound to one machine for its whole life, and of two pods of one name only one runs.
import type { KernelEvent, TraceEvent } from '../../kernel/world.ts';
import type { ContainerdEvent } from '../../programs/containerd/events.ts';
import type { Checker } from './checker.ts';

interface Running {
  readonly machine: string;
  readonly uid: string;
  /** `namespace/name`. */
  readonly pod: string;
  readonly pid: number;
}

/**
 * A process is what counts, not what a runtime that may be dead says of it. A machine without power runs nothing; one that is cut off does.
 * The name counts as well as the uid: what a controller makes instead of a pod on a lost machine has another name or has to wait (at most one).
 */
export function podOnOneNode(): Checker {
  const machines = new Map<string, string>();
  const names = new Map<string, string>();
  const running = new Map<string, Running>();
  const containers = new Map<string, Set<string>>();
  return {
    name: 'a pod never runs on two nodes, nor twice on one',
    sees: ['machine.off', 'process.exited', 'containerd.sandbox', 'containerd.container-started'],
    see(event: TraceEvent) {
      const data = event.data as KernelEvent | ContainerdEvent;
      switch (data.type) {
        case 'machine.off':
          for (const [place, each] of running) if (each.machine === data.name) running.delete(place);
          return undefined;
        case 'process.exited':
          running.delete(`${event.machine} ${data.pid}`);
          return undefined;
        case 'containerd.sandbox':
          if (data.change === 'created') names.set(data.podUid, data.pod);
          return undefined;
        case 'containerd.container-started': {
          const first = machines.get(data.podUid);
          if (first === undefined) machines.set(data.podUid, event.machine);
          else if (first !== event.machine) return `pod ${names.get(data.podUid) ?? data.podUid} ran on ${first} and now runs on ${event.machine}`;
          const pod = names.get(data.podUid) ?? data.podUid;
          for (const each of running.values())
            if (each.pod === pod && (each.uid !== data.podUid || each.machine !== event.machine)) return `pod ${pod} runs on ${each.machine} (${each.uid}) and on ${event.machine} (${data.podUid})`;
          const place = `${event.machine} ${data.podUid} ${data.name}`;
          const before = [...(containers.get(place) ?? [])].filter((key) => running.has(key));
          containers.set(place, new Set([...before, `${event.machine} ${data.pid}`]));
          running.set(`${event.machine} ${data.pid}`, { machine: event.machine, uid: data.podUid, pod, pid: data.pid });
          return before.length > 0 ? `container ${data.name} of pod ${pod} runs twice on ${event.machine}` : undefined;
        }
        default:
          return undefined;
      }
    },
  };
}
