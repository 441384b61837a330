// The time of leases, which only the leader counts: renewals from anywhere, the end of those that nobody renewed, checkpoints of long ones.
import type { Host, Mailbox } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { RpcError } from '../../wire/etcd-rpc.ts';
import type { Lessor } from './lessor.ts';
import type { Peers } from './peers.ts';
import { errors, Refusal } from './refusal.ts';
import type { Request } from './request.ts';

/** A question about one lease that a member puts to the leader. */
export type LeaseQuestion = { readonly renew: string } | { readonly secondsLeft: string };

export interface LeaseKeeperOptions {
  readonly requestTimeoutMs: number;
  readonly checkpoint: boolean;
  readonly isLeader: () => boolean;
  /** '' while there is none. */
  readonly leader: () => string;
  readonly process: (request: Request) => Task<unknown>;
}

const checkpointEveryMs = 5 * 60_000;

export class LeaseKeeper {
  private readonly host: Host;
  private readonly lessor: Lessor;
  private readonly peers: Peers;
  private readonly options: LeaseKeeperOptions;
  private readonly signal: Mailbox<true>;
  private readonly origin: number;
  private readonly revoking = new Set<string>();

  constructor(host: Host, lessor: Lessor, peers: Peers, options: LeaseKeeperOptions) {
    this.host = host;
    this.lessor = lessor;
    this.peers = peers;
    this.options = options;
    this.signal = host.tasks.mailbox<true>();
    this.origin = host.trace.cause;
  }

  start(): void {
    this.host.tasks.spawn('leases', this.expire());
    if (this.options.checkpoint) this.host.tasks.spawn('lease checkpoints', this.checkpoint());
  }

  /** A lease was granted, or leadership came or went. */
  wake(): void {
    this.signal.put(true);
  }

  newId(): string {
    return this.host.random.hex(15).replace(/^0+/, '1').padStart(16, '7');
  }

  /** Seconds of its new life. Throws Refusal. */
  *renew(id: string): Task<number> {
    return yield* this.ask({ renew: id });
  }
  *secondsLeft(id: string): Task<number> {
    return yield* this.ask({ secondsLeft: id });
  }

  /** Answers on the leader, wherever that is. */
  private *ask(question: LeaseQuestion): Task<number> {
    const { host, options } = this;
    const deadlineMs = host.clock.nowMs() + options.requestTimeoutMs;
    while (host.clock.nowMs() < deadlineMs) {
      if (options.isLeader()) return this.decide(question);
      const leader = options.leader();
      if (leader !== '') {
        const answer = (yield* this.peers.ask(leader, question, 1000)) as { readonly seconds?: number; readonly error?: RpcError } | undefined;
        if (answer?.seconds !== undefined) return answer.seconds;
        if (answer?.error !== undefined && answer.error.code !== 'Unavailable') throw new Refusal(answer.error);
      }
      yield* host.clock.sleep(50);
    }
    throw new Refusal(errors.timeout);
  }

  private decide(question: LeaseQuestion): number {
    const nowMs = this.host.clock.nowMs();
    if ('renew' in question) return this.lessor.renew(question.renew, nowMs);
    const lease = this.lessor.get(question.secondsLeft);
    if (lease === undefined) throw new Refusal(errors.leaseNotFound);
    return this.lessor.secondsLeft(lease, nowMs);
  }

  /** To another member. */
  answer(question: LeaseQuestion): { readonly seconds: number } | { readonly error: RpcError } {
    if (!this.options.isLeader()) return { error: errors.noLeader };
    try {
      return { seconds: this.decide(question) };
    } catch (error) {
      if (error instanceof Refusal) return { error: error.error };
      throw error;
    }
  }

  /** The leader has leases revoked, through Raft, when their time is over. */
  private *expire(): Task<void> {
    const { host, lessor, options } = this;
    for (;;) {
      yield* this.signal.take(options.isLeader() && lessor.size > 0 ? 500 : undefined);
      if (!options.isLeader()) continue;
      for (const id of lessor.expired(host.clock.nowMs())) {
        if (this.revoking.has(id)) continue;
        this.revoking.add(id);
        host.trace.follow(this.origin);
        host.tasks.spawn('lease revoke', this.revoke(id));
      }
    }
  }

  private *revoke(id: string): Task<void> {
    try {
      yield* this.options.process({ kind: 'lease-revoke', id, expired: true });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    } finally {
      this.revoking.delete(id);
    }
  }

  /** Tells everybody now and then what leases still have, so that one with hours to live does not start anew with each leader. */
  private *checkpoint(): Task<void> {
    const { host, lessor, options } = this;
    for (;;) {
      yield* host.clock.sleep(checkpointEveryMs);
      if (!options.isLeader()) continue;
      const nowMs = host.clock.nowMs();
      const remaining = lessor.list().filter((lease) => lease.ttlSeconds * 1000 > checkpointEveryMs).map((lease) => ({ id: lease.id, seconds: lessor.secondsLeft(lease, nowMs) }));
      if (remaining.length === 0) continue;
      try {
        yield* options.process({ kind: 'lease-checkpoint', remaining });
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
      }
    }
  }
}
