// Which place each pod has in its machine. A pod keeps its place for life; the place of one that is gone stays empty for a moment
// (a ghost), so that nothing jumps.
import type { PodRecord } from '../../scene/records.ts';

export interface Ghost {
  readonly id: string;
  readonly name: string;
  readonly slot: number;
  readonly untilMs: number;
}

const ghostMs = 1600;

interface NodeSlots {
  readonly taken: Set<number>;
  /** No free place below this one. */
  lowest: number;
}

export function createPodSlots() {
  const places = new Map<string, { readonly node: string; readonly slot: number }>();
  const nodes = new Map<string, NodeSlots>();
  const gone = new Map<string, Ghost[]>();
  let slotsOut: ReadonlyMap<string, number> | undefined;
  let ghostsOut: ReadonlyMap<string, readonly Ghost[]> | undefined;

  function of(node: string): NodeSlots {
    let found = nodes.get(node);
    if (found === undefined) nodes.set(node, (found = { taken: new Set(), lowest: 0 }));
    return found;
  }
  function free(node: string, slot: number): void {
    const slots = of(node);
    slots.taken.delete(slot);
    if (slot < slots.lowest) slots.lowest = slot;
  }

  return {
    enter(pod: PodRecord): void {
      if (places.has(pod.id)) return;
      const slots = of(pod.node);
      let slot = slots.lowest;
      while (slots.taken.has(slot)) slot += 1;
      slots.taken.add(slot);
      slots.lowest = slot + 1;
      places.set(pod.id, { node: pod.node, slot });
      slotsOut = undefined;
    },
    leave(pod: PodRecord, asGhost: boolean, realMs: number): void {
      const place = places.get(pod.id);
      if (place === undefined) return;
      places.delete(pod.id);
      slotsOut = undefined;
      if (!asGhost) {
        free(place.node, place.slot);
        return;
      }
      const list = gone.get(place.node) ?? [];
      gone.set(place.node, [...list, { id: pod.id, name: pod.name, slot: place.slot, untilMs: realMs + ghostMs }]);
      ghostsOut = undefined;
    },
    /** True when some ghost went. */
    sweep(realMs: number): boolean {
      let changed = false;
      for (const [node, list] of gone) {
        const kept = list.filter((ghost) => ghost.untilMs > realMs);
        if (kept.length === list.length) continue;
        changed = true;
        for (const ghost of list) if (ghost.untilMs <= realMs) free(node, ghost.slot);
        if (kept.length === 0) gone.delete(node);
        else gone.set(node, kept);
      }
      if (changed) ghostsOut = undefined;
      return changed;
    },
    all: () => (slotsOut ??= new Map([...places].map(([id, place]) => [id, place.slot]))),
    ghosts: () => (ghostsOut ??= new Map(gone)),
    clear(): void {
      places.clear();
      nodes.clear();
      gone.clear();
      slotsOut = undefined;
      ghostsOut = undefined;
    },
  };
}
