// One session: a run, what is shown of it, and how fast. Knows no Worker and no page: whoever owns it hands in messages and calls `advance`
// with the real time; everything it has to say goes to `send`. It gives the thread back after its budget, so that messages get in between.
import { AssertionFailure, CodeNotLoaded } from '../kernel/assert.ts';
import type { EventId, Family } from '../kernel/host.ts';
import type { MessageEvent, TraceEvent } from '../kernel/world.ts';
import { isEmptyDiff } from '../scene/diff.ts';
import type { SceneDiff } from '../scene/records.ts';
import { LiveRun } from './live-run.ts';
import type { OpenWorld } from './open-cluster.ts';
import { FlowPace } from './pace.ts';
import { protocolVersion, type Command, type Control, type Flight, type Frame, type FromSession, type Hop, type Moment, type Query, type Run, type ToSession } from './protocol.ts';
import { answer } from './queries.ts';
import { RefusedCommand } from './recorded-run.ts';

export interface SessionOptions {
  readonly open: OpenWorld;
  readonly send: (message: FromSession) => void;
  /** A clock of real time for budgets, in milliseconds. */
  readonly realMs: () => number;
  /** How long one `advance` may take. */
  readonly budgetMs?: number;
  /** The code that only a person's doing needs is still on its way: `toolsArrived` or `toolsFailed` will be called. */
  readonly toolsAreComing?: boolean;
}

/** These change only how the run is watched, and wait for nothing. */
const immediate: ReadonlySet<Control['control']> = new Set(['play', 'pause', 'speed', 'fold-idle', 'families', 'follow']);
const toolless: ReadonlySet<Query['query']> = new Set(['run', 'hash', 'presets']);

const frameMs = 15;
const longestPassMs = 100;
const stepsPerLook = 128;
/** Nothing but humming for so long counts as idle. */
const idleAfterMs = 1500;
const idleFactor = 25;
const searchLimitMs = 900_000;
const mostFlightsPerFrame = 120;
const followedLine = /^\s*kubectl\b.*\b(apply|create|run|replace)\b/;

type Goal =
  | { readonly kind: 'hop'; readonly count: number; readonly untilMs: number }
  | { readonly kind: 'message'; readonly count: number; readonly untilMs: number }
  | { readonly kind: 'moment'; readonly count: number; readonly untilMs: number; readonly thenPlay: boolean };

interface Beginning {
  readonly run: Run;
  readonly untilMs: number;
  readonly then: () => void;
}
interface Replay extends Omit<Beginning, 'run'> {
  readonly live: LiveRun;
}

function isOutside(command: Command): boolean {
  return command.do === 'request' || command.do === 'request-data' || command.do === 'request-end';
}

/** Whether a line, or a request from outside, is one whose journey is followed by itself. */
function isFollowed({ data }: TraceEvent): boolean {
  if (data.type === 'shell.line') return followedLine.test((data as unknown as { readonly line: string }).line);
  if (data.type !== 'gateway.request') return false;
  const { method, path } = data as unknown as { readonly method: string; readonly path: string };
  return ['POST', 'PUT', 'PATCH'].includes(method) && !/\/(authorization|authentication)\.k8s\.io\/|\/(exec|attach|portforward|proxy)\b/.test(path);
}

export class Session {
  private readonly open: OpenWorld;
  private readonly send: (message: FromSession) => void;
  private readonly realMs: () => number;
  private readonly budgetMs: number;
  private live: LiveRun | undefined;
  private replay: Replay | undefined;
  /** The run that is to be shown next, from the wish until it is. */
  private beginning: Beginning | undefined;
  private queued: ToSession[] = [];
  private dead = false;
  private tools: 'here' | 'coming' | 'failed';
  /** What waits for the tools: a command is recorded at the moment at which it is given to the run, and that is when they are there. */
  private held: ToSession[] = [];
  /** The run met code that is not there yet; it begins again when it is. */
  private stalled = false;

  private playing = false;
  private speed = 1;
  private foldIdle = false;
  /** The moment shown; the run's end unless scrubbed back or paced. */
  private shownMs = 0;
  private past = false;
  private goal: Goal | undefined;
  private followed: EventId | undefined;
  private followNext = false;
  private paced = false;
  private pace: FlowPace | undefined;
  /** Hops of the followed flow that were shown. */
  private sentHops = 0;
  private openHops = 0;

