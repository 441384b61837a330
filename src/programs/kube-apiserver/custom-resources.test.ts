// Custom resources through a whole server (and through two on one etcd): definitions accepted and established, objects judged, served, deleted.
import { describe, expect, it } from 'vitest';
import type { ApiObject } from '../../api/meta/object.ts';
import type { ApiClient, ResourceRef, WatchEvent } from '../../client/contract.ts';
import { createApiClient } from '../../client/rest-client.ts';
import type { Host } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { verdict } from './testing/refusals.ts';
import { clientIdentity, createSmallWorld } from './testing/small-world.ts';

type Any = ApiObject & Record<string, any>;

const definitions: ResourceRef = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };
const crontabs = (version = 'v1'): ResourceRef => ({ group: 'stable.example.com', version, resource: 'crontabs' });

const schema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['cronSpec'],
      properties: {
        cronSpec: { type: 'string', pattern: '^(\\d+|\\*)( (\\d+|\\*)){4}$' },
        image: { type: 'string', default: 'busybox', maxLength: 20 },
        replicas: { type: 'integer', minimum: 1, maximum: 10 },
        mode: { type: 'string', enum: ['fast', 'slow'] },
        port: { 'x-kubernetes-int-or-string': true },
        ports: { type: 'array', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['port'], items: { type: 'object', required: ['port'], properties: { port: { type: 'integer' }, name: { type: 'string', default: 'http' } } } },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        anything: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        fixed: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'is fixed' }] },
      },
      'x-kubernetes-validations': [
        { rule: '!has(self.replicas) || self.replicas != 7', message: 'seven is unlucky' },
        { rule: "!has(self.mode) || self.mode != 'fast' || (has(self.replicas) && self.replicas > 1)", messageExpression: "'fast needs two, not %d'.format([has(self.replicas) ? self.replicas : 0])", fieldPath: '.replicas', reason: 'FieldValueRequired' },
      ],
    },
    status: { type: 'object', properties: { replicas: { type: 'integer' }, phase: { type: 'string', maxLength: 5 } } },
  },
};
const version = (name: string, more: object = {}): object => ({ name, served: true, storage: false, schema: { openAPIV3Schema: schema }, subresources: { status: {}, scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' } }, ...more });
const definition = (more: object = {}, names: object = {}): Any => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'crontabs.stable.example.com' },
  spec: { group: 'stable.example.com', scope: 'Namespaced', names: { plural: 'crontabs', kind: 'CronTab', shortNames: ['ct'], categories: ['all'], ...names }, versions: [version('v1', { storage: true }), version('v2')], ...more },
});
const crontab = (name: string, spec: object, more: object = {}): Any => ({ apiVersion: 'stable.example.com/v1', kind: 'CronTab', metadata: { name }, spec: { cronSpec: '* * * * *', ...spec }, ...more });

function* establish(client: ApiClient, host: Host, object: Any = definition()): Task<Any> {
  yield* client.create(definitions, '', object);
  for (let i = 0; i < 50; i++) {
    const found = yield* client.get<Any>(definitions, '', object.metadata.name);
    if ((found['status'].conditions as { type: string; status: string }[] | null)?.some((each) => each.type === 'Established' && each.status === 'True') === true) return found;
    yield* host.clock.sleep(100);
  }
  throw new Error('never established');
}

