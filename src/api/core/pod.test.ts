import { describe, expect, it } from 'vitest';
import { formatFieldError } from '../validation/field-error.ts';
import { defaultPullPolicy } from './pod-defaults.ts';
import { podKind } from './pod.ts';
import type { ContainerStatus } from './types/container.ts';
import type { Pod } from './types/pod.ts';

const base = (spec: object, metadata: object = {}): Pod =>
  podKind.defaults({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'default', ...metadata }, spec } as unknown as Pod);
const problems = (pod: Pod): readonly string[] => podKind.validate(pod).map(formatFieldError);

describe('pod validation', () => {
  const rows: readonly [string, Pod, readonly string[]][] = [
    ['no containers', base({}), ['spec.containers: Required value']],
    ['no image', base({ containers: [{ name: 'a' }] }), ['spec.containers[0].image: Required value']],
    ['a bad port', base({ containers: [{ name: 'a', image: 'x', ports: [{ containerPort: 70_000 }] }] }), ['spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive']],
    [
      'requests above limits',
      base({ containers: [{ name: 'a', image: 'x', resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }] }),
      ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
    ],
    ['a probe without handler', base({ containers: [{ name: 'a', image: 'x', livenessProbe: {} }] }), ['spec.containers[0].livenessProbe: Required value: must specify a handler type']],
    [
      'a bad restart policy',
      base({ restartPolicy: 'Sometimes', containers: [{ name: 'a', image: 'x' }] }),
      ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
    ],
    ['a mount of no volume', base({ containers: [{ name: 'a', image: 'x', volumeMounts: [{ name: 'v', mountPath: '/d' }] }] }), ['spec.containers[0].volumeMounts[0].name: Not found: "v"']],
    ['two of one name', base({ containers: [{ name: 'a', image: 'x' }, { name: 'a', image: 'y' }] }), ['spec.containers[1].name: Duplicate value: "a"']],
    [
      'a bad label',
      base({ containers: [{ name: 'a', image: 'x' }] }, { labels: { 'a b': 'c' } }),
      [
        "metadata.labels: Invalid value: \"a b\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
      ],
    ],
    [
      'a bad name',
      base({ containers: [{ name: 'a', image: 'x' }] }, { name: 'UPPER' }),
      [
        "metadata.name: Invalid value: \"UPPER\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
      ],
    ],
    ['a good one', base({ containers: [{ name: 'a', image: 'x' }] }), []],
  ];
  it.each(rows)('%s', (_, pod, expected) => expect(problems(pod)).toEqual(expected));
});

describe('pod update', () => {
  const token = {
    name: 'kube-api-access-abcde',
    projected: {
      defaultMode: 420,
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
        { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
        { downwardAPI: { items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }] } },
      ],
    },
  };
  const old = base({ volumes: [token], containers: [{ name: 'ok', image: 'nginx', volumeMounts: [{ name: token.name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] }] });
  it('shows where the specs differ, at the line of Go’s dump', () => {
    const [error] = podKind.validateUpdate?.({ ...old, spec: { ...old.spec, restartPolicy: 'Never' } }, old) ?? [];
    expect(error?.detail.split('\n').slice(1)).toEqual([
      '@@ -133,7 +133,7 @@',
      '     }',
      '   ],',
      '   "EphemeralContainers": null,',
      '-  "RestartPolicy": "Always",',
      '+  "RestartPolicy": "Never",',
      '   "TerminationGracePeriodSeconds": 30,',
      '   "ActiveDeadlineSeconds": null,',
      '   "DNSPolicy": "ClusterFirst",',
      '',
    ]);
  });
  it('lets images change', () => {
    const next = { ...old, spec: { ...old.spec, containers: old.spec.containers.map((each) => ({ ...each, image: 'nginx:1.27' })) } };
    expect(podKind.validateUpdate?.(next, old)).toEqual([]);
  });
});

