// The kubelet's decisions, each by a small table.
import { describe, expect, it } from 'vitest';
import type { ContainerStatus, PodSandboxStatus } from '../../wire/cri.ts';
import { computePodActions, hashContainer } from './actions.ts';
import { decideAdmission } from './admission.ts';
import { Backoff } from './backoff.ts';
import { computeEnv, expand, type ServiceObject } from './env.ts';
import { findCredentials } from './images.ts';
import { noRuntime, type PodRuntime } from './pod-runtime.ts';
import { computePodStatus, computeQosClass } from './pod-status.ts';
import { selectLines } from './server.ts';
import { diffStatus } from './status-patch.ts';
import type { Container, Pod, PodStatus } from './types.ts';

const pod = (spec: Partial<Pod['spec']> = {}): Pod => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web', namespace: 'default', uid: 'u' }, spec: { containers: [{ name: 'web', image: 'nginx' }], restartPolicy: 'Always', ...spec } });
const sandbox = (state: PodSandboxStatus['state'] = 'SANDBOX_READY', attempt = 0): PodSandboxStatus => ({ id: `s${attempt}`, metadata: { name: 'web', namespace: 'default', uid: 'u', attempt }, state, createdAtMs: 0, ip: '10.244.1.2', labels: {}, hostNetwork: false });
const container = (name: string, state: 'RUNNING' | 'EXITED', more: Partial<ContainerStatus> = {}): ContainerStatus => ({
  id: `id-${name}`,
  podSandboxId: 's0',
  metadata: { name, attempt: 0 },
  state: `CONTAINER_${state}`,
  createdAtMs: 0,
  startedAtMs: 0,
  finishedAtMs: 0,
  exitCode: 0,
  reason: state === 'EXITED' ? 'Completed' : '',
  message: '',
  image: 'docker.io/library/nginx:latest',
  imageRef: 'docker.io/library/nginx@sha256:1',
  logPath: '',
  labels: { 'io.kubernetes.container.hash': hashContainer({ name, image: 'nginx' }) },
  pid: 1,
  ...more,
});
const probes = { livenessFailed: new Set<string>(), startupFailed: new Set<string>(), isStarted: () => true };
const actions = (p: Pod, runtime: PodRuntime, more = {}) => computePodActions(p, runtime, { ...probes, ...more });

describe('what a pod needs next', () => {
  it('a new pod: a sandbox, then its containers', () => expect(actions(pod(), noRuntime)).toMatchObject({ createSandbox: true, attempt: 0, containersToStart: [0] }));
  it('a pod with init containers: only the first', () =>
    expect(actions(pod({ initContainers: [{ name: 'a', image: 'nginx' }, { name: 'b', image: 'nginx' }] }), noRuntime)).toMatchObject({ initContainersToStart: [0], containersToStart: [] }));
  it('the next init container when one is done', () =>
    expect(actions(pod({ initContainers: [{ name: 'a', image: 'nginx' }, { name: 'b', image: 'nginx' }] }), { sandboxes: [sandbox()], containers: [container('a', 'EXITED')] })).toMatchObject({ initContainersToStart: [1], containersToStart: [] }));
  it('nothing while an init container runs', () =>
    expect(actions(pod({ initContainers: [{ name: 'a', image: 'nginx' }] }), { sandboxes: [sandbox()], containers: [container('a', 'RUNNING')] })).toMatchObject({ initContainersToStart: [], containersToStart: [], killPod: false }));
  it('the others beside a running sidecar', () =>
    expect(actions(pod({ initContainers: [{ name: 'a', image: 'nginx', restartPolicy: 'Always' }] }), { sandboxes: [sandbox()], containers: [container('a', 'RUNNING')] })).toMatchObject({ containersToStart: [0] }));
  it('an init container that failed, Never: the end', () =>
    expect(actions(pod({ restartPolicy: 'Never', initContainers: [{ name: 'a', image: 'nginx' }] }), { sandboxes: [sandbox()], containers: [container('a', 'EXITED', { exitCode: 1 })] }).killPod).toBe(true));
  it('nothing for a pod that is well', () => expect(actions(pod(), { sandboxes: [sandbox()], containers: [container('web', 'RUNNING')] })).toMatchObject({ killPod: false, containersToStart: [], containersToKill: [] }));
  it('a container that ended, Always: again', () => expect(actions(pod(), { sandboxes: [sandbox()], containers: [container('web', 'EXITED')] }).containersToStart).toEqual([0]));
  it('a container that completed, OnFailure: the end', () => expect(actions(pod({ restartPolicy: 'OnFailure' }), { sandboxes: [sandbox()], containers: [container('web', 'EXITED')] }).killPod).toBe(true));
  it('a container that failed, OnFailure: again', () => expect(actions(pod({ restartPolicy: 'OnFailure' }), { sandboxes: [sandbox()], containers: [container('web', 'EXITED', { exitCode: 1 })] }).containersToStart).toEqual([0]));
  it('a lost sandbox: everything anew', () =>
    expect(actions(pod(), { sandboxes: [sandbox('SANDBOX_NOTREADY')], containers: [container('web', 'EXITED', { exitCode: 255 })] })).toMatchObject({ killPod: true, createSandbox: true, attempt: 1, containersToStart: [0] }));
  it('a failed liveness probe: killed and started', () =>
    expect(actions(pod(), { sandboxes: [sandbox()], containers: [container('web', 'RUNNING')] }, { livenessFailed: new Set(['id-web']) })).toMatchObject({ containersToStart: [0], containersToKill: [{ name: 'web', message: 'Container web failed liveness probe, will be restarted' }] }));
  it('another image: killed and started', () =>
    expect(actions(pod({ containers: [{ name: 'web', image: 'nginx:2' }] }), { sandboxes: [sandbox()], containers: [container('web', 'RUNNING')] }).containersToKill[0]?.message).toBe('Container web definition changed, will be restarted'));
});

