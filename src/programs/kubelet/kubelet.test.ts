// A kubelet with an API server (a very small one): registration, leases, pods from binding to deletion.
import { describe, expect, it } from 'vitest';
import { createNode } from './testing/node.ts';

describe('a kubelet and its API server', () => {
  it('registers its node, which becomes Ready once there is a network', () => {
    const { api, world, giveCidr } = createNode();
    world.run(2000);
    const ready = () => ((api.objects.get('nodes//w1') as any)?.status.conditions as { type: string; status: string; message: string }[]).find((each) => each.type === 'Ready');
    expect(ready()).toMatchObject({ status: 'False', message: 'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized' });
    giveCidr();
    expect(ready()?.status).toBe('True');
    world.run(60_000);
    const renewals = api.requests.filter((each) => each.resource === 'leases' && each.verb === 'PUT').length;
    expect(renewals).toBeGreaterThanOrEqual(5);
    expect(renewals).toBeLessThanOrEqual(6);
    const metadataOf = (key: string) => api.objects.get(key)?.metadata;
    expect(metadataOf('leases/kube-node-lease/w1')?.['ownerReferences']).toEqual([{ apiVersion: 'v1', kind: 'Node', name: 'w1', uid: metadataOf('nodes//w1')?.uid }]);
    const before = api.requests.length;
    world.run(160_000);
    expect(api.requests.slice(before).filter((each) => each.resource !== 'leases').length).toBeLessThanOrEqual(2);
  });

  it('runs a bound pod with three status patches, each after a look', () => {
    const { api, world, giveCidr, pod, create, events } = createNode();
    giveCidr();
    const before = api.requests.length;
    create('web', { containers: [{ name: 'web', image: 'web:1', imagePullPolicy: 'IfNotPresent' }] });
    world.run(12_000);
    expect(pod('web')['status']).toMatchObject({ phase: 'Running', podIP: '10.244.1.2', containerStatuses: [{ ready: true, started: true, restartCount: 0, image: 'docker.io/library/web:1' }] });
    expect(pod('web')['status'].conditions.map((each: { type: string; status: string }) => `${each.type}=${each.status}`)).toEqual(['PodReadyToStartContainers=True', 'Initialized=True', 'Ready=True', 'ContainersReady=True', 'PodScheduled=True']);
    expect(api.requests.slice(before).filter((each) => each.name === 'web').map((each) => `${each.verb} ${each.resource}`)).toEqual(['GET pods', 'PATCH pods/status', 'GET pods', 'PATCH pods/status', 'GET pods', 'PATCH pods/status']);
    expect(events('web')).toEqual(['Pulled: Container image "web:1" already present on machine and can be accessed by the pod', 'Created: Container created', 'Started: Container started']);
  });

  it('ends a deleted pod in order and deletes it with grace 0', () => {
    const { api, world, node, giveCidr, pod, create } = createNode();
    giveCidr();
    create('web', { containers: [{ name: 'web', image: 'web:1', imagePullPolicy: 'IfNotPresent' }] });
    world.run(12_000);
    const before = api.requests.length;
    api.remove('pods', 'default', 'web');
    world.run(20_000);
    expect(pod('web')).toBeUndefined();
    expect(node.processes().map((each) => each.name)).toEqual(['containerd', 'kubelet']);
    const seen = api.requests.slice(before).filter((each) => each.name === 'web').map((each) => `${each.verb} ${each.resource}`);
    expect(seen[seen.length - 1]).toBe('DELETE pods');
    expect(seen.filter((each) => each === 'PATCH pods/status').length).toBeLessThanOrEqual(2);
    expect(node.listFiles('/var/lib/kubelet/pods')).toEqual([]);
  });

  it('mounts tokens and config, and gives the pod its resolv.conf', () => {
    const { api, world, node, giveCidr, create } = createNode();
    giveCidr();
    api.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'root', namespace: 'default' }, data: { 'ca.crt': 'CA' } });
    create('web', {
      serviceAccountName: 'default',
      volumes: [{ name: 'access', projected: { sources: [{ serviceAccountToken: { path: 'token', expirationSeconds: 3607 } }, { configMap: { name: 'root' } }] } }],
      containers: [{ name: 'web', image: 'web:1', imagePullPolicy: 'IfNotPresent', volumeMounts: [{ name: 'access', mountPath: '/var/run/secrets', readOnly: true }] }],
    });
    world.run(12_000);
    const uid = (api.objects.get('pods/default/web') as any).metadata.uid as string;
    expect(node.readFile(`/var/lib/kubelet/pods/${uid}/volumes/kubernetes.io~projected/access/ca.crt`)).toBe('CA');
    const log = node.readFile(`/var/log/pods/default_web_${uid}/web/0.log`) as { text: string }[];
    expect(log[0]?.text).toBe('token token-default resolv search default.svc.cluster.local svc.cluster.local cluster.local');
  });

  it('waits for a ConfigMap that is not there, and says so', () => {
    const { api, world, giveCidr, pod, create, events } = createNode();
    giveCidr();
    create('web', { volumes: [{ name: 'v', configMap: { name: 'late' } }], containers: [{ name: 'web', image: 'web:1', imagePullPolicy: 'IfNotPresent', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] });
    world.run(12_000);
    expect(pod('web')['status'].phase).toBe('Pending');
    expect(events('web')[0]).toBe('FailedMount: MountVolume.SetUp failed for volume "v" : configmap "late" not found');
    api.put('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late', namespace: 'default' }, data: { a: 'b' } });
    world.run(60_000);
    expect(pod('web')['status'].phase).toBe('Running');
  });

  it('shows an image that cannot be pulled', () => {
    const { world, giveCidr, pod, create, events } = createNode();
    giveCidr();
    create('web', { containers: [{ name: 'web', image: 'nope:1', imagePullPolicy: 'IfNotPresent' }] });
    world.run(25_000);
    expect(pod('web')['status'].containerStatuses[0].state.waiting.reason).toBe('ImagePullBackOff');
    expect(events('web')).toContain('Pulling: Pulling image "nope:1"');
    expect(events('web')).toContain('Failed: Error: ErrImagePull');
  });

  it('completes a pod that runs once', () => {
    const { world, giveCidr, pod, create } = createNode();
    giveCidr();
    create('job', { restartPolicy: 'Never', containers: [{ name: 'c', image: 'sh:1', imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', 'hello'] }] });
    world.run(14_000);
    expect(pod('job')['status']).toMatchObject({ phase: 'Succeeded', containerStatuses: [{ state: { terminated: { exitCode: 0, reason: 'Completed' } }, ready: false }] });
  });

  it('refuses a pod that does not fit', () => {
    const { world, giveCidr, pod, create, events } = createNode();
    giveCidr();
    create('big', { containers: [{ name: 'c', image: 'web:1', resources: { requests: { cpu: '100' } } }] });
    world.run(12_000);
    expect(pod('big')['status']).toMatchObject({ phase: 'Failed', reason: 'OutOfcpu' });
    expect(pod('big')['status'].message).toMatch(/^Pod was rejected: Node didn't have enough resource: cpu, requested: 100000, used: 0, capacity: \d+$/);
    expect(events('big')[0]).toMatch(/^OutOfcpu: /);
  });

  it('keeps a mirror of a static pod, and makes it again when it is deleted', () => {
    const { api, world, giveCidr } = createNode({ manifests: { web: 'apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: kube-system}\nspec:\n  hostNetwork: true\n  containers: [{name: web, image: "web:1"}]\n' } });
    giveCidr();
    const mirror = () => api.objects.get('pods/kube-system/web-w1') as any;
    expect(mirror()?.metadata.annotations['kubernetes.io/config.source']).toBe('file');
    expect(mirror()?.metadata.ownerReferences[0]).toMatchObject({ kind: 'Node', name: 'w1', controller: true });
    expect(mirror()?.status).toMatchObject({ phase: 'Running', podIP: '192.168.1.101', containerStatuses: [{ ready: true }] });
    const uid = mirror().metadata.uid as string;
    api.remove('pods', 'kube-system', 'web-w1');
    world.run(20_000);
    expect(mirror().metadata.uid).not.toBe(uid);
    expect(mirror()?.status).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 0 }] });
  });

  it('keeps its pods when it is killed, and when the API is away', () => {
    const { world, node, giveCidr, pod, create, api } = createNode();
    giveCidr();
    create('web', { containers: [{ name: 'web', image: 'web:1', imagePullPolicy: 'IfNotPresent' }] });
    world.run(12_000);
    const pid = node.processes().find((each) => each.name === 'web/web')?.pid;
    node.kill('kubelet');
    world.run(14_000);
    world.machine('m').powerOff();
    world.run(30_000);
    expect(node.processes().find((each) => each.name === 'web/web')?.pid).toBe(pid);
    node.kill('web/web');
    world.run(40_000);
    expect(node.processes().find((each) => each.name === 'web/web')).toBeDefined();
    world.machine('m').powerOn();
    world.run(120_000);
    expect(pod('web')['status']).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 1, ready: true }] });
    expect(api.objects.get('pods/default/web')).toBeDefined();
  });
});
