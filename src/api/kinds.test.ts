import { describe, expect, it } from 'vitest';
import type { ApiObject } from './meta/object.ts';
import { findKind } from './registry.ts';
import { formatFieldError } from './validation/field-error.ts';

type Parts = { readonly metadata?: object; readonly spec?: unknown; readonly [field: string]: unknown };
const make = (apiVersion: string, kind: string, parts: Parts): ApiObject => {
  const declaration = findKind(apiVersion, kind);
  if (declaration === undefined) throw new Error(`no ${kind}`);
  const object = declaration.defaults({ apiVersion, kind, ...parts, metadata: { name: 'web', uid: 'u', ...(declaration.namespaced ? { namespace: 'default' } : {}), ...parts.metadata } } as unknown as ApiObject);
  return declaration.prepareForCreate?.(object) ?? object;
};
const refusals = (apiVersion: string, kind: string, parts: Parts): readonly string[] => findKind(apiVersion, kind)?.validate(make(apiVersion, kind, parts)).map(formatFieldError) ?? [];
const updates = (apiVersion: string, kind: string, old: Parts, next: (object: ApiObject & { readonly spec: Record<string, unknown> }) => object): readonly string[] => {
  const declaration = findKind(apiVersion, kind);
  const before = make(apiVersion, kind, old);
  let after = declaration?.defaults(next(before as ApiObject & { readonly spec: Record<string, unknown> }) as ApiObject) as ApiObject;
  after = declaration?.prepareForUpdate?.(after, before) ?? after;
  return declaration?.validateUpdate?.(after, before).map(formatFieldError) ?? [];
};
const template = (labels: object, spec: object = {}): object => ({ metadata: { labels }, spec: { containers: [{ name: 'a', image: 'nginx:1.27' }], ...spec } });
const workload = { selector: { matchLabels: { app: 'web' } }, template: template({ app: 'web' }) };

