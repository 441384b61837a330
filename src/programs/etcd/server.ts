// One member at work: Raft with its disk and peers on one side, the agreed state on the other, and what a member does by itself in between.
import { AssertionFailure } from '../../kernel/assert.ts';
import type { Host, Latch } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { ConfChangeEntry } from '../../raft/confchange/conf-change.ts';
import { BrokenInvariant } from '../../raft/invariant.ts';
import { emptyConfState, type ConfState, type Entry, type ReadState, type Snapshot, type SoftState } from '../../raft/message.ts';
import { RaftNode } from '../../raft/node.ts';
import type { ResponseHeader } from '../../wire/etcd-rpc.ts';
import type { Applier } from './apply.ts';
import { autoCompact } from './auto-compaction.ts';
import type { Start } from './bootstrap.ts';
import type { EtcdConfig } from './config.ts';
import type { EtcdEvent } from './events.ts';
import { Fatal } from './fatal.ts';
import { LeaseKeeper, type LeaseQuestion } from './lease-keeper.ts';
import type { Lessor } from './lessor.ts';
import { LinearReads } from './linear-reads.ts';
import type { Membership } from './membership.ts';
import type { MvccStore } from './mvcc/store.ts';
import { Peers, type PeerOptions } from './peers.ts';
import { Proposer } from './proposer.ts';
import { errors, Refusal } from './refusal.ts';
import { Replica, type StateMachine } from './replica.ts';
import type { MemberChange, Proposal, Request } from './request.ts';
import type { Alarm, ServerSnapshot } from './server-snapshot.ts';
import { EtcdState, type Outcome, type StateListener } from './state.ts';
import { versionOf } from './version.ts';
import type { WatchHub } from './watch.ts';

/** As etcd: 5 s, and time for two elections. */
const requestBaseMs = 5000;
const maxBytesPerMessage = 1024 * 1024;
/** How long the check before serving waits for others. */
const initialCheckMs = 7000;
/** A removed member stays so long to tell the others what it still knows. */
const removedStayMs = 1000;

/** A question that one member puts to another. */
type PeerQuestion = LeaseQuestion | { readonly isCaughtUp: string } | { readonly hash: number };

export class EtcdServer implements StateMachine, StateListener {
  readonly host: Host;
  readonly config: EtcdConfig;
  readonly id: string;
  readonly clusterId: string;
  readonly state: EtcdState;
  readonly leases: LeaseKeeper;
  readonly node: RaftNode;
  readonly peers: Peers;
  readonly recovered: boolean;
  /** Set when this member may not go on. */
  readonly ended: Latch;
  private readonly reads: LinearReads;
  private readonly proposer: Proposer;
  private readonly replica: Replica;
  readonly counts = { leaderChanges: 0, slowSyncs: 0, slowReads: 0, lateHeartbeats: 0, failedProposals: 0 };
  private lastLeader = '';
  private lastRole: SoftState['role'] = 'follower';
  private defragmenting: Latch | undefined;
  private alarming = false;

