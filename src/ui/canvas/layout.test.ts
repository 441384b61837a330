import { describe, expect, test } from 'vitest';
import type { MachineRecord } from '../../scene/records.ts';
import { chipPrograms, chipRect, layoutMachines, type Rect } from './layout.ts';
import { gridFor, shortPodName, slotAt, slotRect } from './pod-grid.ts';

function machines(masters: number, workers: number): MachineRecord[] {
  const one = (name: string, role: MachineRecord['role'], slot: number): MachineRecord => ({ table: 'machine', id: `machine:${name}`, name, role, address: '', zone: '', on: true, slot, images: [] });
  return [
    one('laptop', 'client', 0), one('traffic', 'traffic', 0), ...['a', 'b', 'c'].map((name, slot) => one(name, 'registry', slot)),
    ...(masters > 1 ? [one('lb', 'load-balancer', 0)] : []),
    ...Array.from({ length: masters }, (_, slot) => one(`m${slot}`, 'master', slot)), ...Array.from({ length: workers }, (_, slot) => one(`w${slot}`, 'worker', slot)),
  ];
}
const apart = (a: Rect, b: Rect) => a.x + a.w <= b.x + 0.01 || b.x + b.w <= a.x + 0.01 || a.y + a.h <= b.y + 0.01 || b.y + b.h <= a.y + 0.01;

describe('places of machines', () => {
  for (const [masters, workers] of [[1, 3], [3, 3], [1, 0], [3, 20], [0, 3], [5, 2]] as const) {
    for (const portrait of [false, true]) {
      test(`${masters} masters, ${workers} workers${portrait ? ', portrait' : ''}: nothing overlaps, all is inside`, () => {
        const layout = layoutMachines(machines(masters, workers), portrait);
        const boxes = [...layout.boxes.values()];
        for (const [at, box] of boxes.entries()) {
          expect(box.x).toBeGreaterThanOrEqual(0);
          expect(box.x + box.w).toBeLessThanOrEqual(layout.width + 0.01);
          expect(box.y + box.h).toBeLessThanOrEqual(layout.height + 0.01);
          for (const other of boxes.slice(at + 1)) expect(apart(box, other), `${box.name} and ${other.name}`).toBe(true);
        }
      });
    }
  }

  test('a machine stands where it stood when another loses power or a worker more comes up in another row', () => {
    const before = layoutMachines(machines(1, 3)).boxes.get('w1');
    const after = layoutMachines(machines(1, 3).map((machine) => (machine.name === 'w0' ? { ...machine, on: false } : machine))).boxes.get('w1');
    expect(after).toEqual(before);
  });

  test('chips of a master neither overlap each other nor the pods', () => {
    const box = layoutMachines(machines(3, 3)).boxes.get('m0');
    if (box?.podArea === undefined) throw new Error('no master');
    const area: Rect = { ...box.podArea, x: box.podArea.x - box.x, y: box.podArea.y - box.y };
    const rects = Object.keys(chipPrograms).flatMap((program) => chipRect(box, program) ?? []);
    for (const [at, rect] of rects.entries()) {
      expect(apart(rect, area)).toBe(true);
      for (const other of rects.slice(at + 1)) expect(apart(rect, other)).toBe(true);
    }
  });
});

describe('places of pods', () => {
  test('more pods, smaller marks, and never less than fit', () => {
    const area = { w: 246, h: 150 };
    expect([3, 11, 60, 400, 5000].map((count) => gridFor(area, count).mode)).toEqual(['label', 'mark', 'dot', 'field', 'field']);
  });
  test('a slot is found again where it is drawn', () => {
    const grid = gridFor({ w: 246, h: 150 }, 40);
    for (let slot = 0; slot < 40; slot += 1) {
      const rect = slotRect(grid, slot);
      expect(slotAt(grid, rect.x + rect.w / 2, rect.y + rect.h / 2)).toBe(slot);
    }
  });
  test('names lose what all siblings share', () => {
    expect(shortPodName('nginx-5c7588df-abcde')).toBe('nginx…abcde');
    expect(shortPodName('web-0')).toBe('web-0');
  });
});
