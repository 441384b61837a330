// Drives the Raft machine: time, messages and proposals in; disk, wire and state machine out. Readies that need no sync are carried out on the
// spot, in the task that brought the message, so that heartbeats cost nothing and causes follow by themselves.
import type { Host, Mailbox } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { Entry, RaftMessage, Ready, ReadState, Snapshot, SoftState } from '../../raft/message.ts';
import type { RaftNode } from '../../raft/node.ts';
import type { EtcdEvent } from './events.ts';
import type { Peers } from './peers.ts';
import type { MemberChange, Proposal } from './request.ts';
import type { Wal } from './wal.ts';

/** What the agreed entries are applied to. */
export interface StateMachine {
  /** `silent`: it was applied and told before a restart. */
  apply(entry: Entry, silent: boolean): void;
  restore(snapshot: Snapshot): void;
  snapshot(): unknown;
  /** `term`: of the role, not necessarily the present one. */
  roleChanged(state: SoftState, term: number): void;
  readState(state: ReadState): void;
  nameOf(id: string): string;
}

export interface ReplicaOptions {
  readonly snapshotCount: number;
  /** Entries kept behind a snapshot for followers that are only a little late. */
  readonly catchUpEntries: number;
  readonly snapshotIndex: number;
  readonly toldIndex: number;
}

export class Replica {
  private readonly host: Host;
  private readonly node: RaftNode;
  private readonly wal: Wal;
  private readonly peers: Peers;
  private readonly machine: StateMachine;
  private readonly options: ReplicaOptions;
  private readonly work: Mailbox<Ready>;
  private busy = false;
  private saving = false;
  private snapshotIndex: number;
  /** The message that brought entries last. */
  private appendCause = 0;
  /** What proved that exactly this entry is committed: its apply follows from that, others from their own proposal. */
  private commitCause = 0;
  private commitIndex = 0;
  /** On the leader: the events that told of commits, until their applies. */
  private readonly committedEvents = new Map<number, number>();
  private readonly origin: number;
  /** When the disk got what it is writing now. */
  private busySinceMs = 0;
  private warned = false;
  /** A leader could not send its heartbeat in time, because its disk kept it. */
  onLateHeartbeat: (tookMs: number) => void = () => undefined;

  constructor(host: Host, node: RaftNode, wal: Wal, peers: Peers, machine: StateMachine, options: ReplicaOptions) {
    this.host = host;
    this.node = node;
    this.wal = wal;
    this.peers = peers;
    this.machine = machine;
    this.options = options;
    this.work = host.tasks.mailbox<Ready>();
    this.snapshotIndex = options.snapshotIndex;
    this.origin = host.trace.cause;
  }

  *sync(): Task<void> {
    yield* this.wal.sync();
  }

  start(tickMs: number): void {
    this.host.tasks.spawn('raft ticks', this.tick(tickMs));
    this.host.tasks.spawn('raft disk', this.write());
    this.pump();
  }

  private *tick(tickMs: number): Task<void> {
    const { host } = this;
    yield* host.clock.sleep(host.random.next() * tickMs);
    for (;;) {
      host.trace.follow(this.origin);
      if (this.busy && !this.warned && this.node.isLeader && host.clock.nowMs() - this.busySinceMs > 2 * tickMs) {
        this.warned = true;
        this.onLateHeartbeat(host.clock.nowMs() - this.busySinceMs);
      }
      this.node.tick();
      this.pump();
      yield* host.clock.sleep(tickMs);
    }
  }

  step(m: RaftMessage): void {
    const { node, host } = this;
    if (m.type === 'MsgApp') {
      const before = node.committed;
      if (m.entries.length > 0) this.appendCause = host.trace.cause;
      node.step(m);
      if (m.entries.length === 0 && node.committed > before) this.noteCommit(node.committed);
    } else if (m.type === 'MsgAppResp') {
      const before = node.committed;
      node.step(m);
      if (node.committed > before && node.committed === m.index) this.noteCommit(m.index);
    } else if (m.type === 'MsgProp') {
      // What follows on this side follows from the message that brought it.
      const cause = host.trace.cause;
      node.step({ ...m, entries: m.entries.map((entry) => (entry.data === undefined ? entry : { ...entry, data: restamp(entry, cause) })) });
    } else node.step(m);
    this.pump();
  }

