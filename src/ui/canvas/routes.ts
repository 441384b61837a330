// The way a message takes across the picture: out of its machine into the network band, along it, and into the other machine.
// Routes are cached until the layout changes.
import type { PodRecord, ProcessRecord } from '../../scene/records.ts';
import type { SceneState } from '../store/scene-store.ts';
import { isChipPod } from '../store/scene-store.ts';
import type { Place } from '../store/types.ts';
import { chipProgram, chipRect, center, type Layout, type MachineBox, type Rect } from './layout.ts';
import { ownerSlots } from './looks.ts';
import { settingsStore } from '../store/settings.ts';
import { gridFor, slotRect } from './pod-grid.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Route {
  readonly points: readonly Point[];
  /** Length up to each point. */
  readonly lengths: readonly number[];
  readonly length: number;
}

const programsByPrefix = ['kube-apiserver', 'kube-scheduler', 'kube-controller-manager', 'kube-proxy', 'calico-node', 'etcd', 'kubelet', 'containerd', 'load-balancer', 'registry', 'kubectl', 'shell', 'traffic'];

function programOf(process: string): string | undefined {
  return programsByPrefix.find((name) => process === name || process.startsWith(`${name}-`) || process.startsWith(`${name}/`));
}

/** Where a process is drawn: its chip, its pod's mark, or its machine. In the coordinates of the graph. */
function placeRect(layout: Layout, scene: SceneState, place: Place): Rect | undefined {
  const box = layout.boxes.get(place.machine);
  if (box === undefined) return undefined;
  const process = scene.processes.get(`process:${place.machine}/${place.process}`);
  const program = (process === undefined ? undefined : chipProgram(process)) ?? programOf(place.process);
  const chip = program === undefined ? undefined : chipRect(box, program);
  if (chip !== undefined) return { x: box.x + chip.x, y: box.y + chip.y, w: chip.w, h: chip.h };
  const pod = podOf(scene, place, process);
  const mark = pod === undefined || isChipPod(pod) ? undefined : podRect(layout, scene, pod);
  return mark ?? { x: box.x + box.w / 2 - 20, y: box.y + 8, w: 40, h: 24 };
}

export function podOf(scene: SceneState, place: Place, process: ProcessRecord | undefined): PodRecord | undefined {
  const reference = process?.pod;
  if (reference !== undefined && reference !== null) {
    const direct = scene.pods.get(reference) ?? scene.pods.get(`pod:${reference}`);
    if (direct !== undefined) return direct;
  }
  const name = reference?.split('/').at(-1) ?? place.process.split('/').at(-1) ?? '';
  const pods = scene.podsByNode.get(place.machine);
  return pods?.find((pod) => pod.name === name || name.startsWith(`${pod.name}-`) || name.startsWith(`${pod.name}_`));
}

function podRect(layout: Layout, scene: SceneState, pod: PodRecord): Rect | undefined {
  const siblings = scene.podsByNode.get(pod.node);
  const slot = settingsStore.getState().groupBy === 'owner' && siblings !== undefined ? ownerSlots(siblings).get(pod.id) : scene.podSlots.get(pod.id);
  if (slot === undefined) return undefined;
  const area = pod.node === '' ? pendingArea(layout) : layout.boxes.get(scene.nodes.get(pod.node)?.machine ?? pod.node)?.podArea;
  if (area === undefined) return undefined;
  const grid = gridFor(area, slotsOf(scene, pod.node));
  const cell = slotRect(grid, slot);
  return { x: area.x + cell.x, y: area.y + cell.y, w: cell.w, h: cell.h };
}

export function pendingArea(layout: Layout): Rect | undefined {
  const tray = layout.pending;
  return tray === undefined ? undefined : { x: tray.x + 8, y: tray.y + 30, w: tray.w - 16, h: tray.h - 38 };
}

