import { describe, expect, it } from 'vitest';
import type { ProcessRecord, RaftRecord } from '../../../scene/records.ts';
import { rankQuorum } from './quorum.ts';

function member(machine: string, raft: Partial<RaftRecord>, state: ProcessRecord['state'] = 'running'): ProcessRecord {
  return {
    table: 'process', id: `process:${machine}/etcd`, machine, name: 'etcd', program: 'etcd', state, incarnation: 1, exitCode: null, ready: true, lease: '', standby: false, pod: null,
    raft: { role: 'follower', term: 2, leader: 'm1', lastIndex: 9, commitIndex: 9, members: ['m1', 'm2', 'm3'], ...raft },
  };
}
const on = () => true;

const rows: readonly { readonly name: string; readonly members: readonly ProcessRecord[]; readonly off?: readonly string[]; readonly expected: { readonly leader: string; readonly needed: number; readonly inTouch: number; readonly spare: number } }[] = [
  { name: 'three of three', members: [member('m1', { role: 'leader' }), member('m2', {}), member('m3', {})], expected: { leader: 'm1', needed: 2, inTouch: 3, spare: 1 } },
  { name: 'four of four may lose no more than three', members: [member('m1', { role: 'leader' }), member('m2', {}), member('m3', {}), member('m4', {})], expected: { leader: 'm1', needed: 3, inTouch: 4, spare: 1 } },
  { name: 'one machine off', members: [member('m1', { role: 'leader' }), member('m2', {}), member('m3', {})], off: ['m3'], expected: { leader: 'm1', needed: 2, inTouch: 2, spare: 0 } },
  { name: 'a leader alone has no majority', members: [member('m1', { role: 'leader' }), member('m2', { leader: '' }), member('m3', {}, 'exited')], expected: { leader: '', needed: 2, inTouch: 1, spare: -1 } },
  { name: 'an old leader that was cut off does not count', members: [member('m1', { role: 'leader' }), member('m2', { role: 'leader', term: 3, leader: 'm2' }), member('m3', { term: 3, leader: 'm2' })], expected: { leader: 'm2', needed: 2, inTouch: 2, spare: 0 } },
  { name: 'a learner is no voter', members: [member('m1', { role: 'leader' }), member('m2', {}), member('m3', {}), member('m4', { role: 'learner' })], expected: { leader: 'm1', needed: 2, inTouch: 3, spare: 1 } },
];

describe('the quorum', () => {
  it('counts members that belong, also those that nothing is heard of', () => {
    const belonging = ['m1', 'm2', 'm3', 'm4'].map((name) => ({ name, isLearner: false }));
    expect(rankQuorum([member('m1', { role: 'leader' }), member('m2', {}), member('m3', {})], on, belonging)).toMatchObject({ leader: 'm1', voters: 4, needed: 3, inTouch: 3, spare: 0 });
  });
  for (const { name, members, off, expected } of rows) it(name, () => expect(rankQuorum(members, off === undefined ? on : (machine) => !off.includes(machine))).toMatchObject(expected));
});
