// The hops of every apply that was followed since a lesson began. The page shows one flow; whoever applies a second time, or stops following, has not undone
// the first, and a lesson goes on to see what comes of it.
import type { Hop } from '../../../session/protocol.ts';

export class FollowedFlows {
  /** By the first hop's event. */
  private readonly earlier = new Map<number, readonly Hop[]>();
  private now: readonly Hop[] = [];
  private readonly ask: (event: number) => Promise<readonly Hop[] | undefined>;
  private readonly changed: () => void;

  /** `ask` gives the whole flow that an event is in. */
  constructor(ask: (event: number) => Promise<readonly Hop[] | undefined>, changed: () => void) {
    this.ask = ask;
    this.changed = changed;
  }

  clear(): void {
    this.earlier.clear();
    this.now = [];
  }

  /** The hops that the page shows now: another flow's, none, or more of the same. */
  see(hops: readonly Hop[]): void {
    const [first] = this.now;
    if (first !== undefined && hops[0]?.event !== first.event) this.earlier.set(first.event, this.now);
    const [begun] = hops;
    if (begun !== undefined) this.earlier.delete(begun.event);
    this.now = hops;
  }

  /** Earlier flows first. */
  hops(shown: readonly Hop[]): readonly Hop[] {
    return this.earlier.size === 0 ? shown : [...[...this.earlier.values()].flat(), ...shown];
  }

  askAgain(): void {
    for (const [event, known] of this.earlier) {
      void this.ask(event).then((hops) => {
        if (hops === undefined || hops.length <= known.length || !this.earlier.has(event)) return;
        this.earlier.set(event, hops);
        this.changed();
      });
    }
  }
}
