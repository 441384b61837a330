// One message on its way is lost or held by a person's hand.
import { describe, expect, it } from 'vitest';
import { createWorld } from '../create-world.ts';
import type { Program } from '../host.ts';

const arrivals: string[] = [];

const server = (transport: 'tcp' | 'udp'): Program => ({
  name: 'server',
  *main(host) {
    const listener = host.network.listen(':7', { transport });
    const connection = yield* listener.accept();
    for (;;) {
      const message = yield* connection?.receive() ?? host.clock.sleep(0);
      if (message === undefined) return 0;
      arrivals.push(`${Math.round(host.clock.nowMs())} ${String(message)}`);
    }
  },
});

const client = (transport: 'tcp' | 'udp'): Program => ({
  name: 'client',
  *main(host) {
    const connection = yield* host.network.dial('10.0.0.1:7', { transport });
    yield* host.clock.sleep(100 - host.clock.nowMs());
    for (const word of ['a', 'b', 'c']) connection.send(word, word);
    yield* host.clock.sleep(10_000);
    return 0;
  },
});

function setUp(transport: 'tcp' | 'udp') {
  arrivals.length = 0;
  const world = createWorld({ seed: 1, programs: [server(transport), client(transport)] });
  world.setLatency(() => 10);
  world.addMachine({ name: 's', address: '10.0.0.1', units: [{ program: 'server' }] }).powerOn();
  world.addMachine({ name: 'c', address: '10.0.0.2', units: [{ program: 'client', restart: false }] }).powerOn();
  world.run(105);
  return world;
}

describe('a message on its way', () => {
  it('is listed until it arrives', () => {
    const world = setUp('tcp');
    expect(world.inFlight().map(({ note, arriveMs }) => `${note} ${Math.round(arriveMs)}`)).toEqual(['a 110', 'b 110', 'c 110']);
    world.run(120);
    expect(world.inFlight()).toEqual([]);
    expect(arrivals).toEqual(['110 a', '110 b', '110 c']);
  });

  it('dropped from a stream, comes again with those behind it, in order', () => {
    const world = setUp('tcp');
    expect(world.dropMessage(world.inFlight()[1]?.id ?? 0)).toBe(true);
    world.run(1000);
    expect(arrivals).toEqual(['110 a', '315 b', '315 c']);
  });

  it('held on a stream, holds those behind it', () => {
    const world = setUp('tcp');
    expect(world.delayMessage(world.inFlight()[1]?.id ?? 0, 500)).toBe(true);
    world.run(1000);
    expect(arrivals).toEqual(['110 a', '610 b', '610 c']);
  });

  it('dropped as a datagram, is gone alone', () => {
    const world = setUp('udp');
    expect(world.dropMessage(world.inFlight()[1]?.id ?? 0)).toBe(true);
    world.run(1000);
    expect(arrivals).toEqual(['110 a', '110 c']);
  });

  it('that has arrived cannot be reached', () => {
    const world = setUp('tcp');
    const id = world.inFlight()[0]?.id ?? 0;
    world.run(200);
    expect(world.dropMessage(id)).toBe(false);
    expect(world.delayMessage(id, 5)).toBe(false);
  });
});
