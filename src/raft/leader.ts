// What a leader does with a message of its term.
import { computeConf, isJoint, type ConfChangeEntry } from './confchange/conf-change.ts';
import type { RaftCore } from './core.ts';
import { type Entry, type MemberId, message, type RaftMessage } from './message.ts';
import type { Progress } from './progress.ts';
import { jointVote } from './quorum/joint.ts';

/** False when a proposal was dropped. */
export function stepLeader(raft: RaftCore, m: RaftMessage): boolean {
  switch (m.type) {
    case 'MsgBeat':
      raft.broadcastHeartbeat();
      return true;
    case 'MsgCheckQuorum':
      if (!raft.checkActive()) raft.becomeFollower(raft.term, '');
      return true;
    case 'MsgProp':
      return propose(raft, m);
    case 'MsgReadIndex':
      return readIndex(raft, m);
    default:
  }
  const progress = raft.progress.get(m.from);
  if (progress === undefined) return true;
  switch (m.type) {
    case 'MsgAppResp':
      handleAppendResponse(raft, m, progress);
      return true;
    case 'MsgHeartbeatResp':
      handleHeartbeatResponse(raft, m, progress);
      return true;
    case 'MsgSnapStatus':
      if (progress.state !== 'snapshot') return true;
      if (m.reject) progress.pendingSnapshot = 0;
      progress.becomeProbe();
      // Sent: wait for its answer. Failed: wait for a heartbeat's answer before trying again.
      progress.paused = true;
      return true;
    case 'MsgUnreachable':
      // What was sent optimistically is likely lost.
      if (progress.state === 'replicate') progress.becomeProbe();
      return true;
    case 'MsgTransferLeader':
      transferLeader(raft, progress);
      return true;
    default:
      return true;
  }
}

function propose(raft: RaftCore, m: RaftMessage): boolean {
  // It was removed from the group while it leads, or is about to hand over.
  if (!raft.progress.has(raft.id) || raft.leadTransferee !== '') return false;
  if (!raft.admit(m.entries)) return false;
  const items: { type: Entry['type']; data: unknown }[] = [];
  let index = raft.log.lastIndex;
  for (const entry of m.entries) {
    index++;
    if (entry.type === 'conf-change') {
      const change = entry.data as ConfChangeEntry;
      const isPending = raft.pendingConfIndex > raft.log.applied;
      const wantsLeave = change.changes.length === 0;
      if (isPending || isJoint(raft.conf) !== wantsLeave || !computeConf(raft.conf, change).ok) {
        // Refused changes stay in the log as empty entries, so that the proposer learns of it when they are applied.
        items.push({ type: 'normal', data: undefined });
        continue;
      }
      raft.pendingConfIndex = index;
    }
    items.push({ type: entry.type, data: entry.data });
  }
  raft.appendEntries(items);
  raft.broadcastAppend();
  return true;
}

// ---------------------------------------------------------------- replication

function handleAppendResponse(raft: RaftCore, m: RaftMessage, progress: Progress): void {
  progress.recentActive = true;
  if (m.reject) {
    let probe = m.rejectHint;
    // Skip all of the leader's entries of terms that the follower cannot have at that place.
    if (m.logTerm > 0) probe = raft.log.findConflictByTerm(m.rejectHint, m.logTerm).index;
    if (progress.maybeDecrease(m.index, probe)) {
      if (progress.state === 'replicate') progress.becomeProbe();
      raft.sendAppend(m.from);
    }
    return;
  }
  // An answer that is no news still proves to a probe that the logs agree there.
  if (!progress.maybeUpdate(m.index) && !(progress.match === m.index && progress.state === 'probe')) return;
  if (progress.state === 'probe') progress.becomeReplicate();
  else if (progress.state === 'snapshot') {
    // Caught up with what the log still has: the snapshot's own status no longer matters.
    if (progress.match + 1 >= raft.log.firstIndex) {
      progress.becomeProbe();
      progress.becomeReplicate();
    }
  } else progress.freeTo(m.index);

  if (raft.maybeCommit()) {
    releaseEarlyReads(raft);
    raft.broadcastAppend();
  } else if (m.from !== raft.id && progress.canBumpCommit(raft.log.committed)) raft.sendAppend(m.from);
  if (m.from === raft.id) return;
  while (raft.maybeSendAppend(m.from, false)) {
    // as many as the window takes
  }
  if (m.from === raft.leadTransferee && progress.match === raft.log.lastIndex) raft.sendTimeoutNow(m.from);
}

function handleHeartbeatResponse(raft: RaftCore, m: RaftMessage, progress: Progress): void {
  progress.recentActive = true;
  progress.paused = false;
  // Something sent before may have been lost.
  if (progress.match < raft.log.lastIndex || progress.state === 'probe') raft.sendAppend(m.from);
  if (m.context === undefined) return;
  const acks = raft.reads.acknowledge(m.from, m.context);
  if (acks === undefined || jointVote(raft.voters, acks) !== 'won') return;
  for (const read of raft.reads.advance(m.context)) answerRead(raft, read.request, read.index);
}

// ---------------------------------------------------------------- reads

function readIndex(raft: RaftCore, m: RaftMessage): boolean {
  if (m.context === undefined) return false;
  if (raft.isSingle) {
    answerRead(raft, m, raft.log.committed);
    return true;
  }
  // Before an entry of its own term is committed, the leader does not know what is.
  if (raft.hasCommittedInTerm) startRead(raft, m);
  else raft.earlyReads.push(m);
  return true;
}

function startRead(raft: RaftCore, m: RaftMessage): void {
  const context = m.context as string;
  raft.reads.add(raft.log.committed, m);
  raft.reads.acknowledge(raft.id, context);
  raft.broadcastHeartbeat(context);
}

function releaseEarlyReads(raft: RaftCore): void {
  if (raft.earlyReads.length === 0 || !raft.hasCommittedInTerm) return;
  const waiting = raft.earlyReads;
  raft.earlyReads = [];
  for (const m of waiting) startRead(raft, m);
}

function answerRead(raft: RaftCore, request: RaftMessage, index: number): void {
  const context = request.context as string;
  const asker: MemberId = request.from;
  if (asker === '' || asker === raft.id) raft.readStates.push({ index, context });
  else raft.send(message('MsgReadIndexResp', asker, { index, context }));
}

// ---------------------------------------------------------------- transfer

function transferLeader(raft: RaftCore, progress: Progress): void {
  if (progress.isLearner || progress.id === raft.id || raft.leadTransferee === progress.id) return;
  raft.leadTransferee = progress.id;
  // It must succeed within an election timeout, or is given up.
  raft.electionElapsed = 0;
  if (progress.match === raft.log.lastIndex) raft.sendTimeoutNow(progress.id);
  else {
    progress.paused = false;
    raft.sendAppend(progress.id);
  }
}
