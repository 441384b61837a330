import { describe, expect, it } from 'vitest';
import { matchesFields, parseFieldSelector } from './field-selector.ts';
import { formatLabelSelector, formatSelector, matchesLabelSelector, matchesSelector, parseSelector } from './labels.ts';

describe('selectors as text', () => {
  const labels = { app: 'web', tier: 'front', run: '' };
  it.each([
    ['app=web', true], ['app==web', true], ['app!=web', false], ['x!=y', true], ['app in (web,api)', true], ['tier notin (front)', false], ['x notin (y)', true], ['app', true], ['!app', false], ['!x', true], ['app=web,tier=front', true],
    ['app=web, tier = back', false], ['run', true], ['run=', true], ['', true], ['app in (a),', false], ['in', false], ['tier notin (x),run', true],
  ])('%j matches: %s', (text, expected) => {
    const parsed = parseSelector(text);
    if (text.endsWith(',')) expect(parsed.problem).toBe("found '', expected: identifier after ','");
    else expect(matchesSelector(parsed.selector ?? [], labels)).toBe(expected);
  });

  it.each([
    ['!!x', "unable to parse requirement: found '!', expected: identifier"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['=a', "found '=', expected: !, identifier, or 'end of string'"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['a>x', "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer"],
  ])('%j: %s', (text, problem) => expect(parseSelector(text).problem).toBe(problem));

  it('is written back', () => {
    expect(formatSelector(parseSelector('b in (y,x),a=1,!c').selector ?? [])).toBe('a=1,b in (x,y),!c');
    expect(formatLabelSelector({})).toBe('<none>');
    expect(formatLabelSelector({ matchLabels: { app: 'web' }, matchExpressions: [{ key: 'tier', operator: 'Exists' }] })).toBe('app=web,tier');
  });
});

describe('selectors of specs', () => {
  it('absent picks nothing, empty everything', () => {
    expect(matchesLabelSelector(undefined, { a: 'b' })).toBe(false);
    expect(matchesLabelSelector({}, { a: 'b' })).toBe(true);
    expect(matchesLabelSelector({ matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'DoesNotExist' }] }, { a: 'b' })).toBe(true);
    expect(matchesLabelSelector({ matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['b'] }] }, { a: 'b' })).toBe(false);
  });
});

describe('field selectors', () => {
  it('compare whole values', () => {
    const { selector = [] } = parseFieldSelector('status.phase!=Running,spec.nodeName=');
    expect(matchesFields(selector, { 'status.phase': 'Pending' })).toBe(true);
    expect(matchesFields(selector, { 'status.phase': 'Pending', 'spec.nodeName': 'n' })).toBe(false);
    expect(parseFieldSelector('status.phase').problem).toBe("invalid selector: 'status.phase'; can't understand 'status.phase'");
  });
});
