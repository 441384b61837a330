// The essence of sig-api-machinery's Aggregator test: the sample API server runs in a pod with an etcd of its own, behind the aggregator, with a certificate that a real client made.
import { beforeAll, describe, expect, it } from 'vitest';
import { foreignPairs } from '../../wire/testing/foreign-certificates.ts';
import { ConformanceBench, type Json, type Thing } from '../testing/conformance-bench.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const { rsa } = foreignPairs;
/** Whom the certificate names. */
const service = 'e2e-test-webhook';
const apiServices = '/apis/apiregistration.k8s.io/v1/apiservices';
const apiService = `${apiServices}/v1alpha1.wardle.example.com`;
const group = '/apis/wardle.example.com';
const flunders = `${group}/v1alpha1/namespaces/default/flunders`;
const flunder = (name: string, more: Json = {}): Json => ({ apiVersion: 'wardle.example.com/v1alpha1', kind: 'Flunder', metadata: { name, labels: { 'sample-label': 'true' } }, ...more });
const account = [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }];
const binding = (name: string, role: string): Json => ({ apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role }, subjects: account });
const registration = (version: string): Json => ({ metadata: { name: `${version}.wardle.example.com` }, spec: { group: 'wardle.example.com', version, caBundle: base64(rsa.ca), groupPriorityMinimum: 2000, versionPriority: 200, service: { namespace: 'default', name: service, port: 7443 } } });

let bench: ConformanceBench;
const names = (list: unknown): string[] => (list as { readonly items: readonly Thing[] }).items.map(({ metadata }) => metadata.name);

beforeAll(() => {
  bench = new ConformanceBench('default');
  const labels = { app: 'sample-apiserver', apiserver: 'true' };
  const etcdUrl = 'http://127.0.0.1:2379';
  bench.create(
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'sample-apiserver-secret' }, stringData: { 'tls.crt': rsa.certificate, 'tls.key': rsa.key } },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'sample-apiserver-reader' }, rules: [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] }] },
    binding('wardler:sample-apiserver-reader', 'sample-apiserver-reader'),
    binding('wardler:auth-delegator', 'system:auth-delegator'),
    {
      apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'sample-apiserver-deployment' },
      spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { volumes: [{ name: 'certs', secret: { secretName: 'sample-apiserver-secret' } }], containers: [
        { name: 'sample-apiserver', image: 'registry.k8s.io/e2e-test-images/sample-apiserver:1.33.8', volumeMounts: [{ name: 'certs', readOnly: true, mountPath: '/apiserver.local.config/certificates' }], args: [`--etcd-servers=${etcdUrl}`, '--tls-cert-file=/apiserver.local.config/certificates/tls.crt', '--tls-private-key-file=/apiserver.local.config/certificates/tls.key', '--audit-log-path=-', '--audit-log-maxage=0', '--audit-log-maxbackup=0'], readinessProbe: { httpGet: { scheme: 'HTTPS', port: 443, path: '/readyz' }, initialDelaySeconds: 20, periodSeconds: 1 } },
        { name: 'etcd', image: 'registry.k8s.io/etcd:3.6.8-0', command: ['/usr/local/bin/etcd', '--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl] },
      ] } } },
    },
    { apiVersion: 'v1', kind: 'Service', metadata: { name: service, labels: { test: 'aggregator' } }, spec: { selector: { apiserver: 'true' }, ports: [{ port: 7443, targetPort: 443 }] } },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata: { name: 'wardler-auth-reader', namespace: 'kube-system' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'extension-apiserver-authentication-reader' }, subjects: account },
  );
  bench.until(() => bench.value('deployment sample-apiserver-deployment', '.status.availableReplicas'), '1');
  bench.ok('POST', apiServices, registration('v1alpha1'));
  bench.until(() => String(bench.ask('GET', flunders).status), '200', 60_000);
});

