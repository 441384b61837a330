// Documents that clients keep: their tags, and what is answered to those who have them already.
import { describe, expect, it } from 'vitest';
import type { ApiObject } from '../../../api/meta/object.ts';
import type { ApiClient } from '../../../client/contract.ts';
import type { Task } from '../../../kernel/task.ts';
import { fakeEtcd } from '../testing/fake-etcd.ts';
import { createSmallWorld } from '../testing/small-world.ts';

const definition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'tabs.example.com' },
  spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'tabs', singular: 'tab', kind: 'Tab' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } } } }] },
} as unknown as ApiObject;
const definitions = { group: 'apiextensions.k8s.io', version: 'v1', resource: 'customresourcedefinitions' };
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

interface Answer {
  readonly status: number;
  readonly tag: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

function* get(client: ApiClient, path: string, headers: Readonly<Record<string, string>> = {}): Task<Answer> {
  const answer = yield* client.raw('GET', path, { headers });
  return { status: answer.status, tag: answer.headers['etag'] ?? '', headers: answer.headers, body: answer.body };
}

describe('aggregated discovery', () => {
  it('has a tag of its content, is not sent twice, and is sent again when it changed', () => {
    const result = createSmallWorld().run(function* (client, host) {
      const ask = (headers: Readonly<Record<string, string>> = {}): Task<Answer> => get(client, '/apis', { accept: aggregated, ...headers });
      const first = yield* ask();
      const again = yield* ask({ 'if-none-match': first.tag });
      const other = yield* get(client, '/api', { accept: aggregated });
      yield* client.create(definitions, '', definition);
      yield* host.clock.sleep(3000);
      const changed = yield* ask({ 'if-none-match': first.tag });
      const plain = yield* get(client, '/apis');
      return { first, again, other: other.tag, changed, plain: plain.headers };
    });
    if (typeof result === 'string') throw new Error(result);
    const { first, again, other, changed, plain } = result;
    expect(first.tag).toMatch(/^"[0-9A-F]{128}"$/);
    expect(first.headers).toMatchObject({ vary: 'Accept', 'cache-control': 'public', 'content-type': aggregated });
    expect([again.status, again.tag, again.body]).toEqual([304, first.tag, undefined]);
    expect(again.headers['content-type']).toBeUndefined();
    expect(other).not.toBe(first.tag);
    expect([changed.status, changed.tag === first.tag, JSON.stringify(changed.body).includes('example.com')]).toEqual([200, false, true]);
    expect([plain['etag'], plain['cache-control']]).toEqual([undefined, 'no-cache, private']);
  });
});

describe('OpenAPI', () => {
  it('of the second version: a tag, for JSON and protobuf', () => {
    const result = createSmallWorld().run(function* (client, host) {
      const first = yield* get(client, '/openapi/v2');
      const again = yield* get(client, '/openapi/v2', { 'if-none-match': `"other", W/${first.tag}` });
      const since = yield* get(client, '/openapi/v2', { 'if-modified-since': first.headers['last-modified'] ?? '' });
      const protobuf = yield* get(client, '/openapi/v2', { accept: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf' });
      yield* client.create(definitions, '', definition);
      yield* host.clock.sleep(3000);
      const changed = yield* get(client, '/openapi/v2', { 'if-none-match': first.tag });
      return { first, again, since: since.status, protobuf, changed };
    });
    if (typeof result === 'string') throw new Error(result);
    const { first, again, since, protobuf, changed } = result;
    expect(first.headers).toMatchObject({ vary: 'Accept', 'cache-control': 'no-cache, private' });
    expect(first.headers['last-modified']).toMatch(/^Thu, 01 Jan 2026 00:00:0\d GMT$/);
    expect([again.status, again.tag, since]).toEqual([304, first.tag, 304]);
    expect([protobuf.tag, protobuf.body instanceof Uint8Array]).toEqual([first.tag, true]);
    expect([changed.status, changed.tag === first.tag]).toEqual([200, false]);
  });

  it('of the third version: who names the hash keeps the document, and an old hash leads to the new one', () => {
    const result = createSmallWorld().run(function* (client, host) {
      const index = yield* get(client, '/openapi/v3');
      const url = (document: Answer, name: string): string => (document.body as { readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>> }).paths[name]?.serverRelativeURL ?? '';
      const kept = yield* get(client, url(index, 'apis/apps/v1'));
      const plain = yield* get(client, '/openapi/v3/apis/apps/v1', { 'if-none-match': kept.tag });
      const old = yield* get(client, '/openapi/v3/apis/apps/v1?hash=0123');
      yield* client.create(definitions, '', definition);
      yield* host.clock.sleep(3000);
      const later = yield* get(client, '/openapi/v3');
      return { index: index.headers, url: url(index, 'apis/apps/v1'), kept, plain: plain.status, old, stays: url(later, 'apis/apps/v1'), added: url(later, 'apis/example.com/v1') };
    });
    if (typeof result === 'string') throw new Error(result);
    const { index, url, kept, plain, old, stays, added } = result;
    // Whatever a client could ask again by, the list would be the same for a second after it has changed.
    expect([index['etag'], index['last-modified'], index['cache-control']]).toEqual([undefined, undefined, 'no-cache, private']);
    expect(url).toBe(`/openapi/v3/apis/apps/v1?hash=${kept.tag.slice(1, -1)}`);
    expect(kept.headers).toMatchObject({ 'cache-control': 'public, immutable', vary: 'Accept' });
    expect(kept.headers['expires']).toMatch(/^Fri, 01 Jan 2027 00:00:0\d UTC$/);
    expect(plain).toBe(304);
    expect([old.status, old.headers['location']]).toEqual([301, url]);
    expect(stays).toBe(url);
    expect(added).toMatch(/hash=[0-9A-F]{128}$/);
  });

  it('is named alike by every server, whatever came first', () => {
    const { run } = createSmallWorld(2, fakeEtcd);
    const other = { ...definition, metadata: { name: 'caps.example.com' }, spec: { ...(definition as unknown as { readonly spec: object }).spec, names: { plural: 'caps', singular: 'cap', kind: 'Cap' } } } as unknown as ApiObject;
    run(function* (client, host) {
      for (const each of [definition, other]) yield* client.create(definitions, '', each);
      yield* host.clock.sleep(3000);
    });
    const [one, two] = ['https://10.0.0.1:6443', 'https://10.0.0.2:6443'].map((server) => run((client) => get(client, '/openapi/v3'), { server }) as Answer);
    expect(one?.body).toEqual(two?.body);
  });
});