  private noteCommit(index: number): void {
    this.commitCause = this.host.trace.cause;
    this.commitIndex = index;
  }

  /** Carries out what Raft wants done, as far as it needs no waiting. */
  pump(): void {
    if (this.busy) return;
    this.busy = true;
    const cause = this.host.trace.cause;
    for (;;) {
      const ready = this.node.ready();
      if (ready === undefined) break;
      const told = this.tellCommitted(ready);
      this.send(ready.messages);
      if (told) this.host.trace.follow(cause);
      if (ready.mustSync) {
        // busy stays: the disk task goes on from here.
        this.busySinceMs = this.host.clock.nowMs();
        this.warned = false;
        this.work.put(ready);
        return;
      }
      if (ready.hardState !== undefined) this.wal.saveState(ready.hardState);
      this.finish(ready);
    }
    this.busy = false;
  }

  /** The leader says what is committed before it tells the others, so that their applies follow from it. */
  private tellCommitted(ready: Ready): boolean {
    if (ready.committedEntries.length === 0 || !this.node.isLeader) return false;
    const { host } = this;
    const single = ready.committedEntries.length === 1;
    for (const entry of ready.committedEntries) {
      if (entry.data === undefined || entry.index <= this.options.toldIndex) continue;
      host.trace.follow(single && this.commitIndex === entry.index ? this.commitCause : causeOf(entry));
      this.committedEvents.set(entry.index, host.trace.emit<EtcdEvent>({ type: 'etcd.committed', member: this.peers.self, index: entry.index, term: entry.term }));
    }
    return true;
  }

  private *write(): Task<void> {
    const { host, node, wal } = this;
    for (;;) {
      const ready = yield* this.work.take();
      if (ready === undefined) return;
      const isLeader = node.isLeader;
      if (ready.snapshot !== undefined) yield* wal.saveSnapshot(ready.snapshot, true, () => (ready.snapshot as Snapshot).index + 1);
      if (ready.hardState !== undefined && ready.entries.length === 0) wal.saveState(ready.hardState);
      wal.saveEntries(ready.entries);
      // After its entries, so that a log that loses its end never knows of a commit without the entry.
      if (ready.hardState !== undefined && ready.entries.length > 0) wal.saveState(ready.hardState);
      yield* wal.sync();
      const last = ready.entries.at(-1);
      if (last !== undefined) {
        host.trace.follow(isLeader ? causeOf(last) : this.appendCause);
        const from = isLeader ? this.machine.nameOf(node.status.id) : this.machine.nameOf(node.leader);
        host.trace.emit<EtcdEvent>({ type: 'etcd.appended', member: this.peers.self, index: last.index, from, entries: ready.entries.length });
      }
      const before = node.committed;
      this.finish(ready);
      if (last !== undefined && node.committed > before && node.committed === last.index) this.noteCommit(last.index);
      this.busy = false;
      this.pump();
    }
  }

  private finish(ready: Ready): void {
    const { host, machine, node } = this;
    const cause = host.trace.cause;
    this.send(ready.responses);
    host.trace.follow(cause);
    if (ready.softState !== undefined) machine.roleChanged(ready.softState, ready.term);
    if (ready.snapshot !== undefined) {
      machine.restore(ready.snapshot);
      this.snapshotIndex = ready.snapshot.index;
    }
    for (const state of ready.readStates) {
      host.trace.follow(cause);
      machine.readState(state);
    }
    for (const entry of ready.committedEntries) {
      const silent = entry.index <= this.options.toldIndex;
      if (entry.data !== undefined && !silent) {
        const committed = this.committedEvents.get(entry.index);
        host.trace.follow(committed ?? (this.commitIndex === entry.index && ready.committedEntries.length === 1 ? this.commitCause : causeOf(entry)));
        if (committed !== undefined) this.committedEvents.delete(entry.index);
      }
      machine.apply(entry, silent);
    }
    if (ready.committedEntries.length > 0) host.trace.follow(cause);
    node.advance(ready);
    const applied = ready.committedEntries.at(-1)?.index ?? 0;
    if (applied - this.snapshotIndex >= this.options.snapshotCount && !this.saving) this.saveSnapshot(applied);
  }