  private seq = 0;
  private lastRealMs = 0;
  private lastFrameRealMs = -Infinity;
  private lastShownMs = 0;
  private actualSpeed = 0;
  private dirty = true;
  private lastInteresting = 0;
  private lastInterestingMs = 0;
  private pendingFlights: TraceEvent[] = [];
  private families: ReadonlySet<string> = new Set(['client', 'watch', 'etcd', 'kubelet', 'image', 'control', 'data']);

  constructor(options: SessionOptions) {
    this.open = options.open;
    this.send = options.send;
    this.realMs = options.realMs;
    this.budgetMs = options.budgetMs ?? 12;
    this.tools = options.toolsAreComing === true ? 'coming' : 'here';
    this.lastRealMs = this.realMs();
    this.send({ kind: 'ready', version: protocolVersion });
  }

  // ------------------------------------------------------------ messages

  receive(message: ToSession): void {
    if (message.kind === 'control' && message.control.control === 'start') this.held = this.held.filter(({ kind }) => kind === 'query');
    if (this.mustWait(message)) {
      this.held.push(message);
      return;
    }
    if (this.replay !== undefined && !(message.kind === 'control' && message.control.control === 'start') && message.kind !== 'query') {
      this.queued.push(message);
      return;
    }
    this.guard(() => {
      switch (message.kind) {
        case 'command':
          this.command(message.id, message.command);
          break;
        case 'control':
          this.control(message.control);
          break;
        case 'query':
          this.query(message.id, message.query);
          break;
      }
    });
  }

  private mustWait(message: ToSession): boolean {
    if (this.tools !== 'coming') return false;
    switch (message.kind) {
      case 'command':
        return true;
      case 'query':
        return !toolless.has(message.query.query);
      case 'control': {
        const { control } = message;
        if (control.control === 'start') return control.run.inputs.length > 0;
        if (control.control === 'undo' || control.control === 'hop' || control.control === 'next-moment') return true;
        return !immediate.has(control.control) && this.held.some(({ kind }) => kind !== 'query');
      }
    }
  }

  /** The code for what people do is there. */
  toolsArrived(): void {
    this.tools = 'here';
    this.send({ kind: 'tools' });
    this.guard(() => {
      const { stalled, beginning, live } = this;
      this.stalled = false;
      if (stalled && beginning !== undefined) this.begin(beginning.run, beginning.untilMs, beginning.then);
      else if (stalled && live !== undefined) this.begin(live.run, this.shownMs, () => undefined);
      this.giveHeld();
    });
  }

  /** It will not come: the cluster goes on, but nothing can be done to it. */
  toolsFailed(problem: string): void {
    this.tools = 'failed';
    this.missing = problem;
    this.send({ kind: 'tools', problem });
    if (this.stalled) return this.crash(new AssertionFailure(problem));
    this.guard(() => this.giveHeld());
  }
  private missing = '';

  private giveHeld(): void {
    const { held } = this;
    this.held = [];
    for (const message of held) this.receive(message);
  }

  /** Whether there is work to do without waiting for the next paint. */
  get busy(): boolean {
    return !this.dead && !this.stalled && (this.replay !== undefined || this.goal !== undefined);
  }
  /** Whether time passes at all. */
  get running(): boolean {
    return !this.dead && !this.stalled && (this.playing || this.busy || this.dirty);
  }

  private guard(work: () => void): void {
    const missed = CodeNotLoaded.times;
    try {
      work();
    } catch (error) {
      if (!(error instanceof CodeNotLoaded)) return this.crash(error);
    }
    if (CodeNotLoaded.times === missed) return;
    // Whatever the run has become since, it is not its history: see CodeNotLoaded.
    if (this.tools === 'failed') this.crash(new AssertionFailure(this.missing));
    else this.stalled = true;
  }

  private crash(error: unknown): void {
    if (this.dead) return;
    this.dead = true;
    const run = (this.live ?? this.replay?.live)?.run ?? { version: protocolVersion, preset: 'default' as const, seed: 0, epochMs: 0, inputs: [] };
    const message = error instanceof Error ? (error instanceof AssertionFailure ? error.message : (error.stack ?? error.message)) : String(error);
    this.send({ kind: 'crashed', message, seed: run.seed, run });
  }

