// Changes of membership: pure functions from one configuration to the next. Section 6 of the Raft paper: one member at a time needs no
// joint configuration, since any two majorities overlap; more than one goes through a joint one.
import { byCode } from '../quorum/joint.ts';
import type { ConfState, MemberId } from '../message.ts';

export interface ConfChange {
  readonly kind: 'add-voter' | 'add-learner' | 'remove';
  readonly member: MemberId;
}

/** Data of a conf-change entry. No changes: leave the joint configuration. */
export interface ConfChangeEntry {
  readonly changes: readonly ConfChange[];
  /** auto: joint only if more than one voter changes; and who leaves the joint configuration: the leader by itself, or a second entry. */
  readonly transition: 'auto' | 'joint-implicit' | 'joint-explicit';
  /** The host's own part, opaque here. */
  readonly context?: unknown;
}

export type ConfResult = { readonly ok: true; readonly conf: ConfState } | { readonly ok: false; readonly reason: string };

const refuse = (reason: string): ConfResult => ({ ok: false, reason });

export function isJoint(conf: ConfState): boolean {
  return conf.votersOutgoing.length > 0;
}

/** The configuration after `entry`. */
export function computeConf(conf: ConfState, entry: ConfChangeEntry): ConfResult {
  if (entry.changes.length === 0) return leaveJoint(conf);
  if (isJoint(conf)) return refuse('config is already joint');
  const next = applyAll(conf, entry.changes);
  if (next.voters.length === 0) return refuse('removed all voters');
  const changed = symmetricDifference(conf.voters, next.voters);
  if (entry.transition === 'auto' && changed <= 1) return { ok: true, conf: { ...next, learners: [...next.learners, ...next.learnersNext].sort(byCode), learnersNext: [] } };
  return { ok: true, conf: { ...next, votersOutgoing: conf.voters, autoLeave: entry.transition !== 'joint-explicit' } };
}

function leaveJoint(conf: ConfState): ConfResult {
  if (!isJoint(conf)) return refuse("can't leave a non-joint config");
  return { ok: true, conf: { voters: conf.voters, learners: [...conf.learners, ...conf.learnersNext].sort(byCode), votersOutgoing: [], learnersNext: [], autoLeave: false } };
}

function applyAll(conf: ConfState, changes: readonly ConfChange[]): ConfState {
  const voters = new Set(conf.voters);
  const learners = new Set(conf.learners);
  const learnersNext = new Set<MemberId>();
  for (const { kind, member } of changes) {
    if (member === '') continue;
    if (kind === 'add-voter') {
      learners.delete(member);
      learnersNext.delete(member);
      voters.add(member);
    } else if (kind === 'add-learner') {
      voters.delete(member);
      // A voter of the outgoing set must not be a learner too: it becomes one when the joint configuration is left.
      if (conf.voters.includes(member)) learnersNext.add(member);
      else learners.add(member);
    } else {
      voters.delete(member);
      learners.delete(member);
      learnersNext.delete(member);
    }
  }
  return { voters: [...voters].sort(byCode), learners: [...learners].sort(byCode), votersOutgoing: [], learnersNext: [...learnersNext].sort(byCode), autoLeave: false };
}

function symmetricDifference(a: readonly MemberId[], b: readonly MemberId[]): number {
  return a.filter((id) => !b.includes(id)).length + b.filter((id) => !a.includes(id)).length;
}
