// What a program counts, and how /metrics says it: the text format of Prometheus, version 0.0.4.
import type { Host } from '../kernel/host.ts';
import type { HttpResponse } from './http.ts';

/** How often each of several things happened. A key is the values of the labels, joined by newlines. */
export class Tally {
  readonly counts = new Map<string, number>();

  add(key: string, times = 1): void {
    this.counts.set(key, (this.counts.get(key) ?? 0) + times);
  }

  samples(labels: readonly string[]): readonly Sample[] {
    return [...this.counts].sort(byKey).map(([key, value]) => ({ labels: labelled(labels, key), value }));
  }
}

/** How many fell into each bucket, and the sum of all. */
interface Measured {
  readonly counts: number[];
  sum: number;
}

/** How large each of several things was, for each key as in a tally: in buckets with bounds of their own. */
export class Distribution {
  private readonly boundOf: (bucket: number) => number;
  readonly measured = new Map<string, Measured>();

  /** `boundOf`: the largest value of the first bucket (0), of the second, and so on without an end. */
  constructor(boundOf: (bucket: number) => number) {
    this.boundOf = boundOf;
  }

  observe(value: number, key = ''): void {
    const found = this.measured.get(key) ?? { counts: [], sum: 0 };
    this.measured.set(key, found);
    let at = 0;
    while (value > this.boundOf(at)) at++;
    found.counts[at] = (found.counts[at] ?? 0) + 1;
    found.sum += value;
  }

  /** What another one has measured, for this key too. */
  merge({ counts, sum }: Measured, key: string): void {
    const found = this.measured.get(key) ?? { counts: [], sum: 0 };
    this.measured.set(key, found);
    counts.forEach((count, at) => (found.counts[at] = (found.counts[at] ?? 0) + count));
    found.sum += sum;
  }

  /** With `buckets` bounds, and one without an end. */
  samples(buckets: number, labels: readonly string[] = []): readonly Sample[] {
    return [...this.measured].sort(byKey).flatMap(([key, { counts, sum }]) => {
      const own = labelled(labels, key);
      let below = 0;
      const lines = Array.from({ length: buckets }, (_, at): Sample => ({ suffix: '_bucket', labels: own, le: this.boundOf(at), value: (below += counts[at] ?? 0) }));
      const count = countUpTo(Infinity, counts);
      return [...lines, { suffix: '_bucket', labels: own, le: Infinity, value: count }, { suffix: '_sum', labels: own, value: sum }, { suffix: '_count', labels: own, value: count }];
    });
  }
}

export function countUpTo(bucket: number, counts: readonly number[]): number {
  return counts.reduce((total, count, at) => (at <= bucket ? total + count : total), 0);
}

/** Of a request's time in seconds, as the API server has them for its own requests and for etcd's. */
export const latencyBounds = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60];

/** Bounds that double from bucket to bucket. */
export const doubling = (first: number) => (bucket: number): number => first * 2 ** bucket;

type Labels = Readonly<Record<string, string>>;
const none: Labels = {};

export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
  /** When it was so, if not now. */
  readonly atMs?: number;
  /** Of a bucket: the largest value in it. */
  readonly le?: number;
  /** Of a distribution's lines. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

/** One metric: what is said of it, and its values. Without any it is not said at all. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly samples: readonly Sample[];
}

export function family(type: Family['type'], name: string, help: string, samples: readonly Sample[] | number): Family {
  return { name, type, help, samples: typeof samples === 'number' ? [{ value: samples }] : samples };
}

export function metricsText(families: readonly Family[]): string {
  const texts = new Map<Labels, string>();
  const said = families.filter(({ samples }) => samples.length > 0).sort((a, b) => (a.name < b.name ? -1 : 1));
  return said.map(({ name, type, help, samples }) => `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${samples.map((sample) => `${name}${sampleText(sample, texts)}\n`).join('')}`).join('');
}

export function metricsAnswer(families: readonly Family[]): HttpResponse {
  return { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }, body: metricsText(families) };
}

/** What every process says of itself. `startedMs` is by the wall clock. */
export function processFamilies({ usage }: Pick<Host, 'usage'>, startedMs: number): readonly Family[] {
  return [
    family('counter', 'process_cpu_seconds_total', 'CPU time that the process has used, in seconds.', usage.cpuMs / 1000),
    family('gauge', 'process_resident_memory_bytes', 'Memory that the process holds, in bytes.', usage.memoryBytes),
    family('gauge', 'process_start_time_seconds', 'When the process started, in seconds since 1970.', startedMs / 1000),
  ];
}

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0);

function labelled(names: readonly string[], key: string): Readonly<Record<string, string>> {
  const values = key.split('\n');
  return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
}

/** The lines of one distribution share their labels: told once, they are not worked out for each. */
function sampleText({ labels = none, le, value, atMs, suffix }: Sample, texts: Map<Labels, string>): string {
  let pairs = texts.get(labels);
  if (pairs === undefined) texts.set(labels, (pairs = Object.entries(labels).map(([name, each]) => `${name}="${escaped(each).replaceAll('"', '\\"')}"`).join(',')));
  const all = le === undefined ? pairs : `${pairs === '' ? '' : `${pairs},`}le="${numberText(le)}"`;
  return `${suffix ?? ''}${all === '' ? '' : `{${all}}`} ${numberText(value)}${atMs === undefined ? '' : ` ${Math.round(atMs)}`}`;
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

/** Sums of moments are a few rounding errors off. */
const numberText = (value: number): string => (value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(Number.isInteger(value) ? value : Number(value.toPrecision(12))));
