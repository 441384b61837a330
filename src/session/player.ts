// The player of a run: which moment is shown, and how it moves: playing, by steps, to the next hop or moment, back into the past.
import type { EventId, Family } from '../kernel/host.ts';
import { FollowedFlow } from './followed-flow.ts';
import type { LiveRun } from './live-run.ts';

/** Nothing but humming for so long counts as idle. */
const idleAfterMs = 1500;
const idleFactor = 25;
const searchLimitMs = 900_000;
const stepsPerLook = 128;

type Goal =
  | { readonly kind: 'hop'; readonly count: number; readonly untilMs: number }
  | { readonly kind: 'message'; readonly count: number; readonly untilMs: number }
  | { readonly kind: 'moment'; readonly count: number; readonly untilMs: number; readonly thenPlay: boolean };

export interface PlayerOptions {
  readonly realMs: () => number;
  /** How long one `pass` may take, in real milliseconds. */
  readonly budgetMs: number;
}

export class Player {
  readonly follow = new FollowedFlow();
  live: LiveRun | undefined;
  isPlaying = false;
  foldIdle = false;
  /** The moment shown; the run's end unless scrubbed back or paced. */
  shownMs = 0;
  isPast = false;
  /** Something may have changed that the page has not been told. */
  isDirty = true;
  private factor = 1;
  private goal: Goal | undefined;
  private readonly options: PlayerOptions;
  private lastInteresting = 0;
  private lastInterestingMs = 0;

  constructor(options: PlayerOptions) {
    this.options = options;
  }

  /** Virtual milliseconds for each real one, between 0.01 and 1000. */
  get speed(): number {
    return this.factor;
  }
  set speed(speed: number) {
    this.factor = Number.isFinite(speed) ? Math.min(1000, Math.max(0.01, speed)) : 1;
  }

  /** Whether something is looked for, as fast as it can be. */
  get isSearching(): boolean {
    return this.goal !== undefined;
  }

  touch(): void {
    this.isDirty = true;
  }

  /** Another run is on its way: what was wanted of this one is void. */
  leave(): void {
    this.goal = undefined;
    this.follow.dropPace();
    this.isPast = false;
  }

  /** Shows another run, at its end. */
  enter(live: LiveRun): void {
    this.live = live;
    this.shownMs = live.nowMs;
    this.lastInterestingMs = live.nowMs;
    this.follow.restart(live);
  }

  /** Something was done to the run. */
  noteDeed(): void {
    const { live } = this;
    if (live === undefined) return;
    this.touch();
    this.lastInterestingMs = live.nowMs;
    this.follow.notice(live, this.shownMs);
  }

  turnTo(root: EventId | undefined, paced: boolean): void {
    const { live, follow } = this;
    follow.wish(root, paced);
    if (root === undefined) return this.catchUp();
    if (root === 0 || live === undefined || follow.root === root) return;
    this.catchUp();
    follow.turnTo(root, live, this.isPast);
  }

  // ------------------------------------------------------------ moving in time

  /** What the run is ahead of the picture is shown at once. */
  catchUp(): void {
    if (!this.follow.isPaced) return;
    this.follow.openAll();
    if (this.live !== undefined && !this.isPast) this.shownMs = this.live.nowMs;
    this.touch();
  }

  pause(): void {
    this.isPlaying = false;
    this.goal = undefined;
  }

  /** One event of the kernel; in the past, one change of the picture. */
  step(): void {
    const { live } = this;
    if (live === undefined) return;
    this.isPlaying = false;
    if (this.isPast) {
      const next = live.scene.store.nextChangeMs();
      this.showPast(next !== undefined && next <= live.nowMs ? next : undefined);
      return;
    }
    this.catchUp();
    live.step();
    this.follow.notice(live, this.shownMs);
    this.shownMs = live.nowMs;
  }

  /** To the next hop of the followed flow. */
  nextHop(): void {
    const { live } = this;
    if (live === undefined) return;
    const hops = this.follow.hops(live);
    if (this.isPast) return this.showPast(hops.find((hop) => hop.atMs > this.shownMs)?.atMs);
    this.catchUp();
    this.isPlaying = false;
    this.goal = { kind: 'hop', count: hops.length, untilMs: live.nowMs + searchLimitMs };
  }

