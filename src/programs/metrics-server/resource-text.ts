// What a kubelet says under /metrics/resource (Prometheus' text format), as far as figures are made of it.

/** One look at a counter and a gauge. */
export interface Point {
  /** Since 1970. */
  readonly atMs: number;
  /** Of a container; 0 when it is not told. */
  readonly startedMs: number;
  /** Since the beginning. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

export interface Batch {
  /** By name. */
  readonly nodes: ReadonlyMap<string, Point>;
  /** By `namespace/name`, then by container. */
  readonly pods: ReadonlyMap<string, ReadonlyMap<string, Point>>;
}

type Draft = { -readonly [Field in keyof Point]: Point[Field] };
const draft = (): Draft => ({ atMs: 0, startedMs: 0, cpuSeconds: 0, memoryBytes: 0 });

const line = /^([a-z_]+)(?:\{(.*)\})? (\S+)(?: (\d+))?$/;
const label = (text: string, name: string): string => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(text)?.[1] ?? '';

/**
 * As metrics-server's decodeBatch: a node or container whose CPU or memory is zero is incomplete, and a pod with an incomplete container is not told of.
 * `nowMs` stands where the kubelet gives no time.
 */
export function readResourceText(text: string, node: string, nowMs: number): Batch {
  const own = draft();
  const pods = new Map<string, Map<string, Draft>>();
  for (const each of text.split('\n')) {
    const match = line.exec(each);
    if (match === null) continue;
    const [, name = '', labels = '', value = '', time] = match;
    const container = name.startsWith('container_') ? containerOf(pods, labels) : undefined;
    const point = container ?? (name.startsWith('node_') ? own : undefined);
    if (point === undefined || !set(point, name.slice(name.indexOf('_') + 1), Number(value))) continue;
    // When it started says nothing of when it was looked at.
    if (!name.endsWith('_start_time_seconds')) point.atMs = time === undefined ? nowMs : Number(time);
  }
  const whole = new Map([...pods].filter(([, containers]) => [...containers.values()].every(isWhole)));
  return { nodes: isWhole(own) ? new Map([[node, own]]) : new Map<string, Point>(), pods: whole };
}

function set(point: Draft, what: string, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (what === 'cpu_usage_seconds_total') point.cpuSeconds = value;
  else if (what === 'memory_working_set_bytes') point.memoryBytes = value;
  else if (what === 'start_time_seconds') point.startedMs = value * 1000;
  else return false;
  return true;
}

const isWhole = (point: Point): boolean => point.cpuSeconds > 0 && point.memoryBytes > 0;

function containerOf(pods: Map<string, Map<string, Draft>>, labels: string): Draft {
  const pod = `${label(labels, 'namespace')}/${label(labels, 'pod')}`;
  let containers = pods.get(pod);
  if (containers === undefined) pods.set(pod, (containers = new Map<string, Draft>()));
  const name = label(labels, 'container');
  let point = containers.get(name);
  if (point === undefined) containers.set(name, (point = draft()));
  return point;
}