describe('definitions', () => {
  it('are accepted, established, and refused names that are taken', () => {
    const { run } = createSmallWorld();
    const [made, other] = run(function* (client, host) {
      const first = yield* establish(client, host);
      yield* client.create(definitions, '', { ...definition({}, { plural: 'others', kind: 'CronTab', shortNames: ['ct'] }), metadata: { name: 'others.stable.example.com' } });
      yield* host.clock.sleep(2000);
      return [first, yield* client.get<Any>(definitions, '', 'others.stable.example.com')];
    }) as [Any, Any];
    expect(made['spec'].names).toMatchObject({ singular: 'crontab', listKind: 'CronTabList' });
    expect(made['spec'].conversion).toEqual({ strategy: 'None' });
    expect(made['status']).toMatchObject({ acceptedNames: { plural: 'crontabs', kind: 'CronTab' }, storedVersions: ['v1'] });
    expect(made['status'].conditions.map((each: Any) => [each['type'], each['status'], each['reason']])).toEqual([['NamesAccepted', 'True', 'NoConflicts'], ['Established', 'True', 'InitialNamesAccepted']]);
    expect(other['status'].conditions.map((each: Any) => [each['type'], each['status'], each['reason'], each['message']])).toEqual([
      ['NamesAccepted', 'False', 'ListKindConflict', '"CronTabList" is already in use'],
      ['Established', 'False', 'NotAccepted', 'not all names are accepted'],
    ]);
  });

  it.each<[string, Any, string]>([
    ['a wrong name', { ...definition(), metadata: { name: 'x.y' } }, 'metadata.name: Invalid value: "x.y": must be spec.names.plural+"."+spec.group'],
    ['no schema', definition({ versions: [{ name: 'v1', served: true, storage: true }] }), 'spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required'],
    ['no type', definition({ versions: [version('v1', { storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { a: {} } } } } } })] }), 'spec.validation.openAPIV3Schema.properties[spec].properties[a].type: Required value: must not be empty for specified object fields'],
    ['a default that does not fit', definition({ versions: [version('v1', { storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { a: { type: 'string', default: 1 } } } } } } })] }), 'spec.validation.openAPIV3Schema.properties[spec].properties[a].default: Invalid value: "integer": spec.validation.openAPIV3Schema.properties[spec].properties[a].default in body must be of type string: "integer"'],
    [
      'a rule that cannot be read',
      definition({ versions: [version('v1', { storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { a: { type: 'string' } }, 'x-kubernetes-validations': [{ rule: 'self.b == 1' }] } } } } })] }),
      'spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.b == 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: undefined field \'b\'\n | self.b == 1\n | ....^',
    ],
    ['two stored versions', definition({ versions: [version('v1', { storage: true }), version('v2', { storage: true })] }), 'must have exactly one version marked as storage version'],
    ['a protected group', { ...definition({ group: 'x.k8s.io' }), metadata: { name: 'crontabs.x.k8s.io' } }, 'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation'],
  ])('are refused with %s', (_, object, problem) => {
    const { run } = createSmallWorld();
    expect(run((client) => verdict(() => client.create(definitions, '', object)))).toContain(problem);
  });
});

