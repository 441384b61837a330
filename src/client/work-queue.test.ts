import { describe, expect, it } from 'vitest';
import { createWorld } from '../kernel/create-world.ts';
import type { Host } from '../kernel/host.ts';
import type { Task } from '../kernel/task.ts';
import { createWorkQueue } from './work-queue.ts';

function run(main: (host: Host) => Task<unknown>): unknown {
  let result: unknown;
  const world = createWorld({
    seed: 1,
    programs: [
      {
        name: 'p',
        *main(host): Task<number> {
          result = yield* main(host);
          return 0;
        },
      },
    ],
  });
  world.addMachine({ name: 'a', address: '10.0.0.1' }).powerOn();
  world.spawn('a', { program: 'p' });
  world.run(10_000_000);
  return result;
}

describe('work queue', () => {
  it('handles a key once however often it is added, and again when it was added meanwhile', () => {
    expect(
      run(function* (host) {
        const queue = createWorkQueue(host, 'q');
        queue.add('a');
        queue.add('a');
        queue.add('b');
        const taken = [yield* queue.take()];
        queue.add('a');
        taken.push(yield* queue.take());
        const before = queue.length;
        queue.done('a');
        const after = queue.length;
        taken.push(yield* queue.take());
        return [taken, before, after];
      }),
    ).toEqual([['a', 'b', 'a'], 0, 1]);
  });
  it('delays, the earliest first, and keeps the earlier of two delays', () => {
    expect(
      run(function* (host) {
        const queue = createWorkQueue(host, 'q');
        queue.addAfter('late', 500);
        queue.addAfter('soon', 100);
        queue.addAfter('late', 200);
        queue.addAfter('late', 900);
        const seen: string[] = [];
        for (let i = 0; i < 2; i++) {
          const key = (yield* queue.take()) as string;
          seen.push(`${key}@${Math.round(host.clock.nowMs())}`);
          queue.done(key);
        }
        return seen;
      }),
    ).toEqual(['soon@100', 'late@200']);
  });
  it('backs off per key', () => {
    expect(
      run(function* (host) {
        const queue = createWorkQueue(host, 'q');
        const at: number[] = [];
        for (let i = 0; i < 5; i++) {
          queue.addRateLimited('a');
          const key = (yield* queue.take()) as string;
          at.push(Math.round(host.clock.nowMs()));
          queue.done(key);
        }
        const retries = queue.retries('a');
        queue.forget('a');
        return [at, retries, queue.retries('a')];
      }),
    ).toEqual([[5, 15, 35, 75, 155], 5, 0]);
  });
  it('ends its takers', () => {
    expect(
      run(function* (host) {
        const queue = createWorkQueue(host, 'q');
        host.tasks.spawn('stop', (function* () {
          yield* host.clock.sleep(10);
          queue.shutDown();
        })());
        return (yield* queue.take()) ?? 'ended';
      }),
    ).toBe('ended');
  });
});
