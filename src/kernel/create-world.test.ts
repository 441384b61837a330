import { describe, expect, it } from 'vitest';
import { createWorld } from './create-world.ts';
import type { Host, PrivilegedHost, Program } from './host.ts';
import { NetworkError } from './network/network-error.ts';
import type { Task } from './task.ts';
import type { TraceEvent, World } from './world.ts';

function program(name: string, main: (host: PrivilegedHost, args: readonly string[]) => Task<number | void>): Program {
  return {
    name,
    *main(host, args) {
      return (yield* main(host as PrivilegedHost, args)) ?? 0;
    },
  };
}

const echo = program('echo', function* (host) {
  const listener = host.network.listen(':7');
  for (;;) {
    const connection = yield* listener.accept();
    if (connection === undefined) return;
    host.tasks.spawn('serve', serve(connection));
  }
  function* serve(connection: Exclude<ReturnType<Host['network']['dial']> extends Task<infer C> ? C : never, undefined>): Task<void> {
    for (;;) {
      const message = yield* connection.receive();
      if (message === undefined) return connection.close();
      connection.send(`echo ${String(message)}`);
    }
  }
});

function twoMachines(programs: Program[], seed = 1): World {
  const world = createWorld({ seed, programs: [echo, ...programs] });
  world.addMachine({ name: 'a', address: '10.0.0.1' }).powerOn();
  world.addMachine({ name: 'b', address: '10.0.0.2' }).powerOn();
  return world;
}

