// All disks of etcd are lost: the cluster comes back from a snapshot that a CronJob took, as etcd's and Kubernetes' guides tell. What was written after
// the snapshot is gone, and known; everything else is reconciled: pods that only kubelets remember go, those that only the store remembers are kept.
import { expect, it } from 'vitest';
import type { TraceEvent, World } from '../kernel/world.ts';
import { createCluster } from './create-cluster.ts';
import { backupFolder, backupManifestPath } from './etcd-backup.ts';
import { lostWrites, type WrittenVersion } from './lost-writes.ts';
import type { EtcdEvent } from '../programs/etcd/events.ts';

function run(world: World, machine: string, program: string, args: readonly string[], limitMs = 30_000): { readonly code: number | undefined; readonly text: string } {
  let text = '';
  const process = world.spawn(machine, { program, args, privileged: true, onOutput: (_, part) => (text += part) });
  world.run(world.nowMs + limitMs, () => process.exit !== undefined);
  return { code: process.exit?.code, text };
}

/** Every member tells of every revision; once is enough. */
function historiesOf(events: readonly TraceEvent[]): ReadonlyMap<string, readonly WrittenVersion[]> {
  const histories = new Map<string, WrittenVersion[]>();
  for (const { data } of events) {
    const { revision, changes } = data as EtcdEvent & { readonly type: 'etcd.revision' };
    for (const { key, value } of changes) {
      const versions = histories.get(key) ?? [];
      histories.set(key, versions);
      if ((versions.at(-1)?.revision ?? 0) < revision) versions.push({ revision, value });
    }
  }
  return histories;
}

const masters = ['m1-k8s', 'm2-k8s', 'm3-k8s'];
const addressOf = (name: string): string => `192.168.1.1${name[1] ?? ''}`;

