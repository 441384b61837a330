// How fast a followed flow is shown. The run goes a little ahead of the picture: up to the next hop, which is then approached in about half a
// second, however short or long it took in the run. Waiting is folded: it is crossed in growing strides.

const hopRealMs = 500;
const firstStrideMs = 4;
const longestStrideMs = 2000;
const strideRealMs = 40;
/** Nothing happened for so long that there is nothing left to follow. */
const patienceMs = 90_000;

/** A stretch of the run on its way to the screen. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly realMs: number;
  passedMs: number;
  /** How many hops of the flow are shown once it has passed. */
  readonly hops: number;
}

export class FlowPace {
  private strideMs = firstStrideMs;
  private waitedMs = 0;
  readonly stretches: Stretch[] = [];

  get strideLimitMs(): number {
    return this.strideMs;
  }
  get weary(): boolean {
    return this.waitedMs > patienceMs;
  }

  /** The run was taken from `fromMs` to `toMs`; `found` hops came up, after which the flow has `total`. */
  ran(fromMs: number, toMs: number, hopTimes: readonly number[], total: number): void {
    let at = fromMs;
    let shown = total - hopTimes.length;
    for (const time of hopTimes) {
      shown++;
      const goal = Math.min(Math.max(time, at), toMs);
      this.stretches.push({ fromMs: at, toMs: goal, realMs: hopRealMs, passedMs: 0, hops: shown });
      at = goal;
    }
    if (at < toMs || hopTimes.length === 0) this.stretches.push({ fromMs: at, toMs, realMs: strideRealMs, passedMs: 0, hops: shown });
    if (hopTimes.length > 0) {
      this.strideMs = firstStrideMs;
      this.waitedMs = 0;
    } else {
      this.waitedMs += toMs - fromMs;
      this.strideMs = Math.min(longestStrideMs, this.strideMs * 1.6);
    }
  }

  /** Time passes for the person; returns the moment to show and how many hops, or undefined when all was shown. */
  pass(realMs: number): { readonly atMs: number; readonly hops: number } | undefined {
    let left = realMs;
    let shown: { readonly atMs: number; readonly hops: number } | undefined;
    for (;;) {
      const stretch = this.stretches[0];
      if (stretch === undefined) return shown;
      const need = stretch.realMs - stretch.passedMs;
      if (left < need) {
        stretch.passedMs += left;
        const share = stretch.passedMs / stretch.realMs;
        return { atMs: stretch.fromMs + (stretch.toMs - stretch.fromMs) * share, hops: shown?.hops ?? stretch.hops - (stretch.realMs === hopRealMs ? 1 : 0) };
      }
      left -= need;
      this.stretches.shift();
      shown = { atMs: stretch.toMs, hops: stretch.hops };
    }
  }
}
