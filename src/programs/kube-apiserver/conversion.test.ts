// Custom resources in two versions with a webhook between them: asked over the network, believed only as far as it may be, and missed when it is gone.
import { describe, expect, it } from 'vitest';
import { encodeBase64 } from '../../api/meta/base64.ts';
import type { ApiObject } from '../../api/meta/object.ts';
import type { ApiClient, ResourceRef, WatchEvent } from '../../client/contract.ts';
import type { Host, Program } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { serveHttp } from '../../wire/http-server.ts';
import { encodeCertificate, loadKeyPair } from '../../wire/tls-handshake.ts';
import { fakeEtcd } from './testing/fake-etcd.ts';
import { verdict, withStatus } from './testing/refusals.ts';
import { ca, createSmallWorld, servingFiles, type Neighbour, type SmallWorld } from './testing/small-world.ts';

type Any = ApiObject & Record<string, any>;

const address = '10.96.0.60';
const definitions: ResourceRef = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };
const servers = (version: string): ResourceRef => ({ group: 'example.com', version, resource: 'servers' });

/** v1 has `hostPort`, v2 `host` and `port`; an object whose name says so is converted wrongly. */
function convert(object: Any, apiVersion: string): Any {
  const { hostPort, host, port } = object['spec'];
  const spec = apiVersion.endsWith('v2') ? { host: hostPort.split(':')[0], port: hostPort.split(':')[1] } : { hostPort: `${host}:${port}` };
  const labels = { ...object.metadata.labels, converted: 'yes' };
  return { ...object, apiVersion, spec, metadata: { ...object.metadata, labels, finalizers: ['example.com/smuggled'], ...(object.metadata.name === 'renamed' ? { name: 'other' } : {}) } };
}

let asked: number[] = [];
const converter: Program = {
  name: 'converter',
  *main(host): Task<number> {
    const own = loadKeyPair(host, '/tls.crt', '/tls.key');
    yield* serveHttp(host, host.network.listen(':443', { family: 'data' }), function* (request) {
      const { uid, objects, desiredAPIVersion } = (request.body as { readonly request: { readonly uid: string; readonly objects: readonly Any[]; readonly desiredAPIVersion: string } }).request;
      asked.push(objects.length);
      const refused = objects.some(({ metadata }) => metadata.name === 'refused');
      return { status: 200, headers: {}, body: { kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', response: { uid, ...(refused ? { result: { status: 'Failure', message: 'not today' } } : { result: { status: 'Success' }, convertedObjects: objects.map((each) => convert(each, desiredAPIVersion)) }) } } };
    }, { tls: { own } });
    return 0;
  },
};
const files = servingFiles('converter', ['converter.default.svc'], [address]);
const neighbour: Neighbour = { name: 'converter', address, program: converter, args: [], files: { '/tls.crt': files.certificate, '/tls.key': files.key } };

const text = { type: 'string' };
const version = (name: string, storage: boolean, properties: object): object => ({ name, served: true, storage, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } } });
const definition = (): Any => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'servers.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { plural: 'servers', kind: 'Server' },
    versions: [version('v1', true, { hostPort: text }), version('v2', false, { host: text, port: text })],
    conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'], clientConfig: { caBundle: encodeBase64(encodeCertificate(ca.certificate)), service: { namespace: 'default', name: 'converter', path: '/convert' } } } },
  },
});
const server = (name: string, hostPort: string): Any => ({ apiVersion: 'example.com/v1', kind: 'Server', metadata: { name }, spec: { hostPort } });

function* begin(client: ApiClient, host: Host): Task<void> {
  yield* client.create({ group: '', version: 'v1', resource: 'services' }, 'default', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'converter' }, spec: { clusterIP: address, ports: [{ port: 443 }] } } as unknown as ApiObject);
  yield* client.create(definitions, '', definition());
  yield* host.clock.sleep(2000);
}

const small = (): SmallWorld => {
  asked = [];
  return createSmallWorld(1, fakeEtcd, [neighbour]);
};

