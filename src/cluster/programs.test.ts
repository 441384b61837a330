// A program that is found when it runs must be there under its name.
import { expect, test } from 'vitest';
import { shellPrograms } from '../programs/shell/main.ts';
import { programs, shellProgramNames } from './programs.ts';

test('the names of the shell room are those of its programs', () => {
  expect([...shellProgramNames].toSorted()).toEqual(shellPrograms.map(({ name }) => name).toSorted());
});

test('no two programs have one name', () => {
  expect(new Set(programs.map(({ name }) => name)).size).toBe(programs.length);
});
