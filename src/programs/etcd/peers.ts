// Streams between members, on port 2380: each member dials every other and reads what that one sends. A stream that falls silent is dialled again.
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Connection, Host, Listener } from '../../kernel/host.ts';
import type { Task, TaskHandle } from '../../kernel/task.ts';
import type { RaftMessage } from '../../raft/message.ts';
import type { PeerFirst, PeerFrame, PeerGone, PeerHello, PeerMembers } from '../../wire/raft-peer.ts';
import { clientHandshake, serverHandshake } from '../../wire/tls-handshake.ts';
import type { TlsIdentity } from '../../wire/tls.ts';
import type { EtcdEvent } from './events.ts';
import type { MemberInfo } from './request.ts';
import { receiveSnapshot, sendSnapshot } from './snapshot-stream.ts';

export interface PeerHandlers {
  message(m: RaftMessage): void;
  /** What was sent may not have arrived. */
  lost(id: string): void;
  /** Answers a question of another member. */
  ask(question: unknown): unknown;
  /** The members as this one knows them. */
  members(): readonly MemberInfo[];
  isRemoved(id: string): boolean;
  /** The others say that this member was removed. */
  removed(): void;
}

export interface PeerOptions {
  readonly memberId: string;
  readonly clusterId: string;
  /** Where the others reach this member. */
  readonly peerUrls: readonly string[];
  /** Undefined: plain. Read anew for every handshake, as certificates may be renewed. */
  readonly clientTls: TlsIdentity | undefined;
  readonly serverTls: (TlsIdentity & { readonly requireClientCertificate: boolean }) | undefined;
}

interface Peer {
  readonly info: MemberInfo;
  /** What this member sends on: the other one dialled it. */
  outgoing: Connection | undefined;
  reader: TaskHandle;
  /** Since when its messages come in; undefined while they do not. */
  activeSinceMs: number | undefined;
}

// As rafthttp: a stream that says nothing for 5 s is given up; a refused one is tried again soon.
const keepAlive = { idleMs: 2000, timeoutMs: 3000 };
const minRetryMs = 100;
const maxRetryMs = 1000;

