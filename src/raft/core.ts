// The state of one member and the moves that change it: terms, roles, what is sent. Which message leads to which move is in leader.ts,
// follower.ts, candidate.ts and node.ts. Time is counted in ticks.
import { invariant } from './invariant.ts';
import type { RaftLog } from './log.ts';
import { type ConfState, type Entry, type MemberId, message, type MessageType, type RaftMessage, type ReadState, type Role, type Snapshot, campaignTransfer, stamped } from './message.ts';
import { Progress } from './progress.ts';
import { byCode, jointCommitted, jointIds, jointVote, type JointVoters } from './quorum/joint.ts';
import type { VoteResult } from './quorum/majority.ts';
import { ReadOnly } from './read-only.ts';

export interface RaftOptions {
  readonly id: MemberId;
  /** Followers wait between this and twice this for a leader. */
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** Ask before raising the term, so that a member that comes back does not disturb a healthy leader. Default true. */
  readonly preVote?: boolean;
  /** A leader that has not heard from a majority for an election timeout steps down. Default true. */
  readonly checkQuorum?: boolean;
  readonly maxInflightMessages?: number;
  readonly maxEntriesPerMessage?: number;
  /** What an entry weighs, for the three limits in bytes below; without it they do not apply. */
  readonly sizeOf?: (entry: Entry) => number;
  /** A message carries no more than this, but always one entry. */
  readonly maxBytesPerMessage?: number;
  /** Entries on their way to one member. One message may go beyond it. */
  readonly maxInflightBytes?: number;
  /** Proposals are dropped while the leader's uncommitted entries weigh more, so that its log cannot grow without end while nothing commits. A first one always passes. */
  readonly maxUncommittedBytes?: number;
  /** A whole number in [0, below): spreads the election timeouts. */
  readonly random: (below: number) => number;
  /** The host's latest state, for a member whose next entries are compacted away; undefined when it cannot be had now. */
  readonly snapshot: () => Snapshot | undefined;
}

/** Answers that promise something about the disk: they wait for it. */
const afterAppend: ReadonlySet<MessageType> = new Set(['MsgAppResp', 'MsgVoteResp', 'MsgPreVoteResp']);

export class RaftCore {
  readonly id: MemberId;
  readonly options: RaftOptions;
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
  readonly log: RaftLog;
  term: number;
  vote: MemberId;
  role: Role = 'follower';
  leader: MemberId = '';
  leadTransferee: MemberId = '';
  electionElapsed = 0;
  heartbeatElapsed = 0;
  electionTimeout = 0;
  conf: ConfState;
  voters: JointVoters = { incoming: [], outgoing: [] };
  /** Everybody, in order, learners too. */
  members: readonly MemberId[] = [];
  progress = new Map<MemberId, Progress>();
  votes = new Map<MemberId, boolean>();
  reads = new ReadOnly();
  /** Reads that came before this leader committed an entry of its own term. */
  earlyReads: RaftMessage[] = [];
  readStates: ReadState[] = [];
  messages: RaftMessage[] = [];
  responses: RaftMessage[] = [];
  /** On the leader: proposed in its term, and not applied yet. */
  private uncommittedBytes = 0;
  /** A second change of membership may only be proposed once this entry is applied. */
  pendingConfIndex = 0;

  constructor(options: RaftOptions, log: RaftLog, hard: { readonly term: number; readonly vote: MemberId }, conf: ConfState) {
    this.id = options.id;
    this.options = options;
    this.preVote = options.preVote ?? true;
    this.checkQuorum = options.checkQuorum ?? true;
    this.log = log;
    this.term = hard.term;
    this.vote = hard.vote;
    this.conf = conf;
    this.adoptConf(conf);
    this.becomeFollower(this.term, '');
  }

  get isSingle(): boolean {
    return this.voters.incoming.length === 1 && this.voters.outgoing.length === 0;
  }
  get isLearner(): boolean {
    return this.progress.get(this.id)?.isLearner ?? false;
  }
  /** Whether it may stand for election: a voter with its state in place. */
  get isPromotable(): boolean {
    const own = this.progress.get(this.id);
    return own !== undefined && !own.isLearner && this.log.pendingSnapshot === undefined;
  }

  // ---------------------------------------------------------------- membership

  /** Takes a configuration over; members that stay keep their progress. */
  adoptConf(conf: ConfState): void {
    this.conf = conf;
    this.voters = { incoming: [...conf.voters].sort(byCode), outgoing: [...conf.votersOutgoing].sort(byCode) };
    const voters = jointIds(this.voters);
    const learners = conf.learners.filter((id) => !voters.includes(id));
    const before = this.progress;
    this.progress = new Map();
    this.members = [...voters, ...learners].sort(byCode);
    for (const id of this.members) {
      const isLearner = learners.includes(id);
      let progress = before.get(id);
      if (progress === undefined) {
        // A new member begins at the end; its refusal tells how far back to go. Active, or the leader would step down before it answers.
        progress = this.newProgress(id, 0, Math.max(this.log.lastIndex, 1), isLearner);
        progress.recentActive = before.size > 0;
      }
      progress.isLearner = isLearner;
      this.progress.set(id, progress);
    }
  }

