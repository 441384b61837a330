// One member at work: takes clients' requests, has them agreed upon, applies what was agreed, and answers.
import { AssertionFailure } from '../../kernel/assert.ts';
import type { Host, Mailbox } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { ConfChangeEntry } from '../../raft/confchange/conf-change.ts';
import { BrokenInvariant } from '../../raft/invariant.ts';
import type { Entry, ReadState, Snapshot, SoftState } from '../../raft/message.ts';
import { RaftNode } from '../../raft/node.ts';
import type { ResponseHeader, RpcError } from '../../wire/etcd-rpc.ts';
import { Applier } from './apply.ts';
import type { EtcdConfig } from './config.ts';
import type { EtcdEvent } from './events.ts';
import type { JoinedCluster } from './join-cluster.ts';
import { Lessor, type LeaseSnapshot } from './lessor.ts';
import { clusterIdOf, memberIdOf, Membership, parseInitialCluster } from './membership.ts';
import { MvccStore, type Revision, type StoreSnapshot } from './mvcc/store.ts';
import { Peers, type PeerOptions } from './peers.ts';
import { errors, Refusal } from './refusal.ts';
import { Replica, type StateMachine } from './replica.ts';
import { keyOf, type MemberChange, type MemberInfo, type Proposal, type Request } from './request.ts';
import { Wal } from './wal.ts';
import { WatchHub } from './watch.ts';

/** Everything that a snapshot of the state holds. */
export interface ServerSnapshot {
  readonly store: StoreSnapshot;
  readonly leases: readonly LeaseSnapshot[];
  readonly members: readonly MemberInfo[];
}

interface Outcome {
  readonly response?: unknown;
  readonly error?: RpcError;
}

const catchUpEntries = 5000;
/** As etcd: 5 s, and time for two elections. */
const requestBaseMs = 5000;
const maxGapOfApplied = 5000;

export class EtcdServer implements StateMachine {
  readonly host: Host;
  readonly config: EtcdConfig;
  readonly id: string;
  readonly clusterId: string;
  readonly store = new MvccStore();
  readonly lessor: Lessor;
  readonly membership = new Membership();
  readonly watches: WatchHub;
  readonly applier: Applier;
  readonly node: RaftNode;
  readonly peers: Peers;
  private readonly replica: Replica;
  private readonly wal: Wal;
  private readonly requestTimeoutMs: number;
  private readonly waiting = new Map<string, Mailbox<Outcome>>();
  private readonly idPrefix: string;
  private lastRequest = 0;
  private appliedIndex = 0;
  private readonly applyWaiters: { readonly index: number; readonly box: Mailbox<true> }[] = [];
  private readonly readQueue: Mailbox<{ readonly error?: RpcError }>[] = [];
  private readonly readSignal: Mailbox<true>;
  private readonly readAnswers: Mailbox<ReadState | 'leader-changed'>;
  private readonly leaseSignal: Mailbox<true>;
  private leaderElectedMs = 0;
  private lastLeader = '';
  private lastRole: SoftState['role'] = 'follower';
  readonly recovered: boolean;

