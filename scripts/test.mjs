// The whole proof, in the order in which it fails fastest. `npm test -- --only unit,e2e` runs some stages. The last line counts everything.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { ensureChromium } from './ensure-chromium.mjs';

const chosen = process.argv.includes('--only') ? process.argv[process.argv.indexOf('--only') + 1].split(',') : undefined;
/** With what they stand on: a fresh clone has nothing generated and nothing built. */
const only = chosen && ['generate', ...(chosen.some((name) => name === 'e2e' || name === 'budget') ? ['build'] : []), ...chosen];
const shared = existsSync('../shared/conformance/run.mjs');
const results = [];

/** Runs a command with its output shown; resolves with its text. */
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', ...options.env } });
    let text = '';
    const take = (chunk) => {
      text += chunk;
      if (!options.quiet) process.stdout.write(chunk);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('close', (status) => resolve({ status: status ?? 1, text }));
  });
}

/** One stage: `count` reads passed and failed out of its output; a stage without counts is one test. */
async function stage(name, body, count) {
  if (only !== undefined && !only.includes(name)) return;
  console.log(`\n== ${name}`);
  const began = Date.now();
  const { status, text } = await body();
  const seconds = Math.round((Date.now() - began) / 100) / 10;
  const counted = count?.(text) ?? { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, skipped: 0 };
  if (status !== 0 && counted.failed === 0) counted.failed = 1;
  if (counted.passed === 0 && counted.failed === 0 && !counted.skipped) counted.failed = 1;
  results.push({ name, seconds, skipped: 0, ...counted });
  console.log(`-- ${name}: ${counted.passed} passed, ${counted.failed} failed in ${seconds} s`);
}

const number = (text, pattern) => Number(text.match(pattern)?.[1] ?? 0);
const vitestCount = (text) => {
  const line = text.match(/^\s*Tests\s+.*$/m)?.[0] ?? '';
  return { passed: number(line, /(\d+) passed/), failed: number(line, /(\d+) failed/), skipped: number(line, /(\d+) skipped/) };
};
/** The whole walks (walks.spec.ts), and what differs by language or size beside them. */
const elsewhere = 'one master: it comes up|three masters: the one that leads|Hangul|etcd by hand';
const everyNumber = (text, pattern) => [...text.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);
const playwrightCount = (text) => ({ passed: everyNumber(text, /^\s*(\d+) passed/gm), failed: everyNumber(text, /^\s*(\d+) failed/gm) + everyNumber(text, /^\s*(\d+) flaky/gm), skipped: everyNumber(text, /^\s*(\d+) skipped/gm) });

await stage('generate', () => run('npm', ['run', '-s', 'generate']));
await stage('types', async () => {
  const all = [];
  for (const project of ['sim', 'node', 'ui']) all.push(await run('npx', ['tsc', '-p', `tsconfig.${project}.json`]));
  return { status: Math.max(...all.map((each) => each.status)), text: '' };
});
await stage('lint', () => run('npx', ['oxlint']));
await stage('tidy', () => run('node', ['scripts/tidy.mjs']));
await stage('import-rules', async () => {
  const result = await run('npx', ['depcruise', 'src', '--config', '.dependency-cruiser.cjs']);
  // A cruise that saw nothing proves nothing.
  const modules = number(result.text, /(\d+) modules/);
  return modules > 100 ? result : { status: 1, text: 'no modules cruised' };
});
await stage('unit', () => run('npx', ['vitest', 'run', '--reporter=default']), vitestCount);
await stage('simulate', () => run('npm', ['run', '-s', 'simulate', '--', '--seeds', '1..300', '--mixed', '--minutes', '0.75']), (text) => {
  const violations = number(text, /(\d+) violations\s*$/m);
  const seeds = number(text, /^(\d+) seeds/m);
  return { passed: seeds - violations, failed: violations };
});
await stage('build', () => run('npm', ['run', '-s', 'build']));
await stage('budget', () => run('node', ['scripts/check-budget.mjs']));
if (shared) {
  const sum = (text) => {
    const lines = [...text.matchAll(/^(\d+) passed, (\d+) failed$/gm)];
    return { passed: lines.reduce((total, line) => total + Number(line[1]), 0), failed: lines.reduce((total, line) => total + Number(line[2]), 0) };
  };
  await stage('conformance-list', () => run('node', ['scripts/conformance-tests.mjs', '--check']));
  const real = spawnSync('../shared/conformance/get-kubectl', ['.cache/kubectl'], { encoding: 'utf8' });
  const path = real.status === 0 ? real.stdout.trim().split('\n').pop() : undefined;
  if (path !== undefined) await stage('conformance-kubectl', () => run('node', ['scripts/conformance.mjs', '--kubectl', path]), sum);
  else console.log('\n== conformance-kubectl: skipped, kubectl 1.36 cannot be had here');
  await stage('conformance-own', async () => {
    await run('npm', ['run', '-s', 'build:kubectl']);
    return run('node', ['scripts/conformance.mjs', '--kubectl', 'bin/kubectl']);
  }, sum);
  await stage('conformance-page', () => run('node', ['scripts/run.mjs', 'src/session/cli/transcripts.ts']), sum);
} else console.log('\n== conformance: skipped, ../shared is not here');
await stage('e2e', async () => {
  const chromium = ensureChromium();
  // Everything at one desktop; the others (Korean, phones) walk the whole walks and what differs there. `npm run test:long` walks everything everywhere.
  const env = chromium === undefined ? {} : { CHROMIUM_PATH: chromium };
  const all = await run('npx', ['playwright', 'test', '--reporter=list', '--project', 'desktop-en'], { env });
  const others = await run('npx', ['playwright', 'test', '--reporter=list', '--project', 'desktop-ko', '--project', 'phone-en', '--project', 'phone-ko', '--grep', elsewhere], { env });
  return { status: Math.max(all.status, others.status), text: `${all.text}\n${others.text}` };
}, playwrightCount);

console.log('\nstage                 passed  failed  seconds');
for (const each of results) console.log(`${each.name.padEnd(20)} ${String(each.passed).padStart(7)} ${String(each.failed).padStart(7)} ${String(each.seconds).padStart(8)}`);
const total = (key) => results.reduce((sum, each) => sum + each[key], 0);
console.log(`${total('passed')} passed, ${total('failed')} failed`);
process.exit(total('failed') === 0 ? 0 : 1);
