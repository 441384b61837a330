import { describe, expect, it } from 'vitest';
import { forTerminal, LineDiscipline } from './line-discipline.ts';

function typed(keys: string): { readonly input: readonly string[]; readonly echo: string; readonly ended: boolean } {
  const input: string[] = [];
  let echo = '';
  let ended = false;
  const line = new LineDiscipline({ input: (text) => input.push(text), echo: (text) => (echo += text), endOfInput: () => (ended = true) });
  line.type(keys);
  return { input, echo, ended };
}

describe('what a terminal makes of keys', () => {
  it.each([
    ['a line', 'ls\r', ['ls\n'], 'ls\r\n'],
    ['an erased character', 'lx\u007fs\r', ['ls\n'], 'lx\b \bs\r\n'],
    ['an erased syllable, two columns wide', '한\u007f글\r', ['글\n'], '한\b\b  \b\b글\r\n'],
    ['a line that is thrown away', 'abc\u0015x\r', ['x\n'], `abc${'\b \b'.repeat(3)}x\r\n`],
    ['a word that is thrown away', 'ab cd\u0017\r', ['ab \n'], `ab cd${'\b \b'.repeat(2)}\r\n`],
    ['^C', 'abc\u0003', ['\u0003'], 'abc^C\r\n'],
    ['arrow keys, which mean nothing', 'a\u001b[A\u001bOBb\r', ['ab\n'], 'ab\r\n'],
  ])('%s', (_what, keys, input, echo) => expect(typed(keys)).toEqual({ input, echo, ended: false }));

  it('ends at ^D, but not within a line', () => {
    expect(typed('\u0004').ended).toBe(true);
    expect(typed('ab\u0004')).toEqual({ input: ['ab'], echo: 'ab', ended: false });
  });

  it('begins each line at the left', () => expect(forTerminal('a\nb\r\n')).toBe('a\r\nb\r\n'));
});
