import { expect, it } from 'vitest';
import { LiveRun } from './live-run.ts';
import { openCluster } from './open-cluster.ts';
import { protocolVersion, type LostWrites } from './protocol.ts';
import { answer } from './queries.ts';

it('what was written after a snapshot is told, before the disks are lost and after', () => {
  const live = new LiveRun(openCluster, { version: protocolVersion, preset: 'default', seed: 1, nodes: 1, epochMs: 1_767_225_600_000, inputs: [] });
  const run = (machine: string, line: string, ms: number): void => {
    live.perform({ do: 'run', machine, line });
    live.advance(live.nowMs + ms);
  };
  const ask = (snapshot: string): LostWrites | undefined => answer(live, { query: 'lost-writes', machine: 'm-k8s', snapshot }, Infinity) as LostWrites | undefined;
  const about = (found: LostWrites | undefined) => found?.writes.filter(({ key }) => key.startsWith('/registry/configmaps/default/')).map(({ key, what }) => `${key.slice(key.lastIndexOf('/') + 1)} ${what}`);
  live.advance(60_000);
  run('laptop', 'kubectl create configmap old; kubectl create configmap other', 8000);
  const pki = '/etc/kubernetes/pki/etcd';
  run('m-k8s', `etcdctl --endpoints=https://127.0.0.1:2379 --cacert=${pki}/ca.crt --cert=${pki}/server.crt --key=${pki}/server.key snapshot save /root/backup.db`, 5000);
  expect(about(ask('/root/backup.db'))).toEqual([]);
  run('laptop', 'kubectl create configmap new; kubectl delete configmap old; kubectl create configmap brief; kubectl delete configmap brief; kubectl label configmap other a=b', 15_000);
  const expected = ['new created', 'old deleted', 'other changed'];
  expect(about(ask('/root/backup.db'))).toEqual(expected);
  live.perform({ do: 'wipe-disk', machine: 'm-k8s', folder: '/var/lib/etcd' });
  live.advance(live.nowMs + 1000);
  expect(about(ask('/root/backup.db'))).toEqual(expected);
  expect(ask('/root/nothing.db')).toBeUndefined();
  expect(ask('/etc/hostname')).toBeUndefined();
});
