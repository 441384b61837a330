// Admission policies through a whole server.
import { describe, expect, it } from 'vitest';
import type { ApiObject } from '../../../../api/meta/object.ts';
import type { ApiClient, ResourceRef } from '../../../../client/contract.ts';
import { catching, withStatus } from '../../testing/refusals.ts';
import { createSmallWorld } from '../../testing/small-world.ts';

type Any = ApiObject & Record<string, any>;
const admission = (resource: string): ResourceRef => ({ group: 'admissionregistration.k8s.io', version: 'v1', resource });
const deployments: ResourceRef = { group: 'apps', version: 'v1', resource: 'deployments' };
const maps: ResourceRef = { group: '', version: 'v1', resource: 'configmaps' };
const apiVersion = 'admissionregistration.k8s.io/v1';
const onDeployments = { resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['deployments'] }] };
const policy = (name: string, spec: object): Any => ({ apiVersion, kind: 'ValidatingAdmissionPolicy', metadata: { name }, spec: { matchConstraints: onDeployments, ...spec } }) as Any;
const binding = (name: string, policyName: string, spec: object = {}): Any => ({ apiVersion, kind: 'ValidatingAdmissionPolicyBinding', metadata: { name }, spec: { policyName, validationActions: ['Deny'], ...spec } }) as Any;
const deployment = (name: string, replicas: number, labels: object = {}): Any => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, labels }, spec: { replicas, selector: { matchLabels: { app: name } }, template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } } }) as Any;

const make = (client: ApiClient, object: Any) => client.create<Any>(admission(`${String(object['kind']).toLowerCase().replace(/y$/, 'ie')}s`), '', object);
const createDeployment = (client: ApiClient, name: string, replicas: number, labels: object = {}) => catching(function* () {
  return (yield* client.create(deployments, 'default', deployment(name, replicas, labels))).metadata.name;
}, withStatus);