  private newProgress(id: MemberId, match: number, next: number, isLearner: boolean): Progress {
    const { maxInflightMessages, maxInflightBytes } = this.options;
    return new Progress(id, match, next, { messages: maxInflightMessages ?? 512, bytes: maxInflightBytes ?? Infinity }, isLearner);
  }

  // ---------------------------------------------------------------- roles

  private reset(term: number): void {
    if (this.term !== term) {
      this.term = term;
      this.vote = '';
    }
    this.leader = '';
    this.electionElapsed = 0;
    this.heartbeatElapsed = 0;
    this.electionTimeout = this.options.electionTicks + this.options.random(this.options.electionTicks);
    this.leadTransferee = '';
    this.votes.clear();
    for (const id of this.members) {
      const old = this.progress.get(id) as Progress;
      this.progress.set(id, this.newProgress(id, id === this.id ? this.log.lastIndex : 0, this.log.lastIndex + 1, old.isLearner));
    }
    this.pendingConfIndex = 0;
    this.uncommittedBytes = 0;
    this.reads = new ReadOnly();
    this.earlyReads = [];
  }

  becomeFollower(term: number, leader: MemberId): void {
    this.reset(term);
    this.leader = leader;
    this.role = 'follower';
  }

  becomePreCandidate(): void {
    invariant(this.role !== 'leader', 'invalid transition [leader -> pre-candidate]');
    // Neither the term nor the vote changes: this is only a question.
    this.votes.clear();
    this.leader = '';
    this.role = 'pre-candidate';
  }

  becomeCandidate(): void {
    invariant(this.role !== 'leader', 'invalid transition [leader -> candidate]');
    this.reset(this.term + 1);
    this.vote = this.id;
    this.role = 'candidate';
  }

  becomeLeader(): void {
    invariant(this.role !== 'follower', 'invalid transition [follower -> leader]');
    this.reset(this.term);
    this.leader = this.id;
    this.role = 'leader';
    const own = this.progress.get(this.id) as Progress;
    own.becomeReplicate();
    own.recentActive = true;
    // What came before may hold a change of membership that is not applied yet: be careful.
    this.pendingConfIndex = this.log.lastIndex;
    this.appendEntries([{ type: 'normal', data: undefined }]);
  }

  // ---------------------------------------------------------------- elections

  /** Starts an election, or first asks whether it could be won. */
  hup(kind: 'pre' | 'election' | 'transfer'): void {
    if (this.role === 'leader' || !this.isPromotable || this.hasUnappliedConfChange) return;
    this.campaign(kind);
  }

  private get hasUnappliedConfChange(): boolean {
    const { log } = this;
    if (log.applied >= log.committed) return false;
    return (log.slice(log.applied + 1, log.committed) ?? []).some((entry) => entry.type === 'conf-change');
  }

  campaign(kind: 'pre' | 'election' | 'transfer'): void {
    const isPre = kind === 'pre';
    if (isPre) this.becomePreCandidate();
    else this.becomeCandidate();
    const term = isPre ? this.term + 1 : this.term;
    for (const id of jointIds(this.voters)) {
      // The own vote counts once it is on the disk, like everybody's.
      if (id === this.id) this.send(message(isPre ? 'MsgPreVoteResp' : 'MsgVoteResp', id, { term }));
      else {
        const context = kind === 'transfer' ? { context: campaignTransfer } : {};
        this.send(message(isPre ? 'MsgPreVote' : 'MsgVote', id, { term, index: this.log.lastIndex, logTerm: this.log.lastTerm, ...context }));
      }
    }
  }

  countVote(from: MemberId, granted: boolean): VoteResult {
    if (!this.votes.has(from)) this.votes.set(from, granted);
    return jointVote(this.voters, this.votes);
  }

  /** Whether a majority was heard from since the last time; forgets who was. */
  checkActive(): boolean {
    const active = new Map<MemberId, boolean>();
    for (const [id, progress] of this.progress) {
      if (progress.isLearner) continue;
      active.set(id, id === this.id || progress.recentActive);
      if (id !== this.id) progress.recentActive = false;
    }
    return jointVote(this.voters, active) === 'won';
  }

  // ---------------------------------------------------------------- sending

