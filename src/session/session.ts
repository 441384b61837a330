// One session: a run, what is shown of it, and how fast. Knows no Worker and no page: whoever owns it hands in messages and calls `advance`
// with the real time; everything it has to say goes to `send`. It gives the thread back after its budget, so that messages get in between.
import { AssertionFailure, CodeNotLoaded } from '../kernel/assert.ts';
import { Frames } from './frames.ts';
import { LiveRun } from './live-run.ts';
import type { OpenWorld } from './open-cluster.ts';
import { Player } from './player.ts';
import { protocolVersion, type Command, type Control, type FromSession, type Moment, type Query, type Run, type ToSession } from './protocol.ts';
import { answer } from './queries.ts';
import { RefusedCommand } from './recorded-run.ts';
import { ToolsGate } from './tools-gate.ts';

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

/** Real time that passed unseen (a hidden tab, a debugger) counts for no more than this. */
const longestPassMs = 100;

/** A run that is opened and played up to a moment, to be shown then. */
interface Beginning {
  readonly run: Run;
  readonly untilMs: number;
  readonly then: (live: LiveRun) => void;
}
interface Replay extends Omit<Beginning, 'run'> {
  readonly live: LiveRun;
}

function isOutside(command: Command): boolean {
  return command.do === 'request' || command.do === 'request-data' || command.do === 'request-end';
}

export class Session {
  private readonly open: OpenWorld;
  private readonly send: (message: FromSession) => void;
  private readonly realMs: () => number;
  private readonly player: Player;
  private readonly frames: Frames;
  private readonly tools: ToolsGate;
  private replay: Replay | undefined;
  /** The run that is to be shown next, from the wish until it is. */
  private beginning: Beginning | undefined;
  private queued: ToSession[] = [];
  private isDead = false;
  /** The run met code that is not there yet; it begins again when it is. */
  private isStalled = false;
  private lastRealMs: number;

  constructor(options: SessionOptions) {
    this.open = options.open;
    this.send = options.send;
    this.realMs = options.realMs;
    this.player = new Player({ realMs: options.realMs, budgetMs: options.budgetMs ?? 12 });
    this.frames = new Frames(options.send, options.realMs, this.player);
    this.tools = new ToolsGate(options.toolsAreComing === true);
    this.lastRealMs = this.realMs();
    this.send({ kind: 'ready', version: protocolVersion });
  }

  // ------------------------------------------------------------ messages

  receive(message: ToSession): void {
    const isStart = message.kind === 'control' && message.control.control === 'start';
    if (isStart) this.tools.forgetDeeds();
    if (this.tools.hold(message)) return;
    if (this.replay !== undefined && !isStart && message.kind !== 'query') {
      this.queued.push(message);
      return;
    }
    this.guard(() => {
      switch (message.kind) {
        case 'command':
          return this.command(message.id, message.command);
        case 'control':
          return this.control(message.control);
        case 'query':
          return this.query(message.id, message.query);
      }
    });
  }

  /** The code for what people do is there. */
  toolsArrived(): void {
    this.tools.open();
    this.send({ kind: 'tools' });
    this.guard(() => {
      const { isStalled, beginning, player } = this;
      this.isStalled = false;
      if (isStalled && beginning !== undefined) this.begin(beginning.run, beginning.untilMs, beginning.then);
      else if (isStalled && player.live !== undefined) this.begin(player.live.run, player.shownMs, () => undefined);
      this.giveHeld();
    });
  }

  /** It will not come. */
  toolsFailed(problem: string): void {
    this.tools.fail(problem);
    this.send({ kind: 'tools', problem });
    if (this.isStalled) return this.crash(new AssertionFailure(problem));
    this.guard(() => this.giveHeld());
  }

  private giveHeld(): void {
    for (const message of this.tools.takeHeld()) this.receive(message);
  }

  /** Whether there is work to do without waiting for the next paint. */
  get busy(): boolean {
    return !this.isDead && !this.isStalled && (this.replay !== undefined || this.player.isSearching);
  }
  /** Whether time passes at all. */
  get running(): boolean {
    return !this.isDead && !this.isStalled && (this.player.isPlaying || this.busy || this.player.isDirty);
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
    if (this.tools.hasFailed) this.crash(new AssertionFailure(this.tools.problem));
    else this.isStalled = true;
  }

  private crash(error: unknown): void {
    if (this.isDead) return;
    this.isDead = true;
    const run = (this.player.live ?? this.replay?.live)?.run ?? { version: protocolVersion, preset: 'default' as const, seed: 0, epochMs: 0, inputs: [] };
    const message = error instanceof Error ? (error instanceof AssertionFailure ? error.message : (error.stack ?? error.message)) : String(error);
    this.send({ kind: 'crashed', message, seed: run.seed, run });
  }

  private command(id: number, command: Command): void {
    const { player } = this;
    const { live } = player;
    if (this.tools.hasFailed) return this.send({ kind: 'refused', id, refusal: { key: 'no-tools', params: {} } });
    if (live === undefined) return this.send({ kind: 'refused', id, refusal: { key: 'no-run', params: {} } });
    if (isOutside(command)) {
      // A client outside knows no past: it does not fork the run, nor does it hurry what is being shown.
      if (player.isPast) player.toLive();
      return this.act(live, id, command);
    }
    if (player.isPast) {
      const untilMs = player.shownMs;
      const run: Run = { ...live.run, inputs: live.run.inputs.filter((input) => input.atMs <= untilMs) };
      this.begin(run, untilMs, (forked) => this.act(forked, id, command));
      return;
    }
    player.catchUp();
    this.act(live, id, command);
  }

