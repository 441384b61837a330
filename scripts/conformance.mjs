#!/usr/bin/env node
// Replays the kubectl transcripts of ../shared/conformance against `npm run serve`, two transcripts at a time, each with a cluster of its own.
//   node scripts/conformance.mjs --kubectl PATH [TEXT...]     only transcripts whose path contains one of the texts
// Steps listed in docs/conformance-notes.md may differ; a listed step that matches is told. The last line counts.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const runner = '../shared/conformance/run.mjs';
const scenarios = '../shared/conformance/scenarios';
const serve = 'npm run -s serve -- --preset conformance --port 0';

const words = process.argv.slice(2);
const at = words.indexOf('--kubectl');
const kubectl = at < 0 ? 'bin/kubectl' : words.splice(at, 2)[1];

/** `06-nodes/node-objects.transcript get lease ...` of every row of the notes. */
const explained = new Set();
for (const [, file, command] of readFileSync('docs/conformance-notes.md', 'utf8').matchAll(/^\| (\S+\.transcript) \| `([^\n]*?)` \| .* \|$/gm)) explained.add(`${file} ${command}`);

const files = readdirSync(scenarios).sort().flatMap((folder) => readdirSync(join(scenarios, folder)).filter((name) => name.endsWith('.transcript')).sort().map((name) => `${folder}/${name}`));
const wanted = files.filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
const folder = mkdtempSync(join(tmpdir(), 'conformance-'));

function replay(file) {
  const json = join(folder, `${file.replace(/\W/g, '-')}.json`);
  return new Promise((resolve) => {
    let output = '';
    const child = spawn('node', [runner, '--kubectl', kubectl, '--start', serve, '--json', json, '--diff', '0', join(scenarios, file)], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (chunk) => { output += chunk; });
    child.stderr.on('data', (chunk) => { output += chunk; });
    child.on('close', () => {
      try {
        resolve(JSON.parse(readFileSync(json, 'utf8')));
      } catch {
        resolve([{ line: 0, argv: [], pass: false, expected: '', actual: output }]);
      }
    });
  });
}

let passed = 0;
let failed = 0;
let allowed = 0;
function report(file, steps) {
  const lines = [];
  // The same command may stand in a transcript twice, and differ once.
  const differing = new Set(steps.filter((step) => !step.pass).map((step) => step.argv.join(' ')));
  for (const step of steps) {
    const command = step.argv.join(' ');
    const known = explained.has(`${file} ${command}`);
    if (step.pass) {
      passed++;
      if (known && !differing.has(command)) lines.push(`    line ${step.line}: matches, but docs/conformance-notes.md says it cannot: kubectl ${command}`);
    } else if (known) allowed++;
    else {
      failed++;
      lines.push(`    line ${step.line}: kubectl ${command.slice(0, 160)}`);
      const expected = step.expected.split('\n');
      const actual = step.actual.split('\n');
      for (let i = 0, shown = 0; i < Math.max(expected.length, actual.length) && shown < 12; i++) {
        if (expected[i] === actual[i]) continue;
        lines.push(`      - ${expected[i] ?? ''}`, `      + ${actual[i] ?? ''}`);
        shown++;
      }
    }
  }
  const bad = steps.filter((step) => !step.pass && !explained.has(`${file} ${step.argv.join(' ')}`)).length;
  console.log(`${bad === 0 ? 'ok  ' : 'FAIL'} ${file} ${steps.length - bad}/${steps.length}`);
  for (const line of lines) console.log(line);
}

const queue = [...wanted];
async function work() {
  for (let file = queue.shift(); file !== undefined; file = queue.shift()) report(file, await replay(file));
}
try {
  await Promise.all([work(), work()]);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (allowed > 0) console.log(`${allowed} steps differ as docs/conformance-notes.md explains`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
