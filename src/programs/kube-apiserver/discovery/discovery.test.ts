import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hasReference, readReference, referenceFolder } from '../../../api/testing/reference.ts';
import { builtInResources } from '../api-room.ts';
import { ResourceTable } from '../registry/resources.ts';
import { Discovery } from './discovery.ts';

/** Without what only a real server's storage can say. */
function comparable(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, each: unknown) => (key === 'serverAddressByClientCIDRs' || key === 'storageVersionHash' || key === 'hash' ? undefined : each)));
}

describe.skipIf(!hasReference)('discovery equals that of v1.36 (skipped without the reference)', () => {
  const table = new ResourceTable();
  for (const resource of builtInResources()) table.add(resource);
  const discovery = new Discovery(table, '10.0.0.1:6443');
  const files = hasReference ? readdirSync(`${referenceFolder}/discovery`) : [];

  test.each(files.filter((name) => /^(api|apis)(_.*)?\.json$/.test(name)))('%s', (name) => {
    expect(comparable(discovery.document(`/${name.replace('.json', '').replaceAll('_', '/')}`, false))).toEqual(comparable(readReference(`discovery/${name}`)));
  });

  test.each(['api', 'apis'])('aggregated %s', (name) => {
    expect(comparable(discovery.document(`/${name}`, true))).toEqual(comparable(readReference(`discovery/aggregated_${name}.json`)));
  });
});
