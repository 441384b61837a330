import { expect, it } from 'vitest';
import { createWorld } from '../../kernel/create-world.ts';
import { MemoryLimits } from './memory-limits.ts';

it('kills what takes more than its limit within a second, and looks only while there are limits', () => {
  let used = 10;
  let looks = 0;
  const killed: number[] = [];
  const world = createWorld({
    seed: 1,
    programs: [{
      name: 'watcher',
      *main(host) {
        let runs = true;
        const limits = new MemoryLimits(host, () => {
          looks++;
          const kill = (): void => {
            killed.push(host.clock.nowMs());
            runs = false;
          };
          return runs ? [{ limitBytes: 100, usedBytes: used, kill }] : [];
        });
        limits.watch();
        limits.watch();
        yield* host.clock.sleep(60_000);
        return 0;
      },
    }],
  });
  world.addMachine({ name: 'm', address: '192.168.1.10', units: [{ program: 'watcher' }] }).powerOn();
  world.run(4500);
  expect(killed).toEqual([]);
  used = 101;
  world.run(20_000);
  expect(killed).toHaveLength(1);
  expect(killed[0]).toBeLessThanOrEqual(5500);
  expect(looks).toBeLessThanOrEqual(6);
});
