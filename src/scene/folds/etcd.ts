// Folds what etcd's members say: roles and logs into the members' processes, committed changes into pods, nodes and objects.
import type { EtcdEvent } from '../../programs/etcd/events.ts';
import type { Seen } from '../events.ts';
import type { NodeRecord, ObjectRecord, ProcessRecord, RaftRecord } from '../records.ts';
import type { SceneStore } from '../store.ts';
import { nodeRecord, ownerOf, podRecord, requestsOf, type Share, type StoredMeta, type StoredNode, type StoredPod } from './pods.ts';

interface StoredObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: StoredMeta;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly data?: object;
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean } }[];
}

const nothing: Share = { cpuMilli: 0, memoryBytes: 0, pods: 0 };
/** Kept out of the picture: they change all the time and nobody asks for them by sight. */
const hidden = /^\/registry\/(leases|events|masterleases|apiserver|ranges|flowschemas|prioritylevelconfigurations)\//;

/** What is known of members before their process record is drawn. */
export class EtcdFold {
  private revision = 0;
  private readonly shares = new Map<string, { readonly node: string; readonly share: Share }>();
  private readonly requested = new Map<string, Share>();
  private readonly nodes = new Map<string, StoredNode>();
  private readonly scene: SceneStore;

  constructor(scene: SceneStore) {
    this.scene = scene;
  }

  fold(event: Seen & { readonly data: EtcdEvent }): void {
    const { data } = event;
    switch (data.type) {
      case 'etcd.started':
        this.raft(event, { role: 'follower', term: 0, leader: '', lastIndex: data.lastIndex, commitIndex: 0, appliedIndex: 0, members: data.members });
        break;
      case 'etcd.role':
        this.raft(event, { role: data.role, term: data.term, leader: data.leader });
        break;
      case 'etcd.appended':
        this.raft(event, { lastIndex: data.index });
        break;
      case 'etcd.committed':
        this.raft(event, { commitIndex: data.index });
        break;
      case 'etcd.revision':
        if (data.revision <= this.revision) break;
        this.revision = data.revision;
        for (const change of data.changes) this.change(change.key, change.value as StoredObject | null, change.prev as StoredObject | null, event.atMs);
        break;
      default:
    }
  }

  private raft(event: Seen, part: Partial<RaftRecord>): void {
    const id = `process:${event.machine}/${event.process}`;
    const record = this.scene.get<ProcessRecord>(id);
    if (record === undefined) return;
    const before = record.raft ?? { role: 'follower', term: 0, leader: '', lastIndex: 0, commitIndex: 0, appliedIndex: 0, members: [] };
    const raft: RaftRecord = { ...before, ...part };
    // What is committed on this member is at most what it has.
    const commitIndex = Math.min(raft.commitIndex, raft.lastIndex);
    this.scene.put({ ...record, raft: { ...raft, commitIndex, appliedIndex: commitIndex }, ready: raft.leader !== '' });
  }

  private change(key: string, value: StoredObject | null, prev: StoredObject | null, atMs: number): void {
    if (hidden.test(key)) return;
    const [, , resource = ''] = key.split('/');
    if (resource === 'pods') this.changePod(value as StoredPod | null, prev as StoredPod | null, atMs);
    else if (resource === 'minions') this.changeNode(key.slice('/registry/minions/'.length), value as StoredNode | null);
    else this.changeObject(key, value, prev, atMs);
  }

  private changePod(pod: StoredPod | null, prev: StoredPod | null, atMs: number): void {
    const uid = (pod ?? prev)?.metadata.uid ?? '';
    const id = `pod:${uid}`;
    if (prev !== null && pod !== null && prev.metadata.uid !== pod.metadata.uid) this.scene.remove(`pod:${prev.metadata.uid ?? ''}`);
    if (pod === null) this.scene.remove(id);
    else this.scene.put(podRecord(pod, this.scene.get<{ readonly createdMs: number } & ObjectRecord>(id)?.createdMs ?? atMs));
    const before = this.shares.get(uid);
    const node = pod?.spec?.nodeName ?? '';
    const share = pod === null || node === '' ? nothing : requestsOf(pod);
    if (before !== undefined) this.addShare(before.node, before.share, -1);
    if (share.pods === 0) this.shares.delete(uid);
    else {
      this.shares.set(uid, { node, share });
      this.addShare(node, share, 1);
    }
    for (const name of new Set([before?.node, node])) if (name !== undefined && name !== '') this.refreshNode(name);
  }

