// What rules are estimated to cost. The figures are those of apiextensions-apiserver's own test of its estimates (compilation_test.go).
import '../cel/provide.ts';
import { describe, expect, it } from 'vitest';
import { formatFieldError, type FieldErrors } from '../validation/field-error.ts';
import { checkRuleCosts, ruleCost } from './rule-cost.ts';
import { SchemaNode } from './schema-node.ts';
import type { SchemaProps } from './types.ts';

type Make = (max: number | undefined) => SchemaProps;

const primitive = (type: string, format = ''): SchemaProps => (type === 'int-or-string' ? { 'x-kubernetes-int-or-string': true } : { type, ...(format === '' ? {} : { format }) });
/** `date` and the like are texts of that format. */
const scalar = (type: string): SchemaProps => (['date', 'date-time', 'duration', 'byte'].includes(type) ? primitive('string', type) : primitive(type));
const ended = (name: 'maxItems' | 'maxLength' | 'maxProperties', max: number | undefined): SchemaProps => (max === undefined ? {} : { [name]: max });
const arrayOf = (items: SchemaProps, max?: number): SchemaProps => ({ type: 'array', items, ...ended('maxItems', max) });
const mapOf = (values: SchemaProps, max?: number): SchemaProps => ({ type: 'object', additionalProperties: values, ...ended('maxProperties', max) });
const text = (max?: number): SchemaProps => ({ type: 'string', ...ended('maxLength', max) });
const two: SchemaProps = { type: 'object', required: ['required'], properties: { required: text(), optional: text() } };
const array = (type: string): Make => (max) => arrayOf(scalar(type), max);
const map = (type: string): Make => (max) => mapOf(scalar(type), max);

describe('the estimated cost of a rule', () => {
  it.each<[string, Make, string, number, number, number]>([
    ['numbers, all', array('number'), 'self.all(x, true)', 4718591, 10, 32],
    ['texts, all', array('string'), 'self.all(x, true)', 3145727, 20, 62],
    ['booleans, all', array('boolean'), 'self.all(x, true)', 1887437, 5, 17],
    ['lists, all', (max) => arrayOf(arrayOf(primitive('number'), max), max), 'self.all(x, true)', 3145727, 100, 302],
    ['objects, all', (max) => arrayOf(two, max), 'self.all(x, true)', 555128, 50, 152],
    ['a map of numbers, all', map('number'), 'self.all(x, true)', 1348169, 10, 32],
    ['a map of texts, all', map('string'), 'self.all(x, true)', 1179647, 3, 11],
    ['a map of booleans, all', map('boolean'), 'self.all(x, true)', 943718, 100, 302],
    ['contains', text, "self.contains('test')", 314574, 10, 5],
    ['startsWith', text, "self.startsWith('test')", 2, 15, 2],
    ['endsWith', text, "self.endsWith('test')", 2, 30, 2],
    ['texts put together', text, 'size(self + "hello") > size("hello")', 314578, 4, 7],
    ['a number of a list', array('number'), 'self[1] == 0.0', 2, 5000, 2],
    ['texts of a list', array('string'), 'self[1] == self[1]', 314577, 8, 314577],
    ['a pattern', text, 'self.matches("x")', 314574, 50, 22],
    ['a pattern on nothing', text, '"".matches("(((((((((())))))))))[0-9]")', 7, 10, 7],
    ['no pattern', text, 'self.matches("")', 1, 100, 1],
    ['values by their keys', (max) => mapOf(text(max), max), 'self.all(x, x.contains(self[x]))', 2752507, 10, 72],
    ['an empty text', text, 'self == "x"', 2, 0, 1],
    ['empty bytes', (max) => ({ ...scalar('byte'), ...ended('maxLength', max) }), 'self == b"x"', 2, 0, 1],
    ['more than a request holds', array('number'), 'self.all(x, x == 0.0)', 6291454, 3 * 1024 * 2048, 25165826],
    ['maps in a list', (max) => arrayOf(mapOf({ ...two, ...ended('maxProperties', max) }, max), max), 'self.all(x, x["y"].required == "z")', 7340027, 10, 72],
    ['ints or texts, all', array('int-or-string'), 'self.all(x, true)', 4718591, 10, 32],
    ['an int or text', array('int-or-string'), 'self[0] == 5', 3, 10, 3],
    ['a boolean of a list', array('boolean'), 'self[0] == false', 2, 25, 2],
    ['a list of a list', (max) => arrayOf(arrayOf(primitive('number'), max), max), 'self[0][0] == -1.0', 3, 51, 3],
    ['maps of numbers in a list', (max) => arrayOf(mapOf(primitive('number')), max), 'self.all(x, x.y == 25.2)', 6291452, 12, 74],
    ['a map of numbers of a list', (max) => arrayOf(mapOf(primitive('number')), max), 'self[0].x > 2.0', 4, 3000, 4],
    ['durations, all', array('duration'), 'self.all(x, true)', 2359295, 5, 17],
    ['a duration', array('duration'), 'self[0].getHours() == 2', 4, 525, 4],
    ['dates, all', array('date'), 'self.all(x, true)', 725936, 15, 47],
    ['times, all', array('date-time'), 'self.all(x, true)', 428963, 25, 77],
    ['a map of ints or texts', map('int-or-string'), 'self.all(x, true)', 1348169, 15, 47],
    ['a map of objects', (max) => mapOf(two, max), 'self.all(x, true)', 428963, 20, 62],
    ['a map of times', map('date-time'), 'self.all(x, true)', 349526, 25, 77],
    ['a list from its end', array('number'), 'self.reverse().size() == 0', 1572877, 10, 24],
    ['a list in order', array('number'), 'self.sort().size() == 0', 4947796033552, 10, 214],
    ['find', text, "self.find('[0-9]+') == ''", 629147, 10, 11],
    ['join', (max) => arrayOf(text(max), max), "self.join(' ') == 'aa bb'", 329853068905, 10, 43],
    ['isSorted', (max) => arrayOf(text(max), max), 'self.isSorted() == true', 329854432052, 10, 52],
    ['replace', (max) => ({ type: 'object', properties: { str: text(max), before: text(2), after: text(4) } }), "self.str.replace(self.before, self.after) == 'does not matter'", 629154, 4, 12],
    ['split', (max) => ({ type: 'object', properties: { str: text(max), separator: text(max) } }), 'self.str.split(self.separator) == []', 629160, 10, 22],
    ['lowerAscii', text, "self.lowerAscii() == 'lower!'", 314575, 10, 6],
    ['size', map('integer'), 'oldSelf.size() == self.size()', 5, 10, 5],
    ['times compared', map('date-time'), 'self["a"] == self["b"]', 8, 7, 8],
    ['durations compared', map('duration'), 'self["c"] == self["d"]', 8, 42, 8],
    ['the longest of some words', (max) => ({ type: 'string', enum: ['A', 'B', 'C', 'LongValue'], ...ended('maxLength', max) }), "self.contains('A')", 2, 1000, 401],
    ['a quantity', (max) => ({ 'x-kubernetes-int-or-string': true, ...ended('maxLength', max) }), 'isQuantity(self)', 314574, 20, 9],
  ])('%s', (_, make, rule, without, max, withEnds) => {
    expect([ruleCost(new SchemaNode(make(undefined)), { rule }), ruleCost(new SchemaNode(make(max)), { rule })]).toEqual([without, withEnds]);
  });

  it.each<[string, number]>([['self.all(x, self.all(y, true))', 352], ['self.all(x, self.all(y, self.all(z, true)))', 3552]])('of walks within walks: %s', (rule, cost) => {
    expect(ruleCost(new SchemaNode(array('number')(undefined)), { rule })).toBeGreaterThan(10_000_000);
    expect(ruleCost(new SchemaNode(array('number')(10)), { rule })).toBe(cost);
  });
});

