// Bundles our command lines for Node, each to one file that is quick to start: dist/kubectl.mjs, dist/etcdutl.mjs.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

for (const name of ['kubectl', 'etcdutl'])
  await build({
    entryPoints: [fileURLToPath(new URL(`../bin/${name}.main.ts`, import.meta.url))],
    outfile: fileURLToPath(new URL(`../dist/${name}.mjs`, import.meta.url)),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
    external: ['ws'],
    logLevel: 'error',
    banner: { js: 'import { createRequire as __require } from "node:module"; const require = __require(import.meta.url);' },
  });
