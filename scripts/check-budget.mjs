// Fails when what a reader must download before anything moves has grown too heavy. Run after `vite build`.
// First chunk: the entry script and everything it imports statically. Worker: the same of the simulation's worker, which is all that a cluster
// needs to boot and be drawn (e2e boots one with the tools withheld). Tools: what comes after it, for what people do.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const json = process.argv.includes('--json');
const folder = process.argv.slice(2).find((each) => !each.startsWith('--')) ?? 'dist';
const limits = { firstChunkGzipKiB: 200, workerChunkGzipKiB: 250, toolsChunkGzipKiB: 420 };

const manifest = JSON.parse(readFileSync(join(folder, '.vite/manifest.json'), 'utf8'));
const gzipKiB = (file) => gzipSync(readFileSync(join(folder, file)), { level: 9 }).length / 1024;
const sum = (files) => [...files].reduce((total, file) => total + gzipKiB(file), 0);

/** A script and all that it imports statically, as they stand in the folder. */
function withImports(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  const text = readFileSync(join(folder, file), 'utf8');
  for (const [, name] of text.matchAll(/(?:^|[;}\s])(?:import|export)\s*(?:[\w$*{},\s]+?\s*from\s*)?["']\.\/([\w.-]+\.js)["']/g)) withImports(join('assets', name), found);
  return found;
}
function only(pattern) {
  const found = readdirSync(join(folder, 'assets')).filter((name) => pattern.test(name));
  if (found.length !== 1) throw new Error(`${found.length} files in ${folder}/assets match ${pattern}`);
  return join('assets', found[0]);
}

const entry = Object.values(manifest).find((chunk) => chunk.isEntry);
const worker = withImports(only(/^worker\.main-.*\.js$/));
const tools = [...withImports(only(/^_virtual_tools-.*\.js$/))].filter((file) => !worker.has(file));
const figures = { firstChunkGzipKiB: sum(withImports(entry.file)), workerChunkGzipKiB: sum(worker), toolsChunkGzipKiB: sum(tools) };

if (json) console.log(JSON.stringify(figures));
else
  for (const [name, limit] of Object.entries(limits)) {
    const value = Math.round(figures[name] * 10) / 10;
    const over = value > limit;
    if (over) process.exitCode = 1;
    console.log(`${over ? 'OVER ' : 'ok   '} ${name} ${value} (limit ${limit})`);
  }
