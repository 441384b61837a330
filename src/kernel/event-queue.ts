// Everything that is going to happen, in the one order in which it will: by time, then by the order in which it was planned.

/** Something due. `seq` and `atMs` are written by the queue; `fire` is called once unless `dead` was set before. */
export interface Due {
  atMs: number;
  seq: number;
  dead: boolean;
  fire(): void;
}

const leastSweep = 1024;

/**
 * Two structures, one order: what is due at the present moment waits in a ring (most work does: a woken task runs now), the future in a
 * 4-ary heap. Everything in the heap that is due now was planned before anything in the ring, so it goes first.
 */
export class EventQueue {
  nowMs = 0;
  private seq = 0;
  private ring: (Due | undefined)[] = Array.from({ length: 1024 });
  private head = 0;
  private length = 0;
  private readonly heap: Due[] = [];
  private sweepAt = leastSweep;

  get size(): number {
    return this.length + this.heap.length;
  }

  /** Everything that is planned and not dead, in no order: for looking, not for the way of work. */
  *planned(): Generator<Due, void> {
    for (let i = 0; i < this.length; i++) {
      const due = this.ring[(this.head + i) & (this.ring.length - 1)] as Due;
      if (!due.dead) yield due;
    }
    for (const due of this.heap) if (!due.dead) yield due;
  }

  /** Plans `due` at the present moment, after everything already planned for it. */
  now(due: Due): void {
    due.atMs = this.nowMs;
    due.seq = ++this.seq;
    if (this.length === this.ring.length) this.grow();
    this.ring[(this.head + this.length) & (this.ring.length - 1)] = due;
    this.length++;
  }

  /**
   * Plans `due` in `delayMs` from now, rounded to microseconds so that sums stay exact. Whoever asks for any time at all gets at least one
   * microsecond: else `while (now < deadline) sleep(deadline - now)` could wait for ever at one moment.
   */
  after(delayMs: number, due: Due): void {
    if (!(delayMs > 0)) {
      this.now(due);
      return;
    }
    let at = Math.round((this.nowMs + delayMs) * 1000) / 1000;
    if (!(at > this.nowMs)) at = Math.round(this.nowMs * 1000 + 1) / 1000;
    due.atMs = at;
    due.seq = ++this.seq;
    this.push(due);
  }

  /** Time of the next event that is not dead; Infinity when there is none. */
  peekMs(): number {
    while (this.length > 0) {
      const next = this.ring[this.head] as Due;
      if (!next.dead) break;
      this.shift();
    }
    while (this.heap.length > 0 && (this.heap[0] as Due).dead) this.pop();
    if (this.heap.length > 0 && (this.heap[0] as Due).atMs <= this.nowMs) return this.nowMs;
    if (this.length > 0) return this.nowMs;
    return this.heap.length > 0 ? (this.heap[0] as Due).atMs : Infinity;
  }

  /** Takes the next event due up to `untilMs`, moving time to it; undefined when there is none. */
  take(untilMs: number): Due | undefined {
    const at = this.peekMs();
    if (at > untilMs || at === Infinity) return undefined;
    if (this.heap.length > 0 && (this.heap[0] as Due).atMs <= at) {
      this.nowMs = at;
      return this.pop();
    }
    return this.shift();
  }

  private shift(): Due {
    const due = this.ring[this.head] as Due;
    this.ring[this.head] = undefined;
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.length--;
    return due;
  }

  private grow(): void {
    const bigger : (Due | undefined)[] = Array.from({ length: this.ring.length * 2 });
    for (let i = 0; i < this.length; i++) bigger[i] = this.ring[(this.head + i) & (this.ring.length - 1)];
    this.ring = bigger;
    this.head = 0;
  }

  /**
   * Takes what is dead out of the heap: most timers are deadlines that were met, and without this each would stay (with all that it holds) until its time.
   * Done when the heap has doubled, so it costs a constant for each push. The order is total, so the heap's inner shape does not matter.
   */
  private sweep(): void {
    const heap = this.heap;
    let kept = 0;
    for (const due of heap) if (!due.dead) heap[kept++] = due;
    heap.length = kept;
    for (let i = ((kept - 2) >> 2); i >= 0; i--) this.sink(i, heap[i] as Due);
    this.sweepAt = Math.max(leastSweep, kept * 2);
  }

  private push(due: Due): void {
    if (this.heap.length >= this.sweepAt) this.sweep();
    const heap = this.heap;
    let i = heap.length;
    heap.push(due);
    while (i > 0) {
      const parent = (i - 1) >> 2;
      const above = heap[parent] as Due;
      if (above.atMs < due.atMs || (above.atMs === due.atMs && above.seq < due.seq)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = due;
  }

  private pop(): Due {
    const heap = this.heap;
    const top = heap[0] as Due;
    const last = heap.pop() as Due;
    if (heap.length > 0) this.sink(0, last);
    return top;
  }

  /** Puts `due` into the hole at `i`, or below it. */
  private sink(i: number, due: Due): void {
    const heap = this.heap;
    const size = heap.length;
    for (;;) {
      const first = i * 4 + 1;
      if (first >= size) break;
      let least = first;
      const end = first + 4 < size ? first + 4 : size;
      for (let child = first + 1; child < end; child++) {
        const a = heap[child] as Due;
        const b = heap[least] as Due;
        if (a.atMs < b.atMs || (a.atMs === b.atMs && a.seq < b.seq)) least = child;
      }
      const smallest = heap[least] as Due;
      if (due.atMs < smallest.atMs || (due.atMs === smallest.atMs && due.seq < smallest.seq)) break;
      heap[i] = smallest;
      i = least;
    }
    heap[i] = due;
  }
}
