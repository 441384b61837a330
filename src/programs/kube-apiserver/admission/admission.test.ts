// Admission through a whole server: what plugins change, refuse and say.
import { describe, expect, it } from 'vitest';
import type { ApiObject } from '../../../api/meta/object.ts';
import type { ApiClient, ResourceRef } from '../../../client/contract.ts';
import type { Task } from '../../../kernel/task.ts';
import { catching } from '../testing/refusals.ts';
import { createSmallWorld } from '../testing/small-world.ts';

type Any = ApiObject & Record<string, any>;
const core = (resource: string): ResourceRef => ({ group: '', version: 'v1', resource });
const pod = (name: string, spec: object = {}): Any => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec } }) as Any;
const sized = (name: string, requests: object, limits?: object): Any => pod(name, { containers: [{ name: 'c', image: 'nginx', resources: { requests, ...(limits === undefined ? {} : { limits }) } }] });

function* prepare(client: ApiClient): Task<void> {
  yield* client.create(core('serviceaccounts'), 'default', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } } as ApiObject);
}

describe('pod security', () => {
  const label = (client: ApiClient, labels: object) => client.raw('PATCH', '/api/v1/namespaces/default', { body: { metadata: { labels } }, headers: { 'content-type': 'application/merge-patch+json' } });
  it('refuses pods, warns of templates, and of pods that are there when a namespace tightens', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      yield* prepare(client);
      yield* client.create(core('pods'), 'default', pod('b', { hostNetwork: true }));
      yield* client.create(core('pods'), 'default', pod('a', { hostNetwork: true }));
      const tightened = yield* label(client, { 'pod-security.kubernetes.io/enforce': 'baseline' });
      const refused = yield* catching(() => client.create(core('pods'), 'default', pod('c', { hostNetwork: true })));
      const template = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template: { metadata: { labels: { a: 'b' } }, spec: pod('x', { hostNetwork: true })['spec'] } } };
      const warned = yield* client.raw('POST', '/apis/apps/v1/namespaces/default/deployments', { body: template });
      const loose = yield* catching(() => label(client, { 'pod-security.kubernetes.io/enforce': 'lax' }));
      return [tightened.headers['warning'], refused, warned.headers['warning'], loose];
    });
    expect(result).toEqual([
      '299 - "existing pods in namespace \\"default\\" violate the new PodSecurity enforce level \\"baseline:latest\\"", 299 - "a (and 1 other pod): host namespaces"',
      'pods "c" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
      '299 - "would violate PodSecurity \\"baseline:latest\\": host namespaces (hostNetwork=true)"',
      'Namespace "default" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "lax": must be one of privileged, baseline, restricted',
    ]);
  });
});

describe('quota', () => {
  const quota = (name: string, spec: object, used: object): Any => ({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name }, spec, status: { hard: (spec as { hard: object }).hard, used } }) as Any;
  function* enforce(client: ApiClient, name: string, spec: object, used: object): Task<void> {
    const made = yield* client.create<Any>(core('resourcequotas'), 'default', quota(name, spec, used));
    yield* client.updateStatus(core('resourcequotas'), 'default', { ...made, status: quota(name, spec, used)['status'] } as Any);
  }
  it('is booked by what matches its scopes, and refused in one sentence', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      yield* prepare(client);
      yield* enforce(client, 'best', { hard: { pods: '1' }, scopes: ['BestEffort'] }, { pods: '0' });
      yield* enforce(client, 'rest', { hard: { pods: '5', 'requests.cpu': '1', 'limits.memory': '1Gi' }, scopes: ['NotBestEffort'] }, { pods: '0', 'requests.cpu': '0', 'limits.memory': '0' });
      yield* client.create(core('pods'), 'default', pod('a'));
      return [
        yield* catching(() => client.create(core('pods'), 'default', pod('b'))),
        yield* catching(() => client.create(core('pods'), 'default', sized('c', { cpu: '1' }))),
        yield* catching(() => client.create(core('pods'), 'default', sized('d', { cpu: '2' }, { cpu: '2', memory: '2Gi' }))),
        (yield* client.create(core('pods'), 'default', sized('e', { cpu: '500m' }, { cpu: '2', memory: '1Gi' }))).metadata.name,
        (yield* client.get<Any>(core('resourcequotas'), 'default', 'rest'))['status'].used,
        yield* catching(() => client.create(core('resourcequotas'), 'default', quota('odd', { hard: { cpu: '1' }, scopes: ['BestEffort'] }, {}))),
      ];
    });
    expect(result).toEqual([
      'pods "b" is forbidden: exceeded quota: best, requested: pods=1, used: pods=1, limited: pods=1',
      'pods "c" is forbidden: failed quota: rest: must specify limits.memory for: c',
      'pods "d" is forbidden: exceeded quota: rest, requested: limits.memory=2Gi,requests.cpu=2, used: limits.memory=0,requests.cpu=0, limited: limits.memory=1Gi,requests.cpu=1',
      'e',
      { pods: '1', 'requests.cpu': '500m', 'limits.memory': '1Gi' },
      'ResourceQuota "odd" is invalid: spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource',
    ]);
  });
});

