// One canvas over the graph for the pods of crowded clusters: a thousand marks cost one layer. It follows the view at once and the scene
// some fifteen times a second.
import { useEffect, useRef } from 'react';
import { useStoreApi } from '@xyflow/react';
import { scene } from '../store/scene-store.ts';
import { settingsStore } from '../store/settings.ts';
import { viewStore } from '../store/view-store.ts';
import { useGraphLayout } from './layout-context.ts';
import { ownerSlots } from './looks.ts';
import { gridFor } from './pod-grid.ts';
import { cssColours, isCrowded, isPainted, paintPods } from './paint-pods.ts';
import { pendingArea, slotsOf } from './routes.ts';
import css from './canvas.module.css';

const leastGapMs = 66;

export function PodLayer() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const flow = useStoreApi();
  const layout = useGraphLayout();

  useEffect(() => {
    const element = canvas.current;
    const paint = element?.getContext('2d');
    if (element === null || paint === null || paint === undefined) return undefined;
    const scale = Math.min(2, window.devicePixelRatio || 1);
    let colours = cssColours();
    let width = 0;
    let height = 0;
    let asked = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let lastMs = 0;
    let blank = true;

    const draw = (): void => {
      asked = 0;
      lastMs = performance.now();
      const state = scene.store.getState();
      const crowded = isCrowded(state);
      const areas = [...state.podsByNode].flatMap(([node, pods]) => {
        const area = node === '' ? pendingArea(layout) : layout.boxes.get(state.nodes.get(node)?.machine ?? node)?.podArea;
        if (area === undefined || pods.length === 0) return [];
        const owners = settingsStore.getState().groupBy === 'owner' ? ownerSlots(pods) : undefined;
        const grid = gridFor(area, owners === undefined ? slotsOf(state, node) : pods.length);
        return isPainted(crowded, grid) ? [{ area, pods, grid, owners }] : [];
      });
      if (areas.length === 0 && blank) return;
      blank = areas.length === 0;
      const [x, y, zoom] = flow.getState().transform;
      paint.setTransform(scale, 0, 0, scale, 0, 0);
      paint.clearRect(0, 0, width, height);
      paint.setTransform(scale * zoom, 0, 0, scale * zoom, scale * x, scale * y);
      const { selected } = viewStore.getState();
      for (const { area, pods, grid, owners } of areas) {
        const left = area.x * zoom + x;
        const top = area.y * zoom + y;
        if (left > width || top > height || left + area.w * zoom < 0 || top + area.h * zoom < 0) continue;
        paintPods(paint, pods, (pod) => owners?.get(pod.id) ?? state.podSlots.get(pod.id), grid, area, zoom, selected, colours);
      }
    };
    const soon = (): void => {
      if (asked === 0) asked = requestAnimationFrame(draw);
    };
    const later = (): void => {
      if (asked !== 0 || timer !== undefined) return;
      timer = setTimeout(() => {
        timer = undefined;
        soon();
      }, Math.max(0, leastGapMs - (performance.now() - lastMs)));
    };
    const resize = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      width = entry.contentRect.width;
      height = entry.contentRect.height;
      element.width = Math.round(width * scale);
      element.height = Math.round(height * scale);
      blank = false;
      draw();
    });
    resize.observe(element);
    const stops = [
      flow.subscribe((now, before) => now.transform !== before.transform && soon()),
      scene.store.subscribe((now, before) => (now.podsByNode !== before.podsByNode || now.ghosts !== before.ghosts) && later()),
      viewStore.subscribe((now, before) => now.selected !== before.selected && soon()),
      settingsStore.subscribe(() => requestAnimationFrame(() => {
        colours = cssColours();
        soon();
      })),
    ];
    return () => {
      resize.disconnect();
      for (const stop of stops) stop();
      cancelAnimationFrame(asked);
      clearTimeout(timer);
    };
  }, [flow, layout]);

  return <canvas ref={canvas} className={css.podLayer} aria-hidden="true" />;
}
