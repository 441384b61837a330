// The flow that a person follows: its root, how many of its hops the page has, and the pace at which they are shown.
import type { EventId } from '../kernel/host.ts';
import type { TraceEvent } from '../kernel/world.ts';
import type { LiveRun } from './live-run.ts';
import { FlowPace } from './pace.ts';
import type { Hop } from './protocol.ts';

const followedLine = /^\s*kubectl\b.*\b(apply|create|run|replace)\b/;
const noHops: readonly Hop[] = [];

/** Whether a line, or a request from outside, is one whose journey is followed by itself. */
function isFollowed({ data }: TraceEvent): boolean {
  if (data.type === 'shell.line') return followedLine.test((data as unknown as { readonly line: string }).line);
  if (data.type !== 'gateway.request') return false;
  const { method, path } = data as unknown as { readonly method: string; readonly path: string };
  return ['POST', 'PUT', 'PATCH'].includes(method) && !/\/(authorization|authentication)\.k8s\.io\/|\/(exec|attach|portforward|proxy)\b/.test(path);
}

export class FollowedFlow {
  root: EventId | undefined;
  private pace: FlowPace | undefined;
  /** The next root that is worth it is followed by itself. */
  private takesNext = false;
  private wantsPace = false;
  private sentHops = 0;
  /** So many hops may be shown; more may be known. */
  private openHops = 0;

  /** Whether the picture lags behind the run, to show hop by hop. */
  get isPaced(): boolean {
    return this.pace !== undefined;
  }

  hops(live: LiveRun | undefined): readonly Hop[] {
    if (this.root === undefined) return noHops;
    return (live?.scene.flow(this.root) as readonly Hop[] | undefined) ?? noHops;
  }

  /** `root` 0: the next that is worth it; undefined: none. */
  wish(root: EventId | undefined, paced: boolean): void {
    this.wantsPace = paced;
    this.takesNext = root === 0;
    this.sentHops = 0;
    if (root === undefined) this.root = undefined;
  }

  turnTo(root: EventId, live: LiveRun, isPast: boolean): void {
    this.root = root;
    const flow = live.scene.flows.get(root) ?? live.scene.flows.get(live.scene.trace.root(root));
    this.openHops = flow?.hops.length ?? 0;
    if (this.wantsPace && !isPast && flow !== undefined && !flow.done) this.pace = new FlowPace();
  }

  /** A root began in the run: the flow that is waited for turns to it. */
  notice(live: LiveRun, shownMs: number): void {
    const root = live.lastRoot;
    if (root === undefined || root.id === this.root || !this.takesNext || !isFollowed(root)) return;
    this.root = root.id;
    this.sentHops = 0;
    this.openHops = Infinity;
    if (!this.wantsPace) return;
    this.openHops = 0;
    this.pace = new FlowPace();
    const hops = live.scene.flows.get(root.id)?.hops ?? [];
    this.pace.ran(shownMs, live.nowMs, hops.map((hop) => hop.atMs), hops.length);
  }

  /** Another run is shown: the page has none of its hops. */
  restart(live: LiveRun): void {
    this.sentHops = 0;
    if (this.root === undefined) return;
    const flow = live.scene.flows.get(this.root);
    if (flow === undefined) this.root = undefined;
    this.openHops = flow?.hops.length ?? 0;
  }

  dropPace(): void {
    this.pace = undefined;
  }

  /** Everything that is known is shown. */
  openAll(): void {
    this.pace = undefined;
    this.openHops = Infinity;
  }

  /** `passedMs` of real time at the flow's pace; returns the moment of the run to show. */
  advance(live: LiveRun, shownMs: number, passedMs: number, stopper: () => () => boolean): number {
    const pace = this.pace as FlowPace;
    const shown = pace.pass(passedMs);
    if (shown !== undefined) this.openHops = shown.hops;
    if (pace.stretches.length > 0) return Math.max(shownMs, shown?.atMs ?? shownMs);
    const fromMs = live.nowMs;
    const flow = live.scene.flows.get(this.root ?? 0);
    this.openHops = flow?.hops.length ?? Infinity;
    if (flow === undefined || flow.done || pace.weary) {
      this.openAll();
      return fromMs;
    }
    const had = flow.hops.length;
    const { roots } = live;
    const stop = stopper();
    live.advance(fromMs + pace.strideLimitMs, () => flow.hops.length !== had || live.roots !== roots || stop());
    pace.ran(fromMs, live.nowMs, flow.hops.slice(had).map((hop) => hop.atMs), flow.hops.length);
    return fromMs;
  }

  /** Hops that may be shown and that the page does not have. */
  takeFresh(live: LiveRun, isPast: boolean): readonly Hop[] {
    const hops = this.hops(live);
    const upTo = isPast ? hops.length : Math.min(hops.length, this.openHops);
    if (upTo <= this.sentHops) return noHops;
    const fresh = hops.slice(this.sentHops, upTo);
    this.sentHops = upTo;
    return fresh;
  }
}
