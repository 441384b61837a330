// Every checker can fail: each is fed a hand-made history that breaks its rule, and the nearest one that does not.
import { describe, expect, it } from 'vitest';
import type { EventId, TraceData } from '../../kernel/host.ts';
import type { World } from '../../kernel/world.ts';
import type { LogView } from '../../programs/etcd/views.ts';
import type { Checker } from './checker.ts';
import { allCheckers, causesAreOlder, changesAreSentInOrder, committedNeverChanges, everybodyTalksToTheApiServer, noProgramBreaks, revisionsGrow } from './checkers.ts';
import { answersAreCommitted, operationsAreLinearizable, watchersMissNothing } from './client-history.ts';
import { deposedLeadersStop, leaseHasOneHolder } from './leases.ts';
import { podOnOneNode } from './pods.ts';
import { oneLeaderPerTerm, RaftLogs, Votes } from './raft-log.ts';

interface Planted {
  readonly atMs?: number;
  readonly machine?: string;
  readonly process?: string;
  readonly cause?: number;
  readonly data: { readonly type: string } & Readonly<Record<string, unknown>>;
}

/** What the checker said, event by event. */
function judge(checker: Checker, events: readonly Planted[]): string[] {
  const said: string[] = [];
  let atMs = 0;
  checker.attach?.(fakeWorld(events));
  events.forEach(({ machine = 'm1-k8s', process = 'main', cause = 0, data, atMs: given }, at) => {
    atMs = given ?? atMs + 1;
    expect(checker.sees === undefined || checker.sees.includes(data.type), `${checker.name} does not ask for ${data.type}`).toBe(true);
    const text = checker.see({ id: (at + 1) as EventId, atMs, machine, process, cause: cause as EventId, data: data as TraceData });
    if (text !== undefined) said.push(text);
  });
  const end = checker.finish?.();
  if (end !== undefined) said.push(end);
  return said;
}

const leads = (member: string, term: number): Planted => ({ data: { type: 'etcd.role', member, role: 'leader', term, leader: member } });
const applies = (member: string, revision: number, value: unknown, key = '/registry/pods/default/a'): Planted => ({ data: { type: 'etcd.revision', member, revision, index: revision, changes: [{ key, value, prev: null }] } });
const restarts = (member: string, revision: number): Planted => ({ data: { type: 'etcd.started', member, id: '1', members: [], recovered: true, lastIndex: 0, revision } });
const sends = (key: string, revision: number): Planted => ({ process: 'kube-apiserver', data: { type: 'apiserver.watch-sent', key, change: 'MODIFIED', revision, watchers: 1 } });
const runs = (machine: string, pid: number, podUid = 'u'): Planted => ({ machine, data: { type: 'containerd.container-started', id: `c${pid}`, sandbox: 's', podUid, name: 'web', pid, program: 'nginx' } });
const ends = (machine: string, pid: number): Planted => ({ machine, data: { type: 'process.exited', pid, name: 'nginx', code: 0 } });
const starts = (machine: string, program: string): Planted => ({ machine, data: { type: 'process.started', pid: 1, name: program, program, parentPid: 0, namespace: 'host' } });
const exits = (name: string, error?: string): Planted => ({ data: { type: 'process.exited', pid: 1, name, code: 1, ...(error === undefined ? {} : { error }) } });
const dials = (from: string, to: string, family: string): Planted => ({
  data: { type: 'net.opened', connection: 1, from: { machine: 'm1-k8s', process: from }, to: { machine: 'm2-k8s', process: to }, remote: '192.168.1.12:1', family },
});
/** A log as those who check logs ask for it, for each event that has one: `term` is the member's, entries are `term content`, from index 1 on. */
let logs: { readonly term: number; readonly vote?: string; readonly commit: number; readonly entries: readonly string[] }[] = [];
function fakeWorld(events: readonly Planted[]): World {
  logs = events.flatMap(({ data }) => (data['log'] === undefined ? [] : [data['log'] as (typeof logs)[number]]));
  let at = 0;
  const view = (): LogView => {
    const { term, vote = '', commit, entries } = logs[at++] as (typeof logs)[number];
    const all = entries.map((text, n) => ({ index: n + 1, term: Number(text.split(' ')[0]), content: text.split(' ')[1], previousTerm: n === 0 ? 0 : Number((entries[n - 1] as string).split(' ')[0]) }));
    return { term, vote, firstIndex: 1, lastIndex: entries.length, commit, applied: commit, entries: (from, to) => all.filter((each) => each.index >= from && each.index <= to) };
  };
  return { view } as unknown as World;
}
const log = (term: number, commit: number, ...entries: string[]) => ({ log: { term, commit, entries } });
const appends = (member: string, ...[term, commit, ...entries]: Parameters<typeof log>): Planted => ({ data: { type: 'etcd.appended', member, index: entries.length, from: 'm1', entries: entries.length, ...log(term, commit, ...entries) } });
const commits = (member: string, index: number, entryTerm: number, ...[term, commit, ...entries]: Parameters<typeof log>): Planted => ({ data: { type: 'etcd.committed', member, index, term: entryTerm, ...log(term, commit, ...entries) } });
const elected = (member: string, ...[term, commit, ...entries]: Parameters<typeof log>): Planted => ({ data: { type: 'etcd.role', member, role: 'leader', term, leader: member, ...log(term, commit, ...entries) } });
const votes = (from: string, to: string, term: number): Planted => ({ data: { type: 'net.message', family: 'raft', note: 'vote: yes', from: { machine: from, process: 'etcd' }, to: { machine: to, process: 'etcd' }, body: { kind: 'messages', messages: [{ type: 'MsgVoteResp', from, to, term, reject: false }] } } });

