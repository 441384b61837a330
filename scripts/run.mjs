// Runs a TypeScript entry in Node: bundles it to .cache/ first (Node 20 cannot strip types), packages stay outside the bundle.
// `node scripts/run.mjs src/session/cli/serve.ts --preset ha`
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [entry, ...rest] = process.argv.slice(2);
if (entry === undefined) {
  console.error('usage: node scripts/run.mjs <entry.ts> [arguments]');
  process.exit(2);
}
// A fresh clone has no generated sources yet.
if (!existsSync('src/api/generated/structure-text.ts')) execFileSync(process.execPath, ['scripts/generate-api.mjs'], { stdio: 'ignore' });
// One output per entry and process, so that several may run at once while the sources change.
const name = createHash('sha1').update(resolve(entry)).digest('hex').slice(0, 8);
const outfile = resolve(`.cache/run/${name}-${process.pid}.mjs`);
await build({
  entryPoints: [entry],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  logLevel: 'error',
});
process.on('exit', () => {
  try {
    process.getBuiltinModule?.('node:fs')?.rmSync(outfile, { force: true });
  } catch {
    // Only a cache.
  }
});
process.argv = [process.argv[0], outfile, ...rest];
await import(pathToFileURL(outfile).href);
