#!/usr/bin/env node
// Holds two kubectls against each other: every command of a list is run by the one on a cluster, by the other on a cluster of the same seed, and what they print is compared.
//   node scripts/differential.mjs [--real PATH] [--own PATH] [--keep] LIST...
// A list is a text of `$ kubectl ...` lines (and heredocs), in the format of ../shared/conformance/run.mjs, which does the running; see scripts/differential/.
// What the real one printed stays beside the list as LIST.recorded with --keep: read it as a person who knows a real cluster.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { real: { type: 'string', default: '.cache/kubectl/kubectl' }, own: { type: 'string', default: 'bin/kubectl' }, preset: { type: 'string', default: 'conformance' }, keep: { type: 'boolean', default: false } },
});
const runner = '../shared/conformance/run.mjs';
const start = ['--timeout', '30', '--start', `npm run -s serve -- --preset ${values.preset} --port 0`];
const folder = mkdtempSync(join(tmpdir(), 'differential-'));
let status = 0;
for (const list of positionals) {
  const transcript = join(folder, basename(list).replace(/(\.\w+)?$/, '.transcript'));
  copyFileSync(list, transcript);
  const recorded = spawnSync('node', [runner, '--record', '--kubectl', values.real, ...start, transcript], { encoding: 'utf8' });
  if (recorded.status !== 0) {
    console.error(recorded.stdout + recorded.stderr);
    status = 1;
    continue;
  }
  if (values.keep) copyFileSync(transcript, `${list}.recorded`);
  const compared = spawnSync('node', [runner, '--kubectl', values.own, '--diff', '24', ...start, transcript], { encoding: 'utf8', maxBuffer: 2 ** 28 });
  process.stdout.write(compared.stdout + compared.stderr);
  status = Math.max(status, compared.status ?? 1);
}
rmSync(folder, { recursive: true, force: true });
process.exitCode = status;
