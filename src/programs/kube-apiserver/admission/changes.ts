// What a mutation changed, as lines for the picture: `+ spec.nodeName: a`, `- metadata.labels.x`, `spec.replicas: 1 → 2`.
const mostLines = 12;
const mostText = 60;

export function changesOf(before: unknown, after: unknown): readonly string[] {
  const lines: string[] = [];
  compare(before, after, '', lines);
  return lines.length > mostLines ? [...lines.slice(0, mostLines), `… ${lines.length - mostLines} more`] : lines;
}

function compare(before: unknown, after: unknown, path: string, lines: string[]): void {
  if (before === after) return;
  if (before === undefined) lines.push(`+ ${path}: ${text(after)}`);
  else if (after === undefined) lines.push(`- ${path}`);
  else if (typeof before === 'object' && typeof after === 'object' && before !== null && after !== null && Array.isArray(before) === Array.isArray(after)) {
    const was = before as Readonly<Record<string, unknown>>;
    const is = after as Readonly<Record<string, unknown>>;
    const step = (key: string): string => (Array.isArray(before) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);
    for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) compare(own(was, key), own(is, key), step(key), lines);
  } else lines.push(`${path}: ${text(before)} → ${text(after)}`);
}

/** Not what every object inherits: a field may have any name. */
const own = (object: Readonly<Record<string, unknown>>, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined);

function text(value: unknown): string {
  const json = typeof value === 'string' ? value : JSON.stringify(value);
  return json.length > mostText ? `${json.slice(0, mostText)}…` : json;
}
