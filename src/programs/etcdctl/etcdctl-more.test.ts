// What the transcript does not show: transactions, watches that outlive a member, members by hand, alarms, snapshots that lie, check perf.
import { expect, test } from 'vitest';
import { etcdutl } from '../etcd/etcdutl.ts';
import { createTestCluster, type TestCluster } from '../etcd/testing/cluster.ts';
import { etcdctl } from './main.ts';
import { parseCompare } from './txn.ts';

const urls = ['https://10.0.0.1:2379', 'https://10.0.0.2:2379', 'https://10.0.0.3:2379'];

function setUp(options: Parameters<typeof createTestCluster>[0] = {}) {
  const cluster = createTestCluster({ programs: [etcdctl, etcdutl], ...options });
  const tls = ['--cacert=/pki/ca.crt', '--cert=/pki/client.crt', '--key=/pki/client.key'];
  const ctl = (line: string, stdin?: string, at: readonly string[] = urls.slice(0, cluster.names.length)): string => {
    const { code, text } = cluster.command('etcdctl', [`--endpoints=${at.join(',')}`, ...tls, ...line.split(' ')], 'client', stdin);
    return code === 0 ? text : `${text}? ${code}`;
  };
  const start = (line: string): { text: () => string } => {
    let text = '';
    cluster.world.spawn('client', { program: 'etcdctl', args: [`--endpoints=${urls.join(',')}`, ...tls, ...line.split(' ')], onOutput: (_, part) => (text += part) });
    return { text: () => text };
  };
  cluster.leader();
  cluster.world.run(cluster.world.nowMs + 3000);
  return { cluster, ctl, start, settle: (ms: number) => cluster.world.run(cluster.world.nowMs + ms) };
}

const idOf = (cluster: TestCluster, name: string): string => cluster.raft(name)?.id ?? '';

test('txn: conditions and both branches from standard input', () => {
  const { ctl } = setUp({ members: 1 });
  ctl('put key1 old');
  const script = 'mod("key1") > "0"\nval("key1") = "old"\n\nput key1 "over written"\nget key1\ndel nothing --prefix\n\nput key1 created\n\n';
  expect(ctl('txn', script)).toBe('SUCCESS\n\nOK\n\nkey1\nover written\n\n0\n');
  expect(ctl('txn -i', 'ver("key1") = "7"\n\nput key1 no\n\nget key1\n\n')).toBe('compares:\nsuccess requests (get, put, del):\nfailure requests (get, put, del):\nFAILURE\n\nkey1\nover written\n');
  expect(ctl('txn', 'nonsense\n\n\n\n')).toBe('Error: malformed comparison: nonsense\n? 3');
  expect(ctl('txn', '\nfly key\n\n\n')).toBe('Error: invalid txn request: fly key\n? 3');
  expect(ctl('txn', '\nput a 1\nput a 2\n\n\n')).toBe('Error: etcdserver: duplicate key given in txn request\n? 1');
  expect(parseCompare('c("a \\"b\\"") != "12"')).toEqual({ key: 'a "b"', target: 'CREATE', result: 'NOT_EQUAL', value: 12 });
  expect(() => parseCompare('__proto__("a") = "1"')).toThrow('unknown target __proto__');
});

test('put and get with their options', () => {
  const { ctl } = setUp({ members: 1 });
  for (const [key, value] of [['c', 3], ['a', 1], ['b', 2]]) ctl(`put /k/${key} ${value}`);
  expect(ctl('put /k/a 1 --ignore-value')).toBe('OK\n');
  expect(ctl('put /nothing --ignore-value')).toBe('Error: etcdserver: key not found\n? 1');
  expect(ctl('put /stdin', 'from standard input')).toBe('OK\n');
  expect(ctl('get /stdin --print-value-only')).toBe('from standard input\n');
  expect(ctl('get /k/ --prefix --sort-by=CREATE --order=DESCEND --print-value-only')).toBe('2\n1\n3\n');
  expect(ctl('get /k/ --prefix --limit=2 --keys-only')).toBe('/k/a\n\n/k/b\n\n');
  expect(ctl('get /k/b --from-key --keys-only')).toBe('/k/b\n\n/k/c\n\n/stdin\n\n');
  expect(ctl('get /k/a /k/c --print-value-only')).toBe('1\n2\n');
  expect(ctl('get /k/ --prefix --min-mod-rev=4 --print-value-only')).toBe('1\n2\n');
  expect(ctl('get /k/a --hex')).toBe('\\x2f\\x6b\\x2f\\x61\n\\x31\n');
  expect(ctl('get --prefix --from-key a')).toMatch(/cannot be set at the same time/);
  expect(ctl('get')).toMatch(/needs one argument as key.*\? 128$/s);
  expect(ctl('constructor')).toMatch(/unknown command "constructor" for "etcdctl"/);
});

