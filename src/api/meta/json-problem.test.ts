import { describe, expect, it } from 'vitest';
import { jsonProblem } from './json-problem.ts';

describe('what is no JSON', () => {
  it.each([
    ['{"a": [1, -2.5e3, "x\\u00e9", true, null]}', ''],
    ['{bad', "invalid character 'b' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a": 1 "b"}', `invalid character '"' after object key:value pair`],
    ['[1 2]', "invalid character '2' after array element"],
    ['tru', 'unexpected end of JSON input'],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['"a\nb"', "invalid character '\\n' in string literal"],
    ['"\\q"', "invalid character 'q' in string escape code"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['', 'unexpected end of JSON input'],
    ["'", "invalid character '\\'' looking for beginning of value"],
  ])('%j', (text, problem) => expect(jsonProblem(text)).toBe(problem));
});