  constructor(host: Host, config: EtcdConfig, start: Start, tls: Pick<PeerOptions, 'clientTls' | 'serverTls'>) {
    this.host = host;
    this.config = config;
    this.id = start.id;
    this.clusterId = start.clusterId;
    this.recovered = start.recovered;
    this.ended = host.tasks.latch();
    const requestTimeoutMs = requestBaseMs + 2 * config.electionMs;
    this.state = new EtcdState(host, { name: config.name, id: this.id, minLeaseSeconds: Math.ceil((1.5 * config.electionMs) / 1000) }, this);
    if (start.snapshot !== undefined) this.state.restore(start.snapshot.data as ServerSnapshot);
    this.node = new RaftNode(
      {
        id: this.id, electionTicks: Math.floor(config.electionMs / config.heartbeatMs), heartbeatTicks: 1, preVote: config.preVote, checkQuorum: true,
        random: (below) => host.random.below(below), snapshot: () => this.raftSnapshot(), sizeOf: (entry) => (entry.type === 'normal' ? ((entry.data as Proposal | undefined)?.bytes ?? 0) : 0), maxBytesPerMessage,
      },
      { hardState: start.hardState, entries: start.entries, conf: start.snapshot?.conf ?? emptyConfState, ...(start.snapshot === undefined ? {} : { snapshot: start.snapshot }) },
    );
    this.peers = new Peers(host, { memberId: this.id, clusterId: this.clusterId, peerUrls: config.initialAdvertisePeerUrls, ...tls }, {
      message: (m) => this.guard(() => this.replica.step(m)),
      lost: (id) => this.node.reportUnreachable(id),
      ask: (question) => this.answerPeer(question as PeerQuestion),
      members: () => this.membership.list(),
      isRemoved: (id) => this.membership.isRemoved(id),
      removed: () => this.leave(0),
    });
    this.replica = new Replica(host, this.node, start.wal, this.peers, this, {
      snapshotCount: config.snapshotCount, catchUpEntries: config.catchUpEntries, snapshotIndex: start.snapshot?.index ?? 0, toldIndex: start.toldIndex,
    });
    const prefix = host.random.hex(8);
    const pump = (): void => this.guard(() => this.replica.pump());
    this.reads = new LinearReads(host, {
      requestTimeoutMs, prefix,
      ask: (context) => {
        this.node.readIndex(context);
        pump();
      },
    });
    this.proposer = new Proposer(host, config, this.node, this.peers, { requestTimeoutMs, prefix, pump });
    this.leases = new LeaseKeeper(host, this.lessor, this.peers, {
      requestTimeoutMs, checkpoint: config.leaseCheckpoint, isLeader: () => this.isLeader, leader: () => this.leader, process: (request) => this.process(request),
    });
    this.appliedTo(start.snapshot?.index ?? 0);
    // A joining member learns of the others from the leader's log, but must know them to be reached by it.
    this.membership.assume(start.members);
    this.peers.self = config.name;
    start.wal.onSlowSync = (tookMs) => this.warnSlow('sync', tookMs, 'slow fdatasync', '1s');
    this.replica.onLateHeartbeat = (tookMs) => this.warnSlow('heartbeat', tookMs, 'leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk', `${2 * config.heartbeatMs}ms`);
  }

  *start(): Task<void> {
    const { host, config } = this;
    yield* this.replica.sync();
    this.peers.setMembers(this.membership.list());
    host.trace.emit<EtcdEvent>({
      type: 'etcd.started', member: config.name, id: this.id, members: this.membership.list().map((each) => each.name || each.id), recovered: this.recovered,
      lastIndex: this.node.lastIndex, revision: this.store.revision,
    });
    if (this.membership.isRemoved(this.id)) this.leave(0);
    this.guard(() => this.replica.start(config.heartbeatMs));
    this.reads.start();
    this.leases.start();
    host.tasks.spawn('leader watch', this.watchLeader());
    host.tasks.spawn('publish', this.publish());
    if (config.autoCompaction !== undefined)
      host.tasks.spawn('auto compaction', autoCompact(host, config.autoCompaction, {
        isLeader: () => this.isLeader, revision: () => this.store.revision, compact: (revision) => this.compact(revision),
      }));
    if (config.corruptCheckMs > 0) host.tasks.spawn('corruption check', this.checkCorruption(config.corruptCheckMs));
  }

