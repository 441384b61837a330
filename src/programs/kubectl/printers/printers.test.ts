import { describe, expect, it } from 'vitest';
import { GoTemplate } from './go-template.ts';
import { JsonPath } from './jsonpath.ts';
import { naturalCompare } from './sort.ts';
import { TabWriter } from './tab-writer.ts';

const data = {
  metadata: { name: 'x', labels: { 'a.b/c': '1' } },
  items: [
    { n: 'a', v: 1, c: [{ t: 'R', s: 'True' }] },
    { n: 'b', v: 2, c: [{ t: 'R', s: 'False' }] },
  ],
  o: { a: 1, b: '<x>' },
};

describe('jsonpath', () => {
  it.each([
    ['{.metadata.name}', 'x'],
    ['{range .items[*]}{.n}={.v}{"\\n"}{end}', 'a=1\nb=2\n'],
    ['{.items[?(@.v>1)].n}', 'b'],
    ['{.items[*].c[?(@.t=="R")].s}', 'True False'],
    ['{.o}', '{"a":1,"b":"<x>"}'],
    ['{.metadata.labels.a\\.b/c}', '1'],
    ["{.metadata.labels['a\\.b/c']}", '1'],
    ['{.items[-1:].n}', 'b'],
    ['{.items[0,1].n}', 'a b'],
    ['{..t}', 'R R'],
    ['a{.missing}b', 'ab'],
    ['{range .items[*]}{.n}{range .c[*]}{.t}{end};{end}|', 'aR;bR;|'],
    ["{.items[*]['n','v']}", 'a b 1 2'],
  ])('%s', (template, text) => {
    expect(new JsonPath(template, true).print(data)).toBe(text);
  });
  it.each([
    ['{.items[0', 'unterminated array'],
    ['{.a', 'unclosed action'],
    ['{end}', 'not in range, nothing to end'],
    ['{.items[5].n}', 'array index out of bounds: index 5, length 2'],
  ])('refuses %s', (template, message) => {
    expect(() => new JsonPath(template, true).print(data)).toThrow(message);
  });
});

describe('go-template', () => {
  it.each([
    ['{{.metadata.name}} {{len .items}}', 'x 2'],
    ['{{range $i, $e := .items}}{{$i}}{{$e.n}}{{end}}', '0a1b'],
    ['{{if eq .metadata.name "x"}}yes{{else}}no{{end}}', 'yes'],
    ['{{index .metadata.labels "a.b/c"}}{{.nope}}', '1<no value>'],
    ['{{printf "%s-%d" .metadata.name 3}}', 'x-3'],
    ['{{.o}}', 'map[a:1 b:<x>]'],
    ['{{with .o}}{{.a}}{{end}}', '1'],
    ['{{define "T"}}[{{.}}]{{end}}{{template "T" .metadata.name}}{{block "B" 1}}{{.}}{{end}}', '[x]1'],
    ['{{range $i, $e := .items}}{{if eq $i 1}}{{break}}{{end}}{{$e.n}}{{end}}{{range .items}}{{continue}}x{{end}}', 'a'],
    ['{{print 1 2 "x" 3}} {{urlquery "a b"}}', '1 2x3 a+b'],
  ])('%s', (template, text) => {
    expect(new GoTemplate(template).execute(data)).toBe(text);
  });
  it('misses keys where it is told to', () => {
    expect(() => new GoTemplate('{{.metadata.nope}}', true).execute(data)).toThrow('map has no entry for key "nope"');
  });
});

describe('tables', () => {
  it('aligns blocks of lines, as tabwriter does', () => {
    const writer = new TabWriter({ minWidth: 0, padding: 2 });
    writer.write('Name:\tx\nLabels:\ta=b\n\tc=d\nData:\n  a\tb\n  cccc\td\t1\nEvents:\t<none>\n');
    expect(writer.flush()).toBe('Name:    x\nLabels:  a=b\n         c=d\nData:\n  a      b\n  cccc   d  1\nEvents:  <none>\n');
  });
  it('sorts numbers inside names', () => {
    expect(['a10', 'a9', 'b'].sort(naturalCompare)).toEqual(['a9', 'a10', 'b']);
  });
});