describe('the sample API server behind the aggregator', () => {
  it('keeps flunders: created, listed, watched, deleted, alone and all at once', () => {
    const watching = bench.watch(`${flunders}?watch=true`);
    expect(bench.done('POST', flunders, flunder('rest'))).toMatchObject({ apiVersion: 'wardle.example.com/v1alpha1', kind: 'Flunder', metadata: { name: 'rest', namespace: 'default' }, spec: {}, status: {} });
    expect(names(bench.ok('GET', flunders))).toEqual(['rest']);
    expect(bench.done('PATCH', `${flunders}/rest`, { spec: { reference: 'other' } }, 'merge').spec).toEqual({ reference: 'other', referenceType: 'Flunder' });
    bench.ok('DELETE', `${flunders}/rest`);
    expect(names(bench.ok('GET', flunders))).toEqual([]);
    bench.sleep(1000);
    expect(watching.said()).toEqual(['ADDED rest', 'MODIFIED rest', 'DELETED rest']);
    for (const name of ['a', 'b']) bench.done('POST', flunders, flunder(name));
    bench.ok('DELETE', `${flunders}?labelSelector=sample-label%3Dtrue`);
    expect(names(bench.ok('GET', flunders))).toEqual([]);
    // Where they are kept: in the etcd beside it, in nobody else's.
    const pod = bench.value('pods -l app=sample-apiserver', '.items[0].metadata.name');
    bench.done('POST', flunders, flunder('kept'));
    expect(bench.kubectl('exec', pod, '-c', 'etcd', '--', 'etcdctl', 'get', '--prefix', '--keys-only', '/registry/').text.trim()).toBe('/registry/wardle.example.com/wardle.example.com/flunders/default/kept');
    bench.ok('DELETE', `${flunders}/kept`);
  });

  it('is found, asked as who asks, and says no in its own words', () => {
    const discovered = bench.ok('GET', '/apis', undefined, { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' }) as unknown as { readonly items: readonly { readonly metadata: { readonly name: string }; readonly versions: readonly unknown[] }[] };
    expect(discovered.items.find(({ metadata }) => metadata.name === 'wardle.example.com')?.versions).toMatchObject([{ version: 'v1alpha1', freshness: 'Current', resources: [{ resource: 'fischers', scope: 'Cluster' }, { resource: 'flunders', scope: 'Namespaced' }] }]);
    expect(bench.kubectl('api-resources --api-group=wardle.example.com --no-headers -o name').text.trim().split('\n')).toEqual(['fischers.wardle.example.com', 'flunders.wardle.example.com']);
    expect(bench.kubectl('get flunders --as=somebody').text).toContain('flunders.wardle.example.com is forbidden: User "somebody" cannot list resource "flunders" in API group "wardle.example.com" in the namespace "default"');
    bench.create(
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'flunder-reader' }, rules: [{ apiGroups: ['wardle.example.com'], resources: ['flunders'], verbs: ['list'] }] },
      { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'somebody' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'flunder-reader' }, subjects: [{ kind: 'User', name: 'somebody', apiGroup: 'rbac.authorization.k8s.io' }] },
    );
    bench.until(() => bench.kubectl('get flunders --as=somebody').text, 'No resources found in default namespace.\n', 30_000);
    bench.done('POST', `${group}/v1alpha1/fischers`, { metadata: { name: 'ban' }, disallowedFlunders: ['bad'] });
    expect(bench.refused('POST', flunders, flunder('bad'))).toContain('403: flunders.wardle.example.com "bad" is forbidden: this name may not be used, please change the resource name');
    expect(bench.refused('POST', `${group}/v1alpha1/namespaces/nowhere/flunders`, flunder('a'))).toBe('404: namespaces "nowhere" not found');
    expect(bench.refused('POST', flunders, flunder('a', { spec: { referenceType: 'Fischer' } }))).toBe('422: Flunder.wardle.example.com "a" is invalid: spec.fischerReference: Invalid value: "": cannot be empty if referenceType is Fischer');
    expect(bench.refused('POST', flunders, flunder('a', { spec: { reference: 1 } }))).toContain('400: Flunder in version "v1alpha1" cannot be handled as a Flunder: json: cannot unmarshal number into Go struct field FlunderSpec.spec.reference of type string');
  });

  it('serves another version of the same objects', () => {
    bench.ok('POST', apiServices, registration('v1beta1'));
    bench.done('POST', flunders, flunder('both', { spec: { reference: 'ban', referenceType: 'Fischer' } }));
    bench.until(() => bench.kubectl('get flunders.v1beta1.wardle.example.com both -o jsonpath={.spec}').text, '{"fischerReference":"ban","referenceType":"Fischer"}', 60_000);
    // Both say that they are kept as v1alpha1.
    const hashOf = (version: string): unknown => (bench.ok('GET', `${group}/${version}`).resources as readonly Json[]).find((each) => each['name'] === 'flunders')?.['storageVersionHash'];
    expect(hashOf('v1beta1')).toBe(hashOf('v1alpha1'));
    expect(Object.keys(bench.ok('GET', '/openapi/v3').paths as Json).filter((path) => path.includes('wardle'))).toEqual(['apis/wardle.example.com', 'apis/wardle.example.com/v1alpha1', 'apis/wardle.example.com/v1beta1']);
    expect(bench.kubectl('explain flunders.spec.fischerReference --api-version=wardle.example.com/v1beta1').text).toContain('FIELD: fischerReference <string>');
    bench.ok('DELETE', `${flunders}/both`);
  });

  it('is registered by an APIService that is patched, updated with its status, and deleted by label', () => {
    expect(bench.done('GET', `${apiService}/status`).status).toMatchObject({ conditions: [{ type: 'Available', message: 'all checks passed' }] });
    expect(bench.done('PATCH', apiService, { spec: { versionPriority: 400 } }, 'merge').spec['versionPriority']).toBe(400);
    expect(names(bench.ok('GET', apiServices))).toContain('v1alpha1.wardle.example.com');
    bench.done('PATCH', apiService, { metadata: { labels: { 'e2e-apiservice': 'patched' } } }, 'strategic-merge');
    const withCondition = (type: string): Json => {
      const { status } = bench.done('GET', `${apiService}/status`);
      return { conditions: [...(status['conditions'] as readonly Json[]), { type, status: 'True', reason: 'E2E', message: 'Set from e2e test' }] };
    };
    bench.done('PUT', `${apiService}/status`, { ...bench.done('GET', apiService), status: withCondition('StatusUpdated') });
    bench.done('PATCH', `${apiService}/status`, { status: withCondition('StatusPatched') }, 'merge');
    expect((bench.done('GET', `${apiService}/status`).status['conditions'] as readonly { readonly type: string }[]).map(({ type }) => type)).toEqual(['Available', 'StatusUpdated', 'StatusPatched']);
    const current = bench.done('GET', apiService);
    bench.done('PUT', apiService, { ...current, metadata: { ...current.metadata, labels: { 'v1alpha1.wardle.example.com': 'updated' } } });
    bench.ok('DELETE', `${apiServices}?labelSelector=v1alpha1.wardle.example.com%3Dupdated`);
    expect(names(bench.ok('GET', apiServices))).not.toContain('v1alpha1.wardle.example.com');
    expect(bench.ask('GET', flunders).status).toBe(404);
  });
});
