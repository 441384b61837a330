// What evaluation costs, in cel-go's figures: its rules are what kubernetes' own TestCelCostStability checks, whose figures ours gives too.
import { describe, expect, it } from 'vitest';
import { Environment, evaluate } from './environment.ts';
import { dyn } from './types.ts';
import { fromJson } from './values.ts';

const self = {
  text: 'twelve signs',
  long: 'x'.repeat(95),
  list: [1, 1, 2, 2, 3, 3, 4, 5],
  map: { b: 1, d: 2 },
  items: [{ k: 'a1', v: 'b1' }, { k: 'a2', v: 'b2' }, { k: 'a3', v: 'b3', extra: 'z' }],
  deep: { er: { est: 4 } },
};

describe('the cost of evaluation', () => {
  const environment = new Environment({ variables: { self: dyn } });
  const costOf = (expression: string): number | string => {
    const { program, error } = environment.compile(expression);
    if (program === undefined) return error;
    const budget = { left: 10_000 };
    evaluate(program, () => fromJson(self), budget);
    return 10_000 - budget.left;
  };

  it.each<[about: string, costs: Readonly<Record<string, number>>]>([
    ['access, one for each step', { self: 1, 'self.deep.er.est': 4, 'self.list[0]': 3, 'self.map[self.items[0].k]': 6, "self.map['b']": 3, 'has(self.deep.er.est)': 3, 'has(self.missing)': 1, "{'a': self}.a": 33, '[self][0]': 13 }],
    ['what is optional and missing', { 'self.?missing': 1, 'self.?text': 2, "self.?text.orValue('v')": 2, 'self.list[?9]': 2, 'optional.none().or(optional.of(1)).hasValue()': 3, "optional.of('a').optMap(v, v == 'b').hasValue()": 9 }],
    ['comparison, by what is shorter', { 'self.long == self.long': 14, "self.long == 'short'": 3, "self.text != ''": 2, 'self.list == [1, 2]': 3, '1 < 2': 1, 'self.long < self.long': 14 }],
    ['what is known before', { "self.text in ['a', 'b']": 2, 'self.text in []': 0, '1 in self.list': 10, "'b' in self.map": 3, 'int(10.0) > 5': 1, '[1, 2, 3]': 0, '[self]': 11, "{'a': 1}": 0, "{'a': self}": 31 }],
    ['either way', { 'true ? self.text : self.long': 1, 'self.map.b == 1 ? self.text : self.long': 5, 'true || self.text == self.long': 0, 'true ? size(self.text) : 0': 3 }],
    ['texts', { "self.text.startsWith('twelve')": 3, "self.long.contains('twelve signs')": 22, "self.long.matches('^[^0-9]*$')": 32, 'self.text.upperAscii()': 4, "self.long.replace('x', 'y')": 21, "self.long.split('x')": 21, "self.long.indexOf('y')": 11, "['ab', 'cd'].join(self.text)": 6, 'self.long + self.text': 15, 'self.long.size()': 3 }],
    ['all and exists, and where they stop', { 'self.list.all(e, e > 0)': 43, 'self.list.all(e, e < 2)': 20, 'self.list.exists(e, e > 2)': 36, 'self.list.exists(e, e < 0)': 51, "self.items.exists(m, m.extra == 'z')": 22, 'self.map.all(k, self.map[k] > 0)': 17, 'self.map.all(k, v, v > 0)': 13 }],
    ['what walks to the end', { 'self.list.exists_one(e, e > 4)': 22, 'self.list.filter(e, e % 2 == 0)': 66, 'self.list.map(e, e * 20)': 115, "self.items.map(m, has(m.extra) && m.extra == 'z', m.extra)": 23, 'self.map.transformMap(k, v, v + 1)': 13, "self.map.transformMapEntry(k, v, {k + '2': v + 1})": 75, 'self.list.transformList(i, e, e > 2, e * 2)': 75 }],
    ['what Kubernetes adds', { 'sets.contains(self.list, [1, 2])': 19, 'sets.equivalent(self.list, [1, 2])': 35, 'self.list.sum()': 10, "quantity('50k').add(quantity('20')) == quantity('50.02k')": 5, "cidr('192.168.0.0/16').containsIP(ip('192.168.1.1'))": 5, "format.dns1123Label().validate('my-name')": 9, 'format.dns1123Subdomain().validate(self.text)': 33 }],
    ['lists that are made', { 'lists.range(4)': 15, '[5, 1, 2].reverse()': 14, "'abc'.reverse()": 1, 'self.list.slice(1, 3)': 15, '[[1], [2]].flatten()': 13, '[[[1]]].flatten(2)': 13, '[4, 3, 2, 1].sort()': 43, "['b', 'a'].sort()": 19, 'self.list.distinct()': 141, '[-3, 1, -5, -2, 4].sortBy(e, -(e * e))': 144 }],
  ])('counts %s', (_about, costs) => {
    expect(Object.fromEntries(Object.keys(costs).map((expression) => [expression, costOf(expression)]))).toEqual(costs);
  });
});
