import { describe, expect, it } from 'vitest';
import { drawScenario } from './scenario.ts';
import { simulate } from './simulate.ts';

describe('a seed of trouble', () => {
  for (const seed of [1, 13]) {
    it(`${seed} on ha breaks nothing, and the cluster recovers`, () => {
      const result = simulate({ preset: 'ha', faultMs: 60_000, seed });
      expect(result.violations).toEqual([]);
      expect(result.faults.length).toBeGreaterThan(0);
      expect(result.operations['update ok']).toBeGreaterThan(0);
    });
  }

  it('has the same history twice, watched or not, and another one than the next seed', () => {
    // A seed without nodes and a whole one.
    for (const seed of [7, 6]) {
      const options = { seed, faultMs: 15_000 } as const;
      const first = simulate(options);
      let seen = 0;
      const second = simulate({ ...options, watch: () => seen++ });
      expect(first.violations).toEqual([]);
      expect(seen).toBe(second.events);
      expect({ hash: second.hash, steps: second.steps, operations: second.operations }).toEqual({ hash: first.hash, steps: first.steps, operations: first.operations });
      // The schedule that was drawn, given back, is the same run: what shrinking relies on.
      expect(simulate({ ...options, faults: first.faults }).hash).toBe(first.hash);
      expect(simulate({ ...options, seed: seed + 100 }).hash).not.toBe(first.hash);
    }
  });
});

it('the scenarios of many seeds hold every size of store, stacked and external, with nodes and without', () => {
  const shapes = Array.from({ length: 400 }, (_, seed) => drawScenario(seed).shape);
  const members = new Set(shapes.map(({ masters, etcdMachines = 0 }) => etcdMachines || masters));
  expect([...members].sort()).toEqual([1, 2, 3, 5]);
  const count = (test: (shape: (typeof shapes)[number]) => boolean): number => shapes.filter(test).length;
  expect(count((each) => each.hardWay === true)).toBeGreaterThan(200);
  expect(count((each) => each.hardWay !== true)).toBeGreaterThan(60);
  expect(count((each) => (each.etcdMachines ?? 0) > 0)).toBeGreaterThan(60);
  expect(count((each) => (each.zones ?? 1) > 1)).toBeGreaterThan(50);
});
