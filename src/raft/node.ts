// The door of this room: one member of a group that agrees on a log. Ticks, messages and proposals in; Ready out. No clock, no disk, no wire.
import { stepCandidate } from './candidate.ts';
import { computeConf, isJoint, type ConfChangeEntry } from './confchange/conf-change.ts';
import { RaftCore, type RaftOptions } from './core.ts';
import { stepFollower } from './follower.ts';
import { invariant } from './invariant.ts';
import { stepLeader } from './leader.ts';
import { RaftLog } from './log.ts';
import { campaignTransfer, emptyConfState, message, type ConfState, type Entry, type HardState, type MemberId, type RaftMessage, type ReadState, type Ready, type SoftState } from './message.ts';

/** What the disk gave back at the start. */
export interface RecoveredState {
  readonly hardState?: HardState;
  /** Place of the last snapshot, whose state the host has restored already. */
  readonly snapshot?: { readonly index: number; readonly term: number };
  readonly conf?: ConfState;
  /** Everything after the snapshot. */
  readonly entries?: readonly Entry[];
}

export interface RaftStatus {
  readonly id: MemberId;
  readonly role: SoftState['role'];
  readonly term: number;
  readonly vote: MemberId;
  readonly leader: MemberId;
  readonly leadTransferee: MemberId;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly commit: number;
  readonly applied: number;
  readonly conf: ConfState;
}

const noEntries: readonly Entry[] = [];
const noMessages: readonly RaftMessage[] = [];
const noReads: readonly ReadState[] = [];

export class RaftNode {
  private readonly raft: RaftCore;
  private handedSoft: SoftState;
  private handedHard: HardState;
  /** The Ready that the host is carrying out. */
  private inHand: Ready | undefined;
  /** This member's own answers, stepped when the disk has what they promise. */
  private ownResponses: readonly RaftMessage[] = noMessages;
  private readonly maxCommitted: number;

  constructor(options: RaftOptions & { readonly maxCommittedPerReady?: number }, recovered: RecoveredState = {}) {
    const hard = recovered.hardState ?? { term: 0, vote: '', commit: 0 };
    const log = new RaftLog(recovered.snapshot ?? { index: 0, term: 0 }, recovered.entries ?? [], hard.commit);
    this.raft = new RaftCore(options, log, hard, recovered.conf ?? emptyConfState);
    this.handedSoft = { leader: '', role: 'follower' };
    this.handedHard = { term: hard.term, vote: hard.vote, commit: hard.commit };
    this.maxCommitted = options.maxCommittedPerReady ?? 1024;
  }

  // ---------------------------------------------------------------- in

  /** One heartbeat's worth of time has passed. */
  tick(): void {
    const { raft } = this;
    raft.electionElapsed++;
    if (raft.role !== 'leader') {
      if (raft.isPromotable && raft.electionElapsed >= raft.electionTimeout) {
        raft.electionElapsed = 0;
        this.campaign();
      }
      return;
    }
    raft.heartbeatElapsed++;
    if (raft.electionElapsed >= raft.options.electionTicks) {
      raft.electionElapsed = 0;
      if (raft.checkQuorum) stepLeader(raft, message('MsgCheckQuorum', raft.id, { from: raft.id }));
      // A transfer that took too long is given up, and proposals are taken again.
      if (raft.role === 'leader') raft.leadTransferee = '';
    }
    if (raft.role === 'leader' && raft.heartbeatElapsed >= raft.options.heartbeatTicks) {
      raft.heartbeatElapsed = 0;
      stepLeader(raft, message('MsgBeat', raft.id, { from: raft.id }));
    }
  }

  /** Stands for election now. */
  campaign(): void {
    this.raft.hup(this.raft.preVote ? 'pre' : 'election');
  }

  /** Takes a message from another member. */
  step(m: RaftMessage): void {
    // Answers from somebody who is no member (any more) mean nothing.
    const isAnswer = m.type === 'MsgAppResp' || m.type === 'MsgVoteResp' || m.type === 'MsgPreVoteResp' || m.type === 'MsgHeartbeatResp' || m.type === 'MsgUnreachable' || m.type === 'MsgSnapStatus';
    if (isAnswer && !this.raft.progress.has(m.from)) return;
    this.take(m);
  }

  /** Asks for `data` to be agreed upon. False: dropped, there is no leader (or it is handing over); the host may try again. True is no promise. */
  propose(data: unknown): boolean {
    const entry: Entry = { index: 0, term: 0, type: 'normal', data };
    return this.take(message('MsgProp', this.raft.id, { from: this.raft.id, entries: [entry] }));
  }

  proposeConfChange(change: ConfChangeEntry): boolean {
    const entry: Entry = { index: 0, term: 0, type: 'conf-change', data: change };
    return this.take(message('MsgProp', this.raft.id, { from: this.raft.id, entries: [entry] }));
  }

