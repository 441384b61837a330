import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hasReference, readReference, referenceFolder } from '../../../api/testing/reference.ts';
import { createSmallWorld } from '../testing/small-world.ts';

/** Without what only a real server's address can say. */
function comparable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, each: unknown) => (key === 'serverAddressByClientCIDRs' ? undefined : each)));
}

const aggregated = { accept: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' };

describe.skipIf(!hasReference)('discovery equals that of v1.36 (skipped without the reference)', () => {
  const files = hasReference ? readdirSync(`${referenceFolder}/discovery`).filter((name) => /^(aggregated_)?(api|apis)(_.*)?\.json$/.test(name)) : [];
  const served = new Map<string, unknown>();
  if (hasReference) {
    createSmallWorld().run(function* (client) {
      for (const name of files) {
        const path = `/${name.replace('.json', '').replace('aggregated_', '').replaceAll('_', '/')}`;
        served.set(name, (yield* client.raw('GET', path, name.startsWith('aggregated_') ? { headers: aggregated } : {})).body);
      }
    });
  }

  test.each(files)('%s', (name) => {
    expect(comparable(served.get(name))).toEqual(comparable(readReference(`discovery/${name}`)));
  });
});

test('a custom resource says what it is stored as, in each version that is served', () => {
  const hashes = createSmallWorld().run(function* (client, host) {
    const version = (name: string, storage: boolean): object => ({ name, served: true, storage, schema: { openAPIV3Schema: { type: 'object' } } });
    const body = { metadata: { name: 'foos.example.com' }, spec: { group: 'example.com', scope: 'Namespaced', names: { plural: 'foos', kind: 'Foo' }, versions: [version('v1', false), version('v2', true)] } };
    yield* client.raw('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', { body });
    yield* host.clock.sleep(10_000);
    const found: unknown[] = [];
    for (const name of ['v1', 'v2']) found.push(((yield* client.raw('GET', `/apis/example.com/${name}`)).body as { resources: { storageVersionHash?: string }[] }).resources[0]?.storageVersionHash);
    return found;
  });
  // The first eight bytes of SHA-256 of `example.com/v2/Foo`.
  expect(hashes).toEqual(['Uc7ar2efsQ4=', 'Uc7ar2efsQ4=']);
});