describe('validating policies', () => {
  it('deny by the first failure, say what they were told to, and look at variables and parameters', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      yield* client.create(maps, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'limits' }, data: { most: '3' } } as Any);
      yield* make(client, policy('few', { paramKind: { apiVersion: 'v1', kind: 'ConfigMap' }, variables: [{ name: 'most', expression: 'int(params.data.most)' }], validations: [{ expression: 'object.spec.replicas <= variables.most', messageExpression: "'at most ' + string(variables.most) + ' replicas'", reason: 'Forbidden' }] }));
      yield* make(client, binding('few-here', 'few', { paramRef: { name: 'limits', namespace: 'default', parameterNotFoundAction: 'Deny' } }));
      yield* make(client, policy('named', { matchConditions: [{ name: 'labelled', expression: "has(object.metadata.labels) && 'strict' in object.metadata.labels" }], validations: [{ expression: "object.metadata.name.startsWith('a')" }] }));
      yield* make(client, binding('named', 'named'));
      return [yield* createDeployment(client, 'b', 4), yield* createDeployment(client, 'b', 3), yield* createDeployment(client, 'c', 1, { strict: 'yes' }), yield* createDeployment(client, 'a', 1, { strict: 'yes' })];
    });
    expect(result).toEqual([
      `403 Forbidden: deployments.apps "b" is forbidden: ValidatingAdmissionPolicy 'few' with binding 'few-here' denied request: at most 3 replicas`,
      'b',
      `422 Invalid: deployments.apps "c" is forbidden: ValidatingAdmissionPolicy 'named' with binding 'named' denied request: failed expression: object.metadata.name.startsWith('a')`,
      'a',
    ]);
  });

  it('warn, fail open or closed, and select by namespace', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      yield* make(client, policy('warned', { validations: [{ expression: 'object.spec.replicas > 1', message: 'one is lonely' }] }));
      yield* make(client, binding('warned', 'warned', { validationActions: ['Warn', 'Audit'] }));
      yield* make(client, policy('broken', { validations: [{ expression: "object.metadata.annotations['x'] == 'y'" }] }));
      yield* make(client, binding('broken', 'broken', { matchResources: { namespaceSelector: { matchLabels: { strict: 'yes' } } } }));
      const warned = yield* client.raw('POST', '/apis/apps/v1/namespaces/default/deployments', { body: deployment('a', 1) });
      yield* client.patch({ group: '', version: 'v1', resource: 'namespaces' }, '', 'default', 'application/merge-patch+json', { metadata: { labels: { strict: 'yes' } } });
      const failed = yield* createDeployment(client, 'b', 2);
      yield* client.patch(admission('validatingadmissionpolicies'), '', 'broken', 'application/merge-patch+json', { spec: { failurePolicy: 'Ignore' } });
      return [warned.headers['warning'], failed, yield* createDeployment(client, 'b', 2)];
    });
    expect(result).toEqual([
      `299 - "Validation failed for ValidatingAdmissionPolicy 'warned' with binding 'warned': one is lonely"`,
      `422 Invalid: deployments.apps "b" is forbidden: ValidatingAdmissionPolicy 'broken' with binding 'broken' denied request: expression 'object.metadata.annotations['x'] == 'y'' resulted in error: no such key: annotations`,
      'b',
    ]);
  });

  it('have a budget for their validations, one for their conditions, and one for their annotations', () => {
    const { run } = createSmallWorld();
    const onMaps = { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }] };
    // Each costs nearly as much as one expression may.
    const dear = 'object.data.text.contains(object.data.text)';
    const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
    const spent = 'validation failed due to running out of cost budget, no further validation rules will be run';
    const result = run(function* (client) {
      const attempt = (spec: object) =>
        catching(function* () {
          yield* make(client, policy('dear', { matchConstraints: onMaps, ...spec }));
          yield* make(client, binding('dear', 'dear'));
          const refused = yield* catching(() => client.create(maps, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'm-' }, data: { text: 'x'.repeat(9900) } } as unknown as Any), withStatus);
          yield* client.delete(admission('validatingadmissionpolicybindings'), '', 'dear');
          yield* client.delete(admission('validatingadmissionpolicies'), '', 'dear');
          return typeof refused === 'string' ? refused.replace(/^.* denied request: /, '') : 'created';
        }, withStatus);
      return [
        yield* attempt({ validations: times(10, { expression: dear }) }),
        yield* attempt({ validations: times(11, { expression: dear }) }),
        yield* attempt({ validations: times(11, { expression: dear }), failurePolicy: 'Ignore' }),
        yield* attempt({ variables: [{ name: 'dear', expression: dear }], validations: [...times(10, { expression: dear }), { expression: 'variables.dear' }] }),
        yield* attempt({ validations: times(6, { expression: dear, messageExpression: `${dear} ? 'a' : 'b'` }) }),
        yield* attempt({ matchConditions: [0, 1].map((name) => ({ name: `c${name}`, expression: dear })), validations: times(10, { expression: dear }) }),
        yield* attempt({ matchConditions: [0, 1, 2].map((name) => ({ name: `c${name}`, expression: name === 0 ? `!${dear}` : dear })), validations: [{ expression: 'true' }] }),
        yield* attempt({ validations: times(10, { expression: dear }), auditAnnotations: Array.from({ length: 10 }, (_, index) => ({ key: `a${index}`, valueExpression: `${dear} ? 'a' : 'b'` })) }),
        yield* attempt({ validations: [{ expression: 'false' }], auditAnnotations: Array.from({ length: 11 }, (_, index) => ({ key: `a${index}`, valueExpression: `${dear} ? 'a' : 'b'` })) }),
        yield* attempt({ validations: [{ expression: 'object.data.text.contains(object.data.text + object.data.text)' }] }),
      ];
    });
    expect(result).toEqual([
      'created',
      spent,
      'created',
      spent,
      `failed messageExpression: ${spent}`,
      'created',
      spent,
      'created',
      spent,
      "expression 'object.data.text.contains(object.data.text + object.data.text)' resulted in error: operation cancelled: actual cost limit exceeded",
    ]);
  });

  it('know what the requester may do', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      yield* make(client, policy('mine', { validations: [{ expression: "authorizer.group('apps').resource('deployments').namespace('default').check('delete').allowed() && authorizer.requestResource.check('create').reason() == '' && request.userInfo.username == 'nobody'", message: 'no' }] }));
      yield* make(client, binding('mine', 'mine'));
      return yield* createDeployment(client, 'a', 1);
    });
    expect(result).toContain('denied request: no');
  });

  it('are refused when they do not compile', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      return [
        yield* catching(() => make(client, policy('a', { validations: [{ expression: 'object.spec.replicas <=' }] })), withStatus),
        yield* catching(() => make(client, policy('b', { validations: [{ expression: '1 + 1' }, { expression: 'params.x == 1' }] })), withStatus),
        yield* catching(() => make(client, policy('c', {})), withStatus),
        yield* catching(() => make(client, binding('d', '', { validationActions: ['Deny', 'Warn'] })), withStatus),
      ];
    });
    expect((result as string[])[0]).toContain('spec.validations[0].expression: Invalid value: "object.spec.replicas <=": compilation failed: ERROR: <input>:1:24: Syntax error');
    expect((result as string[])[1]).toContain("spec.validations[0].expression: Invalid value: \"1 + 1\": must evaluate to bool, spec.validations[1].expression: Invalid value: \"params.x == 1\": compilation failed: ERROR: <input>:1:1: undeclared reference to 'params' (in container '')");
    expect((result as string[])[2]).toContain('[spec.validations: Required value: validations or auditAnnotations must contain at least one item, spec.auditAnnotations: Required value');
    expect((result as string[])[3]).toContain('spec.policyName: Required value, spec.validationActions: Invalid value: ["Deny","Warn"]: must not contain both Deny and Warn');
  });
});