describe('objects', () => {
  it('are pruned, defaulted, versioned, watched and counted', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client, host) {
      yield* establish(client, host);
      const made = yield* client.create<Any>(crontabs(), 'default', crontab('a', { unknown: 1, anything: { x: 1 }, ports: [{ port: 80, odd: true }] }, { status: { phase: 'new' } }));
      const events: WatchEvent<ApiObject>[] = [];
      const stream = yield* client.stream('GET', '/apis/stable.example.com/v2/namespaces/default/crontabs', { query: { watch: 'true', resourceVersion: made.metadata.resourceVersion ?? '' } });
      const labelled = yield* client.patch<Any>(crontabs(), 'default', 'a', 'application/merge-patch+json', { metadata: { labels: { x: 'y' } } });
      const changed = yield* client.patch<Any>(crontabs('v2'), 'default', 'a', 'application/merge-patch+json', { spec: { replicas: 3 }, status: { phase: 'no' } });
      for (let i = 0; i < 2; i++) {
        const event = (yield* stream.receive()) as WatchEvent<ApiObject> | undefined;
        if (event !== undefined) events.push(event);
      }
      stream.close();
      const status = yield* client.updateStatus<Any>(crontabs(), 'default', { ...changed, apiVersion: 'stable.example.com/v1', status: { replicas: 3, phase: 'ok' }, spec: { cronSpec: 'ignored' } });
      const badStatus = yield* verdict(() => client.updateStatus(crontabs(), 'default', { ...status, status: { phase: 'too long' } }));
      const scale = (yield* client.subresource('GET', crontabs(), 'default', 'a', 'scale')) as Any;
      const strategic = yield* verdict(() => client.patch(crontabs(), 'default', 'a', 'application/strategic-merge-patch+json', {}));
      const list = yield* client.list<Any>(crontabs('v2'), '');
      return { made, labelled, changed, events: events.map((each) => [each.type, each.object.apiVersion]), status, badStatus, scale, strategic, list };
    }) as unknown as Record<string, Any>;
    expect(result['made']?.['spec']).toEqual({ cronSpec: '* * * * *', image: 'busybox', anything: { x: 1 }, ports: [{ port: 80, name: 'http' }] });
    expect(result['made']?.['status']).toBeUndefined();
    expect([result['made']?.metadata.generation, result['labelled']?.metadata.generation, result['changed']?.metadata.generation, result['status']?.metadata.generation]).toEqual([1, 1, 2, 2]);
    expect(result['changed']).toMatchObject({ apiVersion: 'stable.example.com/v2', spec: { replicas: 3 } });
    expect(result['events']).toEqual([['MODIFIED', 'stable.example.com/v2'], ['MODIFIED', 'stable.example.com/v2']]);
    expect(result['status']).toMatchObject({ spec: { replicas: 3, cronSpec: '* * * * *' }, status: { phase: 'ok' } });
    expect(result['badStatus']).toBe('CronTab.stable.example.com "a" is invalid: [status.phase: Too long: may not be more than 5 bytes, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]');
    expect(result['scale']).toMatchObject({ kind: 'Scale', spec: { replicas: 3 }, status: { replicas: 3 } });
    expect(result['strategic']).toContain('application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml');
    expect(result['list']).toMatchObject({ kind: 'CronTabList', apiVersion: 'stable.example.com/v2' });
  });

  it.each<[string, object, string]>([
    ['range', { replicas: 20 }, 'spec.replicas: Invalid value: 20: spec.replicas in body should be less than or equal to 10'],
    ['type', { replicas: 'x' }, '[spec.replicas: Invalid value: "string": spec.replicas in body must be of type integer: "string", <nil>: Invalid value: null: some validation rules were not checked'],
    ['pattern', { cronSpec: 'x' }, "spec.cronSpec: Invalid value: \"x\": spec.cronSpec in body should match '^(\\d+|\\*)( (\\d+|\\*)){4}$'"],
    ['enum', { mode: 'odd' }, 'spec.mode: Unsupported value: "odd": supported values: "fast", "slow"'],
    ['int or string', { port: true }, '[spec.port: Invalid value: "boolean": spec.port in body must be of type integer,string: "boolean"'],
    ['key', { ports: [{ port: 1 }, { port: 1, name: 'x' }] }, 'spec.ports[1]: Duplicate value: {"port":1}'],
    ['set', { tags: ['a', 'b', 'a'] }, 'spec.tags[2]: Duplicate value: "a"'],
    ['map', { labels: { a: 1 } }, '[spec.labels.a: Invalid value: "integer": spec.labels.a in body must be of type string: "integer"'],
    ['rule', { replicas: 7 }, 'spec: Invalid value: seven is unlucky'],
    ['rule with an expression for its message', { mode: 'fast' }, 'spec.replicas: Required value: fast needs two, not 0'],
  ])('are judged: %s', (_, spec, problem) => {
    const { run } = createSmallWorld();
    expect(
      run(function* (client, host) {
        yield* establish(client, host);
        return yield* verdict(() => client.create(crontabs(), 'default', crontab('a', spec)));
      }),
    ).toContain(`CronTab.stable.example.com "a" is invalid: ${problem}`);
  });

  it('keep what a transition rule fixes, and may stay wrong where they were', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client, host) {
      const made = yield* establish(client, host);
      yield* client.create(crontabs(), 'default', crontab('a', { fixed: 'x', mode: 'slow', image: 'a-rather-long-image' }));
      const fixed = yield* verdict(() => client.patch(crontabs(), 'default', 'a', 'application/merge-patch+json', { spec: { fixed: 'y' } }));
      // The schema becomes stricter; what was there before may stay, what changes must fit.
      const text = JSON.stringify(made['spec']).replaceAll('"maxLength":20', '"maxLength":8');
      yield* client.update(definitions, '', { ...made, spec: JSON.parse(text) } as Any);
      yield* host.clock.sleep(1000);
      const same = yield* verdict(() => client.patch(crontabs(), 'default', 'a', 'application/merge-patch+json', { spec: { replicas: 2 } }));
      const changed = yield* verdict(() => client.patch(crontabs(), 'default', 'a', 'application/merge-patch+json', { spec: { image: 'another-long-image' } }));
      return [fixed, same, changed];
    });
    expect(result).toEqual([
      'CronTab.stable.example.com "a" is invalid: spec.fixed: Invalid value: "y": is fixed',
      'fine',
      'CronTab.stable.example.com "a" is invalid: [spec.image: Too long: may not be more than 8 bytes, <nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation]',
    ]);
  });

  it('are owned field by field, items of a list by their key', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client, host) {
      yield* establish(client, host);
      const apply = (manager: string, spec: object, force = false): Task<Any> =>
        client.patch<Any>(crontabs(), 'default', 'a', 'application/apply-patch+yaml', { apiVersion: 'stable.example.com/v1', kind: 'CronTab', metadata: { name: 'a' }, spec }, { query: { fieldManager: manager, force: String(force) } });
      yield* apply('one', { cronSpec: '* * * * *', ports: [{ port: 80, name: 'web' }] });
      const both = yield* apply('two', { ports: [{ port: 443 }] });
      const conflict = yield* verdict(() => apply('two', { ports: [{ port: 80, name: 'mine' }] }));
      const less = yield* apply('one', { cronSpec: '* * * * *' });
      return [both['spec'].ports, conflict, less['spec'].ports, less.metadata.managedFields?.map((each) => each.manager)];
    });
    expect(result).toEqual([
      [{ port: 80, name: 'web' }, { port: 443, name: 'http' }],
      'Apply failed with 1 conflict: conflict with "one": .spec.ports[port=80].name',
      [{ port: 443, name: 'http' }],
      ['one', 'two'],
    ]);
  });
});

