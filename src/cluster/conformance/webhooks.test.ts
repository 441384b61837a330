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
      expect(bench.kubectl(`create -n hooked -f ${bench.file(podOf('bad', { 'webhook-disallow': { args: ['pause'] } }, {}, { labels: { 'webhook-e2e-test': 'webhook-disallow' } }))}`).text).toMatch(/denied the request: the pod contains unwanted label; the pod contains unwanted container name;/);
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

    it('webhooks of every kind are listed and deleted together; one may skip what it does not want; objects are mutated in whatever version they are stored', () => {
      const conditional = hook('all', '/add-label', ['configmaps'], { objectSelector: { matchExpressions: [{ key: 'skip-me', operator: 'NotIn', values: ['yes'] }] } });
      for (const [type, path] of [['Mutating', 'mutating'], ['Validating', 'validating']] as const) {
        for (const n of [1, 2]) bench.create({ apiVersion: 'admissionregistration.k8s.io/v1', kind: `${type}WebhookConfiguration`, metadata: { name: `listed-${n}`, labels: { listed: 'yes' } }, webhooks: [{ ...conditional, name: `listed-${n}.k8s.io`, clientConfig: { ...(conditional['clientConfig'] as Json), service: { namespace: 'default', name: 'e2e-test-webhook', path: type === 'Mutating' ? '/add-label' : '/configmaps', port: 8443 } } }] });
        const listed = `/apis/admissionregistration.k8s.io/v1/${path}webhookconfigurations?labelSelector=listed%3Dyes`;
        expect(bench.ok('GET', listed).items).toHaveLength(2);
        const data = type === 'Mutating' ? {} : { 'webhook-e2e-test': 'webhook-disallow' };
        const made = (labels: Json): string => {
          const answer = bench.ask('POST', '/api/v1/namespaces/hooked/configmaps', { metadata: { generateName: 'listed-', labels }, data });
          return `${answer.status} ${answer.body.metadata?.labels?.['added-label'] ?? ''}`;
        };
        bench.until(() => made({ a: 'b' }), type === 'Mutating' ? '201 yes' : '400 ', 20_000);
        expect(made({ 'skip-me': 'yes' })).toBe('201 ');
        bench.ok('DELETE', listed);
        bench.until(() => made({ a: 'b' }), '201 ', 20_000);
      }

      const properties = (storage: 'v1' | 'v2'): Json => ({ spec: { versions: ['v1', 'v2'].map((name) => ({ name, served: true, storage: name === storage, schema: { openAPIV3Schema: { type: 'object', properties: { data: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } } } } })) } });
      const definition = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/versioneds.stable.example.com';
      bench.create({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'versioneds.stable.example.com' }, spec: { group: 'stable.example.com', scope: 'Namespaced', names: { plural: 'versioneds', singular: 'versioned', kind: 'Versioned' }, ...(properties('v1')['spec'] as Json) } });
      const path = '/apis/stable.example.com/v1/namespaces/hooked/versioneds';
      bench.until(() => String(bench.ask('GET', path).status), '200', 20_000);
      configure('Mutating', 'versioned', hook('versioned', '/mutating-custom-resource', ['versioneds']));
      bench.until(() => bench.ok('POST', `${path}?dryRun=All`, { apiVersion: 'stable.example.com/v1', kind: 'Versioned', metadata: { name: 'probe' }, data: { 'mutation-start': 'yes' } }).data['mutation-stage-1'] ?? '', 'yes', 20_000);
      bench.ok('POST', path, { apiVersion: 'stable.example.com/v1', kind: 'Versioned', metadata: { name: 'cr-instance-1' }, data: { 'mutation-start': 'yes' } });
      bench.ok('PATCH', definition, properties('v2'), { 'content-type': 'application/merge-patch+json' });
      const patched = bench.ok('PATCH', `${path}/cr-instance-1`, { data: { 'mutation-start': 'yes', dummy: 'test' } }, { 'content-type': 'application/merge-patch+json' });
      expect(patched.data).toEqual({ 'mutation-start': 'yes', 'mutation-stage-1': 'yes', 'mutation-stage-2': 'yes', dummy: 'test' });
      forget('mutating', 'versioned');
      bench.ok('DELETE', definition);
    });

    it('custom resources are converted one by one and as lists, and selected by their fields in either version', () => {
      bench.create(
        { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'sample-crd-conversion-webhook-deployment' }, spec: { selector: { matchLabels: { app: 'sample-crd-conversion-webhook' } }, template: { metadata: { labels: { app: 'sample-crd-conversion-webhook' } }, spec: { volumes: [{ name: 'certs', secret: { secretName: 'certs' } }], containers: [{ name: 'sample', image: agnhost, args: ['crd-conversion-webhook', '--tls-cert-file=/webhook.local.config/certificates/tls.crt', '--tls-private-key-file=/webhook.local.config/certificates/tls.key', '--alsologtostderr', '-v=4', '2>&1', '--port=9444'], ports: [{ containerPort: 9444 }], volumeMounts: [{ name: 'certs', mountPath: '/webhook.local.config/certificates', readOnly: true }], readinessProbe: { httpGet: { scheme: 'HTTPS', port: 9444, path: '/readyz' }, periodSeconds: 1 } }] } } } },
        { apiVersion: 'v1', kind: 'Service', metadata: { name: 'e2e-test-crd-conversion-webhook' }, spec: { selector: { app: 'sample-crd-conversion-webhook' }, ports: [{ port: 9443, targetPort: 9444 }] } },
      );
      bench.until(() => bench.value('deployment sample-crd-conversion-webhook-deployment', '.status.readyReplicas'), '1');
      const text = { type: 'string' };
      const version = (name: string, storage: boolean, fields: readonly string[]): Json => ({ name, served: true, storage, schema: { openAPIV3Schema: { type: 'object', properties: Object.fromEntries(fields.map((each) => [each, text])) } }, selectableFields: fields.map((each) => ({ jsonPath: `.${each}` })) });
      const definition = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/hosts.stable.example.com';
      // The pair of the test speaks for one name.
      const service = { namespace: 'default', name: 'e2e-test-webhook', path: '/crdconvert', port: 9443 };
      bench.ok('PATCH', '/api/v1/namespaces/default/services/e2e-test-webhook', { spec: { selector: { app: 'sample-crd-conversion-webhook' }, ports: [{ port: 9443, targetPort: 9444 }] } }, { 'content-type': 'application/merge-patch+json' });
      bench.create({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'hosts.stable.example.com' }, spec: { group: 'stable.example.com', scope: 'Namespaced', names: { plural: 'hosts', singular: 'host', kind: 'Host' }, preserveUnknownFields: false, versions: [version('v1', true, ['hostPort']), version('v2', false, ['host', 'port'])], conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1', 'v1beta1'], clientConfig: { service, caBundle: base64(pair.ca) } } } } });
      const [v1, v2] = ['v1', 'v2'].map((each) => `/apis/stable.example.com/${each}/namespaces/default/hosts`) as [string, string];
      bench.until(() => String(bench.ask('GET', v2).status), '200', 20_000);
      const hostOf = (path: string, name: string, fields: Json): Json => ({ apiVersion: path.split('/').slice(2, 4).join('/'), kind: 'Host', metadata: { name }, ...fields });
      bench.until(() => String(bench.ask('POST', `${v2}?dryRun=All`, hostOf(v2, 'marker', { host: 'h', port: '1' })).status), '201', 30_000);

      const names = (list: string): readonly string[] => bench.ok('GET', list).items.map((each: { readonly metadata: { readonly name: string } }) => each.metadata.name);
      const host1 = bench.watch(`${v2}?watch=true&fieldSelector=host%3Dhost1`);
      const port80 = bench.watch(`${v2}?watch=true&fieldSelector=host%3Dhost1%2Cport%3D80`);
      const old80 = bench.watch(`${v1}?watch=true&fieldSelector=hostPort%3Dhost1%3A80`);
      for (const [name, fields] of [['cr-a', { host: 'host1', port: '80' }], ['cr-b', { host: 'host1', port: '8080' }], ['cr-c', { host: 'host2' }]] as const) bench.ok('POST', v2, hostOf(v2, name, fields));
      expect(names(`${v2}?fieldSelector=host%3Dhost1`)).toEqual(['cr-a', 'cr-b']);
      expect(names(`${v2}?fieldSelector=host%3Dhost1%2Cport%3D80`)).toEqual(['cr-a']);
      expect(names(`${v1}?fieldSelector=hostPort%3Dhost1%3A80`)).toEqual(['cr-a']);
      expect(names(`${v1}?fieldSelector=hostPort%3Dhost1%3A8080`)).toEqual(['cr-b']);
      bench.sleep(500);
      expect([host1.said(), port80.said(), old80.said()]).toEqual([['ADDED cr-a', 'ADDED cr-b'], ['ADDED cr-a'], ['ADDED cr-a']]);
      bench.ok('DELETE', `${v2}?fieldSelector=host%3Dhost1%2Cport%3D80`, { gracePeriodSeconds: 0 });
      bench.ok('PUT', `${v2}/cr-b`, { ...bench.ok('GET', `${v2}/cr-b`), host: 'host2' });
      expect(names(`${v2}?fieldSelector=host%3Dhost1`)).toEqual([]);
      bench.sleep(500);
      expect([host1.said().slice(2), port80.said().slice(1), old80.said().slice(1)]).toEqual([['DELETED cr-a', 'DELETED cr-b'], ['DELETED cr-a'], ['DELETED cr-a']]);

      // A list of objects that are stored in both versions: the stored one was changed in between.
      bench.ok('POST', v1, hostOf(v1, 'name1', { hostPort: 'localhost:8080' }));
      expect(bench.ok('GET', `${v2}/name1`)).toMatchObject({ apiVersion: 'stable.example.com/v2', host: 'localhost', port: '8080' });
      const found = bench.ok('GET', definition);
      bench.ok('PUT', definition, { ...found, spec: { ...found.spec, versions: [version('v1', false, ['hostPort']), version('v2', true, ['host', 'port'])] } });
      bench.ok('POST', v2, hostOf(v2, 'name2', { host: 'localhost', port: '9090' }));
      bench.sleep(1000);
      const shapes = (list: string, ...fields: string[]): unknown => bench.ok('GET', list).items.filter((each: Json) => /^name/.test(String((each['metadata'] as Json)['name']))).map((each: Json) => [each['apiVersion'], ...fields.map((field) => each[field])]);
      expect(shapes(v1, 'hostPort')).toEqual([['stable.example.com/v1', 'localhost:8080'], ['stable.example.com/v1', 'localhost:9090']]);
      expect(shapes(v2, 'host', 'port')).toEqual([['stable.example.com/v2', 'localhost', '8080'], ['stable.example.com/v2', 'localhost', '9090']]);
      for (const each of [host1, port80, old80]) each.stop();
      bench.ok('DELETE', definition);
      bench.until(() => String(bench.ask('GET', definition).status), '404', 30_000);
      bench.ok('PATCH', '/api/v1/namespaces/default/services/e2e-test-webhook', { spec: { selector: { app: 'hook' }, ports: [{ port: 8443, targetPort: 8444 }] } }, { 'content-type': 'application/merge-patch+json' });
    });

    it('a certificate of another authority is refused', () => {
      const other = foreignPairs[kind === 'rsa' ? 'ec' : 'rsa'].ca;
      configure('Validating', 'wrong', { ...hook('wrong', '/configmaps', ['configmaps']), clientConfig: { service: { namespace: 'default', name: 'e2e-test-webhook', path: '/configmaps', port: 8443 }, caBundle: base64(other) } });
      bench.until(() => config('wrong', {}), /certificate signed by unknown authority/, 20_000);
      forget('validating', 'wrong');
    });
  });
}
