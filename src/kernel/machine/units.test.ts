import { describe, expect, it } from 'vitest';
import { createWorld } from '../create-world.ts';
import type { Host, Program, PrivilegedHost } from '../host.ts';

const steady: Program = {
  name: 'steady',
  *main(host: Host) {
    yield* host.clock.sleep(1e9);
    return 0;
  },
};

function setUp() {
  let os: PrivilegedHost['os'] | undefined;
  const watcher: Program = {
    name: 'watcher',
    *main(host) {
      os = (host as PrivilegedHost).os;
      yield* host.clock.sleep(1e9);
      return 0;
    },
  };
  const world = createWorld({ seed: 1, programs: [steady, watcher] });
  const machine = world.addMachine({ name: 'm', address: '10.0.0.1', units: [{ program: 'steady' }, { program: 'watcher' }] });
  machine.powerOn();
  world.run(10);
  const state = () => os?.units().find((unit) => unit.name === 'steady')?.state;
  const control = (action: 'start' | 'stop' | 'restart') => os?.control('steady', action);
  const pid = () => os?.units().find((unit) => unit.name === 'steady')?.pid;
  return { world, machine, state, control, pid };
}

describe('units', () => {
  it('come back a moment after they ended by themselves', () => {
    const { world, machine, state } = setUp();
    machine.kill('steady');
    expect(state()).toBe('auto-restart');
    world.run(2000);
    expect(state()).toBe('active');
  });

  it('stay stopped until they are started, or the machine boots', () => {
    const { world, machine, state, control } = setUp();
    control('stop');
    world.run(5000);
    expect(state()).toBe('inactive');
    control('start');
    expect(state()).toBe('active');
    control('stop');
    world.run(6000);
    machine.powerOff();
    machine.powerOn();
    world.run(7000);
    expect(state()).toBe('active');
  });

  it('restart as another process', () => {
    const { world, pid, state, control } = setUp();
    const before = pid();
    control('restart');
    world.run(3000);
    expect(state()).toBe('active');
    expect(pid()).not.toBe(before);
  });

  it('a stop during the pause before a restart holds', () => {
    const { world, machine, state, control } = setUp();
    machine.kill('steady');
    control('stop');
    world.run(9000);
    expect(state()).toBe('inactive');
  });
});
