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
function chainOf(trace: TraceStore, of: EventId): readonly EventId[] {
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
const insideRequest = new Set(['apiserver.received', 'apiserver.authenticated', 'apiserver.authorized', 'apiserver.queued', 'apiserver.mutated', 'apiserver.policy', 'apiserver.webhook', 'apiserver.validated', 'etcd.proposed', 'etcd.appended', 'etcd.committed', 'apiserver.responded', 'lb.forwarded', 'apiserver.watch-sent', 'controller.reconcile']);

export function why(trace: TraceStore, of: EventId): readonly Step[] {
  return stepsOf(trace, [...chainOf(trace, of)].reverse());
}

/** The events of a chain that are worth telling, oldest first. */
export function stepsOf(trace: TraceStore, chain: readonly EventId[]): readonly Step[] {
  const steps: Step[] = [];
  let user = '';
  for (let n = 0; n < chain.length; n++) {
    const isLast = n === chain.length - 1;
    const id = chain[n] as EventId;
    const event = trace.event(id);
    if (event === undefined) continue;
    const data = event.data as TracedEvent;
    if (data.type === 'apiserver.authenticated') user = data.user;
    if (insideRequest.has(data.type) && !isLast) continue;
    if (data.type === 'process.exited' && data.code === 0 && !isLast) continue;
    if (data.type === 'kubelet.status' && data.phase === 'Pending' && !isLast) continue;
    let told: Told['sentence'] | undefined;
    if (data.type === 'apiserver.stored') told = writing(user, data.key, data.change);
    else if (data.type === 'etcd.revision') {
      const change = data.changes[0];
      if (change === undefined) continue;
      told = writing(user, change.key, change.value === null ? 'delete' : change.prev === null ? 'create' : 'update');
    } else told = tell(event)?.sentence;
    if (told === undefined) continue;
    const last = steps.at(-1);
    if (last !== undefined && last.sentence.key === told.key && JSON.stringify(last.sentence.params) === JSON.stringify(told.params)) continue;
    steps.push({ event: id, atMs: event.atMs, machine: event.machine, process: event.process, sentence: told });
  }
  return steps;
}

function writing(user: string, key: string, change: 'create' | 'update' | 'delete'): Told['sentence'] | undefined {
  const { kind, name, resource } = objectOfKey(key);
  if (resource === 'events' || resource === 'leases') return undefined;
  const who = whoIs(user);
  return who === '' ? undefined : sentence(`write.${change}`, { who, kind, name });
}
