// "Why?": the chain of causes from an event back to what a person did, told in sentences, oldest first.
import type { EventId } from '../kernel/host.ts';
import type { TraceStore } from './trace-store.ts';
import { tell, whoIs, objectOfKey, type Told, type TracedEvent } from './tell.ts';
import { sentence } from './sentences.ts';

export interface Step {
  readonly event: EventId;
  readonly atMs: number;
  readonly machine: string;
  readonly process: string;
  readonly sentence: Told['sentence'];
}

const mostSteps = 20_000;

/** The ids of the chain, newest first; ends at the root or where the record of causes ends. */
export function chainOf(trace: TraceStore, of: EventId): readonly EventId[] {
  const chain: EventId[] = [];
  for (let at = of; at !== 0 && chain.length < mostSteps; at = trace.cause(at)) chain.push(at);
  return chain;
}

/** Whether `cause` is part of what led to `of`. */
export function leadsTo(trace: TraceStore, cause: EventId, of: EventId): boolean {
  if (cause === 0) return false;
  let steps = 0;
  for (let at = of; at >= cause && steps < mostSteps; at = trace.cause(at), steps++) if (at === cause) return true;
  return false;
}

/** Stages of one request are told once, by its outcome: who wrote what. */
const insideRequest = new Set(['apiserver.received', 'apiserver.authenticated', 'apiserver.authorized', 'apiserver.mutated', 'apiserver.validated', 'etcd.proposed', 'etcd.appended', 'etcd.committed', 'apiserver.responded', 'lb.forwarded', 'apiserver.watch-sent', 'controller.reconcile']);

export function why(trace: TraceStore, of: EventId): readonly Step[] {
  const chain = chainOf(trace, of);
  const steps: Step[] = [];
  let user = '';
  for (let n = chain.length - 1; n >= 0; n--) {
    const id = chain[n] as EventId;
    const event = trace.event(id);
    if (event === undefined) continue;
    const data = event.data as TracedEvent;
    if (data.type === 'apiserver.authenticated') user = data.user;
    if (insideRequest.has(data.type) && n !== 0) continue;
    let told: Told['sentence'] | undefined;
    if (data.type === 'apiserver.stored') {
      const { kind, name, resource } = objectOfKey(data.key);
      if (resource === 'events' || resource === 'leases') continue;
      const who = whoIs(user);
      told = who === '' ? tell(event)?.sentence : sentence(`write.${data.change}`, { who, kind, name });
    } else told = tell(event)?.sentence;
    if (told === undefined) continue;
    const last = steps.at(-1);
    if (last !== undefined && last.sentence.key === told.key && JSON.stringify(last.sentence.params) === JSON.stringify(told.params)) continue;
    steps.push({ event: id, atMs: event.atMs, machine: event.machine, process: event.process, sentence: told });
  }
  return steps;
}
