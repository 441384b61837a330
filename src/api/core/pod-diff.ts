// The difference that a refused pod update shows: a unified diff of the two specs, written as Go writes its internal struct.
import type { PodSpec } from './types.ts';

const upper = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

function lines(value: unknown, indent: string): string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return ['[]'];
    const out = ['['];
    value.forEach((each, index) => {
      const inner = lines(each, `${indent}  `);
      inner[0] = `${indent}  ${inner[0]}`;
      inner[inner.length - 1] += index < value.length - 1 ? ',' : '';
      out.push(...inner);
    });
    out.push(`${indent}]`);
    return out;
  }
  if (typeof value !== 'object' || value === null) return [JSON.stringify(value ?? null)];
  const entries = Object.entries(value);
  if (entries.length === 0) return ['{}'];
  const out = ['{'];
  entries.forEach(([key, each], index) => {
    const inner = lines(each, `${indent}  `);
    inner[0] = `${indent}  ${JSON.stringify(upper(key))}: ${inner[0]}`;
    inner[inner.length - 1] += index < entries.length - 1 ? ',' : '';
    out.push(...inner);
  });
  out.push(`${indent}}`);
  return out;
}

export function podSpecDiff(old: PodSpec, next: PodSpec): string {
  return unifiedDiff(lines(old, ''), lines(next, ''));
}

/** A unified diff with three lines of context; without file names, as the server prints it. */
export function unifiedDiff(a: readonly string[], b: readonly string[]): string {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA--;
    endB--;
  }
  const from = Math.max(0, start - 3);
  const toA = Math.min(a.length, endA + 3);
  const toB = Math.min(b.length, endB + 3);
  const out = [`@@ -${from + 1},${toA - from} +${from + 1},${toB - from} @@`];
  for (let i = from; i < start; i++) out.push(` ${a[i]}`);
  for (let i = start; i < endA; i++) out.push(`-${a[i]}`);
  for (let i = start; i < endB; i++) out.push(`+${b[i]}`);
  for (let i = endA; i < toA; i++) out.push(` ${a[i]}`);
  return `${out.join('\n')}\n`;
}