  /** A broken invariant of Raft is our own mistake: it stops the run. */
  private guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (error instanceof BrokenInvariant) throw new AssertionFailure(`etcd ${this.config.name}: ${error.message}`);
      throw error;
    }
  }

  private warnSlow(what: 'sync' | 'read' | 'heartbeat', tookMs: number, message: string, expected: string, fields = ''): void {
    if (what === 'sync') this.counts.slowSyncs++;
    else if (what === 'read') this.counts.slowReads++;
    else this.counts.lateHeartbeats++;
    this.host.output.error(`{"level":"warn","msg":${JSON.stringify(message)},"took":"${tookMs.toFixed(3)}ms","expected-duration":"${expected}"${fields}}\n`);
    this.host.trace.emit<EtcdEvent>({ type: 'etcd.slow', member: this.config.name, what, tookMs });
  }

  // ---------------------------------------------------------------- facts

  get store(): MvccStore {
    return this.state.store;
  }
  get lessor(): Lessor {
    return this.state.lessor;
  }
  get membership(): Membership {
    return this.state.membership;
  }
  get watches(): WatchHub {
    return this.state.watches;
  }
  get applier(): Applier {
    return this.state.applier;
  }
  header(revision = this.store.revision): ResponseHeader {
    return { clusterId: this.clusterId, memberId: this.id, revision, raftTerm: this.node.term };
  }
  get leader(): string {
    return this.node.leader;
  }
  get isLeader(): boolean {
    return this.node.isLeader;
  }
  get applied(): number {
    return this.proposer.appliedIndex;
  }
  get pendingProposals(): number {
    return this.proposer.pending;
  }
  nameOf(id: string): string {
    return id === '' ? '' : this.membership.nameOf(id);
  }
  /** On the leader: a learner that has nine tenths of its log is near enough to vote. */
  isCaughtUp(id: string): boolean {
    return (this.node.matchOf(id) ?? 0) >= this.node.lastIndex * 0.9;
  }

  // ---------------------------------------------------------------- requests

  /** Has the request agreed upon and applied; returns the response that this member's apply gave. Throws Refusal. */
  *process(request: Request): Task<unknown> {
    try {
      return yield* this.proposer.process(request);
    } catch (error) {
      if (error instanceof Refusal && error.error.code === 'Unavailable') this.counts.failedProposals++;
      throw error;
    }
  }
  *changeMembers(entry: Omit<ConfChangeEntry, 'context'>, change: Omit<MemberChange, 'id' | 'cause'>): Task<unknown> {
    return yield* this.proposer.changeMembers(entry, change);
  }
  *compact(revision: number): Task<void> {
    yield* this.process({ kind: 'compact', body: { revision } });
  }
  /** Returns when a local read is linearisable. Throws Refusal. */
  *awaitReadIndex(): Task<void> {
    yield* this.reads.await();
  }

  /** Told when a read is answered that began at `startMs`. */
  noteRead(startMs: number, key: string, count: number): void {
    const tookMs = this.host.clock.nowMs() - startMs;
    if (tookMs <= this.config.slowReadMs) return;
    this.warnSlow('read', tookMs, 'apply request took too long', `${this.config.slowReadMs}ms`, `,"prefix":"read-only range ","request":${JSON.stringify(`key:"${key}" `)},"response":"range_response_count:${count}"`);
  }

  /** Refuses what would make the backend larger than its quota, and has the alarm raised. */
  checkQuota(bytes: number): void {
    if (this.store.fileBytes + bytes <= this.config.quotaBytes) return;
    if (!this.alarming && !this.state.alarms.some((each) => each.memberId === this.id && each.alarm === 'NOSPACE')) this.host.tasks.spawn('alarm', this.raise({ memberId: this.id, alarm: 'NOSPACE' }));
    throw new Refusal(errors.noSpace);
  }

  private *raise(alarm: Alarm): Task<void> {
    this.alarming = true;
    try {
      yield* this.process({ kind: 'alarm', action: 'ACTIVATE', alarm });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    } finally {
      this.alarming = false;
    }
  }

  /** The backend's file is written anew; nothing is served meanwhile. */
  *defragment(): Task<void> {
    yield* this.awaitBackend();
    const { host, store } = this;
    this.defragmenting = host.tasks.latch();
    const fromBytes = store.fileBytes;
    yield* host.clock.sleep(20 + store.inUseBytes / 100_000);
    store.defragment();
    this.defragmenting.set();
    this.defragmenting = undefined;
    host.trace.emit<EtcdEvent>({ type: 'etcd.defragmented', member: this.config.name, fromBytes, toBytes: store.fileBytes });
  }
  *awaitBackend(): Task<void> {
    while (this.defragmenting !== undefined) yield* this.defragmenting.wait();
  }

  // ---------------------------------------------------------------- what Raft agreed upon

  apply(entry: Entry, silent: boolean): void {
    this.proposer.appliedIndex = entry.index;
    this.state.apply(entry, silent);
    this.reads.appliedTo(entry.index);
  }
  private appliedTo(index: number): void {
    this.proposer.appliedIndex = index;
    this.reads.appliedTo(index);
  }
  readState(state: ReadState): void {
    this.reads.readState(state);
  }
  settled(proposalId: string, outcome: Outcome): void {
    this.proposer.settle(proposalId, outcome);
  }
  applyConfChange(entry: ConfChangeEntry): ConfState | undefined {
    return this.node.applyConfChange(entry);
  }
  leasesChanged(): void {
    this.leases.wake();
  }
  membersChanged(): void {
    this.peers.setMembers(this.membership.list());
  }
  selfRemoved(): void {
    this.leave(removedStayMs);
  }

  /** The others have removed this member: it ends, and its data directory is of no use any more. */
  private leave(afterMs: number): void {
    const { host } = this;
    host.output.error('{"level":"warn","msg":"server error","error":"the member has been permanently removed from the cluster"}\n{"level":"warn","msg":"data-dir used by this member must be removed"}\n');
    host.tasks.spawn('leave', (function* (ended: Latch) {
      yield* host.clock.sleep(afterMs);
      ended.set();
    })(this.ended));
  }

  snapshot(): ServerSnapshot {
    return this.state.snapshot();
  }

  private raftSnapshot(): Snapshot | undefined {
    const { applied, conf } = this.node.status;
    const term = this.node.termOf(applied);
    if (term === undefined || applied === 0) return undefined;
    // Within an apply, Raft's count is behind; only a state of known place may be handed out.
    return applied === this.applied ? { index: applied, term, conf, data: this.snapshot() } : undefined;
  }

  restore(snapshot: Snapshot): void {
    this.state.restore(snapshot.data as ServerSnapshot);
    this.membersChanged();
    this.host.trace.emit<EtcdEvent>({ type: 'etcd.snapshot', member: this.config.name, what: 'restored', index: snapshot.index });
    this.watches.resync();
    this.appliedTo(snapshot.index);
  }

  // ---------------------------------------------------------------- leadership

  roleChanged(state: SoftState, term: number): void {
    const { host } = this;
    if (state.leader !== '' && state.leader !== this.lastLeader) {
      this.proposer.leaderElectedMs = host.clock.nowMs();
      this.counts.leaderChanges++;
      this.reads.leaderChanged();
    }
    this.lastLeader = state.leader;
    if ((state.role === 'leader') !== (this.lastRole === 'leader')) {
      if (state.role === 'leader') this.lessor.promote(host.clock.nowMs(), this.config.electionMs);
      else this.lessor.demote();
      this.leases.wake();
    }
    this.lastRole = state.role;
    host.trace.emit<EtcdEvent>({
      type: 'etcd.role', member: this.config.name, role: this.node.isLearner ? 'learner' : state.role, term, leader: this.nameOf(state.leader),
    });
  }

  /** Clients that want a leader are sent away when there has been none for three election timeouts. The leader has the cluster's version agreed upon. */
  private *watchLeader(): Task<void> {
    let missing = 0;
    for (;;) {
      yield* this.host.clock.sleep(this.config.electionMs);
      missing = this.node.leader === '' ? missing + 1 : 0;
      if (missing >= 3) this.watches.dropLeaderless();
      if (this.isLeader && this.state.clusterVersion === '') yield* this.attempt({ kind: 'cluster-version', version: versionOf(this.host).replace(/\d+$/, '0') });
    }
  }

  private *attempt(request: Request): Task<void> {
    try {
      yield* this.process(request);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  *moveLeader(target: string): Task<void> {
    const { host, node } = this;
    const deadlineMs = host.clock.nowMs() + this.config.electionMs;
    if (!this.isLeader) throw new Refusal(errors.notLeader);
    const member = this.membership.get(target);
    if (member === undefined || member.isLearner) throw new Refusal(errors.badTransferee);
    host.trace.emit<EtcdEvent>({ type: 'etcd.transferring', member: this.config.name, from: this.config.name, to: this.nameOf(target) });
    node.transferLeadership(target);
    this.guard(() => this.replica.pump());
    while (node.leader !== target) {
      if (host.clock.nowMs() >= deadlineMs) throw new Refusal(errors.timeoutTransfer);
      yield* host.clock.sleep(this.config.heartbeatMs / 2);
    }
  }

  /** Hands leadership over before leaving, so that nobody has to wait for an election. */
  *stop(): Task<void> {
    if (!this.isLeader) return;
    const others = this.membership.voters().filter((each) => each.id !== this.id && this.peers.isActive(each.id));
    const best = others.sort((a, b) => (this.node.matchOf(b.id) ?? 0) - (this.node.matchOf(a.id) ?? 0))[0];
    if (best === undefined) return;
    try {
      yield* this.moveLeader(best.id);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }

  private *publish(): Task<void> {
    const known = this.membership.get(this.id);
    if (known !== undefined && known.name === this.config.name && known.clientUrls.join() === this.config.advertiseClientUrls.join()) return;
    for (;;) {
      // What is forwarded to a leader that cannot be reached yet is lost without a word, and missed only after the request's time is over.
      while (!this.isLeader && !this.peers.isReachable(this.leader)) yield* this.host.clock.sleep(this.config.heartbeatMs);
      try {
        yield* this.process({ kind: 'publish', id: this.id, name: this.config.name, clientUrls: this.config.advertiseClientUrls });
        return;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        yield* this.host.clock.sleep(this.config.heartbeatMs);
      }
    }
  }

  // ---------------------------------------------------------------- other members

  private answerPeer(question: PeerQuestion): unknown {
    if ('isCaughtUp' in question) return this.isLeader ? { ready: this.isCaughtUp(question.isCaughtUp) } : undefined;
    if ('hash' in question) {
      const { revision, compacted } = this.store;
      return question.hash > revision || question.hash < compacted ? undefined : { hash: this.store.hash(question.hash), compacted };
    }
    return this.leases.answer(question);
  }

  /** Compares this member's store with those that can be reached. Throws Fatal when one of them differs. */
  *checkInitialCorruption(): Task<void> {
    const { host, store } = this;
    const { revision, compacted } = store;
    host.output.error(`{"level":"info","msg":"starting initial corruption check","local-member-id":"${this.id}","timeout":"7s"}\n`);
    const deadlineMs = host.clock.nowMs() + initialCheckMs;
    for (const { id } of this.membership.list()) {
      if (id === this.id) continue;
      while (!(this.peers.isReachable(id) && this.peers.isActive(id)) && host.clock.nowMs() < deadlineMs) yield* host.clock.sleep(this.config.heartbeatMs);
      const answer = (yield* this.peers.ask(id, { hash: revision }, 1000)) as { readonly hash: number; readonly compacted: number } | undefined;
      if (answer === undefined || answer.compacted !== compacted || answer.hash === store.hash(revision)) continue;
      host.output.error(`{"level":"warn","msg":"found different hash values from remote peer","local-member-id":"${this.id}","local-member-revision":${revision},"remote-peer-id":"${id}"}\n`);
      throw new Fatal('checkInitialHashKV failed', `${this.id} found data inconsistency with peers`);
    }
    host.output.error(`{"level":"info","msg":"initial corruption checking passed; no corruption","local-member-id":"${this.id}"}\n`);
  }

  /** The leader compares everybody's hash of the same revision; one that differs is reported, and the cluster refuses to go on. */
  private *checkCorruption(everyMs: number): Task<void> {
    const { host } = this;
    for (;;) {
      yield* host.clock.sleep(everyMs);
      if (!this.isLeader || this.state.hasAlarm('CORRUPT')) continue;
      const { revision } = this.store;
      for (const { id } of this.membership.list()) {
        if (id === this.id) continue;
        const answer = (yield* this.peers.ask(id, { hash: revision }, 2000)) as { readonly hash: number; readonly compacted: number } | undefined;
        if (answer === undefined || answer.compacted !== this.store.compacted || answer.hash === this.store.hash(revision)) continue;
        host.output.error(`{"level":"warn","msg":"found hash mismatch","revision-1":${revision},"follower-id":"${id}"}\n`);
        yield* this.raise({ memberId: id, alarm: 'CORRUPT' });
      }
    }
  }
}
