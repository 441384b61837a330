import { expect, it } from 'vitest';
import { simulate } from '../cluster/simulate.ts';
import { decodeLink, encodeLink } from './link.ts';
import { openCluster } from './open-cluster.ts';
import { RecordedRun } from './recorded-run.ts';
import { simulatedRun } from './simulated-run.ts';

it('a simulated seed, sent as a link and played as a session plays it, has the same history', () => {
  // One whose cluster has no nodes and one that has.
  for (const seed of [7, 6]) {
    const result = simulate({ seed, faultMs: 12_000 });
    expect(result.violations).toEqual([]);
    expect(Object.keys(result.injected).length).toBeGreaterThan(0);
    const { value, problems } = decodeLink(encodeLink({ run: simulatedRun(result), momentMs: result.virtualMs }));
    expect(problems).toEqual([]);
    const played = new RecordedRun(openCluster, (value as NonNullable<typeof value>).run);
    played.advance(result.virtualMs);
    expect(played.waitingCount).toBe(0);
    expect({ hash: played.world.hash, steps: played.world.steps }).toEqual({ hash: result.hash, steps: result.steps });
  }
});
