// Against the transcript of a real etcdctl, as far as it does not depend on addresses and moments.
import { expect, test } from 'vitest';
import { encodeCertificate, encodePrivateKey, issueCertificate } from '../../wire/tls-handshake.ts';
import { createTestCluster } from '../etcd/testing/cluster.ts';
import { etcdutl } from '../etcd/etcdutl.ts';
import { etcdctl } from './main.ts';
import { drawTable, goDuration, humanBytes } from '../../client/table.ts';

const endpoints = ['https://10.0.0.1:2379', 'https://10.0.0.2:2379', 'https://10.0.0.3:2379'];

function setUp() {
  const cluster = createTestCluster({ programs: [etcdctl, etcdutl] });
  const ctl = (line: string, at: readonly string[] = endpoints) => {
    const { code, text } = cluster.command('etcdctl', [`--endpoints=${at.join(',')}`, '--cacert=/pki/ca.crt', '--cert=/pki/client.crt', '--key=/pki/client.key', ...line.split(' ')]);
    return code === 0 ? text : `${text}? ${code}`;
  };
  cluster.leader();
  cluster.world.run(3000);
  return { cluster, ctl };
}

test('keys, as the transcript has them', () => {
  const { cluster, ctl } = setUp();
  expect(ctl('put /registry/a 1')).toBe('OK\n');
  expect(ctl('put /registry/b 2')).toBe('OK\n');
  expect(ctl('put /registry/a 3 --prev-kv')).toBe('OK\n/registry/a\n1\n');
  expect(ctl('get /registry/a')).toBe('/registry/a\n3\n');
  expect(ctl('get /registry --prefix')).toBe('/registry/a\n3\n/registry/b\n2\n');
  expect(ctl('get /registry --prefix --keys-only')).toBe('/registry/a\n\n/registry/b\n\n');
  expect(ctl('get /registry/a --rev=2')).toBe('/registry/a\n1\n');
  const term = cluster.raft('m1')?.term;
  const clusterId = /"cluster_id":(\d+)/.exec(ctl('get /registry/a -w json'))?.[1];
  expect(ctl('get /registry/a -w json')).toMatch(
    new RegExp(`^{"header":{"cluster_id":${clusterId},"member_id":\\d+,"revision":4,"raft_term":${term}},"kvs":\\[{"key":"L3JlZ2lzdHJ5L2E=","create_revision":2,"mod_revision":4,"version":2,"value":"Mw=="}\\],"count":1}\n$`),
  );
  expect(ctl('get /registry/a -w fields')).toMatch(
    /^"ClusterID" : \d+\n"MemberID" : \d+\n"Revision" : 4\n"RaftTerm" : \d+\n"Key" : "\/registry\/a"\n"CreateRevision" : 2\n"ModRevision" : 4\n"Version" : 2\n"Value" : "3"\n"Lease" : 0\n"More" : false\n"Count" : 1\n$/,
  );
  expect(ctl('get nothing')).toBe('');
  expect(ctl('get /registry --prefix --count-only -w fields')).toMatch(/"RaftTerm" : \d+\n"More" : false\n"Count" : 2\n$/);
  expect(ctl('del /registry/b')).toBe('1\n');
  expect(ctl('del /registry/zzz')).toBe('0\n');
  expect(ctl('compact 3')).toBe('compacted revision 3\n');
  expect(ctl('get /registry/a --rev=2')).toBe('Error: etcdserver: mvcc: required revision has been compacted\n? 1');
  expect(ctl('compact 99')).toBe('Error: etcdserver: mvcc: required revision is a future revision\n? 1');
  expect(ctl('lease grant 60')).toMatch(/^lease [0-9a-f]{16} granted with TTL\(60s\)\n$/);
  expect(ctl('lease list')).toMatch(/^found 1 leases\n[0-9a-f]{16}\n$/);
  expect(ctl('alarm list')).toBe('');
  expect(ctl('defrag')).toBe(endpoints.map((each) => `Finished defragmenting etcd member[${each}]\n`).join(''));
});

