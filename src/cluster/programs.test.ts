// Every program has one name, wherever it is found.
import { expect, test } from 'vitest';
import { shellPrograms } from '../programs/shell/main.ts';
import { findTool, programs } from './programs.ts';

test('no two programs have one name', () => {
  const names = [...programs, ...shellPrograms].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name } of programs) expect(findTool(name)).toBeUndefined();
});

test('a tool is found by its name', () => {
  for (const name of ['kubectl', 'etcdctl', 'sh', 'traffic']) expect(findTool(name)?.name).toBe(name);
  expect(findTool('constructor')).toBeUndefined();
});
