// What the play button and the keys do.
import { runStore } from '../store/run-store.ts';
import { session } from '../store/session-client.ts';
import { finishBoot } from '../store/boot.ts';

export function togglePlay(): void {
  const { playing } = runStore.getState();
  runStore.setState({ playing: !playing });
  session.control({ control: playing ? 'pause' : 'play' });
}

/** Shown at once, before the simulation has heard of it: a slider that is being drawn does not jump back. */
export function setSpeed(speed: number): void {
  runStore.setState({ speed });
  session.control({ control: 'speed', speed });
}

const speeds = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
export function changeSpeed(direction: 1 | -1): void {
  const { speed } = runStore.getState();
  const next = direction === 1 ? speeds.find((one) => one > speed * 1.01) : speeds.findLast((one) => one < speed * 0.99);
  if (next === undefined) return;
  finishBoot();
  setSpeed(next);
}
