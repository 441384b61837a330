import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const options = { preset: 'ha', faultMs: 60_000 } as const;

describe('a seed of trouble', () => {
  for (const seed of [1, 13, 15]) {
    it(`${seed} breaks nothing, and the cluster recovers`, () => {
      const result = simulate({ ...options, seed });
      expect(result.violations).toEqual([]);
      expect(result.faults.length).toBeGreaterThan(0);
      expect(result.operations['update ok']).toBeGreaterThan(0);
    });
  }

  it('has the same history twice, watched or not, and another one than the next seed', () => {
    const short = { ...options, faultMs: 15_000 };
    const first = simulate({ ...short, seed: 7 });
    let seen = 0;
    const second = simulate({ ...short, seed: 7, watch: () => seen++ });
    expect(seen).toBeGreaterThan(0);
    expect({ hash: second.hash, steps: second.steps, operations: second.operations }).toEqual({ hash: first.hash, steps: first.steps, operations: first.operations });
    expect(simulate({ ...short, seed: 8 }).hash).not.toBe(first.hash);
  });
});
