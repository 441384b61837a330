// The essence of sig-api-machinery's AdmissionWebhook tests: the test image answers in a pod behind a Service, with certificates that a real client made.
import { beforeAll, describe, expect, it } from 'vitest';
import { foreignPairs } from '../../wire/testing/foreign-certificates.ts';
import { agnhost, ConformanceBench, type Json, podOf } from '../testing/conformance-bench.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

for (const [preset, kind] of [['default', 'rsa'], ['conformance', 'ec']] as const) {
  describe(`webhooks, ${preset}`, () => {
    let bench: ConformanceBench;
    const pair = foreignPairs[kind];
    const hook = (name: string, path: string, resources: readonly string[], more: Json = {}): Json => ({
      name: `${name}.k8s.io`, sideEffects: 'None', admissionReviewVersions: ['v1'],
      clientConfig: { service: { namespace: 'default', name: 'e2e-test-webhook', path, port: 8443 }, caBundle: base64(pair.ca) },
      rules: [{ apiGroups: ['', 'stable.example.com'], apiVersions: ['v1'], operations: ['*'], resources }],
      namespaceSelector: { matchLabels: { hooked: 'yes' } }, ...more,
    });
    const configure = (type: 'Validating' | 'Mutating', name: string, ...webhooks: readonly Json[]): void => bench.create({ apiVersion: 'admissionregistration.k8s.io/v1', kind: `${type}WebhookConfiguration`, metadata: { name }, webhooks });
    const forget = (type: 'validating' | 'mutating', name: string): string => bench.kubectl(`delete ${type}webhookconfiguration ${name}`).text;
    const config = (name: string, data: Json): string => bench.kubectl(`create -n hooked -f ${bench.file({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })}`).text;

    beforeAll(() => {
      bench = new ConformanceBench(preset);
      bench.create(
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'hooked', labels: { hooked: 'yes' } } },
        { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'certs' }, stringData: { 'tls.crt': pair.certificate, 'tls.key': pair.key } },
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'hook' }, spec: { selector: { matchLabels: { app: 'hook' } }, template: { metadata: { labels: { app: 'hook' } }, spec: { volumes: [{ name: 'certs', secret: { secretName: 'certs' } }], containers: [{ name: 'hook', image: agnhost, args: ['webhook', '--tls-cert-file=/webhook.local.config/certificates/tls.crt', '--tls-private-key-file=/webhook.local.config/certificates/tls.key', '--alsologtostderr', '-v=4', '--port=8444'], ports: [{ containerPort: 8444 }], volumeMounts: [{ name: 'certs', mountPath: '/webhook.local.config/certificates', readOnly: true }], readinessProbe: { httpGet: { scheme: 'HTTPS', port: 8444, path: '/readyz' }, periodSeconds: 1 } }] } } } },
        { apiVersion: 'v1', kind: 'Service', metadata: { name: 'e2e-test-webhook' }, spec: { selector: { app: 'hook' }, ports: [{ port: 8443, targetPort: 8444 }] } },
        { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'tests.stable.example.com' }, spec: { group: 'stable.example.com', scope: 'Namespaced', names: { plural: 'tests', singular: 'test', kind: 'Test' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { data: { type: 'object', properties: { 'mutation-start': { type: 'string' }, 'mutation-stage-1': { type: 'string' }, 'webhook-e2e-test': { type: 'string' } } } } } } }] } },
      );
      bench.until(() => bench.value('deployment hook', '.status.readyReplicas'), '1');
      bench.world.run(bench.world.nowMs + 3000);
    });

    it('pods and ConfigMaps are denied; a ConfigMap is mutated twice; attaching is denied; a webhook can be changed and forgotten', () => {
      configure('Validating', 'deny', hook('deny-pods', '/pods', ['pods']), hook('deny-configmaps', '/configmaps', ['configmaps']));
      configure('Mutating', 'change', hook('change-1', '/mutating-configmaps', ['configmaps']), hook('change-2', '/mutating-configmaps', ['configmaps']));
      configure('Validating', 'attach', hook('deny-attach', '/pods/attach', ['pods/attach']));
      bench.until(() => config('bad', { 'webhook-e2e-test': 'webhook-disallow' }), /denied the request: the configmap contains unwanted key and value/, 20_000);
      expect(bench.kubectl(`create -n hooked -f ${bench.file(podOf('bad', { 'webhook-disallow': { args: ['pause'] } }, {}, { labels: { 'webhook-e2e-test': 'webhook-disallow' } }))}`).text).toMatch(/denied the request: the pod contains unwanted container name; the pod contains unwanted label/);
      expect(config('good', { 'mutation-start': 'yes' })).toContain('created');
      expect(bench.value('configmap good -n hooked', '.data')).toBe('{"mutation-stage-1":"yes","mutation-stage-2":"yes","mutation-start":"yes"}');
      expect(bench.kubectl('patch configmap good -n hooked --type=merge -p {"data":{"webhook-e2e-test":"webhook-disallow"}}').text).toContain('unwanted key and value');
      bench.kubectl(`create -n hooked -f ${bench.file(podOf('to-be-attached-pod', { container1: { args: ['pause'] } }))}`);
      bench.until(() => bench.value('pod to-be-attached-pod -n hooked', '.status.phase'), 'Running');
      expect(bench.kubectl('attach to-be-attached-pod -n hooked -i -c=container1').text).toContain("attaching to pod 'to-be-attached-pod' is not allowed");
      bench.kubectl('patch validatingwebhookconfiguration deny --type=json -p [{"op":"replace","path":"/webhooks/1/rules/0/operations","value":["UPDATE"]}]');
      bench.until(() => config('later', { 'webhook-e2e-test': 'webhook-disallow' }), /created|exists/, 20_000);
      for (const name of ['deny', 'attach']) forget('validating', name);
      forget('mutating', 'change');
      bench.until(() => config('last', { 'mutation-start': 'yes' }), /created|exists/, 20_000);
    });

    it('a custom resource is denied, mutated and pruned; a CRD is denied; pods get defaults after a mutation', () => {
      configure('Mutating', 'custom', hook('change', '/mutating-custom-resource', ['tests']));
      configure('Validating', 'custom', hook('deny', '/custom-resource', ['tests']));
      configure('Mutating', 'pods', hook('pods', '/mutating-pods', ['pods']));
      configure('Validating', 'crds', { ...hook('crds', '/crd', ['customresourcedefinitions'], { namespaceSelector: {} }), rules: [{ apiGroups: ['apiextensions.k8s.io'], apiVersions: ['*'], operations: ['CREATE'], resources: ['customresourcedefinitions'] }] });
      const test = (name: string, data: Json): string => bench.kubectl(`create -n hooked -f ${bench.file({ apiVersion: 'stable.example.com/v1', kind: 'Test', metadata: { name }, data })}`).text;
      bench.until(() => test('bad', { 'webhook-e2e-test': 'webhook-disallow' }), /the custom resource contains unwanted data/, 20_000);
      expect(test('good', { 'mutation-start': 'yes' })).toContain('created');
      expect(bench.value('tests.stable.example.com good -n hooked', '.data')).toBe('{"mutation-stage-1":"yes","mutation-start":"yes"}');
      const crd = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'others.stable.example.com', labels: { 'webhook-e2e-test': 'webhook-disallow' } }, spec: { group: 'stable.example.com', scope: 'Namespaced', names: { plural: 'others', kind: 'Other' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }] } };
      bench.until(() => bench.kubectl(`create -f ${bench.file(crd)}`).text, /the crd contains unwanted label/, 20_000);
      bench.kubectl(`create -n hooked -f ${bench.file(podOf('webhook-to-be-mutated', { example: { args: ['pause'] } }))}`);
      expect(bench.value('pod webhook-to-be-mutated -n hooked', '.spec.initContainers[0].name} {.spec.initContainers[0].terminationMessagePolicy')).toBe('webhook-added-init-container File');
      for (const name of ['custom', 'crds']) forget('validating', name);
      for (const name of ['custom', 'pods']) forget('mutating', name);
    });

    it('time limits, failure policies, match conditions, and configurations that no webhook may touch', () => {
      const conditions = [{ name: 'select-specific', expression: "object.metadata.name == 'slow'" }];
      configure('Validating', 'slow', hook('slow', '/always-allow-delay-5s', ['configmaps'], { timeoutSeconds: 1, failurePolicy: 'Fail', matchConditions: conditions }));
      bench.until(() => config('slow', {}), /context deadline exceeded|Client.Timeout/, 30_000);
      expect(config('quick', {})).toContain('created');
      bench.kubectl('patch validatingwebhookconfiguration slow --type=json -p [{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Ignore"}]');
      bench.until(() => config('slow', {}), /created/, 30_000);
      const bad = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'bad' }, webhooks: [hook('bad', '/configmaps', ['configmaps'], { matchConditions: [{ name: 'invalid', expression: 'object' }, { name: 'broken', expression: '...' }] })] };
      expect(bench.kubectl(`create -f ${bench.file(bad)}`).text).toMatch(/compilation failed/);
      configure('Validating', 'closed', { ...hook('closed', '/configmaps', ['configmaps']), failurePolicy: 'Fail', clientConfig: { service: { namespace: 'default', name: 'missing', path: '/configmaps', port: 8443 }, caBundle: base64(pair.ca) } });
      bench.until(() => config('refused', {}), /failed calling webhook/, 20_000);
      configure('Validating', 'all', { ...hook('all', '/always-deny', ['*']), namespaceSelector: {}, rules: [{ apiGroups: ['admissionregistration.k8s.io'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }] });
      for (const name of ['slow', 'closed', 'all']) expect(forget('validating', name)).toContain('deleted');
    });

    it('a certificate of another authority is refused', () => {
      const other = foreignPairs[kind === 'rsa' ? 'ec' : 'rsa'].ca;
      configure('Validating', 'wrong', { ...hook('wrong', '/configmaps', ['configmaps']), clientConfig: { service: { namespace: 'default', name: 'e2e-test-webhook', path: '/configmaps', port: 8443 }, caBundle: base64(other) } });
      bench.until(() => config('wrong', {}), /certificate signed by unknown authority/, 20_000);
      forget('validating', 'wrong');
    });
  });
}
