// Folds, causes and flows on hand-made traces: what the scene makes of events, without a cluster.
import { describe, expect, it } from 'vitest';
import type { TraceEvent } from '../kernel/world.ts';
import { podStatusText } from './folds/pods.ts';
import { parseKey } from './folds/stored-object.ts';
import { Scene } from './scene.ts';

/** A trace that numbers its events and remembers their causes by name. */
class Trace {
  readonly scene = new Scene({ epochMs: 0, machines: [], processes: [] });
  private id = 0;
  nowMs = 0;

  at(ms: number): this {
    this.nowMs = ms;
    return this;
  }
  emit(place: string, data: { readonly type: string } & Readonly<Record<string, unknown>>, cause = 0): number {
    const slash = place.indexOf('/');
    const [machine, process] = [place.slice(0, slash), place.slice(slash + 1)];
    const event: TraceEvent = { id: ++this.id, atMs: this.nowMs, machine, process, cause, data };
    this.scene.see(event);
    return this.id;
  }
  stored(member: string, revision: number, key: string, value: unknown, cause = 0, prev: unknown = null): number {
    return this.emit(`${member}/etcd`, { type: 'etcd.revision', member, revision, index: revision + 3, changes: [{ key, value, prev }] }, cause);
  }
}

const pod = (name: string, more: object = {}) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', uid: `uid-${name}`, creationTimestamp: '1970-01-01T00:00:01Z' }, spec: { containers: [{ name: 'c', image: 'nginx' }] }, status: { phase: 'Pending' }, ...more });

describe('folds', () => {
  it('a change counts once, whichever member tells of it first', () => {
    const trace = new Trace();
    trace.stored('m2', 5, '/registry/pods/default/a', pod('a'));
    trace.at(1).stored('m1', 5, '/registry/pods/default/a', pod('a', { status: { phase: 'Failed' } }));
    expect(trace.scene.store.get('pod:uid-a')).toMatchObject({ name: 'a', phase: 'Pending', mark: 'pending', createdMs: 1000 });
    trace.stored('m1', 6, '/registry/pods/default/a', null, 0, pod('a'));
    expect(trace.scene.store.get('pod:uid-a')).toBeUndefined();
  });

  it('a pod that comes again under its name is another pod', () => {
    const trace = new Trace();
    trace.stored('m1', 1, '/registry/pods/default/a', pod('a'));
    trace.stored('m1', 2, '/registry/pods/default/a', { ...pod('a'), metadata: { ...pod('a').metadata, uid: 'second' } });
    expect(trace.scene.store.get('pod:uid-a')).toBeUndefined();
    expect(trace.scene.store.get('pod:second')).toBeDefined();
  });

  it('an etcd in a pod is a workload: neither its objects nor its votes are the cluster\'s', () => {
    const trace = new Trace();
    trace.stored('m1', 5, '/registry/pods/default/a', pod('a'));
    trace.emit('w1/etcd/mine', { type: 'process.started', pid: 7, name: 'etcd/mine', program: 'etcd', parentPid: 1, namespace: 'cni-1-mine' });
    trace.emit('w1/etcd/mine', { type: 'etcd.role', member: 'default', role: 'leader', term: 2, leader: 'default' });
    trace.stored('w1', 6, '/registry/pods/default/b', pod('b'));
    trace.emit('w1/etcd/mine', { type: 'etcd.revision', member: 'default', revision: 90, index: 93, changes: [{ key: '/registry/pods/default/c', value: pod('c'), prev: null }] });
    trace.stored('m1', 7, '/registry/pods/default/d', pod('d'));
    expect(['a', 'b', 'c', 'd'].filter((name) => trace.scene.store.get(`pod:uid-${name}`) !== undefined)).toEqual(['a', 'b', 'd']);
    expect(trace.scene.store.get('process:w1/etcd/mine')).toMatchObject({ program: 'etcd', raft: null });
  });

  it('a node sums what its pods ask for', () => {
    const trace = new Trace();
    trace.stored('m1', 1, '/registry/minions/w1', { kind: 'Node', metadata: { name: 'w1' }, status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' }, conditions: [{ type: 'Ready', status: 'True' }] } });
    const asking = (name: string, phase: string) => pod(name, { spec: { nodeName: 'w1', containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu: '250m', memory: '64Mi' } } }] }, status: { phase } });
    trace.stored('m1', 2, '/registry/pods/default/a', asking('a', 'Running'));
    trace.stored('m1', 3, '/registry/pods/default/b', asking('b', 'Running'));
    expect(trace.scene.store.get('node:w1')).toMatchObject({ ready: 'True', capacity: { cpuMilli: 4000, memoryBytes: 8 * 1024 ** 3 }, requested: { cpuMilli: 500, memoryBytes: 128 * 1024 ** 2, pods: 2 } });
    trace.stored('m1', 4, '/registry/pods/default/b', asking('b', 'Succeeded'));
    expect(trace.scene.store.get('node:w1')).toMatchObject({ requested: { cpuMilli: 250, pods: 1 } });
  });

  it('processes start, freeze, and leave with their machine', () => {
    const trace = new Trace();
    trace.emit('m1/etcd', { type: 'process.started', pid: 1, name: 'etcd', program: 'etcd', parentPid: 0, namespace: 'host' });
    trace.emit('m1/etcd', { type: 'etcd.role', member: 'm1', role: 'leader', term: 3, leader: 'm1' });
    expect(trace.scene.store.get('process:m1/etcd')).toMatchObject({ state: 'running', ready: true, raft: { role: 'leader', term: 3 } });
    trace.emit('m1/etcd', { type: 'process.frozen', pid: 1, name: 'etcd' });
    expect(trace.scene.store.get('process:m1/etcd')).toMatchObject({ state: 'frozen' });
    trace.emit('m1/', { type: 'machine.off', name: 'm1' });
    expect(trace.scene.store.get('process:m1/etcd')).toMatchObject({ state: 'exited', raft: null, ready: false });
    trace.emit('m1/etcd', { type: 'process.started', pid: 2, name: 'etcd', program: 'etcd', parentPid: 0, namespace: 'host' });
    expect(trace.scene.store.get('process:m1/etcd')).toMatchObject({ state: 'running', incarnation: 2 });
  });

  it('a wire outlives its last connection a little', () => {
    const trace = new Trace();
    const open = { type: 'net.opened', from: { machine: 'a', process: 'x' }, to: { machine: 'b', process: 'y' }, remote: '', family: 'client' };
    trace.at(0).emit('a/x', { ...open, connection: 1 });
    trace.at(10).emit('a/x', { type: 'net.closed', connection: 1 });
    trace.at(900).emit('a/x', { type: 'shell.more', prompt: '' });
    expect(trace.scene.store.get('wire:a/x>b/y')).toBeDefined();
    trace.at(4000).emit('a/x', { type: 'shell.more', prompt: '' });
    expect(trace.scene.store.get('wire:a/x>b/y')).toBeUndefined();
  });
});

