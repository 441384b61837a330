// Paints the pods of a node, each in its slot: the same shapes as the elements, told apart without colour down to a few pixels.
import type { PodRecord } from '../../scene/records.ts';
import { slotRect, type PodGrid } from './pod-grid.ts';

const scale = Math.min(2, Math.max(1.25, globalThis.devicePixelRatio || 1));

export function cssColours(): Readonly<Record<string, string>> {
  const style = getComputedStyle(document.documentElement);
  const names = ['good', 'bad', 'calm', 'cold', 'glass', 'accent', 'text', 'warn', 'line', 'raised', 'wire', 'text-soft', 'accent-soft',
    'family-client', 'family-watch', 'family-etcd', 'family-raft', 'family-kubelet', 'family-data', 'family-probe', 'family-dns', 'family-runtime', 'family-image', 'family-control'];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

/** While many nodes change at once, only a few are painted each frame, in turn: the page must never stop for a crowd. */
const paintsPerFrame = 5;
const queue = new Map<HTMLCanvasElement, () => void>();
let asked = 0;

export function paintSoon(canvas: HTMLCanvasElement, paint: () => void): () => void {
  // One that waits already keeps its turn.
  queue.set(canvas, paint);
  if (asked === 0) asked = requestAnimationFrame(paintSome);
  return () => {
    if (queue.get(canvas) === paint && !canvas.isConnected) queue.delete(canvas);
  };
}

function paintSome(): void {
  asked = 0;
  let left = paintsPerFrame;
  for (const [canvas, paint] of queue) {
    if (left === 0) break;
    left -= 1;
    queue.delete(canvas);
    paint();
  }
  if (queue.size > 0) asked = requestAnimationFrame(paintSome);
}

let colourCache: { readonly theme: string | undefined; readonly colours: Readonly<Record<string, string>> } | undefined;

export function paintPods(canvas: HTMLCanvasElement, entries: readonly { readonly pod: PodRecord; readonly slot: number }[], grid: PodGrid, width: number, height: number, selected: string | undefined): void {
  const wide = Math.round(width * scale);
  const high = Math.round(height * scale);
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
  }
  const paint = canvas.getContext('2d');
  if (paint === null) return;
  const theme = document.documentElement.dataset['theme'];
  if (colourCache === undefined || colourCache.theme !== theme) colourCache = { theme, colours: cssColours() };
  const { colours } = colourCache;
  paint.setTransform(scale, 0, 0, scale, 0, 0);
  paint.clearRect(0, 0, width, height);
  const gap = grid.mode === 'field' ? 1 : grid.mode === 'dot' ? 2 : 5;
  for (const { pod, slot } of entries) {
    const rect = slotRect(grid, slot);
    const size = Math.min(rect.h, grid.mode === 'label' ? 22 : rect.w) - gap;
    paintMark(paint, pod.mark, rect.x + gap / 2, rect.y + (rect.h - size) / 2, size, colours);
    if (pod.id === selected) {
      paint.strokeStyle = colours['accent'] ?? '';
      paint.lineWidth = 2;
      paint.strokeRect(rect.x + gap / 2 - 1.5, rect.y + (rect.h - size) / 2 - 1.5, size + 3, size + 3);
    }
  }
}

function paintMark(paint: CanvasRenderingContext2D, mark: PodRecord['mark'], x: number, y: number, size: number, colours: Readonly<Record<string, string>>): void {
  const small = size < 9;
  const round = small ? 1.2 : 3.5;
  const line = small ? 1 : 1.6;
  const box = (inset: number) => {
    paint.beginPath();
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
