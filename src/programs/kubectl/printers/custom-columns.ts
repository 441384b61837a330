// `-o custom-columns=NAME:.metadata.name,...`
import { CommandError, messageOf } from '../errors.ts';
import { goValue } from '../../../api/meta/go-value.ts';
import type { Any } from '../kubectl.ts';
import { JsonPath, relaxedExpression } from './jsonpath.ts';
import { tableOptions, TabWriter } from './tab-writer.ts';

export function printCustomColumns(spec: string, object: Any, noHeaders: boolean): string {
  let headers: string[];
  let paths: string[];
  if (spec.includes('\n')) {
    // From a file: the first line holds headers, the second paths.
    const lines = spec.split('\n');
    headers = (lines[0] as string).trim().split(/\s+/);
    paths = (lines[1] ?? '').trim().split(/\s+/);
  } else {
    const parts = splitColumns(spec);
    headers = [];
    paths = [];
    for (const part of parts) {
      const colon = part.indexOf(':');
      if (colon < 0) throw new CommandError(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
      headers.push(part.slice(0, colon));
      paths.push(part.slice(colon + 1));
    }
  }
  const columns = paths.map((path) => {
    try {
      return new JsonPath(relaxedExpression(path), true);
    } catch (error) {
      throw new CommandError(messageOf(error));
    }
  });
  const writer = new TabWriter(tableOptions);
  if (!noHeaders) writer.write(headers.join('\t') + '\n');
  const items: Any[] = Array.isArray(object.items) && String(object.kind ?? '').endsWith('List') ? object.items : [object];
  for (const item of items) {
    const cells = columns.map((column) => {
      const values = column.findResults(item).flat();
      return values.length === 0 ? '<none>' : values.map((value) => (value === null ? '<nil>' : goValue(value))).join(',');
    });
    writer.write(cells.join('\t') + '\n');
  }
  return writer.flush();
}

/** Commas inside brackets belong to a path. */
function splitColumns(spec: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let current = '';
  for (const c of spec) {
    if (c === '[' || c === '(' || c === '{') depth++;
    if (c === ']' || c === ')' || c === '}') depth--;
    if (c === ',' && depth === 0) {
      parts.push(current);
      current = '';
    } else current += c;
  }
  return [...parts, current];
}
