// The timeline's axis: time to place and back. Long stretches in which nothing happened are folded to a fixed width.
export interface Axis {
  readonly endMs: number;
  readonly folds: readonly { readonly fromMs: number; readonly toMs: number; readonly at: number }[];
  /** 0..1 */
  toPart(ms: number): number;
  toMs(part: number): number;
}

const steps = [10, 20, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 3600, 7200, 14400, 43200, 86400];

/** Ends are rounded up, so that marks stand still while the run goes on. */
export function roundEnd(ms: number): number {
  const seconds = ms / 1000;
  const step = steps.find((one) => one * 0.985 > seconds);
  return (step ?? Math.ceil(seconds / 86400) * 86400) * 1000;
}

export function axisFor(times: readonly number[], endMs: number): Axis {
  const points = [0, ...times.filter((time) => time > 0 && time <= endMs), endMs].sort((a, b) => a - b);
  const shownEnd = roundEnd(endMs);
  const longest = Math.max(15_000, shownEnd * 0.12);
  const shownAs = longest * 0.4;
  // Pieces of the axis: real span and shown span.
  const pieces: { readonly fromMs: number; readonly toMs: number; readonly shown: number; readonly folded: boolean }[] = [];
  for (let at = 1; at < points.length; at += 1) {
    const fromMs = points[at - 1] ?? 0;
    const toMs = points[at] ?? fromMs;
    const gap = toMs - fromMs;
    if (gap <= 0) continue;
    const folded = gap > longest && at < points.length - 1;
    pieces.push({ fromMs, toMs, shown: folded ? shownAs : gap, folded });
  }
  const used = pieces.reduce((sum, piece) => sum + piece.shown, 0);
  const total = Math.max(1, roundEnd(used));
  pieces.push({ fromMs: endMs, toMs: endMs + (total - used), shown: total - used, folded: false });

  const toPart = (ms: number): number => {
    let before = 0;
    for (const piece of pieces) {
      if (ms <= piece.toMs) return (before + (piece.toMs === piece.fromMs ? 0 : (Math.max(0, ms - piece.fromMs) / (piece.toMs - piece.fromMs)) * piece.shown)) / total;
      before += piece.shown;
    }
    return 1;
  };
  return {
    endMs,
    folds: pieces.filter((piece) => piece.folded).map((piece) => ({ fromMs: piece.fromMs, toMs: piece.toMs, at: (toPart(piece.fromMs) + toPart(piece.toMs)) / 2 })),
    toPart,
    toMs(part) {
      let left = Math.max(0, Math.min(1, part)) * total;
      for (const piece of pieces) {
        if (left <= piece.shown) return Math.min(endMs, piece.fromMs + (piece.shown === 0 ? 0 : (left / piece.shown) * (piece.toMs - piece.fromMs)));
        left -= piece.shown;
      }
      return endMs;
    },
  };
}
