// How the run is being watched: the moment shown, the end of the run, speed, what has been marked, the followed flow.
import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { Flight, Frame, Hop, Moment, Run } from '../../session/protocol.ts';
import type { EventId } from './types.ts';

export type Phase = 'starting' | 'booting' | 'live' | 'crashed' | 'unsupported';

export interface RunState {
  readonly phase: Phase;
  readonly run: Run | undefined;
  /** The moment shown, exactly as the last applied frame said. */
  readonly nowMs: number;
  readonly endMs: number;
  readonly playing: boolean;
  readonly speed: number;
  readonly actualSpeed: number;
  readonly foldIdle: boolean;
  /** Scrubbed back: what is shown is the past, and a command forks there. */
  readonly past: boolean;
  readonly moments: readonly Moment[];
  readonly hops: readonly Hop[];
  readonly following: EventId | undefined;
  /** How many commands can be taken back. */
  readonly inputs: number;
  readonly crash: { readonly message: string; readonly seed: number } | undefined;
}

const fresh: RunState = {
  phase: 'starting', run: undefined, nowMs: 0, endMs: 0, playing: true, speed: 1, actualSpeed: 0, foldIdle: false, past: false, moments: [], hops: [], following: undefined, inputs: 0, crash: undefined,
};

export const runStore = createStore<RunState>(() => fresh);

export function useRun<T>(select: (state: RunState) => T): T {
  return useStore(runStore, select);
}

export function restartRun(run: Run, moments: readonly Moment[], nowMs: number): void {
  runStore.setState({ run, moments, nowMs, endMs: nowMs, hops: [], past: false, inputs: run.inputs.length, crash: undefined });
}

/** Puts the facts of a frame in place; those of its scene are applied apart (see presentation). */
export function showFrames(frames: readonly Frame[]): void {
  const last = frames.at(-1);
  if (last === undefined) return;
  const state = runStore.getState();
  const moments = frames.flatMap((frame) => frame.moments);
  // Frames that were under way when the flow was let go still carry some of it.
  const hops = state.following === undefined ? [] : frames.flatMap((frame) => frame.hops);
  runStore.setState({
    nowMs: last.nowMs,
    endMs: last.endMs,
    playing: last.playing,
    speed: last.speed,
    actualSpeed: last.actualSpeed,
    past: last.nowMs < last.endMs - 0.0005,
    ...(moments.length === 0 ? {} : { moments: mergeMoments(state.moments, moments) }),
    ...(hops.length === 0 ? {} : { hops: mergeHops(state.hops, hops) }),
  });
}

function mergeMoments(old: readonly Moment[], more: readonly Moment[]): readonly Moment[] {
  const known = new Set(old.map((moment) => moment.id));
  const added = more.filter((moment) => !known.has(moment.id));
  return added.length === 0 ? old : [...old, ...added].sort((a, b) => a.atMs - b.atMs || a.id - b.id);
}

function mergeHops(old: readonly Hop[], more: readonly Hop[]): readonly Hop[] {
  const known = new Set(old.map((hop) => hop.event));
  const added = more.filter((hop) => !known.has(hop.event));
  return added.length === 0 ? old : [...old, ...added].sort((a, b) => a.atMs - b.atMs);
}

/** The last hop that has happened by the moment shown. */
export function currentHop(state: RunState): Hop | undefined {
  for (let at = state.hops.length - 1; at >= 0; at -= 1) {
    const hop = state.hops[at];
    if (hop !== undefined && hop.atMs <= state.nowMs + 0.0005) return hop;
  }
  return undefined;
}

export type { Flight };
