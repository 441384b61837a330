// One canvas above the graph for everything that travels. It is repainted only while something moves.
import { useEffect, useRef } from 'react';
import { useStoreApi } from '@xyflow/react';
import type { Hop } from '../../session/protocol.ts';
import { calmly, dotsInFlight, onPaint, wake, type Dot } from '../store/presentation.ts';
import { currentHop, runStore } from '../store/run-store.ts';
import { scene, type SceneState } from '../store/scene-store.ts';
import { settingsStore } from '../store/settings.ts';
import { viewStore } from '../store/view-store.ts';
import { useGraphLayout } from './layout-context.ts';
import { along, createRouter, type Point, type Route } from './routes.ts';
import { cssColours } from './paint-pods.ts';
import css from './canvas.module.css';

export type FindFlight = (x: number, y: number) => Dot | undefined;

const trailHops = 5;
const eased = (part: number) => (part < 0.5 ? 2 * part * part : 1 - (-2 * part + 2) ** 2 / 2);

export function FlightLayer({ findRef }: { readonly findRef: React.RefObject<FindFlight> }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const flow = useStoreApi();
  const layout = useGraphLayout();

  useEffect(() => {
    const element = canvas.current;
    const paint = element?.getContext('2d');
    if (element === null || paint === null || paint === undefined) return undefined;
    const routeOf = createRouter();
    let colours = cssColours();
    let width = 0;
    let height = 0;
    let dirty = true;
    const scale = Math.min(2, window.devicePixelRatio || 1);

    const resize = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      width = entry.contentRect.width;
      height = entry.contentRect.height;
      element.width = Math.round(width * scale);
      element.height = Math.round(height * scale);
      dirty = true;
      wake();
    });
    resize.observe(element);

    const trail = (route: Route, zoom: number, alpha: number, part: number): void => {
      paint.globalAlpha = alpha;
      paint.strokeStyle = colours['accent'] ?? '';
      paint.lineWidth = 2.5 / zoom ** 0.4;
      paint.lineJoin = 'round';
      paint.beginPath();
      const end = along(route, part);
      route.points.forEach((point, at) => {
        if ((route.lengths[at] ?? 0) > part * route.length) return;
        if (at === 0) paint.moveTo(point.x, point.y);
        else paint.lineTo(point.x, point.y);
      });
      paint.lineTo(end.x, end.y);
      paint.stroke();
      paint.globalAlpha = 1;
    };

    /** A dot's way is looked up once, as long as nothing moves. */
    const ways = new WeakMap<Dot, { readonly slots: unknown; readonly route: Route | undefined }>();
    const routeOfDot = (dot: Dot, state: SceneState): Route | undefined => {
      const known = ways.get(dot);
      if (known !== undefined && known.slots === state.podSlots) return known.route;
      const route = routeOf(layout, state, dot.flight.from, dot.flight.to);
      ways.set(dot, { slots: state.podSlots, route });
      return route;
    };

    let lastHop: Hop | undefined;
    let hopSince = 0;
    const draw = (clockMs: number): boolean => {
      const dots = dotsInFlight();
      const run = runStore.getState();
      const hop = run.following === undefined ? undefined : currentHop(run);
      if (hop !== lastHop) {
        lastHop = hop;
        hopSince = clockMs;
        dirty = true;
      }
      const moving = dots.size > 0;
      if (!moving && !dirty && clockMs - hopSince > 800) return false;
      dirty = moving;
      const [x, y, zoom] = flow.getState().transform;
      const state = scene.store.getState();
      paint.setTransform(scale, 0, 0, scale, 0, 0);
      paint.clearRect(0, 0, width, height);
      paint.setTransform(scale * zoom, 0, 0, scale * zoom, scale * x, scale * y);

      if (hop !== undefined && hop.stage !== 'done') {
        const done = run.hops.filter((one) => one.atMs <= run.nowMs + 0.0005).slice(-trailHops);
        done.forEach((one, at) => {
          if (one.from === undefined || one.to === undefined) return;
          const route = routeOf(layout, state, one.from, one.to);
          const newest = one === hop;
          if (route !== undefined) trail(route, zoom, newest ? 0.85 : 0.1 + 0.12 * at, newest ? eased(Math.min(1, (clockMs - hopSince) / 360)) : 1);
        });
      }
      const { way } = viewStore.getState();
      way.forEach((place, at) => {
        const before = way[at - 1];
        const route = before === undefined ? undefined : routeOf(layout, state, before, place);
        if (route !== undefined) trail(route, zoom, 0.85, 1);
      });
      const radius = Math.min(5.5, 3.8 / zoom ** 0.6);
      paintDots(paint, dots.values(), (dot) => routeOfDot(dot, state), radius, colours);
      return moving || clockMs - hopSince < 400;
    };

    findRef.current = (px, py) => {
      const [x, y, zoom] = flow.getState().transform;
      const state = scene.store.getState();
      let best: Dot | undefined;
      let least = 14;
      for (const dot of dotsInFlight().values()) {
        const route = routeOf(layout, state, dot.flight.from, dot.flight.to);
        if (route === undefined || dot.progress > 1) continue;
        const point = along(route, eased(Math.min(1, dot.progress)));
        const distance = Math.hypot(point.x * zoom + x - px, point.y * zoom + y - py);
        if (distance < least) {
          least = distance;
          best = dot;
        }
      }
      return best;
    };

    const mark = (): void => {
      dirty = true;
      wake();
    };
    const stops = [
      onPaint(draw), flow.subscribe((now, before) => now.transform !== before.transform && mark()),
      runStore.subscribe((now, before) => (now.hops !== before.hops || now.following !== before.following || now.nowMs !== before.nowMs) && now.hops.length > 0 && mark()),
      settingsStore.subscribe(() => {
        requestAnimationFrame(() => {
          colours = cssColours();
          mark();
        });
      }),
      viewStore.subscribe((now, before) => (now.lit !== before.lit || now.way !== before.way) && mark()),
    ];
    return () => {
      resize.disconnect();
      for (const stop of stops) stop();
    };
  }, [flow, layout, findRef]);

  return <canvas ref={canvas} className={css.flights} aria-hidden="true" />;
}