const slotCounts = new WeakMap<object, number>();
/** One more than the highest slot in use on a node, ghosts included. */
export function slotsOf(scene: SceneState, node: string): number {
  const pods = scene.podsByNode.get(node);
  const ghosts = scene.ghosts.get(node);
  let count = 0;
  if (pods !== undefined) {
    const known = slotCounts.get(pods);
    if (known !== undefined) count = known;
    else {
      for (const pod of pods) count = Math.max(count, (scene.podSlots.get(pod.id) ?? -1) + 1);
      slotCounts.set(pods, count);
    }
  }
  if (ghosts !== undefined) for (const ghost of ghosts) count = Math.max(count, ghost.slot + 1);
  return count;
}

function routeBetween(layout: Layout, from: Rect, fromBox: MachineBox | undefined, to: Rect, toBox: MachineBox | undefined): Route {
  const a = center(from);
  const b = center(to);
  if (fromBox === undefined || toBox === undefined || fromBox === toBox) return measure(roundCorners(straight(from, to)));
  const out = leave(layout, from, fromBox, toBox);
  const into = leave(layout, to, toBox, fromBox);
  const points: Point[] = [...out];
  const last = out.at(-1) ?? a;
  const next = into.at(-1) ?? b;
  if (Math.abs(last.y - next.y) > 40) {
    // Different bands: change at the nearer edge.
    const riser = (last.x + next.x) / 2 < layout.width / 2 ? layout.risers.left : layout.risers.right;
    points.push({ x: riser, y: last.y }, { x: riser, y: next.y });
  } else if (last.y !== next.y) points.push({ x: next.x, y: last.y });
  points.push(...[...into].reverse());
  return measure(roundCorners(points));
}

function straight(from: Rect, to: Rect): Point[] {
  const a = center(from);
  const b = center(to);
  if (Math.abs(a.x - b.x) < 4 || Math.abs(a.y - b.y) < 4) return [a, b];
  return [a, { x: a.x, y: (a.y + b.y) / 2 }, { x: b.x, y: (a.y + b.y) / 2 }, b];
}

/** From a chip out into its band. Machines at the side go in and out by their inner edge. */
function leave(layout: Layout, rect: Rect, box: MachineBox, other: MachineBox): Point[] {
  const c = center(rect);
  const lane = box.laneY + laneOffset(box, other);
  switch (box.role) {
    case 'load-balancer':
      if (other.role === 'client') return layout.portrait ? [c] : [c, { x: c.x, y: box.y }];
      if (layout.portrait) return [c, { x: c.x, y: box.y + box.h + 8 }, { x: layout.risers.left, y: box.y + box.h + 8 }, { x: layout.risers.left, y: lane }];
      return [c, { x: c.x, y: lane }, { x: layout.risers.left, y: lane }];
    case 'client':
      if (layout.portrait) return other.role === 'load-balancer' ? [c] : [c, { x: c.x, y: box.y + box.h + 8 }, { x: layout.risers.left, y: box.y + box.h + 8 }, { x: layout.risers.left, y: lane }];
      if (other.role === 'load-balancer') return [c, { x: c.x, y: other.y }];
      return [c, { x: c.x, y: lane }];
    case 'traffic':
      if (layout.portrait) return [c, { x: c.x, y: box.y + box.h + 8 }, { x: layout.risers.left, y: box.y + box.h + 8 }, { x: layout.risers.left, y: lane }];
      return [c, { x: layout.risers.left, y: c.y }, { x: layout.risers.left, y: lane }];
    case 'registry':
    case 'cloud':
      if (layout.portrait) return [c, { x: c.x, y: box.y + box.h + 8 }, { x: layout.risers.right, y: box.y + box.h + 8 }, { x: layout.risers.right, y: lane }];
      return [c, { x: layout.risers.right, y: c.y }, { x: layout.risers.right, y: lane }];
    default:
      return [c, { x: c.x, y: lane }];
  }
}

/** Wires of one master share a height in the band, so that they read as one line and not as a tangle. */
function laneOffset(box: MachineBox, other: MachineBox): number {
  const owner = box.role === 'load-balancer' || other.role === 'load-balancer' ? -16 : box.role === 'master' && other.role === 'master' ? 16 : box.role === 'master' ? -8 + 7 * (box.order % 3) : other.role === 'master' ? -8 + 7 * (other.order % 3) : 20;
  return owner;
}

