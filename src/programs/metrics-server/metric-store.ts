// The last two points of every node and container; what is used is the difference of them. As metrics-server's pkg/storage.
import type { Batch, Point } from './resource-text.ts';

export interface Usage {
  /** End of the window, since 1970. */
  readonly atMs: number;
  readonly windowMs: number;
  readonly cpuNanoCores: number;
  readonly memoryBytes: number;
}

/** A container younger than this has no rate worth telling. */
const freshMs = 10_000;

type Points = ReadonlyMap<string, Point>;

export class MetricStore {
  private readonly resolutionMs: number;
  private nodes: { readonly last: Points; readonly before: Points } = { last: new Map(), before: new Map() };
  private pods: { readonly last: ReadonlyMap<string, Points>; readonly before: ReadonlyMap<string, Points> } = { last: new Map(), before: new Map() };

  constructor(resolutionMs: number) {
    this.resolutionMs = resolutionMs;
  }

  /** Whether there is anything to serve. */
  get isReady(): boolean {
    return this.nodes.before.size > 0 || this.pods.before.size > 0;
  }

  store({ nodes, pods }: Batch): void {
    const before = new Map<string, Point>();
    for (const [name, point] of nodes) {
      const earlier = this.earlier(point, this.nodes.last.get(name), this.nodes.before.get(name));
      if (earlier !== undefined) before.set(name, earlier);
    }
    this.nodes = { last: nodes, before };
    const podsBefore = new Map<string, Points>();
    for (const [pod, containers] of pods) {
      const found = new Map<string, Point>();
      for (const [name, point] of containers) {
        const earlier = this.atStart(point) ?? this.earlier(point, this.pods.last.get(pod)?.get(name), this.pods.before.get(pod)?.get(name));
        if (earlier !== undefined) found.set(name, earlier);
      }
      if (found.size > 0) podsBefore.set(pod, found);
    }
    this.pods = { last: pods, before: podsBefore };
  }

  node(name: string): Usage | undefined {
    return usageOf(this.nodes.last.get(name), this.nodes.before.get(name));
  }

  /** By container; undefined while one of them cannot be told. */
  pod(key: string): ReadonlyMap<string, Usage> | undefined {
    const last = this.pods.last.get(key);
    const before = this.pods.before.get(key);
    if (last === undefined || before === undefined) return undefined;
    const found = new Map<string, Usage>();
    for (const [name, point] of last) {
      if (!before.has(name)) return undefined;
      const usage = usageOf(point, before.get(name));
      if (usage !== undefined) found.set(name, usage);
    }
    return found;
  }

  /** A container that began since the last look is measured from its start. */
  private atStart(point: Point): Point | undefined {
    const age = point.atMs - point.startedMs;
    return point.startedMs > 0 && age >= freshMs && age < this.resolutionMs ? { ...point, atMs: point.startedMs, cpuSeconds: 0 } : undefined;
  }

  /** The point to measure from: none when it began anew in between. */
  private earlier(point: Point, last: Point | undefined, before: Point | undefined): Point | undefined {
    if (last === undefined || point.startedMs >= last.atMs) return undefined;
    if (point.atMs > last.atMs) return last;
    return before !== undefined && before.atMs < point.atMs ? before : undefined;
  }
}

function usageOf(last: Point | undefined, before: Point | undefined): Usage | undefined {
  // A counter that went back tells nothing.
  if (last === undefined || before === undefined || last.atMs <= before.atMs || last.cpuSeconds < before.cpuSeconds) return undefined;
  const windowMs = last.atMs - before.atMs;
  return { atMs: last.atMs, windowMs, cpuNanoCores: Math.floor(((last.cpuSeconds - before.cpuSeconds) * 1e12) / windowMs), memoryBytes: last.memoryBytes };
}
