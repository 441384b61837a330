// Rules as real projects write them: all of them compile against their schema, and judge as meant.
import { describe, expect, it } from 'vitest';
import '../cel/provide.ts';
import type { Json } from '../meta/object.ts';
import { formatFieldError } from '../validation/field-error.ts';
import { compileRules, runRules, type RuleRun } from './rules.ts';
import { SchemaNode } from './schema-node.ts';
import type { SchemaProps } from './types.ts';

const string: SchemaProps = { type: 'string' };
const object = (properties: Record<string, SchemaProps>): SchemaProps => ({ type: 'object', properties });
const listOf = (items: SchemaProps): SchemaProps => ({ type: 'array', items });
const filters = listOf(object({ type: string, name: string }));
const listeners = listOf(object({ name: string, port: { type: 'integer' }, protocol: string, hostname: string, tls: object({ mode: string }) }));
const path = object({ type: { ...string, enum: ['Exact', 'PathPrefix', 'RegularExpression'] }, value: string });

function judge(schema: SchemaProps, rule: string, value: Json): boolean | string {
  const node = new SchemaNode({ ...schema, 'x-kubernetes-validations': [{ rule }] });
  const { problems } = compileRules(node, true);
  if (problems.length > 0) return problems.map((each) => each.detail).join('\n');
  const run: RuleRun = { errors: [], warnings: [], budget: { left: 10_000_000 } };
  runRules(value, node, '', run, undefined, true);
  return run.errors.length === 0 ? true : run.errors[0]?.detail === `failed rule: ${rule}` ? false : (run.errors[0]?.detail ?? '');
}

