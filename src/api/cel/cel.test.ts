// Expressions against their values and their problems, in the words of cel-go.
import { describe, expect, it } from 'vitest';
import { Environment, evaluate } from './environment.ts';
import * as types from './types.ts';
import { fromJson, toJson, type CelValue } from './values.ts';
import type { Json } from '../meta/object.ts';

const environment = new Environment({ variables: { object: types.dyn, n: types.int, name: types.string, names: types.listOf(types.string), counts: types.mapOf(types.string, types.int), typed: types.objectOf('Thing', (field) => (field === 'size' ? types.int : field === 'label' ? types.string : undefined)) } });
const object: Json = { metadata: { name: 'web', labels: { app: 'web' } }, spec: { replicas: 3, ratio: 0.5, items: [{ name: 'a', port: 80 }, { name: 'b', port: 443 }] } };
const values: Readonly<Record<string, CelValue>> = { object: fromJson(object), n: 7n, name: 'terrarium', names: fromJson(['b', 'a', 'c']), counts: fromJson({ a: 1, b: 2 }), typed: fromJson({ size: 2 }) };

function run(text: string): Json | string {
  const compiled = environment.compile(text);
  if (compiled.program === undefined) return compiled.error;
  const result = evaluate(compiled.program, (each) => values[each]);
  return result.error ?? toJson(result.value);
}

describe('values', () => {
  it.each<[string, Json]>([
    ['1 + 2 * 3 - 4 / 2', 5],
    ['7 % 4 == 3 && -7 / 2 == -3', true],
    ['1.5 * 2.0 == 3.0', true],
    ['1 < 1.5 && 2u > 1', true],
    ['object.spec.replicas > 2 ? "many" : "few"', 'many'],
    ['object.spec.replicas + n', 10],
    ['object.spec.ratio < 1.0', true],
    ['has(object.spec.replicas) && !has(object.spec.paused)', true],
    ['object.metadata.labels["app"] == object.metadata.name', true],
    ['"app" in object.metadata.labels && !("x" in object.metadata.labels)', true],
    ['object.spec.items.all(i, i.port > 0)', true],
    ['object.spec.items.exists(i, i.name == "b")', true],
    ['object.spec.items.exists_one(i, i.port == 80)', true],
    ['object.spec.items.map(i, i.port)', [80, 443]],
    ['object.spec.items.filter(i, i.port > 100).map(i, i.name)', ['b']],
    ['object.spec.items.map(i, i.port > 100, i.name)', ['b']],
    ['counts.all(k, counts[k] > 0) && counts.all(k, v, v > 0 && k != "")', true],
    ['counts.transformMap(k, v, v * 2)', { a: 2, b: 4 }],
    ['names.transformList(i, v, string(i) + v)', ['0b', '1a', '2c']],
    ['names.isSorted()', false],
    ['names.min() + names.max()', 'ac'],
    ['[1, 2, 3].sum() + [4].indexOf(4)', 6],
    ['sets.contains([1, 2, 3], [3, 1]) && sets.equivalent([1, 1], [1]) && !sets.intersects([1], [2])', true],
    ['name.startsWith("terra") && name.endsWith("ium") && name.contains("rr") && name.matches("^[a-z]+$")', true],
    ['"a,b,c".split(",").join("-").upperAscii()', 'A-B-C'],
    ['"hello".replace("l", "L", 1) + "hello".substring(1, 3) + "한글".charAt(1)', 'heLloel글'],
    ['"%s is %d (%.2f), %x".format(["n", 7, 1.5, 255])', 'n is 7 (1.50), ff'],
    ['"abc 123 45".findAll("[0-9]+")', ['123', '45']],
    ['size("한글") == 2 && size(names) == 3 && counts.size() == 2', true],
    ['duration("1h30m").getMinutes() == 90 && duration("90m") == duration("1h30m")', true],
    ['timestamp("2026-05-01T10:00:00Z").getFullYear() == 2026 && timestamp("2026-05-01T23:30:00Z").getDate("+09:00") == 2', true],
    ['timestamp("2026-05-01T00:00:00Z") + duration("24h") > timestamp("2026-05-01T12:00:00Z")', true],
    ['string(timestamp("2026-05-01T10:00:00.5+09:00"))', '2026-05-01T01:00:00.5Z'],
    ['quantity("1Gi").isGreaterThan(quantity("1G")) && quantity("500m").add(quantity("500m")) == quantity("1") && isQuantity("1.5Gi") && !isQuantity("x")', true],
    ['quantity("2k").asInteger() + 1', 2001],
    ['isIP("::1") && ip("10.0.0.1").family() == 4 && cidr("10.0.0.0/8").containsIP("10.1.2.3") && !cidr("10.0.0.0/8").containsIP(ip("11.0.0.1"))', true],
    ['string(ip("2001:db8:0:0::1")) == "2001:db8::1" && ip.isCanonical("2001:db8::1")', true],
    ['url("https://example.com:8080/a b?x=1&x=2").getHost() + url("https://example.com:8080/a").getPort()', 'example.com:80808080'],
    ['semver("1.2.3").isLessThan(semver("1.10.0")) && isSemver("1.0.0-rc.1") && semver("1.0.0-rc.1").isLessThan(semver("1.0.0"))', true],
    ['!format.dns1123Label().validate("my-name").hasValue() && format.dns1123Label().validate("My").hasValue()', true],
    ['object.?spec.?missing.orValue("none")', 'none'],
    ['object[?"spec"].hasValue() && !object.?spec.?nothing.hasValue()', true],
    ['optional.of(2).optMap(x, x + 1).value()', 3],
    ['{"a": 1, ?"b": object.?spec.?nothing}', { a: 1 }],
    ['[1, ?object.?spec.?nothing, ?object.?spec.?replicas]', [1, 3]],
    ['cel.bind(x, n * 2, x + x)', 28],
    ['type(1) == int && type("a") == string && type(object) == map', true],
    ["r'\\d' + '\\u0041' + string(b'abc')", '\\dAabc'],
    ['true || (1 / 0 > 1)', true],
    ['(1 / 0 > 1) || true', true],
    ['[0, 1].exists(x, 1 / x == 1)', true],
    ['dyn(1) == dyn("1")', false],
    ['int("42") + int(3.9) + int("-1")', 44],
    ['[[1, 2], [3]] == [[1, 2], [3]] && {"a": [1]} == {"a": [1]}', true],
    ['-9223372036854775808 < 0', true],
    ['lists.range(3) + lists.range(0)', [0, 1, 2]],
    ['names.reverse() + [names[0]].reverse()', ['c', 'a', 'b', 'b']],
    ['names.slice(1, 3) + names.slice(3, 3)', ['a', 'c']],
    ['[[1], [2, 3]].flatten() == [1, 2, 3] && [[[1], [2]], [[3]]].flatten(1).size() == 3 && [[[1], [2]], [[3]]].flatten(5) == [1, 2, 3]', true],
    ['names.sort()', ['a', 'b', 'c']],
    ['[3, 1, 2, 1].distinct().sort()', [1, 2, 3]],
    ['object.spec.items.sortBy(i, -i.port).map(i, i.name)', ['b', 'a']],
  ])('%s', (text, value) => {
    expect(run(text)).toEqual(value);
  });
});

