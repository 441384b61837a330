// What fits, what does not, and that nothing hangs.
import { describe, expect, it } from 'vitest';
import { compileRegex, Regex } from './regex.ts';

function regex(pattern: string): Regex {
  const compiled = compileRegex(pattern);
  if (!(compiled instanceof Regex)) throw new Error(compiled.problem);
  return compiled;
}

describe('matching', () => {
  it.each([
    ['^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$', '* * * * */5', true],
    ['^(\\d+|\\*)(/\\d+)?(\\s+(\\d+|\\*)(/\\d+)?){4}$', 'hello', false],
    ['^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', 'my-name', true],
    ['^[a-z0-9]([-a-z0-9]*[a-z0-9])?$', 'my-name-', false],
    ['(?i)^ABC$', 'abc', true],
    ['^a.c$', 'a\nc', false],
    ['(?s)^a.c$', 'a\nc', true],
    ['(?m)^b$', 'a\nb\nc', true],
    ['[[:alpha:]]+\\d{2,3}$', 'abc12', true],
    ['^\\p{L}+$', '한글abc', true],
    ['^[^\\s/]+$', 'a/b', false],
    ['\\bfoo\\b', 'a foo b', true],
    ['^(a|b)*?c$', 'ababc', true],
    ['^\\x41\\x{1F600}$', 'A😀', true],
    ['^.{2}$', '😀한', true],
    ['', '', true],
    ['^[\\]\\-a]+$', ']-a', true],
  ])('%s on %j', (pattern, text, fits) => {
    expect(regex(pattern).test(text)).toBe(fits);
  });

  it('finds groups and the leftmost of the most wanted', () => {
    expect(regex('(\\w+)@(\\w+)').find('mail me@home now')).toEqual({ start: 5, end: 12, groups: ['me@home', 'me', 'home'] });
    expect(regex('a|ab').find('ab')?.groups[0]).toBe('a');
    expect(regex('a+?').find('aaa')?.groups[0]).toBe('a');
    expect(regex('[0-9]+').findAll('1 22 333', 2).map((each) => each.groups[0])).toEqual(['1', '22']);
    expect(regex('x*').findAll('axb').map((each) => each.groups[0])).toEqual(['', 'x', '']);
  });

  it('takes no longer for patterns that are evil elsewhere', () => {
    expect(regex('^(a+)+$').test(`${'a'.repeat(2000)}!`)).toBe(false);
    expect(regex('^(a|a)*b$').test('a'.repeat(2000))).toBe(false);
  });
});

describe('problems, in the words of Go', () => {
  it.each([
    ['(abc', 'error parsing regexp: missing closing ): `(abc`'],
    ['abc)', 'error parsing regexp: unexpected ): `abc)`'],
    ['[abc', 'error parsing regexp: missing closing ]: `[abc`'],
    ['*a', 'error parsing regexp: missing argument to repetition operator: `*`'],
    ['a**', 'error parsing regexp: invalid nested repetition operator: `**`'],
    ['[z-a]', 'error parsing regexp: invalid character class range: `z-a`'],
    ['a{1001}', 'error parsing regexp: invalid repeat count: `{1001}`'],
    ['(?=a)', 'error parsing regexp: invalid or unsupported Perl syntax: `(?=`'],
    ['\\y', 'error parsing regexp: invalid escape sequence: `\\y`'],
    ['a\\', 'error parsing regexp: trailing backslash at end of expression: ``'],
  ])('%s', (pattern, problem) => {
    expect(compileRegex(pattern)).toEqual({ problem });
  });
});