const remembers = (id: string, term: number, vote: string): Planted => ({ data: { type: 'etcd.started', member: id, id, members: [], recovered: true, lastIndex: 0, revision: 0, log: { term, vote, commit: 0, entries: [] } } });

const at = (atMs: number, planted: Planted): Planted => ({ ...planted, atMs });
const lease = (holderIdentity: string): unknown => ({ spec: { holderIdentity, leaseDurationSeconds: 15 } });
const leaseKey = '/registry/leases/kube-system/kube-scheduler';
const holds = (machine: string): Planted => ({ machine, process: 'kube-scheduler', data: { type: 'lease.acquired', lease: 'kube-system/kube-scheduler', identity: machine, transitions: 0 } });
const loses = (machine: string): Planted => ({ machine, process: 'kube-scheduler', data: { type: 'lease.lost', lease: 'kube-system/kube-scheduler', identity: machine, message: '' } });
const freezes = (machine: string, type: 'process.frozen' | 'process.thawed'): Planted => ({ machine, data: { type, pid: 1, name: 'kube-scheduler' } });
/** A write as it comes from a scheduler: sent, received, answered. `first` is the number of its first event. */
const writes = (machine: string, first: number, atMs: number): Planted[] => [
  at(atMs, { data: { type: 'net.message', family: 'client', note: '', from: { machine, process: 'kube-scheduler' }, to: { machine: 'm1-k8s', process: 'kube-apiserver' }, body: { kind: 'request' } } }),
  at(atMs, { cause: first, data: { type: 'apiserver.received', verb: 'create', method: 'POST', path: '', resource: 'pods/binding', namespace: '', name: '', userAgent: '' } }),
  at(atMs, { data: { type: 'apiserver.responded', code: 201, request: first + 1 } }),
];

const called = (id: number, call: unknown): Planted => ({ data: { type: 'checker.called', id, key: 'a', call } });
const answered = (id: number, answer: unknown, more: object = {}): Planted => ({ data: { type: 'checker.answered', id, key: 'a', answer, ...more } });
const register = (revision: number, value: string | null, name = 'register-a'): Planted => applies('m1', revision, value === null ? null : { data: { value } }, `/registry/configmaps/default/${name}`);
const watched = (what: string, revision: number, name = ''): Planted => ({ data: { type: 'checker.watched', watcher: 'w', what, revision, name } });
const sandbox = (uid: string, pod: string): Planted => ({ data: { type: 'containerd.sandbox', change: 'created', id: 's', pod, podUid: uid, namespace: '', ip: '', pid: 1 } });

interface Case {
  readonly make: () => Checker;
  readonly broken: Readonly<Record<string, readonly Planted[]>>;
  readonly fine: Readonly<Record<string, readonly Planted[]>>;
}

