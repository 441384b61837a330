import { describe, expect, it } from 'vitest';
import type { ApiObject } from '../../api/meta/object.ts';
import type { ResourceRef } from '../../client/contract.ts';
import { startInformer } from '../../client/informer.ts';
import { createApiClient } from '../../client/rest-client.ts';
import { admin, clientIdentity, createSmallWorld } from './testing/small-world.ts';

const core = (resource: string): ResourceRef => ({ group: '', version: 'v1', resource });
const configMaps = core('configmaps');
const configMap = (name: string, data: object = {}): ApiObject & { data: object } => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

describe('kube-apiserver', () => {
  it('creates, reads, lists, updates and deletes', () => {
    const { run } = createSmallWorld();
    const result = run(function* (client) {
      const made = yield* client.create(configMaps, 'default', configMap('a', { x: '1' }));
      const read = yield* client.get<ReturnType<typeof configMap>>(configMaps, 'default', 'a');
      const list = yield* client.list(configMaps, 'default');
      const updated = yield* client.update<ReturnType<typeof configMap>>(configMaps, 'default', { ...read, data: { x: '2' } });
      const deleted = yield* client.delete(configMaps, 'default', 'a');
      return { sameUid: made.metadata.uid === read.metadata.uid, uid: /^[0-9a-f-]{36}$/.test(made.metadata.uid ?? ''), names: list.items.map((each) => each.metadata.name), kind: list.kind, data: updated.data, newer: Number(updated.metadata.resourceVersion) > Number(read.metadata.resourceVersion), deleted: (deleted as { status?: string }).status };
    });
    expect(result).toEqual({ sameUid: true, uid: true, names: ['a'], kind: 'ConfigMapList', data: { x: '2' }, newer: true, deleted: 'Success' });
  });

  it.each([
    ['not found', 'get', 'configmaps "nope" not found'],
    ['already exists', 'twice', 'configmaps "a" already exists'],
    ['conflict', 'stale', 'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again'],
    ['no namespace', 'namespace', 'namespaces "nowhere" not found'],
    ['no resource', 'resource', 'the server could not find the requested resource'],
    ['system namespace', 'immortal', 'namespaces "default" is forbidden: this namespace may not be deleted'],
  ])('refuses: %s', (_, what, message) => {
    const { run } = createSmallWorld();
    expect(
      run(function* (client) {
        if (what === 'get') yield* client.get(configMaps, 'default', 'nope');
        if (what === 'namespace') yield* client.create(configMaps, 'nowhere', configMap('a'));
        if (what === 'resource') yield* client.raw('GET', '/apis/nothing.example/v1/things');
        if (what === 'immortal') yield* client.delete(core('namespaces'), '', 'default');
        const made = yield* client.create(configMaps, 'default', configMap('a'));
        if (what === 'twice') yield* client.create(configMaps, 'default', configMap('a'));
        yield* client.update(configMaps, 'default', { ...made, data: { x: '1' } });
        yield* client.update(configMaps, 'default', { ...made, data: { x: '2' } });
      }),
    ).toBe(message);
  });

  it('forbids in the words of the real server', () => {
    const { run } = createSmallWorld();
    const jane = clientIdentity('jane', 'dev');
    expect(run((client) => client.list(core('pods'), 'default'), { tls: jane })).toBe('pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"');
    expect(run((client) => client.get(core('nodes'), '', 'n1'), { tls: jane })).toBe('nodes "n1" is forbidden: User "jane" cannot get resource "nodes" in API group "" at the cluster scope');
  });

  it('watches through another server', () => {
    const { run } = createSmallWorld(2);
    const seen = run(
      function* (client, host) {
        const changes: string[] = [];
        const informer = startInformer(host, client, configMaps, { namespace: 'default' });
        informer.onChange((change) => changes.push(`${change.type} ${change.object.metadata.name}`));
        yield* informer.waitForSync();
        const other = createApiClient(host, { server: 'https://10.0.0.1:6443', tls: admin });
        yield* other.create(configMaps, 'default', configMap('a'));
        yield* other.update(configMaps, 'default', configMap('a', { x: '1' }));
        yield* other.delete(configMaps, 'default', 'a');
        yield* host.clock.sleep(100);
        informer.stop();
        return changes;
      },
      { server: 'https://10.0.0.2:6443' },
    );
    expect(seen).toEqual(['add a', 'update a', 'delete a']);
  });
});