test('members, endpoints, leadership', () => {
  const { cluster, ctl } = setUp();
  const members = cluster.raft('m1')?.members ?? [];
  expect(ctl('member list')).toBe(members.map((each) => `${each.id}, started, ${each.name}, ${each.peerUrls[0]}, ${each.clientUrls[0]}, false\n`).join(''));
  const url = '─'.repeat(23);
  expect(ctl('member list -w table')).toBe(
    [
      `┌──────────────────┬─────────┬──────┬${url}┬${url}┬────────────┐`,
      '│        ID        │ STATUS  │ NAME │      PEER ADDRS       │     CLIENT ADDRS      │ IS LEARNER │',
      `├──────────────────┼─────────┼──────┼${url}┼${url}┼────────────┤`,
      ...members.map((each) => `│ ${each.id} │ started │   ${each.name} │ ${each.peerUrls[0]} │ ${each.clientUrls[0]} │      false │`),
      `└──────────────────┴─────────┴──────┴${url}┴${url}┴────────────┘\n`,
    ].join('\n'),
  );
  expect(ctl('endpoint health')).toMatch(/^(https:\/\/10\.0\.0\.\d:2379 is healthy: successfully committed proposal: took = [\d.]+ms\n){3}$/);
  expect(ctl('endpoint status')).toMatch(/^(https:\/\/10\.0\.0\.\d:2379, [0-9a-f]{16}, 3\.6\.8, 2\d kB, (true|false), false, \d+, \d+, \d+, \n){3}$/);
  const leader = cluster.names.indexOf(cluster.leader());
  const target = members.find((each) => each.name === cluster.names[(leader + 1) % 3])?.id ?? '';
  const old = cluster.raft(cluster.leader())?.id;
  expect(ctl(`move-leader ${target}`)).toBe(`Leadership transferred from ${old} to ${target}\n`);
  expect(ctl('snapshot save snap.db --command-timeout=5s')).toBe(`Error: snapshot must be requested to one selected node, not multiple [${endpoints.join(' ')}]\n? 5`);
  expect(ctl('snapshot save snap.db', endpoints.slice(0, 1))).toBe('Snapshot saved at snap.db\n');
  expect(ctl('member promote')).toBe('Error: member ID is not provided\n? 128');
  expect(ctl('member remove deadbeef')).toBe('Error: etcdserver: member not found\n? 1');
});

test('with two of three members gone', () => {
  const { cluster, ctl } = setUp();
  ctl('put /registry/a 3');
  cluster.world.machine('m2').powerOff();
  cluster.world.machine('m3').powerOff();
  cluster.world.run(cluster.world.nowMs + 5000);
  const first = endpoints.slice(0, 1);
  expect(ctl('put a b', first)).toBe('Error: context deadline exceeded\n? 1');
  expect(ctl('get a', first)).toBe('Error: context deadline exceeded\n? 1');
  expect(ctl('get /registry/a --consistency=s', first)).toBe('/registry/a\n3\n');
  expect(ctl('endpoint health')).toMatch(/^(https:\/\/10\.0\.0\.\d:2379 is unhealthy: failed to commit proposal: context deadline exceeded\n){3}Error: unhealthy cluster\n\? 1$/);
  expect(ctl('endpoint status')).toMatch(/Failed to get the status of endpoint https:\/\/10\.0\.0\.2:2379 \(context deadline exceeded\)\n.*etcdserver: no leader\n\? 1$/s);
});

