// The loops together, against a stand-in for the API server and kubelets: what they make of a change, and in which order they ask.
import { describe, expect, test } from 'vitest';
import { kubeControllerManager } from './main.ts';
import { FakeCluster, type Loose } from './testing/fake-cluster.ts';

const args = ['--use-service-account-credentials=true', '--allocate-node-cidrs=true', '--cluster-cidr=10.244.0.0/16', '--root-ca-file=/etc/kubernetes/pki/ca.crt'];

function cluster(nodes: readonly string[] = ['n1', 'n2', 'n3']): FakeCluster {
  const fake = new FakeCluster([kubeControllerManager], [{ program: 'kube-controller-manager', args }]);
  fake.run(10);
  fake.addNodes(...nodes);
  fake.run(5000);
  return fake;
}

const template = (image: string): Loose => ({ metadata: { labels: { app: 'web' } }, spec: { nodeName: 'n1', containers: [{ name: 'c', image }] } });
const deployment = (replicas: number, image = 'nginx:1', extra: Loose = {}): Loose => ({
  metadata: { name: 'web', labels: { app: 'web' } },
  spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: template(image), strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } }, progressDeadlineSeconds: 600, revisionHistoryLimit: 10, ...extra },
});

describe('deployment', () => {
  test('makes a ReplicaSet and pods, and says so in its status', () => {
    const fake = cluster();
    const from = fake.world.nowMs;
    fake.put('deployments', deployment(2));
    fake.run(5000);
    const [set] = fake.list('replicasets', 'default');
    expect(set?.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1', 'deployment.kubernetes.io/desired-replicas': '2', 'deployment.kubernetes.io/max-replicas': '3' });
    expect(fake.list('pods', 'default')).toHaveLength(2);
    const { status, metadata } = fake.get('deployments', 'default/web');
    expect(metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' });
    expect(status).toMatchObject({ observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2, terminatingReplicas: 0 });
    expect(status.conditions.map(({ type, status: is, reason, message }: Loose) => `${type}=${is} ${reason}: ${message}`)).toEqual([
      'Available=True MinimumReplicasAvailable: Deployment has minimum availability.',
      `Progressing=True NewReplicaSetAvailable: ReplicaSet "${set?.metadata.name}" has successfully progressed.`,
    ]);
    expect(fake.log(from).slice(0, 3)).toEqual(['kube-controller-manager get serviceaccounts', 'kube-controller-manager create serviceaccounts/token', 'sa:deployment create replicasets']);
  });

  test('rolls an update out without ever going below what must be available, and back again', () => {
    const fake = cluster();
    fake.put('deployments', deployment(4));
    fake.run(5000);
    fake.put('deployments', deployment(4, 'nginx:2'));
    let least = 4;
    let most = 4;
    for (let step = 0; step < 200; step++) {
      fake.run(50);
      const pods = fake.list('pods', 'default');
      least = Math.min(least, pods.filter(({ status, metadata }: Loose) => metadata.deletionTimestamp === undefined && status?.conditions?.[0]?.status === 'True').length);
      most = Math.max(most, pods.filter(({ metadata }: Loose) => metadata.deletionTimestamp === undefined).length);
    }
    expect([least, most]).toEqual([3, 5]);
    const images = fake.list('pods', 'default').map(({ spec }: Loose) => spec.containers[0].image);
    expect(images).toEqual(['nginx:2', 'nginx:2', 'nginx:2', 'nginx:2']);
    fake.put('deployments', deployment(4, 'nginx:1'));
    fake.run(10_000);
    const sets = fake.list('replicasets', 'default');
    expect(sets).toHaveLength(2);
    expect(sets.find(({ spec }: Loose) => spec.replicas === 4)?.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '3', 'deployment.kubernetes.io/revision-history': '1' });
  });

  test('a stuck rollout is told after the deadline', () => {
    const fake = cluster();
    fake.put('deployments', deployment(3, 'nginx:1', { progressDeadlineSeconds: 10 }));
    fake.run(5000);
    fake.startMs = 1e9;
    fake.put('deployments', deployment(3, 'nginx:2', { progressDeadlineSeconds: 10 }));
    fake.run(30_000);
    const { status } = fake.get('deployments', 'default/web');
    expect(status.conditions.find(({ type }: Loose) => type === 'Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
    expect(status).toMatchObject({ replicas: 4, updatedReplicas: 1, readyReplicas: 3, availableReplicas: 3 });
  });

  test('scales up and down, and goes away with everything it owns', () => {
    const fake = cluster();
    fake.put('deployments', deployment(2));
    fake.run(5000);
    fake.put('deployments', deployment(5));
    fake.run(5000);
    expect(fake.list('pods', 'default')).toHaveLength(5);
    fake.put('deployments', deployment(1));
    fake.run(5000);
    expect(fake.list('pods', 'default')).toHaveLength(1);
    fake.remove('deployments', 'default/web');
    fake.run(5000);
    expect([...fake.list('replicasets', 'default'), ...fake.list('pods', 'default')]).toEqual([]);
  });
  test('an owner of a kind that was just defined is missed, though it went before anybody watched its kind', () => {
    const fake = cluster();
    fake.hasWidgets = true;
    const { metadata } = fake.put('widgets', { metadata: { name: 'w' } });
    fake.put('configmaps', { metadata: { name: 'owned', ownerReferences: [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: metadata.uid }] } });
    fake.run(5000);
    expect(fake.get('configmaps', 'default/owned')).toBeDefined();
    fake.remove('widgets', 'default/w');
    fake.run(120_000);
    expect(fake.get('configmaps', 'default/owned')).toBeUndefined();
  });

  test('Recreate waits until the last old pod is gone', () => {
    const fake = cluster();
    const strategy = { strategy: { type: 'Recreate' } };
    fake.put('deployments', deployment(2, 'nginx:1', strategy));
    fake.run(5000);
    fake.put('deployments', deployment(2, 'nginx:2', strategy));
    let both = false;
    for (let step = 0; step < 100; step++) {
      fake.run(50);
      both ||= new Set(fake.list('pods', 'default').map(({ spec }: Loose) => spec.containers[0].image)).size > 1;
    }
    expect(both).toBe(false);
    expect(fake.list('pods', 'default').map(({ spec }: Loose) => spec.containers[0].image)).toEqual(['nginx:2', 'nginx:2']);
  });
});

describe('garbage collection', () => {
  test('orphans and foreground', () => {
    const fake = cluster();
    fake.put('deployments', deployment(2));
    fake.run(5000);
    fake.remove('deployments', 'default/web', 'Orphan');
    fake.run(5000);
    const [set] = fake.list('replicasets', 'default');
    expect(fake.get('deployments', 'default/web')).toBeUndefined();
    expect(set?.metadata.ownerReferences ?? []).toEqual([]);
    fake.remove('replicasets', `default/${set?.metadata.name}`, 'Foreground');
    fake.run(5000);
    expect([...fake.list('replicasets', 'default'), ...fake.list('pods', 'default')]).toEqual([]);
  });
});

describe('services', () => {
  test('ready pods become endpoints, others are listed as not ready', () => {
    const fake = cluster();
    fake.put('services', { metadata: { name: 'web' }, spec: { selector: { app: 'web' }, clusterIP: '10.96.0.20', ipFamilies: ['IPv4'], ports: [{ port: 80, protocol: 'TCP', targetPort: 8080 }] } });
    fake.run(2000);
    expect(fake.list('endpointslices', 'default')).toHaveLength(1);
    fake.put('deployments', deployment(2));
    fake.run(5000);
    const slices = fake.list('endpointslices', 'default');
    expect(slices).toHaveLength(1);
    expect(slices[0]).toMatchObject({ addressType: 'IPv4', ports: [{ name: '', port: 8080, protocol: 'TCP' }] });
    expect(slices[0].endpoints.map(({ conditions, nodeName }: Loose) => [conditions, nodeName])).toEqual(Array(2).fill([{ ready: true, serving: true, terminating: false }, 'n1']));
    expect(fake.get('endpoints', 'default/web').subsets[0].addresses).toHaveLength(2);
  });
});

describe('nodes', () => {
  test('each gets a pod network; a silent one is declared so, tainted, and its pods are evicted after five minutes', () => {
    const fake = cluster(['n1', 'n2']);
    expect(fake.list('nodes').map(({ spec }: Loose) => spec.podCIDR)).toEqual(['10.244.0.0/24', '10.244.1.0/24']);
    const beat = (): void => {
      // n2 lives on.
      fake.put('leases', { metadata: { name: 'n2', namespace: 'kube-node-lease' }, spec: { renewTime: new Date(fake.world.epochMs + fake.world.nowMs).toISOString() } });
    };
    fake.put('deployments', { ...deployment(1), spec: { ...deployment(1).spec, template: { ...template('x'), spec: { ...template('x').spec, tolerations: [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }, { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }] } } } });
    beat();
    fake.run(2000);
    fake.silent.add('n1');
    const from = fake.world.nowMs;
    let unknownAt = 0;
    let evictedAt = 0;
    for (let second = 0; second < 420; second++) {
      beat();
      fake.run(1000);
      const node = fake.get('nodes', 'n1');
      if (unknownAt === 0 && node.status.conditions.find(({ type }: Loose) => type === 'Ready').status === 'Unknown') unknownAt = fake.world.nowMs - from;
      if (evictedAt === 0 && fake.list('pods', 'default').some(({ metadata }: Loose) => metadata.deletionTimestamp !== undefined)) evictedAt = fake.world.nowMs - from;
    }
    expect(unknownAt).toBeGreaterThanOrEqual(45_000);
    expect(unknownAt).toBeLessThanOrEqual(56_000);
    expect(evictedAt - unknownAt).toBeGreaterThanOrEqual(299_000);
    expect(evictedAt - unknownAt).toBeLessThanOrEqual(302_000);
    expect(fake.get('nodes', 'n1').spec.taints).toMatchObject([{ key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule' }, { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }]);
    expect(fake.get('nodes', 'n2').spec.taints ?? []).toEqual([]);
  });
});

describe('other workloads', () => {
  test('a DaemonSet runs on every node it fits, follows its template, and leaves nodes that repel it', () => {
    const fake = cluster();
    const set = (image: string): Loose => ({ metadata: { name: 'agent' }, spec: { selector: { matchLabels: { app: 'agent' } }, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } }, template: { metadata: { labels: { app: 'agent' } }, spec: { containers: [{ name: 'a', image }] } } } });
    const place = (): void => {
      for (const pod of fake.list('pods', 'default')) if (pod.spec.nodeName === undefined) fake.put('pods', { ...pod, spec: { ...pod.spec, nodeName: pod.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0].values[0] } });
    };
    const settle = (ms: number): void => {
      for (let passed = 0; passed < ms; passed += 100) {
        fake.run(100);
        place();
      }
    };
    fake.put('daemonsets', set('a:1'));
    settle(3000);
    expect(fake.list('pods', 'default').map(({ spec }: Loose) => spec.nodeName)).toEqual(['n1', 'n2', 'n3']);
    expect(fake.get('daemonsets', 'default/agent').status).toMatchObject({ desiredNumberScheduled: 3, currentNumberScheduled: 3, numberReady: 3, numberAvailable: 3, updatedNumberScheduled: 3 });
    fake.put('daemonsets', set('a:2'));
    settle(10_000);
    expect(fake.list('pods', 'default').map(({ spec }: Loose) => spec.containers[0].image)).toEqual(['a:2', 'a:2', 'a:2']);
    expect(fake.list('controllerrevisions', 'default').map(({ revision }: Loose) => revision)).toEqual([1, 2]);
    fake.put('nodes', { ...fake.get('nodes', 'n3'), spec: { ...fake.get('nodes', 'n3').spec, taints: [{ key: 'dedicated', value: 'gpu', effect: 'NoExecute' }] } });
    settle(3000);
    expect(fake.get('daemonsets', 'default/agent').status).toMatchObject({ desiredNumberScheduled: 2, numberReady: 2 });
  });

  test('a StatefulSet starts in order, replaces by name, updates from the top, shrinks from the top', () => {
    const fake = cluster();
    const set = (replicas: number, image: string): Loose => ({ metadata: { name: 'db' }, spec: { serviceName: 'db', replicas, podManagementPolicy: 'OrderedReady', selector: { matchLabels: { app: 'db' } }, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }, template: { metadata: { labels: { app: 'db' } }, spec: { nodeName: 'n1', containers: [{ name: 'pg', image }] } } } });
    fake.put('statefulsets', set(3, 'pg:1'));
    const seen: string[] = [];
    for (let step = 0; step < 60; step++) {
      fake.run(50);
      const names = fake.list('pods', 'default').map(({ metadata }: Loose) => metadata.name).join(' ');
      if (seen.at(-1) !== names) seen.push(names);
    }
    expect(seen).toEqual(['', 'db-0', 'db-0 db-1', 'db-0 db-1 db-2'].slice(seen[0] === '' ? 0 : 1));
    expect(fake.get('statefulsets', 'default/db').status).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3, updatedReplicas: 3, currentReplicas: 3 });
    fake.remove('pods', 'default/db-1');
    fake.run(3000);
    expect(fake.list('pods', 'default').map(({ metadata }: Loose) => metadata.name).sort()).toEqual(['db-0', 'db-1', 'db-2']);
    fake.put('statefulsets', set(3, 'pg:2'));
    fake.run(10_000);
    expect(fake.list('pods', 'default').map(({ spec }: Loose) => spec.containers[0].image)).toEqual(['pg:2', 'pg:2', 'pg:2']);
    const { status } = fake.get('statefulsets', 'default/db');
    expect(status.currentRevision).toBe(status.updateRevision);
    fake.put('statefulsets', set(1, 'pg:2'));
    fake.run(5000);
    expect(fake.list('pods', 'default').map(({ metadata }: Loose) => metadata.name)).toEqual(['db-0']);
  });

  test('a Job runs until enough pods have succeeded, counts each once, and a CronJob makes Jobs on time', () => {
    const fake = cluster();
    fake.put('jobs', { metadata: { name: 'many' }, spec: { completions: 3, parallelism: 2, completionMode: 'Indexed', backoffLimit: 6, selector: { matchLabels: { 'batch.kubernetes.io/job-name': 'many' } }, template: { metadata: { labels: { 'batch.kubernetes.io/job-name': 'many' } }, spec: { restartPolicy: 'Never', nodeName: 'n1', containers: [{ name: 'c', image: 'busybox' }] } } } });
    fake.run(3000);
    expect(fake.list('pods', 'default').map(({ metadata }: Loose) => [metadata.annotations['batch.kubernetes.io/job-completion-index'], metadata.finalizers])).toEqual([['0', ['batch.kubernetes.io/job-tracking']], ['1', ['batch.kubernetes.io/job-tracking']]]);
    for (let round = 0; round < 3; round++) {
      for (const pod of fake.list('pods', 'default')) if (pod.status?.phase === 'Running') fake.setStatus(`pods/default/${pod.metadata.name}`, pod.metadata.uid, { phase: 'Succeeded', conditions: [] });
      fake.run(5000);
    }
    const { status } = fake.get('jobs', 'default/many');
    expect(status).toMatchObject({ succeeded: 3, completedIndexes: '0-2', ready: 0, terminating: 0 });
    expect(status.conditions.map(({ type, reason }: Loose) => `${type} ${reason}`)).toEqual(['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached']);
    expect(fake.list('pods', 'default').every(({ metadata }: Loose) => (metadata.finalizers ?? []).length === 0)).toBe(true);
    fake.put('cronjobs', { metadata: { name: 'tick' }, spec: { schedule: '*/5 * * * *', concurrencyPolicy: 'Allow', jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } } } } } });
    fake.run(301_000);
    expect(fake.list('jobs', 'default').map(({ metadata }: Loose) => metadata.name)).toContainEqual(expect.stringMatching(/^tick-\d+$/));
    expect(fake.get('cronjobs', 'default/tick').status.lastScheduleTime).toMatch(/:\d[05]:00Z$/);
  });

  test('a namespace takes everything with it', () => {
    const fake = cluster();
    fake.put('namespaces', { metadata: { name: 'shop' }, spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } });
    fake.run(1000);
    expect(fake.get('serviceaccounts', 'shop/default')).toBeDefined();
    expect(fake.get('configmaps', 'shop/kube-root-ca.crt').data).toEqual({ 'ca.crt': 'CA' });
    fake.put('deployments', { ...deployment(2), metadata: { name: 'web', namespace: 'shop' } });
    fake.run(5000);
    fake.remove('namespaces', 'shop');
    fake.run(60_000);
    expect(fake.get('namespaces', 'shop')).toBeUndefined();
    expect(fake.list('pods', 'shop')).toEqual([]);
  });
});
