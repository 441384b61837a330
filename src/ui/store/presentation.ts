// When what is shown changes. Frames arrive as fast as the simulation makes them; a message of a quarter of a millisecond could never be
// seen. So every dot flies at least `flightMs`, and the changes of its frame are put in place when it lands: picture and state agree.
// All of it runs on one clock that stops when the run is paused, so that a dot freezes in mid-air.
import type { Flight, Frame } from '../../session/protocol.ts';
import { showFrames } from './run-store.ts';
import { scene } from './scene-store.ts';
import { viewStore } from './view-store.ts';

export interface Dot {
  flight: Flight;
  readonly startMs: number;
  /** 0..1, never goes back; above 1 it has landed and lingers for the trail. */
  progress: number;
}

export const calmly = matchMedia('(prefers-reduced-motion: reduce)');
const flightMs = 360;
const mostDots = 90;
const blinkMs = 70;
/** From so many pods on, the scene is changed at most once in `crowdGapMs`. */
const crowdPods = 150;
const crowdGapMs = 110;
/** When frames take longer than they should, dots are painted half as often. */
const tiredGapMs = 30;
/** After a step, a hop or a command the clock runs on for this long, so that what it led to can land. */
const settleMs = 700;

interface Waiting {
  readonly frame: Frame;
  readonly dueMs: number;
}

let clockMs = 0;
let lastRealMs = 0;
let settleUntilMs = 0;
/** From the press on pause until the next thing a person does: dots hang in the air. */
let held = false;
const incoming: Frame[] = [];
let waiting: Waiting[] = [];
const dots = new Map<number, Dot>();
const lastOnWay = new Map<string, number>();
let lastReceived: { readonly frame: Frame; readonly clockMs: number } | undefined;
let lastApplyMs = 0;
let lastPaintMs = 0;
let frameGapMs = 16;
let hidden = 0;
let forget: ReturnType<typeof setTimeout> | undefined;
let scheduled = 0;
let wanted = false;
const painters = new Set<(nowMs: number) => boolean>();

export function dotsInFlight(): ReadonlyMap<number, Dot> {
  return dots;
}
/** Its message was dropped on the way: the dot falls. */
export function loseDot(id: number): void {
  const dot = dots.get(id);
  if (dot === undefined) return;
  dot.flight = { ...dot.flight, lost: true };
  wake();
}
/** Runs `paint` once per animation frame while anything moves; it returns true to be called again. */
export function onPaint(paint: (nowMs: number) => boolean): () => void {
  painters.add(paint);
  wake();
  return () => painters.delete(paint);
}

export function receiveFrame(frame: Frame): void {
  incoming.push(frame);
  if (document.hidden) {
    takeIncoming();
    applyDue(true);
  } else wake();
}

/** A person pressed pause or play: the picture obeys at once, before the simulation has heard of it. */
export function hold(on: boolean): void {
  held = on;
  wake();
}
/** Something will happen although the run is paused (a step, a command): let it be seen. */
export function expectChange(): void {
  held = false;
  settleUntilMs = Math.max(settleUntilMs, clockMs + 120);
  wake();
}
export function clearPresentation(): void {
  incoming.length = 0;
  waiting = [];
  dots.clear();
  lastReceived = undefined;
  settleUntilMs = clockMs;
  setHidden(0);
  wake();
}

export function wake(): void {
  // Called from within a tick, it only asks for another one: two at a time would breed.
  if (scheduled !== 0) {
    wanted = true;
    return;
  }
  lastRealMs = performance.now();
  scheduled = requestAnimationFrame(tick);
}

function tick(realMs: number): void {
  wanted = false;
  let again = true;
  try {
    again = work(realMs);
  } finally {
    scheduled = again || wanted || incoming.length > 0 ? requestAnimationFrame(tick) : 0;
  }
}

/** One frame of the picture; true when another one is needed. */
function work(realMs: number): boolean {
  const passed = Math.min(64, Math.max(0, realMs - lastRealMs));
  lastRealMs = realMs;
  takeIncoming();
  const playing = !held && (lastReceived?.frame.playing ?? true);
  const running = playing || clockMs < settleUntilMs;
  if (running) clockMs += passed;
  applyDue(false);
  moveDots();
  const ghosts = scene.sweepGhosts(realMs);
  let again = ghosts || (running && (waiting.length > 0 || dots.size > 0));
  frameGapMs = frameGapMs * 0.9 + passed * 0.1;
  if (frameGapMs > 24 && realMs - lastPaintMs < tiredGapMs) return true;
  lastPaintMs = realMs;
  for (const paint of painters) again = paint(clockMs) || again;
  return again;
}

