// The essence of conformance tests that go through the operations of one kind after another: of sig-api-machinery (policies, priority and fairness), sig-auth, sig-instrumentation, sig-cli.
import { beforeAll, describe, expect, it } from 'vitest';
import { foreignPairs, foreignRequest } from '../../wire/testing/foreign-certificates.ts';
import type { Body } from '../testing/asker.ts';
import { agnhost, busybox, ConformanceBench, type Json, podOf } from '../testing/conformance-bench.ts';

let bench: ConformanceBench;
beforeAll(() => {
  bench = new ConformanceBench('conformance');
});
const ok: ConformanceBench['ok'] = (...question) => bench.ok(...question);
const merge = { 'content-type': 'application/merge-patch+json' };
const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

interface Operated {
  readonly kind: string;
  readonly path: string;
  readonly spec: Json;
  /** What is patched besides an annotation, and then set with an update. */
  readonly patch?: Json;
  readonly update?: (spec: Body) => Body;
  readonly status?: Json;
  /** How the three objects are listed; by label where nothing else is said. */
  readonly listed?: string;
}
const admission = '/apis/admissionregistration.k8s.io/v1';
const flow = '/apis/flowcontrol.apiserver.k8s.io/v1';
const rules = { matchConstraints: { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] }] } };
const condition = { type: 'PatchStatusFailed', status: 'False', reason: 'e2e', message: 'Set from an e2e test', lastTransitionTime: '2024-01-01T00:00:00Z' };
const failing = { patch: { failurePolicy: 'Ignore' }, update: (spec: Body) => ({ ...spec, failurePolicy: 'Fail' }) };
const kinds: readonly Operated[] = [
  { kind: 'ValidatingAdmissionPolicy', path: `${admission}/validatingadmissionpolicies`, spec: { ...rules, validations: [{ expression: 'object.spec.replicas <= 100' }] }, ...failing, status: condition },
  { kind: 'ValidatingAdmissionPolicyBinding', path: `${admission}/validatingadmissionpolicybindings`, spec: { policyName: 'replicalimit-policy.example.com', validationActions: ['Deny'] }, patch: { validationActions: ['Warn'] } },
  { kind: 'MutatingAdmissionPolicy', path: `${admission}/mutatingadmissionpolicies`, spec: { ...rules, reinvocationPolicy: 'Never', mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: '\n Object{\n metadata: Object.metadata{\n annotations: {\n "my-foo-annotation": "myAnnotationValue"\n }\n }\n }' } }] }, patch: { reinvocationPolicy: 'IfNeeded' }, update: (spec) => ({ ...spec, reinvocationPolicy: 'Never' }) },
  { kind: 'MutatingAdmissionPolicyBinding', path: `${admission}/mutatingadmissionpolicybindings`, spec: { policyName: 'replicalimit-policy.example.com' }, patch: { matchResources: { objectSelector: { matchLabels: { a: 'b' } } } } },
  { kind: 'FlowSchema', path: `${flow}/flowschemas`, spec: { matchingPrecedence: 10_000, priorityLevelConfiguration: { name: 'global-default' }, distinguisherMethod: { type: 'ByUser' }, rules: [{ subjects: [{ kind: 'User', user: { name: 'example-e2e-non-existent-user' } }], nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }] }] }, patch: { matchingPrecedence: 9999 }, update: (spec) => ({ ...spec, matchingPrecedence: 9998 }), status: condition },
  { kind: 'PriorityLevelConfiguration', path: `${flow}/prioritylevelconfigurations`, spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } }, patch: { limited: { nominalConcurrencyShares: 4 } }, update: (spec) => ({ ...spec, limited: { ...spec.limited, nominalConcurrencyShares: 6 } }), status: condition },
  { kind: 'CertificateSigningRequest', path: '/apis/certificates.k8s.io/v1/certificatesigningrequests', spec: { request: base64(foreignRequest), signerName: 'example.com/e2e', expirationSeconds: 3600, usages: ['digital signature', 'key encipherment', 'server auth'] }, status: condition, listed: 'fieldSelector=spec.signerName%3Dexample.com%2Fe2e' },
];

