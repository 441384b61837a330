import { describe, expect, it } from 'vitest';
import { cutOff, type Placed } from './cut-line.ts';

const box = (name: string, x: number, y: number): Placed => ({ name, x, y, w: 10, h: 10 });
const row = [box('m1', 0, 0), box('m2', 20, 0), box('m3', 40, 0)];

describe('a line across the picture', () => {
  it('cuts off the smaller side, whichever way it is drawn', () => {
    expect(cutOff({ x: 15, y: -5 }, { x: 15, y: 20 }, row)).toEqual(['m1']);
    expect(cutOff({ x: 15, y: 20 }, { x: 15, y: -5 }, row)).toEqual(['m1']);
    expect(cutOff({ x: 35, y: -5 }, { x: 35, y: 20 }, row)).toEqual(['m3']);
  });
  it('goes on beyond its ends', () => expect(cutOff({ x: 15, y: 100 }, { x: 15, y: 120 }, row)).toEqual(['m1']));
  it('cuts nothing when all lie on one side, or it is a dot', () => {
    expect(cutOff({ x: -5, y: 0 }, { x: -5, y: 9 }, row)).toEqual([]);
    expect(cutOff({ x: 15, y: 0 }, { x: 15, y: 0 }, row)).toEqual([]);
  });
});
