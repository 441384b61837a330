import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../client/api-error.ts';
import type { ResourceRef } from '../../../client/contract.ts';
import { Query } from '../request-info.ts';
import { verdict } from '../testing/refusals.ts';
import { createSmallWorld } from '../testing/small-world.ts';
import { readListOptions } from './list-options.ts';

function read(text: string): unknown {
  const pairs = text === '' ? [] : text.split('&').map((pair) => pair.split('=') as [string, string]);
  try {
    const { resourceVersion, initial } = readListOptions(new Query(pairs), pairs.some(([name]) => name === 'watch'));
    return `ok ${resourceVersion}${initial === undefined ? '' : ` ${String(initial)}`}`;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return `${error.code} ${error.message.replace('ListOptions.meta.k8s.io "" is invalid: ', '')}`;
  }
}
const match = 'resourceVersionMatch';

describe('list options', () => {
  it.each([
    ['', 'ok '],
    ['resourceVersion=5&resourceVersionMatch=Exact', 'ok 5'],
    [`${match}=Exact`, `422 ${match}: Forbidden: ${match} is forbidden unless resourceVersion is provided`],
    [`resourceVersion=0&${match}=Exact`, `422 ${match}: Forbidden: ${match} "exact" is forbidden for resourceVersion "0"`],
    [`resourceVersion=5&${match}=Bogus`, `422 ${match}: Unsupported value: "Bogus": supported values: "Exact", "NotOlderThan", ""`],
    ['sendInitialEvents=true', '422 sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list'],
    ['continue=x&resourceVersion=5', '400 specifying resource version is not allowed when using continue'],
    ['resourceVersion=abc', '400 invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax'],
    ['limit=many', '400 strconv.ParseInt: parsing "many": invalid syntax'],
    ['watch=1', 'ok  true'],
    ['watch=1&resourceVersion=0', 'ok 0 true'],
    ['watch=1&resourceVersion=7', 'ok 7'],
    [`watch=1&sendInitialEvents=false&${match}=NotOlderThan`, 'ok  false'],
    ['watch=1&sendInitialEvents=true', `422 ${match}: Forbidden: sendInitialEvents requires setting ${match} to NotOlderThan`],
    [`watch=1&${match}=NotOlderThan`, `422 ${match}: Forbidden: ${match} is forbidden for watch unless sendInitialEvents is provided`],
  ])('%s', (query, expected) => expect(read(query)).toBe(expected));

  it('are kept to', () => {
    const { run } = createSmallWorld();
    const maps: ResourceRef = { group: '', version: 'v1', resource: 'configmaps' };
    const path = '/api/v1/namespaces/default/configmaps';
    const result = run(function* (client) {
      for (const name of ['a', 'b', 'c', 'd']) yield* client.create(maps, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { all: 'yes' } } });
      const list = function* (query: Readonly<Record<string, string>>) {
        const { items, metadata } = yield* client.list(maps, 'default', { query });
        return `${items.length} ${metadata.continue === undefined ? 'whole' : 'part'} ${metadata.remainingItemCount ?? '-'}`;
      };
      const first = yield* client.list(maps, 'default', { query: { limit: '3' } });
      yield* client.create(maps, 'default', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'aa' } });
      const version = first.metadata.resourceVersion ?? '';
      const lists = [yield* list({ limit: '2' }), yield* list({ limit: '2', labelSelector: 'all' }), yield* list({ limit: '2', resourceVersion: '0' }), yield* list({ limit: '3', resourceVersion: version })];
      const refused = [yield* verdict(() => client.list(maps, 'default', { query: { fieldSelector: 'spec.x=1' } })), yield* verdict(() => client.list(maps, 'default', { query: { continue: '!' } }))];
      const began: string[] = [];
      const beginnings: Readonly<Record<string, string>>[] = [{ allowWatchBookmarks: 'true' }, { sendInitialEvents: 'false', resourceVersionMatch: 'NotOlderThan' }];
      for (const query of beginnings) {
        const stream = yield* client.stream('GET', path, { query: { watch: 'true', timeoutSeconds: '1', ...query } });
        const seen: string[] = [];
        for (let event = yield* stream.receive(); event !== undefined; event = yield* stream.receive()) seen.push((event as { readonly type: string }).type);
        began.push(seen.join(' '));
      }
      return { lists, refused, began };
    });
    expect(result).toEqual({
      lists: ['2 part 3', '2 part -', '5 whole -', '3 part 1'],
      refused: ['"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"', 'invalid continue token: continue key is not valid: illegal base64 data'],
      began: ['ADDED ADDED ADDED ADDED ADDED BOOKMARK', ''],
    });
  });
});