describe('pod defaults', () => {
  it.each([
    ['nginx', 'Always'],
    ['nginx:latest', 'Always'],
    ['nginx:1.27', 'IfNotPresent'],
    ['registry:5000/nginx', 'Always'],
    ['nginx@sha256:abc', 'IfNotPresent'],
  ])('pulls %s %s', (image, policy) => expect(defaultPullPolicy(image)).toBe(policy));

  it('are not applied twice', () => {
    const pod = base({ containers: [{ name: 'a', image: 'x', livenessProbe: { httpGet: { port: 80 } }, ports: [{ containerPort: 80 }] }], volumes: [{ name: 'v' }] });
    expect(podKind.defaults(pod)).toBe(pod);
    expect(pod.spec).toMatchObject({ dnsPolicy: 'ClusterFirst', restartPolicy: 'Always', schedulerName: 'default-scheduler', enableServiceLinks: true, terminationGracePeriodSeconds: 30, securityContext: {}, volumes: [{ name: 'v', emptyDir: {} }] });
    expect(pod.spec.containers[0]).toMatchObject({ resources: {}, livenessProbe: { httpGet: { path: '/', scheme: 'HTTP', port: 80 }, periodSeconds: 10, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3 }, ports: [{ containerPort: 80, protocol: 'TCP' }] });
  });
});

describe('a line of kubectl get pods', () => {
  const now = Date.UTC(2026, 0, 1, 12, 0, 0);
  const at = (secondsAgo: number): string => new Date(now - secondsAgo * 1000).toISOString().replace('.000', '');
  const status = (parts: Partial<ContainerStatus>): ContainerStatus => ({ name: 'a', image: 'x', imageID: '', ready: false, restartCount: 0, ...parts });
  const row = (pod: object): unknown => podKind.row({ apiVersion: 'v1', kind: 'Pod', spec: { containers: [{ name: 'a' }] }, ...pod, metadata: { name: 'p', creationTimestamp: at(300), ...(pod as { metadata?: object }).metadata } } as unknown as Pod, now).slice(1, 5);
  const rows: readonly [string, object, readonly string[]][] = [
    ['running', { status: { phase: 'Running', containerStatuses: [status({ ready: true, state: { running: {} } })] } }, ['1/1', 'Running', '0', '5m']],
    ['waiting', { status: { phase: 'Pending', containerStatuses: [status({ state: { waiting: { reason: 'ContainerCreating' } } })] } }, ['0/1', 'ContainerCreating', '0', '5m']],
    [
      'crashing',
      { status: { phase: 'Running', containerStatuses: [status({ restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 1, finishedAt: at(42) } } })] } },
      ['0/1', 'CrashLoopBackOff', '3 (42s ago)', '5m'],
    ],
    ['done', { status: { phase: 'Succeeded', containerStatuses: [status({ state: { terminated: { exitCode: 0, reason: 'Completed' } } })] } }, ['0/1', 'Completed', '0', '5m']],
    [
      'initialising',
      { spec: { initContainers: [{ name: 'i' }, { name: 'j' }], containers: [{ name: 'a' }] }, status: { phase: 'Pending', initContainerStatuses: [status({ name: 'i', state: { terminated: { exitCode: 0 } } }), status({ name: 'j', state: { running: {} } })] } },
      ['0/1', 'Init:1/2', '0', '5m'],
    ],
    ['going', { metadata: { deletionTimestamp: at(1) }, status: { phase: 'Running', containerStatuses: [status({ ready: true, state: { running: {} } })] } }, ['1/1', 'Terminating', '0', '5m']],
    ['pending', { status: { phase: 'Pending' } }, ['0/1', 'Pending', '0', '5m']],
    ['evicted', { status: { phase: 'Failed', reason: 'Evicted' } }, ['0/1', 'Evicted', '0', '5m']],
  ];
  it.each(rows)('%s', (_, pod, expected) => expect(row(pod)).toEqual(expected));
});
