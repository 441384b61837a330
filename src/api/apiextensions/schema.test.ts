// Objects against schemas: what is pruned, what is filled in, what is refused and in which words, and what an update may leave as it was.
import { describe, expect, it } from 'vitest';
import '../cel/provide.ts';
import type { Json } from '../meta/object.ts';
import { formatFieldError } from '../validation/field-error.ts';
import { applyDefaults } from './apply-defaults.ts';
import { findValues, parseFieldPath, parseJsonPath, withValueAt } from './field-path.ts';
import { prune } from './prune.ts';
import { runRules, type RuleRun } from './rules.ts';
import { SchemaNode } from './schema-node.ts';
import type { SchemaProps } from './types.ts';
import { validateLists } from './validate-lists.ts';
import { validateValue } from './validate-value.ts';

const string: SchemaProps = { type: 'string' };
const object = (properties: Record<string, SchemaProps>, more: SchemaProps = {}): SchemaProps => ({ type: 'object', properties, ...more });
const listOf = (items: SchemaProps, more: SchemaProps = {}): SchemaProps => ({ type: 'array', items, ...more });

describe('pruning', () => {
  it.each<[string, SchemaProps, Json, Json, string[]]>([
    ['unknown fields', object({ a: string }), { a: 'x', b: 1, c: { d: 1 } }, { a: 'x' }, ['b', 'c']],
    ['what every object has', object({}), { apiVersion: 'v1', kind: 'X', metadata: { name: 'a', z: 1 }, b: 1 }, { apiVersion: 'v1', kind: 'X', metadata: { name: 'a', z: 1 } }, ['b']],
    ['inside lists', object({ a: listOf(object({ b: string })) }), { a: [{ b: 'x', c: 1 }, { d: 2 }] }, { a: [{ b: 'x' }, {}] }, ['a[0].c', 'a[1].d']],
    ['not the values of a map', object({ a: { type: 'object', additionalProperties: object({ b: string }) } }), { a: { x: { b: 'y', c: 1 } } }, { a: { x: { b: 'y' } } }, ['a.x.c']],
    ['not what is to be preserved', object({ a: object({ b: object({ c: string }) }, { 'x-kubernetes-preserve-unknown-fields': true }) }), { a: { x: 1, b: { y: 2 } } }, { a: { x: 1, b: {} } }, ['a.b.y']],
    ['nor the head of an embedded resource', object({ a: object({ spec: object({}) }, { 'x-kubernetes-embedded-resource': true }) }), { a: { apiVersion: 'v1', kind: 'Y', metadata: {}, spec: { q: 1 }, more: 1 } }, { a: { apiVersion: 'v1', kind: 'Y', metadata: {}, spec: {} } }, ['a.spec.q', 'a.more']],
    ['a name that is none elsewhere', object({ a: string }), JSON.parse('{"__proto__": {"b": 1}, "a": "x"}') as Json, { a: 'x' }, ['__proto__']],
  ])('%s', (_, schema, value, pruned, unknown) => {
    const paths: string[] = [];
    expect(prune(value, new SchemaNode(schema), true, paths)).toEqual(pruned);
    expect(paths).toEqual(unknown);
  });

  it('copies nothing that stays', () => {
    const value = { a: { b: ['x'] } };
    expect(prune(value, new SchemaNode(object({ a: object({ b: listOf(string) }) })), true)).toBe(value);
  });
});