  /** `joined`: what the members of an existing cluster say; needed by a member that has no log of its own yet. */
  constructor(host: Host, config: EtcdConfig, tls: Pick<PeerOptions, 'clientTls' | 'serverTls'>, joined?: JoinedCluster) {
    this.host = host;
    this.config = config;
    this.requestTimeoutMs = requestBaseMs + 2 * config.electionMs;
    const electionTicks = Math.floor(config.electionMs / config.heartbeatMs);
    this.lessor = new Lessor(Math.ceil((1.5 * config.electionMs) / 1000));
    this.watches = new WatchHub(host, this.store);
    this.applier = new Applier(this.store, this.lessor, (revision) => this.header(revision));
    this.idPrefix = host.random.hex(8);
    this.readSignal = host.tasks.mailbox<true>();
    this.readAnswers = host.tasks.mailbox<ReadState | 'leader-changed'>();
    this.leaseSignal = host.tasks.mailbox<true>();
    this.wal = new Wal(host, config.dataDir);
    const recovered = this.wal.recover();
    this.recovered = recovered !== undefined;
    const initial = joined?.members ?? parseInitialCluster(config.initialCluster, config.token);
    this.id = recovered?.metadata.memberId ?? joined?.memberId ?? memberIdOf(config.initialAdvertisePeerUrls, config.token);
    this.clusterId = recovered?.metadata.clusterId ?? joined?.clusterId ?? clusterIdOf(initial.map((each) => each.id));
    const state = recovered ?? this.bootstrap(initial);
    if (state.snapshot !== undefined) this.restoreState(state.snapshot.data as ServerSnapshot);
    this.appliedIndex = state.snapshot?.index ?? 0;
    this.node = new RaftNode(
      { id: this.id, electionTicks, heartbeatTicks: 1, preVote: config.preVote, checkQuorum: true, random: (below) => host.random.below(below), snapshot: () => this.raftSnapshot() },
      { hardState: state.hardState, entries: state.entries, ...(state.snapshot === undefined ? {} : { snapshot: state.snapshot, conf: state.snapshot.conf }) },
    );
    this.peers = new Peers(host, { memberId: this.id, clusterId: this.clusterId, ...tls }, {
      message: (m) => this.guard(() => this.replica.step(m)),
      lost: (id) => {
        this.node.reportUnreachable(id);
        this.node.reportSnapshot(id, true);
      },
      ask: (question) => this.answerPeer(question),
      members: () => this.membership.list(),
    });
    this.replica = new Replica(host, this.node, this.wal, this.peers, this, {
      snapshotCount: config.snapshotCount, catchUpEntries, snapshotIndex: state.snapshot?.index ?? 0, toldIndex: state.toldIndex,
    });
    // A joining member learns of the others from the leader's log, but must know them to be reached by it.
    if (recovered === undefined && config.initialClusterState === 'existing') this.membership.restore(initial);
    this.peers.self = config.name;
  }

  /** A new cluster's log begins with its members, on every member alike, as etcd's does. */
  private bootstrap(initial: readonly MemberInfo[]): { hardState: { term: number; vote: string; commit: number }; entries: readonly Entry[]; snapshot: Snapshot | undefined; toldIndex: number } {
    this.wal.create({ memberId: this.id, clusterId: this.clusterId });
    if (this.config.initialClusterState === 'existing') return { hardState: { term: 0, vote: '', commit: 0 }, entries: [], snapshot: undefined, toldIndex: 0 };
    const ordered = [...initial].sort((a, b) => (a.id < b.id ? -1 : 1));
    const entries = ordered.map((member, i): Entry => {
      const context: MemberChange = { id: '', cause: 0, change: 'add', member: { ...member, name: '' } };
      const data: ConfChangeEntry = { changes: [{ kind: 'add-voter', member: member.id }], transition: 'auto', context };
      return { index: i + 1, term: 1, type: 'conf-change', data };
    });
    const hardState = { term: 1, vote: '', commit: entries.length };
    this.wal.saveEntries(entries);
    this.wal.saveState(hardState);
    return { hardState, entries, snapshot: undefined, toldIndex: 0 };
  }

  *start(): Task<void> {
    const { host } = this;
    yield* this.wal.sync();
    this.peers.setMembers(this.membership.list());
    host.trace.emit<EtcdEvent>({
      type: 'etcd.started', member: this.config.name, id: this.id, members: this.membership.list().map((each) => each.name || each.id), recovered: this.recovered,
      lastIndex: this.node.lastIndex, revision: this.store.revision,
    });
    this.guard(() => this.replica.start(this.config.heartbeatMs));
    host.tasks.spawn('read index', this.readLoop());
    host.tasks.spawn('leases', this.expireLeases());
    host.tasks.spawn('leader watch', this.watchLeader());
    host.tasks.spawn('publish', this.publish());
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

  // ---------------------------------------------------------------- facts

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
    return this.appliedIndex;
  }
  nameOf(id: string): string {
    return id === '' ? '' : this.membership.nameOf(id);
  }

  // ---------------------------------------------------------------- requests

  /** Has the request agreed upon and applied; returns the response that this member's apply gave. Throws Refusal. */
  *process(request: Request, timeoutMs = this.requestTimeoutMs): Task<unknown> {
    return yield* this.await(timeoutMs, (id) => {
      const key = keyOf(request);
      const { node } = this;
      const cause = this.host.trace.emit<EtcdEvent>({
        type: 'etcd.proposed', member: this.config.name, request: request.kind, ...(key === undefined ? {} : { key }), index: node.lastIndex + 1, term: node.term,
      });
      return node.propose({ id, request, cause } satisfies Proposal);
    });
  }

