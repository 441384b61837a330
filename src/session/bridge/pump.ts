// Virtual time follows real time, times a speed. Sleeps until something is due, and wakes at once when somebody outside wants something.
import type { World } from '../../kernel/world.ts';
import type { Command } from '../protocol.ts';
import type { RecordedRun } from '../recorded-run.ts';

const shortestSleepMs = 4;
const longestSleepMs = 250;
/** A stretch of work before other things of this process get their turn. */
const sliceMs = 25;

export class Pump {
  private readonly run: RecordedRun;
  private readonly world: World;
  private readonly speed: number;
  private baseRealMs: number;
  private baseVirtualMs: number;
  private timer: NodeJS.Timeout | undefined;
  private immediate: NodeJS.Immediate | undefined;
  private stopped = false;
  private readonly onCrash: (error: unknown) => void;

  constructor(run: RecordedRun, speed: number, onCrash: (error: unknown) => void) {
    const { world } = run;
    this.run = run;
    this.world = world;
    this.speed = speed;
    this.onCrash = onCrash;
    this.baseRealMs = performance.now();
    this.baseVirtualMs = world.nowMs;
  }

  /** From here on `virtualMs` is now; time that lies between is caught up with as fast as it goes. */
  start(virtualMs = this.world.nowMs): void {
    this.baseRealMs = performance.now();
    this.baseVirtualMs = virtualMs;
    this.wake();
  }

  stop(): void {
    this.stopped = true;
    if (this.timer !== undefined) clearTimeout(this.timer);
    if (this.immediate !== undefined) clearImmediate(this.immediate);
  }

  /** Something was put into the world: let it be looked at now. */
  readonly wake = (): void => {
    if (this.stopped || this.immediate !== undefined) return;
    if (this.timer !== undefined) clearTimeout(this.timer);
    this.timer = undefined;
    this.immediate = setImmediate(this.work);
  };

  /** Does it now; what follows from it is looked at at once. */
  perform(command: Command): void {
    if (this.stopped) return;
    try {
      this.run.perform(command);
    } catch (error) {
      this.stop();
      this.onCrash(error);
      return;
    }
    this.wake();
  }

  private readonly work = (): void => {
    this.immediate = undefined;
    this.timer = undefined;
    if (this.stopped) return;
    const began = performance.now();
    const goalMs = this.baseVirtualMs + (began - this.baseRealMs) * this.speed;
    let count = 0;
    let late = false;
    try {
      this.world.run(Math.max(goalMs, this.world.nowMs), () => {
        if ((++count & 127) === 0 && performance.now() - began > sliceMs) late = true;
        return late;
      });
    } catch (error) {
      this.stop();
      this.onCrash(error);
      return;
    }
    if (late) {
      // It cannot keep up: time that is lost is lost, after a second of debt.
      const debtMs = goalMs - this.world.nowMs;
      if (debtMs > 1000 * this.speed && this.world.nowMs > this.baseVirtualMs) this.baseVirtualMs -= debtMs - 1000 * this.speed;
      this.immediate = setImmediate(this.work);
      return;
    }
    const dueMs = (this.world.nextEventMs - goalMs) / this.speed;
    this.timer = setTimeout(this.work, Math.min(longestSleepMs, Math.max(shortestSleepMs, dueMs)));
  };
}
