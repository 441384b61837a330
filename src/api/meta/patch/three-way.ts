// Client-side apply's patch: three-way, strategic where the kind's structure is known, a JSON merge patch where it is not (custom resources).
import type { PatchSchema } from './schema.ts';
import { createThreeWayStrategicPatch } from './strategic.ts';
import { equal, get, isObject, set, type JsonObject, type MutableObject } from './values.ts';

export interface ThreeWayPatch {
  readonly type: 'application/strategic-merge-patch+json' | 'application/merge-patch+json';
  readonly patch: JsonObject;
  /** Nothing is to be done: kubectl says `unchanged`. */
  readonly isEmpty: boolean;
}

export function createThreeWayPatch(original: JsonObject | undefined, modified: JsonObject, current: JsonObject, schema: PatchSchema | undefined): ThreeWayPatch {
  const patch = schema === undefined ? createThreeWayMergePatch(original, modified, current) : createThreeWayStrategicPatch(original, modified, current, schema);
  return { type: schema === undefined ? 'application/merge-patch+json' : 'application/strategic-merge-patch+json', patch, isEmpty: Object.keys(patch).length === 0 };
}

/** Additions and changes against `current`, deletions against `original`. */
function createThreeWayMergePatch(original: JsonObject | undefined, modified: JsonObject, current: JsonObject): JsonObject {
  const patch: MutableObject = {};
  for (const [key, value] of Object.entries(modified)) {
    const now = get(current, key);
    const was = original === undefined ? undefined : get(original, key);
    if (isObject(value) && isObject(now)) {
      const inner = createThreeWayMergePatch(isObject(was) ? was : undefined, value, now);
      if (Object.keys(inner).length > 0) set(patch, key, inner);
    } else if (!equal(value, now)) set(patch, key, value);
  }
  for (const key of Object.keys(original ?? {})) if (!Object.hasOwn(modified, key)) set(patch, key, null);
  return patch;
}
