import { expect, test } from 'vitest';
import { sameJson } from './equality.ts';

test.each<[string, unknown, unknown, boolean]>([
  ['null and what is absent are one', { a: { b: [1, { c: null }] } }, { a: { b: [1, {}] } }, true],
  ['another value', { a: 1 }, { a: 2 }, false],
  ['a list is no object', [], {}, false],
  ['a longer list', [1], [1, 2], false],
  ['one field more', { a: 1 }, { a: 1, b: 2 }, false],
  ['a field of a name that every object inherits', { a: 1 }, { a: 1, toString: 'x' }, false],
  ['the same the other way about', { a: 1, toString: 'x' }, { a: 1 }, false],
  ['such a field that is null', { constructor: null }, {}, true],
  ['a field named as the prototype', JSON.parse('{"__proto__":{}}'), {}, false],
])('%s', (_, a, b, same) => {
  expect(sameJson(a, b)).toBe(same);
  expect(sameJson(b, a)).toBe(same);
});
