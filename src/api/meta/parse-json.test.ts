import { describe, expect, it } from 'vitest';
import { parseJson } from './parse-json.ts';

const nested = (depth: number): string => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);

describe('parseJson', () => {
  it('reads what JSON.parse reads', () => {
    expect(parseJson('{"a":[1,{"b":null}]}')).toEqual({ a: [1, { b: null }] });
    expect(() => parseJson('{"a":')).toThrow(SyntaxError);
  });

  it('refuses what nests too deeply, in objects and lists', () => {
    expect(() => parseJson(nested(1001))).toThrow('exceeded max depth');
    expect(() => parseJson('['.repeat(100_000))).toThrow('exceeded max depth');
    expect(parseJson(nested(1000))).toBeInstanceOf(Object);
  });

  it('counts no brackets in texts, and not one beside the other', () => {
    expect(parseJson(JSON.stringify({ text: `\\"${'{['.repeat(2000)}` }))).toHaveProperty('text');
    expect(parseJson(`[${'{},'.repeat(3000)}{}]`)).toHaveLength(3001);
  });
});