describe('API operations', () => {
  it.each(kinds)('$kind', ({ kind, path, spec, patch, update, status, listed = 'labelSelector=e2e%3Doperations' }) => {
    const apiVersion = path.slice('/apis/'.length, path.lastIndexOf('/'));
    const resource = path.slice(path.lastIndexOf('/') + 1);
    expect(ok('GET', `/apis/${apiVersion}`).resources.map((each: Body) => each.name)).toEqual(expect.arrayContaining([resource, ...(status === undefined ? [] : [`${resource}/status`])]));
    const object = { apiVersion, kind, metadata: { generateName: 'e2e-example-', labels: { e2e: 'operations' } }, spec };
    const [, , made] = [0, 1, 2].map(() => ok('POST', path, object));
    const one = `${path}/${made.metadata.name}`;
    expect(ok('GET', one).metadata.uid).toBe(made.metadata.uid);
    const list = ok('GET', `${path}?${listed}`);
    expect(list.items).toHaveLength(3);
    const watch = bench.watch(`${path}?watch=true&resourceVersion=${list.metadata.resourceVersion}&fieldSelector=metadata.name%3D${made.metadata.name}`);
    const patched = ok('PATCH', one, { metadata: { annotations: { patched: 'true' } }, ...(patch === undefined ? {} : { spec: patch }) }, merge);
    expect(patched).toMatchObject({ metadata: { annotations: { patched: 'true' } }, ...(patch === undefined ? {} : { spec: patch }) });
    const found = ok('GET', one);
    const updated = ok('PUT', one, { ...found, metadata: { ...found.metadata, annotations: { ...found.metadata.annotations, updated: 'true' } }, spec: update?.(found.spec) ?? found.spec });
    expect([updated.metadata.annotations['updated'], updated.spec]).toEqual(['true', update?.(found.spec) ?? found.spec]);
    bench.sleep(300);
    expect(watch.events.map(({ type, object: seen }) => `${type} ${seen.metadata.annotations?.patched}`)).toContain('MODIFIED true');
    expect(watch.events.every(({ type }) => type === 'MODIFIED')).toBe(true);
    watch.stop();
    if (status !== undefined) {
      const read = ok('GET', `${one}/status`);
      expect([read.kind, read.apiVersion, read.metadata.uid]).toEqual([kind, apiVersion, made.metadata.uid]);
      expect(ok('PATCH', `${one}/status`, { status: { conditions: [status] } }, merge).status.conditions.map((each: Body) => each.type)).toContain('PatchStatusFailed');
      const now = ok('GET', `${one}/status`);
      expect(ok('PUT', `${one}/status`, { ...now, status: { ...now.status, conditions: [...now.status.conditions, { ...status, type: 'StatusUpdateFailed' }] } }).status.conditions.map((each: Body) => each.type)).toEqual(expect.arrayContaining(['PatchStatusFailed', 'StatusUpdateFailed']));
    }
    ok('DELETE', one);
    expect(bench.ask('GET', one).status).toBe(404);
    expect(ok('GET', `${path}?${listed}`).items).toHaveLength(2);
    ok('DELETE', `${path}?${listed}`);
    expect(ok('GET', `${path}?${listed}`).items).toHaveLength(0);
  });

  it('CertificateSigningRequest: approval and certificate', () => {
    const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const { metadata } = ok('POST', path, { metadata: { generateName: 'e2e-approved-' }, spec: { request: base64(foreignRequest), signerName: 'example.com/e2e', usages: ['server auth'] } });
    const one = `${path}/${metadata.name}`;
    expect(ok('GET', `${one}/approval`)).toMatchObject({ kind: 'CertificateSigningRequest', metadata: { uid: metadata.uid } });
    const patched = ok('PATCH', `${one}/approval`, { metadata: { annotations: { patchedapproval: 'true' } }, status: { conditions: [{ type: 'ApprovalPatch', status: 'True', reason: 'e2e' }] } }, merge);
    expect([patched.status.conditions.map((each: Body) => each.type), patched.metadata.annotations.patchedapproval]).toEqual([['ApprovalPatch'], 'true']);
    const approved = ok('PUT', `${one}/approval`, { ...patched, status: { ...patched.status, conditions: [...patched.status.conditions, { type: 'Approved', status: 'True', reason: 'E2E', message: 'Set from an e2e test' }] } });
    expect(approved.status.conditions.map((each: Body) => each.type)).toEqual(['ApprovalPatch', 'Approved']);
    const signed = ok('PATCH', `${one}/status`, { metadata: { annotations: { patchedstatus: 'true' } }, status: { certificate: base64(foreignPairs.ec.certificate) } }, merge);
    expect([signed.status.certificate, signed.metadata.annotations.patchedstatus]).toEqual([base64(foreignPairs.ec.certificate), 'true']);
    const updated = ok('PUT', `${one}/status`, { ...signed, status: { ...signed.status, conditions: [...signed.status.conditions, { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from an e2e test' }] } });
    expect(updated.status.conditions.map((each: Body) => each.type)).toEqual(['ApprovalPatch', 'Approved', 'StatusUpdate']);
    ok('DELETE', one);
  });
});

describe('policies', () => {
  const deployment = (name: string, replicas: number): Json => ({ metadata: { name, labels: { app: 'nginx' } }, spec: { replicas, selector: { matchLabels: { app: 'nginx' } }, template: { metadata: { labels: { app: 'nginx' } }, spec: { containers: [{ name: 'nginx', image: 'nginx:latest' }] } } } });
  const matching = (name: string): Json => ({ namespaceSelector: { matchLabels: { [name]: 'true' } }, resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] }] });
  const bind = (type: 'validating' | 'mutating', name: string): void => void ok('POST', `${admission}/${type}admissionpolicybindings`, { metadata: { name: `${name}.binding.example.com` }, spec: { policyName: `${name}.policy.example.com`, matchResources: { namespaceSelector: { matchLabels: { [name]: 'true' } } }, ...(type === 'validating' ? { validationActions: ['Deny'] } : {}) } });
  const setUp = (type: 'validating' | 'mutating', name: string, spec: Json): string => {
    const path = bench.namespace(name, { [name]: 'true' }).replace('/api/v1', '/apis/apps/v1');
    ok('POST', `${admission}/${type}admissionpolicies`, { metadata: { name: `${name}.policy.example.com` }, spec: { matchConstraints: matching(name), ...spec } });
    bind(type, name);
    return path;
  };
  const denied = (path: string, body: Json): void =>
    bench.until(() => {
      const answer = bench.ask('POST', `${path}/deployments`, body);
      if (answer.status === 201) ok('DELETE', `${path}/deployments/${String((body['metadata'] as Json)['name'])}`);
      return `${answer.status} ${answer.body.reason}`;
    }, '422 Invalid', 30_000);

  it('validate a Deployment, with variables; mutate one', () => {
    const plain = setUp('validating', 'vap-plain', { validations: [{ expression: 'object.spec.replicas > 1', messageExpression: "'wants replicas > 1, got ' + object.spec.replicas" }] });
    denied(plain, deployment('marker-deployment', 1));
    ok('POST', `${plain}/deployments`, deployment('replicated', 2));
    ok('POST', `${plain}/replicasets`, deployment('non-replicated', 1));
    const variables = setUp('validating', 'vap-variables', { variables: [{ name: 'replicas', expression: 'object.spec.replicas' }, { name: 'oddReplicas', expression: 'variables.replicas % 2 == 1' }], validations: [{ expression: 'variables.replicas > 1' }, { expression: 'variables.oddReplicas' }] });
    denied(variables, deployment('marker-deployment', 1));
    ok('POST', `${variables}/deployments`, deployment('replicated', 3));
    expect(bench.refused('POST', `${variables}/deployments`, deployment('even', 2))).toMatch(/^422/);

    const mutated = setUp('mutating', 'map-annotated', { failurePolicy: 'Fail', reinvocationPolicy: 'Never', mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: '\n\tObject{\n\t\tmetadata: Object.metadata{\n\t\t\tannotations: {\n\t\t\t\t"mutated-by": "admission-policy"\n\t\t\t}\n\t\t}\n\t}' } }] });
    bench.until(() => String(ok('POST', `${mutated}/deployments?dryRun=All`, deployment('probe', 2)).metadata.annotations?.['mutated-by']), 'admission-policy', 30_000);
    const numbered = setUp('mutating', 'map-replicas', { failurePolicy: 'Fail', reinvocationPolicy: 'Never', mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: 'Object{spec: Object.spec{replicas: 1337}}' } }] });
    bench.until(() => String(ok('POST', `${numbered}/deployments?dryRun=All`, deployment('probe', 1)).spec.replicas), '1337', 30_000);
  });
});