function roundCorners(points: readonly Point[]): readonly Point[] {
  const clean = points.filter((point, at) => {
    const before = points[at - 1];
    return before === undefined || Math.abs(before.x - point.x) + Math.abs(before.y - point.y) > 0.5;
  });
  const result: Point[] = [];
  clean.forEach((point, at) => {
    const before = clean[at - 1];
    const after = clean[at + 1];
    if (before === undefined || after === undefined) {
      result.push(point);
      return;
    }
    const inLength = Math.hypot(point.x - before.x, point.y - before.y);
    const outLength = Math.hypot(after.x - point.x, after.y - point.y);
    const radius = Math.min(8, inLength / 2, outLength / 2);
    const p = { x: point.x + ((before.x - point.x) / inLength) * radius, y: point.y + ((before.y - point.y) / inLength) * radius };
    const q = { x: point.x + ((after.x - point.x) / outLength) * radius, y: point.y + ((after.y - point.y) / outLength) * radius };
    result.push(p);
    for (const t of [0.33, 0.66]) {
      const s = 1 - t;
      result.push({ x: s * s * p.x + 2 * s * t * point.x + t * t * q.x, y: s * s * p.y + 2 * s * t * point.y + t * t * q.y });
    }
    result.push(q);
  });
  return result;
}

function measure(points: readonly Point[]): Route {
  const lengths: number[] = [];
  let length = 0;
  points.forEach((point, at) => {
    const before = points[at - 1];
    if (before !== undefined) length += Math.hypot(point.x - before.x, point.y - before.y);
    lengths.push(length);
  });
  return { points, lengths, length };
}

/** The point at a part (0..1) of the way. */
export function along(route: Route, part: number): Point {
  const first = route.points[0] ?? { x: 0, y: 0 };
  if (part <= 0) return first;
  const want = part * route.length;
  for (let at = 1; at < route.points.length; at += 1) {
    const reached = route.lengths[at] ?? 0;
    if (reached < want) continue;
    const before = route.points[at - 1] ?? first;
    const point = route.points[at] ?? first;
    const step = reached - (route.lengths[at - 1] ?? 0);
    const t = step === 0 ? 1 : 1 - (reached - want) / step;
    return { x: before.x + (point.x - before.x) * t, y: before.y + (point.y - before.y) * t };
  }
  return route.points.at(-1) ?? first;
}

export function svgPath(route: Route): string {
  return route.points.map((point, at) => `${at === 0 ? 'M' : 'L'}${point.x.toFixed(1)} ${point.y.toFixed(1)}`).join('');
}

/** True when a process is drawn as a chip: then its place follows from its name alone. */
function isChip(layout: Layout, scene: SceneState, place: Place): boolean {
  const box = layout.boxes.get(place.machine);
  const process = scene.processes.get(`process:${place.machine}/${place.process}`);
  const program = (process === undefined ? undefined : chipProgram(process)) ?? programOf(place.process);
  return box !== undefined && program !== undefined && chipRect(box, program) !== undefined;
}

export function createRouter() {
  let layout: Layout | undefined;
  let slots: unknown;
  /** Ways that end at a pod: they change when pods do. */
  const moving = new Map<string, Route>();
  const cache = new Map<string, Route>();
  return (nextLayout: Layout, scene: SceneState, from: Place, to: Place): Route | undefined => {
    if (layout !== nextLayout) {
      cache.clear();
      moving.clear();
      layout = nextLayout;
    }
    if (slots !== scene.podSlots) {
      moving.clear();
      slots = scene.podSlots;
    }
    const key = `${from.machine}/${from.process}>${to.machine}/${to.process}`;
    const known = cache.get(key) ?? moving.get(key);
    if (known !== undefined) return known;
    const a = placeRect(nextLayout, scene, from);
    const b = placeRect(nextLayout, scene, to);
    if (a === undefined || b === undefined) return undefined;
    const route = routeBetween(nextLayout, a, nextLayout.boxes.get(from.machine), b, nextLayout.boxes.get(to.machine));
    (isChip(nextLayout, scene, from) && isChip(nextLayout, scene, to) ? cache : moving).set(key, route);
    return route;
  };
}
