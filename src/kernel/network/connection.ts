// Two ends of a stream. What is sent is delivered in order, later, or not at all; what that means is decided here and nowhere else.
import type { Connection, Family, NetworkErrorShape, PathHop, Transport } from '../host.ts';
import { Timer, WaitOnce, type Runner } from '../runner.ts';
import type { Task, Waiter } from '../task.ts';
import type { Place, Verdict } from '../world.ts';
import { NetworkError } from './network-error.ts';

/** What a connection needs of the world around it. */
export interface Carrier {
  readonly runner: Runner;
  /** Verdict for a packet that leaves `from` for `to` now, and the one-way latency. */
  passage(from: EndPoint, to: EndPoint): { readonly verdict: Verdict; readonly latencyMs: number };
  traceMessage(from: EndPoint, to: EndPoint, family: Family, note: string, body: unknown, arriveMs: number, lost: boolean): number;
  closed(link: EndPoint, error: NetworkErrorShape | undefined): void;
  readonly nowMs: number;
}

/** Which process owns an end; the kernel's process record. */
export interface Holder {
  readonly place: Place;
  readonly machineName: string;
  readonly frozen: boolean;
  readonly dead: boolean;
}

export interface Outgoing {
  readonly body: unknown;
  readonly note: string;
  readonly family: Family;
  readonly cause: number;
  readonly fin: boolean;
}

const firstRetryMs = 200;
const maxRetries = 15;
const longestRetryMs = 120_000;

export class EndPoint implements Connection {
  readonly id: number;
  readonly local: string;
  readonly remote: string;
  readonly transport: Transport;
  readonly family: Family;
  readonly holder: Holder;
  readonly path: readonly PathHop[];
  /** The machine and its boot: an end from before a power loss is gone. */
  readonly bootId: number;
  readonly isMachineUp: () => boolean;
  open = true;
  error: NetworkErrorShape | undefined;
  peer!: EndPoint;
  lastHeardMs: number;
  private readonly carrier: Carrier;
  private inbox: { readonly body: unknown; readonly cause: number }[] = [];
  private head = 0;
  private waiter: Receive | undefined;
  private outbox: Outgoing[] = [];
  private retries = 0;
  private retryTimer: Timer | undefined;
  private lastArrivalMs = 0;
  private keepAliveTimer: Timer | undefined;
  private finSent = false;

  constructor(carrier: Carrier, options: { id: number; local: string; remote: string; transport: Transport; family: Family; holder: Holder; path: readonly PathHop[]; isMachineUp: () => boolean; bootId: number }) {
    this.carrier = carrier;
    this.id = options.id;
    this.local = options.local;
    this.remote = options.remote;
    this.transport = options.transport;
    this.family = options.family;
    this.holder = options.holder;
    this.path = options.path;
    this.isMachineUp = options.isMachineUp;
    this.bootId = options.bootId;
    this.lastHeardMs = carrier.nowMs;
  }

  get waiting(): number {
    return this.inbox.length - this.head;
  }

  send(message: unknown, note = '', family: Family = this.family): void {
    if (!this.open || this.finSent) return;
    this.transmit({ body: message, note, family, cause: this.carrier.runner.cause, fin: false });
  }

  receive(timeoutMs?: number): Task<unknown> {
    return new Receive(this, this.carrier.runner, timeoutMs).asTask();
  }

  close(): void {
    if (!this.open || this.finSent) return;
    this.finSent = true;
    this.transmit({ body: undefined, note: '', family: this.family, cause: this.carrier.runner.cause, fin: true });
    this.shut(undefined);
  }

  /** The process is gone or the port refused: the other side hears a reset, if anything can be heard. */
  abort(): void {
    if (!this.open) return;
    const peer = this.peer;
    this.shut({ code: 'ECONNRESET', message: 'use of closed network connection' });
    const { verdict, latencyMs } = this.carrier.passage(this, peer);
    if (verdict === 'drop') return;
    const delay = latencyMs + (typeof verdict === 'object' ? verdict.delayMs : 0);
    const at = Math.max(this.carrier.nowMs + delay, this.lastArrivalMs);
    this.carrier.runner.queue.after(at - this.carrier.nowMs, new Timer(() => peer.reset('ECONNRESET', `read tcp ${peer.local}->${peer.remote}: read: connection reset by peer`)));
  }

  /** Power loss: this end forgets everything and says nothing. */
  vanish(): void {
    this.open = false;
    this.stopTimers();
    // Nor does it go on telling that it was closed.
    this.finSent = false;
    this.outbox = [];
    this.inbox = [];
    this.head = 0;
  }

  reset(code: NetworkErrorShape['code'], message: string): void {
    if (!this.open) return;
    this.shut(new NetworkError(code, message));
  }

