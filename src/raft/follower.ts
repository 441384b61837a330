// What a follower does with a message of its term.
import type { RaftCore } from './core.ts';
import { message, type RaftMessage, type Snapshot } from './message.ts';

/** False when a proposal was dropped. */
export function stepFollower(raft: RaftCore, m: RaftMessage): boolean {
  switch (m.type) {
    case 'MsgProp':
    case 'MsgReadIndex':
    case 'MsgTransferLeader':
      if (raft.leader === '') return false;
      raft.send({ ...m, to: raft.leader });
      return true;
    case 'MsgApp':
      raft.electionElapsed = 0;
      raft.leader = m.from;
      handleAppend(raft, m);
      return true;
    case 'MsgHeartbeat':
      raft.electionElapsed = 0;
      raft.leader = m.from;
      handleHeartbeat(raft, m);
      return true;
    case 'MsgSnap':
      raft.electionElapsed = 0;
      raft.leader = m.from;
      handleSnapshot(raft, m);
      return true;
    case 'MsgTimeoutNow':
      // The leader wants this member to lead: no pre-vote, or the others would still hold to the leader.
      raft.hup('transfer');
      return true;
    case 'MsgReadIndexResp':
      if (m.context !== undefined) raft.readStates.push({ index: m.index, context: m.context });
      return true;
    default:
      return true;
  }
}

export function handleAppend(raft: RaftCore, m: RaftMessage): void {
  const { log } = raft;
  if (m.index < log.committed) {
    raft.send(message('MsgAppResp', m.from, { index: log.committed }));
    return;
  }
  const last = log.maybeAppend(m.index, m.logTerm, m.commit, m.entries);
  if (last !== undefined) {
    raft.send(message('MsgAppResp', m.from, { index: last }));
    return;
  }
  const hint = log.findConflictByTerm(Math.min(m.index, log.lastIndex), m.logTerm);
  raft.send(message('MsgAppResp', m.from, { index: m.index, reject: true, rejectHint: hint.index, logTerm: hint.term }));
}

export function handleHeartbeat(raft: RaftCore, m: RaftMessage): void {
  raft.log.commitTo(m.commit);
  raft.send(message('MsgHeartbeatResp', m.from, m.context === undefined ? {} : { context: m.context }));
}

export function handleSnapshot(raft: RaftCore, m: RaftMessage): void {
  const restored = m.snapshot !== undefined && restore(raft, m.snapshot);
  raft.send(message('MsgAppResp', m.from, { index: restored ? raft.log.lastIndex : raft.log.committed }));
}

function restore(raft: RaftCore, snapshot: Snapshot): boolean {
  const { log } = raft;
  if (snapshot.index <= log.committed || raft.role !== 'follower') return false;
  const { conf } = snapshot;
  const known = [...conf.voters, ...conf.learners, ...conf.votersOutgoing];
  if (!known.includes(raft.id)) return false;
  if (log.matches(snapshot.index, snapshot.term)) {
    // It has all of it already, and only did not know that it is committed.
    log.commitTo(snapshot.index);
    return false;
  }
  log.restore(snapshot);
  raft.progress.clear();
  raft.adoptConf(conf);
  raft.progress.get(raft.id)?.maybeUpdate(log.lastIndex);
  return true;
}
