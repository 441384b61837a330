import { expect, it } from 'vitest';
import type { Host } from '../../kernel/host.ts';
import { ContainerOutput } from './container-output.ts';

it('logs whole lines of each stream, the last one even without its newline; who is attached hears everything', () => {
  const log: unknown[] = [];
  const heard: string[] = [];
  const output = new ContainerOutput({ clock: { wallMs: () => 7 }, disk: { append: (path: string, record: object) => log.push({ path, ...record }) } } as unknown as Pick<Host, 'clock' | 'disk'>);
  output.write('/log', 'stdout', 'before');
  const detach = output.attach((stream, text) => heard.push(`${stream} ${text}`));
  output.write('/log', 'stderr', 'oh');
  output.write('/log', 'stdout', ' and after\nmore');
  expect(log).toEqual([{ path: '/log', timeMs: 7, stream: 'stdout', text: 'before and after' }]);
  detach();
  output.write('/log', 'stderr', ' no\n');
  output.finish('/log');
  expect(log.slice(1)).toEqual([
    { path: '/log', timeMs: 7, stream: 'stderr', text: 'oh no' },
    { path: '/log', timeMs: 7, stream: 'stdout', text: 'more', partial: true },
  ]);
  expect(heard).toEqual(['stderr oh', 'stdout  and after\nmore']);
  output.finish('/log');
  expect(log).toHaveLength(3);
});
