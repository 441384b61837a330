// The sections that every description shares, in describe's own alignment.
import { formatTime, humanDuration, parseTime } from '../../../api/meta/time.ts';
import { civilTime } from '../../../api/meta/time.ts';
import type { Any } from '../kubectl.ts';
import { TabWriter } from '../printers/tab-writer.ts';

export class DescribeWriter {
  private readonly tabs = new TabWriter({ minWidth: 0, padding: 2 });

  /** Text behind `level` times two spaces; without a newline of its own. */
  write(level: number, text: string): void {
    this.tabs.write('  '.repeat(level) + text);
  }
  line(text: string): void {
    this.tabs.write(text + '\n');
  }
  at(level: number, text: string): void {
    this.tabs.write('  '.repeat(level) + text + '\n');
  }
  text(): string {
    return this.tabs.flush();
  }
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** `Mon, 02 Jan 2006 15:04:05 +0000` */
export function rfc1123(time: string | undefined | null): string {
  const ms = parseTime(time);
  if (ms === undefined) return 'Mon, 01 Jan 0001 00:00:00 +0000';
  const civil = civilTime(ms);
  const two = (n: number): string => String(n).padStart(2, '0');
  const weekday = days[(((Math.floor(ms / 86_400_000) + 4) % 7) + 7) % 7] as string;
  return `${weekday}, ${two(civil.day)} ${months[civil.month - 1]} ${civil.year} ${two(civil.hour)}:${two(civil.minute)}:${two(civil.second)} +0000`;
}

export function since(time: string | undefined | null, nowMs: number): string {
  const ms = parseTime(time);
  return ms === undefined ? '<unknown>' : humanDuration(nowMs - ms);
}

export { formatTime };

export function labelsMultiline(w: DescribeWriter, title: string, labels: Readonly<Record<string, string>> | undefined): void {
  const keys = Object.keys(labels ?? {}).sort();
  w.write(0, `${title}:\t`);
  if (keys.length === 0) return w.line('<none>');
  keys.forEach((key, index) => w.line(`${index === 0 ? '' : '\t'}${key}=${(labels as Record<string, string>)[key]}`));
}

const longest = 140;

export function annotationsMultiline(w: DescribeWriter, title: string, annotations: Readonly<Record<string, string>> | undefined): void {
  const keys = Object.keys(annotations ?? {}).filter((key) => key !== 'kubectl.kubernetes.io/last-applied-configuration').sort();
  w.write(0, `${title}:\t`);
  if (keys.length === 0) return w.line('<none>');
  keys.forEach((key, index) => {
    if (index > 0) w.write(0, '\t');
    const value = ((annotations as Record<string, string>)[key] ?? '').replace(/\n$/, '');
    if (value.length + key.length + 2 > longest || value.includes('\n')) {
      w.line(`${key}:`);
      for (const line of value.split('\n')) w.line(`\t  ${line.length > longest - 2 ? `${line.slice(0, longest - 2)}...` : line}`);
    } else w.line(`${key}: ${value}`);
  });
}

/** What most descriptions begin with. */
export function namedLines(w: DescribeWriter, metadata: Any): void {
  w.line(`Name:\t${metadata.name}`);
  w.line(`Namespace:\t${metadata.namespace}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
}

export function tolerationsMultiline(w: DescribeWriter, title: string, tolerations: readonly Any[] | undefined): void {
  w.write(0, `${title}:\t`);
  if (tolerations === undefined || tolerations.length === 0) return w.line('<none>');
  [...tolerations].sort((a, b) => ((a.key ?? '') < (b.key ?? '') ? -1 : (a.key ?? '') > (b.key ?? '') ? 1 : 0)).forEach((each, index) => {
    let text = index === 0 ? '' : '\t';
    text += each.key ?? '';
    if ((each.value ?? '') !== '') text += `=${each.value}`;
    if ((each.effect ?? '') !== '') text += `:${each.effect}`;
    if (each.operator === 'Exists' && (each.value ?? '') === '') text += (each.key ?? '') !== '' || (each.effect ?? '') !== '' ? ' op=Exists' : 'op=Exists';
    if (each.tolerationSeconds !== undefined && each.tolerationSeconds !== null) text += ` for ${each.tolerationSeconds}s`;
    w.line(text);
  });
}

export function taintsMultiline(w: DescribeWriter, title: string, taints: readonly Any[] | undefined): void {
  w.write(0, `${title}:\t`);
  if (taints === undefined || taints.length === 0) return w.line('<none>');
  const text = (taint: Any): string => `${taint.key}${(taint.value ?? '') === '' ? '' : `=${taint.value}`}:${taint.effect}`;
  [...taints].sort((a, b) => (`${a.effect},${a.key}` < `${b.effect},${b.key}` ? -1 : 1)).forEach((taint, index) => w.line(`${index === 0 ? '' : '\t'}${text(taint)}`));
}

export function eventsSection(w: DescribeWriter, events: readonly Any[] | undefined, nowMs: number): void {
  if (events === undefined) return;
  if (events.length === 0) return w.line('Events:\t<none>');
  w.line('Events:\n  Type\tReason\tAge\tFrom\tMessage');
  w.line('  ----\t------\t----\t----\t-------');
  const lastOf = (event: Any): string => event.series?.lastObservedTime ?? event.lastTimestamp ?? event.eventTime ?? '';
  for (const event of [...events].sort((a, b) => (lastOf(a) < lastOf(b) ? -1 : lastOf(a) > lastOf(b) ? 1 : 0))) {
    const first = since(event.eventTime ?? event.firstTimestamp, nowMs);
    let age = first;
    if (event.series !== undefined && event.series !== null) age = `${since(event.series.lastObservedTime, nowMs)} (x${event.series.count} over ${first})`;
    else if ((event.count ?? 1) > 1) age = `${since(event.lastTimestamp, nowMs)} (x${event.count} over ${first})`;
    const field = event.involvedObject?.fieldPath ?? '';
    const source = event.source?.component || event.reportingComponent || event.reportingController || '';
    w.line(`  ${event.type ?? ''}\t${event.reason ?? ''}\t${age}\t${source}\t${field === '' ? '' : `${field}: `}${String(event.message ?? '').trim()}`);
  }
}

export const orNone = (text: string | undefined | null): string => (text === undefined || text === null || text === '' ? '<none>' : text);

/** `Deployment/web` */
export function controllerText(metadata: Any): string | undefined {
  const owner = (metadata.ownerReferences ?? []).find((each: Any) => each.controller === true);
  return owner === undefined ? undefined : `${owner.kind}/${owner.name}`;
}
