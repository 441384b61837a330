import { expect, test } from 'vitest';
import { changesOf } from './changes.ts';

test('a change is told by its path: what came, what went, what is another', () => {
  expect(changesOf({ spec: { replicas: 1, paused: true }, list: [1] }, { spec: { replicas: 2, nodeName: 'a' }, list: [1, 2] })).toEqual(['spec.replicas: 1 → 2', '- spec.paused', '+ spec.nodeName: a', '+ list[1]: 2']);
});

test('fields may be named as what every object inherits', () => {
  expect(changesOf({ data: {} }, { data: { __defineGetter__: 'b', toString: 'c' } })).toEqual(['+ data.__defineGetter__: b', '+ data.toString: c']);
  expect(changesOf({ data: { constructor: 'a' } }, { data: {} })).toEqual(['- data.constructor']);
});

test('only the first are told', () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`k${at}`, at]));
  expect(changesOf({}, many)).toHaveLength(13);
  expect(changesOf({}, many)[12]).toBe('… 8 more');
});
