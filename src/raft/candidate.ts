// What a (pre-)candidate does with a message of its term.
import type { RaftCore } from './core.ts';
import { handleAppend, handleHeartbeat, handleSnapshot } from './follower.ts';
import type { RaftMessage } from './message.ts';

/** False when a proposal was dropped. */
export function stepCandidate(raft: RaftCore, m: RaftMessage): boolean {
  switch (m.type) {
    case 'MsgProp':
    case 'MsgReadIndex':
      return false; // no leader
    case 'MsgApp':
      raft.becomeFollower(m.term, m.from);
      handleAppend(raft, m);
      return true;
    case 'MsgHeartbeat':
      raft.becomeFollower(m.term, m.from);
      handleHeartbeat(raft, m);
      return true;
    case 'MsgSnap':
      raft.becomeFollower(m.term, m.from);
      handleSnapshot(raft, m);
      return true;
    case 'MsgPreVoteResp':
    case 'MsgVoteResp': {
      // Answers to the other kind of question are late.
      if ((m.type === 'MsgPreVoteResp') !== (raft.role === 'pre-candidate')) return true;
      const result = raft.countVote(m.from, !m.reject);
      if (result === 'won') {
        if (raft.role === 'pre-candidate') raft.campaign('election');
        else {
          raft.becomeLeader();
          raft.broadcastAppend();
        }
      } else if (result === 'lost') raft.becomeFollower(raft.term, '');
      return true;
    }
    default:
      return true;
  }
}