  keepAlive(idleMs: number, timeoutMs: number): void {
    const check = () => {
      const quietMs = this.carrier.nowMs - this.lastHeardMs;
      if (quietMs < idleMs - 1e-6) return again(idleMs - quietMs);
      if (this.answers()) {
        this.lastHeardMs = this.carrier.nowMs;
        return again(idleMs);
      }
      this.keepAliveTimer = new Timer(() => {
        if (timeoutMs - (this.carrier.nowMs - this.lastHeardMs) >= 0.001 || this.answers()) return again(idleMs);
        this.reset('ETIMEDOUT', `http2: client connection lost`);
      });
      this.carrier.runner.queue.after(timeoutMs, this.keepAliveTimer);
    };
    const again = (delayMs: number) => {
      this.keepAliveTimer = new Timer(check);
      this.carrier.runner.queue.after(delayMs, this.keepAliveTimer);
    };
    again(idleMs);
  }

  /** Whether a ping sent now would be answered. */
  private answers(): boolean {
    const peer = this.peer;
    return (
      peer.open &&
      peer.isMachineUp() &&
      !peer.holder.frozen &&
      this.carrier.passage(this, peer).verdict !== 'drop' &&
      this.carrier.passage(peer, this).verdict !== 'drop'
    );
  }

  private transmit(message: Outgoing): void {
    if (this.outbox.length > 0) {
      this.outbox.push(message);
      return;
    }
    if (!this.launch(message) && this.transport === 'tcp') {
      this.outbox.push(message);
      this.scheduleRetry();
    }
  }

  /** Puts one message on the wire; false when it was lost on the way. */
  private launch(message: Outgoing): boolean {
    const carrier = this.carrier;
    const { verdict, latencyMs } = carrier.passage(this, this.peer);
    const lost = verdict === 'drop';
    const wanted = carrier.nowMs + latencyMs + (typeof verdict === 'object' ? verdict.delayMs : 0);
    const arriveMs = lost ? wanted : Math.max(wanted, this.lastArrivalMs);
    let cause = message.cause;
    if (!message.fin) {
      const before = carrier.runner.cause;
      carrier.runner.cause = message.cause;
      cause = carrier.traceMessage(this, this.peer, message.family, message.note, message.body, arriveMs, lost);
      carrier.runner.cause = before;
    }
    if (lost) return false;
    this.lastArrivalMs = arriveMs;
    carrier.runner.queue.after(arriveMs - carrier.nowMs, new Delivery(this, message, cause));
    return true;
  }

  private scheduleRetry(): void {
    if (this.retryTimer !== undefined) return;
    const delayMs = Math.min(firstRetryMs * 2 ** this.retries, longestRetryMs);
    this.retries++;
    this.retryTimer = new Timer(() => {
      this.retryTimer = undefined;
      this.retry();
    });
    this.carrier.runner.queue.after(delayMs, this.retryTimer);
  }

  private retry(): void {
    if (this.outbox.length === 0 || !this.isMachineUp()) return;
    if (this.retries > maxRetries) {
      this.outbox = [];
      this.reset('ETIMEDOUT', `write tcp ${this.local}->${this.remote}: write: connection timed out`);
      return;
    }
    while (this.outbox.length > 0) {
      if (!this.launch(this.outbox[0] as Outgoing)) return this.scheduleRetry();
      this.outbox.shift();
    }
  }

  /**
   * Somebody reached into the wire: the first of these messages (all that this end has on the way, from that one on) is lost. A stream keeps its
   * order, so those behind it have to come again with it.
   */
  lose(deliveries: readonly Delivery[]): void {
    const gone = this.transport === 'tcp' ? deliveries : deliveries.slice(0, 1);
    for (const delivery of gone) delivery.dead = true;
    if (this.transport !== 'tcp') return;
    this.outbox.unshift(...gone.map((delivery) => delivery.message));
    this.lastArrivalMs = this.carrier.nowMs;
    this.scheduleRetry();
  }

  /** The same, but it arrives later; on a stream those behind it wait for it. */
  hold(deliveries: readonly Delivery[], delayMs: number): void {
    const late = this.transport === 'tcp' ? deliveries : deliveries.slice(0, 1);
    let atMs = 0;
    for (const [at, delivery] of late.entries()) {
      atMs = Math.max(atMs, at === 0 ? delivery.atMs + delayMs : delivery.atMs);
      delivery.dead = true;
      this.carrier.runner.queue.after(atMs - this.carrier.nowMs, new Delivery(this, delivery.message, delivery.cause));
    }
    if (this.transport === 'tcp') this.lastArrivalMs = Math.max(this.lastArrivalMs, atMs);
  }