describe('the status of a pod', () => {
  const status = (p: Pod, runtime: PodRuntime, more: { waiting?: ReadonlyMap<string, { reason: string; message: string }>; isTerminal?: boolean; isReady?: () => boolean; old?: PodStatus } = {}): PodStatus =>
    computePodStatus({ pod: p, runtime, old: more.old, nowMs: 1_767_225_600_000, hostIPs: ['192.168.1.101'], runtimeName: 'containerd', waiting: more.waiting ?? new Map(), isReady: more.isReady ?? (() => true), isStarted: () => true, isTerminal: more.isTerminal ?? false });
  const conditions = (s: PodStatus): string => (s.conditions ?? []).map((each) => `${each.type}=${each.status}`).join(' ');
  it('new', () => {
    const s = status(pod(), noRuntime);
    expect(s.phase).toBe('Pending');
    expect(s.containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'ContainerCreating' } });
    expect(conditions(s)).toBe('PodReadyToStartContainers=False Initialized=True Ready=False ContainersReady=False PodScheduled=True');
  });
  it('running', () => {
    const s = status(pod(), { sandboxes: [sandbox()], containers: [container('web', 'RUNNING')] });
    expect(s).toMatchObject({ phase: 'Running', podIP: '10.244.1.2', podIPs: [{ ip: '10.244.1.2' }], hostIP: '192.168.1.101', qosClass: 'BestEffort' });
    expect(conditions(s)).toBe('PodReadyToStartContainers=True Initialized=True Ready=True ContainersReady=True PodScheduled=True');
    expect(s.containerStatuses?.[0]?.containerID).toBe('containerd://id-web');
  });
  it('running, not ready', () => expect(status(pod(), { sandboxes: [sandbox()], containers: [container('web', 'RUNNING')] }, { isReady: () => false }).conditions?.[2]).toMatchObject({ status: 'False', reason: 'ContainersNotReady', message: 'containers with unready status: [web]' }));
  it('cannot be pulled', () => {
    const s = status(pod(), { sandboxes: [sandbox()], containers: [] }, { waiting: new Map([['web', { reason: 'ErrImagePull', message: 'x' }]]) });
    expect(s).toMatchObject({ phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ErrImagePull' } } }] });
  });
  it('crashing', () => {
    const s = status(pod(), { sandboxes: [sandbox()], containers: [container('web', 'EXITED', { exitCode: 1, reason: 'Error' })] }, { waiting: new Map([['web', { reason: 'CrashLoopBackOff', message: 'x' }]]) });
    expect(s).toMatchObject({ phase: 'Running', containerStatuses: [{ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 1 } } }] });
  });
  it('completed', () => {
    const s = status(pod({ restartPolicy: 'Never' }), { sandboxes: [sandbox()], containers: [container('web', 'EXITED')] });
    expect(s.phase).toBe('Succeeded');
    expect(s.conditions?.[2]).toMatchObject({ type: 'Ready', status: 'False', reason: 'PodCompleted' });
  });
  it('failed', () => expect(status(pod({ restartPolicy: 'Never' }), { sandboxes: [sandbox()], containers: [container('web', 'EXITED', { exitCode: 1 })] }).phase).toBe('Failed'));
  it('initialising', () => {
    const s = status(pod({ initContainers: [{ name: 'a' }] }), { sandboxes: [sandbox()], containers: [container('a', 'RUNNING')] });
    expect(s).toMatchObject({ phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'PodInitializing' } } }] });
    expect(s.conditions?.[1]).toMatchObject({ status: 'False', reason: 'ContainersNotInitialized', message: 'containers with incomplete status: [a]' });
  });
});

it.each([
  ['BestEffort', {}],
  ['Burstable', { requests: { cpu: '100m' } }],
  ['Guaranteed', { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } }],
])('quality of service %s', (expected, resources) => expect(computeQosClass(pod({ containers: [{ name: 'web', resources }] }))).toBe(expected));