test('a cluster that lost all its disks comes back from a snapshot', () => {
  const { cluster, ctl } = setUp();
  ctl('put /registry/a 1');
  ctl('put /registry/a 2');
  ctl('snapshot save /snap.db', endpoints.slice(0, 1));
  ctl('put /registry/b later');
  const { world, names } = cluster;
  expect(cluster.command('etcdutl', ['snapshot', 'status', '/snap.db']).text).toMatch(/^[0-9a-f]+, 3, \d+, 20 kB\n$/);
  expect(cluster.command('etcdutl', ['snapshot', 'status', 'nowhere']).text).toBe('Error: stat nowhere: no such file or directory\n');
  const file = world.machine('client').readFile('/snap.db');
  const initial = names.map((name, i) => `${name}=https://10.0.0.${i + 1}:2380`).join(',');
  for (const name of names) world.machine(name).powerOff();
  names.forEach((name, i) => {
    const machine = world.machine(name);
    machine.wipeDisk('/var/lib/etcd');
    machine.writeFile('/snap.db', file);
    machine.powerOn();
    machine.kill('etcd');
    const args = ['snapshot', 'restore', '/snap.db', '--data-dir', '/var/lib/etcd', '--name', name, '--initial-cluster', initial, '--initial-advertise-peer-urls', `https://10.0.0.${i + 1}:2380`, '--bump-revision', '1000', '--mark-compacted'];
    expect(cluster.command('etcdutl', args, name).text).toMatch(/bumping latest revision\t{"latest-revision": 3, "bump-amount": 1000, "new-latest-revision": 1003}/);
  });
  world.run(world.nowMs + 4000);
  expect(ctl('get /registry --prefix')).toBe('/registry/a\n2\n');
  expect(ctl('get /registry/a --rev=3')).toBe('Error: etcdserver: mvcc: required revision has been compacted\n? 1');
  expect(ctl('put /registry/c new')).toBe('OK\n');
  expect(ctl('get /registry/c -w fields')).toMatch(/"ModRevision" : 1004\n/);
  expect(ctl('member list')).toMatch(/^([0-9a-f]{16}, started, m\d, .*\n){3}$/);
});

test('access is controlled: no certificate, or one of another authority, and the door stays shut', () => {
  const { cluster } = setUp();
  const first = '--endpoints=https://10.0.0.1:2379';
  const without = cluster.command('etcdctl', [first, '--cacert=/pki/ca.crt', 'get', 'a']);
  expect(without).toMatchObject({ code: 1, text: expect.stringMatching(/certificate required|context deadline exceeded/) as string });
  const client = cluster.world.machine('client');
  let digit = 0;
  const random = { hex: (digits: number) => String(++digit).padStart(digits, '0') };
  const issue = (names: Partial<Parameters<typeof issueCertificate>[1]>, by?: Parameters<typeof issueCertificate>[2]) => issueCertificate(random, { commonName: 'client', usages: ['client auth'], notBeforeMs: 0, notAfterMs: 4e12, ...names }, by);
  const stranger = issue({ commonName: 'other-ca', isCa: true });
  const forged = issue({}, stranger);
  client.writeFile('/pki/forged.crt', encodeCertificate(forged.certificate));
  client.writeFile('/pki/forged.key', encodePrivateKey(forged.privateKey));
  const wrong = cluster.command('etcdctl', [first, '--cacert=/pki/ca.crt', '--cert=/pki/forged.crt', '--key=/pki/forged.key', 'get', 'a']);
  expect(wrong).toMatchObject({ code: 1, text: expect.stringMatching(/bad certificate|unknown authority|unknown certificate authority|context deadline exceeded/) as string });
  expect(cluster.log('m1')).toMatch(/"msg":"rejected connection on client endpoint".*(unknown authority|didn't provide a certificate)/);
  // The other way round: a client that trusts somebody else does not speak to this etcd.
  client.writeFile('/pki/other-ca.crt', encodeCertificate(stranger.certificate));
  const distrust = cluster.command('etcdctl', [first, '--cacert=/pki/other-ca.crt', '--cert=/pki/client.crt', '--key=/pki/client.key', 'get', 'a']);
  expect(distrust).toMatchObject({ code: 1, text: expect.stringContaining('certificate signed by unknown authority') as string });
});

test('words', () => {
  expect(humanBytes(20480)).toBe('20 kB');
  expect(humanBytes(1_500_000)).toBe('1.5 MB');
  expect(goDuration(4.283717)).toBe('4.283717ms');
  expect(drawTable(['A', 'LONG'], [['1', 'x']])).toBe('┌───┬──────┐\n│ A │ LONG │\n├───┼──────┤\n│ 1 │    x │\n└───┴──────┘\n');
});
