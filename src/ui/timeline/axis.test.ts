import { describe, expect, test } from 'vitest';
import { axisFor, roundEnd } from './axis.ts';

describe('axis of the timeline', () => {
  test('there and back again', () => {
    const axis = axisFor([1000, 4000, 300_000, 301_000], 310_000);
    for (const ms of [0, 500, 1000, 2500, 4000, 100_000, 300_000, 300_500, 309_000]) expect(axis.toMs(axis.toPart(ms))).toBeCloseTo(ms, 3);
  });
  test('a long quiet stretch is folded', () => {
    const axis = axisFor([1000, 4000, 300_000], 302_000);
    expect(axis.folds).toHaveLength(1);
    expect(axis.toPart(300_000) - axis.toPart(4000)).toBeLessThan(0.5);
  });
  test('later is further right', () => {
    const axis = axisFor([10, 90_000, 91_000, 500_000], 600_000);
    let before = -1;
    for (let ms = 0; ms <= 600_000; ms += 777) {
      const part = axis.toPart(ms);
      expect(part).toBeGreaterThanOrEqual(before);
      before = part;
    }
    expect(axis.toPart(600_000)).toBeLessThanOrEqual(1);
  });
  test('ends are rounded up, so that marks stand still', () => {
    expect([9_000, 11_000, 61_000].map(roundEnd)).toEqual([10_000, 20_000, 120_000]);
  });
});