describe('defaulting', () => {
  it.each<[string, SchemaProps, Json, Json]>([
    ['fills in', object({ a: { ...string, default: 'x' }, b: { type: 'integer', default: 0 } }), {}, { a: 'x', b: 0 }],
    ['not below what is not there', object({ a: object({ b: { ...string, default: 'x' } }) }), {}, {}],
    ['below what a default brings', object({ a: object({ b: { ...string, default: 'x' } }, { default: {} }) }), {}, { a: { b: 'x' } }],
    ['items and map values', object({ l: listOf(object({ p: { ...string, default: 'TCP' } })), m: { type: 'object', additionalProperties: object({ q: { type: 'boolean', default: false } }) } }), { l: [{}, { p: 'UDP' }], m: { x: {} } }, { l: [{ p: 'TCP' }, { p: 'UDP' }], m: { x: { q: false } } }],
    ['instead of a null that may not be', object({ a: { ...string, default: 'x' }, b: { ...string, nullable: true, default: 'y' } }), { a: null, b: null }, { a: 'x', b: null }],
  ])('%s', (_, schema, value, filled) => {
    expect(applyDefaults(value, new SchemaNode(schema))).toEqual(filled);
  });
});

const problems = (schema: SchemaProps, value: Json, old?: Json): string[] => {
  const node = new SchemaNode(schema);
  const errors = validateValue(value, node, '', old === undefined ? undefined : { value: old });
  validateLists(value, node, '', errors);
  return errors.map(formatFieldError);
};