const cases: readonly Case[] = [
  {
    make: causesAreOlder,
    broken: { 'an event that causes itself': [{ cause: 1, data: { type: 'x' } }], 'a cause still to come': [{ cause: 7, data: { type: 'x' } }] },
    fine: { 'a chain': [{ data: { type: 'x' } }, { cause: 1, data: { type: 'x' } }] },
  },
  {
    make: oneLeaderPerTerm,
    broken: { 'two leaders in one term': [leads('m1', 2), leads('m2', 2)] },
    fine: { 'one leader after the other': [leads('m1', 2), leads('m2', 3), leads('m2', 3)] },
  },
  {
    make: committedNeverChanges,
    broken: {
      'two values of one revision': [applies('m1', 5, { a: 1 }), applies('m2', 5, { a: 2 })],
      'two keys of one revision': [applies('m1', 5, 1, '/a'), applies('m2', 5, 1, '/b')],
      'a member that goes back': [applies('m1', 5, 1), applies('m1', 5, 1)],
      'a restarted member that rewrites': [applies('m1', 5, 1), restarts('m1', 4), applies('m1', 5, 2)],
    },
    fine: { 'the same everywhere': [applies('m1', 5, { a: 1 }), applies('m2', 5, { a: 1 }), restarts('m1', 4), applies('m1', 5, { a: 1 })] },
  },
  { make: revisionsGrow, broken: { 'a hole': [applies('m1', 1, 1), applies('m1', 2, 1), applies('m1', 4, 1)] }, fine: { 'one by one': [applies('m1', 1, 1), applies('m2', 1, 1), applies('m2', 2, 1)] } },
  {
    make: () => new Votes(),
    broken: {
      'a vote for each of two candidates': [votes('m3', 'm1', 4), votes('m3', 'm2', 4)],
      'a vote that a restart forgets': [votes('m3', 'm1', 4), remembers('m3', 4, '')],
      'a term that a restart forgets': [votes('m3', 'm1', 4), remembers('m3', 3, 'm1')],
    },
    fine: {
      'the same vote again, and one of another term': [votes('m3', 'm1', 4), votes('m3', 'm1', 4), votes('m3', 'm2', 5)],
      'a restart that remembers, and one in a later term': [votes('m3', 'm1', 4), remembers('m3', 4, 'm1'), remembers('m3', 5, '')],
      'another member on the same machine': [votes('m3', 'm1', 4), remembers('m4', 0, '')],
    },
  },
  {
    make: () => new RaftLogs(),
    broken: {
      'two entries of one index and term': [appends('m1', 2, 0, '1 a', '2 b'), appends('m2', 2, 0, '1 a', '2 c')],
      'two predecessors of one entry': [appends('m1', 3, 0, '1 a', '3 b'), { data: { type: 'etcd.appended', member: 'm2', index: 2, from: 'm1', entries: 1, ...log(3, 0, '2 x', '3 b') } }],
      'a committed entry that is overwritten': [appends('m1', 1, 1, '1 a'), appends('m2', 1, 0, '1 a'), commits('m1', 1, 1, 1, 1, '1 a'), appends('m2', 2, 0, '2 b')],
      'two committed entries of one index': [commits('m1', 1, 1, 1, 1, '1 a'), commits('m2', 1, 2, 2, 1, '2 b')],
      'a leader without what was committed': [commits('m1', 2, 1, 1, 2, '1 a', '1 b'), elected('m2', 2, 1, '1 a')],
      'an entry of an old term, committed by counting': [elected('m2', 3, 0, '1 a', '2 b'), commits('m2', 2, 2, 3, 2, '1 a', '2 b')],
    },
    fine: {
      'an uncommitted entry that is overwritten': [appends('m1', 1, 0, '1 a', '1 b'), appends('m2', 2, 0, '1 a', '2 c'), appends('m1', 2, 0, '1 a', '2 c')],
      'another entry on a member that never had the committed one': [appends('m1', 2, 1, '2 a'), commits('m1', 1, 2, 2, 1, '2 a'), appends('m3', 1, 0, '1 b')],
      'an entry of an old term, committed along with one of the leader': [elected('m2', 3, 0, '1 a', '2 b'), commits('m2', 2, 2, 3, 3, '1 a', '2 b', '3 c')],
      'one that was known to be committed at the election': [elected('m2', 3, 2, '1 a', '2 b'), commits('m2', 2, 2, 3, 2, '1 a', '2 b')],
    },
  },
  {
    make: changesAreSentInOrder,
    broken: { 'a change told twice': [sends('/a', 3), sends('/a', 3)], 'changes in the wrong order': [sends('/a', 4), sends('/a', 3)] },
    fine: { 'a restarted server begins anew': [sends('/a', 4), starts('m1-k8s', 'kube-apiserver'), sends('/a', 4)] },
  },
  {
    make: operationsAreLinearizable,
    broken: {
      'a read of what was replaced before it was asked': [called(1, { op: 'create', value: 'x' }), answered(1, { done: true }), called(2, { op: 'swap', expect: 'x', value: 'y' }), answered(2, { done: true }), called(3, { op: 'read' }), answered(3, { value: 'x' })],
      'two updates of one state': [called(1, { op: 'create', value: 'x' }), answered(1, { done: true }), called(2, { op: 'swap', expect: 'x', value: 'y' }), called(3, { op: 'swap', expect: 'x', value: 'z' }), answered(2, { done: true }), answered(3, { done: true })],
      'a revision older than one that was answered before it was asked': [called(1, { op: 'read' }), answered(1, { value: 'y' }, { revision: 4 }), called(2, { op: 'read' }), answered(2, { value: 'x' }, { revision: 3 })],
      'what the client itself found': [{ data: { type: 'checker.violation', text: 'acknowledged and lost: created-1' } }],
    },
    fine: {
      'a read while it is replaced': [called(1, { op: 'create', value: 'x' }), answered(1, { done: true }), called(2, { op: 'swap', expect: 'x', value: 'y' }), called(3, { op: 'read' }), answered(3, { value: 'x' }), answered(2, { done: true })],
      'an older revision than one that was answered after it was asked': [called(1, { op: 'create', value: 'x' }), called(2, { op: 'read' }), called(3, { op: 'swap', expect: 'x', value: 'y' }), answered(1, { done: true }, { revision: 3 }), answered(3, { done: true }, { revision: 4 }), answered(2, { value: 'x' }, { revision: 3 })],
      'a write that was never answered and happened late': [called(1, { op: 'create', value: 'x' }), called(2, { op: 'read' }), answered(2, { value: null }), called(3, { op: 'read' }), answered(3, { value: 'x' })],
    },
  },
  {
    make: answersAreCommitted,
    broken: {
      'another value': [register(3, 'x'), answered(1, { value: 'y' }, { value: 'y', revision: 3 })],
      'a revision that was not': [register(3, 'x'), answered(1, { value: 'x' }, { value: 'x', revision: 4 })],
      'a list that holds an old one': [register(3, 'x'), register(4, 'y'), answered(1, { value: 'x' }, { value: 'x', revision: 3, atRevision: 4 })],
      'a list that holds what was deleted': [register(3, 'x'), register(4, null), answered(1, { value: 'x' }, { value: 'x', revision: 3, atRevision: 5 })],
    },
    fine: { 'a list of the past': [register(3, 'x'), register(4, 'y'), answered(1, { value: 'x' }, { value: 'x', revision: 3, atRevision: 3 })] },
  },
  {
    make: watchersMissNothing,
    broken: {
      'a change left out': [register(3, 'x'), watched('listed', 3), register(4, 'y'), register(5, 'z'), watched('MODIFIED', 5, 'register-a')],
      'a change told twice': [register(3, 'x'), watched('listed', 2), watched('ADDED', 3, 'register-a'), watched('ADDED', 3, 'register-a')],
      'a bookmark before what it covers': [watched('listed', 2), register(3, 'x'), watched('BOOKMARK', 4)],
      'a list older than what was seen': [watched('listed', 5), watched('listed', 4)],
      'a deletion told as a change': [register(3, 'x'), watched('listed', 3), register(4, null), watched('MODIFIED', 4, 'register-a')],
    },
    fine: {
      'each once, across others, and a bookmark': [register(3, 'x'), watched('listed', 3), register(4, 'y'), applies('m1', 5, 1, '/registry/pods/a'), register(6, null), watched('MODIFIED', 4, 'register-a'), watched('DELETED', 6, 'register-a'), watched('BOOKMARK', 9)],
      'a new list after the history was gone': [watched('listed', 2), register(3, 'x'), watched('listed', 3)],
    },
  },
  {
    make: podOnOneNode,
    broken: {
      'two machines at once': [runs('w1-k8s', 1), runs('w2-k8s', 2)],
      'another machine later: a pod is never moved': [runs('w1-k8s', 1), ends('w1-k8s', 1), runs('w2-k8s', 2)],
      'twice on one machine': [runs('w1-k8s', 1), runs('w1-k8s', 2)],
      'two pods of one name': [sandbox('u1', 'default/db-0'), runs('w1-k8s', 1, 'u1'), sandbox('u2', 'default/db-0'), runs('w2-k8s', 2, 'u2')],
    },
    fine: {
      'started again': [runs('w1-k8s', 1), ends('w1-k8s', 1), runs('w1-k8s', 2)],
      'the first of its name went with its machine': [sandbox('u1', 'default/db-0'), runs('w1-k8s', 1, 'u1'), { data: { type: 'machine.off', name: 'w1-k8s' } }, sandbox('u2', 'default/db-0'), runs('w2-k8s', 2, 'u2')],
    },
  },
  {
    make: everybodyTalksToTheApiServer,
    broken: { 'a scheduler at etcd': [starts('m1-k8s', 'kube-scheduler'), starts('m2-k8s', 'etcd'), dials('kube-scheduler', 'etcd', 'etcd')] },
    fine: { 'a scheduler at the API server': [starts('m1-k8s', 'kube-scheduler'), starts('m2-k8s', 'kube-apiserver'), dials('kube-scheduler', 'kube-apiserver', 'api')] },
  },
  {
    make: leaseHasOneHolder,
    broken: { 'taken too early': [at(1000, applies('m1', 3, lease('a'), leaseKey)), at(9000, applies('m1', 4, lease('a'), leaseKey)), at(23_000, applies('m1', 5, lease('b'), leaseKey))] },
    fine: {
      'taken when it was over': [at(1000, applies('m1', 3, lease('a'), leaseKey)), at(16_500, applies('m1', 4, lease('b'), leaseKey))],
      'given up': [at(1000, applies('m1', 3, lease('a'), leaseKey)), at(2000, applies('m1', 4, lease(''), leaseKey)), at(2100, applies('m1', 5, lease('b'), leaseKey))],
    },
  },
  {
    make: deposedLeadersStop,
    broken: {
      'a write long after its successor came': [at(0, holds('m1-k8s')), at(20_000, holds('m2-k8s')), ...writes('m1-k8s', 3, 34_000)],
      'a write long after it was thawed': [at(0, holds('m1-k8s')), at(1000, freezes('m1-k8s', 'process.frozen')), at(20_000, holds('m2-k8s')), at(60_000, freezes('m1-k8s', 'process.thawed')), ...writes('m1-k8s', 5, 74_000)],
      'a write of one that knows it has lost': [at(0, holds('m1-k8s')), at(20_000, loses('m1-k8s')), ...writes('m1-k8s', 3, 40_000)],
      'a belief that lasts': [at(0, holds('m1-k8s')), at(20_000, holds('m2-k8s')), at(40_000, loses('m1-k8s'))],
    },
    fine: {
      'a write of one that does not know yet': [at(0, holds('m1-k8s')), at(20_000, holds('m2-k8s')), ...writes('m1-k8s', 3, 30_000)],
      'a write right after it was thawed': [at(0, holds('m1-k8s')), at(1000, freezes('m1-k8s', 'process.frozen')), at(20_000, holds('m2-k8s')), at(60_000, freezes('m1-k8s', 'process.thawed')), ...writes('m1-k8s', 5, 61_000)],
      'the next process on its machine': [at(0, holds('m1-k8s')), at(20_000, holds('m2-k8s')), exits('kube-scheduler'), ...writes('m1-k8s', 4, 74_000)],
      'gone when the next one came': [holds('m1-k8s'), exits('kube-scheduler'), holds('m2-k8s')],
    },
  },
  {
    make: noProgramBreaks,
    broken: { 'a TypeError': [exits('kubelet', "TypeError: Cannot read properties of undefined (reading 'x')")], 'a broken invariant': [exits('etcd', 'AssertionFailure: etcd m1: two leaders')], 'a panic': [{ data: { type: 'apiserver.refused', stage: 'store', code: 500, reason: 'InternalError', message: 'panic: x is not a function' } }] },
    fine: { 'killed, or an expected failure': [exits('kubelet'), exits('kubelet', 'NetworkError: connection refused')] },
  },
];

describe('the checkers', () => {
  it('are all tried here', () => {
    expect(cases.map(({ make }) => make().name).sort()).toEqual(allCheckers().map((each) => each.name).sort());
  });
  for (const { make, broken, fine } of cases) {
    for (const [name, events] of Object.entries(broken)) it(`"${make().name}" is violated by ${name}`, () => expect(judge(make(), events)).toHaveLength(1));
    for (const [name, events] of Object.entries(fine)) it(`"${make().name}" allows: ${name}`, () => expect(judge(make(), events)).toEqual([]));
  }
});
