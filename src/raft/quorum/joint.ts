// Two majorities at once: while membership changes, both the old and the new voters must agree.
import type { MemberId } from '../message.ts';
import { majorityCommitted, majorityVote, type VoteResult } from './majority.ts';

export interface JointVoters {
  readonly incoming: readonly MemberId[];
  /** Empty outside of a membership change. */
  readonly outgoing: readonly MemberId[];
}

export function jointCommitted(voters: JointVoters, acked: (id: MemberId) => number): number {
  return Math.min(majorityCommitted(voters.incoming, acked), majorityCommitted(voters.outgoing, acked));
}

export function jointVote(voters: JointVoters, votes: ReadonlyMap<MemberId, boolean>): VoteResult {
  const first = majorityVote(voters.incoming, votes);
  const second = majorityVote(voters.outgoing, votes);
  if (first === second) return first;
  return first === 'lost' || second === 'lost' ? 'lost' : 'pending';
}

/** All voters of both sets, each once, in order. */
export function jointIds(voters: JointVoters): readonly MemberId[] {
  if (voters.outgoing.length === 0) return voters.incoming;
  return [...new Set([...voters.incoming, ...voters.outgoing])].sort(byCode);
}

export function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
