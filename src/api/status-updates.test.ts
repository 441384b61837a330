// Writes of statuses that the API server refuses, kind by kind, in its words.
import { describe, expect, it } from 'vitest';
import type { ApiObject } from './meta/object.ts';
import { kinds } from './registry.ts';
import { formatFieldError } from './validation/field-error.ts';

type Loose = Readonly<Record<string, unknown>>;

/** What is said of a status that replaces another one. */
function problems(kind: string, next: Loose, old: Loose = {}, rest: Loose = {}): readonly string[] {
  const declaration = kinds.find((each) => each.kind === kind);
  const object = (status: Loose): ApiObject => ({ kind, apiVersion: 'v1', metadata: { name: 'x', namespace: 'default' }, spec: {}, ...rest, status }) as unknown as ApiObject;
  return (declaration?.validateSubresourceUpdate?.('status', object(next), object(old)) ?? []).map(formatFieldError);
}

const parts = 'Invalid value: 2: cannot be greater than status.replicas';

describe('counts', () => {
  it.each<[string, Loose, Loose, readonly string[]]>([
    ['Deployment', { replicas: 1, updatedReplicas: 2, readyReplicas: 1, availableReplicas: 2, unavailableReplicas: -1 }, { collisionCount: 1 }, ['status.unavailableReplicas: Invalid value: -1: must be greater than or equal to 0', `status.updatedReplicas: ${parts}`, `status.availableReplicas: ${parts}`, 'status.availableReplicas: Invalid value: 2: cannot be greater than readyReplicas', 'status.collisionCount: Invalid value: 0: cannot be decremented']],
    ['ReplicaSet', { replicas: 1, fullyLabeledReplicas: 2, observedGeneration: -1 }, {}, ['status.observedGeneration: Invalid value: -1: must be greater than or equal to 0', `status.fullyLabeledReplicas: ${parts}`]],
    ['ReplicationController', { replicas: 1, readyReplicas: 2 }, {}, [`status.readyReplicas: ${parts}`]],
    ['StatefulSet', { replicas: 3, currentReplicas: -1, readyReplicas: 1, availableReplicas: 2, collisionCount: 1 }, { collisionCount: 2 }, ['status.currentReplicas: Invalid value: -1: must be greater than or equal to 0', 'status.availableReplicas: Invalid value: 2: cannot be greater than status.readyReplicas', 'status.collisionCount: Invalid value: 1: cannot be decremented']],
    ['DaemonSet', { numberReady: -1, collisionCount: 3 }, { collisionCount: 3 }, ['status.numberReady: Invalid value: -1: must be greater than or equal to 0']],
    ['HorizontalPodAutoscaler', { currentReplicas: -1, desiredReplicas: -2 }, {}, ['status.currentReplicas: Invalid value: -1: must be greater than or equal to 0', 'status.desiredReplicas: Invalid value: -2: must be greater than or equal to 0']],
    ['PodDisruptionBudget', { expectedPods: -1 }, {}, ['status.expectedPods: Invalid value: -1: must be greater than or equal to 0']],
    ['ResourceQuota', { hard: { pods: '1500m' }, used: { cpu: '-1', nonsense: '1' } }, {}, ['status.hard[pods]: Invalid value: "1500m": must be an integer', 'status.used[cpu]: Invalid value: "-1": must be greater than or equal to 0', 'status.used[nonsense]: Invalid value: "nonsense": must be a standard resource for quota']],
    ['PersistentVolumeClaim', { capacity: { storage: '-1' } }, {}, ['status.capacity[storage]: Invalid value: -1: must be a valid resource quantity']],
  ])('of a %s', (kind, next, old, expected) => {
    expect(problems(kind, next, old)).toEqual(expected);
    expect(problems(kind, old, old)).toEqual([]);
  });
});