describe('sig-auth', () => {
  it('ServiceAccounts: a life, automounting and its refusal, tokens that are reviewed, the root certificate', () => {
    const path = bench.namespace('accounts');
    const accounts = `${path}/serviceaccounts`;
    const made = ok('POST', accounts, { metadata: { name: 'testserviceaccount', labels: { life: 'true' } } });
    expect(ok('GET', `${accounts}/testserviceaccount`).metadata.uid).toBe(made.metadata.uid);
    const watch = bench.watch(`${accounts}?watch=true&labelSelector=life%3Dtrue&timeoutSeconds=180`);
    ok('PATCH', `${accounts}/testserviceaccount`, { metadata: {}, automountServiceAccountToken: false }, strategic);
    expect(ok('GET', '/api/v1/serviceaccounts?labelSelector=life%3Dtrue').items.map((each: Body) => each.automountServiceAccountToken)).toEqual([false]);
    const found = ok('GET', `${accounts}/testserviceaccount`);
    expect(ok('PUT', `${accounts}/testserviceaccount`, { ...found, automountServiceAccountToken: true }).automountServiceAccountToken).toBe(true);

    ok('POST', accounts, { metadata: { name: 'mount' } });
    ok('POST', accounts, { metadata: { name: 'nomount' }, automountServiceAccountToken: false });
    const mounts = (name: string, serviceAccountName: string, automountServiceAccountToken?: boolean): number => {
      const pod = ok('POST', `${path}/pods?dryRun=All`, podOf(name, { 'token-test': { args: ['pause'] } }, { serviceAccountName, ...(automountServiceAccountToken === undefined ? {} : { automountServiceAccountToken }) }));
      return (pod.spec.containers[0].volumeMounts ?? []).filter((each: Body) => each.mountPath === '/var/run/secrets/kubernetes.io/serviceaccount').length;
    };
    expect([mounts('a', 'mount'), mounts('b', 'mount', true), mounts('c', 'mount', false), mounts('d', 'nomount'), mounts('e', 'nomount', true), mounts('f', 'nomount', false)]).toEqual([1, 1, 0, 0, 1, 0]);

    const { token } = ok('POST', `${accounts}/mount/token`, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name: 'mount', namespace: 'accounts' }, spec: { audiences: ['https://kubernetes.default.svc.cluster.local'], expirationSeconds: 7200 } }).status;
    expect(ok('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } }).status).toMatchObject({ authenticated: true, user: { username: 'system:serviceaccount:accounts:mount' } });
    expect(bench.ask('GET', '/api/v1/namespaces', undefined, { authorization: `Bearer ${token}` }).status).not.toBe(401);

    ok('DELETE', accounts);
    bench.sleep(500);
    expect(watch.said().slice(0, 2)).toEqual(['ADDED testserviceaccount', 'MODIFIED testserviceaccount']);
    expect(watch.said().at(-1)).toBe('DELETED testserviceaccount');

    const root = `${path}/configmaps/kube-root-ca.crt`;
    bench.until(() => String(bench.ask('GET', root).status), '200', 30_000);
    ok('DELETE', root, { gracePeriodSeconds: 0 });
    bench.until(() => String(bench.ask('GET', root).status), '200', 30_000);
    ok('PUT', root, { metadata: { name: 'kube-root-ca.crt' }, data: { 'ca.crt': '' } });
    bench.until(() => String(ok('GET', root).data?.['ca.crt'] ?? ''), /BEGIN CERTIFICATE/, 30_000);
  });

  it('ServiceAccountIssuerDiscovery: a pod checks its own token with what the issuer publishes', () => {
    const path = bench.namespace('oidc');
    const role = 'system:service-account-issuer-discovery';
    const pod = (name: string, audience: string): Json => podOf(name, { validator: { args: ['test-service-account-issuer-discovery', '--token-path', '/var/run/secrets/tokens/sa-token', '--audience', audience], volumeMounts: [{ mountPath: '/var/run/secrets/tokens', name: 'sa-token', readOnly: true }] } }, { serviceAccountName: 'default', volumes: [{ name: 'sa-token', projected: { sources: [{ serviceAccountToken: { path: 'sa-token', expirationSeconds: 600, audience: 'oidc-discovery-test' } }] } }] });
    ok('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: `oidc-${role}` }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role }, subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'oidc' }] });
    for (const [name, audience, phase] of [['validator', 'oidc-discovery-test', 'Succeeded'], ['others', 'another-audience', 'Failed']] as const) {
      ok('POST', `${path}/pods`, pod(name, audience));
      bench.until(() => ok('GET', `${path}/pods/${name}`).status.phase, /Succeeded|Failed/, 60_000);
      expect(ok('GET', `${path}/pods/${name}`).status.phase, bench.kubectl('logs', name, '-n', 'oidc').text).toBe(phase);
    }
  });

  it('SubjectReview says what an impersonated client finds', () => {
    const path = bench.namespace('reviews');
    const account = ok('POST', `${path}/serviceaccounts`, { metadata: { name: 'e2e' } });
    const user = 'system:serviceaccount:reviews:e2e';
    const groups = ['system:authenticated', 'system:serviceaccounts', 'system:serviceaccounts:reviews'];
    const spec = { resourceAttributes: { verb: 'list', resource: 'configmaps', namespace: 'reviews', version: 'v1' }, user, groups, uid: account.metadata.uid };
    const listed = (): number => bench.ask('GET', `${path}/configmaps`, undefined, { 'impersonate-user': user, 'impersonate-uid': account.metadata.uid, 'impersonate-group': groups.join(',') }).status;
    const reviewed = (): readonly boolean[] => [ok('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { metadata: {}, spec }).status.allowed, ok('POST', '/apis/authorization.k8s.io/v1/namespaces/reviews/localsubjectaccessreviews', { metadata: { namespace: 'reviews' }, spec }).status.allowed];
    expect([listed(), ...reviewed()]).toEqual([403, false, false]);
    ok('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/reviews/rolebindings', { metadata: { name: 'view' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'ServiceAccount', name: 'e2e', namespace: 'reviews' }] });
    bench.sleep(500);
    expect([listed(), ...reviewed()]).toEqual([200, true, true]);
  });
});

describe('Events', () => {
  it('of both groups are made, found, patched, updated, deleted one by one and together', () => {
    const core = `${bench.namespace('events')}/events`;
    const events = '/apis/events.k8s.io/v1/namespaces/events/events';
    const event = (name: string, label: string): Json => ({ metadata: { name, labels: { [label]: 'true' } }, regarding: { namespace: 'events' }, eventTime: '2017-09-19T13:49:16.000000Z', note: `This is ${name}`, action: 'Do', reason: 'Test', type: 'Normal', reportingController: 'test-controller', reportingInstance: 'test-node' });
    const old = (name: string, label: string): Json => ({ metadata: { name, labels: { [label]: 'true' } }, message: `This is ${name}`, reason: 'Test', type: 'Normal', count: 1, involvedObject: { namespace: 'events' } });
    const constant = 'labelSelector=constant%3Dtrue';
    ok('POST', events, event('event-test', 'constant'));
    for (const path of [events, '/apis/events.k8s.io/v1/events']) expect(ok('GET', `${path}?${constant}`).items).toHaveLength(1);
    expect(ok('GET', `${core}?fieldSelector=source%3Dtest-controller`).items.map((each: Body) => each.metadata.name)).toEqual(['event-test']);
    expect(ok('GET', `${events}?fieldSelector=reportingController%3Dtest-controller`).items.map((each: Body) => each.metadata.name)).toEqual(['event-test']);
    const own = ({ metadata: { resourceVersion: _r, managedFields: _m, ...metadata }, ...rest }: Body): Body => ({ metadata, ...rest });
    const before = ok('GET', `${events}/event-test`);
    ok('PATCH', `${events}/event-test`, { note: 'This is a test event - patched' }, strategic);
    expect(own(ok('GET', `${events}/event-test`))).toEqual({ ...own(before), note: 'This is a test event - patched' });
    const series = { ...own(before), note: 'This is a test event - patched', series: { count: 100, lastObservedTime: '2017-09-19T13:49:16.000000Z' } };
    ok('PUT', `${events}/event-test`, series);
    expect(own(ok('GET', `${events}/event-test`))).toEqual(series);
    ok('DELETE', `${events}/event-test`);
    ok('POST', core, old('old-test', 'constant'));
    expect(ok('GET', `/api/v1/events?${constant}`).items).toHaveLength(1);
    ok('PATCH', `${core}/old-test`, { message: 'This is a test event - patched' }, strategic);
    const patched = ok('GET', `${core}/old-test`);
    expect(patched.message).toBe('This is a test event - patched');
    // The lifecycle test sets a series of the old kind.
    ok('PUT', `${core}/old-test`, { ...patched, series: { count: 100, lastObservedTime: '2017-09-19T13:49:16.000000Z' } });
    expect(ok('GET', `${core}/old-test`).series.count).toBe(100);
    ok('DELETE', `${core}/old-test`);
    expect(ok('GET', `/api/v1/events?${constant}`).items).toHaveLength(0);
    for (const name of ['1', '2', '3']) ok('POST', name === '3' ? core : events, name === '3' ? old(`test-event-${name}`, 'set') : event(`test-event-${name}`, 'set'));
    expect(ok('GET', `${events}?labelSelector=set%3Dtrue`).items).toHaveLength(3);
    ok('DELETE', `${events}?labelSelector=set%3Dtrue`);
    expect(ok('GET', `${core}?labelSelector=set%3Dtrue`).items).toHaveLength(0);
  });
});

describe('sig-cli', () => {
  const httpd = 'registry.k8s.io/e2e-test-images/httpd:2.4.38-4';
  const k = (...words: string[]): string => {
    const said = bench.kubectl('-n', 'cli', ...(words.length === 1 ? (words[0] as string).split(' ') : words));
    expect(said.code, said.text).toBe(0);
    return said.text;
  };
  /** Every line of wanted words must stand in one line of the text, in order. */
  const shows = (text: string, ...wanted: readonly (readonly string[])[]): void => {
    for (const words of wanted) expect(text.split('\n').some((line) => words.reduce((at, word) => (at < 0 ? at : line.indexOf(word, at)), 0) >= 0), `${words.join(' ')} in\n${text}`).toBe(true);
  };

  it('kubectl describes, exposes, patches, labels, replaces, runs, diffs, and says where it is', () => {
    bench.namespace('cli');
    const labels = { app: 'agnhost', role: 'primary' };
    k(`create -f ${bench.file({ kind: 'ReplicationController', apiVersion: 'v1', metadata: { name: 'agnhost-primary', labels }, spec: { replicas: 1, selector: labels, template: { metadata: { labels }, spec: { containers: [{ name: 'agnhost-primary', image: agnhost, ports: [{ name: 'agnhost-server', containerPort: 6379 }] }] } } } })}`);
    k(`create -f ${bench.file({ kind: 'Service', apiVersion: 'v1', metadata: { name: 'agnhost-primary', labels }, spec: { ports: [{ port: 6379, targetPort: 'agnhost-server' }], selector: labels } })}`);
    k('wait pod -l app=agnhost --for=condition=Ready --timeout=60s');
    const pod = k('get pods -l app=agnhost -o name').trim();
    shows(k(`describe ${pod}`), ['Name:', 'agnhost-primary-'], ['Namespace:', 'cli'], ['Node:'], ['Labels:', 'app=agnhost'], ['role=primary'], ['Annotations:'], ['Status:', 'Running'], ['IP:'], ['Controlled By:', 'ReplicationController/agnhost-primary'], ['Image:', agnhost], ['State:', 'Running'], ['QoS Class:', 'BestEffort']);
    shows(k('describe rc agnhost-primary'), ['Name:', 'agnhost-primary'], ['Selector:', 'app=agnhost,role=primary'], ['Labels:', 'app=agnhost'], ['Replicas:', '1 current', '1 desired'], ['Pods Status:', '1 Running', '0 Waiting', '0 Succeeded', '0 Failed'], ['Pod Template:'], ['Image:', agnhost], ['Events:']);
    shows(k('describe service agnhost-primary'), ['Selector:', 'app=agnhost', 'role=primary'], ['Type:', 'ClusterIP'], ['IP:'], ['Port:', '<unset>', '6379/TCP'], ['Endpoints:'], ['Session Affinity:', 'None']);
    shows(k('describe node node-1'), ['Labels:'], ['Annotations:'], ['CreationTimestamp:'], ['Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message'], ['Addresses:'], ['Capacity:'], ['Version:'], ['Kernel Version:'], ['OS Image:'], ['Container Runtime Version:'], ['Kubelet Version:'], ['Pods:']);
    shows(k('describe namespace cli'), ['Name:', 'cli'], ['Labels:'], ['Annotations:'], ['Status:', 'Active']);
    bench.until(() => k(`logs ${pod}`), /Paused/, 20_000);
    k('expose rc agnhost-primary --name=rm2 --port=1234 --target-port=6379');
    k('expose service rm2 --name=rm3 --port=2345 --target-port=6379');
    for (const [name, port] of [['rm2', 1234], ['rm3', 2345]] as const) {
      bench.until(() => JSON.stringify(bench.ask('GET', `/api/v1/namespaces/cli/endpoints/${name}`).body.subsets?.[0].ports[0].port), '6379', 30_000);
      expect(ok('GET', `/api/v1/namespaces/cli/services/${name}`).spec.ports).toMatchObject([{ port, targetPort: 6379 }]);
    }
    k('patch', pod, '-p', '{"metadata":{"annotations":{"x":"y"}}}');
    expect(k('get', pod, '-o', 'jsonpath={.metadata.annotations.x}')).toBe('y');
    k(`label ${pod} testing-label=testing-label-value`);
    expect(k(`get ${pod} -L testing-label`)).toContain('testing-label-value');
    k(`label ${pod} testing-label-`);
    expect(k(`get ${pod} -L testing-label`)).not.toContain('testing-label-value');

    k(`run e2e-test-httpd-pod --image=${httpd} --labels=run=e2e-test-httpd-pod`);
    k('wait pod e2e-test-httpd-pod --for=condition=Ready --timeout=60s');
    const replaced = bench.file(k('get pod e2e-test-httpd-pod -o json').replace(httpd, busybox));
    const image = (): string => k('get', 'pod', 'e2e-test-httpd-pod', '-o', 'jsonpath={.spec.containers[0].image}');
    k(`replace -f ${replaced} --dry-run=server`);
    expect(image()).toBe(httpd);
    k(`replace -f ${bench.file(k('get pod e2e-test-httpd-pod -o json').replace(httpd, busybox))}`);
    expect(image()).toBe(busybox);
    k(`run once --restart=Never --image=${httpd}`);
    expect(k('get', 'pod', 'once', '-o', 'jsonpath={.spec.containers[0].image} {.spec.restartPolicy}')).toBe(`${httpd} Never`);
    k('delete pods e2e-test-httpd-pod once --grace-period=0 --force');

    const deployment = (of: string): string => bench.file({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'httpd-deployment' }, spec: { replicas: 3, selector: { matchLabels: { app: 'httpd' } }, template: { metadata: { labels: { app: 'httpd' } }, spec: { containers: [{ name: 'httpd', image: of }] } } } });
    k(`create -f ${deployment(httpd)}`);
    const diff = bench.kubectl(`-n cli diff -f ${deployment(busybox)}`);
    expect([diff.code, diff.text]).toEqual([1, expect.stringContaining(httpd)]);
    expect(diff.text).toContain(busybox);
    expect(k('api-versions').split('\n')).toContain('v1');
    expect(k('cluster-info')).toMatch(/Kubernetes control plane.*is running at/);
    expect(JSON.parse(k('version -o json')).serverVersion).toMatchObject({ major: expect.stringMatching(/^\d+$/), minor: expect.stringMatching(/^\d+\+?$/), gitVersion: expect.stringMatching(/^v\d+\.\d+\./), gitCommit: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(k('version')).toMatch(/Client Version: .*Server Version: /s);
  });
});
