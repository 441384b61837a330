// What programs say of themselves: who leads, who holds a lease, who is ready, which process belongs to which pod, which images are there.
import type { TraceEvent } from '../../kernel/world.ts';
import type { ClientEvent } from '../../client/events.ts';
import type { ApiserverEvent } from '../../programs/kube-apiserver/events.ts';
import type { ContainerdEvent } from '../../programs/containerd/events.ts';
import type { KubeletEvent } from '../../programs/kubelet/events.ts';
import type { EtcdEvent } from '../../programs/etcd/events.ts';
import type { TrafficEvent } from '../../programs/traffic/events.ts';
import type { FoldContext } from '../fold.ts';
import type { NodeRecord, ProcessRecord, RaftRecord } from '../records.ts';
import { processId } from './kernel.ts';

function process(context: FoldContext, event: TraceEvent): ProcessRecord | undefined {
  const record = context.store.get(processId(event.machine, event.process));
  return record?.table === 'process' ? record : undefined;
}

const noRaft: RaftRecord = { role: 'follower', term: 0, leader: '', lastIndex: 0, commitIndex: 0, members: [] };

/** The last index that a leader said to be committed. */
const committed = new WeakMap<FoldContext, number>();

/** Members' names by id: until a member has published its name, the others know its id only. */
const memberNames = new WeakMap<FoldContext, Map<string, string>>();

function namesOf(context: FoldContext): Map<string, string> {
  let names = memberNames.get(context);
  if (names === undefined) memberNames.set(context, (names = new Map()));
  return names;
}

export function foldEtcd(context: FoldContext, event: TraceEvent): void {
  const data = event.data as EtcdEvent;
  const record = process(context, event);
  if (record === undefined) return;
  const raft = record.raft ?? noRaft;
  switch (data.type) {
    case 'etcd.started':
      namesOf(context).set(data.id, data.member);
      // A member that was restored from a snapshot begins with a shorter log.
      context.put({ ...record, raft: { ...raft, lastIndex: data.lastIndex, commitIndex: Math.min(raft.commitIndex, data.lastIndex), members: data.members } });
      break;
    case 'etcd.role':
      context.put({ ...record, ready: data.leader !== '', raft: { ...raft, role: data.role, term: data.term, leader: data.role === 'leader' ? data.member : (namesOf(context).get(data.leader) ?? data.leader) } });
      break;
    case 'etcd.appended': {
      // An append carries how far its sender knows the log to be committed.
      const commitIndex = data.from === data.member ? raft.commitIndex : Math.max(raft.commitIndex, Math.min(committed.get(context) ?? 0, data.index));
      context.put({ ...record, raft: { ...raft, lastIndex: data.index, commitIndex } });
      break;
    }
    case 'etcd.committed':
      committed.set(context, data.index);
      context.put({ ...record, raft: { ...raft, lastIndex: Math.max(raft.lastIndex, data.index), commitIndex: data.index } });
      break;
    case 'etcd.revision':
      // Followers may hear of a commit by a heartbeat, which leaves no event; what they do with it does.
      if (data.index > raft.commitIndex) context.put({ ...record, raft: { ...raft, commitIndex: data.index } });
      break;
    default:
      break;
  }
}

export function foldLease(context: FoldContext, event: TraceEvent): void {
  const data = event.data as ClientEvent;
  const record = process(context, event);
  if (record === undefined) return;
  switch (data.type) {
    case 'lease.acquired':
      context.put({ ...record, lease: data.lease, standby: false });
      break;
    case 'lease.lost':
      context.put({ ...record, lease: '', standby: false });
      break;
    case 'lease.standby':
      context.put({ ...record, lease: '', standby: true });
      break;
  }
}

export function foldApiserver(context: FoldContext, event: TraceEvent): void {
  const data = event.data as ApiserverEvent;
  if (data.type !== 'apiserver.ready') return;
  const record = process(context, event);
  if (record !== undefined) context.put({ ...record, ready: data.ready });
}

/** A kubelet has worked out a pod's status: which containers pass their probes. */
export function foldKubelet(context: FoldContext, event: TraceEvent): void {
  const data = event.data as KubeletEvent;
  if (data.type === 'kubelet.usage') {
    const { cpuMilli, memoryBytes } = data;
    context.update<NodeRecord>('node', `node:${data.node}`, { used: { cpuMilli, memoryBytes } });
    return;
  }
  if (data.type !== 'kubelet.status') return;
  const pod = data.pod.slice(data.pod.indexOf('/') + 1);
  for (const container of data.containers) {
    const record = context.store.get(processId(event.machine, `${container.name}/${pod}`)) ?? context.store.get(processId(event.machine, container.name));
    if (record?.table !== 'process' || record.program === 'etcd' || record.pod === null) continue;
    const ready = container.ready && record.state === 'running';
    if (record.ready !== ready) context.put({ ...record, ready });
  }
}

export function foldContainerd(context: FoldContext, event: TraceEvent): void {
  const data = event.data as ContainerdEvent;
  switch (data.type) {
    case 'containerd.sandbox':
      if (data.change === 'created') {
        const id = context.byPid.get(`${event.machine}:${data.pid}`);
        if (id !== undefined) context.link(id, context.podRecordId(data.podUid));
      }
      break;
    case 'containerd.container-started': {
      const id = context.byPid.get(`${event.machine}:${data.pid}`);
      if (id !== undefined) context.link(id, context.podRecordId(data.podUid));
      break;
    }
    case 'containerd.pulled': {
      const machine = context.store.get(`machine:${event.machine}`);
      if (machine?.table !== 'machine' || machine.images.some((image) => image.name === data.image)) break;
      context.put({ ...machine, images: [...machine.images, { name: data.image, sizeBytes: data.sizeBytes }] });
      break;
    }
    case 'containerd.image-removed': {
      const machine = context.store.get(`machine:${event.machine}`);
      if (machine?.table === 'machine') context.put({ ...machine, images: machine.images.filter((image) => image.name !== data.image) });
      break;
    }
    default:
      break;
  }
}

const keptSeconds = 120;

export function foldTraffic(context: FoldContext, event: TraceEvent): void {
  const data = event.data as TrafficEvent;
  switch (data.type) {
    case 'traffic.started': {
      const id = `traffic:${data.name}`;
      const before = context.store.get(id);
      context.put({ table: 'traffic', id, name: data.name, target: data.target, ratePerSecond: data.ratePerSecond, seconds: before?.table === 'traffic' ? before.seconds : [] });
      break;
    }
    case 'traffic.second': {
      const id = `traffic:${data.name}`;
      const before = context.store.get(id);
      const seconds = before?.table === 'traffic' ? before.seconds.slice(-keptSeconds + 1) : [];
      context.put({
        table: 'traffic',
        id,
        name: data.name,
        target: data.target,
        ratePerSecond: data.ratePerSecond,
        seconds: [...seconds, { atMs: Math.round(event.atMs), ok: data.ok, failed: data.failed, meanMs: data.meanMs }],
      });
      break;
    }
    default:
      break;
  }
}