  /** To be called when a conf-change entry is applied. The new configuration, or undefined when the entry changed nothing. */
  applyConfChange(change: ConfChangeEntry): ConfState | undefined {
    const { raft } = this;
    const result = computeConf(raft.conf, change);
    if (!result.ok) return undefined;
    raft.adoptConf(result.conf);
    if (raft.role !== 'leader') return result.conf;
    if (!raft.progress.has(raft.id) || raft.isLearner) {
      raft.becomeFollower(raft.term, '');
      return result.conf;
    }
    // The new quorum may be smaller: more may be committed; new members want to hear from the leader.
    if (raft.maybeCommit()) raft.broadcastAppend();
    else for (const id of raft.members) if (id !== raft.id) raft.maybeSendAppend(id, false);
    if (raft.leadTransferee !== '' && !raft.voters.incoming.includes(raft.leadTransferee)) raft.leadTransferee = '';
    return result.conf;
  }

  /** Asks for a place in the log up to which a read may be answered; it comes back as a ReadState with the same context. False: no leader. */
  readIndex(context: string): boolean {
    return this.take(message('MsgReadIndex', this.raft.id, { from: this.raft.id, context }));
  }

  transferLeadership(to: MemberId): void {
    this.take(message('MsgTransferLeader', this.raft.leader, { from: to }));
  }

  /** The host could not deliver to `id`. */
  reportUnreachable(id: MemberId): void {
    this.step(message('MsgUnreachable', this.raft.id, { from: id }));
  }

  reportSnapshot(id: MemberId, failed: boolean): void {
    this.step(message('MsgSnapStatus', this.raft.id, { from: id, reject: failed }));
  }

  // ---------------------------------------------------------------- out

  /**
   * What is to be done, or undefined. The host, in this order: sends `messages`; writes snapshot, entries and hard state to the disk (and
   * syncs if `mustSync`); sends `responses`; applies the snapshot and the committed entries; calls advance. Until then ready() gives nothing,
   * while ticks and messages may go on.
   */
  ready(): Ready | undefined {
    if (this.inHand !== undefined || !this.hasReady) return undefined;
    const { raft } = this;
    const { log } = raft;
    const soft = this.softState;
    const softState = soft.leader === this.handedSoft.leader && soft.role === this.handedSoft.role ? undefined : soft;
    const hard: HardState = { term: raft.term, vote: raft.vote, commit: log.committed };
    const before = this.handedHard;
    const hardState = hard.term === before.term && hard.vote === before.vote && hard.commit === before.commit ? undefined : hard;
    const entries = log.unstableEntries();
    const snapshot = log.pendingSnapshot;
    const own = raft.responses.filter((m) => m.to === raft.id);
    const ready: Ready = {
      softState,
      term: raft.term,
      hardState,
      entries,
      snapshot,
      committedEntries: log.nextCommitted(this.maxCommitted),
      messages: raft.messages.length === 0 ? noMessages : raft.messages,
      responses: own.length === 0 ? raft.responses : raft.responses.filter((m) => m.to !== raft.id),
      readStates: raft.readStates.length === 0 ? noReads : raft.readStates,
      mustSync: entries.length > 0 || snapshot !== undefined || hard.term !== before.term || hard.vote !== before.vote,
    };
    this.ownResponses = own;
    if (raft.messages.length > 0) raft.messages = [];
    if (raft.responses.length > 0) raft.responses = [];
    if (raft.readStates.length > 0) raft.readStates = [];
    this.handedSoft = soft;
    this.handedHard = hard;
    this.inHand = ready;
    return ready;
  }

  get hasReady(): boolean {
    const { raft } = this;
    const { log } = raft;
    if (raft.messages.length > 0 || raft.responses.length > 0 || raft.readStates.length > 0) return true;
    if (log.hasUnstable || log.hasNextCommitted || log.pendingSnapshot !== undefined) return true;
    const soft = this.handedSoft;
    if (soft.leader !== raft.leader || soft.role !== raft.role) return true;
    const hard = this.handedHard;
    return hard.term !== raft.term || hard.vote !== raft.vote || hard.commit !== log.committed;
  }

  /** The host has done all that `ready` asked for. */
  advance(ready: Ready): void {
    invariant(ready === this.inHand, 'advance of a Ready that is not in hand');
    this.inHand = undefined;
    const { raft } = this;
    const { log } = raft;
    if (ready.snapshot !== undefined) log.snapshotSettled(ready.snapshot.index);
    const last = ready.entries.at(-1);
    if (last !== undefined) log.stableTo(last.index, last.term);
    const applied = ready.committedEntries.at(-1);
    if (applied !== undefined && applied.index > log.applied) log.appliedTo(applied.index);
    if (raft.role === 'leader') raft.settleUncommitted(ready.committedEntries);
    const own = this.ownResponses;
    this.ownResponses = noMessages;
    for (const m of own) this.take(m);
    this.maybeLeaveJoint();
  }

  /** Drops entries up to `index`; the host keeps a snapshot of at least that. */
  compact(index: number): void {
    this.raft.log.compact(index);
  }

