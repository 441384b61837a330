// Every checker can fail: each is fed a hand-made history that breaks its rule, and the nearest one that does not.
import { describe, expect, it } from 'vitest';
import type { EventId, TraceData } from '../../kernel/host.ts';
import type { Checker } from './checker.ts';
import {
  allCheckers,
  causesAreOlder,
  committedNeverChanges,
  everybodyTalksToTheApiServer,
  noProgramBreaks,
  oneLeaderPerTerm,
  oneLeaseHolder,
  podOnOneNode,
  revisionsGrow,
  watchersSeeEveryRevision,
} from './checkers.ts';

interface Planted {
  readonly machine?: string;
  readonly process?: string;
  readonly cause?: number;
  readonly data: { readonly type: string } & Readonly<Record<string, unknown>>;
}

/** What the checker said, event by event. */
function judge(checker: Checker, events: readonly Planted[]): string[] {
  const said: string[] = [];
  events.forEach(({ machine = 'm1-k8s', process = 'main', cause = 0, data }, at) => {
    const text = checker.see({ id: (at + 1) as EventId, atMs: at, machine, process, cause: cause as EventId, data: data as TraceData });
    if (text !== undefined) said.push(text);
  });
  const end = checker.finish?.();
  if (end !== undefined) said.push(end);
  return said;
}

const leads = (member: string, term: number): Planted => ({ data: { type: 'etcd.role', member, role: 'leader', term, leader: member } });
const applies = (member: string, revision: number, value: unknown, key = '/registry/pods/default/a'): Planted => ({ data: { type: 'etcd.revision', member, revision, changes: [{ key, value, prev: null }] } });
const restarts = (member: string, revision: number): Planted => ({ data: { type: 'etcd.started', member, id: '1', members: [], recovered: true, lastIndex: 0, revision } });
const sends = (key: string, revision: number): Planted => ({ process: 'kube-apiserver', data: { type: 'apiserver.watch-sent', key, change: 'MODIFIED', revision, watchers: 1 } });
const runs = (machine: string, id: string): Planted => ({ machine, data: { type: 'containerd.container-started', id, sandbox: 's', podUid: 'u', name: 'web', pid: 1, program: 'nginx' } });
const ends = (machine: string, id: string): Planted => ({ machine, data: { type: 'containerd.exited', id, sandbox: 's', podUid: 'u', name: 'web', exitCode: 0, reason: 'Completed' } });
const starts = (machine: string, program: string): Planted => ({ machine, data: { type: 'process.started', pid: 1, name: program, program, parentPid: 0, namespace: 'host' } });
const exits = (name: string, error?: string): Planted => ({ data: { type: 'process.exited', pid: 1, name, code: 1, ...(error === undefined ? {} : { error }) } });
const dials = (from: string, to: string, family: string): Planted => ({
  data: { type: 'net.opened', connection: 1, from: { machine: 'm1-k8s', process: from }, to: { machine: 'm2-k8s', process: to }, remote: '192.168.1.12:1', family },
});
const holds = (machine: string): Planted => ({ machine, process: 'kube-scheduler', data: { type: 'lease.acquired', lease: 'kube-system/kube-scheduler', identity: machine, transitions: 0 } });
const loses = (machine: string): Planted => ({ machine, process: 'kube-scheduler', data: { type: 'lease.lost', lease: 'kube-system/kube-scheduler', identity: machine, message: '' } });

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
    make: watchersSeeEveryRevision,
    broken: { 'a change told twice': [sends('/a', 3), sends('/a', 3)], 'changes in the wrong order': [sends('/a', 4), sends('/a', 3)] },
    fine: { 'a restarted server begins anew': [sends('/a', 4), starts('m1-k8s', 'kube-apiserver'), sends('/a', 4)] },
  },
  {
    make: podOnOneNode,
    broken: { 'two machines at once': [runs('w1-k8s', 'c1'), runs('w2-k8s', 'c2')] },
    fine: {
      'the first has ended': [runs('w1-k8s', 'c1'), ends('w1-k8s', 'c1'), runs('w2-k8s', 'c2')],
      'the first machine went off': [runs('w1-k8s', 'c1'), { data: { type: 'machine.off', name: 'w1-k8s' } }, runs('w2-k8s', 'c2')],
    },
  },
  {
    make: everybodyTalksToTheApiServer,
    broken: { 'a scheduler at etcd': [starts('m1-k8s', 'kube-scheduler'), starts('m2-k8s', 'etcd'), dials('kube-scheduler', 'etcd', 'etcd')] },
    fine: { 'a scheduler at the API server': [starts('m1-k8s', 'kube-scheduler'), starts('m2-k8s', 'kube-apiserver'), dials('kube-scheduler', 'kube-apiserver', 'api')] },
  },
  {
    make: oneLeaseHolder,
    broken: { 'two holders': [holds('m1-k8s'), holds('m2-k8s')] },
    fine: {
      'given up first': [holds('m1-k8s'), loses('m1-k8s'), holds('m2-k8s')],
      'the holder had died': [holds('m1-k8s'), exits('kube-scheduler'), holds('m2-k8s')],
    },
  },
  {
    make: noProgramBreaks,
    broken: { 'a TypeError': [exits('kubelet', "TypeError: Cannot read properties of undefined (reading 'x')")], 'a broken invariant': [exits('etcd', 'AssertionFailure: etcd m1: two leaders')] },
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