  *changeMembers(entry: Omit<ConfChangeEntry, 'context'>, change: Omit<MemberChange, 'id' | 'cause'>): Task<unknown> {
    return yield* this.await(this.requestTimeoutMs, (id) => {
      const { node } = this;
      const cause = this.host.trace.emit<EtcdEvent>({ type: 'etcd.proposed', member: this.config.name, request: `member-${change.change}`, index: node.lastIndex + 1, term: node.term });
      return node.proposeConfChange({ ...entry, context: { ...change, id, cause } satisfies MemberChange });
    });
  }

  private *await(timeoutMs: number, propose: (id: string) => boolean): Task<unknown> {
    const { host, node } = this;
    if (node.committed > this.appliedIndex + maxGapOfApplied) throw new Refusal(errors.tooManyRequests);
    const startMs = host.clock.nowMs();
    const deadlineMs = startMs + timeoutMs;
    const id = `${this.idPrefix}-${++this.lastRequest}`;
    // Without a leader a proposal waits for one.
    while (node.leader === '' || node.status.leadTransferee !== '') {
      if (host.clock.nowMs() >= deadlineMs) throw new Refusal(this.timeoutReason(startMs));
      yield* host.clock.sleep(20);
    }
    const box = host.tasks.mailbox<Outcome>();
    this.waiting.set(id, box);
    try {
      propose(id);
      this.guard(() => this.replica.pump());
      const outcome = yield* box.take(deadlineMs - host.clock.nowMs());
      if (outcome === undefined) throw new Refusal(this.timeoutReason(startMs));
      if (outcome.error !== undefined) throw new Refusal(outcome.error);
      return outcome.response;
    } finally {
      this.waiting.delete(id);
    }
  }

  /** Why a proposal was not agreed upon in time, as etcd guesses it. */
  private timeoutReason(startMs: number): RpcError {
    const previousLostMs = this.leaderElectedMs - 2 * this.config.electionMs;
    if (startMs > previousLostMs && startMs < this.leaderElectedMs) return errors.timeoutLeaderFail;
    const { leader } = this.node;
    if (leader === '') return errors.timeout;
    if (leader === this.id) {
      const others = this.membership.list().length - 1;
      return this.peers.activeCount + 1 > (others + 1) / 2 ? errors.timeout : errors.timeoutConnectionLost;
    }
    return this.peers.isActive(leader) ? errors.timeout : errors.timeoutConnectionLost;
  }

  /** Returns when this member has applied everything that was committed when the call came: then a local read is linearisable. */
  *awaitReadIndex(): Task<void> {
    const box = this.host.tasks.mailbox<{ readonly error?: RpcError }>();
    this.readQueue.push(box);
    this.readSignal.put(true);
    const answer = yield* box.take();
    if (answer?.error !== undefined) throw new Refusal(answer.error);
  }

  /** One question to the leader serves all reads that came before it was asked. */
  private *readLoop(): Task<void> {
    const { host } = this;
    for (let round = 1; ; round++) {
      yield* this.readSignal.take();
      while (this.readSignal.poll() !== undefined);
      const group = this.readQueue.splice(0);
      if (group.length === 0) continue;
      const cause = host.trace.cause;
      const error = yield* this.confirmRead(`${this.idPrefix}-${round}`);
      const done = host.trace.cause;
      for (const box of group) box.put(error === undefined ? {} : { error }, error === undefined ? done : cause);
    }
  }

  private *confirmRead(context: string): Task<RpcError | undefined> {
    const { host } = this;
    const deadlineMs = host.clock.nowMs() + this.requestTimeoutMs;
    while (this.readAnswers.poll() !== undefined);
    for (;;) {
      this.node.readIndex(context);
      this.guard(() => this.replica.pump());
      const retryMs = Math.min(host.clock.nowMs() + 500, deadlineMs);
      for (;;) {
        const answer = yield* this.readAnswers.take(Math.max(retryMs - host.clock.nowMs(), 0));
        if (answer === 'leader-changed') return errors.leaderChanged;
        if (answer === undefined) break;
        if (answer.context !== context) continue;
        yield* this.awaitApplied(answer.index);
        return undefined;
      }
      // Times are fractions: what is left may be too little for the clock to move.
      if (host.clock.nowMs() >= deadlineMs - 0.01) return errors.timeout;
    }
  }