  private command(id: number, command: Command): void {
    const { live } = this;
    if (this.tools === 'failed') return this.send({ kind: 'refused', id, refusal: { key: 'no-tools', params: {} } });
    if (live === undefined) return this.send({ kind: 'refused', id, refusal: { key: 'no-run', params: {} } });
    if (isOutside(command)) {
      // A client outside knows no past: it does not fork the run, nor does it hurry what is being shown.
      if (this.past) this.toLive();
      return this.act(id, command);
    }
    if (this.past) {
      const untilMs = this.shownMs;
      const run: Run = { ...live.run, inputs: live.run.inputs.filter((input) => input.atMs <= untilMs) };
      this.begin(run, untilMs, () => this.act(id, command));
      return;
    }
    this.finishPace();
    this.act(id, command);
  }

  private act(id: number, command: Command): void {
    const live = this.live as LiveRun;
    try {
      const { event, atMs } = live.perform(command);
      this.touch();
      this.lastInterestingMs = live.nowMs;
      this.noticeRoot();
      this.send({ kind: 'accepted', id, event, atMs });
    } catch (error) {
      if (!(error instanceof RefusedCommand)) throw error;
      this.send({ kind: 'refused', id, refusal: error.refusal });
    }
    this.frame(true);
  }

  private query(id: number, query: Query): void {
    const live = this.live ?? this.replay?.live;
    const cannot = this.tools === 'failed' && !toolless.has(query.query);
    this.send({ kind: 'answer', id, answer: live === undefined || cannot ? undefined : answer(live, query, this.past ? this.shownMs : Infinity) });
  }

  // ------------------------------------------------------------ controls

  private control(control: Control): void {
    const { live } = this;
    switch (control.control) {
      case 'start':
        this.dead = false;
        this.stalled = false;
        this.replay = undefined;
        this.queued = [];
        this.playing = control.playing;
        this.speed = clampSpeed(control.speed);
        this.followed = undefined;
        this.pace = undefined;
        this.begin({ ...control.run, inputs: control.run.inputs }, control.untilMs ?? control.run.inputs.at(-1)?.atMs ?? 0, () => undefined);
        return;
      case 'play':
        this.playing = true;
        break;
      case 'pause':
        this.playing = false;
        this.goal = undefined;
        break;
      case 'speed':
        this.speed = clampSpeed(control.speed);
        break;
      case 'fold-idle':
        this.foldIdle = control.on;
        break;
      case 'families':
        this.families = new Set(control.show);
        if (live !== undefined) live.scene.families = this.families;
        break;
      case 'follow':
        this.follow(control.root, control.paced);
        break;
      case 'step':
        this.step();
        break;
      case 'hop':
        this.nextHop();
        break;
      case 'next-message':
        this.nextMessage(control.family);
        break;
      case 'next-moment':
        this.nextMoment();
        break;
      case 'seek':
        this.seek(control.toMs);
        break;
      case 'seek-by':
        this.seek(this.shownMs + control.byMs);
        break;
      case 'live':
        this.toLive();
        break;
      case 'undo':
        this.undo();
        return;
      case 'reset':
        if (live !== undefined) this.begin({ ...live.run, inputs: [] }, live.run.inputs[0]?.atMs ?? 0, () => undefined);
        return;
    }
    this.touch();
    this.frame(true);
  }

  private undo(): void {
    const { live } = this;
    const last = live?.run.inputs.at(-1);
    if (live === undefined || last === undefined) return;
    this.begin({ ...live.run, inputs: live.run.inputs.slice(0, -1) }, last.atMs, () => undefined);
  }

  /** Opens a run and plays it up to a moment; what is shown stays until it is there. */
  private begin(run: Run, untilMs: number, then: () => void): void {
    this.goal = undefined;
    this.pace = undefined;
    this.past = false;
    this.beginning = { run, untilMs, then };
    const live = new LiveRun(this.open, { ...run, version: protocolVersion });
    this.replay = { live, untilMs, then };
    if (untilMs <= 0) this.endReplay();
  }

  private workReplay(): void {
    const replay = this.replay as Replay;
    const stop = this.stopper();
    replay.live.advance(replay.untilMs, stop);
    if (replay.live.nowMs >= replay.untilMs) this.endReplay();
  }