describe('etcd keys', () => {
  it.each([
    ['/registry/pods/default/web', null, '', 'pods', 'default', 'web'],
    ['/registry/minions/w1', null, '', 'nodes', '', 'w1'],
    ['/registry/services/specs/kube-system/kube-dns', null, '', 'services', 'kube-system', 'kube-dns'],
    ['/registry/services/endpoints/default/web', null, '', 'endpoints', 'default', 'web'],
    ['/registry/deployments/default/web', { apiVersion: 'apps/v1', metadata: { namespace: 'default' } }, 'apps', 'deployments', 'default', 'web'],
    ['/registry/apiregistration.k8s.io/apiservices/v1.apps', null, 'apiregistration.k8s.io', 'apiservices', '', 'v1.apps'],
    ['/registry/clusterroles/system:node', null, '', 'clusterroles', '', 'system:node'],
  ])('%s', (key, value, group, resource, namespace, name) => {
    expect(parseKey(key, value)).toEqual({ group, resource, namespace, name });
  });
});

describe("a pod's STATUS", () => {
  const status = (containerStatuses: readonly object[], more: object = {}) => ({ status: { phase: 'Running', containerStatuses, ...more } });
  it.each([
    ['Running', status([{ name: 'c', ready: true, state: { running: {} } }])],
    ['CrashLoopBackOff', status([{ name: 'c', state: { waiting: { reason: 'CrashLoopBackOff' } } }])],
    ['ContainerCreating', { status: { phase: 'Pending', containerStatuses: [{ name: 'c', state: { waiting: { reason: 'ContainerCreating' } } }] } }],
    ['Completed', { status: { phase: 'Succeeded', containerStatuses: [{ name: 'c', state: { terminated: { reason: 'Completed', exitCode: 0 } } }] } }],
    ['ExitCode:3', status([{ name: 'c', state: { terminated: { exitCode: 3 } } }])],
    ['Evicted', { status: { phase: 'Failed', reason: 'Evicted' } }],
    ['Init:0/1', { spec: { initContainers: [{ name: 'i' }] }, status: { phase: 'Pending', initContainerStatuses: [{ name: 'i', state: { running: {} } }] } }],
    ['Terminating', { metadata: { deletionTimestamp: 'now' }, status: { phase: 'Running' } }],
  ])('%s', (text, object) => {
    expect(podStatusText(object as Parameters<typeof podStatusText>[0])).toBe(text);
  });
});