describe('a conversion webhook', () => {
  it('gives every version its shape: read, listed, written, watched', () => {
    const result = small().run(function* (client, host) {
      yield* begin(client, host);
      const stream = yield* client.stream('GET', '/apis/example.com/v2/namespaces/default/servers?watch=true');
      yield* client.create(servers('v1'), 'default', server('a', 'a.example:80'));
      yield* client.create(servers('v1'), 'default', server('b', 'b.example:81'));
      const got = yield* client.get<Any>(servers('v2'), 'default', 'a');
      asked = [];
      const listed = yield* client.list<Any>(servers('v2'), 'default');
      yield* client.list<Any>(servers('v2'), 'default');
      const calls = [...asked];
      yield* client.update(servers('v2'), 'default', { ...got, spec: { host: 'c.example', port: '90' } } as Any);
      yield* client.create(servers('v2'), 'default', { apiVersion: 'example.com/v2', kind: 'Server', metadata: { name: 'c' }, spec: { host: 'd.example', port: '1' } } as Any);
      const events: WatchEvent<Any>[] = [];
      for (let i = 0; i < 4; i++) events.push((yield* stream.receive(2000)) as WatchEvent<Any>);
      stream.close();
      return {
        got: [got.apiVersion, got['spec'], got.metadata.labels, got.metadata.finalizers ?? 'none'],
        listed: listed.items.map((each) => each['spec']),
        calls,
        v1: (yield* client.list<Any>(servers('v1'), 'default')).items.map((each) => [each.apiVersion, each['spec'].hostPort]),
        events: events.map(({ type, object }) => `${type} ${object.apiVersion} ${object.metadata.name} ${object['spec'].host}`),
      };
    });
    expect(result).toEqual({
      got: ['example.com/v2', { host: 'a.example', port: '80' }, { converted: 'yes' }, 'none'],
      listed: [{ host: 'a.example', port: '80' }, { host: 'b.example', port: '81' }],
      // What was converted once is not asked for again.
      calls: expect.toSatisfy((calls: number[]) => calls.length <= 1),
      v1: [['example.com/v1', 'c.example:90'], ['example.com/v1', 'b.example:81'], ['example.com/v1', 'd.example:1']],
      events: ['ADDED example.com/v2 a a.example', 'ADDED example.com/v2 b b.example', 'MODIFIED example.com/v2 a c.example', 'ADDED example.com/v2 c d.example'],
    });
  });

  it('that refuses, changes names or is gone is told of in the real words', () => {
    const world = small();
    const result = world.run(
      function* (client, host) {
        yield* begin(client, host);
        for (const name of ['refused', 'renamed', 'plain']) yield* client.create(servers('v1'), 'default', server(name, 'x:1'));
        const refused = yield* verdict(() => client.get(servers('v2'), 'default', 'refused'), withStatus);
        const renamed = yield* verdict(() => client.get(servers('v2'), 'default', 'renamed'), withStatus);
        yield* client.delete({ group: '', version: 'v1', resource: 'services' }, 'default', 'converter');
        yield* host.clock.sleep(1000);
        const gone = yield* verdict(() => client.get(servers('v2'), 'default', 'plain'), withStatus);
        const stored = yield* verdict(() => client.get(servers('v1'), 'default', 'plain'), withStatus);
        return { refused, renamed, gone, stored };
      },
      { maxMs: 120_000 },
    );
    expect(result).toEqual({
      refused: '500: conversion webhook for example.com/v1, Kind=Server failed: not today',
      renamed: '500: conversion webhook for example.com/v1, Kind=Server returned invalid converted object at index 0: must have the same name: renamed != other',
      gone: '500: conversion webhook for example.com/v1, Kind=Server failed: Post "https://converter.default.svc:443/convert?timeout=30s": service "converter" not found',
      stored: 'fine',
    });
  });
});

describe('a watch of custom resources', () => {
  it('ends when their definition changes, so that its client begins anew with the new shape', () => {
    const ended = small().run(function* (client, host) {
      yield* begin(client, host);
      const stream = yield* client.stream('GET', '/apis/example.com/v1/namespaces/default/servers?watch=true');
      const found = yield* client.get<Any>(definitions, '', 'servers.example.com');
      yield* client.update(definitions, '', { ...found, spec: { ...found['spec'], versions: [version('v1', true, { hostPort: text, more: text }), version('v2', false, { host: text, port: text })] } } as Any);
      yield* stream.receive(3000);
      return stream.open;
    });
    expect(ended).toBe(false);
  });
});

describe('admission of converted objects', () => {
  it('sees them in the version that its rules name, whatever version is written', () => {
    const result = small().run(function* (client, host) {
      yield* begin(client, host);
      const admission = (resource: string): ResourceRef => ({ group: 'admissionregistration.k8s.io', version: 'v1', resource });
      const rule = { apiGroups: ['example.com'], apiVersions: ['v2'], operations: ['CREATE', 'UPDATE'], resources: ['servers'] };
      yield* client.create(admission('mutatingadmissionpolicies'), '', { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingAdmissionPolicy', metadata: { name: 'ports' }, spec: { failurePolicy: 'Fail', reinvocationPolicy: 'Never', matchConstraints: { resourceRules: [rule] }, matchConditions: [{ name: 'old', expression: "object.spec.port == '80'" }], mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression: "[JSONPatch{op: 'replace', path: '/spec/port', value: '8080'}]" } }] } } as unknown as ApiObject);
      yield* client.create(admission('mutatingadmissionpolicybindings'), '', { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingAdmissionPolicyBinding', metadata: { name: 'ports' }, spec: { policyName: 'ports' } } as unknown as ApiObject);
      yield* client.create(admission('validatingadmissionpolicies'), '', { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: 'hosts' }, spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: "object.spec.host != 'bad.example'" }] } } as unknown as ApiObject);
      yield* client.create(admission('validatingadmissionpolicybindings'), '', { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding', metadata: { name: 'hosts' }, spec: { policyName: 'hosts', validationActions: ['Deny'] } } as unknown as ApiObject);
      yield* client.create(admission('validatingwebhookconfigurations'), '', { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'gone' }, webhooks: [{ name: 'gone.example.com', failurePolicy: 'Ignore', sideEffects: 'None', admissionReviewVersions: ['v1'], clientConfig: { url: 'https://10.0.0.77/' }, rules: [rule], matchConditions: [{ name: 'third', expression: "object.spec.port == '3'" }], timeoutSeconds: 1 }] } as unknown as ApiObject);
      yield* host.clock.sleep(1000);
      const made = yield* client.create(servers('v1'), 'default', server('a', 'a.example:80'));
      return [made['spec'], yield* verdict(() => client.create(servers('v1'), 'default', server('b', 'bad.example:81')), withStatus), yield* verdict(() => client.create(servers('v1'), 'default', server('c', 'c.example:3')))];
    });
    expect(result).toEqual([{ hostPort: 'a.example:8080' }, "422 Invalid: servers.example.com \"b\" is forbidden: ValidatingAdmissionPolicy 'hosts' with binding 'hosts' denied request: failed expression: object.spec.host != 'bad.example'", 'fine']);
  });
});