test('a watch goes on at another member when its own dies, and misses nothing', () => {
  const { cluster, ctl, start, settle } = setUp();
  const watched = start('watch /a --prefix --prev-kv');
  settle(500);
  ctl('put /a/1 one');
  ctl('put /a/1 two');
  cluster.world.machine('m1').powerOff();
  settle(1000);
  ctl('put /a/2 while-away', undefined, urls.slice(1));
  settle(20_000);
  ctl('del /a/1', undefined, urls.slice(1));
  settle(1000);
  expect(watched.text()).toBe('PUT\n/a/1\none\nPUT\n/a/1\none\n/a/1\ntwo\nPUT\n/a/2\nwhile-away\nDELETE\n/a/1\ntwo\n/a/1\n\n');
  const compacted = start('watch /a --prefix --rev=2');
  ctl('compact 4', undefined, urls.slice(1));
  settle(100);
  const late = start('watch /a --prefix --rev=2');
  settle(20_000);
  expect(compacted.text() + late.text()).toContain('watch was canceled (etcdserver: mvcc: required revision has been compacted)\nError: watch is canceled by the server\n');
});

test('members by hand: added as a learner, promoted, renamed in its address, removed', () => {
  const { cluster, ctl, settle } = setUp();
  settle(5000);
  const added = ctl('member add m4 --learner --peer-urls=https://10.0.0.4:2380');
  expect(added).toMatch(/^Member [0-9a-f ]{16} added to cluster [0-9a-f ]{16}\n\nETCD_NAME="m4"\nETCD_INITIAL_CLUSTER=".*m4=https:\/\/10\.0\.0\.4:2380.*"\nETCD_INITIAL_ADVERTISE_PEER_URLS="https:\/\/10\.0\.0\.4:2380"\nETCD_INITIAL_CLUSTER_STATE="existing"\n$/);
  const id = /Member +([0-9a-f]+) added/.exec(added)?.[1] ?? '';
  expect(ctl('member list')).toContain(`${id}, unstarted, , https://10.0.0.4:2380, , true\n`);
  cluster.addMember({ state: 'existing', members: ['m1', 'm2', 'm3'] });
  settle(4000);
  expect(ctl('endpoint status', undefined, ['https://10.0.0.4:2379'])).toMatch(/, false, true, \d+, \d+, \d+, \n$/);
  expect(ctl('get a', undefined, ['https://10.0.0.4:2379'])).toBe('Error: etcdserver: rpc not supported for learner\n? 1');
  expect(ctl(`member promote ${id}`)).toMatch(/^Member [0-9a-f ]{16} promoted in cluster [0-9a-f ]{16}\n$/);
  expect(ctl(`member update ${id} --peer-urls=https://10.0.0.4:2380,https://m4.example:2380`)).toMatch(/^Member [0-9a-f ]{16} updated in cluster [0-9a-f ]{16}\n$/);
  expect(ctl('member list')).toContain(`${id}, started, m4, https://10.0.0.4:2380,https://m4.example:2380, https://10.0.0.4:2379, false\n`);
  expect(ctl(`member update ${id}`)).toBe('Error: member peer urls not provided\n? 128');
  settle(6000);
  expect(ctl(`member remove ${id}`)).toMatch(/^Member [0-9a-f ]{16} removed from cluster [0-9a-f ]{16}\n$/);
  expect(ctl(`member promote ${id}`)).toBe('Error: etcdserver: member not found\n? 1');
});