  // ---------------------------------------------------------------- to look at

  get softState(): SoftState {
    return { leader: this.raft.leader, role: this.raft.role };
  }
  get status(): RaftStatus {
    const { raft } = this;
    const { log } = raft;
    return {
      id: raft.id, role: raft.role, term: raft.term, vote: raft.vote, leader: raft.leader, leadTransferee: raft.leadTransferee,
      firstIndex: log.firstIndex, lastIndex: log.lastIndex, commit: log.committed, applied: log.applied, conf: raft.conf,
    };
  }
  get term(): number {
    return this.raft.term;
  }
  get leader(): MemberId {
    return this.raft.leader;
  }
  /** To whom leadership is being handed over; '' nobody. */
  get leadTransferee(): MemberId {
    return this.raft.leadTransferee;
  }
  get isLeader(): boolean {
    return this.raft.role === 'leader';
  }
  get isLearner(): boolean {
    return this.raft.isLearner;
  }
  get lastIndex(): number {
    return this.raft.log.lastIndex;
  }
  get committed(): number {
    return this.raft.log.committed;
  }
  /** Term of an entry that is still in the log. */
  termOf(index: number): number | undefined {
    return this.raft.log.term(index);
  }
  /** Entries that are still in the log. */
  entries(from: number, to: number): readonly Entry[] {
    return this.raft.log.slice(Math.max(from, this.raft.log.firstIndex), to) ?? noEntries;
  }
  /** The leader's idea of everybody, one line each. */
  get progress(): readonly string[] {
    return this.raft.members.map((id) => `${id}: ${String(this.raft.progress.get(id))}`);
  }
  /** What the leader knows `id` to have; undefined for anybody but a leader. */
  matchOf(id: MemberId): number | undefined {
    return this.raft.role === 'leader' ? this.raft.progress.get(id)?.match : undefined;
  }

  // ---------------------------------------------------------------- terms

  private take(m: RaftMessage): boolean {
    const { raft } = this;
    if (m.term !== 0 && m.term !== raft.term && !this.reconcileTerm(m)) return true;
    if (m.type === 'MsgVote' || m.type === 'MsgPreVote') {
      this.judgeVote(m);
      return true;
    }
    if (raft.role === 'leader') return stepLeader(raft, m);
    if (raft.role === 'follower') return stepFollower(raft, m);
    return stepCandidate(raft, m);
  }

  /** Deals with a message of another term; whether it is still to be acted upon. */
  private reconcileTerm(m: RaftMessage): boolean {
    const { raft } = this;
    if (m.term < raft.term) {
      if ((raft.checkQuorum || raft.preVote) && (m.type === 'MsgHeartbeat' || m.type === 'MsgApp')) {
        // Tell a leader of an older term, which may not be able to hear it otherwise, that there is a newer one.
        raft.send(message('MsgAppResp', m.from));
      } else if (m.type === 'MsgPreVote') raft.send(message('MsgPreVoteResp', m.from, { term: raft.term, reject: true }));
      return false;
    }
    if (m.type === 'MsgVote' || m.type === 'MsgPreVote') {
      // Whoever heard from a leader lately does not help to unseat it, unless that leader itself asked for it.
      const inLease = raft.checkQuorum && raft.leader !== '' && raft.electionElapsed < raft.options.electionTicks;
      if (inLease && m.context !== campaignTransfer) return false;
    }
    if (m.type === 'MsgPreVote') return true; // a question does not change the term
    if (m.type === 'MsgPreVoteResp' && !m.reject) return true; // granted for the term that would come
    const isLeaders = m.type === 'MsgApp' || m.type === 'MsgHeartbeat' || m.type === 'MsgSnap';
    raft.becomeFollower(m.term, isLeaders ? m.from : '');
    return true;
  }

  private judgeVote(m: RaftMessage): void {
    const { raft } = this;
    const isPre = m.type === 'MsgPreVote';
    const type = isPre ? 'MsgPreVoteResp' : 'MsgVoteResp';
    const canVote = raft.vote === m.from || (raft.vote === '' && raft.leader === '') || (isPre && m.term > raft.term);
    if (canVote && raft.log.isUpToDate(m.index, m.logTerm)) {
      // In the term of the question, which for a pre-vote is not this member's own.
      raft.send(message(type, m.from, { term: m.term }));
      if (!isPre) {
        raft.electionElapsed = 0;
        raft.vote = m.from;
      }
    } else raft.send(message(type, m.from, { term: raft.term, reject: true }));
  }

  /** A leader in a joint configuration that leaves by itself proposes so once the change is applied. */
  private maybeLeaveJoint(): void {
    const { raft } = this;
    if (raft.role !== 'leader' || !raft.conf.autoLeave || !isJoint(raft.conf) || raft.log.applied < raft.pendingConfIndex) return;
    this.proposeConfChange({ changes: [], transition: 'auto' });
  }
}
