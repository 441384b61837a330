// Three members under kills, power losses, cuts and slow wires: nothing that was acknowledged is lost, one leader per term, all end the same.
import { expect, test } from 'vitest';
import type { PutResponse, RangeResponse, WatchResponse } from '../../wire/etcd-rpc.ts';
import type { EtcdEvent } from './events.ts';
import { createTestCluster } from './testing/cluster.ts';

function playRun(seed: number): void {
  const cluster = createTestCluster({ seed, flags: ['--snapshot-count=60'] });
  const { world, names } = cluster;
  const limit = 3_000_000;
  const run = (untilMs: number): void => world.run(untilMs, () => world.steps > limit);
  let state = Math.imul(seed, 2654435761) >>> 0;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const acknowledged = new Map<string, { value: number; revision: number }>();
  const seen: number[] = [];
  let stopped = false;
  names.forEach((_, member) =>
    cluster.spawn(function* (host, etcd) {
      for (let n = 0; !stopped; n++) {
        const key = `/k/${member}/${n % 5}`;
        try {
          const put = yield* etcd.call<PutResponse>(member, 'KV/Put', { key, value: n }, 3000);
          acknowledged.set(key, { value: n, revision: put.header.revision });
          // What one client was told, the next one reads, wherever it asks.
          const got = yield* etcd.call<RangeResponse>(below(3), 'KV/Range', { key }, 3000);
          expect(got.kvs[0]?.value, `seed ${seed}: ${key} at ${world.nowMs}`).toBe(n);
        } catch (error) {
          if ((error as Error).name === 'AssertionError') throw error;
          yield* host.clock.sleep(50);
        }
        yield* host.clock.sleep(below(60));
      }
    }),
  );
  cluster.spawn(function* (host, etcd) {
    let next = 2;
    for (let member = 0; ; member = (member + 1) % 3) {
      try {
        const stream = yield* etcd.client(member).open({ method: 'POST', path: '/etcdserverpb.Watch/Watch', headers: { hasleader: 'true' } }, { timeoutMs: 2000 });
        if (stream.response.status >= 400) throw new Error('refused');
        stream.send({ create: { watchId: 1, key: '/k/', rangeEnd: '/k0', startRevision: next } });
        for (;;) {
          const response = (yield* stream.receive()) as WatchResponse | undefined;
          if (response === undefined || response.canceled === true) break;
          for (const event of response.events) {
            seen.push(event.kv.modRevision);
            next = event.kv.modRevision + 1;
          }
        }
        stream.close();
      } catch {
        // the next member
      }
      yield* host.clock.sleep(100);
    }
  });
  run(3000);
  for (let round = 0; round < 25; round++) {
    const victim = names[below(3)] as string;
    const machine = world.machine(victim);
    switch (below(6)) {
      case 0:
        if (machine.processes().some((process) => process.name === 'etcd')) machine.kill('etcd');
        break;
      case 1:
        if (machine.on) machine.powerOff();
        break;
      case 2:
        world.addFault('cut', { kind: 'cut', from: [victim], to: ['*'] });
        break;
      case 3:
        world.addFault('one way', { kind: 'cut', from: [victim], to: names.filter((name) => name !== victim), oneWay: true });
        break;
      case 4:
        world.addFault('slow', { kind: 'slow', from: [victim], to: ['*'], delayMs: 50 + below(300) });
        break;
      case 5:
        world.addFault('lossy', { kind: 'lossy', from: names, to: names, probability: 0.2 });
        break;
    }
    run(world.nowMs + 300 + below(6000));
    for (const name of names) if (!world.machine(name).on && below(2) === 0) world.machine(name).powerOn();
    for (const name of [...world.faults.keys()]) if (below(2) === 0) world.removeFault(name);
  }
  for (const name of [...world.faults.keys()]) world.removeFault(name);
  for (const name of names) if (!world.machine(name).on) world.machine(name).powerOn();
  run(world.nowMs + 30_000);
  expect(world.steps, `seed ${seed}: too many steps at ${world.nowMs}`).toBeLessThan(limit);
  stopped = true;
  run(world.nowMs + 5000);

  const reads = names.map((_, member) => cluster.run((__, etcd) => etcd.call<RangeResponse>(member, 'KV/Range', { key: '/k/', rangeEnd: '/k0' }, 5000)));
  expect(reads[1]?.kvs).toEqual(reads[0]?.kvs);
  expect(reads[2]?.kvs).toEqual(reads[0]?.kvs);
  expect(acknowledged.size).toBeGreaterThan(5);
  for (const [key, { value, revision }] of acknowledged) {
    const kv = reads[0]?.kvs.find((each) => each.key === key);
    expect(kv?.modRevision, `seed ${seed}: ${key}`).toBeGreaterThanOrEqual(revision);
    expect(kv?.value as number).toBeGreaterThanOrEqual(value);
  }
  const leaders = new Map<number, string>();
  const revisions = new Map<number, string>();
  for (const { data } of cluster.events) {
    const event = data as EtcdEvent;
    if (event.type === 'etcd.role' && event.role === 'leader') {
      expect(leaders.get(event.term) ?? event.member, `seed ${seed}: two leaders in term ${event.term}`).toBe(event.member);
      leaders.set(event.term, event.member);
    } else if (event.type === 'etcd.revision') {
      const text = JSON.stringify(event.changes);
      expect(revisions.get(event.revision) ?? text, `seed ${seed}: revision ${event.revision}`).toBe(text);
      revisions.set(event.revision, text);
    }
  }
  // Everything that happened was told, and the watcher saw each once and in order.
  const last = reads[0]?.header.revision ?? 0;
  for (let revision = 2; revision <= last; revision++) expect(revisions.has(revision), `seed ${seed}: revision ${revision} was never told`).toBe(true);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen.length, `seed ${seed}: the watcher`).toBe(last - 1);
  expect(world.machines.every((machine) => machine.processes().every((process) => process.state !== 'exited'))).toBe(true);
  for (const { data } of cluster.events) if (data.type === 'process.exited') expect((data as { error?: string }).error, `seed ${seed}`).toBeUndefined();
}

const runs = Number(process.env['RUNS'] ?? 3);
const first = Number(process.env['SEED'] ?? 1);
for (let seed = first; seed < first + runs; seed++) test(`faults, seed ${seed}`, () => playRun(seed), 60_000);
