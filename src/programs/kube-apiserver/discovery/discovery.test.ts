import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hasReference, readReference, referenceFolder } from '../../../api/testing/reference.ts';
import { createSmallWorld } from '../testing/small-world.ts';

/** Without what only a real server's address and storage can say. */
function comparable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, each: unknown) => (key === 'serverAddressByClientCIDRs' || key === 'storageVersionHash' || key === 'hash' ? undefined : each)));
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
