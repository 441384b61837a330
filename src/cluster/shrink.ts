// Cuts a failing schedule of faults down to a short one that still fails the same way: delta debugging (Zeller's ddmin) over the list, then over
// how long each fault lasts. Pure: `fails` runs the simulation.
import type { PlannedFault } from './faults.ts';

export interface Shrunk {
  readonly faults: readonly PlannedFault[];
  /** Runs that it took. */
  readonly runs: number;
}

/** `fails(faults)` must be true for the given ones. At most `mostRuns` runs; what is found until then is the answer. */
export function shrinkFaults(faults: readonly PlannedFault[], fails: (faults: readonly PlannedFault[]) => boolean, mostRuns = 80): Shrunk {
  let runs = 0;
  const still = (candidate: readonly PlannedFault[]): boolean => runs < mostRuns && (runs++, fails(candidate));
  let current = shortenList(faults, still);
  current = shortenTimes(current, still);
  return { faults: current, runs };
}

function shortenList(faults: readonly PlannedFault[], still: (candidate: readonly PlannedFault[]) => boolean): readonly PlannedFault[] {
  let current = faults;
  if (current.length > 0 && still([])) return [];
  for (let parts = 2; current.length > 1; ) {
    const size = Math.ceil(current.length / parts);
    let smaller: readonly PlannedFault[] | undefined;
    for (let from = 0; from < current.length && smaller === undefined; from += size) {
      const rest = [...current.slice(0, from), ...current.slice(from + size)];
      if (rest.length > 0 && still(rest)) smaller = rest;
    }
    if (smaller !== undefined) {
      current = smaller;
      parts = Math.max(parts - 1, 2);
    } else if (size === 1) break;
    else parts = Math.min(parts * 2, current.length);
  }
  return current;
}

function shortenTimes(faults: readonly PlannedFault[], still: (candidate: readonly PlannedFault[]) => boolean): readonly PlannedFault[] {
  let current = faults;
  for (let at = 0; at < current.length; at++) {
    for (;;) {
      const { atMs, fault } = current[at] as PlannedFault;
      if (!('forMs' in fault) || fault.forMs < 400) break;
      const shorter = current.map((each, n) => (n === at ? { atMs, fault: { ...fault, forMs: Math.floor(fault.forMs / 2) } } : each));
      if (!still(shorter)) break;
      current = shorter;
    }
  }
  return current;
}
