// Fails when what a reader must download before anything moves has grown too heavy. Run after `vite build`.
// First chunk: the entry script and everything it imports statically. Worker: the simulation's own script.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const folder = process.argv[2] ?? 'dist';
const limits = { firstChunkGzipKiB: 200, workerChunkGzipKiB: 250 };

const manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8'));
const gzipKiB = (file) => gzipSync(readFileSync(join(folder, file)), { level: 9 }).length / 1024;

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const files = new Set();
const visit = (key) => {
  const chunk = manifest[key];
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const next of chunk.imports ?? []) visit(next);
};
visit(entry);

const worker = readdirSync(join(folder, 'assets')).find((name) => /^worker\.main-.*\.js$/.test(name));
const figures = {
  firstChunkGzipKiB: [...files].reduce((sum, file) => sum + gzipKiB(file), 0),
  workerChunkGzipKiB: worker === undefined ? 0 : gzipKiB(join('assets', worker)),
};

let failed = false;
for (const [name, limit] of Object.entries(limits)) {
  const value = Math.round(figures[name] * 10) / 10;
  const over = value > limit;
  failed ||= over;
  console.log(`${over ? 'OVER ' : 'ok   '} ${name} ${value} (limit ${limit})`);
}
process.exitCode = failed ? 1 : 0;