describe('deletion and discovery', () => {
  it('a definition goes when its objects are gone, and every server knows', () => {
    const { run } = createSmallWorld(2);
    const result = run(
      function* (client, host) {
        yield* establish(client, host);
        const other = createApiClient(host, { server: 'https://10.0.0.2:6443', tls: clientIdentity('kubernetes-admin', 'system:masters'), userAgent: 'other/1' });
        yield* client.create(crontabs(), 'default', crontab('a', {}, { metadata: { name: 'a', finalizers: ['example.com/hold'] } }));
        const seen = (yield* other.get<Any>(crontabs(), 'default', 'a')).metadata.name;
        const groups = ((yield* other.raw('GET', '/apis/stable.example.com')).body as { versions: { version: string }[] }).versions.map((each) => each.version);
        const service = (yield* client.raw('GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1.stable.example.com')).body as Any;
        yield* client.delete(definitions, '', 'crontabs.stable.example.com');
        yield* host.clock.sleep(3000);
        const waiting = yield* client.get<Any>(definitions, '', 'crontabs.stable.example.com');
        const late = yield* verdict(() => other.create(crontabs(), 'default', crontab('late', {})));
        yield* client.patch(crontabs(), 'default', 'a', 'application/merge-patch+json', { metadata: { finalizers: null } });
        yield* host.clock.sleep(5000);
        const gone = yield* verdict(() => client.get(definitions, '', 'crontabs.stable.example.com'));
        const unknown = yield* verdict(() => other.list(crontabs(), 'default'));
        const noService = yield* verdict(() => client.raw('GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1.stable.example.com'));
        other.close();
        return { seen, groups, late, service: service['status'].conditions[0].reason, waiting: waiting['status'].conditions.at(-1).reason, gone, unknown, noService };
      },
      { maxMs: 120_000 },
    );
    expect(result).toEqual({
      seen: 'a',
      groups: ['v2', 'v1'],
      late: 'create not allowed while custom resource definition is terminating',
      service: 'Local',
      waiting: 'InstanceDeletionInProgress',
      gone: 'customresourcedefinitions.apiextensions.k8s.io "crontabs.stable.example.com" not found',
      unknown: 'the server could not find the requested resource',
      noService: 'apiservices.apiregistration.k8s.io "v1.stable.example.com" not found',
    });
  });
});