describe('a pod', () => {
  const of = (next: Loose, old: Loose = {}, restartPolicy = 'Always'): readonly string[] => problems('Pod', { qosClass: 'BestEffort', ...next }, { qosClass: 'BestEffort', ...old }, { spec: { restartPolicy, containers: [{ name: 'c' }], initContainers: [{ name: 'i' }, { name: 'sidecar', restartPolicy: 'Always' }] } });
  const ended = (name: string, exitCode = 0): Loose => ({ name, state: { terminated: { exitCode } } });
  const running = (name: string): Loose => ({ name, state: { running: {} } });

  it('does not start again what has ended for good', () => {
    const stays = (part: string, index = 0): string => `status.${part}[${index}].state: Forbidden: may not be transitioned to non-terminated state`;
    expect(of({ containerStatuses: [running('c')] }, { containerStatuses: [ended('c')] })).toEqual([]);
    expect(of({ containerStatuses: [running('c')] }, { containerStatuses: [ended('c')] }, 'Never')).toEqual([stays('containerStatuses')]);
    expect(of({ containerStatuses: [running('c')] }, { containerStatuses: [ended('c', 1)] }, 'OnFailure')).toEqual([]);
    expect(of({ containerStatuses: [running('c')] }, { containerStatuses: [ended('c')] }, 'OnFailure')).toEqual([stays('containerStatuses')]);
    expect(of({ initContainerStatuses: [running('i'), running('sidecar')] }, { initContainerStatuses: [ended('i'), ended('sidecar')] }, 'Never')).toEqual([stays('initContainerStatuses')]);
    expect(of({ ephemeralContainerStatuses: [running('e')] }, { ephemeralContainerStatuses: [ended('e', 1)] })).toEqual([stays('ephemeralContainerStatuses')]);
  });

  it('keeps its class, and is nominated for a node that can be', () => {
    expect(of({ qosClass: 'Guaranteed' })).toEqual(['status.qosClass: Invalid value: "Guaranteed": field is immutable']);
    expect(of({ nominatedNodeName: 'Node_1' })[0]).toMatch(/^status\.nominatedNodeName: Invalid value: "Node_1": a lowercase RFC 1123 subdomain/);
    expect(of({ nominatedNodeName: 'node-1' })).toEqual([]);
    expect(of({ conditions: [{ type: 'Ready' }, { type: 'my condition' }] })[0]).toMatch(/^metadata\.conditions\[1\]\.Type: Invalid value: "my condition": name part must consist of/);
  });

  it('has one address of each family', () => {
    const ips = (...all: string[]): Loose => ({ podIPs: all.map((ip) => ({ ip })) });
    expect(of(ips('10.0.0.1', 'fd00::1'))).toEqual([]);
    expect(of(ips('10.0.0.1', '10.0.0.1'))).toEqual(['status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.1"}]: may specify no more than one IP for each IP family', 'status.podIPs[1]: Duplicate value: {"IP":"10.0.0.1"}']);
    expect(of(ips('10.0.0'))).toEqual(['status.podIPs[0]: Invalid value: "10.0.0": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']);
    expect(of({ hostIP: '10.0.0.1', hostIPs: [{ ip: '10.0.0.2' }] })).toEqual(['status.hostIPs[0].ip: Invalid value: "10.0.0.2": must be equal to `hostIP`']);
    expect(of({ resourceClaimStatuses: [{ name: 'gpu' }] })).toEqual(['status.resourceClaimStatuses[0].name: Invalid value: "gpu": must match the name of an entry in `spec.resourceClaims`']);
  });
});