describe('mutating policies', () => {
  const mutating = (name: string, mutations: object[], more: object = {}): Any[] => [
    { apiVersion, kind: 'MutatingAdmissionPolicy', metadata: { name }, spec: { matchConstraints: onDeployments, reinvocationPolicy: 'Never', mutations, ...more } } as Any,
    { apiVersion, kind: 'MutatingAdmissionPolicyBinding', metadata: { name }, spec: { policyName: name } } as Any,
  ];
  it('merge configurations and apply patches, in order', () => {
    const { run, events } = createSmallWorld();
    const result = run(function* (client) {
      const mutations = [
        { patchType: 'ApplyConfiguration', applyConfiguration: { expression: "Object{metadata: Object.metadata{labels: {'team': 'a'}}, spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{containers: [Object.spec.template.spec.containers{name: 'side', image: 'busybox'}]}}}}" } },
        { patchType: 'JSONPatch', jsonPatch: { expression: "[JSONPatch{op: 'add', path: '/metadata/labels/' + jsonpatch.escapeKey('x/y'), value: object.metadata.labels.team + '.b'}]" } },
      ];
      for (const object of mutating('sidecar', mutations)) yield* make(client, object);
      const made = yield* client.create<Any>(deployments, 'default', deployment('web', 1));
      return [made.metadata.labels, made['spec'].template.spec.containers.map((each: { name: string; imagePullPolicy: string }) => `${each.name} ${each.imagePullPolicy}`)];
    });
    expect(result).toEqual([{ team: 'a', 'x/y': 'a.b' }, ['c Always', 'side Always']]);
    const told = events.map((event) => event.data as unknown as { type: string; plugin?: string; changes?: readonly string[] }).find((data) => data.type === 'apiserver.mutated' && data.plugin === 'MutatingAdmissionPolicy');
    expect(told?.changes?.[0]).toBe('+ metadata.labels: {"team":"a","x/y":"a.b"}');
  });

  it('refuse what would replace an atomic list, unless failures are ignored', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      const mutations = [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: "Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{tolerations: [Object.spec.template.spec.tolerations{key: 'a'}]}}}}" } }];
      for (const object of mutating('atomic', mutations)) yield* make(client, object);
      return yield* createDeployment(client, 'web', 1);
    });
    expect(result).toBe(`422 Invalid: deployments.apps "web" is forbidden: policy 'atomic' with binding 'atomic' denied request: error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: .spec.template.spec.tolerations`);
  });

  it('that make something else of an object are refused', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      for (const object of mutating('odd', [{ patchType: 'JSONPatch', jsonPatch: { expression: "[JSONPatch{op: 'replace', path: '/spec/template/spec/containers', value: 'none'}]" } }])) yield* make(client, object);
      return yield* createDeployment(client, 'web', 1);
    });
    expect(result).toContain("denied request: error applying patch: Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field");
  });

  it('bring containers that the plugins before them see in a second round', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      const core = (resource: string): ResourceRef => ({ group: '', version: 'v1', resource });
      yield* client.create(core('serviceaccounts'), 'default', { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } } as Any);
      yield* client.create(core('limitranges'), 'default', { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'l' }, spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '50m' } }] } } as Any);
      const onPods = { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }] };
      for (const object of mutating('side', [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression: "Object{spec: Object.spec{containers: [Object.spec.containers{name: 'side', image: 'busybox'}]}}" } }], { matchConstraints: onPods })) yield* make(client, object);
      const pod = yield* client.create<Any>(core('pods'), 'default', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } as Any);
      const { containers, volumes } = pod['spec'] as { containers: { name: string; resources: { requests?: { cpu: string } }; volumeMounts: { name: string }[] }[]; volumes: { name: string }[] };
      return [volumes.length, containers.map(({ name, resources, volumeMounts }) => [name, resources.requests?.cpu, volumeMounts.map((mount) => mount.name === volumes[0]?.name)])];
    });
    expect(result).toEqual([1, [['c', '50m', [true]], ['side', '50m', [true]]]]);
  });
});
