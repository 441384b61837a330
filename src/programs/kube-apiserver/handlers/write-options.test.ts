import { describe, expect, it } from 'vitest';
import type { ApiObject } from '../../../api/meta/object.ts';
import type { ApiClient, ResourceRef } from '../../../client/contract.ts';
import type { Task } from '../../../kernel/task.ts';
import { verdict, withStatus } from '../testing/refusals.ts';
import { createSmallWorld } from '../testing/small-world.ts';

const deployments: ResourceRef = { group: 'apps', version: 'v1', resource: 'deployments' };
const path = '/apis/apps/v1/namespaces/default/deployments';
const web = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } } } };
const apply = (client: ApiClient, name: string, manager: string, body: object, query: Readonly<Record<string, string>> = {}): Task<unknown> =>
  client.raw('PATCH', `${path}/${name}`, { body, headers: { 'content-type': 'application/apply-patch+yaml' }, query: { fieldManager: manager, ...query } });

describe('what a write asks for', () => {
  it('is refused when it does not go together', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      yield* client.create(deployments, 'default', web as ApiObject);
      const told: string[] = [];
      const ask = function* (method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', at: string, body: unknown, query: Readonly<Record<string, string>>, type = 'application/json'): Task<void> {
        told.push(yield* verdict(() => client.raw(method, at, { body, query, headers: { 'content-type': type } }), withStatus));
      };
      yield* ask('POST', path, web, { fieldValidation: 'Loud' });
      yield* ask('POST', path, web, { fieldManager: 'x'.repeat(129) });
      yield* ask('PUT', `${path}/web`, web, { dryRun: 'Some' });
      yield* ask('PATCH', `${path}/web`, {}, { force: 'true' }, 'application/merge-patch+json');
      yield* ask('PATCH', `${path}/web`, { a: 1 }, {}, 'application/json-patch+json');
      yield* ask('PATCH', `${path}/web`, { apiVersion: 'v1', kind: 'Deployment' }, { fieldManager: 'me' }, 'application/apply-patch+yaml');
      yield* ask('PATCH', `${path}/new`, { ...web, metadata: { name: 'new', uid: 'abc' } }, { fieldManager: 'me' }, 'application/apply-patch+yaml');
      yield* ask('DELETE', `${path}/web`, { propagationPolicy: 'Somehow' }, {});
      yield* ask('PUT', path, web, {});
      yield* ask('POST', path, '{bad', {});
      yield* ask('DELETE', `${path}/web`, { dryRun: ['All'] }, {});
      return { told, left: (yield* client.list(deployments, 'default')).items.length };
    });
    expect(result).toEqual({
      told: [
        '422 Invalid: CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "Loud": supported values: "", "Ignore", "Strict", "Warn"',
        '422 Invalid: CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
        '422 Invalid: UpdateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["Some"]: supported values: "All"',
        '422 Invalid: PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
        '400 BadRequest: error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
        '400 BadRequest: invalid object type: /v1, Kind=Deployment',
        '409 Conflict: Operation cannot be fulfilled on deployments.apps "new": uid mismatch: the provided object specified uid abc, and no existing object was found',
        '422 Invalid: DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Somehow": supported values: "Foreground", "Background", "Orphan", "nil"',
        '405 MethodNotAllowed: the server does not allow this method on the requested resource',
        `400 BadRequest: the object provided is unrecognized (must be of type Deployment): couldn't get version/kind; json parse error: invalid character 'b' looking for beginning of object key string ({bad)`,
        'fine',
      ],
      left: 1,
    });
  });

  it('is noted as an apply, also of a status and of a scale, where the owner of the replicas is asked', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      yield* apply(client, 'web', 'owner', { ...web, status: { replicas: 7 } });
      yield* apply(client, 'web/status', 'teller', { apiVersion: 'apps/v1', kind: 'Deployment', spec: { replicas: 9 }, status: { conditions: [{ type: 'Told', status: 'True' }] } });
      const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', spec: { replicas: 3 } };
      const refused = yield* verdict(() => apply(client, 'web/scale', 'scaler', scale));
      yield* apply(client, 'web/scale', 'scaler', scale, { force: 'true' });
      const { metadata } = yield* client.get(deployments, 'default', 'web');
      const owners = (metadata.managedFields ?? []).map(({ manager, operation, subresource, fieldsV1 }) => {
        const fields = fieldsV1 as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
        return `${manager} ${operation} ${subresource ?? '-'} ${Object.keys(fields).map((part) => `${part}(${Object.keys(fields[part] ?? {}).join(' ')})`).join(' ')}`;
      });
      return { refused, owners: owners.sort() };
    });
    expect(result).toEqual({
      refused: 'Apply failed with 1 conflict: conflict with "owner": .spec.replicas',
      owners: ['owner Apply - f:spec(f:selector f:template)', 'scaler Apply scale f:spec(f:replicas)', 'teller Apply status f:status(f:conditions)'],
    });
  });

  it('changes nothing when a client of Go writes back what it read', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      yield* client.create({ group: '', version: 'v1', resource: 'services' }, 'default', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { clusterIP: '10.96.0.77', ports: [{ port: 80 }] } } as ApiObject);
      const sameAfter = function* (at: string, change: (object: Readonly<Record<string, unknown>>) => unknown): Task<boolean> {
        const { body } = yield* client.raw('GET', at);
        const written = yield* client.raw('PUT', at, { body: change(body as Readonly<Record<string, unknown>>) });
        return (written.body as ApiObject).metadata.resourceVersion === (body as ApiObject).metadata.resourceVersion;
      };
      const event = { apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: { name: 'e', namespace: 'default' }, eventTime: '2026-01-01T00:00:00.000000Z', regarding: { kind: 'Pod', name: 'p', namespace: 'default' }, reportingController: 'c', reportingInstance: 'i', action: 'a', reason: 'r', type: 'Normal' };
      yield* client.create({ group: 'events.k8s.io', version: 'v1', resource: 'events' }, 'default', event as ApiObject);
      return [
        yield* sameAfter('/apis/networking.k8s.io/v1/ipaddresses/10.96.0.77', (object) => object),
        yield* sameAfter('/apis/events.k8s.io/v1/namespaces/default/events/e', (object) => ({ ...object, deprecatedSource: {}, deprecatedFirstTimestamp: null })),
      ];
    });
    expect(result).toEqual([true, true]);
  });
});