describe('a Job', () => {
  const spec = { completions: 4, parallelism: 2, completionMode: 'NonIndexed' };
  const of = (next: Loose, old: Loose = {}, more: Loose = {}): readonly string[] => problems('Job', next, old, { spec: { ...spec, ...more } });
  const conditions = (...types: string[]): readonly Loose[] => types.map((type) => ({ type, status: 'True' }));
  const [noon, one] = ['2026-01-01T12:00:00Z', '2026-01-01T13:00:00Z'];

  it('ends once, at a time, with nothing left to do', () => {
    expect(of({ conditions: conditions('SuccessCriteriaMet', 'Complete'), startTime: noon, completionTime: one, succeeded: 4 }, { startTime: noon })).toEqual([]);
    expect(of({ conditions: conditions('Complete', 'Failed'), active: 1, uncountedTerminatedPods: { succeeded: ['a'] } })).toEqual([
      'status.conditions: Invalid value: cannot set Complete=True and Failed=true conditions',
      'status.completionTime: Required value: completionTime is required for Complete jobs',
      'status.active: Invalid value: 1: active>0 is invalid for finished job',
      'status.startTime: Required value: startTime is required for finished job',
      'status.uncountedTerminatedPods: Invalid value: {"Succeeded":["a"],"Failed":null}: uncountedTerminatedPods needs to be empty for finished job',
    ]);
    expect(of({ startTime: one, completionTime: noon })).toEqual([`status.completionTime: Invalid value: "${noon}": cannot set completionTime when there is no Complete=True condition`, `status.completionTime: Invalid value: "${noon}": completionTime cannot be set before startTime`]);
    expect(of({}, { conditions: conditions('Failed', 'SuccessCriteriaMet') })).toEqual(['status.conditions: Invalid value: cannot disable the terminal Failed=True condition', 'status.conditions: Invalid value: cannot disable the SuccessCriteriaMet=True condition']);
    expect(of({ conditions: conditions('SuccessCriteriaMet', 'FailureTarget') })).toEqual(['status.conditions: Invalid value: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions']);
  });

  it('does not count backwards, nor begin anew', () => {
    expect(of({ succeeded: 1, failed: 0 }, { succeeded: 2, failed: 1 })).toEqual(['status.failed: Invalid value: 0: cannot decrease the failed counter', 'status.succeeded: Invalid value: 1: cannot decrease the succeeded counter']);
    expect(of({ succeeded: 1 }, { succeeded: 2 }, { completionMode: 'Indexed', completions: 2 })).toEqual([]);
    expect(of({}, { startTime: noon })).toEqual(['status.startTime: Required value: startTime cannot be removed for unsuspended job']);
    expect(of({}, { startTime: noon }, { suspend: true })).toEqual([]);
    expect(of({ uncountedTerminatedPods: { succeeded: ['a', ''], failed: ['a'] } })).toEqual(['status.uncountedTerminatedPods.succeeded[1]: Invalid value: "": must not be empty', 'status.uncountedTerminatedPods.failed[0]: Duplicate value: "a"']);
  });

  it('names indexes that it has, in order, in one list only', () => {
    const indexed = { completionMode: 'Indexed', backoffLimitPerIndex: 1 };
    expect(of({ completedIndexes: '0,2-3' }, {}, indexed)).toEqual([]);
    expect(of({ completedIndexes: '0' })).toEqual(['status.completedIndexes: Invalid value: "0": cannot set non-empty completedIndexes when non-indexed completion mode']);
    for (const [text, problem] of [['1,1', 'non-increasing order, previous: 1, current: 1'], ['4', 'too large index: "4"'], ['a', 'cannot convert string to integer for index: "a"'], ['0-1-2', `the fragment "0-1-2" violates the requirement that an index interval can have at most two parts separated by '-'`]] as const)
      expect(of({ completedIndexes: text }, {}, indexed)).toEqual([`status.completedIndexes: Invalid value: ${JSON.stringify(text)}: error parsing completedIndexes: ${problem}`]);
    expect(of({ completedIndexes: '0-2', failedIndexes: '2' }, {}, indexed)).toEqual(['status.failedIndexes: Invalid value: "2": failedIndexes and completedIndexes overlap at index: 2']);
    expect(of({ failedIndexes: '' }, {}, { completionMode: 'Indexed' })).toEqual(['status.failedIndexes: Invalid value: "": cannot set non-null failedIndexes when backoffLimitPerIndex is null']);
  });
});

describe('a place to reach something', () => {
  const balancer = (...ingress: Loose[]): Loose => ({ loadBalancer: { ingress } });

  it('of a Service is a load balancer\'s', () => {
    const of = (status: Loose, type = 'LoadBalancer'): readonly string[] => problems('Service', status, {}, { spec: { type } });
    expect(of(balancer({ ip: '1.2.3.4', ipMode: 'VIP' }, { hostname: 'a.example.com' }))).toEqual([]);
    expect(of(balancer({ ip: '1.2.3.4' }), 'NodePort')).toEqual(["status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is 'LoadBalancer'"]);
    expect(of(balancer({ ip: '1.2.3' }, { hostname: '1.2.3.4', ipMode: 'VIP' }, { ip: '1.2.3.4', ipMode: 'Both' }))).toEqual([
      'status.loadBalancer.ingress[0].ip: Invalid value: "1.2.3": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
      'status.loadBalancer.ingress[0].ipMode: Required value: must be specified when `ip` is set',
      'status.loadBalancer.ingress[1].ipMode: Forbidden: may not be specified when `ip` is not set',
      'status.loadBalancer.ingress[1].hostname: Invalid value: "1.2.3.4": must be a DNS name, not an IP address',
      'status.loadBalancer.ingress[2].ipMode: Unsupported value: "Both": supported values: "Proxy", "VIP"',
    ]);
  });

  it('of an Ingress is an address or a name', () => {
    expect(problems('Ingress', balancer({ ip: '1.2.3.4' }))).toEqual([]);
    expect(problems('Ingress', balancer({ ip: 'x' }))).toEqual(['status.loadBalancer.ingress[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']);
  });
});