describe('admission on the node', () => {
  const allocatable = { cpu: '1', memory: '1Gi', pods: '2' };
  const asking = (cpu: string): Pod => pod({ containers: [{ name: 'web', resources: { requests: { cpu } }, ports: [{ containerPort: 80, hostPort: 80 }] }] });
  it('lets in what fits', () => expect(decideAdmission({ pod: asking('500m'), node: undefined, allocatable, others: [] })).toBeUndefined());
  it('refuses what does not', () => expect(decideAdmission({ pod: asking('600m'), node: undefined, allocatable, others: [pod({ containers: [{ name: 'a', resources: { requests: { cpu: '500m' } } }] })] })).toEqual({ reason: 'OutOfcpu', message: "Node didn't have enough resource: cpu, requested: 600, used: 500, capacity: 1000" }));
  it('refuses one pod too many', () => expect(decideAdmission({ pod: pod(), node: undefined, allocatable, others: [pod(), pod()] })?.reason).toBe('OutOfpods'));
  it('refuses a taken port', () => expect(decideAdmission({ pod: asking('100m'), node: undefined, allocatable, others: [asking('100m')] })?.reason).toBe('NodePorts'));
});

describe('environment', () => {
  const kubernetes: ServiceObject = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'kubernetes', namespace: 'default' }, spec: { clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, protocol: 'TCP' }] } };
  const sources = { data: () => ({ key: 'value' }), services: [kubernetes], podIP: '10.244.1.2', hostIP: '192.168.1.101', nodeName: 'w1', allocatable: { cpu: '2' } };
  it('comes from everywhere', () => {
    const c: Container = { name: 'web', env: [{ name: 'A', value: 'a' }, { name: 'B', value: '$(A)b$$(A)' }, { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }, { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } }, { name: 'KEY', valueFrom: { configMapKeyRef: { name: 'm', key: 'key' } } }] };
    const env = Object.fromEntries(computeEnv(pod(), c, sources).map((each) => [each.name, each.value]));
    expect(env).toMatchObject({ A: 'a', B: 'ab$(A)', IP: '10.244.1.2', CPU: '2', KEY: 'value', KUBERNETES_SERVICE_HOST: '10.96.0.1', KUBERNETES_PORT_443_TCP: 'tcp://10.96.0.1:443' });
  });
  it('says what is missing', () => {
    const c: Container = { name: 'web', env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'm', key: 'k' } } }] };
    expect(() => computeEnv(pod(), c, { ...sources, data: () => undefined })).toThrow('configmap "m" not found');
    expect(() => computeEnv(pod(), c, sources)).toThrow("couldn't find key k in ConfigMap default/m");
  });
  it('leaves alone what it does not know', () => expect(expand('$(X) $Y $$', () => undefined)).toBe('$(X) $Y $'));
});

describe('patches of a status', () => {
  it('hold what differs', () =>
    expect(diffStatus({ phase: 'Pending', conditions: [{ type: 'Ready', status: 'False', reason: 'x' }], gone: 1 }, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }, { type: 'New', status: 'True' }] })).toEqual({
      phase: 'Running',
      '$setElementOrder/conditions': [{ type: 'Ready' }, { type: 'New' }],
      conditions: [{ type: 'Ready', status: 'True', reason: null }, { type: 'New', status: 'True' }],
      gone: null,
    }));
  it('are none when nothing does', () => expect(diffStatus({ a: [1], b: null }, { a: [1] })).toBeUndefined());
});

it('backs off, doubling, and forgets', () => {
  const backoff = new Backoff(10_000, 300_000);
  const delays: number[] = [];
  for (let round = 0; round < 7; round++) {
    backoff.next('k', round * 1000);
    delays.push(backoff.delay('k'));
  }
  expect(delays).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
  expect(backoff.remaining('k', 6000, 7000)).toBe(299_000);
  expect(backoff.remaining('k', 6000 + 600_001, 700_000)).toBe(0);
});

it('finds the credentials of a registry', () => {
  const secret = { '.dockerconfigjson': JSON.stringify({ auths: { 'https://reg.example.com': { username: 'a', password: 'b' } } }) };
  expect(findCredentials([secret], 'reg.example.com/team/app:1')).toEqual({ username: 'a', password: 'b' });
  expect(findCredentials([secret], 'docker.io/library/nginx:latest')).toBeUndefined();
});

it('chooses log lines', () => {
  const records = [1, 2, 3].map((n) => ({ timeMs: n * 1000, stream: 'stdout' as const, text: `line ${n}` }));
  const none = { tailLines: undefined, sinceMs: undefined, timestamps: false, limitBytes: undefined };
  expect(selectLines(records, none)).toEqual(['line 1\n', 'line 2\n', 'line 3\n']);
  expect(selectLines(records, { ...none, tailLines: 1 })).toEqual(['line 3\n']);
  expect(selectLines(records, { ...none, sinceMs: 2000 })).toEqual(['line 2\n', 'line 3\n']);
  expect(selectLines(records, { ...none, timestamps: true, tailLines: 1 })).toEqual(['1970-01-01T00:00:03Z line 3\n']);
});
