// Paints the pods of a node, each in its slot: the same shapes as the elements, told apart without colour down to a few pixels.
import type { PodRecord } from '../../scene/records.ts';
import type { SceneState } from '../store/scene-store.ts';
import type { Rect } from './layout.ts';
import { slotRect, type PodGrid } from './pod-grid.ts';

/** Above this many pods in the cluster, marks are painted instead of being elements. */
const mostElements = 150;
export function isCrowded(scene: SceneState): boolean {
  return scene.pods.size > mostElements;
}
export function isPainted(crowded: boolean, grid: PodGrid): boolean {
  return crowded || grid.mode === 'dot' || grid.mode === 'field';
}

export function cssColours(): Readonly<Record<string, string>> {
  const style = getComputedStyle(document.documentElement);
  const names = ['good', 'bad', 'calm', 'cold', 'glass', 'accent', 'text', 'warn', 'line', 'raised', 'wire', 'text-soft', 'accent-soft',
    'family-client', 'family-watch', 'family-etcd', 'family-raft', 'family-kubelet', 'family-data', 'family-probe', 'family-dns', 'family-runtime', 'family-image', 'family-control'];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** Paints all marks of one area, in the coordinates of the graph. */
export function paintPods(paint: CanvasRenderingContext2D, pods: readonly PodRecord[], slotOf: (pod: PodRecord) => number | undefined, grid: PodGrid, area: Rect, zoom: number, selected: string | undefined, colours: Readonly<Record<string, string>>): void {
  const gap = grid.mode === 'field' ? 1 : grid.mode === 'dot' ? 2 : 5;
  for (const pod of pods) {
    const slot = slotOf(pod);
    if (slot === undefined) continue;
    const rect = slotRect(grid, slot);
    const size = Math.min(rect.h, grid.mode === 'label' ? 22 : rect.w) - gap;
    const x = area.x + rect.x + gap / 2;
    const y = area.y + rect.y + (rect.h - size) / 2;
    paintMark(paint, pod.mark, x, y, size, size * zoom < 8, colours);
    if (pod.id === selected) {
      paint.strokeStyle = colours['accent'] ?? '';
      paint.lineWidth = 2 / zoom;
      paint.strokeRect(x - 1.5, y - 1.5, size + 3, size + 3);
    }
  }
}

function paintMark(paint: CanvasRenderingContext2D, mark: PodRecord['mark'], x: number, y: number, size: number, small: boolean, colours: Readonly<Record<string, string>>): void {
  const round = size < 9 ? 1.2 : 3.5;
  const line = size < 9 ? 1 : 1.6;
  const box = (inset: number) => {
    paint.beginPath();
    if (small) {
      paint.rect(x + inset, y + inset, size - 2 * inset, size - 2 * inset);
      return;
    }
    paint.roundRect(x + inset, y + inset, size - 2 * inset, size - 2 * inset, round);
  };
  const colour = colours[mark === 'ready' ? 'good' : mark === 'failing' ? 'bad' : mark === 'terminating' || mark === 'done' ? 'cold' : 'calm'] ?? '#888';
  paint.fillStyle = colour;
  paint.strokeStyle = colour;
  paint.lineWidth = line;
  paint.lineCap = 'round';
  switch (mark) {
    case 'pending':
    case 'done':
      box(line / 2);
      paint.stroke();
      break;
    case 'creating':
      box(line / 2);
      paint.stroke();
      paint.fillRect(x + line / 2, y + size / 2, size - line, size / 2 - line / 2);
      break;
    case 'terminating':
      paint.globalAlpha = 0.4;
      box(0);
      paint.fill();
      paint.globalAlpha = 1;
      break;
    default:
      box(0);
      paint.fill();
  }
  paint.strokeStyle = colours['glass'] ?? '#fff';
  if (mark === 'ready' && !small) {
    paint.beginPath();
    paint.moveTo(x + size * 0.28, y + size * 0.52);
    paint.lineTo(x + size * 0.44, y + size * 0.68);
    paint.lineTo(x + size * 0.72, y + size * 0.34);
    paint.stroke();
  } else if (mark === 'failing') {
    paint.beginPath();
    paint.moveTo(x + size * 0.3, y + size * 0.3);
    paint.lineTo(x + size * 0.7, y + size * 0.7);
    paint.moveTo(x + size * 0.7, y + size * 0.3);
    paint.lineTo(x + size * 0.3, y + size * 0.7);
    paint.stroke();
  }
}