test('alarms are listed and disarmed, and make endpoints unhealthy', () => {
  const { ctl, cluster } = setUp({ members: 1, flags: ['--quota-backend-bytes=20000'] });
  for (let i = 0; i < 6; i++) ctl(`put /k ${'x'.repeat(5000)}`);
  const id = BigInt(`0x${idOf(cluster, 'm1')}`);
  expect(ctl('put a b')).toBe('Error: etcdserver: mvcc: database space exceeded\n? 1');
  expect(ctl('alarm list')).toBe(`memberID:${id} alarm:NOSPACE \n`);
  expect(ctl('endpoint health')).toMatch(/is unhealthy: failed to commit proposal: Active Alarm\(s\): NOSPACE\nError: unhealthy cluster\n\? 1$/);
  expect(ctl('endpoint status')).toContain(`, memberID:${id} alarm:NOSPACE \n`);
  ctl('compact 4');
  ctl('defrag');
  expect(ctl('alarm disarm')).toBe(`memberID:${id} alarm:NOSPACE \n`);
  expect(ctl('put a b')).toBe('OK\n');
});

test('snapshots: status in every format, a wrong hash, a copy of a data directory, flags that contradict each other', () => {
  const { ctl, cluster } = setUp({ members: 1, flags: ['--snapshot-count=5'] });
  for (let i = 0; i < 12; i++) ctl(`put /k/${i} ${i}`);
  ctl('snapshot save /snap.db');
  const utl = (line: string, machine = 'client'): string => cluster.command('etcdutl', line.split(' '), machine).text;
  expect(utl('snapshot status /snap.db -w json')).toMatch(/^{"hash":\d+,"revision":13,"totalKey":20,"totalSize":20480,"version":"3\.6\.0"}\n$/);
  expect(utl('snapshot status /snap.db --write-out=table')).toMatch(/│ 13 │|│ +13 │/);
  expect(utl('hashkv /snap.db')).toMatch(/^\d+, 13, -1\n$/);
  const rest = '--name m1 --initial-cluster m1=https://10.0.0.1:2380 --initial-advertise-peer-urls https://10.0.0.1:2380';
  expect(utl(`snapshot restore /snap.db --data-dir /new ${rest} --bump-revision 10`)).toMatch(/--mark-compacted required/);
  expect(utl(`snapshot restore /snap.db --data-dir /new --name other --initial-cluster m1=https://10.0.0.1:2380`)).toBe('Error: couldn\'t find local name "other" in the initial cluster configuration\n');
  const machine = cluster.world.machine('client');
  const file = machine.readFile('/snap.db') as object;
  machine.writeFile('/lying.db', { ...file, hash: 1 });
  expect(utl(`snapshot restore /lying.db --data-dir /new ${rest}`)).toMatch(/Error: expected sha256 1, got [0-9a-f]+\n$/);
  expect(utl(`snapshot restore /lying.db --skip-hash-check --data-dir /new ${rest}`)).toMatch(/restored snapshot/);
  expect(utl(`snapshot restore /snap.db --data-dir /new ${rest}`)).toBe('Error: data-dir "/new" not empty or could not be read\n');
  const own = cluster.world.machine('m1').listFiles('/var/lib/etcd/member/snap').at(-1) as string;
  machine.writeFile('/copied.db', cluster.world.machine('m1').readFile(own));
  expect(utl(`snapshot restore /copied.db --data-dir /copy ${rest}`)).toBe('Error: snapshot missing hash but --skip-hash-check=false\n');
  expect(utl(`snapshot restore /copied.db --skip-hash-check --data-dir /copy ${rest}`)).toMatch(/restored snapshot/);
  machine.writeFile('/text.db', 'not a snapshot');
  expect(utl('snapshot status /text.db')).toBe('Error: invalid database\n');
});

test('check perf says what a slow disk does', () => {
  const { cluster, ctl } = setUp({ members: 1, keepEvents: false });
  cluster.world.machine('m1').setFsync(900);
  const said = ctl('check perf');
  expect(said).toMatch(/^ 60 \/ 60 B.*m! 100\.00% 1m0s\nFAIL: Throughput too low: \d+ writes\/s\nSlowest request took too long: \d\.\d+s\n.*Stddev .*\nFAIL\n\? 1$/);
  expect(ctl('get /etcdctl-check-perf/ --prefix --count-only -w fields')).toMatch(/"Count" : 0\n$/);
  expect(ctl('check perf --load=constructor')).toBe('Error: unknown load option constructor\n? 4');
}, 60_000);
