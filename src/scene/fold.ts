// What every fold is given: the records it may write, and the facts that several folds share.
import type { EventId } from '../kernel/host.ts';
import type { SceneRecord } from './records.ts';
import type { SceneStore } from './scene-store.ts';
import type { TraceStore } from './trace-store.ts';

export class FoldContext {
  readonly store: SceneStore;
  readonly trace: TraceStore;
  /** Milliseconds since 1970 at virtual time 0. */
  readonly epochMs: number;
  nowMs = 0;
  event: EventId = 0;
  /** A pod's uid as its kubelet and runtime know it (a static pod's hash) -> the pod's record. */
  readonly podAlias = new Map<string, string>();
  /** `machine:pid` -> the running process's record. */
  readonly byPid = new Map<string, string>();
  /** A pod's record -> the records of its processes. */
  readonly podProcesses = new Map<string, Set<string>>();

  constructor(store: SceneStore, trace: TraceStore, epochMs: number) {
    this.store = store;
    this.trace = trace;
    this.epochMs = epochMs;
  }

  put(record: SceneRecord): void {
    this.store.put(record, this.nowMs, this.event);
  }
  remove(id: string): void {
    this.store.remove(id, this.nowMs, this.event);
  }
  /** Changes some fields of a record that may not be there. */
  update<T extends SceneRecord>(table: T['table'], id: string, fields: Partial<T>): void {
    const record = this.store.get(id);
    if (record?.table === table) this.put({ ...record, ...fields } as SceneRecord);
  }
  /** Ties a process to the pod it belongs to. */
  link(processId: string, podId: string): void {
    const record = this.store.get(processId);
    if (record?.table !== 'process') return;
    let all = this.podProcesses.get(podId);
    if (all === undefined) this.podProcesses.set(podId, (all = new Set()));
    all.add(processId);
    if (record.pod !== podId) this.put({ ...record, pod: podId });
  }
  podRecordId(uid: string): string {
    return this.podAlias.get(uid) ?? `pod:${uid}`;
  }
}