describe('problems while it runs', () => {
  it.each([
    ['1 / 0', 'division by zero'],
    ['1 % 0', 'modulus by zero'],
    ['9223372036854775807 + 1', 'integer overflow'],
    ['object.spec.nope', 'no such key: nope'],
    ['names[3]', 'index out of bounds: 3'],
    ['object.metadata.name + 1', 'no such overload'],
    ['object.metadata.name && true', 'no such overload'],
    ['quantity("x").isInteger()', "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"],
    ['lists.range(-1)', 'lists.range: size must be non-negative, got -1'],
    ['lists.range(1000000)', 'operation cancelled: actual cost limit exceeded'],
    ['names.slice(2, 1)', 'cannot slice(2, 1), start index must be less than or equal to end index'],
    ['names.slice(0, 9)', 'cannot slice(0, 9), list is length 3'],
    ['names.slice(-1, 1)', 'cannot slice(-1, 1), negative indexes not supported'],
    ['name.matches("(")', 'error parsing regexp: missing closing ): `(`'],
    ['[1,2,3,4,5,6,7,8,9,10].all(a, [1,2,3,4,5,6,7,8,9,10].all(b, [1,2,3,4,5,6,7,8,9,10].all(c, [1,2,3,4,5,6,7,8,9,10].all(d, [1,2,3,4,5,6,7,8,9,10].all(e, [1,2,3,4,5,6,7,8,9,10].all(f, a + b + c + d + e + f > 0))))))', 'operation cancelled: actual cost limit exceeded'],
  ])('%s', (text, problem) => {
    expect(run(text)).toBe(problem);
  });
});

describe('problems before it runs', () => {
  it.each([
    ['nope > 1', "ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n | nope > 1\n | ^"],
    ['typed.foo == 1', "ERROR: <input>:1:6: undefined field 'foo'\n | typed.foo == 1\n | .....^"],
    ['n == "a"', "ERROR: <input>:1:3: found no matching overload for '_==_' applied to '(int, string)'\n | n == \"a\"\n | ..^"],
    ['name.size', "ERROR: <input>:1:5: type 'string' does not support field selection\n | name.size\n | ....^"],
    ['name.startsWith(1)', "ERROR: <input>:1:16: found no matching overload for 'startsWith' applied to 'string.(int)'\n | name.startsWith(1)\n | ...............^"],
    ['[1, "a"]', "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, \"a\"]\n | ....^"],
    ['n.all(x, true)', "ERROR: <input>:1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | n.all(x, true)\n | ^"],
    ['n +', "ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}\n | n +\n | ...^"],
    ['n > 1)', "ERROR: <input>:1:6: Syntax error: extraneous input ')' expecting <EOF>\n | n > 1)\n | .....^"],
    ['has(n)', 'ERROR: <input>:1:5: invalid argument to has() macro\n | has(n)\n | ....^'],
    ['nope1 + nope2', "ERROR: <input>:1:1: undeclared reference to 'nope1' (in container '')\n | nope1 + nope2\n | ^\nERROR: <input>:1:9: undeclared reference to 'nope2' (in container '')\n | nope1 + nope2\n | ........^"],
    ['foo(1)', "ERROR: <input>:1:4: undeclared reference to 'foo' (in container '')\n | foo(1)\n | ...^"],
  ])('%s', (text, problem) => {
    expect(run(text)).toBe(problem);
  });

  it('says what type is wanted', () => {
    expect(environment.compileTo('n + 1', types.bool)).toEqual({ error: 'must evaluate to bool' });
    expect(environment.compileTo('n > 1', types.bool).program?.type).toEqual(types.bool);
  });
});
