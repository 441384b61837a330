import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyDiff, reverseDiff, toDiff, type Change } from './diff.ts';
import type { FaultRecord, SceneRecord } from './records.ts';
import { SceneStore } from './scene-store.ts';

function record(name: string, sinceMs: number): FaultRecord {
  return { table: 'fault', id: `fault:${name}`, name, rule: { kind: 'cut', from: [name], to: ['*'] }, sinceMs };
}

type Step = { readonly name: string; readonly value: number | undefined; readonly afterMs: number };
const steps = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), value: fc.option(fc.nat(3), { nil: undefined }), afterMs: fc.constantFrom(0, 0, 1, 7, 400) }), { maxLength: 60 });

/** Every moment's scene, kept whole: the slow, obvious second version. */
function play(store: SceneStore, list: readonly Step[]): { readonly atMs: number; readonly scene: string }[] {
  const whole = new Map<string, SceneRecord>();
  const moments: { atMs: number; scene: string }[] = [{ atMs: 0, scene: text(whole.values()) }];
  let nowMs = 0;
  list.forEach(({ name, value, afterMs }, event) => {
    nowMs += afterMs;
    const id = `fault:${name}`;
    if (value === undefined) {
      store.remove(id, nowMs, event + 1);
      whole.delete(id);
    } else {
      store.put(record(name, value), nowMs, event + 1);
      whole.set(id, record(name, value));
    }
    const last = moments.at(-1) as { atMs: number; scene: string };
    if (last.atMs === nowMs) last.scene = text(whole.values());
    else moments.push({ atMs: nowMs, scene: text(whole.values()) });
  });
  return moments;
}

function text(records: Iterable<SceneRecord>): string {
  return [...records].map((each) => JSON.stringify(each)).sort().join('\n');
}

describe('the scene store', () => {
  it('shows any moment as it was, in any order of looking', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(1000), { maxLength: 12 }), (list, looks) => {
        const store = new SceneStore();
        const moments = play(store, list);
        const page = new Map<string, SceneRecord>();
        for (const look of looks) {
          const moment = moments[look % moments.length] as { atMs: number; scene: string };
          applyDiff(page, store.moveTo(moment.atMs));
          expect(text(page.values())).toBe(moment.scene);
          expect(text(store.shownRecords())).toBe(moment.scene);
        }
        applyDiff(page, store.moveToEnd());
        expect(text(page.values())).toBe(moments.at(-1)?.scene);
      }),
    );
  });

  it('forgets only fineness when it grows old, never the way back', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const store = new SceneStore(8);
        const moments = play(store, list);
        const page = new Map<string, SceneRecord>();
        applyDiff(page, store.moveToEnd());
        const end = moments.at(-1) as { scene: string };
        expect(text(page.values())).toBe(end.scene);
        applyDiff(page, store.moveTo(-1));
        expect(text(page.values())).toBe('');
        applyDiff(page, store.moveToEnd());
        expect(text(page.values())).toBe(end.scene);
        expect(store.size).toBeLessThanOrEqual(9 + moments.length);
      }),
    );
  });

  it('says nothing when a record is put again as it was', () => {
    const store = new SceneStore();
    store.put(record('a', 1), 0, 1);
    store.moveToEnd();
    store.put(record('a', 1), 5, 2);
    expect(store.moveToEnd()).toEqual({ added: [], updated: [], removed: [] });
    expect(store.origin('fault:a')).toEqual({ created: 1, latest: 1 });
  });

  it('has diffs that can be turned round', () => {
    const changes = new Map<string, Change>([
      ['fault:a', { before: undefined, after: record('a', 1) }],
      ['fault:b', { before: record('b', 1), after: record('b', 2) }],
      ['fault:c', { before: record('c', 1), after: undefined }],
    ]);
    const page = new Map<string, SceneRecord>([record('b', 1), record('c', 1)].map((each) => [each.id, each]));
    const before = text(page.values());
    const diff = toDiff(changes);
    applyDiff(page, diff);
    expect(text(page.values())).toBe(text([record('a', 1), record('b', 2)]));
    applyDiff(page, reverseDiff(diff));
    expect(text(page.values())).toBe(before);
  });
});
