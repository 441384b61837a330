// Linearisable reads: the leader proves that it still leads, and this member waits until it has applied what was committed then.
import type { Host, Mailbox } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { ReadState } from '../../raft/message.ts';
import type { RpcError } from '../../wire/etcd-rpc.ts';
import { errors, Refusal } from './refusal.ts';

export interface LinearReadsOptions {
  readonly requestTimeoutMs: number;
  /** Makes contexts of this member's incarnation its own. */
  readonly prefix: string;
  /** Puts the question to Raft. */
  readonly ask: (context: string) => void;
}

export class LinearReads {
  private readonly host: Host;
  private readonly options: LinearReadsOptions;
  private readonly queue: Mailbox<{ readonly error?: RpcError }>[] = [];
  private readonly signal: Mailbox<true>;
  private readonly answers: Mailbox<ReadState | 'leader-changed'>;
  private readonly applyWaiters: { readonly index: number; readonly box: Mailbox<true> }[] = [];
  private applied = 0;

  constructor(host: Host, options: LinearReadsOptions) {
    this.host = host;
    this.options = options;
    this.signal = host.tasks.mailbox<true>();
    this.answers = host.tasks.mailbox<ReadState | 'leader-changed'>();
  }

  start(): void {
    this.host.tasks.spawn('read index', this.loop());
  }

  /** Returns when this member has applied everything that was committed when the call came: then a local read is linearisable. Throws Refusal. */
  *await(): Task<void> {
    const box = this.host.tasks.mailbox<{ readonly error?: RpcError }>();
    this.queue.push(box);
    this.signal.put(true);
    const answer = yield* box.take();
    if (answer?.error !== undefined) throw new Refusal(answer.error);
  }

  readState(state: ReadState): void {
    this.answers.put(state);
  }
  leaderChanged(): void {
    this.answers.put('leader-changed');
  }

  appliedTo(index: number): void {
    this.applied = index;
    if (this.applyWaiters.length === 0) return;
    for (let i = this.applyWaiters.length - 1; i >= 0; i--) {
      const waiter = this.applyWaiters[i] as (typeof this.applyWaiters)[number];
      if (waiter.index > index) continue;
      this.applyWaiters.splice(i, 1);
      waiter.box.put(true);
    }
  }

  /** One question to the leader serves all reads that came before it was asked. */
  private *loop(): Task<void> {
    const { host } = this;
    for (let round = 1; ; round++) {
      yield* this.signal.take();
      while (this.signal.poll() !== undefined);
      const group = this.queue.splice(0);
      if (group.length === 0) continue;
      const cause = host.trace.cause;
      const error = yield* this.confirm(`${this.options.prefix}-${round}`);
      const done = host.trace.cause;
      for (const box of group) box.put(error === undefined ? {} : { error }, error === undefined ? done : cause);
    }
  }

  private *confirm(context: string): Task<RpcError | undefined> {
    const { host } = this;
    const deadlineMs = host.clock.nowMs() + this.options.requestTimeoutMs;
    while (this.answers.poll() !== undefined);
    for (;;) {
      this.options.ask(context);
      const retryMs = Math.min(host.clock.nowMs() + 500, deadlineMs);
      for (;;) {
        const answer = yield* this.answers.take(Math.max(retryMs - host.clock.nowMs(), 0));
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
    if (this.applied >= index) return;
    const box = this.host.tasks.mailbox<true>();
    this.applyWaiters.push({ index, box });
    yield* box.take();
  }
}