describe('rules of the field', () => {
  it.each<[string, SchemaProps, Json, Json]>([
    ["self.filter(f, f.type == 'RequestRedirect').size() <= 1", filters, [{ type: 'RequestRedirect' }], [{ type: 'RequestRedirect' }, { type: 'RequestRedirect' }]],
    ["!(self.exists(f, f.type == 'RequestRedirect') && self.exists(f, f.type == 'URLRewrite'))", filters, [{ type: 'URLRewrite' }], [{ type: 'RequestRedirect' }, { type: 'URLRewrite' }]],
    ["self.all(l, l.protocol in ['HTTP', 'TCP', 'UDP'] ? !has(l.tls) : true)", listeners, [{ protocol: 'HTTPS', tls: {} }], [{ protocol: 'HTTP', tls: {} }]],
    ['self.all(l1, self.exists_one(l2, l1.port == l2.port && l1.protocol == l2.protocol && (has(l1.hostname) && has(l2.hostname) ? l1.hostname == l2.hostname : !has(l1.hostname) && !has(l2.hostname))))', listeners, [{ port: 80, protocol: 'HTTP' }, { port: 80, protocol: 'HTTP', hostname: 'a' }], [{ port: 80, protocol: 'HTTP' }, { port: 80, protocol: 'HTTP' }]],
    ["(self.type in ['Exact','PathPrefix']) ? self.value.startsWith('/') : true", path, { type: 'Exact', value: '/a' }, { type: 'Exact', value: 'a' }],
    ["(self.type in ['Exact','PathPrefix']) ? self.value.matches(r\"\"\"^(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+$\"\"\") : true", path, { type: 'Exact', value: '/a%20b' }, { type: 'Exact', value: '/a b' }],
    ["!has(self.path) || has(self.path.value) && !self.path.value.contains('//')", object({ path }), { path: { value: '/a' } }, { path: { value: '//' } }],
    ["(size(self.group) == 0 && self.kind == 'Service') ? has(self.port) : true", object({ group: string, kind: string, port: { type: 'integer' } }), { group: '', kind: 'Service', port: 1 }, { group: '', kind: 'Service' }],
    ['[has(self.a),has(self.b)].filter(x,x==true).size() == 1', object({ a: string, b: string }), { a: '' }, { a: '', b: '' }],
    ['[has(self.a), has(self.b)].exists_one(x, x)', object({ a: string, b: string }), { b: '' }, {}],
    ["type(self.q) == string ? quantity(self.q).isGreaterThan(quantity('0')) : self.q > 0", object({ q: { 'x-kubernetes-int-or-string': true } }), { q: '100m' }, { q: 0 }],
    ["self.timeout == '' || duration(self.timeout) >= duration('1s')", object({ timeout: string }), { timeout: '' }, { timeout: '10ms' }],
    ["self.labels.all(k, k.startsWith('x/') && self.labels[k].size() > 0)", object({ labels: { type: 'object', additionalProperties: string } }), { labels: { 'x/a': 'b' } }, { labels: { 'y/a': 'b' } }],
    ['self.metadata.name.size() <= 5', object({}), { metadata: { name: 'short' } }, { metadata: { name: 'longer' } }],
    ["self.items.map(i, i.name).isSorted() && self.items.map(i, i.n).sum() < 10", object({ items: listOf(object({ name: string, n: { type: 'integer' } })) }), { items: [{ name: 'a', n: 1 }, { name: 'b', n: 2 }] }, { items: [{ name: 'b', n: 1 }, { name: 'a', n: 2 }] }],
    ["self.?mode.orValue('fast') == 'fast'", object({ mode: string }), {}, { mode: 'slow' }],
    ['self.min <= self.max', object({ min: { type: 'integer' }, max: { type: 'integer' } }), { min: 1, max: 2 }, { min: 2, max: 1 }],
    ['self.ratio >= 0.5 && self.ratio < 1.0', object({ ratio: { type: 'number' } }), { ratio: 0.5 }, { ratio: 1 }],
    ['int(self.n) % 2 == 0', object({ n: string }), { n: '4' }, { n: '5' }],
    ["self.cidrs.all(c, isCIDR(c) && cidr(c).prefixLength() <= 24)", object({ cidrs: listOf(string) }), { cidrs: ['10.0.0.0/8'] }, { cidrs: ['10.0.0.0/30'] }],
    ["self.rules.exists(r, r.verbs.exists(v, v == '*')) ? self.rules.size() == 1 : true", object({ rules: listOf(object({ verbs: listOf(string) })) }), { rules: [{ verbs: ['*'] }] }, { rules: [{ verbs: ['*'] }, { verbs: [] }] }],
    ["has(self.a) != has(self.b) || (has(self.a) && self.a == self.b)", object({ a: string, b: string }), { a: 'x' }, {}],
    ['self.replicas in [1, 3, 5]', object({ replicas: { type: 'integer' } }), { replicas: 3 }, { replicas: 2 }],
    ["self.urls.all(u, url(u).getScheme() == 'https')", object({ urls: listOf(string) }), { urls: ['https://a/b'] }, { urls: ['http://a/b'] }],
    ["self.name.split('.').all(p, !format.dns1123Label().validate(p).hasValue())", object({ name: string }), { name: 'a.b' }, { name: 'A.b' }],
    ["self.envs.map(e, e.name == 'X' ? 1 : 0).sum() <= 1 && !('bad' in self.envs.map(e, e.name))", object({ envs: listOf(object({ name: string })) }), { envs: [{ name: 'X' }] }, { envs: [{ name: 'bad' }] }],
  ])('%s', (rule, schema, good, bad) => {
    expect([judge(schema, rule, good), judge(schema, rule, bad)]).toEqual([true, false]);
  });

  it.each([
    ['self.a.b == 1', "compilation failed: ERROR: <input>:1:7: type 'string' does not support field selection\n | self.a.b == 1\n | ......^"],
    ['self.a', 'cel expression must evaluate to a bool'],
    ['self.n == "1"', "compilation failed: ERROR: <input>:1:8: found no matching overload for '_==_' applied to '(int, string)'\n | self.n == \"1\"\n | .......^"],
    ['', 'rule is not specified'],
  ])('%s is refused', (rule, problem) => {
    expect(judge(object({ a: string, n: { type: 'integer' } }), rule, {})).toBe(problem);
  });
});

describe('what rules of one object cost together', () => {
  const run = (left: number): readonly string[] => {
    const item: SchemaProps = { ...object({ n: { type: 'integer' } }), 'x-kubernetes-validations': [{ rule: 'self.n > 1', message: 'is small' }] };
    const given: RuleRun = { errors: [], warnings: [], budget: { left } };
    runRules({ items: [{ n: 1 }, { n: 0 }, { n: 2 }] }, new SchemaNode(object({ items: listOf(item) })), '', given, undefined, true);
    return given.errors.map(formatFieldError);
  };
  const spent = 'Invalid value: "object": validation failed due to running out of cost budget, no further validation rules will be run';

  it('is told when it is too much, and ends the work', () => {
    expect(run(1000)).toEqual(['items[0]: Invalid value: is small', 'items[1]: Invalid value: is small']);
    expect(run(1)).toEqual([`items[0]: ${spent}`]);
    expect(run(5)).toEqual(['items[0]: Invalid value: is small', `items[1]: ${spent}`]);
    expect(run(3)).toEqual(['items[0]: Invalid value: is small', `items[1]: ${spent}`]);
  });
});