describe('refusals in Kubernetes’ words', () => {
  const rows: readonly [string, string, string, Parts, readonly string[]][] = [
    ['a good deployment', 'apps/v1', 'Deployment', { spec: workload }, []],
    ['labels that the selector misses', 'apps/v1', 'Deployment', { spec: { ...workload, template: template({ app: 'b' }) } }, ['spec.template.metadata.labels: Invalid value: {"app":"b"}: `selector` does not match template `labels`']],
    ['no selector', 'apps/v1', 'Deployment', { spec: { template: template({ app: 'b' }) } }, ['spec.selector: Required value', 'spec.template.metadata.labels: Invalid value: {"app":"b"}: `selector` does not match template `labels`']],
    ['no room to roll', 'apps/v1', 'Deployment', { spec: { ...workload, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } } }, ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0']],
    ['fewer than none', 'apps/v1', 'Deployment', { spec: { ...workload, replicas: -1 } }, ['spec.replicas: Invalid value: -1: must be greater than or equal to 0']],
    ['pods that end', 'apps/v1', 'Deployment', { spec: { ...workload, template: template({ app: 'web' }, { restartPolicy: 'Never' }) } }, ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"']],
    ['a port too high', 'v1', 'Service', { spec: { ports: [{ port: 99_999 }] } }, Array.from({ length: 3 }, (_, at) => `spec.ports[0].${at === 0 ? 'port' : 'targetPort'}: Invalid value: 99999: must be between 1 and 65535, inclusive`)],
    ['ports without names', 'v1', 'Service', { spec: { ports: [{ port: 80 }, { port: 81 }] } }, ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value']],
    ['a service’s name', 'v1', 'Service', { metadata: { name: 'Bad_Name' }, spec: { ports: [{ port: 80 }] } }, ["metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"]],
    ['a job for ever', 'batch/v1', 'Job', { spec: { template: template({}) } }, ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"']],
    ['a bad minute', 'batch/v1', 'CronJob', { spec: { schedule: '61 * * * *', jobTemplate: { spec: { template: template({}, { restartPolicy: 'Never' }) } } } }, ['spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61']],
    ['three fields of five', 'batch/v1', 'CronJob', { spec: { schedule: '* * *', jobTemplate: { spec: { template: template({}, { restartPolicy: 'Never' }) } } } }, ['spec.schedule: Invalid value: "* * *": expected exactly 5 fields, found 3: [* * *]']],
    ['a role without verbs', 'rbac.authorization.k8s.io/v1', 'Role', { rules: [{ apiGroups: [''], resources: ['pods'] }] }, ['rules[0].verbs: Required value: verbs must contain at least one value']],
    ['a binding to nothing', 'rbac.authorization.k8s.io/v1', 'RoleBinding', { roleRef: { kind: 'Thing', name: 'x' } }, ['roleRef.kind: Unsupported value: "Thing": supported values: "Role", "ClusterRole"']],
    ['an ingress without a path type', 'networking.k8s.io/v1', 'Ingress', { spec: { rules: [{ http: { paths: [{ path: '/', backend: { service: { name: 'web', port: { number: 80 } } } }] } }] } }, ['spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified']],
    ['both sides of a budget', 'policy/v1', 'PodDisruptionBudget', { spec: { minAvailable: 1, maxUnavailable: 1 } }, ['spec: Invalid value: {"MinAvailable":1,"Selector":null,"MaxUnavailable":1,"UnhealthyPodEvictionPolicy":null}: minAvailable and maxUnavailable cannot be both set']],
    ['a claim without size', 'v1', 'PersistentVolumeClaim', { spec: { accessModes: ['ReadWriteOnce'] } }, ['spec.resources[storage]: Required value']],
    ['a bad key', 'v1', 'ConfigMap', { data: { 'a b': 'c' } }, ["data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"]],
  ];
  it.each(rows)('%s', (_, apiVersion, kind, parts, expected) => expect(refusals(apiVersion, kind, parts)).toEqual(expected));
});

describe('what an update may not change', () => {
  it('selector of a deployment', () => {
    expect(updates('apps/v1', 'Deployment', { spec: workload }, (old) => ({ ...old, spec: { ...old.spec, selector: { matchLabels: { app: 'other' } } } }))).toEqual([
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
      'spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable',
    ]);
  });
  it('a stateful set', () => {
    expect(updates('apps/v1', 'StatefulSet', { spec: { ...workload, serviceName: 'db' } }, (old) => ({ ...old, spec: { ...old.spec, serviceName: 'x' } }))).toEqual([
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ]);
  });
  it('a job’s mode', () => {
    const spec = { completions: 5, completionMode: 'Indexed', template: template({}, { restartPolicy: 'Never' }) };
    expect(updates('batch/v1', 'Job', { spec }, (old) => ({ ...old, spec: { ...old.spec, completionMode: 'NonIndexed' } }))).toEqual(['spec.completionMode: Invalid value: "NonIndexed": field is immutable']);
  });
  it('a frozen config map', () => {
    expect(updates('v1', 'ConfigMap', { immutable: true, data: { a: 'b' } }, (old) => ({ ...old, data: { a: 'c' } }))).toEqual(['data: Forbidden: field is immutable when `immutable` is set']);
  });
  it('but a service may change its type: what only the old one needed goes', () => {
    const spec = { type: 'NodePort', ports: [{ port: 80, nodePort: 30_080 }], clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'] };
    expect(updates('v1', 'Service', { spec }, (old) => ({ ...old, spec: { ...old.spec, type: 'ClusterIP' } }))).toEqual([]);
    expect(updates('v1', 'Service', { spec }, (old) => ({ ...old, spec: { ...old.spec, type: 'ClusterIP', ports: [{ port: 80, nodePort: 30_081 }] } }))).toEqual(["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"]);
  });
  it('an address', () => {
    const spec = { ports: [{ port: 80 }], clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'] };
    expect(updates('v1', 'Service', { spec }, (old) => ({ ...old, spec: { ...old.spec, clusterIP: '10.96.77.77' } }))).toEqual(['spec.clusterIPs[0]: Invalid value: ["10.96.77.77"]: may not change once set']);
  });
  it('finalizers of what is going', () => {
    const metadata = { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['example.com/one'] };
    expect(updates('v1', 'ConfigMap', { metadata }, (old) => ({ ...old, metadata: { ...old.metadata, finalizers: ['example.com/one', 'example.com/more'] } }))).toEqual([
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"example.com/more"}',
    ]);
  });
});

describe('defaults', () => {
  it('of a deployment', () => {
    expect(make('apps/v1', 'Deployment', { spec: workload })).toMatchObject({
      metadata: { generation: 1 },
      spec: { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } }, template: { spec: { restartPolicy: 'Always', containers: [{ imagePullPolicy: 'IfNotPresent' }] } } },
      status: {},
    });
    expect(make('apps/v1', 'Deployment', { spec: workload })).not.toHaveProperty('spec.template.spec.enableServiceLinks');
  });
  it('of a service', () => {
    expect(make('v1', 'Service', { spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } })).toMatchObject({
      spec: { sessionAffinity: 'None', internalTrafficPolicy: 'Cluster', externalTrafficPolicy: 'Cluster', allocateLoadBalancerNodePorts: true, ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }] },
      status: { loadBalancer: {} },
    });
  });
  it('of a job: its pods carry its uid', () => {
    expect(make('batch/v1', 'Job', { spec: { template: template({}, { restartPolicy: 'Never' }) } })).toMatchObject({
      spec: { completions: 1, parallelism: 1, backoffLimit: 6, completionMode: 'NonIndexed', suspend: false, selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'u' } }, template: { metadata: { labels: { 'job-name': 'web', 'batch.kubernetes.io/job-name': 'web', 'controller-uid': 'u' } } } },
    });
  });
  it('of secrets: stringData becomes data', () => {
    expect(make('v1', 'Secret', { stringData: { a: 'b' } })).toMatchObject({ type: 'Opaque', data: { a: 'Yg==' } });
  });
  it('settle: a second time changes nothing', () => {
    for (const [apiVersion, kind, spec] of [['apps/v1', 'Deployment', workload], ['apps/v1', 'StatefulSet', workload], ['apps/v1', 'DaemonSet', workload], ['apps/v1', 'ReplicaSet', workload], ['v1', 'Service', { ports: [{ port: 80 }] }]] as const) {
      const object = make(apiVersion, kind, { spec });
      expect(findKind(apiVersion, kind)?.defaults(object), kind).toBe(object);
    }
  });
});