  /** To the next thing on the timeline. */
  nextMoment(): void {
    const { live } = this;
    if (live === undefined) return;
    const moments = live.scene.moments.all;
    if (this.isPast) return this.showPast(moments.find((moment) => moment.atMs > this.shownMs)?.atMs);
    this.catchUp();
    this.goal = { kind: 'moment', count: moments.length, untilMs: live.nowMs + searchLimitMs, thenPlay: this.isPlaying };
  }

  /** To the next message of the family that leaves for another machine. */
  nextMessage(family: Family): void {
    const { live } = this;
    if (live === undefined) return;
    if (this.isPast) this.toLive();
    this.catchUp();
    this.isPlaying = false;
    live.watchedFamily = family;
    this.goal = { kind: 'message', count: live.departures, untilMs: live.nowMs + searchLimitMs };
  }

  seek(toMs: number): void {
    const { live } = this;
    if (live === undefined) return;
    if (!(toMs < live.nowMs)) return this.toLive();
    this.catchUp();
    this.goal = undefined;
    this.isPast = true;
    this.shownMs = Math.max(0, toMs);
  }

  /** undefined: there is no such moment before the end. */
  private showPast(atMs: number | undefined): void {
    if (atMs === undefined) this.toLive();
    else this.shownMs = atMs;
  }

  toLive(): void {
    const { live } = this;
    if (live === undefined) return;
    this.isPast = false;
    this.follow.openAll();
    this.shownMs = live.nowMs;
  }

  // ------------------------------------------------------------ time passes

  /** `passedMs` of real time. True when what was looked for has been found, or given up. */
  pass(passedMs: number): boolean {
    const { live, goal } = this;
    if (live === undefined) return false;
    if (goal !== undefined) return this.search(live, goal);
    if (!this.isPlaying) return false;
    if (this.isPast) this.passPast(live, passedMs);
    else if (this.follow.isPaced) this.passPaced(live, passedMs);
    else this.passLive(live, passedMs);
    this.touch();
    return false;
  }

  private passPast(live: LiveRun, passedMs: number): void {
    this.shownMs += passedMs * this.speed;
    if (this.shownMs >= live.nowMs) this.toLive();
  }

  private passLive(live: LiveRun, passedMs: number): void {
    const before = live.roots;
    const factor = this.foldIdle && this.isIdle(live) ? Math.max(1, Math.min(idleFactor, 100 / this.speed)) : 1;
    const stop = this.stopper();
    const { interesting } = live.scene;
    live.advance(live.nowMs + passedMs * this.speed * factor, () => live.roots !== before || (factor > 1 && live.scene.interesting !== interesting) || stop());
    this.shownMs = live.nowMs;
    if (live.roots !== before) this.follow.notice(live, this.shownMs);
  }

  private isIdle(live: LiveRun): boolean {
    if (live.scene.interesting !== this.lastInteresting) {
      this.lastInteresting = live.scene.interesting;
      this.lastInterestingMs = live.nowMs;
    }
    return live.nowMs - this.lastInterestingMs > idleAfterMs;
  }

  private passPaced(live: LiveRun, passedMs: number): void {
    const before = live.roots;
    this.shownMs = this.follow.advance(live, this.shownMs, passedMs, () => this.stopper());
    if (live.roots !== before) this.follow.notice(live, this.shownMs);
  }

  private search(live: LiveRun, goal: Goal): boolean {
    const stop = this.stopper();
    const reached = { hop: () => this.follow.hops(live).length, message: () => live.departures, moment: () => live.scene.moments.all.length }[goal.kind];
    const isMet = (): boolean => reached() > goal.count;
    live.advance(goal.untilMs, () => isMet() || stop());
    // What leaves at the same moment can be read and stopped together.
    if (goal.kind === 'message' && isMet()) live.advance(live.nowMs);
    this.shownMs = live.nowMs;
    this.follow.notice(live, this.shownMs);
    this.touch();
    if (!isMet() && live.nowMs < goal.untilMs) return false;
    this.goal = undefined;
    live.watchedFamily = undefined;
    this.isPlaying = goal.kind === 'moment' && goal.thenPlay;
    return true;
  }

  /** True once the budget of this call is used up; looks at the clock now and then only. */
  stopper(): () => boolean {
    const { realMs, budgetMs } = this.options;
    const until = realMs() + budgetMs;
    let count = 0;
    let isOver = false;
    return () => {
      if (isOver || ++count < stepsPerLook) return isOver;
      count = 0;
      isOver = realMs() >= until;
      return isOver;
    };
  }
}