  private *awaitApplied(index: number): Task<void> {
    if (this.appliedIndex >= index) return;
    const box = this.host.tasks.mailbox<true>();
    this.applyWaiters.push({ index, box });
    yield* box.take();
  }

  readState(state: ReadState): void {
    this.readAnswers.put(state);
  }

  // ---------------------------------------------------------------- applying

  apply(entry: Entry, silent: boolean): void {
    this.appliedIndex = entry.index;
    if (entry.type === 'conf-change') this.applyMemberChange(entry.data as ConfChangeEntry & { readonly context?: MemberChange });
    else if (entry.data !== undefined) this.applyProposal(entry.data as Proposal, silent);
    if (this.applyWaiters.length > 0) this.wakeAppliedWaiters();
  }

  private wakeAppliedWaiters(): void {
    for (let i = this.applyWaiters.length - 1; i >= 0; i--) {
      const waiter = this.applyWaiters[i] as (typeof this.applyWaiters)[number];
      if (waiter.index > this.appliedIndex) continue;
      this.applyWaiters.splice(i, 1);
      waiter.box.put(true);
    }
  }

  private applyProposal(proposal: Proposal, silent: boolean): void {
    const box = this.waiting.get(proposal.id);
    let outcome: Outcome;
    try {
      outcome = { response: this.execute(proposal.request, silent) };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      outcome = { error: error.error };
    }
    box?.put(outcome);
    this.host.usage.cpuMs += 0.2;
  }

  private execute(request: Request, silent: boolean): unknown {
    const { applier, store, lessor, host } = this;
    switch (request.kind) {
      case 'put':
      case 'delete':
      case 'txn': {
        try {
          return request.kind === 'put' ? applier.put(request.body) : request.kind === 'delete' ? applier.deleteRange(request.body) : applier.txn(request.body);
        } finally {
          this.endTransaction(silent);
        }
      }
      case 'compact':
        store.compact(request.body.revision);
        if (!silent) host.trace.emit<EtcdEvent>({ type: 'etcd.compacted', member: this.config.name, revision: request.body.revision });
        return { header: this.header() };
      case 'lease-grant': {
        const lease = lessor.grant(request.id, request.ttlSeconds, host.clock.nowMs());
        this.leaseSignal.put(true);
        return { header: this.header(), id: lease.id, ttl: lease.ttlSeconds };
      }
      case 'lease-revoke': {
        if (request.expired && !silent && lessor.get(request.id) !== undefined) host.trace.emit<EtcdEvent>({ type: 'etcd.lease-expired', member: this.config.name, lease: request.id });
        for (const key of lessor.revoke(request.id)) store.deleteRange(key, undefined);
        this.endTransaction(silent);
        return { header: this.header() };
      }
      case 'publish':
        this.membership.publish(request);
        this.membersChanged();
        return { header: this.header() };
    }
  }

  private endTransaction(silent: boolean): void {
    const revision = this.store.commit();
    if (revision === undefined) return;
    if (!silent) revision.cause = this.tell(revision);
    this.watches.notify(revision);
    if (!silent) this.host.trace.follow(revision.cause);
  }

  private tell(revision: Revision): number {
    const changes = revision.changes.map((change) => ({ key: change.kv.key, value: change.type === 'PUT' ? change.kv.value : null, prev: change.prevKv === undefined ? null : change.prevKv.value }));
    return this.host.trace.emit<EtcdEvent>({ type: 'etcd.revision', member: this.config.name, revision: revision.revision, changes });
  }

  private applyMemberChange(entry: ConfChangeEntry & { readonly context?: MemberChange }): void {
    const conf = this.node.applyConfChange(entry);
    const change = entry.context;
    if (conf === undefined) {
      if (change !== undefined) this.waiting.get(change.id)?.put({ error: errors.unhealthy });
      return;
    }
    if (change !== undefined) {
      this.membership.apply(change);
      this.waiting.get(change.id)?.put({ response: { header: this.header(), member: change.member, members: this.membership.list() } });
    }
    this.membersChanged();
  }

  private membersChanged(): void {
    this.peers.setMembers(this.membership.list());
  }

  // ---------------------------------------------------------------- snapshots

  snapshot(): ServerSnapshot {
    return { store: this.store.snapshot(), leases: this.lessor.snapshot(), members: this.membership.list() };
  }