describe('lines of kubectl get', () => {
  const now = 1_700_000_600_000;
  const row = (apiVersion: string, kind: string, parts: Parts): unknown => findKind(apiVersion, kind)?.row({ ...make(apiVersion, kind, { ...parts, metadata: { creationTimestamp: '2023-11-14T22:13:20Z', ...parts.metadata } }), ...(parts['status'] === undefined ? {} : { status: parts['status'] }) } as ApiObject, now);
  const rows: readonly [string, string, Parts, readonly unknown[]][] = [
    ['apps/v1', 'Deployment', { spec: { ...workload, replicas: 3 }, status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 } }, ['web', '2/3', 3, 2, '10m', 'a', 'nginx:1.27', 'app=web']],
    ['v1', 'Service', { spec: { type: 'ExternalName', externalName: 'db.example.com' } }, ['web', 'ExternalName', '<none>', 'db.example.com', '<none>', '10m', '<none>']],
    ['v1', 'Service', { spec: { type: 'NodePort', clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'], selector: { app: 'web' }, ports: [{ port: 80, nodePort: 30_080 }] } }, ['web', 'NodePort', '10.96.0.1', '<none>', '80:30080/TCP', '10m', 'app=web']],
    ['v1', 'Node', { metadata: { labels: { 'node-role.kubernetes.io/control-plane': '' } }, spec: { unschedulable: true }, status: { conditions: [{ type: 'Ready', status: 'True' }], addresses: [{ type: 'InternalIP', address: '1.2.3.4' }], nodeInfo: { kubeletVersion: 'v1.36.2' } } }, ['web', 'Ready,SchedulingDisabled', 'control-plane', '10m', 'v1.36.2', '1.2.3.4', '<none>', '<unknown>', '<unknown>', '<unknown>']],
    ['batch/v1', 'CronJob', { spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: template({}, { restartPolicy: 'Never' }) } } } }, ['web', '*/5 * * * *', '<none>', 'False', 0, '<none>', '10m', 'a', 'nginx:1.27', '<none>']],
    ['networking.k8s.io/v1', 'Ingress', { spec: { rules: [{ host: 'example.com' }] } }, ['web', '<none>', 'example.com', '', '80', '10m']],
    ['v1', 'Event', { involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' }, type: 'Normal', reason: 'Pulled', message: 'x\n', source: { component: 'kubelet', host: 'n' }, firstTimestamp: '2023-11-14T22:13:20Z', lastTimestamp: '2023-11-14T22:23:10Z', count: 3 }, ['10s', 'Normal', 'Pulled', 'pod/p', '', 'kubelet, n', 'x', '10m', 3, 'web']],
    ['v1', 'Endpoints', { subsets: [{ addresses: [{ ip: '1' }, { ip: '2' }, { ip: '3' }, { ip: '4' }], ports: [{ port: 80 }] }] }, ['web', '1:80,2:80,3:80 + 1 more...', '10m']],
    ['v1', 'ResourceQuota', { spec: {}, status: { hard: { pods: '2', 'limits.cpu': '1' }, used: { pods: '1' } } }, ['web', 'pods: 1/2', 'limits.cpu: 0/1', '10m']],
  ];
  it.each(rows)('%s %s', (apiVersion, kind, parts, expected) => expect(row(apiVersion, kind, parts)).toEqual(expected));
});
