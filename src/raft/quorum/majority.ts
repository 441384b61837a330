// A set of voters of which more than half must agree.
import type { MemberId } from '../message.ts';

export type VoteResult = 'pending' | 'lost' | 'won';

/** The largest index that a majority has acknowledged. An empty set agrees to everything, so that it can stand for "no outgoing voters". */
export function majorityCommitted(voters: readonly MemberId[], acked: (id: MemberId) => number): number {
  const count = voters.length;
  if (count === 0) return Infinity;
  if (count === 1) return acked(voters[0] as MemberId);
  if (count === 3) return median(acked(voters[0] as MemberId), acked(voters[1] as MemberId), acked(voters[2] as MemberId));
  const indexes = voters.map(acked).sort((a, b) => a - b);
  return indexes[count - ((count >> 1) + 1)] as number;
}

function median(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}

/** What the votes say so far. An empty set is won. */
export function majorityVote(voters: readonly MemberId[], votes: ReadonlyMap<MemberId, boolean>): VoteResult {
  if (voters.length === 0) return 'won';
  let yes = 0;
  let missing = 0;
  for (const id of voters) {
    const vote = votes.get(id);
    if (vote === undefined) missing++;
    else if (vote) yes++;
  }
  const needed = (voters.length >> 1) + 1;
  if (yes >= needed) return 'won';
  return yes + missing >= needed ? 'pending' : 'lost';
}
