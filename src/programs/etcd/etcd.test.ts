import { describe, expect, test } from 'vitest';
import type { DeleteRangeResponse, PutResponse, RangeResponse, TxnResponse, WatchResponse } from '../../wire/etcd-rpc.ts';
import type { EtcdEvent } from './events.ts';
import { createTestCluster } from './testing/cluster.ts';
import { message } from './testing/conversation.ts';

describe('a cluster of three', () => {
  test('elects a leader within two seconds, and all say who', () => {
    const cluster = createTestCluster();
    cluster.world.run(3000);
    const views = cluster.names.map((name) => cluster.raft(name));
    expect(views.map((view) => view?.leader)).toEqual([views[0]?.leader, views[0]?.leader, views[0]?.leader]);
    expect(views.filter((view) => view?.role === 'leader')).toHaveLength(1);
    expect(views.map((view) => view?.members.map((each) => each.name).sort())).toEqual([['m1', 'm2', 'm3'], ['m1', 'm2', 'm3'], ['m1', 'm2', 'm3']]);
    expect(cluster.leader()).toBe(views[0]?.leader);
  });

  test('takes requests at any member, and answers reads with what was written before', () => {
    const cluster = createTestCluster();
    cluster.leader();
    for (let member = 0; member < 3; member++) {
      const put = cluster.run((_, etcd) => etcd.call<PutResponse>(member, 'KV/Put', { key: '/registry/a', value: { n: member } }));
      expect(put.header.revision).toBe(member + 2);
      for (let reader = 0; reader < 3; reader++) {
        const got = cluster.run((_, etcd) => etcd.call<RangeResponse>(reader, 'KV/Range', { key: '/registry/a' }));
        expect(got.kvs).toMatchObject([{ key: '/registry/a', value: { n: member }, createRevision: 2, modRevision: member + 2, version: member + 1 }]);
      }
    }
    const txn = cluster.run((_, etcd) =>
      etcd.call<TxnResponse>(1, 'KV/Txn', {
        compare: [{ key: '/registry/a', target: 'MOD', result: 'EQUAL', value: 4 }], success: [{ deleteRange: { key: '/registry/a', prevKv: true } }], failure: [{ range: { key: '/registry/a' } }],
      }),
    );
    expect(txn).toMatchObject({ succeeded: true, responses: [{ deleteRange: { deleted: 1, prevKvs: [{ value: { n: 2 } }] } }], header: { revision: 5 } });
    const again = cluster.run((_, etcd) => etcd.call<DeleteRangeResponse>(2, 'KV/DeleteRange', { key: '/registry/', rangeEnd: '/registry0' }));
    expect(again).toMatchObject({ deleted: 0, header: { revision: 5 } });
  });

  test('says in its own words what it refuses', () => {
    const cluster = createTestCluster();
    cluster.leader();
    const call = (method: string, body: unknown) => message(() => cluster.run((_, etcd) => etcd.call(0, method, body)));
    for (let i = 0; i < 4; i++) cluster.run((_, etcd) => etcd.call(0, 'KV/Put', { key: 'k', value: `${i}` }));
    expect(call('KV/Put', { key: '', value: '' })).toBe('etcdserver: key is not provided');
    expect(call('KV/Put', { key: 'a', value: '', lease: '123' })).toBe('etcdserver: requested lease not found');
    expect(call('KV/Txn', { compare: [], success: [{ put: { key: 'a', value: 1 } }, { put: { key: 'a', value: 2 } }], failure: [] })).toBe('etcdserver: duplicate key given in txn request');
    expect(call('KV/Range', { key: 'a', revision: 99 })).toBe('etcdserver: mvcc: required revision is a future revision');
    expect(call('KV/Compact', { revision: 99 })).toBe('etcdserver: mvcc: required revision is a future revision');
    expect(call('KV/Compact', { revision: 4 })).toBe('no error');
    expect(call('KV/Compact', { revision: 4 })).toBe('etcdserver: mvcc: required revision has been compacted');
    expect(call('KV/Range', { key: 'k', revision: 3 })).toBe('etcdserver: mvcc: required revision has been compacted');
    expect(call('KV/Range', { key: 'k', revision: 4 })).toBe('no error');
    expect(call('Maintenance/MoveLeader', { targetId: '1234' })).toMatch(/etcdserver: (not leader|bad leader transferee)/);
  });

  test('tells of a write: proposed, appended by a majority, committed, applied by all, each following from the one before', () => {
    const cluster = createTestCluster();
    cluster.leader();
    cluster.world.run(5000);
    const start = cluster.events.length;
    cluster.run((_, etcd) => etcd.call(cluster.names.findIndex((name) => name !== cluster.leader()), 'KV/Put', { key: '/registry/x', value: 1 }));
    cluster.world.run(cluster.world.nowMs + 500);
    const seen = cluster.events.slice(start).filter((event) => event.data.type.startsWith('etcd.'));
    const kinds = seen.map((event) => event.data.type);
    expect(kinds.filter((kind) => kind === 'etcd.proposed')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'etcd.appended')).toHaveLength(3);
    expect(kinds.filter((kind) => kind === 'etcd.committed')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'etcd.revision')).toHaveLength(3);
    const byId = new Map(cluster.events.map((event) => [event.id, event]));
    const chain = (id: number): string[] => {
      const event = byId.get(id);
      return event === undefined ? [] : [...(event.data.type.startsWith('etcd.') ? [event.data.type] : []), ...chain(event.cause)];
    };
    for (const event of seen.filter((each) => each.data.type === 'etcd.revision')) {
      expect(chain(event.id)).toEqual(['etcd.revision', 'etcd.committed', 'etcd.appended', 'etcd.proposed', ...chain(seen[0]?.id ?? 0).slice(1)]);
      expect((event.data as EtcdEvent & { type: 'etcd.revision' }).changes).toEqual([{ key: '/registry/x', value: 1, prev: null }]);
    }
  });

  test('watches from a revision, live, and is told of compaction', () => {
    const cluster = createTestCluster();
    cluster.leader();
    for (let i = 0; i < 5; i++) cluster.run((_, etcd) => etcd.call(0, 'KV/Put', { key: `/a/${i}`, value: i }));
    const got: WatchResponse[] = [];
    cluster.spawn(function* (_, etcd) {
      const stream = yield* etcd.client(2).open({ method: 'POST', path: '/etcdserverpb.Watch/Watch' });
      stream.send({ create: { watchId: 7, key: '/a/', rangeEnd: '/a0', startRevision: 4, prevKv: true } });
      stream.send({ create: { watchId: 8, key: '/a/1' } });
      for (;;) {
        const response = (yield* stream.receive()) as WatchResponse | undefined;
        if (response === undefined) return;
        got.push(response);
      }
    });
    cluster.world.run(cluster.world.nowMs + 1000);
    cluster.run((_, etcd) => etcd.call(1, 'KV/Put', { key: '/a/1', value: 'new' }));
    cluster.run((_, etcd) => etcd.call(1, 'KV/DeleteRange', { key: '/a/0' }));
    cluster.world.run(cluster.world.nowMs + 1000);
    const events = (id: number) => got.filter((each) => each.watchId === id).flatMap((each) => each.events.map((event) => `${event.type} ${event.kv.key}@${event.kv.modRevision}${event.prevKv === undefined ? '' : ` was ${String(event.prevKv.value)}`}`));
    expect(events(7)).toEqual(['PUT /a/2@4', 'PUT /a/3@5', 'PUT /a/4@6', 'PUT /a/1@7 was 1', 'DELETE /a/0@8 was 0']);
    expect(events(8)).toEqual(['PUT /a/1@7']);
    expect(got.every((each) => each.events.every((event) => event.cause > 0))).toBe(true);
    cluster.run((_, etcd) => etcd.call(1, 'KV/Compact', { revision: 8 }));
    const refused = cluster.run(function* (_, etcd) {
      const stream = yield* etcd.client(0).open({ method: 'POST', path: '/etcdserverpb.Watch/Watch' });
      stream.send({ create: { watchId: 1, key: '/a/', rangeEnd: '/a0', startRevision: 3 } });
      yield* stream.receive();
      return (yield* stream.receive()) as WatchResponse;
    });
    expect(refused).toMatchObject({ watchId: 1, canceled: true, compactRevision: 8 });
  });

  test('a lease that nobody renews takes its keys with it', () => {
    const cluster = createTestCluster();
    cluster.leader();
    const lease = cluster.run((_, etcd) => etcd.call<{ id: string; ttl: number }>(0, 'Lease/LeaseGrant', { ttl: 5 }));
    expect(lease.ttl).toBe(5);
    cluster.run((_, etcd) => etcd.call(1, 'KV/Put', { key: 'with', value: 1, lease: lease.id }));
    cluster.run((_, etcd) => etcd.call(1, 'KV/Put', { key: 'without', value: 1 }));
    const follower = cluster.names.findIndex((name) => name !== cluster.leader());
    cluster.run(function* (host, etcd) {
      const stream = yield* etcd.client(follower).open({ method: 'POST', path: '/etcdserverpb.Lease/LeaseKeepAlive' });
      for (let i = 0; i < 4; i++) {
        stream.send({ id: lease.id });
        expect(yield* stream.receive()).toMatchObject({ id: lease.id, ttl: 5 });
        yield* host.clock.sleep(3000);
      }
      stream.close();
    });
    const count = () => cluster.run((_, etcd) => etcd.call<RangeResponse>(2, 'KV/Range', { key: 'w', rangeEnd: 'x' })).kvs.map((kv) => kv.key);
    expect(count()).toEqual(['with', 'without']);
    cluster.world.run(cluster.world.nowMs + 6500);
    expect(count()).toEqual(['without']);
  });

  test('leadership moves when asked', () => {
    const cluster = createTestCluster();
    const leader = cluster.names.indexOf(cluster.leader());
    const target = (leader + 1) % 3;
    const id = cluster.raft(cluster.names[target] as string)?.id;
    cluster.run((_, etcd) => etcd.call(leader, 'Maintenance/MoveLeader', { targetId: id }));
    cluster.world.run(cluster.world.nowMs + 200);
    expect(cluster.leader()).toBe(cluster.names[target]);
    expect(message(() => cluster.run((_, etcd) => etcd.call(leader, 'Maintenance/MoveLeader', { targetId: id })))).toBe('etcdserver: not leader');
  });

  test('with two of three gone, nothing is agreed upon, and serialisable reads go on', () => {
    const cluster = createTestCluster();
    cluster.leader();
    cluster.run((_, etcd) => etcd.call(0, 'KV/Put', { key: 'a', value: 1 }));
    cluster.world.machine('m2').powerOff();
    cluster.world.machine('m3').powerOff();
    cluster.world.run(cluster.world.nowMs + 5000);
    expect(message(() => cluster.run((_, etcd) => etcd.call(0, 'KV/Put', { key: 'a', value: 2 }, 20_000)))).toBe('etcdserver: request timed out');
    expect(message(() => cluster.run((_, etcd) => etcd.call(0, 'KV/Range', { key: 'a' }, 20_000)))).toBe('etcdserver: request timed out');
    expect(cluster.run((_, etcd) => etcd.call<RangeResponse>(0, 'KV/Range', { key: 'a', serializable: true })).kvs[0]?.value).toBe(1);
    cluster.world.machine('m2').powerOn();
    cluster.world.run(cluster.world.nowMs + 4000);
    expect(cluster.run((_, etcd) => etcd.call<PutResponse>(0, 'KV/Put', { key: 'a', value: 3 }, 20_000)).header.revision).toBeGreaterThan(2);
  });

  test('a member that was away longer than the log reaches back gets a snapshot', () => {
    const cluster = createTestCluster({ flags: ['--snapshot-count=50'] });
    cluster.leader();
    const away = cluster.names.find((name) => name !== cluster.leader()) as string;
    cluster.world.machine(away).powerOff();
    cluster.run(function* (_, etcd) {
      const writer = cluster.names.findIndex((name) => name !== away);
      for (let i = 0; i < 5200; i++) yield* etcd.call(writer, 'KV/Put', { key: `/k/${i % 40}`, value: i });
    }, 120_000);
    cluster.world.machine(away).powerOn();
    cluster.world.run(cluster.world.nowMs + 5000);
    const restored = cluster.events.filter((event) => event.data.type === 'etcd.snapshot' && (event.data as EtcdEvent & { type: 'etcd.snapshot' }).what === 'restored');
    expect(restored.map((event) => event.machine)).toContain(away);
    const at = cluster.names.indexOf(away);
    expect(cluster.run((_, etcd) => etcd.call<RangeResponse>(at, 'KV/Range', { key: '/k/', rangeEnd: '/k0', serializable: true })).count).toBe(40);
    const hashes = cluster.names.map((_, i) => cluster.run((__, etcd) => etcd.call<{ hash: number }>(i, 'Maintenance/HashKV', {})).hash);
    expect(new Set(hashes).size).toBe(1);
  });
});

test('a member alone works, and finds everything again after a power loss', () => {
  const cluster = createTestCluster({ members: 1, flags: ['--snapshot-count=20'] });
  cluster.leader();
  for (let i = 0; i < 70; i++) cluster.run((_, etcd) => etcd.call(0, 'KV/Put', { key: `/k/${i % 7}`, value: i }));
  cluster.world.machine('m1').powerOff();
  cluster.world.machine('m1').powerOn();
  cluster.world.run(cluster.world.nowMs + 3000);
  const got = cluster.run((_, etcd) => etcd.call<RangeResponse>(0, 'KV/Range', { key: '/k/', rangeEnd: '/k0' }));
  expect(got.header.revision).toBe(71);
  expect(got.kvs.map((kv) => kv.value)).toEqual([63, 64, 65, 66, 67, 68, 69]);
});