  private endReplay(): void {
    const { live, then, untilMs } = this.replay as Replay;
    live.advance(Math.max(untilMs, live.nowMs));
    this.replay = undefined;
    this.beginning = undefined;
    this.live = live;
    live.scene.families = this.families;
    live.doorway.onAnswer = (id, outside) => this.send({ kind: 'outside', id, answer: outside });
    live.scene.takeFlights();
    live.scene.takeMoments();
    live.terminals.take();
    live.scene.store.moveToEnd();
    this.pendingFlights = [];
    this.shownMs = live.nowMs;
    this.lastShownMs = live.nowMs;
    this.lastInterestingMs = live.nowMs;
    this.lastRealMs = this.realMs();
    if (this.followed !== undefined) {
      const flow = live.scene.flows.get(this.followed);
      if (flow === undefined) this.followed = undefined;
      this.openHops = flow?.hops.length ?? 0;
    }
    this.sentHops = 0;
    this.send({ kind: 'restart', run: live.run, scene: live.scene.store.shownRecords(), moments: live.scene.moments.all as readonly Moment[], terminal: live.terminals.outputs, nowMs: live.nowMs });
    then();
    this.touch();
    this.frame(true);
    const queued = this.queued;
    this.queued = [];
    for (const message of queued) this.receive(message);
  }

  private follow(root: EventId | undefined, paced: boolean): void {
    const { live } = this;
    this.paced = paced;
    this.followNext = root === 0;
    this.sentHops = 0;
    if (root === undefined) {
      this.followed = undefined;
      this.finishPace();
      return;
    }
    if (root === 0 || live === undefined) return;
    if (this.followed === root) return;
    this.finishPace();
    this.followed = root;
    const flow = live.scene.flows.get(root) ?? live.scene.flows.get(live.scene.trace.root(root));
    this.openHops = flow?.hops.length ?? 0;
    if (paced && !this.past && flow !== undefined && !flow.done) this.pace = new FlowPace();
  }

  /** A new line was taken by a shell: the flow that follows the next apply turns to it. */
  private noticeRoot(): void {
    const root = this.live?.lastRoot;
    if (root === undefined || root.id === this.followed || !this.followNext || !isFollowed(root)) return;
    this.followed = root.id;
    this.sentHops = 0;
    this.openHops = 0;
    if (this.paced) {
      this.pace = new FlowPace();
      const hops = this.live?.scene.flows.get(root.id)?.hops ?? [];
      this.pace.ran(this.shownMs, (this.live as LiveRun).nowMs, hops.map((hop) => hop.atMs), hops.length);
    } else this.openHops = Infinity;
  }

  private flowHops(): readonly Hop[] {
    if (this.followed === undefined) return noHops;
    return (this.live?.scene.flow(this.followed) as readonly Hop[] | undefined) ?? noHops;
  }

  // ------------------------------------------------------------ moving in time

  private touch(): void {
    this.dirty = true;
  }

  /** What the run is ahead of the picture is shown at once. */
  private finishPace(): void {
    if (this.pace === undefined) return;
    this.pace = undefined;
    this.openHops = Infinity;
    if (this.live !== undefined && !this.past) this.shownMs = this.live.nowMs;
    this.touch();
  }

  private step(): void {
    const { live } = this;
    if (live === undefined) return;
    this.playing = false;
    if (this.past) {
      const next = live.scene.store.nextChangeMs();
      if (next === undefined || next > live.nowMs) this.toLive();
      else this.shownMs = next;
      return;
    }
    this.finishPace();
    live.step();
    this.noticeRoot();
    this.shownMs = live.nowMs;
  }

  private nextHop(): void {
    const { live } = this;
    if (live === undefined) return;
    const hops = this.flowHops();
    if (this.past) {
      const next = hops.find((hop) => hop.atMs > this.shownMs);
      if (next === undefined) this.toLive();
      else this.shownMs = next.atMs;
      return;
    }
    this.finishPace();
    this.playing = false;
    this.goal = { kind: 'hop', count: hops.length, untilMs: live.nowMs + searchLimitMs };
  }

  private nextMoment(): void {
    const { live } = this;
    if (live === undefined) return;
    if (this.past) {
      const next = live.scene.moments.all.find((moment) => moment.atMs > this.shownMs);
      if (next === undefined) this.toLive();
      else this.shownMs = next.atMs;
      return;
    }
    this.finishPace();
    this.goal = { kind: 'moment', count: live.scene.moments.all.length, untilMs: live.nowMs + searchLimitMs, thenPlay: this.playing };
  }

  private nextMessage(family: Family): void {
    const { live } = this;
    if (live === undefined) return;
    if (this.past) this.toLive();
    this.finishPace();
    this.playing = false;
    live.watchedFamily = family;
    this.goal = { kind: 'message', count: live.departures, untilMs: live.nowMs + searchLimitMs };
  }

