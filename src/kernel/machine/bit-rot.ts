// What a stored value looks like after a bit of it has turned.
import type { Random } from '../host.ts';

/** A copy that differs from `value` in exactly one leaf, whose place the dice choose. */
export function rotted(value: unknown, random: Random): unknown {
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value);
    if (keys.length > 0) {
      const key = keys[random.below(keys.length)] as string;
      const inner = rotted((value as Readonly<Record<string, unknown>>)[key], random);
      if (Array.isArray(value)) return value.map((item: unknown, at) => (String(at) === key ? inner : item));
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, name === key ? inner : item]));
    }
    return '\u0001';
  }
  if (typeof value === 'number') return value + 2 ** random.below(8);
  if (typeof value === 'string' && value.length > 0) {
    const at = random.below(value.length);
    return value.slice(0, at) + String.fromCharCode(value.charCodeAt(at) ^ (1 << random.below(5))) + value.slice(at + 1);
  }
  return typeof value === 'boolean' ? !value : '\u0001';
}
