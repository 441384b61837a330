// JSON merge patch (RFC 7386).
import type { Json } from '../object.ts';
import { get, isObject, set, type MutableObject } from './values.ts';

export function applyMergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const base = isObject(target) ? target : {};
  const result: MutableObject = { ...base };
  let lost = false;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) lost = delete result[key];
    else set(result, key, applyMergePatch(get(base, key), value));
  }
  // Copied, since the engine keeps what lost a field as a slow and big table.
  return lost ? { ...result } : result;
}

/** The merge patch that leads from `from` to `to`. */
export function createMergePatch(from: Json, to: Json): Json {
  if (!isObject(from) || !isObject(to)) return to;
  const patch: MutableObject = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) set(patch, key, null);
  for (const [key, value] of Object.entries(to)) {
    const before = get(from, key);
    if (before === undefined) set(patch, key, value);
    else if (isObject(before) && isObject(value)) {
      const inner = createMergePatch(before, value);
      if (isObject(inner) && Object.keys(inner).length > 0) set(patch, key, inner);
    } else if (JSON.stringify(before) !== JSON.stringify(value)) set(patch, key, value);
  }
  return patch;
}