  private seek(toMs: number): void {
    const { live } = this;
    if (live === undefined) return;
    if (!(toMs < live.nowMs)) return this.toLive();
    this.finishPace();
    this.goal = undefined;
    this.past = true;
    this.shownMs = Math.max(0, toMs);
  }

  private toLive(): void {
    const { live } = this;
    if (live === undefined) return;
    this.past = false;
    this.pace = undefined;
    this.openHops = Infinity;
    this.shownMs = live.nowMs;
  }

  // ------------------------------------------------------------ time passes

  /** Lets real time pass: call about once per paint, or at once again while `busy`. */
  advance(): void {
    if (this.dead || this.stalled) return;
    const now = this.realMs();
    const passedMs = Math.min(longestPassMs, Math.max(0, now - this.lastRealMs));
    this.lastRealMs = now;
    this.guard(() => this.pass(passedMs));
  }

  private pass(passedMs: number): void {
    if (this.replay !== undefined) return this.workReplay();
    const { live } = this;
    if (live === undefined) return;
    if (this.goal !== undefined) this.workGoal(live, this.goal);
    else if (this.playing) {
      if (this.past) this.passPast(live, passedMs);
      else if (this.pace !== undefined) this.passPaced(live, this.pace, passedMs);
      else this.passLive(live, passedMs);
    }
    this.frame(false);
  }

  private passPast(live: LiveRun, passedMs: number): void {
    this.shownMs += passedMs * this.speed;
    if (this.shownMs >= live.nowMs) this.toLive();
    this.touch();
  }

  private passLive(live: LiveRun, passedMs: number): void {
    const before = live.roots;
    const factor = this.foldIdle && this.idle(live) ? Math.max(1, Math.min(idleFactor, 100 / this.speed)) : 1;
    const stop = this.stopper();
    const interesting = live.scene.interesting;
    live.advance(live.nowMs + passedMs * this.speed * factor, () => live.roots !== before || (factor > 1 && live.scene.interesting !== interesting) || stop());
    this.shownMs = live.nowMs;
    this.touch();
    if (live.roots !== before) this.noticeRoot();
  }

  private idle(live: LiveRun): boolean {
    if (live.scene.interesting !== this.lastInteresting) {
      this.lastInteresting = live.scene.interesting;
      this.lastInterestingMs = live.nowMs;
    }
    return live.nowMs - this.lastInterestingMs > idleAfterMs;
  }

  private passPaced(live: LiveRun, pace: FlowPace, passedMs: number): void {
    const shown = pace.pass(passedMs);
    this.touch();
    if (shown !== undefined) {
      this.shownMs = Math.max(this.shownMs, shown.atMs);
      this.openHops = shown.hops;
    }
    if (pace.stretches.length > 0) return;
    this.shownMs = live.nowMs;
    const flow = live.scene.flows.get(this.followed ?? 0);
    this.openHops = flow?.hops.length ?? Infinity;
    if (flow === undefined || flow.done || pace.weary) {
      this.pace = undefined;
      this.openHops = Infinity;
      return;
    }
    const fromMs = live.nowMs;
    const had = flow.hops.length;
    const stop = this.stopper();
    const roots = live.roots;
    live.advance(fromMs + pace.strideLimitMs, () => flow.hops.length !== had || live.roots !== roots || stop());
    pace.ran(fromMs, live.nowMs, flow.hops.slice(had).map((hop) => hop.atMs), flow.hops.length);
    if (live.roots !== roots) this.noticeRoot();
  }

  private workGoal(live: LiveRun, goal: Goal): void {
    const stop = this.stopper();
    const reached = { hop: () => this.flowHops().length, message: () => live.departures, moment: () => live.scene.moments.all.length }[goal.kind];
    const met = () => reached() > goal.count;
    live.advance(goal.untilMs, () => met() || stop());
    // What leaves at the same moment can be read and stopped together.
    if (goal.kind === 'message' && met()) live.advance(live.nowMs);
    this.shownMs = live.nowMs;
    this.noticeRoot();
    this.touch();
    if (!met() && live.nowMs < goal.untilMs) return;
    this.goal = undefined;
    live.watchedFamily = undefined;
    this.playing = goal.kind === 'moment' && goal.thenPlay;
    this.frame(true);
  }