/** Without motion: the way lights up for a moment, and so does the place of arrival. */
function paintStill(paint: CanvasRenderingContext2D, dot: Dot, route: Route, radius: number, colour: string): void {
  paint.globalAlpha = Math.max(0, 0.7 * (1 - dot.progress / 1.5));
  paint.strokeStyle = colour;
  paint.lineWidth = 1.5;
  paint.beginPath();
  for (const point of route.points) paint.lineTo(point.x, point.y);
  paint.stroke();
  const end = along(route, dot.flight.lost ? 0.5 : 1);
  paint.beginPath();
  paint.arc(end.x, end.y, radius * 1.4, 0, 6.2832);
  paint.stroke();
  paint.globalAlpha = 1;
}

/** All that flies, one path and one stroke per colour: a hundred dots cost little more than ten. */
function paintDots(paint: CanvasRenderingContext2D, dots: Iterable<Dot>, routeOf: (dot: Dot) => Route | undefined, radius: number, colours: Readonly<Record<string, string>>): void {
  const flying = new Map<string, Point[]>();
  const landed = new Map<string, { readonly point: Point; readonly after: number }[]>();
  for (const dot of dots) {
    const route = routeOf(dot);
    if (route === undefined) continue;
    const { flight } = dot;
    const colour = colours[`family-${flight.family}`] ?? '#888';
    if (calmly.matches) paintStill(paint, dot, route, radius, flight.lost ? (colours['bad'] ?? colour) : colour);
    else if (flight.lost) paintLost(paint, dot, route, radius, colours['bad'] ?? colour);
    else if (dot.progress >= 1) {
      const end = route.points.at(-1);
      if (end !== undefined) groupOf(landed, colour).push({ point: end, after: (dot.progress - 1) / 0.5 });
    } else groupOf(flying, colour).push(along(route, eased(dot.progress)));
  }
  paint.lineWidth = 1.4;
  for (const [colour, rings] of landed) {
    paint.strokeStyle = colour;
    // Rings of one place lie on each other: a few tell as much as all.
    for (const { point, after } of rings.slice(0, 12)) {
      paint.globalAlpha = Math.max(0, 0.5 * (1 - after));
      paint.beginPath();
      paint.arc(point.x, point.y, radius * (1 + after * 1.6), 0, 6.2832);
      paint.stroke();
    }
  }
  paint.globalAlpha = 1;
  paint.strokeStyle = colours['glass'] ?? '#fff';
  for (const [colour, points] of flying) {
    paint.fillStyle = colour;
    paint.beginPath();
    for (const point of points) {
      paint.moveTo(point.x + radius, point.y);
      paint.arc(point.x, point.y, radius, 0, 6.2832);
    }
    paint.fill();
    paint.stroke();
  }
}

function groupOf<T>(groups: Map<string, T[]>, name: string): T[] {
  let group = groups.get(name);
  if (group === undefined) groups.set(name, (group = []));
  return group;
}

/** Goes half of the way, then falls. */
function paintLost(paint: CanvasRenderingContext2D, dot: Dot, route: Route, radius: number, colour: string): void {
  const point = along(route, Math.min(0.5, eased(Math.min(1, dot.progress)) * 0.5 + 0.02));
  const fall = Math.max(0, dot.progress - 0.5);
  const y = point.y + fall * fall * 70;
  paint.globalAlpha = Math.max(0, 1 - fall);
  paint.strokeStyle = colour;
  paint.lineWidth = 2;
  paint.beginPath();
  paint.moveTo(point.x - radius, y - radius);
  paint.lineTo(point.x + radius, y + radius);
  paint.moveTo(point.x + radius, y - radius);
  paint.lineTo(point.x - radius, y + radius);
  paint.stroke();
  paint.globalAlpha = 1;
}