describe('others', () => {
  it('a Node has whole things whole, and each address once', () => {
    expect(problems('Node', { capacity: { cpu: '3800m', memory: '8Gi', pods: '110', 'example.com/gpu': '2' }, addresses: [{ type: 'InternalIP', address: '10.0.0.1' }, { type: 'Hostname', address: 'n' }] })).toEqual([]);
    expect(problems('Node', { capacity: { cpu: '-1', pods: '1500m' }, allocatable: { 'example.com/gpu': '500m' }, addresses: [{ type: 'Hostname', address: 'n' }, { type: 'Hostname', address: 'n' }] })).toEqual([
      'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
      'status.capacity.pods: Invalid value: "1500m": must be an integer',
      'status.allocatable.example.com/gpu: Invalid value: "500m": must be an integer',
      'status.addresses[1]: Duplicate value: {"Type":"Hostname","Address":"n"}',
    ]);
  });

  it('a Namespace is terminating when it is deleted, and only then', () => {
    expect(problems('Namespace', { phase: 'Terminating' })).toEqual(["status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"]);
    const deleted = { metadata: { name: 'x', deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(problems('Namespace', { phase: 'Active' }, {}, deleted)).toEqual(["status.Phase: Invalid value: \"Active\": may only be 'Terminating' if `deletionTimestamp` is not empty"]);
    expect(problems('Namespace', { phase: 'Terminating' }, {}, deleted)).toEqual([]);
  });

  it('conditions are of their form', () => {
    const good = { type: 'Ready', status: 'True', reason: 'Fine', lastTransitionTime: '2026-01-01T00:00:00Z' };
    expect(problems('PodDisruptionBudget', { conditions: [good] })).toEqual([]);
    const told = problems('ValidatingAdmissionPolicy', { conditions: [good, { ...good, status: 'Maybe', reason: '1', lastTransitionTime: undefined }] });
    expect(told.slice(0, 3)).toEqual(['status.conditions[1].type: Duplicate value: "Ready"', 'status.conditions[1].status: Unsupported value: "Maybe": supported values: "False", "True", "Unknown"', 'status.conditions[1].lastTransitionTime: Required value']);
    expect(told[3]).toMatch(/^status\.conditions\[1\]\.reason: Invalid value: "1": a condition reason must start with alphabetic character/);
    expect(problems('APIService', { conditions: [{ type: 'Available', status: 'Maybe' }] })).toEqual(['status.conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"']);
    expect(problems('FlowSchema', { conditions: [{ type: 'Dangling' }, { type: 'Dangling' }, {}] })).toEqual(['status.conditions[1].type: Duplicate value: "Dangling"', 'status.conditions[2].type: Required value: must not be empty']);
    expect(problems('CustomResourceDefinition', { acceptedNames: { plural: 'A_B', kind: 'X' } })[0]).toMatch(/^status\.acceptedNames\.plural: Invalid value: "A_B"/);
  });

  it('metadata that comes with a status is looked at', () => {
    const declaration = kinds.find(({ kind }) => kind === 'PersistentVolume');
    const volume = (labels: Loose): ApiObject => ({ kind: 'PersistentVolume', apiVersion: 'v1', metadata: { name: 'x', labels }, spec: {}, status: {} }) as unknown as ApiObject;
    expect((declaration?.validateSubresourceUpdate?.('status', volume({ 'a b': 'c' }), volume({})) ?? []).map(formatFieldError)[0]).toMatch(/^metadata\.labels: Invalid value: "a b"/);
  });
});