function takeIncoming(): void {
  if (incoming.length === 0) return;
  for (const frame of incoming) {
    const before = lastReceived?.frame;
    const wentBack = before !== undefined && frame.nowMs < before.nowMs;
    const still = !frame.playing && frame.nowMs < frame.endMs;
    if (wentBack || still) {
      waiting = waiting.map((entry) => ({ frame: entry.frame, dueMs: clockMs }));
      dots.clear();
      setHidden(0);
    }
    const lag = wentBack || still || calmly.matches ? 0 : lagMs(frame);
    waiting.push({ frame, dueMs: Math.max(clockMs + lag, waiting.at(-1)?.dueMs ?? 0) });
    lastReceived = { frame, clockMs };
    if (!frame.playing && !held) settleUntilMs = Math.max(settleUntilMs, clockMs + settleMs);
    if (!wentBack) launch(frame.flights);
  }
  incoming.length = 0;
}

/** How long the picture waits for the dots: nothing when time runs so slowly that they are seen at their own pace. */
function lagMs(frame: Frame): number {
  if (frame.actualSpeed <= 0) return frame.flights.length === 0 && !frame.playing ? 0 : flightMs;
  return Math.min(flightMs, Math.max(0, flightMs - 0.25 / frame.actualSpeed));
}

/**
 * What is drawn of what flies: not more than can be told apart; the rest is counted, not hidden. Two on one way within a blink are one dot to the eye and
 * are one dot here.
 */
function launch(flights: readonly Flight[]): void {
  let room = mostDots - dots.size;
  let dropped = 0;
  for (const flight of flights) {
    if (dots.has(flight.id)) continue;
    const way = `${flight.from.machine}/${flight.from.process}>${flight.to.machine}/${flight.to.process}`;
    if (!flight.lost && clockMs - (lastOnWay.get(way) ?? -Infinity) < blinkMs) continue;
    if (room <= 0) {
      dropped += 1;
      continue;
    }
    room -= 1;
    lastOnWay.set(way, clockMs);
    dots.set(flight.id, { flight, startMs: clockMs, progress: 0 });
  }
  if (lastOnWay.size > 2000) lastOnWay.clear();
  if (dropped > 0) {
    setHidden(Math.max(dropped, hidden));
    clearTimeout(forget);
    forget = setTimeout(() => setHidden(0), 1200);
  }
}

function setHidden(count: number): void {
  if (count === hidden) return;
  hidden = count;
  viewStore.setState({ hiddenFlights: count });
}

function moveDots(): void {
  const received = lastReceived;
  for (const [id, dot] of dots) {
    const { departMs, arriveMs } = dot.flight;
    const least = (clockMs - dot.startMs) / flightMs;
    let progress = least;
    if (received !== undefined) {
      const speed = received.frame.playing ? received.frame.actualSpeed : 0;
      const ownMs = speed > 0 ? (arriveMs - departMs) / speed : 0;
      if (ownMs > flightMs) {
        const now = Math.min(received.frame.endMs, received.frame.nowMs + (clockMs - received.clockMs) * speed);
        progress = Math.min(least, (now - departMs) / (arriveMs - departMs));
        if (clockMs - dot.startMs > 20_000) progress = 2;
      }
    }
    dot.progress = Math.max(dot.progress, progress);
    if (dot.progress > 1.5) dots.delete(id);
  }
}

function applyDue(all: boolean): void {
  // A crowd changes a few times a second, not at every frame: its marks are too many to be told apart by the eye anyway.
  const realMs = performance.now();
  const crowd = scene.store.getState().pods.size > crowdPods;
  if (!all && crowd && realMs - lastApplyMs < crowdGapMs && (lastReceived?.frame.playing ?? false)) return;
  let count = 0;
  while (count < waiting.length && (all || (waiting[count]?.dueMs ?? 0) <= clockMs)) count += 1;
  if (count === 0) return;
  const frames = waiting.slice(0, count).map((entry) => entry.frame);
  waiting = waiting.slice(count);
  lastApplyMs = realMs;
  scene.applyFrame(frames.map((frame) => frame.diff), performance.now());
  showFrames(frames);
}
