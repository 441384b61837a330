// A simulated seed as a run: what was done to it are inputs, so that a page can show it.
import type { SimulationResult } from '../cluster/simulate.ts';
import { protocolVersion, type Run } from './protocol.ts';

/** As createCluster begins when nobody says otherwise. */
const epochMs = 1_767_225_600_000;

/** Played with the right programs, it has the same history: a planted bug does not show. */
export function simulatedRun({ seed, shape, deeds }: Pick<SimulationResult, 'seed' | 'shape' | 'deeds'>): Run {
  const cluster = typeof shape === 'string' ? { preset: shape } : { preset: 'ha' as const, shape };
  return { version: protocolVersion, ...cluster, seed, epochMs, inputs: deeds.map(({ atMs, deed }) => ({ atMs, command: deed })) };
}
