import { describe, expect, it } from 'vitest';
import type { Hop } from '../../../session/protocol.ts';
import { FollowedFlows } from './followed-flows.ts';

const hop = (event: number, stage: Hop['stage']): Hop => ({ event, atMs: event, machine: 'm', process: 'p', sentence: { key: stage, params: {} }, stage, gapMs: 0, folded: false });

describe('the flows a lesson looks at', () => {
  it('go on after a second apply, and after following was stopped', async () => {
    let asked = 0;
    const whole = [hop(1, 'client'), hop(2, 'commit'), hop(5, 'bind')];
    const flows = new FollowedFlows((event) => Promise.resolve(event === 1 ? whole : undefined), () => { asked++; });
    const begun = whole.slice(0, 2);
    flows.see(begun);
    expect(flows.hops(begun)).toEqual(begun);
    flows.see([]);
    const second = [hop(9, 'client')];
    flows.see(second);
    expect(flows.hops(second).map(({ event }) => event)).toEqual([1, 2, 9]);
    flows.askAgain();
    await Promise.resolve();
    await Promise.resolve();
    expect(asked).toBe(1);
    expect(flows.hops(second).map(({ event }) => event)).toEqual([1, 2, 5, 9]);
    // Followed again, it is not counted twice.
    flows.see(whole);
    expect(flows.hops(whole).map(({ event }) => event)).toEqual([9, 1, 2, 5]);
    flows.clear();
    expect(flows.hops([])).toEqual([]);
  });
});
