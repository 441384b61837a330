// Bundles our kubectl for Node: dist/kubectl.mjs, one file, quick to start.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

await build({
  entryPoints: [fileURLToPath(new URL('../bin/kubectl.main.ts', import.meta.url))],
  outfile: fileURLToPath(new URL('../dist/kubectl.mjs', import.meta.url)),
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  external: ['ws'],
  logLevel: 'error',
  banner: { js: 'import { createRequire as __require } from "node:module"; const require = __require(import.meta.url);' },
});
