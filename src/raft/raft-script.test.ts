// Plays testdata/*.txt: a command, `----`, its whole output. REWRITE=1 writes what really came out; read the diff.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Scene } from './testing/scene.ts';

const folder = join(import.meta.dirname, 'testdata');

function play(text: string): string {
  const scene = new Scene();
  const out: string[] = [];
  for (const block of text.split(/\n\n+/)) {
    const lines = block.trim().split('\n');
    const comments = lines.filter((line) => line.startsWith('#'));
    const command = lines.find((line) => line !== '' && !line.startsWith('#'));
    if (command === undefined) {
      if (comments.length > 0) out.push(comments.join('\n'));
      continue;
    }
    out.push([...comments, command, '----', scene.run(command)].join('\n'));
  }
  return out.join('\n\n') + '\n';
}

for (const name of readdirSync(folder).filter((each) => each.endsWith('.txt'))) {
  test(name.replace('.txt', '').replaceAll('-', ' '), () => {
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8');
    const played = play(text);
    if (process.env['REWRITE'] !== undefined) writeFileSync(path, played);
    else expect(played).toBe(text);
  });
}
