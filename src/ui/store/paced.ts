// For lists of things that can all change at once (a thousand pods on twenty nodes): a few components render in each frame, in turn, so
// that no frame is long. With few things nothing waits.
import { useEffect, useState } from 'react';
import { scene, type SceneState } from './scene-store.ts';

const perFrame = 6;
const queue = new Set<() => void>();
let asked = 0;

function drain(): void {
  asked = 0;
  let left = perFrame;
  for (const render of queue) {
    if (left === 0) break;
    left -= 1;
    queue.delete(render);
    render();
  }
  if (queue.size > 0) asked = requestAnimationFrame(drain);
}

/** Like `useScene`, a frame or a few later. `name` says what is selected: when it changes, the selection is made anew. */
export function usePacedScene<T>(name: string, select: (state: SceneState) => T): T {
  const [held, hold] = useState(() => ({ name, value: select(scene.store.getState()) }));
  const value = held.name === name ? held.value : select(scene.store.getState());
  useEffect(() => {
    let last = value;
    const render = (): void => {
      last = select(scene.store.getState());
      hold({ name, value: last });
    };
    const look = (): void => {
      if (select(scene.store.getState()) === last) return;
      queue.add(render);
      if (asked === 0) asked = requestAnimationFrame(drain);
    };
    look();
    const stop = scene.store.subscribe(look);
    return () => {
      stop();
      queue.delete(render);
    };
    // `select` follows from `name`.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [name]);
  return value;
}