describe('limits', () => {
  it('bind containers, pods as a whole and claims', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      yield* prepare(client);
      const limits = [{ type: 'Pod', max: { cpu: '1' }, min: { memory: '64Mi' } }, { type: 'Container', maxLimitRequestRatio: { cpu: '2' } }, { type: 'PersistentVolumeClaim', max: { storage: '1Gi' } }];
      yield* client.create(core('limitranges'), 'default', { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'l' }, spec: { limits } } as Any);
      const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'p' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } } } } as Any;
      return [yield* catching(() => client.create(core('pods'), 'default', sized('a', { cpu: '500m' }, { cpu: '2' }))), yield* catching(() => client.create(core('persistentvolumeclaims'), 'default', claim))];
    });
    expect(result).toEqual([
      'pods "a" is forbidden: [minimum memory usage per Pod is 64Mi.  No request is specified, maximum cpu usage per Pod is 1, but limit is 2, cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000]',
      'persistentvolumeclaims "p" is forbidden: maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi',
    ]);
  });
});

describe('limit ranges', () => {
  it('are in order with themselves', () => {
    const { run } = createSmallWorld();
    const limits = [{ type: 'Container', min: { cpu: '1' }, max: { cpu: '500m' }, default: { pods: '1' }, maxLimitRequestRatio: { memory: '500m' } }, { type: 'PersistentVolumeClaim' }, { type: 'Container' }];
    expect(run((client) => client.create(core('limitranges'), 'default', { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'l' }, spec: { limits } } as Any))).toBe(
      'LimitRange "l" is invalid: [spec.limits[0].default[pods]: Invalid value: "pods": must be a standard resource for containers, spec.limits[0].defaultRequest[pods]: Invalid value: "pods": must be a standard resource for containers, ' +
        'spec.limits[0].min[cpu]: Invalid value: "1": min value 1 is greater than max value 500m, spec.limits[0].defaultRequest[cpu]: Invalid value: "500m": min value 1 is greater than default request value 500m, ' +
        'spec.limits[0].default[cpu]: Invalid value: "1": min value 1 is greater than default value 500m, spec.limits[0].maxLimitRequestRatio[memory]: Invalid value: "500m": ratio 500m is less than 1, ' +
        'spec.limits[1].limits: Required value: either minimum or maximum storage value is required, but neither was provided, spec.limits[2].type: Duplicate value: "Container"]',
    );
  });
});

describe('runtime classes', () => {
  it('bring their overhead and where their pods may run', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      yield* prepare(client);
      yield* client.create({ group: 'node.k8s.io', version: 'v1', resource: 'runtimeclasses' }, '', { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name: 'gvisor' }, handler: 'runsc', overhead: { podFixed: { cpu: '100m' } }, scheduling: { nodeSelector: { sandbox: 'yes' } } } as Any);
      const made = yield* client.create<Any>(core('pods'), 'default', pod('a', { runtimeClassName: 'gvisor' }));
      return [made['spec'].overhead, made['spec'].nodeSelector, yield* catching(() => client.create(core('pods'), 'default', pod('b', { runtimeClassName: 'kata' })))];
    });
    expect(result).toEqual([{ cpu: '100m' }, { sandbox: 'yes' }, 'pods "b" is forbidden: pod rejected: RuntimeClass "kata" not found']);
  });
});

describe('claims', () => {
  it('grow only when their class lets them', () => {
    const { run } = createSmallWorld();
    const claims = core('persistentvolumeclaims');
    const result = run(function* (client) {
      for (const [name, allowVolumeExpansion] of [['fixed', false], ['loose', true]] as const) {
        yield* client.create({ group: 'storage.k8s.io', version: 'v1', resource: 'storageclasses' }, '', { apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name }, provisioner: 'x.y/z', allowVolumeExpansion } as Any);
        const claim = yield* client.create<Any>(claims, 'default', { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name }, spec: { accessModes: ['ReadWriteOnce'], storageClassName: name, volumeName: 'v', resources: { requests: { storage: '1Gi' } } } } as Any);
        yield* client.updateStatus(claims, 'default', { ...claim, status: { phase: 'Bound', accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' } } } as Any);
      }
      const grow = (name: string) => catching(() => client.patch<Any>(claims, 'default', name, 'application/merge-patch+json', { spec: { resources: { requests: { storage: '2Gi' } } } }));
      return [yield* grow('fixed'), ((yield* grow('loose')) as Any)['spec'].resources.requests.storage];
    });
    expect(result).toEqual(['persistentvolumeclaims "fixed" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize', '2Gi']);
  });
});