  private act(live: LiveRun, id: number, command: Command): void {
    try {
      const { event, atMs } = live.perform(command);
      this.player.noteDeed();
      this.send({ kind: 'accepted', id, event, atMs });
    } catch (error) {
      if (!(error instanceof RefusedCommand)) throw error;
      this.send({ kind: 'refused', id, refusal: error.refusal });
    }
    this.show(true);
  }

  private query(id: number, query: Query): void {
    const { player } = this;
    const live = player.live ?? this.replay?.live;
    this.send({ kind: 'answer', id, answer: live === undefined || this.tools.refuses(query) ? undefined : answer(live, query, player.isPast ? player.shownMs : Infinity) });
  }

  // ------------------------------------------------------------ controls

  private control(control: Control): void {
    switch (control.control) {
      case 'start':
        return this.start(control);
      case 'undo':
        return this.undo();
      case 'reset':
        return this.reset();
      default:
        this.turn(control);
        this.player.touch();
        this.show(true);
    }
  }

  /** A control of how the present run is watched. */
  private turn(control: Exclude<Control, { readonly control: 'start' | 'undo' | 'reset' }>): void {
    const { player } = this;
    switch (control.control) {
      case 'play':
        player.isPlaying = true;
        return;
      case 'pause':
        return player.pause();
      case 'speed':
        player.speed = control.speed;
        return;
      case 'fold-idle':
        player.foldIdle = control.on;
        return;
      case 'families':
        this.frames.families = new Set(control.show);
        if (player.live !== undefined) player.live.scene.families = this.frames.families;
        return;
      case 'follow':
        return player.turnTo(control.root, control.paced);
      case 'step':
        return player.step();
      case 'hop':
        return player.nextHop();
      case 'next-message':
        return player.nextMessage(control.family);
      case 'next-moment':
        return player.nextMoment();
      case 'seek':
        return player.seek(control.toMs);
      case 'seek-by':
        return player.seek(player.shownMs + control.byMs);
      case 'live':
        return player.toLive();
    }
  }

  private start({ run, untilMs, playing, speed }: Control & { readonly control: 'start' }): void {
    const { player } = this;
    this.isDead = false;
    this.isStalled = false;
    this.replay = undefined;
    this.queued = [];
    player.isPlaying = playing;
    player.speed = speed;
    player.follow.root = undefined;
    this.begin(run, untilMs ?? run.inputs.at(-1)?.atMs ?? 0, () => undefined);
  }

  /** The run without what was done last. */
  private undo(): void {
    const run = this.player.live?.run;
    const last = run?.inputs.at(-1);
    if (run !== undefined && last !== undefined) this.begin({ ...run, inputs: run.inputs.slice(0, -1) }, last.atMs, () => undefined);
  }

  /** The run as it was before anything was done. */
  private reset(): void {
    const run = this.player.live?.run;
    if (run !== undefined) this.begin({ ...run, inputs: [] }, run.inputs[0]?.atMs ?? 0, () => undefined);
  }

  // ------------------------------------------------------------ from run to run

  /** Opens a run and plays it up to a moment; what is shown stays until it is there. */
  private begin(run: Run, untilMs: number, then: (live: LiveRun) => void): void {
    this.player.leave();
    // Said first: opening may meet code that is not there yet, and the run begins again when it is.
    this.beginning = { run, untilMs, then };
    const live = new LiveRun(this.open, { ...run, version: protocolVersion });
    this.replay = { live, untilMs, then };
    if (untilMs <= 0) this.endReplay(this.replay);
  }

  private workReplay(replay: Replay): void {
    replay.live.advance(replay.untilMs, this.player.stopper());
    if (replay.live.nowMs >= replay.untilMs) this.endReplay(replay);
  }

  private endReplay({ live, then, untilMs }: Replay): void {
    live.advance(Math.max(untilMs, live.nowMs));
    this.replay = undefined;
    this.beginning = undefined;
    live.doorway.onAnswer = (id, outside) => this.send({ kind: 'outside', id, answer: outside });
    this.frames.restart(live);
    this.player.enter(live);
    this.lastRealMs = this.realMs();
    this.send({ kind: 'restart', run: live.run, scene: live.scene.store.shownRecords(), moments: live.scene.moments.all as readonly Moment[], terminal: live.terminals.outputs, nowMs: live.nowMs });
    then(live);
    this.player.touch();
    this.show(true);
    const { queued } = this;
    this.queued = [];
    for (const message of queued) this.receive(message);
  }

  // ------------------------------------------------------------ time passes

  /** Lets real time pass: call about once per paint, or at once again while `busy`. */
  advance(): void {
    if (this.isDead || this.isStalled) return;
    const now = this.realMs();
    const passedMs = Math.min(longestPassMs, Math.max(0, now - this.lastRealMs));
    this.lastRealMs = now;
    this.guard(() => {
      if (this.replay !== undefined) this.workReplay(this.replay);
      else this.show(this.player.pass(passedMs));
    });
  }

  /** While another run is on its way, the page keeps what it has. */
  private show(isUrgent: boolean): void {
    if (this.replay === undefined) this.frames.show(isUrgent);
  }
}