describe('validation', () => {
  it.each<[string, SchemaProps, Json, string[]]>([
    ['required', object({ a: string }, { required: ['a'] }), {}, ['a: Required value']],
    ['type', object({ a: { type: 'integer' } }), { a: 1.5 }, ['a: Invalid value: "number": a in body must be of type integer: "number"']],
    ['null', object({ a: string }), { a: null }, ['a: Invalid value: "null": a in body must be of type string: "null"']],
    ['nullable', object({ a: { ...string, nullable: true } }), { a: null }, []],
    ['range', object({ a: { type: 'integer', minimum: 2, exclusiveMinimum: true }, b: { type: 'number', maximum: 0.5 } }), { a: 2, b: 0.6 }, ['b: Invalid value: 0.6: b in body should be less than or equal to 0.5', 'a: Invalid value: 2: a in body should be greater than 2']],
    ['multiple', object({ a: { type: 'integer', multipleOf: 5 } }), { a: 7 }, ['a: Invalid value: 7: a in body should be a multiple of 5']],
    ['length', object({ a: { ...string, minLength: 3 }, b: { ...string, maxLength: 2 } }), { a: '한글', b: 'abc' }, ['b: Too long: may not be more than 2 bytes', 'a: Invalid value: "한글": a in body should be at least 3 chars long']],
    ['pattern', object({ a: { ...string, pattern: '^x+$' } }), { a: 'y' }, ["a: Invalid value: \"y\": a in body should match '^x+$'"]],
    ['enum', object({ a: { type: 'integer', enum: [1, 2] } }), { a: 3 }, ['a: Unsupported value: 3: supported values: "1", "2"']],
    ['items', object({ a: listOf(string, { minItems: 2 }), b: listOf(string, { maxItems: 1 }) }), { a: ['x'], b: ['x', 'y'] }, ['b: Too many: 2: must have at most 1 item', 'a: Invalid value: 1: a in body should have at least 2 items']],
    ['properties', object({ a: { type: 'object', additionalProperties: string, maxProperties: 1 } }), { a: { x: '', y: '' } }, ['a: Too many: 2: must have at most 1 item']],
    ['formats', object({ a: { ...string, format: 'date-time' }, b: { ...string, format: 'ipv4' }, c: { ...string, format: 'unheard-of' } }), { a: 'x', b: '1.2.3.400', c: 'y' }, ['b: Invalid value: "1.2.3.400": b in body must be of type ipv4: "1.2.3.400"', 'a: Invalid value: "x": a in body must be of type date-time: "x"']],
    ['int or string', object({ a: { 'x-kubernetes-int-or-string': true } }), { a: 1.5 }, ['a: Invalid value: "number": a in body must be of type integer,string: "number"']],
    ['one of', object({ a: { type: 'object', properties: { x: string, y: string }, oneOf: [{ required: ['x'] }, { required: ['y'] }] } }), { a: { x: '', y: '' } }, ['a: Invalid value: "": "a" must validate one and only one schema (oneOf). Found 2 valid alternatives']],
    ['none of', object({ a: { type: 'object', properties: { x: string }, not: { required: ['x'] } } }), { a: { x: '' } }, ['a: Invalid value: "": "a" must not validate the schema (not)']],
    ['keys of a list map', object({ a: listOf(object({ k: string, p: { ...string, default: 'TCP' } }), { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k', 'p'] }) }), { a: [{ k: 'x' }, { k: 'x', p: 'TCP' }, { k: 'x', p: 'UDP' }] }, ['a[1]: Duplicate value: {"k":"x","p":"TCP"}']],
    ['members of a set', object({ a: listOf(object({}), { 'x-kubernetes-list-type': 'set' }) }), { a: [{ x: 1, y: 2 }, { y: 2, x: 1 }] }, ['a[1]: Duplicate value: {"x":1,"y":2}']],
    ['embedded resources', object({ a: object({}, { 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true }) }), { a: { kind: 'Pod' } }, ['a.apiVersion: Required value: must not be empty']],
  ])('%s', (_, schema, value, expected) => {
    expect(problems(schema, value)).toEqual(expected);
  });

  it('leaves alone what an update did not change', () => {
    const schema = object({ a: { ...string, maxLength: 1 }, l: listOf(object({ k: string, v: { ...string, maxLength: 1 } }), { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] }) });
    const old = { a: 'long', l: [{ k: 'x', v: 'long' }] };
    expect(problems(schema, { ...old, b: 1 }, old)).toEqual([]);
    expect(problems(schema, { a: 'other', l: [{ k: 'y', v: 'y' }, { k: 'x', v: 'long' }] }, old)).toEqual(['a: Too long: may not be more than 1 bytes']);
    expect(problems(schema, { a: 'long', l: [{ k: 'x', v: 'other' }] }, old)).toEqual(['l[0].v: Too long: may not be more than 1 bytes']);
  });
});

function rules(schema: SchemaProps, value: Json, old?: Json): RuleRun {
  const run: RuleRun = { errors: [], warnings: [], budget: { left: 10_000_000 } };
  runRules(value, new SchemaNode(schema), '', run, old === undefined ? undefined : { value: old }, true);
  return run;
}
const ruled = (properties: Record<string, SchemaProps>, ...given: NonNullable<SchemaProps['x-kubernetes-validations']>): SchemaProps => object({ spec: object(properties, { 'x-kubernetes-validations': given }) });

describe('rules', () => {
  it.each<[string, SchemaProps, Json, string[]]>([
    ['without a message', ruled({ a: { type: 'integer' } }, { rule: 'self.a > 1' }), { spec: { a: 1 } }, ['spec: Invalid value: failed rule: self.a > 1']],
    ['names with signs', ruled({ 'a-b': string, namespace: string }, { rule: "self.a__dash__b == 'x' && self.__namespace__ == 'y'", message: 'no' }), { spec: { 'a-b': 'x', namespace: 'y' } }, []],
    ['formats become types', ruled({ d: { ...string, format: 'duration' }, t: { ...string, format: 'date-time' } }, { rule: "self.d > duration('1m') && self.t.getFullYear() == 2026" }), { spec: { d: '1h', t: '2026-01-01T00:00:00Z' } }, []],
    ['sets in any order', ruled({ l: listOf(string, { 'x-kubernetes-list-type': 'set' }) }, { rule: "self.l == ['b', 'a']" }), { spec: { l: ['a', 'b'] } }, []],
    ['int or string', ruled({ p: { 'x-kubernetes-int-or-string': true } }, { rule: "type(self.p) == int ? self.p > 0 : self.p != ''" }), { spec: { p: 80 } }, []],
    ['what is absent', ruled({ a: string }, { rule: "self.a == 'x'", message: 'a is x' }), { spec: {} }, ['spec: Invalid value: "object": no such key: a evaluating rule: a is x']],
    ['below items', object({ l: listOf(object({ n: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self % 2 == 0', message: 'even' }] } })) }), { l: [{ n: 2 }, { n: 3 }] }, ['l[1].n: Invalid value: 3: even']],
    ['reasons and places', ruled({ a: string, b: string }, { rule: 'has(self.a)', reason: 'FieldValueForbidden', fieldPath: '.b', message: 'not without a' }), { spec: { b: '' } }, ['spec.b: Forbidden: not without a']],
    ['too much work', ruled({ l: listOf({ type: 'integer' }) }, { rule: 'self.l.all(a, self.l.all(b, self.l.all(c, a + b + c >= 0)))' }), { spec: { l: Array.from({ length: 100 }, (_, i) => i) } }, [`spec: Invalid value: "object": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self.l.all(a, self.l.all(b, self.l.all(c, a + b + c >= 0)))`]],
    ['of the whole object', object({}, { 'x-kubernetes-validations': [{ rule: "self.metadata.name.startsWith('a')", message: 'begins with a' }] }), { metadata: { name: 'b' } }, ['<nil>: Invalid value: begins with a']],
  ])('%s', (_, schema, value, expected) => {
    expect(rules(schema, value).errors.map(formatFieldError)).toEqual(expected);
  });

  it('see what was before', () => {
    const fixed = ruled({ a: { ...string, 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed' }] } });
    expect(rules(fixed, { spec: { a: 'x' } }).errors).toEqual([]);
    expect(rules(fixed, { spec: { a: 'x' } }, { spec: {} }).errors).toEqual([]);
    expect(rules(fixed, { spec: { a: 'x' } }, { spec: { a: 'y' } }).errors.map(formatFieldError)).toEqual(['spec.a: Invalid value: "x": fixed']);
    const optional = ruled({ a: { ...string, 'x-kubernetes-validations': [{ rule: "oldSelf.hasValue() || self == 'first'", optionalOldSelf: true, message: 'first' }] } });
    expect(rules(optional, { spec: { a: 'x' } }).errors.map(formatFieldError)).toEqual(['spec.a: Invalid value: "x": first']);
    expect(rules(optional, { spec: { a: 'x' } }, { spec: { a: 'first' } }).errors).toEqual([]);
  });

  it('only warn of what was wrong already', () => {
    const schema = ruled({ a: { ...string, 'x-kubernetes-validations': [{ rule: "self != 'x'", message: 'not x' }] } });
    const run = rules(schema, { spec: { a: 'x' } }, { spec: { a: 'x' } });
    expect([run.errors, run.warnings]).toEqual([[], ['spec.a: Invalid value: "x": not x']]);
  });
});

describe('paths', () => {
  it('find and set values', () => {
    expect(parseFieldPath('.spec.replicas')).toEqual(['spec', 'replicas']);
    expect(parseFieldPath("['a.b'].c")).toEqual(['a.b', 'c']);
    expect(parseFieldPath('.spec..x')).toBeUndefined();
    expect(withValueAt({ spec: { a: 1 } }, ['spec', 'b', 'c'], 2)).toEqual({ spec: { a: 1, b: { c: 2 } } });
    const find = (path: string, value: Json): readonly Json[] | string => {
      const steps = parseJsonPath(path);
      return typeof steps === 'string' ? steps : findValues(value, steps);
    };
    const status = { conditions: [{ type: 'Ready', status: 'True', n: 3 }, { type: 'Old', status: 'False' }] };
    expect(find('.conditions[?(@.type=="Ready")].status', status)).toEqual(['True']);
    expect(find('.conditions[*].type', status)).toEqual(['Ready', 'Old']);
    expect(find('.conditions[-1].type', status)).toEqual(['Old']);
    expect(find('.conditions[?(@.n>2)].type', status)).toEqual(['Ready']);
    expect(find(".metadata.annotations.example\\.com/x", { metadata: { annotations: { 'example.com/x': 'y' } } })).toEqual(['y']);
    expect(find('.conditions[', status)).toBe('unterminated array');
  });
});
