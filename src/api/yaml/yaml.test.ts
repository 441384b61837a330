import { describe, expect, it } from 'vitest';
import { parseYaml, splitDocuments, tryParseYaml } from './parse-yaml.ts';
import { printYaml } from './print-yaml.ts';

describe('YAML as kubectl reads it', () => {
  // What kubectl 1.36 says of each text, after `error: error parsing STDIN: error converting YAML to JSON: `.
  it.each([
    ['a: b: c\n', 'yaml: mapping values are not allowed in this context'],
    ['x: 1\n  y: 2\n', 'yaml: line 2: mapping values are not allowed in this context'],
    ['kind: Pod\nmetadata: {name: bad\n', "yaml: line 2: did not find expected ',' or '}'"],
    ['a:\n\t- b\n', 'yaml: line 2: found character that cannot start any token'],
    ['a: [1,2\nb: 3\n', "yaml: line 1: did not find expected ',' or ']'"],
    ['- a\nb: c\n', "yaml: line 1: did not find expected '-' indicator"],
    ['a: "x\n', 'yaml: line 2: found unexpected end of stream'],
    ['a: *x\n', "yaml: unknown anchor 'x' referenced"],
    ['apiVersion: v1\nkind Pod\nmetadata:\n  name: x\n', "yaml: line 3: could not find expected ':'"],
    ['a: @x\n', 'yaml: found character that cannot start any token'],
    ['a: |x\n b\n', 'yaml: did not find expected comment or line break'],
    ['spec:\n  containers:\n  - name: a\n   image: b\n', 'yaml: line 3: did not find expected key'],
  ])('refuses %j', (text, message) => {
    expect(tryParseYaml(text).problem?.message).toBe(message);
  });

  it.each([
    ['a: yes', { a: true }],
    ['a: y', { a: true }],
    ['a: 0644', { a: 420 }],
    ['a: "0644"', { a: '0644' }],
    ['a: 1_000', { a: 1000 }],
    ['a: ~', { a: null }],
    ['a: 2026-01-01', { a: '2026-01-01' }],
    ['a: &x {b: 1}\nc: {<<: *x, d: 2}', { a: { b: 1 }, c: { b: 1, d: 2 } }],
    ['a: |\n  x\n  y\n', { a: 'x\ny\n' }],
    ['a: >-\n  x\n  y\n', { a: 'x y' }],
    ['a: {b: c:d}', { a: { b: 'c:d' } }],
    ['- - 1\n  - 2', [[1, 2]]],
    ['1: a\ntrue: b', { '1': 'a', true: 'b' }],
  ])('reads %j', (text, value) => {
    expect(parseYaml(text)).toEqual(value);
  });

  it('cuts a stream at its separators', () => {
    expect(splitDocuments('a: 1\n---\n# note\nb: 2\n--- \nc: 3\n').map((part) => [part.text, part.line])).toEqual([['a: 1\n', 0], ['# note\nb: 2\n', 2], ['c: 3\n', 5]]);
  });
});

describe('YAML as kubectl prints it', () => {
  it.each([
    [{ b: 1, a: [{ x: 'y' }, 'z'] }, 'a:\n- x: "y"\n- z\nb: 1\n'],
    [{ a: 'true', b: '1', c: '', d: null, e: {}, f: [] }, 'a: "true"\nb: "1"\nc: ""\nd: null\ne: {}\nf: []\n'],
    [{ a: 'x: y', b: '*/5 * * * *', c: '- x', d: "it's" }, "a: 'x: y'\nb: '*/5 * * * *'\nc: '- x'\nd: it's\n"],
    [{ a: 'one\ntwo\n', b: 'one\ntwo', c: ' x\ny\n' }, 'a: |\n  one\n  two\nb: |-\n  one\n  two\nc: |2\n   x\n  y\n'],
    [{ a: 'tab\there\n' }, 'a: "tab\\there\\n"\n'],
    [{ a: '2026-01-01T00:00:00Z', b: '12:30', c: '0x1F' }, 'a: "2026-01-01T00:00:00Z"\nb: "12:30"\nc: "0x1F"\n'],
    [{ a10: 1, a9: 2, b: 3 }, 'a9: 2\na10: 1\nb: 3\n'],
    [{ a: [[1, 2], []] }, 'a:\n- - 1\n  - 2\n- []\n'],
    [{ text: '파드' }, 'text: 파드\n'],
    [
      { description: 'Used for system critical pods that must not be moved from their current node.', list: [`'${'word '.repeat(17)}end`] },
      `description: Used for system critical pods that must not be moved from their current\n  node.\nlist:\n- '''${'word '.repeat(15)}word\n  word end'\n`,
    ],
  ])('prints %j', (value, text) => {
    expect(printYaml(value)).toBe(text);
    expect(parseYaml(text)).toEqual(value);
  });
});
