// Members that come and go, disks that lie, and what etcd says to that.
import { describe, expect, test } from 'vitest';
import type { PutResponse, RangeResponse } from '../../wire/etcd-rpc.ts';
import { etcdctl } from '../etcdctl/main.ts';
import type { MemberInfo } from './request.ts';
import { writeSnapshot } from './snapshot-file.ts';
import { createTestCluster, type TestCluster } from './testing/cluster.ts';
import { converse, message } from './testing/conversation.ts';

describe('membership', () => {
  test('a learner is added, caught up, promoted; until then it does not vote and serves only what needs nobody else', () => {
    const cluster = createTestCluster();
    const { call, settle, url } = converse(cluster);
    cluster.leader();
    expect(message(() => call(0, 'Cluster/MemberAdd', { peerUrls: [url(4)], isLearner: true }))).toBe('etcdserver: unhealthy cluster');
    settle(7000);
    for (let i = 0; i < 20; i++) call(0, 'KV/Put', { key: `/k/${i}`, value: i });
    const added = call<{ member: MemberInfo; members: readonly MemberInfo[] }>(0, 'Cluster/MemberAdd', { peerUrls: [url(4)], isLearner: true });
    expect(added.members.map((each) => `${each.name} ${each.isLearner}`).sort()).toEqual([' true', 'm1 false', 'm2 false', 'm3 false']);
    expect(message(() => call(0, 'Cluster/MemberPromote', { id: added.member.id }))).toBe('etcdserver: can only promote a learner member which is in sync with leader');
    expect(message(() => call(0, 'Cluster/MemberAdd', { peerUrls: [url(5)], isLearner: true }))).toBe('etcdserver: too many learner members in cluster');
    expect(message(() => call(0, 'Cluster/MemberAdd', { peerUrls: [url(1)] }))).toBe('etcdserver: Peer URLs already exists');
    cluster.addMember({ state: 'existing', members: ['m1', 'm2', 'm3'] });
    settle(5000);
    expect(cluster.raft('m4')).toMatchObject({ role: 'learner', id: added.member.id });
    expect(message(() => call(3, 'KV/Put', { key: 'a', value: 1 }))).toBe('etcdserver: rpc not supported for learner');
    expect(call<RangeResponse>(3, 'KV/Range', { key: '/k/', rangeEnd: '/k0', serializable: true }).count).toBe(20);
    const follower = cluster.names.findIndex((name) => name !== cluster.leader() && name !== 'm4');
    call(follower, 'Cluster/MemberPromote', { id: added.member.id });
    settle(500);
    expect(cluster.raft('m4')?.role).toBe('follower');
    expect(message(() => call(0, 'Cluster/MemberPromote', { id: added.member.id }))).toBe('etcdserver: can only promote a learner member');
    // Four voters: three are a majority, two are not.
    cluster.world.machine(cluster.names.find((name) => name !== cluster.leader() && name !== 'm4') as string).powerOff();
    settle(3000);
    const writer = cluster.names.indexOf(cluster.leader());
    expect(call<PutResponse>(writer, 'KV/Put', { key: 'b', value: 1 }).header.revision).toBeGreaterThan(20);
  });

  test('a member that was away hears a leader who joined meanwhile', () => {
    const cluster = createTestCluster({ flags: ['--strict-reconfig-check=false'] });
    const { call, settle, url, idOf } = converse(cluster);
    const away = cluster.names.find((name) => name !== cluster.leader()) as string;
    settle(7000);
    cluster.world.machine(away).powerOff();
    const old = cluster.leader();
    call(cluster.names.indexOf(old), 'Cluster/MemberAdd', { peerUrls: [url(4)] });
    cluster.addMember({ state: 'existing', members: ['m1', 'm2', 'm3'] });
    settle(5000);
    call(cluster.names.indexOf(old), 'Maintenance/MoveLeader', { targetId: idOf('m4') });
    expect(cluster.leader()).toBe('m4');
    call(3, 'KV/Put', { key: 'a', value: 'while one is away' });
    cluster.world.machine(away).powerOn();
    settle(5000);
    // Nobody but m4 can tell it of m4, which it has never heard of.
    expect(cluster.leader()).toBe('m4');
    expect(cluster.raft(away)).toMatchObject({ role: 'follower', leader: 'm4' });
    expect(call<RangeResponse>(cluster.names.indexOf(away), 'KV/Range', { key: 'a', serializable: true }).count).toBe(1);
  });

  test('a member that was removed ends, and may not come back', () => {
    const cluster = createTestCluster();
    const { call, settle, idOf } = converse(cluster);
    const leader = cluster.leader();
    settle(7000);
    const gone = cluster.names.find((name) => name !== leader) as string;
    const away = cluster.names.find((name) => name !== leader && name !== gone) as string;
    // With one member away, a removal that would leave no majority is refused.
    cluster.world.machine(away).powerOff();
    settle(6000);
    expect(message(() => call(cluster.names.indexOf(leader), 'Cluster/MemberRemove', { id: idOf(gone) }))).toBe('etcdserver: unhealthy cluster');
    cluster.world.machine(away).powerOn();
    settle(7000);
    const id = idOf(gone);
    call(cluster.names.indexOf(cluster.leader()), 'Cluster/MemberRemove', { id });
    settle(8000);
    expect(cluster.log(gone)).toContain('the member has been permanently removed from the cluster');
    expect(cluster.world.machine(leader).processes().some((process) => process.program === 'etcd')).toBe(true);
    // It is started again and again by its machine, and ends each time.
    const before = cluster.log(gone).split('data-dir used by this member must be removed').length;
    settle(5000);
    expect(cluster.log(gone).split('data-dir used by this member must be removed').length).toBeGreaterThan(before);
    expect(cluster.raft(leader)?.members.map((each) => each.name).sort()).toEqual([leader, away].sort());
    expect(message(() => call(cluster.names.indexOf(leader), 'Cluster/MemberRemove', { id }))).toBe('etcdserver: member not found');
  });

  test('a member whose disk is lost may not start as if new: it is removed, and another takes its place', () => {
    const cluster = createTestCluster();
    const { call, settle, idOf, url } = converse(cluster);
    const leader = cluster.leader();
    settle(7000);
    const broken = cluster.names.find((name) => name !== leader) as string;
    const id = idOf(broken);
    const machine = cluster.world.machine(broken);
    machine.powerOff();
    machine.wipeDisk('/var/lib/etcd');
    machine.powerOn();
    settle(3000);
    expect(cluster.log(broken)).toContain(`member ${id} has already been bootstrapped`);
    machine.powerOff();
    settle(6000);
    const at = cluster.names.indexOf(cluster.leader());
    call(at, 'Cluster/MemberRemove', { id });
    call(at, 'Cluster/MemberAdd', { peerUrls: [url(4)] });
    cluster.addMember({ state: 'existing', members: cluster.names.filter((name) => name !== broken) });
    settle(6000);
    expect(cluster.raft('m4')).toMatchObject({ role: 'follower', leader: cluster.leader() });
    expect(cluster.raft('m4')?.members.map((each) => each.name).sort()).toEqual([...cluster.names.filter((name) => name !== broken)].sort());
  });

  test('one that joins does not take the id of a member that ran, though a peer that was away still knows it under that one', () => {
    const cluster = createTestCluster({ members: 5, flags: ['--strict-reconfig-check=false'] });
    const { call, settle, idOf, url } = converse(cluster);
    const power = (names: readonly string[], to: 'powerOn' | 'powerOff'): void => names.forEach((name) => cluster.world.machine(name)[to]());
    const away = cluster.names.find((name) => name !== cluster.leader()) as string;
    const others = cluster.names.filter((name) => name !== away);
    const add = (): string => call<{ member: MemberInfo }>(cluster.names.indexOf(cluster.leader()), 'Cluster/MemberAdd', { peerUrls: [url(6)] }).member.id;
    settle(7000);
    const first = add();
    cluster.addMember({ state: 'existing', members: cluster.names.slice(0, 5) });
    settle(3000);
    expect(idOf('m6')).toBe(first);
    // That an entry is committed reaches a member's disk with the next one.
    call(0, 'KV/Put', { key: 'a', value: 1 });
    power(['m6', away], 'powerOff');
    cluster.world.machine('m6').wipeDisk('/var/lib/etcd');
    settle(3000);
    call(cluster.names.indexOf(cluster.leader()), 'Cluster/MemberRemove', { id: first });
    const second = add();
    // Only the one that was away answers.
    power(others, 'powerOff');
    power(['m6', away], 'powerOn');
    settle(4000);
    expect(cluster.log('m6')).toContain(`member ${first} has already been bootstrapped`);
    power(others, 'powerOn');
    settle(8000);
    expect(cluster.raft('m6')).toMatchObject({ id: second, role: 'follower', leader: cluster.leader() });
  });

  test('joining needs the same members as the cluster has', () => {
    const cluster = createTestCluster({ members: 1 });
    const { settle } = converse(cluster);
    cluster.leader();
    cluster.addMember({ state: 'existing', members: ['m1'] });
    settle(2000);
    expect(cluster.log('m2')).toContain('member count is unequal');
  });

  test('a removed leader goes, and the others elect another', () => {
    const cluster = createTestCluster();
    const { call, settle, idOf } = converse(cluster);
    const leader = cluster.leader();
    settle(7000);
    call(cluster.names.findIndex((name) => name !== leader), 'Cluster/MemberRemove', { id: idOf(leader) });
    settle(5000);
    const rest = cluster.names.filter((name) => name !== leader);
    expect(rest.filter((name) => cluster.raft(name)?.role === 'leader')).toHaveLength(1);
    expect(call<PutResponse>(cluster.names.indexOf(rest[0] as string), 'KV/Put', { key: 'a', value: 1 }).header.revision).toBe(2);
  });

  test('--force-new-cluster: one member alone goes on with what it has', () => {
    const cluster = createTestCluster();
    const { call, settle } = converse(cluster);
    cluster.leader();
    settle(2000);
    call(0, 'KV/Put', { key: 'a', value: 'kept' });
    settle(500);
    for (const name of ['m2', 'm3']) cluster.world.machine(name).powerOff();
    settle(3000);
    expect(message(() => call(0, 'KV/Put', { key: 'b', value: 1 }))).toMatch(/request timed out/);
    cluster.world.machine('m1').kill('etcd');
    const unit = ['--name=m1', '--data-dir=/var/lib/etcd', '--initial-advertise-peer-urls=https://10.0.0.1:2380', '--listen-peer-urls=https://10.0.0.1:2380', '--listen-client-urls=https://10.0.0.1:2379', '--advertise-client-urls=https://10.0.0.1:2379',
      '--cert-file=/pki/peer.crt', '--key-file=/pki/peer.key', '--trusted-ca-file=/pki/ca.crt', '--client-cert-auth=true', '--peer-cert-file=/pki/peer.crt', '--peer-key-file=/pki/peer.key', '--peer-trusted-ca-file=/pki/ca.crt', '--force-new-cluster'];
    cluster.world.spawn('m1', { program: 'etcd', args: unit });
    settle(4000);
    expect(call<RangeResponse>(0, 'KV/Range', { key: 'a' }).kvs[0]?.value).toBe('kept');
    expect(call<{ members: readonly MemberInfo[] }>(0, 'Cluster/MemberList').members.map((each) => each.name)).toEqual(['m1']);
  });
});

