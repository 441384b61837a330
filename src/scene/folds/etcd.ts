// The cluster's own truth: each stored change, seen at the first member that applies it, becomes pods, nodes and objects of the scene.
import { parseTime } from '../../api/meta/time.ts';
import type { TraceEvent } from '../../kernel/world.ts';
import type { EtcdEvent } from '../../programs/etcd/events.ts';
import type { FoldContext } from '../fold.ts';
import type { KeyStore } from '../key-store.ts';
import type { NodeRecord } from '../records.ts';
import { podRecord, requestsOf, resourcesOf, type Requests } from './pods.ts';
import { parseKey, type KeyParts, type Stored, type StoredNode, type StoredPod } from './stored-object.ts';
import { selectorOf, summaryOf } from './summary.ts';

interface Placed extends Requests {
  readonly node: string;
}

/** One stored object changed. */
export interface ObjectChange {
  readonly parts: KeyParts;
  readonly key: string;
  readonly before: Stored | null;
  readonly after: Stored | null;
}

const noOwner = null;
const noLabels: Readonly<Record<string, string>> = {};
const undrawn = new Set(['events', 'masterleases', 'ranges']);

export class StoreFold {
  private revision = 0;
  private readonly keys: KeyStore;
  private readonly placed = new Map<string, Placed>();
  private readonly sums = new Map<string, { cpuMilli: number; memoryBytes: number; pods: number }>();
  private readonly podKeys = new Map<string, string>();

  constructor(keys: KeyStore) {
    this.keys = keys;
  }

  /** Folds a change that no member has applied before; returns what changed. */
  fold(context: FoldContext, event: TraceEvent): readonly ObjectChange[] {
    const data = event.data as EtcdEvent & { readonly type: 'etcd.revision' };
    if (data.revision <= this.revision) return [];
    this.revision = data.revision;
    const all: ObjectChange[] = [];
    for (const change of data.changes) {
      const after = change.value as Stored | null;
      const before = change.prev as Stored | null;
      this.keys.put(change.key, { revision: data.revision, atMs: event.atMs, value: after, event: event.id });
      const parts = parseKey(change.key, after ?? before);
      if (parts === undefined) continue;
      all.push({ parts, key: change.key, before, after });
      if (undrawn.has(parts.resource)) continue;
      if (parts.resource === 'pods' && parts.group === '') this.foldPod(context, change.key, after as StoredPod | null);
      else {
        if (parts.resource === 'nodes' && parts.group === '') this.foldNode(context, parts.name, after as StoredNode | null);
        else this.foldObject(context, parts, after);
      }
    }
    return all;
  }

  private foldObject(context: FoldContext, { group, resource, namespace, name }: KeyParts, object: Stored | null): void {
    const id = `object:${group}/${resource}/${namespace}/${name}`;
    if (object === null) return context.remove(id);
    const meta = object.metadata ?? {};
    const owner = meta.ownerReferences?.find((each) => each.controller === true) ?? meta.ownerReferences?.[0];
    context.put({
      table: 'object',
      id,
      apiVersion: object.apiVersion ?? '',
      kind: object.kind ?? '',
      resource,
      namespace,
      name,
      uid: meta.uid ?? '',
      owner: owner === undefined ? noOwner : { kind: owner.kind, name: owner.name, uid: owner.uid },
      labels: meta.labels ?? noLabels,
      selector: selectorOf(object),
      summary: summaryOf(object),
      createdMs: (parseTime(meta.creationTimestamp) ?? context.epochMs) - context.epochMs,
    });
  }

  private foldPod(context: FoldContext, key: string, pod: StoredPod | null): void {
    const oldUid = this.podKeys.get(key);
    const uid = pod?.metadata?.uid ?? oldUid ?? '';
    if (oldUid !== undefined && (pod === null || oldUid !== uid)) {
      this.place(context, oldUid, undefined);
      this.forget(context, `pod:${oldUid}`);
    }
    if (pod === null) {
      this.podKeys.delete(key);
      return;
    }
    this.podKeys.set(key, uid);
    const record = podRecord(pod, uid, context.epochMs);
    const staticUid = pod.metadata?.annotations?.['kubernetes.io/config.mirror'];
    if (staticUid !== undefined && context.podAlias.get(staticUid) !== record.id) this.alias(context, staticUid, record.id);
    context.put(record);
    const over = record.phase === 'Succeeded' || record.phase === 'Failed';
    this.place(context, uid, record.node === '' || over ? undefined : { node: record.node, ...requestsOf(pod) });
  }

  /** A pod has gone, and with it what is left of its processes; those that still run go when they end. */
  private forget(context: FoldContext, id: string): void {
    context.remove(id);
    for (const process of context.podProcesses.get(id) ?? []) {
      const record = context.store.get(process);
      if (record?.table === 'process' && record.state === 'exited') context.remove(process);
    }
    context.podProcesses.delete(id);
  }

  /** A mirror pod has come for a static pod whose processes are known under its hash. */
  private alias(context: FoldContext, staticUid: string, id: string): void {
    const old = context.podRecordId(staticUid);
    context.podAlias.set(staticUid, id);
    for (const process of context.podProcesses.get(old) ?? []) context.link(process, id);
    context.podProcesses.delete(old);
  }

  private place(context: FoldContext, uid: string, now: Placed | undefined): void {
    const before = this.placed.get(uid);
    if (before === undefined && now === undefined) return;
    if (before !== undefined && now !== undefined && before.node === now.node && before.cpuMilli === now.cpuMilli && before.memoryBytes === now.memoryBytes) return;
    if (before !== undefined) this.count(context, before, -1);
    if (now === undefined) this.placed.delete(uid);
    else {
      this.placed.set(uid, now);
      this.count(context, now, 1);
    }
  }

  private count(context: FoldContext, pod: Placed, sign: 1 | -1): void {
    let sum = this.sums.get(pod.node);
    if (sum === undefined) this.sums.set(pod.node, (sum = { cpuMilli: 0, memoryBytes: 0, pods: 0 }));
    sum.cpuMilli += sign * pod.cpuMilli;
    sum.memoryBytes += sign * pod.memoryBytes;
    sum.pods += sign;
    context.update<NodeRecord>('node', `node:${pod.node}`, { requested: { ...sum } });
  }

  private foldNode(context: FoldContext, name: string, node: StoredNode | null): void {
    const id = `node:${name}`;
    if (node === null) return context.remove(id);
    const { cpuMilli, memoryBytes } = resourcesOf(node.status?.allocatable ?? node.status?.capacity);
    const conditions = node.status?.conditions ?? [];
    const ready = conditions.find((condition) => condition.type === 'Ready')?.status;
    const before = context.store.get(id);
    context.put({
      table: 'node',
      id,
      name,
      machine: name,
      ready: ready === 'True' || ready === 'Unknown' ? ready : 'False',
      unschedulable: node.spec?.unschedulable === true,
      taints: (node.spec?.taints ?? []).map((taint) => `${taint.key}${taint.value === undefined || taint.value === '' ? '' : `=${taint.value}`}:${taint.effect}`),
      conditions: conditions.map((condition) => ({ type: condition.type, status: condition.status, reason: condition.reason ?? '', message: condition.message ?? '' })),
      capacity: { cpuMilli, memoryBytes, pods: Number(node.status?.allocatable?.['pods'] ?? node.status?.capacity?.['pods'] ?? 0) },
      requested: { ...(this.sums.get(name) ?? { cpuMilli: 0, memoryBytes: 0, pods: 0 }) },
      used: before?.table === 'node' ? before.used : { cpuMilli: 0, memoryBytes: 0 },
    });
  }
}