  /** True once the budget of this call is used up; looks at the clock now and then only. */
  private stopper(): () => boolean {
    const until = this.realMs() + this.budgetMs;
    let count = 0;
    let over = false;
    return () => {
      if (over || ++count < stepsPerLook) return over;
      count = 0;
      over = this.realMs() >= until;
      return over;
    };
  }

  // ------------------------------------------------------------ frames

  private frame(force: boolean): void {
    const { live } = this;
    if (live === undefined || this.replay !== undefined || !this.dirty) return;
    const now = this.realMs();
    const sinceMs = now - this.lastFrameRealMs;
    if (!force && sinceMs < frameMs) return;
    this.dirty = false;
    const { scene } = live;
    const ahead = this.past || this.pace !== undefined;
    const diff: SceneDiff = ahead ? scene.store.moveTo(this.shownMs) : scene.store.moveToEnd();
    this.measure(now, sinceMs);
    const hops = this.freshHops();
    const frame: Frame = {
      seq: ++this.seq,
      nowMs: this.shownMs,
      endMs: this.past ? live.nowMs : this.shownMs,
      playing: this.playing || this.goal !== undefined,
      speed: this.speed,
      actualSpeed: this.actualSpeed,
      diff,
      flights: this.freshFlights(live),
      moments: scene.takeMoments() as readonly Moment[],
      hops,
    };
    for (const output of live.terminals.take()) this.send({ kind: 'terminal', output });
    this.lastFrameRealMs = now;
    if (!force && isEmptyDiff(diff) && frame.flights.length === 0 && frame.moments.length === 0 && hops.length === 0 && frame.nowMs === this.lastFrameNowMs && frame.playing === this.lastFramePlaying) return;
    this.lastFrameNowMs = frame.nowMs;
    this.lastFramePlaying = frame.playing;
    this.send({ kind: 'frame', frame });
  }
  private lastFrameNowMs = -1;
  private lastFramePlaying = false;

  private measure(now: number, sinceMs: number): void {
    const moved = this.shownMs - this.lastShownMs;
    this.lastShownMs = this.shownMs;
    if (!this.playing || moved < 0 || !Number.isFinite(sinceMs) || sinceMs <= 0 || sinceMs > 1000) {
      if (!this.playing) this.actualSpeed = 0;
      return;
    }
    const speed = moved / sinceMs;
    // A followed flow changes its pace all the time, and dots need the present one.
    this.actualSpeed = this.pace !== undefined ? speed : this.actualSpeed === 0 ? speed : this.actualSpeed * 0.8 + speed * 0.2;
    void now;
  }

  private freshHops(): readonly Hop[] {
    const hops = this.flowHops();
    const upTo = this.past ? hops.length : Math.min(hops.length, this.openHops);
    if (upTo <= this.sentHops) return noHops;
    const fresh = hops.slice(this.sentHops, upTo);
    this.sentHops = upTo;
    return fresh;
  }

  private freshFlights(live: LiveRun): readonly Flight[] {
    const taken = live.scene.takeFlights();
    if (this.past) {
      this.pendingFlights = [];
      return noFlights;
    }
    let events = this.pendingFlights.length === 0 ? taken : [...this.pendingFlights, ...taken];
    if (this.pace !== undefined) {
      const later = events.filter((event) => event.atMs > this.shownMs);
      events = events.filter((event) => event.atMs <= this.shownMs);
      this.pendingFlights = later;
    } else this.pendingFlights = [];
    if (events.length > mostFlightsPerFrame) events = this.choose(live, events);
    return events.map(flightOf);
  }

  /** Too many to be seen: those of the followed flow first, then the newest. */
  private choose(live: LiveRun, events: readonly TraceEvent[]): TraceEvent[] {
    const mine = this.followed === undefined ? [] : events.filter((event) => live.scene.trace.root(event.id) === this.followed);
    const rest = events.filter((event) => !mine.includes(event));
    return [...mine, ...rest.slice(-Math.max(0, mostFlightsPerFrame - mine.length))].slice(0, mostFlightsPerFrame);
  }
}

const noHops: readonly Hop[] = [];
const noFlights: readonly Flight[] = [];

function flightOf(event: TraceEvent): Flight {
  const { from, to, family, note, arriveMs, lost } = event.data as MessageEvent;
  return { id: event.id, from, to, family, note, departMs: event.atMs, arriveMs, lost };
}

function clampSpeed(speed: number): number {
  return Number.isFinite(speed) ? Math.min(1000, Math.max(0.01, speed)) : 1;
}
