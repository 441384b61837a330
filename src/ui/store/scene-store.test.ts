import { describe, expect, test } from 'vitest';
import type { PodRecord } from '../../scene/records.ts';
import { createSceneStore } from './scene-store.ts';

function pod(name: string, node: string, more: Partial<PodRecord> = {}): PodRecord {
  return {
    table: 'pod', id: `pod:${name}`, uid: name, namespace: 'default', name, node, ip: '', phase: 'Running', status: 'Running', mark: 'ready', readyContainers: 1, totalContainers: 1, restarts: 0, containers: [], owner: null, labels: {}, isStatic: false, createdMs: 0, ...more,
  };
}
const none = { added: [], updated: [], removed: [] };

describe('scene store', () => {
  test('a pod keeps its slot, and the slot of a gone one stays empty while its ghost is there', () => {
    const room = createSceneStore();
    room.restart([pod('a', 'n'), pod('b', 'n'), pod('c', 'n')]);
    room.applyFrame([{ ...none, removed: [pod('a', 'n')] }], 1000);
    room.applyFrame([{ ...none, added: [pod('d', 'n')] }], 1001);
    const slot = (name: string) => room.store.getState().podSlots.get(`pod:${name}`);
    expect([slot('b'), slot('c'), slot('d')]).toEqual([1, 2, 3]);
    room.sweepGhosts(60_000);
    room.applyFrame([{ ...none, added: [pod('e', 'n')] }], 60_001);
    expect([slot('b'), slot('e')]).toEqual([1, 0]);
  });

  test('a pod that is bound moves from waiting to its node', () => {
    const room = createSceneStore();
    room.restart([pod('a', '')]);
    room.applyFrame([{ ...none, updated: [[pod('a', ''), pod('a', 'n')]] }], 0);
    const { podsByNode } = room.store.getState();
    expect([podsByNode.get('')?.length, podsByNode.get('n')?.length]).toEqual([0, 1]);
  });

  test('lists of machines that did not change stay the same', () => {
    const room = createSceneStore();
    room.restart([pod('a', 'n1'), pod('b', 'n2')]);
    const before = room.store.getState().podsByNode.get('n1');
    room.applyFrame([{ ...none, added: [pod('c', 'n2')] }], 0);
    expect(room.store.getState().podsByNode.get('n1')).toBe(before);
  });

  test('applying a diff and then its reverse gives the same scene', () => {
    const room = createSceneStore();
    room.restart([pod('a', 'n')]);
    const after = pod('a', 'n', { mark: 'failing' });
    room.applyFrame([{ added: [pod('b', 'n')], updated: [[pod('a', 'n'), after]], removed: [] }], 0);
    room.applyFrame([{ added: [], updated: [[after, pod('a', 'n')]], removed: [pod('b', 'n')] }], 0);
    expect([...room.store.getState().pods.values()]).toEqual([pod('a', 'n')]);
  });
});
