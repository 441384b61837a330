import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { jointCommitted, jointVote } from './joint.ts';
import { majorityCommitted, majorityVote } from './majority.ts';

/** Slow and obvious: tries every index and counts heads. */
function slowCommitted(voters: readonly string[], acked: ReadonlyMap<string, number>): number {
  if (voters.length === 0) return Infinity;
  let best = 0;
  for (const candidate of [0, ...acked.values()]) {
    const heads = voters.filter((id) => (acked.get(id) ?? 0) >= candidate).length;
    if (heads * 2 > voters.length && candidate > best) best = candidate;
  }
  return best;
}

const members = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const subset = fc.subarray(members);
const acks = fc.dictionary(fc.constantFrom(...members), fc.nat(20)).map((record) => new Map(Object.entries(record)));
const ballots = fc.dictionary(fc.constantFrom(...members), fc.boolean()).map((record) => new Map(Object.entries(record)));

describe('quorum', () => {
  test('the committed index is the largest that more than half have', () => {
    fc.assert(
      fc.property(subset, acks, (voters, acked) => {
        expect(majorityCommitted(voters, (id) => acked.get(id) ?? 0)).toBe(slowCommitted(voters, acked));
      }),
    );
  });

  test('a vote is won when nothing can lose it any more, lost when nothing can win it', () => {
    fc.assert(
      fc.property(subset, ballots, (voters, votes) => {
        const result = majorityVote(voters, votes);
        const open = voters.filter((id) => !votes.has(id));
        const count = (extra: number): boolean => (voters.filter((id) => votes.get(id) === true).length + extra) * 2 > voters.length || voters.length === 0;
        expect(result).toBe(count(0) ? 'won' : count(open.length) ? 'pending' : 'lost');
      }),
    );
  });

  test('a joint quorum needs both majorities and does not care which is which', () => {
    fc.assert(
      fc.property(subset, subset, acks, ballots, (incoming, outgoing, acked, votes) => {
        const ack = (id: string): number => acked.get(id) ?? 0;
        const both = jointCommitted({ incoming, outgoing }, ack);
        expect(both).toBe(Math.min(slowCommitted(incoming, acked), slowCommitted(outgoing, acked)));
        expect(both).toBe(jointCommitted({ incoming: outgoing, outgoing: incoming }, ack));
        expect(jointCommitted({ incoming, outgoing: incoming }, ack)).toBe(majorityCommitted(incoming, ack));
        const result = jointVote({ incoming, outgoing }, votes);
        expect(result === 'won').toBe(majorityVote(incoming, votes) === 'won' && majorityVote(outgoing, votes) === 'won');
        expect(result === 'lost').toBe(majorityVote(incoming, votes) === 'lost' || majorityVote(outgoing, votes) === 'lost');
      }),
    );
  });
});
