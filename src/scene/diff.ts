// Differences between two scenes: reversible and squashable, so that time can be scrubbed.
import type { SceneDiff, SceneRecord } from './records.ts';

export const noDiff: SceneDiff = { added: [], updated: [], removed: [] };

export function isEmpty(diff: SceneDiff): boolean {
  return diff.added.length === 0 && diff.updated.length === 0 && diff.removed.length === 0;
}

export function reverse(diff: SceneDiff): SceneDiff {
  return { added: diff.removed, updated: diff.updated.map(([before, after]) => [after, before] as const), removed: diff.added };
}

/** Writes a diff into a table of records. */
export function applyDiff(records: Map<string, SceneRecord>, diff: SceneDiff): void {
  for (const record of diff.removed) records.delete(record.id);
  for (const record of diff.added) records.set(record.id, record);
  for (const [, after] of diff.updated) records.set(after.id, after);
}

/** Collects changes by id: what a record was at first and is at last. */
export class DiffCollector {
  private readonly before = new Map<string, SceneRecord | undefined>();
  private readonly after = new Map<string, SceneRecord | undefined>();

  get isEmpty(): boolean {
    return this.before.size === 0;
  }

  change(id: string, before: SceneRecord | undefined, after: SceneRecord | undefined): void {
    if (!this.before.has(id)) this.before.set(id, before);
    this.after.set(id, after);
  }

  add(diff: SceneDiff): void {
    for (const record of diff.removed) this.change(record.id, record, undefined);
    for (const record of diff.added) this.change(record.id, undefined, record);
    for (const [before, after] of diff.updated) this.change(after.id, before, after);
  }

  take(): SceneDiff {
    const added: SceneRecord[] = [];
    const updated: [SceneRecord, SceneRecord][] = [];
    const removed: SceneRecord[] = [];
    for (const [id, before] of this.before) {
      const after = this.after.get(id);
      if (before === undefined) {
        if (after !== undefined) added.push(after);
      } else if (after === undefined) removed.push(before);
      else if (before !== after) updated.push([before, after]);
    }
    this.before.clear();
    this.after.clear();
    return { added, updated, removed };
  }
}

/** Several diffs, one after the other, as one. */
export function squash(diffs: readonly SceneDiff[]): SceneDiff {
  const collector = new DiffCollector();
  for (const diff of diffs) collector.add(diff);
  return collector.take();
}