describe('world', () => {
  it('runs tasks in the order of their time and then of their planning', () => {
    const seen: string[] = [];
    const world = twoMachines([
      program('p', function* (host) {
        for (const [name, ms] of [['late', 20], ['early', 10], ['also early', 10]] as const)
          host.tasks.spawn(name, (function* () {
            yield* host.clock.sleep(ms);
            seen.push(`${name}@${host.clock.nowMs()}`);
          })());
        yield* host.clock.sleep(100);
      }),
    ]);
    world.spawn('a', { program: 'p' });
    world.run(50);
    expect(seen).toEqual(['early@10', 'also early@10', 'late@20']);
    expect(world.nowMs).toBe(50);
  });

  it('carries messages with latency and causes', () => {
    const events: TraceEvent[] = [];
    let answer: unknown;
    const world = twoMachines([
      program('client', function* (host) {
        const connection = yield* host.network.dial('10.0.0.2:7');
        host.trace.emit({ type: 'asked' });
        connection.send('hello', 'greeting');
        answer = yield* connection.receive();
        host.trace.emit({ type: 'answered' });
      }),
    ]);
    world.onTrace((event) => events.push(event));
    world.spawn('b', { program: 'echo' });
    world.run(1);
    world.spawn('a', { program: 'client' });
    world.run(100);
    expect(answer).toBe('echo hello');
    const byId = new Map(events.map((event) => [event.id, event]));
    const chain: string[] = [];
    for (let at = events.find((event) => event.data.type === 'answered'); at !== undefined; at = byId.get(at.cause)) chain.push(`${at.machine}:${at.data.type}`);
    expect(chain.slice(0, 4)).toEqual(['a:answered', 'b:net.message', 'a:net.message', 'a:asked']);
  });

  it('refuses where nobody listens, times out where nobody answers', () => {
    const errors: string[] = [];
    const world = twoMachines([
      program('client', function* (host, args) {
        try {
          yield* host.network.dial(args[0] as string, { timeoutMs: 5000 });
        } catch (error) {
          if (error instanceof NetworkError) errors.push(`${error.code} ${error.message} @${Math.round(host.clock.nowMs())}`);
        }
      }),
    ]);
    world.spawn('a', { program: 'client', args: ['10.0.0.2:9'] });
    world.run(1000);
    world.machine('b').powerOff();
    world.spawn('a', { program: 'client', args: ['10.0.0.2:9'] });
    world.run(10_000);
    expect(errors).toEqual(['ECONNREFUSED dial tcp 10.0.0.2:9: connect: connection refused @1', 'ETIMEDOUT dial tcp 10.0.0.2:9: i/o timeout @6000']);
  });

  it('delays what a cut wire holds back and delivers it in order after healing', () => {
    const got: string[] = [];
    const world = twoMachines([
      program('client', function* (host) {
        const connection = yield* host.network.dial('10.0.0.2:7');
        yield* host.clock.sleep(1000);
        connection.send('one');
        connection.send('two');
        for (let i = 0; i < 2; i++) got.push(`${String(yield* connection.receive())} @${Math.round(host.clock.nowMs())}`);
      }),
    ]);
    world.spawn('b', { program: 'echo' });
    world.spawn('a', { program: 'client' });
    world.run(500);
    world.addFault('cut', { kind: 'cut', from: ['a'], to: ['b'] });
    world.run(2000);
    world.removeFault('cut');
    world.run(5000);
    expect(got).toEqual(['echo one @2401', 'echo two @2401']);
  });

  it('resets connections of a killed process, drops its tasks without their finally', () => {
    let cleaned = false;
    let ended: string | undefined;
    const world = twoMachines([
      program('server', function* (host) {
        const listener = host.network.listen(':8');
        try {
          for (;;) yield* listener.accept();
        } finally {
          cleaned = true;
        }
      }),
      program('client', function* (host) {
        const connection = yield* host.network.dial('10.0.0.2:8');
        yield* connection.receive();
        ended = connection.error?.code;
      }),
    ]);
    world.spawn('b', { program: 'server' });
    world.spawn('a', { program: 'client' });
    world.run(100);
    world.machine('b').kill('server');
    world.run(200);
    expect({ cleaned, ended }).toEqual({ cleaned: false, ended: 'ECONNRESET' });
    expect(world.machine('b').wait('server')?.code).toBe(137);
  });

  it('tells a client whose reset was lost that its connection is gone, once it sends and the way back is free', () => {
    const seen: string[] = [];
    const world = twoMachines([
      program('client', function* (host) {
        const connection = yield* host.network.dial('10.0.0.2:7');
        yield* host.clock.sleep(1000);
        connection.send('are you there');
        yield* connection.receive();
        seen.push(`${connection.error?.code} @${Math.round(host.clock.nowMs())}`);
      }),
    ]);
    world.spawn('b', { program: 'echo' });
    world.spawn('a', { program: 'client' });
    world.run(100);
    world.addFault('deaf', { kind: 'cut', from: ['b'], to: ['a'], oneWay: true });
    world.machine('b').kill('echo');
    world.run(3000);
    expect(seen).toEqual([]);
    world.removeFault('deaf');
    world.run(10_000);
    // Sent at 1000, and again after 200, 400, 800 and 1600 ms.
    expect(seen).toEqual(['ECONNRESET @4002']);
  });

  it('tells a client nothing of a power loss until the machine is back', () => {
    const seen: string[] = [];
    const world = twoMachines([
      program('client', function* (host) {
        const connection = yield* host.network.dial('10.0.0.2:7');
        yield* host.clock.sleep(100);
        connection.send('are you there');
        yield* connection.receive();
        seen.push(`${connection.error?.code} @${Math.round(host.clock.nowMs())}`);
      }),
    ]);
    world.spawn('b', { program: 'echo' });
    world.spawn('a', { program: 'client' });
    world.run(50);
    world.machine('b').powerOff();
    world.run(2000);
    expect(seen).toEqual([]);
    world.machine('b').powerOn();
    world.run(10_000);
    expect(seen).toEqual(['ECONNRESET @3102']);
  });

  it('keeps synced writes over a power loss and may lose the others', () => {
    const lost: number[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      const world = twoMachines(
        [
          program('writer', function* (host) {
            host.disk.append('/wal', 'one');
            host.disk.write('/hard', 1);
            yield* host.disk.sync('/');
            host.disk.append('/wal', 'two');
            host.disk.append('/wal', 'three');
            yield* host.clock.sleep(1e9);
          }),
        ],
        seed,
      );
      world.spawn('a', { program: 'writer' });
      world.run(100);
      world.machine('a').powerOff();
      const wal = world.machine('a').readFile('/wal') as unknown[];
      expect(wal[0]).toBe('one');
      expect(world.machine('a').readFile('/hard')).toBe(1);
      lost.push(3 - wal.filter((each) => typeof each === 'string').length);
    }
    expect(new Set(lost)).toEqual(new Set([0, 1, 2]));
  });

  it('freezes: nothing happens, and what came due happens at thaw', () => {
    const seen: number[] = [];
    const world = twoMachines([
      program('ticker', function* (host) {
        for (;;) {
          yield* host.clock.sleep(100);
          seen.push(host.clock.nowMs());
        }
      }),
    ]);
    world.spawn('a', { program: 'ticker' });
    world.run(250);
    world.machine('a').freeze('ticker');
    world.run(1000);
    world.machine('a').thaw('ticker');
    world.run(1150);
    expect(seen).toEqual([100, 200, 1000, 1100]);
  });

  it('routes through NAT and namespaces, and shows the way', () => {
    let path: string[] = [];
    const world = twoMachines([
      program('client', function* (host) {
        host.os.createNamespace('pod-1');
        host.os.addAddress('pod-1', '10.244.0.2');
        host.os.setRoutes('calico', [{ destination: '10.244.1.0/24', via: '10.0.0.2', owner: 'calico' }]);
        host.os.setNat('kube-proxy', 'iptables', [{ address: '10.96.0.9:80', transport: 'tcp', name: 'default/web:http', backends: ['10.244.1.2:7'] }]);
        host.os.spawn({ program: 'inner', namespace: 'pod-1' });
        yield* host.clock.sleep(1);
      }),
      program('inner', function* (host) {
        const connection = yield* host.network.dial('10.96.0.9:80');
        path = connection.path.map((hop) => `${hop.machine} ${hop.kind} ${hop.what}`);
      }),
      program('node', function* (host) {
        host.os.createNamespace('pod-2');
        host.os.addAddress('pod-2', '10.244.1.2');
        host.os.setRoutes('calico', [{ destination: '10.244.0.0/24', via: '10.0.0.1', owner: 'calico' }]);
        host.os.spawn({ program: 'echo', namespace: 'pod-2' });
        yield* host.clock.sleep(1);
      }),
    ]);
    world.spawn('b', { program: 'node', privileged: true });
    world.run(10);
    world.spawn('a', { program: 'client', privileged: true });
    world.run(100);
    expect(path).toEqual([
      'a veth veth of pod-1 10.244.0.2',
      'a nat iptables: default/web:http DNAT 10.96.0.9:80 -> 10.244.1.2:7',
      'a route route 10.244.1.0/24 via 10.0.0.2 (calico)',
      'a link a -> b',
      'b veth veth to pod-2 10.244.1.2',
    ]);
  });

  it('gives the same history for the same seed and another for another', () => {
    const run = (seed: number) => {
      const world = twoMachines(
        [
          program('dice', function* (host) {
            const connection = yield* host.network.dial('10.0.0.2:7');
            for (let i = 0; i < 50; i++) {
              yield* host.clock.sleep(host.random.below(100));
              connection.send(i);
              yield* connection.receive();
            }
          }),
        ],
        seed,
      );
      world.spawn('b', { program: 'echo' });
      world.spawn('a', { program: 'dice' });
      world.run(10_000);
      return world.hash;
    };
    expect(run(1)).toBe(run(1));
    expect(run(1)).not.toBe(run(2));
  });

  it('races and times out', () => {
    const seen: unknown[] = [];
    const world = twoMachines([
      program('racer', function* (host) {
        const box = host.tasks.mailbox<string>();
        seen.push(yield* host.tasks.timeout(100, box.take()));
        host.tasks.spawn('put', (function* () {
          yield* host.clock.sleep(10);
          box.put('x');
        })());
        seen.push(yield* host.tasks.timeout(100, box.take()));
        const first = yield* host.tasks.race(host.clock.sleep(30), host.clock.sleep(20));
        seen.push(first.index, host.clock.nowMs());
      }),
    ]);
    world.spawn('a', { program: 'racer' });
    world.run(1000);
    expect(seen).toEqual([undefined, 'x', 1, 130]);
  });
});