  send(m: RaftMessage): void {
    const from = m.from === '' ? this.id : m.from;
    const isVote = m.type === 'MsgVote' || m.type === 'MsgVoteResp' || m.type === 'MsgPreVote' || m.type === 'MsgPreVoteResp';
    // Votes say which term they are about; proposals and reads, which may be passed on, belong to none.
    const term = isVote ? m.term : m.type === 'MsgProp' || m.type === 'MsgReadIndex' ? 0 : this.term;
    invariant(!isVote || term > 0, `term should be set when sending ${m.type}`);
    const sent = stamped(m, from, term);
    if (afterAppend.has(m.type)) this.responses.push(sent);
    else {
      invariant(m.to !== this.id, `message should not be self-addressed when sending ${m.type}`);
      this.messages.push(sent);
    }
  }

  /** Whether the leader's log may grow by these; if so, they are counted. */
  admit(entries: readonly Entry[]): boolean {
    const { sizeOf, maxUncommittedBytes } = this.options;
    if (sizeOf === undefined || maxUncommittedBytes === undefined) return true;
    const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), 0);
    if (bytes > 0 && this.uncommittedBytes > 0 && this.uncommittedBytes + bytes > maxUncommittedBytes) return false;
    this.uncommittedBytes += bytes;
    return true;
  }

  /** These were applied. What an earlier leader proposed was never counted. */
  settleUncommitted(entries: readonly Entry[]): void {
    const { sizeOf } = this.options;
    if (sizeOf === undefined || this.uncommittedBytes === 0) return;
    for (const entry of entries) this.uncommittedBytes = Math.max(0, this.uncommittedBytes - sizeOf(entry));
  }

  private withinBytes(entries: readonly Entry[]): readonly Entry[] {
    const { sizeOf, maxBytesPerMessage } = this.options;
    if (sizeOf === undefined || maxBytesPerMessage === undefined) return entries;
    let bytes = 0;
    const end = entries.findIndex((entry, i) => (bytes += sizeOf(entry)) > maxBytesPerMessage && i > 0);
    return end < 0 ? entries : entries.slice(0, end);
  }

  appendEntries(items: readonly { readonly type: Entry['type']; readonly data: unknown }[]): void {
    let index = this.log.lastIndex;
    this.log.append(items.map((item) => ({ index: ++index, term: this.term, type: item.type, data: item.data })));
    // Its own acknowledgement, once the entries are on its disk.
    this.send(message('MsgAppResp', this.id, { index }));
  }

  /** Entries, or at least the commit index, to one member. */
  sendAppend(to: MemberId): void {
    this.maybeSendAppend(to, true);
  }

  /** False when there was nothing to send, or nothing may be sent now. */
  maybeSendAppend(to: MemberId, sendIfEmpty: boolean): boolean {
    const progress = this.progress.get(to);
    if (progress === undefined || progress.isPaused) return false;
    const { log } = this;
    const previous = progress.next - 1;
    const logTerm = log.term(previous);
    if (logTerm === undefined) return this.maybeSendSnapshot(progress);
    const mayCarry = progress.state !== 'replicate' || !progress.isFull;
    const entries = mayCarry ? this.withinBytes(log.slice(progress.next, log.lastIndex, this.options.maxEntriesPerMessage ?? 256) ?? []) : [];
    if (entries.length === 0 && !sendIfEmpty) return false;
    this.send(message('MsgApp', to, { index: previous, logTerm, entries, commit: log.committed }));
    const { sizeOf } = this.options;
    progress.sent(entries.length, sizeOf === undefined ? 0 : entries.reduce((sum, entry) => sum + sizeOf(entry), 0));
    progress.sentCommit = Math.max(progress.sentCommit, Math.min(log.committed, previous + entries.length));
    return true;
  }

  private maybeSendSnapshot(progress: Progress): boolean {
    if (!progress.recentActive) return false;
    const snapshot = this.options.snapshot();
    if (snapshot === undefined) return false;
    progress.becomeSnapshot(snapshot.index);
    this.send(message('MsgSnap', progress.id, { snapshot }));
    return true;
  }

  broadcastAppend(): void {
    for (const id of this.members) if (id !== this.id) this.sendAppend(id);
  }

  broadcastHeartbeat(context = this.reads.lastContext): void {
    for (const id of this.members) {
      if (id === this.id) continue;
      const progress = this.progress.get(id) as Progress;
      // Never more than the follower is known to have.
      const commit = Math.min(progress.match, this.log.committed);
      progress.sentCommit = Math.max(progress.sentCommit, commit);
      this.send(message('MsgHeartbeat', id, { commit, ...(context === undefined ? {} : { context }) }));
    }
  }

  /** Commits what a majority has; true when that was news. */
  maybeCommit(): boolean {
    const index = jointCommitted(this.voters, (id) => this.progress.get(id)?.match ?? 0);
    return this.log.maybeCommit(index, this.term);
  }

  get hasCommittedInTerm(): boolean {
    return this.log.term(this.log.committed) === this.term;
  }

  sendTimeoutNow(to: MemberId): void {
    this.send(message('MsgTimeoutNow', to));
  }
}
