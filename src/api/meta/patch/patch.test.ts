import { describe, expect, it } from 'vitest';
import type { ApiObject, Json } from '../object.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyServerSide, trackUpdate } from './managed-fields.ts';
import { applyMergePatch } from './merge-patch.ts';
import type { PatchSchema } from './schema.ts';
import { applyStrategicPatch, createThreeWayStrategicPatch } from './strategic.ts';
import type { JsonObject } from './values.ts';

function schema(fields: Record<string, PatchSchema>, more: Partial<PatchSchema> = {}): PatchSchema {
  return { field: (name) => fields[name] ?? fields['*'], item: () => undefined, patchStrategy: [], ...more };
}
const leaf = schema({});
const container = schema({ image: leaf, name: leaf });
const containers: PatchSchema = { field: () => undefined, item: () => container, patchStrategy: ['merge'], patchMergeKey: 'name', listType: 'map', listMapKeys: ['name'] };
const finalizers: PatchSchema = { field: () => undefined, item: () => leaf, patchStrategy: ['merge'], listType: 'set' };
const podSchema = schema({ metadata: schema({ finalizers, labels: schema({ '*': leaf }) }), spec: schema({ containers }, { isEmbedded: true }), data: schema({ '*': leaf }) });

describe('patches', () => {
  it.each<[string, Json, Json, Json]>([
    ['adds and removes', { a: 1, b: 2 }, { b: null, c: 3 }, { a: 1, c: 3 }],
    ['replaces lists', { a: [1, 2] }, { a: [3] }, { a: [3] }],
    ['goes down', { a: { b: 1, c: 2 } }, { a: { b: null } }, { a: { c: 2 } }],
  ])('merge patch %s', (_name, target, patch, result) => {
    expect(applyMergePatch(target, patch)).toEqual(result);
  });

  it('merge patch takes __proto__ for a name', () => {
    const result = applyMergePatch({}, JSON.parse('{"__proto__":{"polluted":true}}') as Json);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(JSON.stringify(result)).toBe('{"__proto__":{"polluted":true}}');
  });

  it('json patch tells what it misses', () => {
    expect(applyJsonPatch({ a: 1 }, [{ op: 'replace', path: '/b', value: 2 }])).toHaveProperty('problem');
    expect(applyJsonPatch({ a: 1 }, [{ op: 'replace', path: '/a', value: 2 }])).toEqual({ value: { a: 2 } });
    expect(applyJsonPatch({ a: 1 }, [{ op: 'test', path: '/a', value: 2 }])).toEqual({ problem: 'testing value /a failed: test failed' });
  });

  it.each<[string, JsonObject, JsonObject, JsonObject]>([
    ['merges by key', { containers: [{ name: 'a', image: 'x' }] }, { containers: [{ name: 'b', image: 'y' }, { name: 'a', image: 'z' }] }, { containers: [{ name: 'b', image: 'y' }, { name: 'a', image: 'z' }] }],
    ['puts what is new before what only the server has', { containers: [{ name: 'a' }] }, { containers: [{ name: 'b' }] }, { containers: [{ name: 'b' }, { name: 'a' }] }],
    ['deletes by key', { containers: [{ name: 'a' }, { name: 'b' }] }, { containers: [{ name: 'a', $patch: 'delete' }] }, { containers: [{ name: 'b' }] }],
    ['replaces on demand', { containers: [{ name: 'a' }, { name: 'b' }] }, { containers: [{ $patch: 'replace' }, { name: 'c' }] }, { containers: [{ name: 'c' }] }],
    ['orders', { containers: [{ name: 'a' }, { name: 'b' }] }, { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [{ name: 'a', image: 'x' }] }, { containers: [{ name: 'b' }, { name: 'a', image: 'x' }] }],
  ])('strategic patch %s', (_name, target, patch, result) => {
    expect(applyStrategicPatch(target, patch, podSchema.field('spec'))).toEqual(result);
  });

  it('strategic patch deletes from primitive lists', () => {
    expect(applyStrategicPatch({ finalizers: ['a', 'b'] }, { '$deleteFromPrimitiveList/finalizers': ['a'] }, podSchema.field('metadata'))).toEqual({ finalizers: ['b'] });
  });

  it('a three-way patch deletes only what was applied before', () => {
    const original = { spec: { containers: [{ name: 'a', image: '1' }, { name: 'gone' }] } };
    const modified = { spec: { containers: [{ name: 'a', image: '2' }] } };
    const current = { spec: { containers: [{ name: 'a', image: '1', injected: true }, { name: 'gone' }, { name: 'sidecar' }] } };
    const patch = createThreeWayStrategicPatch(original, modified, current, podSchema);
    expect(applyStrategicPatch(current, patch, podSchema)).toEqual({ spec: { containers: [{ name: 'a', image: '2', injected: true }, { name: 'sidecar' }] } });
    expect(createThreeWayStrategicPatch(modified, modified, { spec: { containers: [{ name: 'a', image: '2', injected: true }] } }, podSchema)).toEqual({});
  });
});