  private addShare(node: string, share: Share, sign: 1 | -1): void {
    const sum = this.requested.get(node) ?? nothing;
    this.requested.set(node, { cpuMilli: sum.cpuMilli + sign * share.cpuMilli, memoryBytes: sum.memoryBytes + sign * share.memoryBytes, pods: sum.pods + sign * share.pods });
  }

  private changeNode(name: string, node: StoredNode | null): void {
    if (node === null) {
      this.nodes.delete(name);
      this.scene.remove(`node:${name}`);
      return;
    }
    this.nodes.set(name, node);
    this.refreshNode(name);
  }

  private refreshNode(name: string): void {
    const node = this.nodes.get(name);
    if (node === undefined) return;
    const before = this.scene.get<NodeRecord>(`node:${name}`);
    const after = nodeRecord(node, this.requested.get(name) ?? nothing, before?.used ?? { cpuMilli: 0, memoryBytes: 0 });
    if (before === undefined || JSON.stringify(before) !== JSON.stringify(after)) this.scene.put(after);
  }

  private changeObject(key: string, value: StoredObject | null, prev: StoredObject | null, atMs: number): void {
    const object = value ?? prev;
    if (object?.metadata === undefined || object.kind === undefined) return;
    const parts = key.split('/').slice(2);
    const resource = resourceName(parts);
    const group = (object.apiVersion ?? 'v1').includes('/') ? (object.apiVersion ?? '').split('/')[0] : '';
    const id = `object:${group}/${resource}/${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    if (value === null) {
      this.scene.remove(id);
      return;
    }
    const before = this.scene.get<ObjectRecord>(id);
    const selector = selectorOf(value);
    const record: ObjectRecord = {
      table: 'object',
      id,
      apiVersion: value.apiVersion ?? 'v1',
      kind: object.kind,
      resource,
      namespace: object.metadata.namespace ?? '',
      name: object.metadata.name,
      uid: object.metadata.uid ?? '',
      owner: ownerOf(object.metadata),
      labels: object.metadata.labels ?? {},
      selector,
      summary: summarise(value),
      createdMs: before?.createdMs ?? atMs,
    };
    this.scene.put(record);
  }
}

/** `services/specs` is services; `apiextensions.k8s.io/customresourcedefinitions` its second part. */
function resourceName(parts: readonly string[]): string {
  const [first = '', second = ''] = parts;
  if (first === 'services') return second === 'endpoints' ? 'endpoints' : 'services';
  return first.includes('.') ? second : first;
}

function selectorOf(object: StoredObject): Readonly<Record<string, string>> | null {
  const selector = object.spec?.['selector'] as Readonly<Record<string, unknown>> | undefined;
  if (selector === undefined || selector === null) return null;
  const labels = (typeof selector['matchLabels'] === 'object' ? selector['matchLabels'] : object.kind === 'Service' ? selector : undefined) as Readonly<Record<string, string>> | undefined;
  return labels ?? null;
}

function summarise(object: StoredObject): string {
  const number = (name: string) => Number(object.status?.[name] ?? 0);
  switch (object.kind) {
    case 'Deployment':
    case 'ReplicaSet':
    case 'StatefulSet':
    case 'ReplicationController':
      return `${number('readyReplicas')}/${Number(object.spec?.['replicas'] ?? 0)} ready`;
    case 'DaemonSet':
      return `${number('numberReady')}/${number('desiredNumberScheduled')} ready`;
    case 'Service': {
      const ports = (object.spec?.['ports'] ?? []) as readonly { readonly port: number }[];
      return `${String(object.spec?.['clusterIP'] ?? '')}${ports.length === 0 ? '' : `:${ports.map((each) => each.port).join(',')}`}`;
    }
    case 'EndpointSlice':
      return `${(object.endpoints ?? []).filter((each) => each.conditions?.ready !== false).length} endpoints`;
    case 'Namespace':
      return String(object.status?.['phase'] ?? '');
    case 'Job':
      return `${number('succeeded')}/${Number(object.spec?.['completions'] ?? 1)} done`;
    case 'ConfigMap':
    case 'Secret':
      return `${Object.keys(object.data ?? {}).length} keys`;
    default:
      return '';
  }
}