describe('what is on the disk', () => {
  const walOf = (cluster: TestCluster, name: string): string => cluster.world.machine(name).listFiles('/var/lib/etcd/member/wal').at(-1) as string;

  test('a rotten record in the middle of the log is found, and the member refuses to start', () => {
    for (const record of [2, 3, 5]) {
      const cluster = createTestCluster();
      const { call, settle } = converse(cluster);
      const leader = cluster.leader();
      settle(2000);
      const name = cluster.names.find((each) => each !== leader) as string;
      for (let i = 0; i < 5; i++) call(cluster.names.indexOf(leader), 'KV/Put', { key: `/k/${i}`, value: { n: i } });
      settle(500);
      const machine = cluster.world.machine(name);
      machine.powerOff();
      machine.rotFile(walOf(cluster, name), record);
      machine.powerOn();
      settle(2000);
      expect(cluster.log(name)).toMatch(/"level":"fatal","msg":"failed to read WAL, cannot be repaired","error":"walpb: crc mismatch: expected: [0-9a-f]+ computed: [0-9a-f]+"/);
      expect(call<PutResponse>(cluster.names.indexOf(leader), 'KV/Put', { key: 'a', value: 1 }).header.revision).toBe(7);
    }
  });

  test('a torn end of the log is cut off, and the member catches up', () => {
    const cluster = createTestCluster();
    const { call, settle } = converse(cluster);
    const leader = cluster.leader();
    const name = cluster.names.find((each) => each !== leader) as string;
    const machine = cluster.world.machine(name);
    // Slow syncs, so that the power goes in the middle of one; which of them tears is the disk's dice.
    machine.setFsync(200);
    for (let i = 0; i < 12 && !cluster.log(name).includes('repaired WAL'); i++) {
      cluster.spawn(function* (_, etcd) {
        yield* etcd.call(cluster.names.indexOf(leader), 'KV/Put', { key: `/k/${i}`, value: i });
      });
      settle(100);
      machine.powerOff();
      settle(100);
      machine.powerOn();
      settle(3000);
    }
    expect(cluster.log(name)).toContain('repaired WAL');
    machine.setFsync(1);
    settle(3000);
    const hashes = cluster.names.map((_, i) => call<{ hash: number }>(i, 'Maintenance/HashKV').hash);
    expect(new Set(hashes).size).toBe(1);
  });

  test('a rotten snapshot is put aside: if the log still reaches back, nothing is lost; if not, the member refuses to start', () => {
    for (const puts of [30, 90]) {
      const cluster = createTestCluster({ members: 1, flags: ['--snapshot-count=20'] });
      const { call, settle } = converse(cluster);
      cluster.leader();
      for (let i = 0; i < puts; i++) call(0, 'KV/Put', { key: `/k/${i}`, value: i });
      settle(500);
      const machine = cluster.world.machine('m1');
      machine.powerOff();
      for (const path of machine.listFiles('/var/lib/etcd/member/snap')) machine.rotFile(path);
      machine.powerOn();
      settle(3000);
      expect(cluster.log('m1')).toContain('"msg":"failed to read a snap file"');
      expect(machine.listFiles('/var/lib/etcd/member/snap').some((path) => path.endsWith('.broken'))).toBe(true);
      if (puts === 30) expect(call<RangeResponse>(0, 'KV/Range', { key: '/k/', rangeEnd: '/k0' }).count).toBe(30);
      else expect(cluster.log('m1')).toContain('"level":"fatal","msg":"failed to recover v3 backend from snapshot"');
    }
  });

  test('a store that differs is found by comparing hashes, and the cluster refuses to go on; or the member does not start at all', () => {
    for (const flag of ['--corrupt-check-time=5s', '--feature-gates=InitialCorruptCheck=true']) {
      const cluster = createTestCluster({ flags: [flag, '--snapshot-count=10'], programs: [etcdctl] });
      const { call, settle } = converse(cluster);
      const leader = cluster.leader();
      for (let i = 0; i < 30; i++) call(cluster.names.indexOf(leader), 'KV/Put', { key: `/k/${i}`, value: i });
      settle(6000);
      const at = cluster.names.indexOf(leader);
      expect(call<PutResponse>(at, 'KV/Put', { key: 'fine', value: 1 }).header.revision).toBe(32);
      // A member whose memory lied when it wrote: no checksum of the disk can tell, but the hash does.
      const victim = cluster.names.find((each) => each !== leader) as string;
      const machine = cluster.world.machine(victim);
      machine.powerOff();
      const path = machine.listFiles('/var/lib/etcd/member/snap').at(-1) as string;
      const file = machine.readFile(path) as { crc: number; snapshot: { data: { store: { records: { key: string; versions: { value: unknown }[] }[] } } } };
      const lying = JSON.parse(JSON.stringify(file)) as typeof file;
      (lying.snapshot.data.store.records[0]?.versions[0] as { value: unknown }).value = 'a lie';
      machine.writeFile(path, { ...lying, crc: recrc(lying) });
      machine.powerOn();
      settle(15_000);
      if (flag.startsWith('--feature')) {
        expect(cluster.log(victim)).toContain('found data inconsistency with peers');
        expect(cluster.log(leader)).toContain('initial corruption checking passed; no corruption');
        expect(call<PutResponse>(at, 'KV/Put', { key: 'a', value: 1 }).header.revision).toBe(33);
        continue;
      }
      expect(message(() => call(at, 'KV/Put', { key: 'a', value: 1 }))).toBe('etcdserver: corrupt cluster');
      expect(message(() => call(at, 'KV/Range', { key: 'a' }))).toBe('etcdserver: corrupt cluster');
      expect(call<{ alarms: unknown[] }>(at, 'Maintenance/Alarm', { action: 'GET' }).alarms).toEqual([{ memberId: cluster.raft(victim)?.id, alarm: 'CORRUPT' }]);
    }
  });
});

function recrc(file: { readonly snapshot: unknown }): number {
  return (writeSnapshot(file.snapshot as Parameters<typeof writeSnapshot>[0]) as { readonly crc: number }).crc;
}
