// The first seconds: the cluster is started fast, so that a whole control plane comes up while the reader watches, and falls to real time
// once everything is up.
import type { PresetName, Run } from '../../session/protocol.ts';
import { scene, type SceneState } from './scene-store.ts';
import { newRun, session } from './session-client.ts';
import { viewStore } from './view-store.ts';
import { runStore } from './run-store.ts';

const bootSpeed = 40;
const longestBootMs = 240_000;

export function isUp(state: SceneState): boolean {
  if (state.nodes.size === 0) return false;
  for (const node of state.nodes.values()) if (node.ready !== 'True') return false;
  let system = 0;
  for (const pod of state.pods.values()) {
    if (pod.namespace !== 'kube-system') continue;
    system += 1;
    if (pod.mark !== 'ready') return false;
  }
  return system > 0;
}

export function startRun(run: Run, options: { readonly untilMs?: number; readonly playing?: boolean; readonly speed?: number } = {}): void {
  const direct = run.inputs.length > 0 || options.untilMs !== undefined;
  // Another cluster is seen as a whole; a link brings its own view.
  if (!direct) viewStore.setState({ camera: undefined });
  session.control({
    control: 'start', run, playing: options.playing ?? true, speed: options.speed ?? (direct ? 1 : bootSpeed),
    ...(options.untilMs === undefined ? {} : { untilMs: options.untilMs }),
  });
  session.control({ control: 'follow', root: 0, paced: true });
  session.control({ control: 'fold-idle', on: runStore.getState().foldIdle });
  session.control({ control: 'families', show: viewStore.getState().families });
  if (direct) runStore.setState({ phase: 'live' });
  else watchBoot(run.preset === 'bare' ? (state) => state.machines.size > 0 : isUp);
}

export function startPreset(preset: PresetName, seed?: number): void {
  startRun(newRun(preset, seed));
}

let stopWatching: (() => void) | undefined;
/** `up`: whether the machines have got as far as they come by themselves. */
function watchBoot(up: (state: SceneState) => boolean): void {
  stopWatching?.();
  const epoch = scene.store.getState().epoch;
  const unsubscribe = scene.store.subscribe((state) => {
    if (state.epoch === epoch) return;
    const { phase, nowMs } = runStore.getState();
    if (phase === 'starting' && state.machines.size > 0) runStore.setState({ phase: 'booting' });
    if (up(state) || nowMs > longestBootMs) {
      stopWatching?.();
      finishBoot();
    }
  });
  stopWatching = () => {
    unsubscribe();
    stopWatching = undefined;
  };
}

/** Leaves the fast start: by itself once all is up, or when a reader takes the speed into their own hands. */
export function finishBoot(): void {
  const { phase } = runStore.getState();
  if (phase !== 'booting' && phase !== 'starting') return;
  stopWatching?.();
  runStore.setState({ phase: 'live' });
  session.control({ control: 'speed', speed: 1 });
}
