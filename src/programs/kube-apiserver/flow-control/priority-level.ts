// One priority level: so many seats, and queues for those who find none. Flows are dealt to queues so that one that floods its own leaves the
// others'; among queues the one whose turn comes first by work done is served (k8s.io/apiserver/pkg/util/flowcontrol/fairqueuing).
import { fnv32a } from '../../../api/meta/hash.ts';
import type { Host } from '../../../kernel/host.ts';
import type { Task, Waiter } from '../../../kernel/task.ts';

export interface LevelShape {
  readonly name: string;
  readonly exempt: boolean;
  readonly seats: number;
  /** undefined: who finds no seat is refused. */
  readonly queuing: { readonly queues: number; readonly handSize: number; readonly queueLengthLimit: number } | undefined;
}

interface Waiting {
  readonly width: number;
  waiter: Waiter | undefined;
  seated: boolean;
}
interface Queue {
  readonly requests: Waiting[];
  /** Work done so far, in seat-requests, in the level's virtual time. */
  served: number;
}

export type Admission = 'at once' | 'waited' | 'queue-full' | 'concurrency-limit' | 'time-out';

export class PriorityLevel {
  shape: LevelShape;
  /** Of its object, for the response header. */
  uid: string;
  seatsInUse = 0;
  readonly counts = { dispatched: 0, rejected: 0, queued: 0 };
  private readonly host: Host;
  private queues: (Queue | undefined)[] = [];
  private waiting = 0;
  private virtual = 0;

  constructor(host: Host, shape: LevelShape, uid: string) {
    this.host = host;
    this.shape = shape;
    this.uid = uid;
  }

  get queuedRequests(): number {
    return this.waiting;
  }

  /** Takes seats now or after waiting. The caller gives them back with `leave` when it got them. */
  *enter(flow: string, width: number, waitMs: number): Task<Admission> {
    const { exempt, queuing } = this.shape;
    if (exempt || (this.waiting === 0 && this.fits(width))) {
      this.seat(width);
      return 'at once';
    }
    if (queuing === undefined) {
      this.counts.rejected++;
      return 'concurrency-limit';
    }
    const queue = this.queueFor(flow, queuing.queues, queuing.handSize);
    if (queue.requests.length >= queuing.queueLengthLimit) {
      this.counts.rejected++;
      return 'queue-full';
    }
    const request: Waiting = { width, waiter: undefined, seated: false };
    // A queue that was empty has no claim on the time that passed.
    if (queue.requests.length === 0) queue.served = Math.max(queue.served, this.virtual);
    queue.requests.push(request);
    this.waiting++;
    this.counts.queued++;
    try {
      yield* this.host.tasks.timeout(waitMs, this.untilSeated(request));
    } finally {
      // A caller that is cancelled while it waits leaves its place.
      if (!request.seated) this.giveUp(queue, request);
    }
    if (request.seated) return 'waited';
    this.counts.rejected++;
    return 'time-out';
  }

  leave(width: number): void {
    this.seatsInUse -= width;
    this.dispatch();
  }

  /** After its shape changed. */
  dispatch(): void {
    while (this.waiting > 0) {
      const queue = this.nextQueue();
      const request = queue?.requests[0];
      if (queue === undefined || request === undefined || !this.fits(request.width)) return;
      queue.requests.shift();
      this.waiting--;
      this.virtual = queue.served;
      queue.served += request.width;
      request.seated = true;
      this.seat(request.width);
      request.waiter?.wake(undefined);
    }
  }

  /** One that is wider than the whole level runs alone. */
  private fits(width: number): boolean {
    return this.seatsInUse === 0 || this.seatsInUse + width <= this.shape.seats;
  }

  private seat(width: number): void {
    this.seatsInUse += width;
    this.counts.dispatched++;
  }

  private *untilSeated(request: Waiting): Task<void> {
    while (!request.seated) yield { arm: (waiter) => void (request.waiter = waiter), disarm: () => void (request.waiter = undefined) };
  }

  private giveUp(queue: Queue, request: Waiting): void {
    const at = queue.requests.indexOf(request);
    if (at < 0) return;
    queue.requests.splice(at, 1);
    this.waiting--;
  }

  private nextQueue(): Queue | undefined {
    let best: Queue | undefined;
    for (const queue of this.queues) if (queue !== undefined && queue.requests.length > 0 && (best === undefined || queue.served < best.served)) best = queue;
    return best;
  }

  /** Shuffle sharding: of the hand that the flow is dealt, the shortest queue. */
  private queueFor(flow: string, count: number, handSize: number): Queue {
    let shortest: Queue | undefined;
    for (const index of dealHand(flow, count, handSize)) {
      const queue = (this.queues[index] ??= { requests: [], served: this.virtual });
      if (shortest === undefined || queue.requests.length < shortest.requests.length) shortest = queue;
    }
    return shortest as Queue;
  }
}

/** `handSize` different queues of `count`, always the same for a flow. */
export function dealHand(flow: string, count: number, handSize: number): readonly number[] {
  let hash = (BigInt(fnv32a(flow)) << 32n) | BigInt(fnv32a(`${flow}\n`));
  const deck = Array.from({ length: count }, (_, index) => index);
  const hand: number[] = [];
  for (let dealt = 0; dealt < handSize && deck.length > 0; dealt++) {
    const left = BigInt(deck.length);
    hand.push(deck.splice(Number(hash % left), 1)[0] as number);
    hash /= left;
  }
  return hand;
}
