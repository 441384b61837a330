// Has requests agreed upon: puts them to Raft, and waits until this member has applied them.
import type { Host, Mailbox } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { ConfChangeEntry } from '../../raft/confchange/conf-change.ts';
import type { RaftNode } from '../../raft/node.ts';
import type { RpcError } from '../../wire/etcd-rpc.ts';
import type { EtcdConfig } from './config.ts';
import type { EtcdEvent } from './events.ts';
import type { Peers } from './peers.ts';
import { errors, Refusal } from './refusal.ts';
import { keyOf, type MemberChange, type Proposal, type Request } from './request.ts';
import type { Outcome } from './state.ts';
import { weigh } from './weight.ts';

/** Entries that may be agreed upon and not applied before clients are sent away. */
const maxGapOfApplied = 5000;

export class Proposer {
  private readonly host: Host;
  private readonly config: EtcdConfig;
  private readonly node: RaftNode;
  private readonly peers: Peers;
  private readonly requestTimeoutMs: number;
  private readonly pump: () => void;
  private readonly waiting = new Map<string, Mailbox<Outcome>>();
  private readonly idPrefix: string;
  private last = 0;
  appliedIndex = 0;
  leaderElectedMs = 0;

  constructor(host: Host, config: EtcdConfig, node: RaftNode, peers: Peers, options: { readonly requestTimeoutMs: number; readonly prefix: string; readonly pump: () => void }) {
    this.host = host;
    this.config = config;
    this.node = node;
    this.peers = peers;
    this.requestTimeoutMs = options.requestTimeoutMs;
    this.idPrefix = options.prefix;
    this.pump = options.pump;
  }

  /** Has the request agreed upon and applied; returns the response that this member's apply gave. Throws Refusal. */
  *process(request: Request, timeoutMs = this.requestTimeoutMs): Task<unknown> {
    const { bytes } = weigh(request);
    if (bytes > this.config.maxRequestBytes) throw new Refusal(errors.requestTooLarge);
    return yield* this.await(timeoutMs, (id) => {
      const key = keyOf(request);
      const { node } = this;
      const cause = this.host.trace.emit<EtcdEvent>({
        type: 'etcd.proposed', member: this.config.name, request: request.kind, ...(key === undefined ? {} : { key }), index: node.lastIndex + 1, term: node.term,
      });
      return node.propose({ id, request, cause, bytes } satisfies Proposal);
    });
  }

  *changeMembers(entry: Omit<ConfChangeEntry, 'context'>, change: Omit<MemberChange, 'id' | 'cause'>): Task<unknown> {
    return yield* this.await(this.requestTimeoutMs, (id) => {
      const { node } = this;
      const cause = this.host.trace.emit<EtcdEvent>({ type: 'etcd.proposed', member: this.config.name, request: `member-${change.change}`, index: node.lastIndex + 1, term: node.term });
      return node.proposeConfChange({ ...entry, context: { ...change, id, cause } satisfies MemberChange });
    });
  }

  get pending(): number {
    return this.waiting.size;
  }

  /** What a proposal of this member came to. */
  settle(id: string, outcome: Outcome): void {
    this.waiting.get(id)?.put(outcome);
  }

  private *await(timeoutMs: number, propose: (id: string) => boolean): Task<unknown> {
    const { host, node } = this;
    if (node.committed > this.appliedIndex + maxGapOfApplied) throw new Refusal(errors.tooManyRequests);
    const startMs = host.clock.nowMs();
    const deadlineMs = startMs + timeoutMs;
    const id = `${this.idPrefix}-${++this.last}`;
    // Without a leader a proposal waits for one.
    while (node.leader === '' || node.leadTransferee !== '') {
      if (host.clock.nowMs() >= deadlineMs) throw new Refusal(this.timeoutReason(startMs));
      yield* host.clock.sleep(20);
    }
    const box = host.tasks.mailbox<Outcome>();
    this.waiting.set(id, box);
    try {
      propose(id);
      this.pump();
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
    const { leader, id } = this.node.status;
    if (leader === '') return errors.timeout;
    if (leader === id) {
      const others = this.peers.count;
      return this.peers.activeCount + 1 > (others + 1) / 2 ? errors.timeout : errors.timeoutConnectionLost;
    }
    return this.peers.isActive(leader) ? errors.timeout : errors.timeoutConnectionLost;
  }
}