const writer = (manager: string) => ({ manager, subresource: '', time: '2026-01-01T00:00:00Z' });
const map = (data: Record<string, string>): ApiObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'shared', namespace: 'default' }, data }) as ApiObject;

function apply(live: ApiObject | undefined, data: Record<string, string>, manager: string, force = false): ApiObject | string {
  const result = applyServerSide(live, map(data), podSchema, writer(manager), force);
  return 'object' in result ? result.object : result.message;
}
const owners = (object: ApiObject | string) => (typeof object === 'string' ? object : object.metadata.managedFields?.map((entry) => `${entry.manager} ${entry.operation} ${JSON.stringify(entry.fieldsV1)}`));
const data = (object: ApiObject | string) => (object as unknown as { data?: unknown }).data;

describe('server-side apply', () => {
  const alice = apply(undefined, { color: 'blue', size: '1' }, 'alice') as ApiObject;
  const both = apply(alice, { shape: 'round' }, 'bob') as ApiObject;

  it('merges what two managers apply', () => {
    expect(data(both)).toEqual({ color: 'blue', size: '1', shape: 'round' });
    expect(owners(both)).toEqual(['alice Apply {"f:data":{"f:color":{},"f:size":{}}}', 'bob Apply {"f:data":{"f:shape":{}}}']);
  });
  it('refuses to take a field silently', () => {
    expect(apply(both, { shape: 'round', color: 'red' }, 'bob')).toBe('Apply failed with 1 conflict: conflict with "alice": .data.color');
  });
  it('takes it with force, and gives up what is left out', () => {
    const forced = apply(both, { shape: 'round', color: 'red' }, 'bob', true) as ApiObject;
    expect(owners(forced)).toEqual(['alice Apply {"f:data":{"f:size":{}}}', 'bob Apply {"f:data":{"f:color":{},"f:shape":{}}}']);
    expect(data(apply(forced, {}, 'alice'))).toEqual({ color: 'red', shape: 'round' });
  });
  it('shares a field that both set to the same value', () => {
    expect(owners(apply(both, { shape: 'round', color: 'blue' }, 'bob'))).toEqual(['alice Apply {"f:data":{"f:color":{},"f:size":{}}}', 'bob Apply {"f:data":{"f:color":{},"f:shape":{}}}']);
  });
  it('tracks what an update changes', () => {
    const created = trackUpdate(undefined, map({ a: '1' }), podSchema, writer('kubectl-create'));
    expect(owners(created)).toEqual(['kubectl-create Update {"f:data":{".":{},"f:a":{}}}']);
    const changed = trackUpdate(created, { ...created, data: { a: '2', b: '3' } } as ApiObject, podSchema, writer('kubectl-edit'));
    expect(owners(changed)).toEqual(['kubectl-create Update {"f:data":{}}', 'kubectl-edit Update {"f:data":{"f:a":{},"f:b":{}}}']);
  });
});