describe('why', () => {
  it('writes that travel through Raft together keep their own causes', () => {
    const trace = new Trace();
    const mine = trace.emit('laptop/shell', { type: 'shell.line', line: 'kubectl run a' });
    const others = trace.emit('m1/kubelet', { type: 'kubelet.started', node: 'm1', standalone: false });
    const mineProposed = trace.emit('m1/etcd', { type: 'etcd.proposed', member: 'm1', request: 'txn', key: '/registry/pods/default/a', index: 1, term: 1 }, mine);
    const othersProposed = trace.emit('m1/etcd', { type: 'etcd.proposed', member: 'm1', request: 'txn', key: '/registry/pods/default/b', index: 2, term: 1 }, others);
    // The kernel says that everything follows from whatever message came last.
    const last = trace.emit('m1/etcd', { type: 'etcd.committed', member: 'm1', index: 2, term: 1 }, othersProposed);
    const revision = trace.stored('m1', 1, '/registry/pods/default/a', pod('a'), last);
    const sent = trace.emit('m1/kube-apiserver', { type: 'apiserver.watch-sent', key: '/registry/pods/default/a', change: 'ADDED', revision: 1, watchers: 1 }, last);
    expect(trace.scene.trace.cause(revision)).toBe(mineProposed);
    expect(trace.scene.trace.root(sent)).toBe(mine);
    expect(trace.scene.why('pod:uid-a')[0]).toMatchObject({ sentence: { key: 'shell.line' } });
  });

  it('a chain ends at the person, in words', () => {
    const trace = new Trace();
    const line = trace.emit('laptop/shell', { type: 'shell.line', line: 'kubectl run a' });
    const request = trace.emit('laptop/kubectl', { type: 'kubectl.request', verb: 'POST', path: '/api/v1/pods?x=y' }, line);
    const bound = trace.emit('m1/kube-scheduler', { type: 'scheduler.bound', pod: 'default/a', node: 'w1' }, request);
    expect(trace.scene.why(bound).map((step) => step.sentence.key)).toEqual(['shell.line', 'kubectl.request', 'scheduler.bound']);
  });
});

describe('moments', () => {
  it('quorum is lost when nobody leads for a while, not in an election', () => {
    const trace = new Trace();
    const role = (member: string, role: string, leader: string) => trace.emit(`${member}/etcd`, { type: 'etcd.role', member, role, term: 1, leader });
    trace.at(0);
    for (const member of ['m1', 'm2', 'm3']) trace.emit(`${member}/etcd`, { type: 'etcd.started', member, id: member, members: [], recovered: false, lastIndex: 0, revision: 0 });
    role('m1', 'leader', 'm1');
    trace.at(1000).emit('m1/', { type: 'machine.off', name: 'm1' });
    trace.at(2000);
    role('m2', 'leader', 'm2');
    const keys = () => trace.scene.moments.all.map((moment) => moment.sentence.key);
    expect(keys()).toEqual(['moment.etcd-leader', 'moment.etcd-leader']);
    trace.at(3000).emit('m2/', { type: 'machine.off', name: 'm2' });
    trace.at(9000).emit('m3/etcd', { type: 'etcd.peer', member: 'm3', peer: 'm2', state: 'lost', reason: '' });
    trace.at(20_000);
    role('m3', 'leader', 'm3');
    expect(keys().slice(2)).toEqual(['moment.quorum-lost', 'moment.etcd-leader', 'moment.quorum-regained']);
  });

  it('traffic fails once and recovers once', () => {
    const trace = new Trace();
    const second = (ms: number, failed: number) => trace.at(ms).emit('traffic/t', { type: 'traffic.second', name: 't', target: 'web', ratePerSecond: 10, ok: 10 - failed, failed, meanMs: 1 });
    for (let n = 0; n < 12; n++) second(n * 1000, n >= 3 && n < 6 ? 4 : 0);
    expect(trace.scene.moments.all.map((moment) => moment.sentence)).toEqual([
      { key: 'moment.traffic-failing', params: { name: 't', target: 'web' } },
      { key: 'moment.traffic-recovered', params: { name: 't', target: 'web', seconds: 5 } },
    ]);
    expect(trace.scene.store.get('traffic:t')).toMatchObject({ seconds: { length: 12 } });
  });
});
