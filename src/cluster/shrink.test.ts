import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { PlannedFault } from './faults.ts';
import { shrinkFaults } from './shrink.ts';

const plan = (machines: readonly string[]): PlannedFault[] => machines.map((machine, n) => ({ atMs: n * 1000, fault: { kind: 'power', machine, forMs: 8000 } }));
const machinesOf = (faults: readonly PlannedFault[]): string[] => faults.map(({ fault }) => ('machine' in fault ? fault.machine : ''));

it('leaves exactly what a failure needs, in its order, and no longer than it needs', () => {
  const faults = plan(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
  const fails = (candidate: readonly PlannedFault[]): boolean => {
    const machines = machinesOf(candidate);
    return machines.includes('c') && machines.indexOf('g') > machines.indexOf('c') && candidate.every(({ fault }) => !('forMs' in fault) || fault.forMs >= 1000);
  };
  const { faults: left, runs } = shrinkFaults(faults, fails);
  expect(machinesOf(left)).toEqual(['c', 'g']);
  expect(left.map(({ fault }) => ('forMs' in fault ? fault.forMs : 0))).toEqual([1000, 1000]);
  expect(runs).toBeLessThanOrEqual(80);
});

it('always ends with something that fails, within its runs', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 19 }), { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 40 }), (needed, most) => {
      const faults = plan(Array.from({ length: 20 }, (_, n) => String(n)));
      let count = 0;
      const fails = (candidate: readonly PlannedFault[]): boolean => (count++, needed.every((each) => machinesOf(candidate).includes(String(each))));
      const { faults: left, runs } = shrinkFaults(faults, fails, most);
      expect(runs).toBe(count);
      expect(runs).toBeLessThanOrEqual(most);
      expect(fails(left)).toBe(true);
    }),
  );
});
