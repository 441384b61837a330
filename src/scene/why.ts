// "Why is it so?": the chain of events back to what a person did, each in one sentence.
import type { WhyStep } from '../session/protocol.ts';
import type { Seen } from './events.ts';
import type { SceneRecord } from './records.ts';
import { sentenceOf } from './sentences.ts';
import type { TraceStore } from './trace-store.ts';

/** The latest event that tells of a record. */
function latestOf(trace: TraceStore, record: SceneRecord): Seen | undefined {
  switch (record.table) {
    case 'pod': {
      const full = `${record.namespace}/${record.name}`;
      return trace.findLast(({ data }) => {
        if ('uid' in data && data.uid === record.uid) return data.type !== 'scheduler.decided' || data.node === '' || record.node === '';
        if ('podUid' in data && data.podUid === record.uid) return data.type === 'containerd.container-started' || data.type === 'containerd.exited';
        return 'pod' in data && (data.pod === full || data.pod === record.name);
      });
    }
    case 'node':
      return trace.findLast(({ data }) => 'node' in data && data.node === record.name && /^(controller\.node|kubelet\.node-status|kubelet\.registered)/.test(data.type));
    case 'machine':
      return trace.findLast(({ data }) => (data.type === 'machine.on' || data.type === 'machine.off') && data.name === record.name);
    case 'process':
      return trace.findLast(({ data, machine, process }) => machine === record.machine && process === record.name && /^(process\.|lease\.|etcd\.role)/.test(data.type));
    case 'fault':
      return trace.findLast(({ data }) => data.type === 'fault.added' && data.fault === record.name);
    default:
      return undefined;
  }
}

/** Newest first. `of` is a record, or an event's number. */
export function whyOf(trace: TraceStore, of: SceneRecord | number): readonly WhyStep[] {
  const start = typeof of === 'number' ? of : latestOf(trace, of)?.id;
  if (start === undefined) return [];
  const steps: WhyStep[] = [];
  let lastKey = '';
  for (const event of trace.chain(start)) {
    const sentence = sentenceOf(event);
    if (sentence === undefined || /^(applied|replicated|written|reconcile)$/.test(sentence.key)) continue;
    const key = `${sentence.key} ${JSON.stringify(sentence.params)}`;
    if (key === lastKey) continue;
    lastKey = key;
    steps.push({ event: event.id, atMs: event.atMs, machine: event.machine, process: event.process, sentence });
    if (steps.length > 60) break;
  }
  return steps;
}