  /** A snapshot of the state as it is at this moment. */
  private saveSnapshot(index: number): void {
    this.saving = true;
    const { node } = this;
    const snapshot: Snapshot = { index, term: node.termOf(index) as number, conf: node.status.conf, data: this.machine.snapshot() };
    this.host.trace.follow(this.origin);
    this.host.tasks.spawn('raft snapshot', this.save(snapshot));
  }

  private *save(snapshot: Snapshot): Task<void> {
    yield* this.wal.saveSnapshot(snapshot, false, () => this.node.lastIndex + 1);
    this.saving = false;
    if (snapshot.index <= this.snapshotIndex) return;
    this.snapshotIndex = snapshot.index;
    const keepFrom = snapshot.index - this.options.catchUpEntries;
    if (keepFrom > 0) this.node.compact(keepFrom);
    this.host.trace.emit<EtcdEvent>({ type: 'etcd.snapshot', member: this.peers.self, what: 'saved', index: snapshot.index });
  }

  // ---------------------------------------------------------------- sending

  private send(messages: readonly RaftMessage[]): void {
    if (messages.length === 0) return;
    const cause = this.host.trace.cause;
    if (messages.length === 1) return this.sendTo((messages[0] as RaftMessage).to, messages, cause);
    const byPeer = new Map<string, RaftMessage[]>();
    for (const m of messages) {
      const batch = byPeer.get(m.to);
      if (batch === undefined) byPeer.set(m.to, [m]);
      else batch.push(m);
    }
    for (const [to, batch] of byPeer) this.sendTo(to, batch, cause);
  }

  private sendTo(to: string, batch: readonly RaftMessage[], cause: number): void {
    const { host, node } = this;
    const main = batch.find((m) => m.entries.length > 0) ?? (batch[0] as RaftMessage);
    const carried = main.entries.at(-1);
    host.trace.follow(main.type === 'MsgApp' && carried !== undefined ? causeOf(carried) || cause : cause);
    const snapshot = batch.find((m) => m.type === 'MsgSnap');
    if (snapshot !== undefined) this.sendSnapshot(to, snapshot);
    const rest = snapshot === undefined ? batch : batch.filter((m) => m.type !== 'MsgSnap');
    if (rest.length > 0 && !this.peers.send(to, rest, noteOf(main))) node.reportUnreachable(to);
    host.trace.follow(cause);
  }

  private sendSnapshot(to: string, m: RaftMessage): void {
    const { host, node } = this;
    const index = m.snapshot?.index ?? 0;
    host.trace.emit<EtcdEvent>({ type: 'etcd.snapshot', member: this.peers.self, what: 'sent', index, peer: this.machine.nameOf(to) });
    this.peers.sendSnapshot(to, m, (arrived) => {
      node.reportSnapshot(to, !arrived);
      this.pump();
    });
  }
}

function causeOf(entry: Entry): number {
  if (entry.data === undefined) return 0;
  if (entry.type === 'conf-change') return ((entry.data as { readonly context?: MemberChange }).context?.cause ?? 0);
  return (entry.data as Proposal).cause;
}

function restamp(entry: Entry, cause: number): unknown {
  if (entry.type === 'normal') return { ...(entry.data as Proposal), cause };
  const data = entry.data as { readonly context?: MemberChange };
  return data.context === undefined ? data : { ...data, context: { ...data.context, cause } };
}

function noteOf(m: RaftMessage): string {
  if (m.type === 'MsgHeartbeat') return m.context === undefined ? 'heartbeat' : 'heartbeat (read)';
  if (m.type === 'MsgHeartbeatResp') return 'heartbeat answer';
  if (m.type === 'MsgApp') return m.entries.length === 0 ? `commit ${m.commit}` : `append ${(m.entries[0] as Entry).index}${m.entries.length > 1 ? `..${(m.entries[m.entries.length - 1] as Entry).index}` : ''}`;
  if (m.type === 'MsgAppResp') return m.reject ? `refuse ${m.index}` : `have ${m.index}`;
  if (m.type === 'MsgPreVote') return `pre-vote for term ${m.term}?`;
  if (m.type === 'MsgVote') return `vote for term ${m.term}?`;
  if (m.type === 'MsgPreVoteResp' || m.type === 'MsgVoteResp') return m.reject ? 'vote: no' : 'vote: yes';
  if (m.type === 'MsgSnap') return `snapshot ${m.snapshot?.index ?? 0}`;
  if (m.type === 'MsgProp') return 'proposal';
  return m.type.slice(3);
}