/** A connection to a member's peer port, with this member's certificate. Throws NetworkError. */
export function* dialPeer(host: Host, url: string, tls: TlsIdentity | undefined, timeoutMs = 5000): Task<Connection> {
  const address = url.replace(/^https?:\/\//, '');
  const connection = yield* host.network.dial(address, { family: 'raft', timeoutMs, keepAlive });
  try {
    if (tls !== undefined) yield* clientHandshake(host, connection, tls, address.slice(0, address.lastIndexOf(':')));
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

export class Peers {
  private readonly host: Host;
  private readonly options: PeerOptions;
  private readonly handlers: PeerHandlers;
  private readonly peers = new Map<string, Peer>();
  private readonly questions = new Map<number, (answer: unknown) => void>();
  private lastQuestion = 0;
  /** What a task of this room acts upon when nothing in particular led to it. */
  private readonly origin: number;
  self = '';

  constructor(host: Host, options: PeerOptions, handlers: PeerHandlers) {
    this.host = host;
    this.options = options;
    this.handlers = handlers;
    this.origin = host.trace.cause;
  }

  /** Knows these members from now on, and no others. */
  setMembers(members: readonly MemberInfo[]): void {
    const { memberId } = this.options;
    // A member that has just been added stands in the log without a name until it publishes it.
    this.self = members.find((each) => each.id === memberId)?.name || this.self;
    for (const info of members) {
      if (info.id === memberId) continue;
      const known = this.peers.get(info.id);
      if (known !== undefined && known.info.peerUrls.join() === info.peerUrls.join()) {
        if (known.info !== info) this.peers.set(info.id, { ...known, info });
        continue;
      }
      known?.reader.cancel();
      known?.outgoing?.close();
      const reader = this.host.tasks.spawn(`peer ${info.name || info.id}`, this.read(info.id, info.peerUrls));
      this.peers.set(info.id, { info, outgoing: undefined, reader, activeSinceMs: undefined });
    }
    for (const [id, peer] of this.peers) {
      if (members.some((each) => each.id === id)) continue;
      peer.reader.cancel();
      peer.outgoing?.close();
      this.peers.delete(id);
    }
  }

  /** Members without this one. */
  get count(): number {
    return this.peers.size;
  }
  /** Those of them whose messages come in. */
  get activeCount(): number {
    let count = 0;
    for (const peer of this.peers.values()) if (peer.activeSinceMs !== undefined) count++;
    return count;
  }
  /** Something that is sent to it now has a way. */
  isReachable(id: string): boolean {
    return this.peers.get(id)?.outgoing?.open === true;
  }
  isActive(id: string): boolean {
    return this.peers.get(id)?.activeSinceMs !== undefined;
  }
  /** World time; undefined while nothing comes in. */
  activeSinceMs(id: string): number | undefined {
    return this.peers.get(id)?.activeSinceMs;
  }

  /** False when there is no stream to that member. */
  send(to: string, messages: readonly RaftMessage[], note: string): boolean {
    return this.sendFrame(to, { kind: 'raft', clusterId: this.options.clusterId, from: this.options.memberId, messages }, note);
  }

  private sendFrame(to: string, frame: PeerFrame, note: string): boolean {
    const connection = this.peers.get(to)?.outgoing;
    if (connection === undefined || !connection.open) return false;
    connection.send(frame, note);
    return true;
  }

  /** A snapshot over a connection of its own; `done` hears whether it got there. */
  sendSnapshot(to: string, m: RaftMessage, done: (arrived: boolean) => void): void {
    const peer = this.peers.get(to);
    if (peer === undefined) return done(false);
    this.host.tasks.spawn(`snapshot to ${peer.info.name || to}`, this.streamSnapshot(peer.info, m, done));
  }

  private *streamSnapshot(info: MemberInfo, m: RaftMessage, done: (arrived: boolean) => void): Task<void> {
    let connection: Connection | undefined;
    try {
      connection = yield* dialPeer(this.host, info.peerUrls[0] as string, this.options.clientTls);
      yield* sendSnapshot(connection, m, { clusterId: this.options.clusterId, from: this.options.memberId, to: info.id });
      done(true);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      done(false);
    } finally {
      connection?.close();
    }
  }

  /** Asks another member something; undefined when no answer came in time. */
  *ask(to: string, question: unknown, timeoutMs: number): Task<unknown> {
    const seq = ++this.lastQuestion;
    const box = this.host.tasks.mailbox<{ readonly answer: unknown }>();
    this.questions.set(seq, (answer) => box.put({ answer }));
    try {
      if (!this.sendFrame(to, { kind: 'ask', seq, question }, 'lease renewal')) return undefined;
      return (yield* box.take(timeoutMs))?.answer;
    } finally {
      this.questions.delete(seq);
    }
  }

  // ---------------------------------------------------------------- reading what others send

  private *read(id: string, urls: readonly string[]): Task<void> {
    const { host } = this;
    let retryMs = minRetryMs;
    for (let attempt = 0; ; attempt++) {
      host.trace.follow(this.origin);
      let connection: Connection | undefined;
      try {
        connection = yield* dialPeer(host, urls[attempt % urls.length] as string, this.options.clientTls);
        connection.send({ kind: 'stream', clusterId: this.options.clusterId, from: this.options.memberId, to: id, peerUrls: this.options.peerUrls } satisfies PeerHello, 'open stream');
        const welcome = yield* connection.receive(5000);
        if (welcome === undefined) throw new NetworkError('ECONNRESET', connection.error?.message ?? 'EOF');
        if ((welcome as PeerGone).kind === 'gone') return this.handlers.removed();
        retryMs = minRetryMs;
        this.setActive(id, true, '');
        if (welcome !== 'welcome') this.take(id, welcome as PeerFrame);
        for (;;) {
          const frame = (yield* connection.receive()) as PeerFrame | undefined;
          if (frame === undefined) break;
          this.take(id, frame);
        }
        this.setActive(id, false, connection.error?.message ?? 'EOF');
      } catch (error) {
        if (!(error instanceof NetworkError)) throw error;
        this.setActive(id, false, error.message);
      } finally {
        connection?.close();
      }
      yield* host.clock.sleep(retryMs);
      retryMs = Math.min(retryMs * 2, maxRetryMs);
    }
  }

  private take(id: string, frame: PeerFrame): void {
    switch (frame.kind) {
      case 'raft':
        if (frame.clusterId !== this.options.clusterId) return;
        if (frame.messages.length === 1) {
          this.handlers.message(frame.messages[0] as RaftMessage);
          return;
        }
        {
          const cause = this.host.trace.cause;
          for (const m of frame.messages) {
            this.host.trace.follow(cause);
            this.handlers.message(m as RaftMessage);
          }
        }
        return;
      case 'ask':
        this.sendFrame(id, { kind: 'answer', seq: frame.seq, answer: this.handlers.ask(frame.question) }, 'lease renewed');
        return;
      case 'answer':
        this.questions.get(frame.seq)?.(frame.answer);
        return;
    }
  }

  private setActive(id: string, active: boolean, reason: string): void {
    const peer = this.peers.get(id);
    if (peer === undefined || (peer.activeSinceMs !== undefined) === active) return;
    peer.activeSinceMs = active ? this.host.clock.nowMs() : undefined;
    this.host.trace.emit<EtcdEvent>({ type: 'etcd.peer', member: this.self, peer: peer.info.name || id, state: active ? 'connected' : 'lost', reason });
  }

  // ---------------------------------------------------------------- streams that others open

  /** Somebody who joined while this member was behind: perhaps the leader, who alone can tell of it. As rafthttp's remotes, until the log knows. */
  private meet({ from: id, peerUrls }: PeerHello): Peer | undefined {
    if (peerUrls.length === 0) return undefined;
    const info: MemberInfo = { id, name: '', peerUrls, clientUrls: [], isLearner: false };
    const peer: Peer = { info, outgoing: undefined, reader: this.host.tasks.spawn(`peer ${id}`, this.read(id, peerUrls)), activeSinceMs: undefined };
    this.peers.set(id, peer);
    return peer;
  }

  *serve(listener: Listener): Task<void> {
    for (;;) {
      const connection = yield* listener.accept();
      if (connection === undefined) return;
      this.host.tasks.spawn('peer stream', this.accept(connection));
    }
  }

  private *accept(connection: Connection): Task<void> {
    const { host, options } = this;
    try {
      if (options.serverTls !== undefined) {
        const accepted = yield* serverHandshake(host, connection, options.serverTls, options.serverTls.requireClientCertificate ? 'require' : 'request');
        if (!accepted.ok) {
          host.output.error(`{"level":"warn","msg":"rejected connection on peer endpoint","remote-addr":"${connection.remote}","error":"${accepted.problem ?? 'EOF'}"}\n`);
          return;
        }
      }
      const hello = (yield* connection.receive(5000)) as PeerFirst | undefined;
      if (hello?.kind === 'members') {
        connection.send({ kind: 'members', clusterId: options.clusterId, members: this.handlers.members() } satisfies PeerMembers, 'members');
        yield* connection.receive(1000);
        return;
      }
      if (hello?.kind === 'snapshot' && hello.clusterId === options.clusterId && hello.to === options.memberId && this.peers.has(hello.from)) {
        const m = yield* receiveSnapshot(connection, hello);
        if (m !== undefined) this.handlers.message(m);
        return;
      }
      if (hello?.kind !== 'stream' || hello.clusterId !== options.clusterId || hello.to !== options.memberId) {
        if (hello?.kind === 'stream') host.output.error(`{"level":"warn","msg":"request cluster ID mismatch","local-member-cluster-id":"${options.clusterId}","remote-peer-cluster-id":"${hello.clusterId}"}\n`);
        return;
      }
      if (this.handlers.isRemoved(hello.from)) {
        connection.send({ kind: 'gone' } satisfies PeerGone, 'removed');
        yield* connection.receive(1000);
        return;
      }
      const peer = this.peers.get(hello.from) ?? this.meet(hello);
      if (peer === undefined) return;
      peer.outgoing?.close();
      peer.outgoing = connection;
      connection.send('welcome', 'stream open');
      // The other side says nothing more; this waits for the end.
      while ((yield* connection.receive()) !== undefined);
      const current = this.peers.get(hello.from);
      if (current?.outgoing === connection) {
        current.outgoing = undefined;
        this.handlers.lost(hello.from);
      }
    } finally {
      connection.close();
    }
  }
}
