// Every sentence has a text in both languages that uses exactly its parameters.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const source = readFileSync('src/scene/sentences.ts', 'utf8');
const declared = new Map(
  [...source.matchAll(/^ {2}'([a-z-]+\.[a-z-]+)': (.*);$/gm)].map(([, key = '', params = '']) => [key, params.startsWith('Record') ? [] : [...params.matchAll(/(\w+): (?:string|number)/g)].map((match) => match[1] as string).sort()]),
);

describe.each(['en', 'ko'])('the sentences in %s', (language) => {
  const texts = JSON.parse(readFileSync(`src/ui/i18n/${language}/hops.json`, 'utf8')) as Readonly<Record<string, string>>;

  it('are all there, and no others', () => {
    const plain = Object.keys(texts).map((key) => key.replace(/_(one|other)$/, ''));
    expect([...new Set(plain)].sort()).toEqual([...declared.keys()].sort());
  });

  it('use only what they are given', () => {
    for (const [key, text] of Object.entries(texts)) {
      const used = [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] as string);
      expect(declared.get(key.replace(/_(one|other)$/, '')), key).toEqual(expect.arrayContaining(used));
    }
  });

  it.runIf(language === 'ko')('end as Korean sentences do, and put a noun between a name and a particle', () => {
    for (const [key, text] of Object.entries(texts)) {
      expect(text, key).toMatch(/요(\.|\?|:| |$)|요$|[.:] \{\{\w+\}\}$/);
      expect(text, key).not.toMatch(/\}\}(이|가|은|는|을|를|와|과|로|으로)( |$)/);
    }
  });
});
