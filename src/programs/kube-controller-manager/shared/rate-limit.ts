// Client-side throttling: a bucket of `burst` requests that refills with `qps` a second. Each controller's client has its own.
import type { Host } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';

export class RateLimit {
  private readonly host: Host;
  private readonly perMs: number;
  private readonly burst: number;
  private tokens: number;
  private filledMs = 0;

  constructor(host: Host, qps: number, burst: number) {
    this.host = host;
    this.perMs = qps / 1000;
    this.burst = burst;
    this.tokens = burst;
  }

  /** Waits for this request's turn. Turns are given in the order of asking. */
  *take(): Task<void> {
    if (this.perMs <= 0) return;
    const nowMs = this.host.clock.nowMs();
    this.tokens = Math.min(this.burst, this.tokens + (nowMs - this.filledMs) * this.perMs);
    this.filledMs = nowMs;
    this.tokens -= 1;
    if (this.tokens < 0) yield* this.host.clock.sleep(-this.tokens / this.perMs);
  }
}
