// What the page is sent while a run is shown: at most one frame for each paint, with what has changed since the last one.
import type { MessageEvent, TraceEvent } from '../kernel/world.ts';
import { isEmptyDiff } from '../scene/diff.ts';
import type { SceneDiff } from '../scene/records.ts';
import type { LiveRun } from './live-run.ts';
import type { Player } from './player.ts';
import type { Flight, Frame, FromSession, Moment } from './protocol.ts';

/** Real milliseconds between two frames, unless one must come at once. */
const frameMs = 15;
const mostFlightsPerFrame = 120;
const noFlights: readonly Flight[] = [];

export class Frames {
  /** Messages of these families are drawn. */
  families: ReadonlySet<string> = new Set(['client', 'watch', 'etcd', 'kubelet', 'image', 'control', 'data']);
  private readonly send: (message: FromSession) => void;
  private readonly realMs: () => number;
  private readonly player: Player;
  private seq = 0;
  private actualSpeed = 0;
  private lastRealMs = -Infinity;
  private lastShownMs = 0;
  private last: Pick<Frame, 'nowMs' | 'playing'> = { nowMs: -1, playing: false };
  /** Messages that leave later than the moment shown. */
  private pending: TraceEvent[] = [];

  constructor(send: (message: FromSession) => void, realMs: () => number, player: Player) {
    this.send = send;
    this.realMs = realMs;
    this.player = player;
  }

  /** The page is told of another run as a whole. */
  restart(live: LiveRun): void {
    const { scene, terminals } = live;
    scene.families = this.families;
    scene.takeFlights();
    scene.takeMoments();
    terminals.take();
    scene.store.moveToEnd();
    this.pending = [];
    this.lastShownMs = live.nowMs;
  }

  /** Sends a frame if there is something new and it is time for one; `isUrgent`: at once, and even if nothing is new. */
  show(isUrgent: boolean): void {
    const { player } = this;
    const { live, follow } = player;
    if (live === undefined || !player.isDirty) return;
    const now = this.realMs();
    const sinceMs = now - this.lastRealMs;
    if (!isUrgent && sinceMs < frameMs) return;
    player.isDirty = false;
    const { store } = live.scene;
    const diff: SceneDiff = player.isPast || follow.isPaced ? store.moveTo(player.shownMs) : store.moveToEnd();
    this.measure(sinceMs);
    const hops = follow.takeFresh(live, player.isPast);
    const frame: Frame = {
      seq: ++this.seq,
      nowMs: player.shownMs,
      endMs: player.isPast ? live.nowMs : player.shownMs,
      playing: player.isPlaying || player.isSearching,
      speed: player.speed,
      actualSpeed: this.actualSpeed,
      diff,
      flights: this.freshFlights(live),
      moments: live.scene.takeMoments() as readonly Moment[],
      hops,
    };
    for (const output of live.terminals.take()) this.send({ kind: 'terminal', output });
    this.lastRealMs = now;
    const isNews = !isEmptyDiff(diff) || frame.flights.length > 0 || frame.moments.length > 0 || hops.length > 0 || frame.nowMs !== this.last.nowMs || frame.playing !== this.last.playing;
    if (!isUrgent && !isNews) return;
    this.last = { nowMs: frame.nowMs, playing: frame.playing };
    this.send({ kind: 'frame', frame });
  }

  private measure(sinceMs: number): void {
    const { isPlaying, shownMs, follow } = this.player;
    const moved = shownMs - this.lastShownMs;
    this.lastShownMs = shownMs;
    if (!isPlaying || moved < 0 || !Number.isFinite(sinceMs) || sinceMs <= 0 || sinceMs > 1000) {
      if (!isPlaying) this.actualSpeed = 0;
      return;
    }
    const speed = moved / sinceMs;
    // A followed flow changes its pace all the time, and dots need the present one.
    this.actualSpeed = follow.isPaced || this.actualSpeed === 0 ? speed : this.actualSpeed * 0.8 + speed * 0.2;
  }

  private freshFlights(live: LiveRun): readonly Flight[] {
    const { isPast, follow, shownMs } = this.player;
    const taken = live.scene.takeFlights();
    if (isPast) {
      this.pending = [];
      return noFlights;
    }
    const events = this.pending.length === 0 ? taken : [...this.pending, ...taken];
    this.pending = follow.isPaced ? events.filter((event) => event.atMs > shownMs) : [];
    const due = follow.isPaced ? events.filter((event) => event.atMs <= shownMs) : events;
    return (due.length > mostFlightsPerFrame ? this.choose(live, due) : due).map(flightOf);
  }

  /** Too many to be seen: those of the followed flow first, then the newest. */
  private choose(live: LiveRun, events: readonly TraceEvent[]): readonly TraceEvent[] {
    const { root } = this.player.follow;
    const mine = root === undefined ? [] : events.filter((event) => live.scene.trace.root(event.id) === root);
    const rest = events.filter((event) => !mine.includes(event));
    return [...mine, ...rest.slice(-Math.max(0, mostFlightsPerFrame - mine.length))].slice(0, mostFlightsPerFrame);
  }
}

function flightOf(event: TraceEvent): Flight {
  const { from, to, family, note, arriveMs, lost } = event.data as MessageEvent;
  return { id: event.id, from, to, family, note, departMs: event.atMs, arriveMs, lost };
}