  private raftSnapshot(): Snapshot | undefined {
    const { applied, conf } = this.node.status;
    const term = this.node.termOf(applied);
    if (term === undefined || applied === 0) return undefined;
    // Within an apply, Raft's count is behind; only a state of known place may be handed out.
    return applied === this.appliedIndex ? { index: applied, term, conf, data: this.snapshot() } : undefined;
  }

  restore(snapshot: Snapshot): void {
    this.restoreState(snapshot.data as ServerSnapshot);
    this.appliedIndex = snapshot.index;
    this.membersChanged();
    this.host.trace.emit<EtcdEvent>({ type: 'etcd.snapshot', member: this.config.name, what: 'restored', index: snapshot.index });
    this.watches.resync();
    this.wakeAppliedWaiters();
  }

  private restoreState(state: ServerSnapshot): void {
    this.store.restore(state.store);
    this.lessor.restore(state.leases);
    this.membership.restore(state.members);
  }

  // ---------------------------------------------------------------- leadership

  roleChanged(state: SoftState): void {
    const { host } = this;
    if (state.leader !== '' && state.leader !== this.lastLeader) {
      this.leaderElectedMs = host.clock.nowMs();
      this.readAnswers.put('leader-changed');
    }
    this.lastLeader = state.leader;
    if ((state.role === 'leader') !== (this.lastRole === 'leader')) {
      if (state.role === 'leader') this.lessor.promote(host.clock.nowMs(), this.config.electionMs);
      else this.lessor.demote();
      this.leaseSignal.put(true);
    }
    this.lastRole = state.role;
    host.trace.emit<EtcdEvent>({
      type: 'etcd.role', member: this.config.name, role: this.node.isLearner ? 'learner' : state.role, term: this.node.term, leader: this.nameOf(state.leader),
    });
  }

  /** Clients that want a leader are sent away when there has been none for three election timeouts. */
  private *watchLeader(): Task<void> {
    let missing = 0;
    for (;;) {
      yield* this.host.clock.sleep(this.config.electionMs);
      missing = this.node.leader === '' ? missing + 1 : 0;
      if (missing >= 3) this.watches.dropLeaderless();
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
    const others = this.membership.list().filter((each) => each.id !== this.id && !each.isLearner && this.peers.isActive(each.id));
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

  // ---------------------------------------------------------------- leases

  newLeaseId(): string {
    return this.host.random.hex(15).replace(/^0+/, '1').padStart(16, '7');
  }

  /** Renews on the leader, wherever that is. */
  *renewLease(id: string): Task<number> {
    const { host } = this;
    const deadlineMs = host.clock.nowMs() + this.requestTimeoutMs;
    while (host.clock.nowMs() < deadlineMs) {
      if (this.isLeader) return this.lessor.renew(id, host.clock.nowMs());
      const leader = this.leader;
      if (leader !== '') {
        const answer = (yield* this.peers.ask(leader, { renew: id }, 1000)) as { readonly ttl?: number; readonly error?: RpcError } | undefined;
        if (answer?.ttl !== undefined) return answer.ttl;
        if (answer?.error !== undefined && answer.error.code !== 'Unavailable') throw new Refusal(answer.error);
      }
      yield* host.clock.sleep(50);
    }
    throw new Refusal(errors.timeout);
  }

  private answerPeer(question: unknown): unknown {
    const { renew } = question as { readonly renew: string };
    if (!this.isLeader) return { error: errors.noLeader };
    try {
      return { ttl: this.lessor.renew(renew, this.host.clock.nowMs()) };
    } catch (error) {
      if (error instanceof Refusal) return { error: error.error };
      throw error;
    }
  }

  /** The leader has leases revoked, through Raft, when their time is over. */
  private *expireLeases(): Task<void> {
    const { host, lessor } = this;
    const origin = host.trace.cause;
    const revoking = new Set<string>();
    for (;;) {
      yield* this.leaseSignal.take(this.isLeader && lessor.size > 0 ? 500 : undefined);
      if (!this.isLeader) continue;
      for (const id of lessor.expired(host.clock.nowMs())) {
        if (revoking.has(id)) continue;
        revoking.add(id);
        host.trace.follow(origin);
        host.tasks.spawn('lease revoke', this.revokeExpired(id, revoking));
      }
    }
  }

  private *revokeExpired(id: string, revoking: Set<string>): Task<void> {
    try {
      yield* this.process({ kind: 'lease-revoke', id, expired: true });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    } finally {
      revoking.delete(id);
    }
  }
}
