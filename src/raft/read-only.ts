// Reads that wait for proof that the leader still leads: a majority answers a heartbeat sent after the read came in.
import type { MemberId, RaftMessage } from './message.ts';

export interface PendingRead {
  readonly request: RaftMessage;
  /** The commit index when the read came in. */
  readonly index: number;
  readonly acks: Map<MemberId, boolean>;
}

export class ReadOnly {
  private readonly pending = new Map<string, PendingRead>();

  add(index: number, request: RaftMessage): void {
    const context = request.context as string;
    if (!this.pending.has(context)) this.pending.set(context, { request, index, acks: new Map() });
  }

  /** `from` answered a heartbeat with this context; the answers so far, or undefined when nobody waits for it any more. */
  acknowledge(from: MemberId, context: string): ReadonlyMap<MemberId, boolean> | undefined {
    const read = this.pending.get(context);
    read?.acks.set(from, true);
    return read?.acks;
  }

  /** This read is proven, and with it all that came before; they leave the queue. */
  advance(context: string): readonly PendingRead[] {
    if (!this.pending.has(context)) return [];
    const done: PendingRead[] = [];
    for (const [key, read] of this.pending) {
      done.push(read);
      this.pending.delete(key);
      if (key === context) break;
    }
    return done;
  }

  /** The youngest read: its proof proves all. Heartbeats carry it. */
  get lastContext(): string | undefined {
    let last: string | undefined;
    if (this.pending.size > 0) for (const key of this.pending.keys()) last = key;
    return last;
  }

  get size(): number {
    return this.pending.size;
  }
}
