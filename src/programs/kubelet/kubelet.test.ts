// A kubelet with an API server (a very small one): registration, leases, pods from binding to deletion.
import { describe, expect, it } from 'vitest';
import { createWorld } from '../../kernel/create-world.ts';
import type { Program } from '../../kernel/host.ts';
import { serveHttp } from '../../wire/http-server.ts';
import { cniCalico } from '../calico/cni-calico.ts';
import { containerd } from '../containerd/main.ts';
import { kubelet } from './main.ts';
import { createSmallApi } from './testing/small-api.ts';

const pause: Program = {
  name: 'pause',
  *main(host) {
    yield* host.signals.catchTerminate().wait();
    return 0;
  },
};
const web: Program = {
  name: 'web',
  *main(host) {
    host.output.write(`token ${host.disk.readText('/var/run/secrets/token') ?? 'none'} resolv ${host.disk.readText('/etc/resolv.conf') ?? ''}`);
    yield* serveHttp(host, host.network.listen(':80'), function* () {
      return { status: 200, headers: {}, body: host.hostname };
    });
    return 0;
  },
};
const sh: Program = {
  name: 'sh',
  *main(host, args) {
    if (args[1] === 'fail') return 1;
    yield* host.clock.sleep(1000);
    host.output.write(`${args.join(' ')}\n`);
    return 0;
  },
};
const image = (program: string) => ({ program, args: [], sizeBytes: 60_000_000, digest: `sha256:${program.padEnd(64, '0')}` });
const kubeconfig = 'apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: "http://192.168.1.10:8080"}}]\nusers: [{name: u, user: {}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n';

function createNode(more: { manifests?: Record<string, string>; conflist?: boolean } = {}) {
  const api = createSmallApi();
  const world = createWorld({ seed: 1, programs: [containerd, kubelet, pause, web, sh, cniCalico, api.program] });
  world.addMachine({ name: 'm', address: '192.168.1.10', units: [{ program: 'small-api' }] }).powerOn();
  const files: Record<string, unknown> = {
    '/etc/hosts': '127.0.0.1 localhost\n',
    '/etc/kubernetes/kubelet.conf': kubeconfig,
    '/var/lib/containerd/images/registry.k8s.io/pause:3.10.1': image('pause'),
    '/var/lib/containerd/images/docker.io/library/web:1': image('web'),
    '/var/lib/containerd/images/docker.io/library/sh:1': image('sh'),
  };
  if (more.conflist !== false) files['/etc/cni/net.d/10-test.conflist'] = JSON.stringify({ name: 'net', cniVersion: '1.0.0', plugins: [{ type: 'calico', podCidrFromNode: true }] });
  for (const [name, text] of Object.entries(more.manifests ?? {})) files[`/etc/kubernetes/manifests/${name}.yaml`] = text;
  const node = world.addMachine({ name: 'w1', address: '192.168.1.101', files, units: [{ program: 'containerd' }, { program: 'kubelet', args: ['--kubeconfig=/etc/kubernetes/kubelet.conf'] }] });
  world.run(10);
  node.powerOn();
  const giveCidr = (): void => {
    world.run(3000);
    const object = api.objects.get('nodes//w1');
    if (object !== undefined) api.put('nodes', { ...object, spec: { podCIDR: '10.244.1.0/24' } });
    world.run(9000);
  };
  const pod = (name: string): Record<string, any> => api.objects.get(`pods/default/${name}`) as never;
  const create = (name: string, spec: object): void =>
    api.put('pods', { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', generation: 1 }, spec: { nodeName: 'w1', restartPolicy: 'Always', terminationGracePeriodSeconds: 30, ...spec }, status: { phase: 'Pending', qosClass: 'BestEffort', conditions: [{ type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: '2026-01-01T00:00:00Z' }] } });
  const events = (name: string): string[] => [...api.objects.values()].filter((each) => each['kind'] === 'Event' && (each['involvedObject'] as { name: string }).name === name).map((each) => `${each['reason'] as string}: ${each['message'] as string}`);
  return { api, world, node, giveCidr, pod, create, events };
}

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