describe('rules that cost too much', () => {
  const advice = '(try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)';
  const refused = (schema: SchemaProps): readonly string[] => {
    const errors: FieldErrors = [];
    checkRuleCosts(new SchemaNode(schema), 'schema', errors);
    return errors.map(formatFieldError);
  };
  const withRule = (schema: SchemaProps, rule: string): SchemaProps => ({ ...schema, 'x-kubernetes-validations': [{ rule }] });

  it('are told by how much', () => {
    const of = (rule: string, max: number): readonly string[] => refused({ type: 'object', properties: { a: withRule(array('number')(max), rule) } });
    const told = (factor: string): readonly string[] => [`schema.properties[a].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of ${factor} ${advice}`];
    expect(of('self.all(x, self.all(y, true))', 1700)).toEqual([]);
    expect(of('self.all(x, self.all(y, true))', 2000)).toEqual(told('1.201000x'));
    expect(of('self.all(x, self.all(y, true))', 3000)).toEqual(told('2.7x'));
  });

  it('count as often as their place may occur: as a request has room for, or as its lists are long', () => {
    const place = withRule({ type: 'object', properties: { a: text(), b: text() } }, 'self.a == self.b');
    expect(refused({ type: 'object', properties: { list: arrayOf(place) } })[0]).toBe(`schema.properties[list].items.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x ${advice}`);
    expect(refused({ type: 'object', properties: { list: arrayOf(place, 31) } })).toEqual([]);
    expect(refused({ type: 'object', properties: { list: arrayOf(place, 40) } })).toEqual([`schema.properties[list].items.x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 1.258308x ${advice}`]);
  });

  it('are not saved by a message: how long the text of a number is is not known', () => {
    const place = (messageExpression: string): SchemaProps => ({ type: 'object', properties: { attempts: { type: 'integer' } }, 'x-kubernetes-validations': [{ rule: 'self.attempts >= 0', messageExpression }] });
    const at = 'schema.properties[config].x-kubernetes-validations[0].messageExpression';
    expect(refused({ type: 'object', properties: { config: place("'invalid attempts: ' + string(self.attempts)") } })).toEqual([
      `${at}: Forbidden: estimated messageExpression cost exceeds budget by factor of more than 100x ${advice}`,
      `${at}: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema`,
      `schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x ${advice}`,
    ]);
    expect(refused({ type: 'object', properties: { config: place("'invalid attempts: %d'.format([self.attempts])") } })).toEqual([]);
  });

  it('are too much together', () => {
    const rule = withRule(array('number')(1700), 'self.all(x, self.all(y, true))');
    const schema: SchemaProps = { type: 'object', properties: Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`p${n}`, rule])) };
    const told = refused(schema);
    expect(told).toHaveLength(5);
    expect(told[0]).toMatch(/^schema\.properties\[p0\]\.x-kubernetes-validations\[0\]\.rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema$/);
    expect(told[4]).toBe(`schema: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of 1.041420x ${advice}`);
  });
});
