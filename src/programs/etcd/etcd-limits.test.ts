// Space, time and size: quota and alarms, compaction that happens by itself, leases across leaders, requests that are too large or too slow.
import { describe, expect, test } from 'vitest';
import type { PutResponse, RangeResponse, WatchResponse } from '../../wire/etcd-rpc.ts';
import type { EtcdEvent } from './events.ts';
import { createTestCluster } from './testing/cluster.ts';
import { converse, message } from './testing/conversation.ts';

interface Status {
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  readonly errors: readonly string[];
}

describe('the quota', () => {
  test('is kept: writes are refused, reads and deletions go on; compaction, defragmentation and disarming make room again', () => {
    const cluster = createTestCluster({ flags: ['--quota-backend-bytes=60000'] });
    const { call, settle, ask } = converse(cluster);
    const leader = cluster.leader();
    const put = (i: number): PutResponse => call<PutResponse>(i % 3, 'KV/Put', { key: '/big', value: 'x'.repeat(5000) });
    let refused = '';
    for (let i = 0; i < 30 && refused === ''; i++) refused = message(() => put(i)).replace('no error', '');
    expect(refused).toBe('etcdserver: mvcc: database space exceeded');
    settle(1000);
    for (const member of [0, 1, 2]) expect(message(() => call(member, 'KV/Put', { key: 'a', value: 1 }))).toBe('etcdserver: mvcc: database space exceeded');
    expect(message(() => call(0, 'Lease/LeaseGrant', { ttl: 60 }))).toBe('etcdserver: mvcc: database space exceeded');
    expect(message(() => call(0, 'KV/Txn', { compare: [], success: [{ put: { key: 'a', value: 1 } }], failure: [] }))).toBe('etcdserver: mvcc: database space exceeded');
    const { alarms } = call<{ alarms: readonly { memberId: string; alarm: string }[] }>(0, 'Maintenance/Alarm', { action: 'GET' });
    expect(alarms.map((each) => each.alarm)).toContain('NOSPACE');
    expect(call<Status>(1, 'Maintenance/Status').errors[0]).toMatch(/^memberID:\d+ alarm:NOSPACE $/);
    expect(ask(0, '/health')).toEqual({ status: 503, body: '{"health":"false","reason":"ALARM NOSPACE"}' });
    expect(ask(0, '/metrics').body).toMatch(/etcd_server_alarms\{alarm_type="NOSPACE"/);
    expect(cluster.events.some(({ data }) => data.type === 'etcd.alarm' && (data as EtcdEvent & { type: 'etcd.alarm' }).active)).toBe(true);

    const got = call<RangeResponse>(2, 'KV/Range', { key: '/big' });
    expect(got.count).toBe(1);
    call(0, 'KV/Compact', { revision: got.header.revision });
    const before = call<Status>(0, 'Maintenance/Status');
    expect(before.dbSizeInUse).toBeLessThan(before.dbSize);
    for (const member of [0, 1, 2]) call(member, 'Maintenance/Defragment');
    const after = call<Status>(0, 'Maintenance/Status');
    expect(after.dbSize).toBe(after.dbSizeInUse);
    // Room alone is not enough: the alarm must be disarmed by hand.
    expect(message(() => put(0))).toBe('etcdserver: mvcc: database space exceeded');
    call(cluster.names.indexOf(leader), 'Maintenance/Alarm', { action: 'DEACTIVATE' });
    expect(message(() => put(0))).toBe('no error');
    expect(ask(0, '/health').status).toBe(200);
  });

  test('survives a restart of all members as an alarm', () => {
    const cluster = createTestCluster({ members: 1, flags: ['--quota-backend-bytes=30000', '--snapshot-count=5'] });
    const { call, settle } = converse(cluster);
    cluster.leader();
    for (let i = 0; i < 12; i++) message(() => call(0, 'KV/Put', { key: `/k/${i}`, value: 'x'.repeat(4000) }));
    settle(1000);
    cluster.world.machine('m1').powerOff();
    cluster.world.machine('m1').powerOn();
    settle(3000);
    expect(call<{ alarms: readonly unknown[] }>(0, 'Maintenance/Alarm', { action: 'GET' }).alarms).toHaveLength(1);
  });
});

describe('requests', () => {
  test('too large ones are refused', () => {
    const cluster = createTestCluster({ members: 1, flags: ['--max-request-bytes=1000', '--max-txn-ops=2'] });
    const { call } = converse(cluster);
    cluster.leader();
    expect(message(() => call(0, 'KV/Put', { key: 'a', value: 'x'.repeat(1100) }))).toBe('etcdserver: request is too large');
    expect(message(() => call(0, 'KV/Put', { key: 'a', value: 'x'.repeat(500) }))).toBe('no error');
    const put = (key: string) => ({ put: { key, value: 1 } });
    expect(message(() => call(0, 'KV/Txn', { compare: [], success: [put('a'), put('b'), put('c')], failure: [] }))).toBe('etcdserver: too many operations in txn request');
  });

  test('a slow disk is warned of: the sync, the late heartbeat, the reads that waited', () => {
    const cluster = createTestCluster();
    const { call, settle } = converse(cluster);
    const leader = cluster.leader();
    settle(1000);
    const at = cluster.names.indexOf(leader);
    for (const fsyncMs of [500, 1200]) {
      cluster.world.machine(leader).setFsync(fsyncMs);
      cluster.spawn(function* (_, etcd) {
        yield* etcd.call(at, 'KV/Put', { key: 'slow', value: 1 }, 20_000);
      });
      settle(50);
      message(() => call(at, 'KV/Range', { key: 'slow' }));
      settle(3000);
    }
    expect(cluster.log(leader)).toMatch(/"msg":"slow fdatasync","took":"1200\.000ms","expected-duration":"1s"/);
    expect(cluster.log(leader)).toContain('leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk');
    expect(cluster.log(leader)).toMatch(/"msg":"apply request took too long".*"prefix":"read-only range "/);
    expect(cluster.events.filter(({ data }) => data.type === 'etcd.slow').length).toBeGreaterThanOrEqual(3);
  });

  test('an unknown flag ends etcd, as does a mode of compaction that it does not know', () => {
    for (const [flag, said] of [['--no-such-flag=1', 'flag provided but not defined: -no-such-flag'], ['--auto-compaction-mode=sometimes', 'unknown auto-compaction-mode']] as const) {
      const cluster = createTestCluster({ members: 1, flags: [flag] });
      cluster.world.run(500);
      expect(cluster.log('m1')).toContain(said);
    }
  });
});

describe('compaction by itself', () => {
  test('periodic: what is older than the retention goes', () => {
    const cluster = createTestCluster({ flags: ['--auto-compaction-mode=periodic', '--auto-compaction-retention=10m'] });
    const { call, settle } = converse(cluster);
    cluster.leader();
    for (let minute = 0; minute < 25; minute++) {
      call(minute % 3, 'KV/Put', { key: 'a', value: minute });
      settle(60_000);
    }
    const { compactRevision, revision } = cluster.raft(cluster.leader()) ?? { compactRevision: 0, revision: 0 };
    expect(compactRevision).toBeGreaterThan(5);
    expect(revision - compactRevision).toBeGreaterThanOrEqual(9);
    expect(cluster.names.map((name) => cluster.raft(name)?.compactRevision)).toEqual([compactRevision, compactRevision, compactRevision]);
  });

  test('revision: all but the last so many go', () => {
    const cluster = createTestCluster({ members: 1, flags: ['--auto-compaction-mode=revision', '--auto-compaction-retention=10'] });
    const { call, settle } = converse(cluster);
    cluster.leader();
    for (let i = 0; i < 30; i++) call(0, 'KV/Put', { key: 'a', value: i });
    settle(310_000);
    expect(cluster.raft('m1')).toMatchObject({ revision: 31, compactRevision: 21 });
  });
});

describe('leases', () => {
  test('their time is asked of the leader, wherever the question arrives', () => {
    const cluster = createTestCluster();
    const { call, settle } = converse(cluster);
    const leader = cluster.leader();
    const { id } = call<{ id: string }>(0, 'Lease/LeaseGrant', { ttl: 60 });
    call(0, 'KV/Put', { key: 'with', value: 1, lease: id });
    settle(20_000);
    for (const member of [0, 1, 2]) expect(call(member, 'Lease/LeaseTimeToLive', { id, keys: true })).toMatchObject({ ttl: 39, grantedTtl: 60, keys: ['with'] });
    expect(call(0, 'Lease/LeaseTimeToLive', { id: '123' })).toMatchObject({ ttl: -1 });
    expect(call<{ leases: readonly unknown[] }>(cluster.names.indexOf(leader), 'Lease/LeaseLeases').leases).toEqual([{ id }]);
  });

  test('a new leader gives them their whole time again, unless checkpoints tell what they had left', () => {
    for (const [flags, least, most] of [[[], 3000, 3600], [['--experimental-enable-lease-checkpoint'], 2900, 3005]] as const) {
      const cluster = createTestCluster({ flags });
      const { call, settle } = converse(cluster);
      const leader = cluster.leader();
      const { id } = call<{ id: string }>(0, 'Lease/LeaseGrant', { ttl: 3600 });
      settle(601_000);
      cluster.world.machine(leader).powerOff();
      settle(4000);
      const member = cluster.names.findIndex((name) => name !== leader);
      const { ttl } = call<{ ttl: number }>(member, 'Lease/LeaseTimeToLive', { id });
      expect(ttl).toBeGreaterThan(least);
      expect(ttl).toBeLessThanOrEqual(most);
    }
  });
});

test('a watch is told only of the kinds of change it asked for', () => {
  const cluster = createTestCluster({ members: 1 });
  const { call, settle } = converse(cluster);
  cluster.leader();
  const got = new Map<number, string[]>([[1, []], [2, []]]);
  cluster.spawn(function* (_, etcd) {
    const stream = yield* etcd.client(0).open({ method: 'POST', path: '/etcdserverpb.Watch/Watch' });
    stream.send({ create: { watchId: 1, key: 'k', filters: ['NOPUT'] } });
    stream.send({ create: { watchId: 2, key: 'k', filters: ['NODELETE'] } });
    for (;;) {
      const response = (yield* stream.receive()) as WatchResponse | undefined;
      if (response === undefined) return;
      for (const event of response.events) got.get(response.watchId)?.push(event.type);
    }
  });
  settle(500);
  call(0, 'KV/Put', { key: 'k', value: 1 });
  call(0, 'KV/DeleteRange', { key: 'k' });
  settle(500);
  expect([...got.values()]).toEqual([['DELETE'], ['PUT']]);
});

test('the ports for probes tell what they know', () => {
  const cluster = createTestCluster();
  const { settle, ask } = converse(cluster);
  settle(4000);
  expect(ask(0, '/version').body).toBe('{"etcdserver":"3.6.8","etcdcluster":"3.6.0"}');
  expect(ask(0, '/readyz')).toEqual({ status: 200, body: 'ok\n' });
  const { body } = ask(0, '/metrics');
  expect(body).toContain('# TYPE etcd_server_has_leader gauge\netcd_server_has_leader 1\n');
  expect(body).toContain('etcd_cluster_version{cluster_version="3.6"} 1\n');
  expect(body).toMatch(/etcd_mvcc_db_total_size_in_bytes 20480\n/);
});
