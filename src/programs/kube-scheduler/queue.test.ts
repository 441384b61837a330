// The queue's three places, and what moves a pod from one to another.
import { describe, expect, test } from 'vitest';
import { SchedulerCache } from './cache.ts';
import type { ClusterEvent } from './framework.ts';
import type { Pod } from './objects.ts';
import { flushAfterMs, SchedulingQueue } from './queue.ts';

const cache = new SchedulerCache();
const pod = (name: string, extra: Partial<Pod['spec']> = {}) => cache.describe({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', uid: name }, spec: { containers: [{ name: 'c', resources: { requests: { cpu: '1' } } }], ...extra } });
cache.setNode({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' } } });
const node = cache.node('n');
if (node === undefined) throw new Error('no node');
const freed: ClusterEvent = { kind: 'pod-removed', pod: pod('other') };
const relabelled: ClusterEvent = { kind: 'node-changed', node, what: new Set(['labels']) };

describe('the scheduling queue', () => {
  test('gives the highest priority first, then the oldest', () => {
    const queue = new SchedulingQueue();
    queue.add(pod('a'), 1, 0);
    queue.add(pod('b'), 2, 0);
    queue.add(pod('c', { priority: 10 }), 3, 0);
    expect([queue.pop(), queue.pop(), queue.pop(), queue.pop()].map((entry) => entry?.info.key)).toEqual(['default/c', 'default/a', 'default/b', undefined]);
  });

  test('a refused pod waits for an event that its refusers care about', () => {
    const queue = new SchedulingQueue();
    queue.add(pod('a'), 0, 0);
    const entry = queue.pop();
    if (entry === undefined) throw new Error('nothing to try');
    queue.putBack(entry, new Set(['NodeResourcesFit']), false, 0);
    expect(queue.pop()).toBeUndefined();
    expect(queue.wake(relabelled, 100, 0)).toBe(0);
    expect(queue.wake(freed, 200, 7)).toBe(1);
    // Its back-off runs until 1000, but nobody else waits.
    expect(queue.lengths).toEqual({ active: 0, backoff: 1, unschedulable: 0 });
    expect(queue.pop()).toMatchObject({ attempts: 2, cause: 7 });
  });

  test('a failed binding sits out its back-off, which doubles up to ten seconds', () => {
    const queue = new SchedulingQueue();
    queue.add(pod('a'), 0, 0);
    const waits: number[] = [];
    let now = 0;
    for (let attempt = 0; attempt < 6; attempt++) {
      const entry = queue.pop();
      if (entry === undefined) throw new Error('nothing to try');
      queue.putBack(entry, new Set(), true, now);
      expect(queue.pop()).toBeUndefined();
      const next = queue.flush(now);
      waits.push(next - now);
      now = next;
      queue.flush(now);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000]);
  });

  test('after five minutes everybody is tried again', () => {
    const queue = new SchedulingQueue();
    queue.add(pod('a'), 0, 0);
    const entry = queue.pop();
    if (entry === undefined) throw new Error('nothing to try');
    queue.putBack(entry, new Set(['NodeAffinity']), false, 0);
    expect(queue.flush(1)).toBe(flushAfterMs);
    queue.flush(flushAfterMs);
    expect(queue.pop()?.info.key).toBe('default/a');
  });
});
