// Who asks for what after a change: held against the recorded requests of a real control plane (../shared/reference/flows).
// Compared are the kinds of requests (actor, verb, resource), those that must come before others, and roughly how many; conflicts are chance.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { kubeControllerManager } from './main.ts';
import { FakeCluster, type FakeRequest, type Loose } from './testing/fake-cluster.ts';

const folder = new URL('../../../../shared/reference/flows/', import.meta.url);
if (!existsSync(folder)) console.log('../shared/reference/flows is absent: the comparison with recorded requests is skipped');

interface Recorded {
  readonly user: string;
  readonly verb: string;
  readonly resource: string;
  readonly code: number;
}

/** `deployment update apps/deployments/status`, without kubelets, the person, discovery and what conflicts. */
function recorded(name: string): string[] {
  const { requests } = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as { requests: Recorded[] };
  return requests
    .filter(({ user, code, resource }) => user.startsWith('system:serviceaccount:kube-system:') && code < 300 && resource !== '')
    .map(({ user, verb, resource }) => `${user.replace('system:serviceaccount:kube-system:', '').replace(/-controller$/, '')} ${verb} ${resource}`);
}

const groupOf: Readonly<Record<string, string>> = { deployments: 'apps/', replicasets: 'apps/', endpointslices: 'discovery.k8s.io/' };

function made(requests: readonly FakeRequest[], fromMs: number): string[] {
  return requests
    .filter(({ atMs, user, verb, resource, code }) => atMs >= fromMs && user.startsWith('sa:') && verb !== 'watch' && verb !== 'list' && code < 300 && resource !== '')
    .map(({ user, verb, resource }) => `${user.slice(3)} ${verb} ${groupOf[resource.split('/')[0] ?? ''] ?? ''}${resource}`);
}

function counts(list: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const entry of list) found.set(entry, (found.get(entry) ?? 0) + 1);
  return found;
}

function cluster(graceFlag = '--node-monitor-grace-period=1h'): FakeCluster {
  const fake = new FakeCluster([kubeControllerManager], [{ program: 'kube-controller-manager', args: ['--use-service-account-credentials=true', '--root-ca-file=/etc/kubernetes/pki/ca.crt', graceFlag] }]);
  fake.run(10);
  fake.addNodes('n1', 'n2', 'n3');
  fake.run(8000);
  return fake;
}

const service: Loose = { metadata: { name: 'web' }, spec: { selector: { app: 'web' }, clusterIP: '10.96.0.20', ipFamilies: ['IPv4'], ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] } };
const deployment = (replicas: number, image = 'nginx:1'): Loose => ({
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { nodeName: 'n1', containers: [{ name: 'c', image }] } }, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } }, progressDeadlineSeconds: 600, revisionHistoryLimit: 10 },
});

const causes: readonly (readonly [string, string])[] = [
  ['deployment create apps/replicasets', 'replicaset create pods'],
  ['deployment create apps/replicasets', 'deployment update apps/deployments/status'],
  ['replicaset create pods', 'replicaset create events'],
  ['replicaset create pods', 'replicaset update apps/replicasets/status'],
  ['deployment update apps/replicasets', 'replicaset delete pods'],
  ['generic-garbage-collector get apps/replicasets', 'generic-garbage-collector delete apps/replicasets'],
  ['generic-garbage-collector delete apps/replicasets', 'generic-garbage-collector get pods'],
  ['generic-garbage-collector get pods', 'generic-garbage-collector delete pods'],
];

function compare(name: string, fake: FakeCluster, fromMs: number): void {
  const real = counts(recorded(name));
  const ours = counts(made(fake.requests, fromMs));
  // A retried write reads first; whether one is needed is chance.
  for (const map of [real, ours]) map.delete('replicaset get apps/replicasets');
  // Repeated events are patched, new ones created.
  for (const map of [real, ours]) for (const actor of ['deployment', 'replicaset']) {
    map.set(`${actor} write events`, (map.get(`${actor} create events`) ?? 0) + (map.get(`${actor} patch events`) ?? 0));
    map.delete(`${actor} create events`);
    map.delete(`${actor} patch events`);
  }
  expect([...ours.keys()].filter((key) => (ours.get(key) ?? 0) > 0).sort()).toEqual([...real.keys()].filter((key) => (real.get(key) ?? 0) > 0).sort());
  for (const [key, count] of real) {
    // Statuses and endpoints follow the pods' progress, several changes in one when they come together; everything else is exact.
    if (/status$|endpoint/.test(key)) continue;
    expect(`${ours.get(key)} x ${key}`).toBe(`${count} x ${key}`);
  }
  const order = made(fake.requests, fromMs);
  for (const [cause, effect] of causes) {
    if (order.includes(cause) && order.includes(effect)) expect(order.indexOf(cause), `${cause} before ${effect}`).toBeLessThan(order.indexOf(effect));
  }
}

describe.skipIf(!existsSync(folder))('requests that follow', () => {
  test('an apply, scaling, an update and a deletion', () => {
    const fake = cluster();
    let from = fake.world.nowMs;
    const step = (name: string): void => {
      fake.run(20_000);
      compare(name, fake, from);
      from = fake.world.nowMs;
    };
    fake.put('deployments', deployment(2));
    fake.put('services', service);
    step('apply-deployment');
    fake.put('deployments', deployment(4));
    step('scale-up');
    fake.put('deployments', deployment(4, 'nginx:2'));
    step('rolling-update');
    fake.put('deployments', deployment(1, 'nginx:2'));
    step('scale-down');
    fake.put('deployments', deployment(6, 'nginx:2'));
    fake.run(20_000);
    from = fake.world.nowMs;
    fake.remove('deployments', 'default/web');
    step('delete-deployment');
  });

  test("a node's death", () => {
    const fake = cluster('--node-monitor-grace-period=50s');
    const tolerations = ['not-ready', 'unreachable'].map((key) => ({ key: `node.kubernetes.io/${key}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
    const wanted = deployment(2);
    const beat = (): void => {
      for (const name of ['n2', 'n3']) fake.put('leases', { metadata: { name, namespace: 'kube-node-lease' }, spec: { renewTime: new Date(fake.world.epochMs + fake.world.nowMs).toISOString() } });
    };
    fake.put('deployments', { ...wanted, spec: { ...wanted.spec, template: { ...wanted.spec.template, spec: { ...wanted.spec.template.spec, tolerations } } } });
    beat();
    fake.run(3000);
    fake.silent.add('n1');
    const from = fake.world.nowMs;
    let evicted = false;
    for (let second = 0; second < 400 && !evicted; second++) {
      beat();
      fake.run(1000);
      evicted = fake.list('pods', 'default').some(({ metadata }: Loose) => metadata.deletionTimestamp !== undefined);
    }
    const mine = (list: readonly string[]): Record<string, number> => Object.fromEntries([...counts(list.filter((entry) => entry.startsWith('node ')))].sort());
    expect(mine(made(fake.requests, from))).toEqual(mine(recorded('node-failure')));
  });

  test('a drain taints the node as unschedulable', () => {
    const fake = cluster();
    const from = fake.world.nowMs;
    fake.put('nodes', { ...fake.get('nodes', 'n1'), spec: { ...fake.get('nodes', 'n1').spec, unschedulable: true } });
    fake.run(2000);
    expect(made(fake.requests, from)).toEqual(recorded('drain').filter((entry) => entry.startsWith('node ')));
    expect(fake.get('nodes', 'n1').spec.taints).toMatchObject([{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }]);
  });
});
