// The store against a slow, obvious model: whole copies of the map, one per revision.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KeyValue } from '../../../wire/etcd-rpc.ts';
import { Refusal } from '../refusal.ts';
import { MvccStore } from './store.ts';

type World = Map<string, KeyValue>;

class Model {
  worlds: World[] = [new Map(), new Map()]; // index: revision; revision 1 is empty
  compacted = 0;
  get revision(): number {
    return this.worlds.length - 1;
  }
  txn(ops: readonly Op[]): void {
    const next: World = new Map(this.worlds[this.revision]);
    const revision = this.worlds.length;
    let changed = false;
    for (const op of ops) {
      if (op.op === 'put') {
        const before = next.get(op.key);
        next.set(op.key, { key: op.key, value: op.value, createRevision: before?.createRevision ?? revision, modRevision: revision, version: (before?.version ?? 0) + 1, lease: '' });
        changed = true;
      } else for (const key of [...next.keys()]) if (inside(key, op.key, op.end)) changed = next.delete(key) || changed;
    }
    if (changed) this.worlds.push(next);
  }
  range(key: string, end: string | undefined, revision: number): KeyValue[] | string {
    if (revision > this.revision) return 'future';
    if (revision > 0 && revision < this.compacted) return 'compacted';
    const world = this.worlds[revision === 0 ? this.revision : revision] as World;
    return [...world.values()].filter((kv) => inside(kv.key, key, end)).sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}

function inside(key: string, from: string, end: string | undefined): boolean {
  return end === undefined ? key === from : key >= from && (end === '\0' || key < end);
}

type Op = { op: 'put'; key: string; value: number } | { op: 'delete'; key: string; end: string | undefined };
const key = fc.constantFrom('/a', '/a/1', '/a/2', '/b', '/b/1', '/b/2', '/b/3', '/c');
const end = fc.constantFrom(undefined, '/a0', '/b0', '/c0', '\0');
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: fc.constant('put' as const), key, value: fc.nat(9) }) },
  fc.record({ op: fc.constant('delete' as const), key, end }),
);
type Step = { txn: Op[] } | { compact: number } | { restore: true };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ txn: fc.uniqueArray(op, { minLength: 1, maxLength: 4, selector: (each) => each.key }) }) },
  fc.record({ compact: fc.nat(30) }),
  fc.constant({ restore: true as const }),
);

describe('the MVCC store', () => {
  test('is what the model says, at every revision', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), key, end, (steps, from, to) => {
        let store = new MvccStore();
        const model = new Model();
        for (const each of steps) {
          if ('txn' in each) {
            // One key is written once in a transaction, as etcd demands.
            const ops = each.txn.filter((a, i) => a.op === 'put' || !each.txn.some((b, j) => j !== i && (inside(b.key, a.key, a.end) || b.op === 'delete')));
            for (const one of ops) {
              if (one.op === 'put') store.put(one.key, one.value, '');
              else store.deleteRange(one.key, one.end);
            }
            store.commit();
            model.txn(ops);
          } else if ('compact' in each) {
            let refused = false;
            try {
              store.compact(each.compact);
            } catch (error) {
              refused = error instanceof Refusal;
            }
            expect(refused).toBe(each.compact <= model.compacted || each.compact > model.revision);
            if (!refused) model.compacted = each.compact;
          } else {
            const copy = new MvccStore();
            copy.restore(store.snapshot());
            expect(copy.hash()).toBe(store.hash());
            store = copy;
          }
          expect(store.revision).toBe(model.revision);
        }
        for (let revision = 0; revision <= model.revision + 1; revision++) {
          let got: readonly KeyValue[] | string;
          try {
            got = store.range({ key: from, ...(to === undefined ? {} : { rangeEnd: to }), revision }).kvs;
          } catch (error) {
            got = (error as Error).message.includes('future') ? 'future' : 'compacted';
          }
          expect(got).toEqual(model.range(from, to, revision));
        }
        // The history gives the same worlds again.
        const since = Math.max(model.compacted, 1);
        const world: World = new Map(model.worlds[since]);
        for (const revision of store.changesSince(since + 1)) {
          for (const change of revision.changes) {
            expect(change.prevKv).toEqual(world.get(change.kv.key));
            if (change.type === 'PUT') world.set(change.kv.key, change.kv);
            else world.delete(change.kv.key);
          }
          expect([...world.values()].sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual(model.range('', '\0', revision.revision));
        }
      }),
      { numRuns: 300 },
    );
  });

  test('limit, count, sort and filters', () => {
    const store = new MvccStore();
    for (const each of ['b', 'a', 'd', 'c']) {
      store.put(each, `v${each}`, '');
      store.commit();
    }
    store.put('a', 'again', '');
    store.commit();
    const keys = (request: object): string => store.range({ key: 'a', rangeEnd: '\0', ...request }).kvs.map((kv) => kv.key).join('');
    expect(store.revision).toBe(6);
    expect(store.range({ key: 'a', rangeEnd: '\0', limit: 3 })).toMatchObject({ count: 4, more: true });
    expect(keys({ limit: 3 })).toBe('abc');
    expect(store.range({ key: 'a', rangeEnd: 'c', countOnly: true })).toMatchObject({ kvs: [], count: 2, more: false });
    expect(keys({ sortOrder: 'DESCEND' })).toBe('dcba');
    expect(keys({ sortTarget: 'MOD' })).toBe('bdca');
    expect(keys({ sortTarget: 'CREATE', sortOrder: 'DESCEND', limit: 2 })).toBe('cd');
    expect(keys({ sortTarget: 'VERSION', sortOrder: 'DESCEND', limit: 1 })).toBe('a');
    expect(keys({ minModRevision: 5 })).toBe('ac');
    expect(keys({ maxCreateRevision: 3 })).toBe('ab');
    expect(store.range({ key: 'a', keysOnly: true }).kvs[0]).toMatchObject({ value: undefined, version: 2 });
    expect(store.range({ key: 'a', rangeEnd: '\0', revision: 4 }).count).toBe(3);
  });

  test('many keys in any order', () => {
    const store = new MvccStore();
    const names = Array.from({ length: 3000 }, (_, i) => `/registry/pods/default/web-${(i * 7919) % 3000}`);
    for (const name of names) store.put(name, name, '');
    store.commit();
    expect(store.range({ key: '/registry/pods/', rangeEnd: '/registry/pods0' }).kvs.map((kv) => kv.key)).toEqual([...names].sort());
    store.deleteRange('/registry/pods/', '/registry/pods0');
    store.commit();
    expect(store.range({ key: '/', rangeEnd: '\0' }).count).toBe(0);
    store.compact(3);
    expect(store.keyCount).toBe(0);
  });
});