  /** Called when the message reaches the peer's machine. */
  arrive(message: Outgoing, cause: number): void {
    const peer = this.peer;
    if (!peer.isMachineUp()) {
      // Nobody is there to acknowledge: tcp tries again, until the machine is back and answers with a reset.
      this.sendAgain(message);
      return;
    }
    if (!peer.open && !peer.finSent) {
      this.answerReset(message);
      return;
    }
    this.retries = 0;
    peer.deliver(message, cause);
  }

  private sendAgain(message: Outgoing): void {
    if (this.transport !== 'tcp' || (!this.open && !message.fin)) return;
    this.outbox.unshift(message);
    this.scheduleRetry();
  }

  /**
   * Nobody there knows the connection: it was lost with the power, given up, or ended with its process, and the reset that said so was lost. The machine
   * says so to whoever sends to it, or the sender would wait for ever. Without a way back nothing is acknowledged either.
   */
  private answerReset(message: Outgoing): void {
    if (!this.open) return;
    const { verdict, latencyMs } = this.carrier.passage(this.peer, this);
    if (verdict === 'drop') {
      this.sendAgain(message);
      return;
    }
    const delayMs = latencyMs + (typeof verdict === 'object' ? verdict.delayMs : 0);
    this.carrier.runner.queue.after(delayMs, new Timer(() => this.reset('ECONNRESET', `read tcp ${this.local}->${this.remote}: read: connection reset by peer`)));
  }

  private deliver(message: Outgoing, cause: number): void {
    if (!this.open) return;
    this.lastHeardMs = this.carrier.nowMs;
    if (message.fin) {
      this.shut(undefined);
      return;
    }
    const waiter = this.waiter;
    if (waiter !== undefined) {
      this.waiter = undefined;
      waiter.settle(message.body, cause);
      return;
    }
    this.inbox.push({ body: message.body, cause });
  }

  private shut(error: NetworkErrorShape | undefined): void {
    this.open = false;
    this.error = error;
    this.stopTimers();
    const waiter = this.waiter;
    this.waiter = undefined;
    waiter?.settle(undefined, this.carrier.runner.cause);
    this.carrier.closed(this, error);
  }

  private stopTimers(): void {
    if (this.keepAliveTimer !== undefined) this.keepAliveTimer.dead = true;
    if (this.retryTimer !== undefined && !this.finSent) this.retryTimer.dead = true;
  }

  poll(): { readonly body: unknown; readonly cause: number } | undefined {
    if (this.head === this.inbox.length) return undefined;
    const item = this.inbox[this.head++];
    if (this.head === this.inbox.length) {
      this.inbox = [];
      this.head = 0;
    }
    return item;
  }
  enlist(receive: Receive): void {
    this.waiter = receive;
  }
  leave(receive: Receive): void {
    if (this.waiter === receive) this.waiter = undefined;
  }
}

/** A message on its way. */
export class Delivery {
  atMs = 0;
  seq = 0;
  dead = false;
  readonly from: EndPoint;
  readonly message: Outgoing;
  /** The event of its departure. */
  readonly cause: number;
  constructor(from: EndPoint, message: Outgoing, cause: number) {
    this.from = from;
    this.message = message;
    this.cause = cause;
  }
  fire(): void {
    this.from.arrive(this.message, this.cause);
  }
}

class Receive extends WaitOnce<unknown> {
  private waiter: Waiter | undefined;
  private timer: Timer | undefined;
  private readonly end: EndPoint;
  private readonly runner: Runner;
  private readonly timeoutMs: number | undefined;
  constructor(end: EndPoint, runner: Runner, timeoutMs: number | undefined) {
    super();
    this.end = end;
    this.runner = runner;
    this.timeoutMs = timeoutMs;
  }
  protected override ready(): { readonly value: unknown } | undefined {
    const item = this.end.poll();
    if (item !== undefined) {
      if (item.cause !== 0) this.runner.cause = item.cause;
      return { value: item.body };
    }
    return this.end.open ? undefined : { value: undefined };
  }
  arm(waiter: Waiter): void {
    this.waiter = waiter;
    this.end.enlist(this);
    if (this.timeoutMs !== undefined) {
      this.timer = new Timer(() => {
        this.end.leave(this);
        waiter.wake(undefined);
      });
      this.runner.queue.after(this.timeoutMs, this.timer);
    }
  }
  disarm(): void {
    this.end.leave(this);
    if (this.timer !== undefined) this.timer.dead = true;
  }
  settle(body: unknown, cause: number): void {
    if (this.timer !== undefined) this.timer.dead = true;
    this.waiter?.wake(body, cause);
  }
}
