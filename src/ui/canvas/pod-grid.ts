// How the pods of one machine share its area: with names while they are few, then as marks, then as a field. Slots decide the place.
import type { Rect } from './layout.ts';

export type PodMode = 'label' | 'mark' | 'dot' | 'field';
export interface PodGrid {
  readonly mode: PodMode;
  readonly columns: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly capacity: number;
}

const modes: readonly { readonly mode: PodMode; readonly width: number; readonly height: number }[] = [
  { mode: 'label', width: 117, height: 30 },
  { mode: 'mark', width: 26, height: 26 },
  { mode: 'dot', width: 13, height: 13 },
  { mode: 'field', width: 6.5, height: 6.5 },
];

/** The roomiest grid in which `highest + 1` slots fit. */
export function gridFor(area: Pick<Rect, 'w' | 'h'>, slots: number): PodGrid {
  for (const { mode, width, height } of modes) {
    const columns = Math.max(1, Math.floor(area.w / width));
    const capacity = columns * Math.max(1, Math.floor(area.h / height));
    if (slots <= capacity || mode === 'field') {
      const cellWidth = mode === 'label' ? area.w / columns : width;
      return { mode, columns, cellWidth, cellHeight: height, capacity };
    }
  }
  throw new Error('unreachable: the last mode takes any number');
}

/** The place of a slot inside the area. Slots beyond the capacity share the last places. */
export function slotRect(grid: PodGrid, slot: number): Rect {
  const at = slot % grid.capacity;
  return { x: (at % grid.columns) * grid.cellWidth, y: Math.floor(at / grid.columns) * grid.cellHeight, w: grid.cellWidth, h: grid.cellHeight };
}

export function slotAt(grid: PodGrid, x: number, y: number): number {
  const column = Math.floor(x / grid.cellWidth);
  if (column < 0 || column >= grid.columns || y < 0) return -1;
  return Math.floor(y / grid.cellHeight) * grid.columns + column;
}

/** A pod's name without the part that all its siblings share: `web-7f9c8d-abcde` is `web…abcde`. */
export function shortPodName(name: string): string {
  return name.replace(/-[a-z0-9]{6,10}-([a-z0-9]{5})$/, '…$1');
}
