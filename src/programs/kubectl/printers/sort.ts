// --sort-by: rows or objects by a field.
import { compareQuantity, parseQuantity } from '../../../api/meta/quantity.ts';
import { CommandError, messageOf } from '../errors.ts';
import type { Any } from '../kubectl.ts';
import { JsonPath, relaxedExpression } from './jsonpath.ts';

/** Throws when no object has the field. */
export function sortBy<T>(items: readonly T[], field: string, objectOf: (item: T) => Any): T[] {
  let path: JsonPath;
  let expression: string;
  try {
    expression = relaxedExpression(field);
    path = new JsonPath(expression, true);
  } catch (error) {
    throw new CommandError(messageOf(error));
  }
  const keyed = items.map((item) => ({ item, key: path.findResults(objectOf(item)).flat()[0] }));
  if (items.length > 0 && keyed.every((each) => each.key === undefined)) throw new CommandError(`couldn't find any field with path "${expression}" in the list of objects`);
  return keyed.sort((a, b) => compareValues(a.key, b.key)).map((each) => each.item);
}

function compareValues(a: unknown, b: unknown): number {
  if (a === undefined || a === null) return b === undefined || b === null ? 0 : -1;
  if (b === undefined || b === null) return 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return a === b ? 0 : a ? 1 : -1;
  const x = String(a);
  const y = String(b);
  const p = parseQuantity(x);
  const q = parseQuantity(y);
  if (typeof p !== 'string' && typeof q !== 'string') return compareQuantity(p, q);
  return naturalCompare(x, y);
}

/** Runs of digits compare as numbers. */
export function naturalCompare(a: string, b: string): number {
  const x = a.match(/\d+|\D+/g) ?? [];
  const y = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < x.length && i < y.length; i++) {
    const p = x[i] as string;
    const q = y[i] as string;
    if (p === q) continue;
    if (/^\d/.test(p) && /^\d/.test(q)) {
      const difference = Number(p) - Number(q);
      if (difference !== 0) return difference;
      return p.length - q.length;
    }
    return p < q ? -1 : 1;
  }
  return x.length - y.length;
}