it('every etcd disk is lost, and the cluster is restored from the snapshot of a CronJob', () => {
  const events: TraceEvent[] = [];
  const { world } = createCluster('ha', { seed: 5, nodes: 2, onTrace: (event) => { if (event.data.type === 'etcd.revision') events.push(event); } });
  const kubectl = (line: string): string => {
    const { code, text } = run(world, 'laptop', 'kubectl', line.split(' '), 60_000);
    expect(code, `kubectl ${line}: ${text}`).toBe(0);
    return text;
  };
  const shell = (machine: string, line: string): string => {
    const { code, text } = run(world, machine, 'sh', ['-c', line], 120_000);
    expect(code, `${machine}: ${line}: ${text}`).toBe(0);
    return text;
  };
  const until = (what: string, done: () => boolean, limitMs = 300_000): void => {
    const end = world.nowMs + limitMs;
    while (!done()) {
      if (world.nowMs >= end) throw new Error(`not in ${limitMs / 1000} s: ${what}`);
      world.run(world.nowMs + 2000);
    }
  };
  const ready = (replicas: number): boolean => run(world, 'laptop', 'kubectl', ['get', 'deployment', 'web', '--no-headers'], 60_000).text.includes(`${replicas}/${replicas}`);

  world.run(45_000);
  kubectl('create deployment web --image=nginx:1.27 --replicas=2');
  kubectl('create configmap before --from-literal=a=1');
  until('web is ready', () => ready(2));
  const laptop = world.machine('laptop');
  laptop.writeFile(backupManifestPath, String(laptop.readFile(backupManifestPath)).replace('*/5 *', '* *'));
  kubectl(`apply -f ${backupManifestPath}`);
  until('the CronJob has made a snapshot', () => masters.some((name) => world.machine(name).readFile(`${backupFolder}/snapshot.db`) !== undefined), 400_000);
  until('the backup is done', () => /Complete/.test(kubectl('get jobs -n kube-system --no-headers')));
  kubectl('delete cronjob etcd-backup -n kube-system');
  const keeper = masters.find((name) => world.machine(name).readFile(`${backupFolder}/snapshot.db`) !== undefined) as string;
  const status = shell(keeper, `etcdutl snapshot status ${backupFolder}/snapshot.db`);
  const snapshotRevision = Number(status.split(', ')[1]);
  expect(snapshotRevision).toBeGreaterThan(100);

  kubectl('create configmap after --from-literal=a=1');
  kubectl('delete configmap before');
  kubectl('scale deployment web --replicas=4');
  until('web has grown', () => ready(4));
  const before = Number(kubectl('get --raw /api/v1/namespaces/default').match(/"resourceVersion":"(\d+)"/)?.[1] ?? 0);

  // The disaster: no power, and nothing of etcd left on any disk.
  for (const name of masters) {
    world.machine(name).powerOff();
    world.machine(name).wipeDisk('/var/lib/etcd');
  }
  const lost = lostWrites(historiesOf(events), snapshotRevision);
  expect(lost).toContainEqual(expect.objectContaining({ key: '/registry/configmaps/default/after', what: 'created' }));
  expect(lost).toContainEqual(expect.objectContaining({ key: '/registry/configmaps/default/before', what: 'deleted' }));
  expect(lost).toContainEqual(expect.objectContaining({ key: '/registry/deployments/default/web', what: 'changed' }));
  expect(lost.filter(({ key, what }) => key.startsWith('/registry/pods/default/web-') && what === 'created')).toHaveLength(2);

  // Nothing may start on empty disks: the static pods are put aside as soon as there is power.
  const snapshot = world.machine(keeper).readFile(`${backupFolder}/snapshot.db`);
  for (const name of masters) {
    world.machine(name).powerOn();
    shell(name, 'systemctl stop kubelet; mkdir -p /root/manifests && mv /etc/kubernetes/manifests/*.yaml /root/manifests/');
    // The snapshot is copied to every master.
    world.machine(name).writeFile(`${backupFolder}/snapshot.db`, snapshot);
  }
  world.run(world.nowMs + 5000);
  const initial = masters.map((name) => `${name}=https://${addressOf(name)}:2380`).join(',');
  for (const name of masters) {
    shell(name, 'systemctl start kubelet');
    const text = shell(name, `rm -rf /var/lib/etcd; etcdutl snapshot restore ${backupFolder}/snapshot.db --data-dir /var/lib/etcd --name ${name} --initial-cluster ${initial} --initial-advertise-peer-urls https://${addressOf(name)}:2380 --bump-revision 1000000 --mark-compacted`);
    expect(text).toContain('restored snapshot');
  }
  for (const name of masters) shell(name, 'mv /root/manifests/*.yaml /etc/kubernetes/manifests/');
  until('the API answers', () => run(world, 'laptop', 'kubectl', ['get', '--raw', '/readyz', '--request-timeout=5s']).text === 'ok');

  // Revisions went on, far beyond what anybody had seen.
  const after = Number(kubectl('create configmap fresh -o jsonpath={.metadata.resourceVersion}'));
  expect(after).toBeGreaterThan(before);
  expect(after).toBeGreaterThan(1_000_000);
  until('web is what the snapshot says', () => ready(2));
  expect(kubectl('get configmap before -o name')).toBe('configmap/before\n');
  expect(run(world, 'laptop', 'kubectl', ['get', 'configmap', 'after']).text).toContain('NotFound');
  until('all nodes are ready', () => kubectl('get nodes --no-headers').trim().split('\n').every((line) => / Ready /.test(line)));
  // Kubelets run what is remembered, and nothing else: two of four web pods.
  const containers = (): number => ['w1-k8s', 'w2-k8s'].reduce((sum, name) => sum + world.machine(name).processes().filter((process) => process.name.startsWith('nginx/web-')).length, 0);
  until('pods that nobody remembers are gone', () => containers() === 2);
  kubectl('scale deployment web --replicas=3');
  until('the cluster works on', () => ready(3) && containers() === 3);
  const members = run(world, 'm1-k8s', 'etcdctl', ['--endpoints=https://127.0.0.1:2379', '--cacert=/etc/kubernetes/pki/etcd/ca.crt', '--cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt', '--key=/etc/kubernetes/pki/etcd/healthcheck-client.key', 'member', 'list']).text;
  expect(members.trim().split('\n').map((line) => line.split(', ').slice(1, 3).join(' '))).toHaveLength(3);
}, 120_000);
