// What the scheduler counts of its attempts.
import { Distribution, doubling, Tally } from '../../wire/metrics.ts';

export type AttemptResult = 'scheduled' | 'unschedulable' | 'error';

/** Above it attempts are not told apart. */
const mostLabelled = 15;

export class Measured {
  /** By result. */
  readonly attempts = new Tally();
  /** Seconds, by result. */
  readonly attemptSeconds = new Distribution(doubling(0.001));
  /** Attempts that a pod needed. */
  readonly attemptsNeeded = new Distribution(doubling(1));
  /** Seconds from the pod's arrival to its binding, by attempts. */
  readonly waitSeconds = new Distribution(doubling(0.01));
  /** Of each preemption that chose any. */
  readonly victims = new Distribution(doubling(1));
  preemptions = 0;

  attempt(result: AttemptResult, tookMs: number): void {
    this.attempts.add(result);
    this.attemptSeconds.observe(tookMs / 1000, result);
  }

  placed(attempts: number, waitedMs: number): void {
    this.attemptsNeeded.observe(attempts);
    this.waitSeconds.observe(waitedMs / 1000, attempts < mostLabelled ? String(attempts) : `${mostLabelled}+`);
  }

  preemption(victims: number): void {
    this.preemptions++;
    if (victims > 0) this.victims.observe(victims);
  }
}

export interface Measures {
  readonly counted: Measured;
  readonly pending: Readonly<Record<'active' | 'backoff' | 'unschedulable' | 'gated', number>>;
  readonly cached: Readonly<Record<'nodes' | 'pods' | 'assumed_pods', number>>;
}
