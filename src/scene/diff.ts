// Changes of the scene that can be turned round and put together. A set of changes holds each record at most once, with what it was
// before (undefined: not there) and what it is after; the wire form is SceneDiff.
import type { SceneDiff, SceneRecord } from './records.ts';

export interface Change {
  readonly before: SceneRecord | undefined;
  readonly after: SceneRecord | undefined;
}
export type Changes = ReadonlyMap<string, Change>;

const emptyDiff: SceneDiff = { added: [], updated: [], removed: [] };

export function isEmptyDiff(diff: SceneDiff): boolean {
  return diff.added.length === 0 && diff.updated.length === 0 && diff.removed.length === 0;
}

export function toDiff(changes: Changes): SceneDiff {
  if (changes.size === 0) return emptyDiff;
  const added: SceneRecord[] = [];
  const updated: [SceneRecord, SceneRecord][] = [];
  const removed: SceneRecord[] = [];
  for (const { before, after } of changes.values()) {
    if (before === undefined) {
      if (after !== undefined) added.push(after);
    } else if (after === undefined) removed.push(before);
    else if (before !== after) updated.push([before, after]);
  }
  return { added, updated, removed };
}

export function reverseDiff(diff: SceneDiff): SceneDiff {
  return { added: diff.removed, updated: diff.updated.map(([before, after]) => [after, before] as const), removed: diff.added };
}

/** Applies in place. */
export function applyDiff(records: Map<string, SceneRecord>, diff: SceneDiff): void {
  for (const record of diff.removed) records.delete(record.id);
  for (const record of diff.added) records.set(record.id, record);
  for (const [, after] of diff.updated) records.set(after.id, after);
}

/** `later` follows `earlier`; a record that ends as it began is left out. */
export function squash(earlier: Changes, later: Changes): Map<string, Change> {
  const all = new Map(earlier);
  for (const [id, change] of later) {
    const known = all.get(id);
    const before = known === undefined ? change.before : known.before;
    if (before === change.after) all.delete(id);
    else all.set(id, { before, after: change.after });
  }
  return all;
}

/** Equal as plain data. */
export function sameData(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let at = 0; at < a.length; at++) if (!sameData(a[at], b[at])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  let count = 0;
  for (const key in left) {
    count++;
    if (!(key in right) || !sameData(left[key], right[key])) return false;
  }
  for (const _ in right) count--;
  return count === 0;
}
