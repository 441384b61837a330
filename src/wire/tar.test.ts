import { describe, expect, it } from 'vitest';
import { byteLengthOf } from '../api/meta/byte-text.ts';
import { readArchive, writeArchive } from './tar.ts';

describe('an archive', () => {
  const entries = [
    { name: 'a', folder: true, content: '' },
    { name: 'a/한글.txt', folder: false, content: '안녕\n' },
    { name: 'a/empty', folder: false, content: '' },
    { name: 'a/bytes', folder: false, content: '\u0000\udcff\udcfe x' },
    { name: `${'long/'.repeat(30)}name`, folder: false, content: 'x'.repeat(1500) },
    { name: 'n'.repeat(200), folder: false, content: 'y' },
  ];

  it('gives back what was put in, in whole blocks', () => {
    const archive = writeArchive(entries);
    expect(byteLengthOf(archive) % 512).toBe(0);
    expect(readArchive(archive)).toEqual(entries);
  });

  it.each([['cut off', (text: string) => text.slice(0, 700)], ['no archive', () => 'hello'], ['without an end', (text: string) => text.slice(0, 512)]])('that is %s is refused', (_name, spoil) => {
    expect(readArchive(spoil(writeArchive(entries)))).toBeUndefined();
  });
});
