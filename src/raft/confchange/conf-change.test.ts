import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConfState } from '../message.ts';
import { computeConf, isJoint, type ConfChange } from './conf-change.ts';

const members = ['a', 'b', 'c', 'd', 'e'];

/** Slow and obvious: what each member shall be in the end, change by change. */
function slowRoles(conf: ConfState, changes: readonly ConfChange[]): Map<string, 'voter' | 'learner'> {
  const roles = new Map<string, 'voter' | 'learner'>();
  for (const id of conf.voters) roles.set(id, 'voter');
  for (const id of conf.learners) roles.set(id, 'learner');
  for (const { kind, member } of changes) {
    if (kind === 'remove') roles.delete(member);
    else roles.set(member, kind === 'add-voter' ? 'voter' : 'learner');
  }
  return roles;
}

const simple = fc.tuple(fc.subarray(members, { minLength: 1 }), fc.subarray(members)).map(
  ([voters, learners]): ConfState => ({ voters, learners: learners.filter((id) => !voters.includes(id)), votersOutgoing: [], learnersNext: [], autoLeave: false }),
);
const changeList = fc.array(fc.record({ kind: fc.constantFrom('add-voter' as const, 'add-learner' as const, 'remove' as const), member: fc.constantFrom(...members) }), { minLength: 1, maxLength: 4 });
const transitions = fc.constantFrom('auto' as const, 'joint-implicit' as const, 'joint-explicit' as const);

describe('a change of membership', () => {
  test('ends, joint or not, where the changes say; on the way nobody is voter and learner at once', () => {
    fc.assert(
      fc.property(simple, changeList, transitions, (conf, changes, transition) => {
        const wanted = slowRoles(conf, changes);
        const result = computeConf(conf, { changes, transition });
        const votersWanted = members.filter((id) => wanted.get(id) === 'voter');
        if (votersWanted.length === 0) {
          expect(result).toEqual({ ok: false, reason: 'removed all voters' });
          return;
        }
        if (!result.ok) throw new Error(result.reason);
        const middle = result.conf;
        for (const id of middle.learners) expect([...middle.voters, ...middle.votersOutgoing]).not.toContain(id);
        for (const id of middle.learnersNext) expect(middle.votersOutgoing).toContain(id);
        if (isJoint(middle)) expect(middle.votersOutgoing).toEqual(conf.voters);
        else expect(votersWanted.filter((id) => !conf.voters.includes(id)).length + conf.voters.filter((id) => !votersWanted.includes(id)).length).toBeLessThanOrEqual(1);
        const left = isJoint(middle) ? computeConf(middle, { changes: [], transition: 'auto' }) : result;
        if (!left.ok) throw new Error(left.reason);
        expect(left.conf).toEqual({ voters: votersWanted, learners: members.filter((id) => wanted.get(id) === 'learner'), votersOutgoing: [], learnersNext: [], autoLeave: false });
      }),
    );
  });

  test('does not begin in a joint configuration, nor end outside of one', () => {
    const joint: ConfState = { voters: ['a'], learners: [], votersOutgoing: ['b'], learnersNext: [], autoLeave: true };
    expect(computeConf(joint, { changes: [{ kind: 'add-voter', member: 'c' }], transition: 'auto' })).toEqual({ ok: false, reason: 'config is already joint' });
    expect(computeConf({ ...joint, votersOutgoing: [] }, { changes: [], transition: 'auto' })).toEqual({ ok: false, reason: "can't leave a non-joint config" });
  });
});
