// Replays the kubectl transcripts of ../shared/conformance inside a simulated cluster, with our own kubectl on the laptop: what a learner types in
// the page's terminal prints what the real thing printed. `transcripts.ts 01 03` replays these scenarios; the last line counts.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createCluster } from '../../cluster/create-cluster.ts';
import type { World } from '../../kernel/world.ts';

const folder = '../shared/conformance';
const scenarios = join(folder, 'scenarios');
const convergeMs = 60_000;
const commandMs = 120_000;
/** A person, and a real kubectl, take a moment between two commands. */
const betweenMs = 100;

/** The runner's own masking of what always differs; it is taken from there, so that both judge alike. */
const normalise = (() => {
  const source = readFileSync(join(folder, 'run.mjs'), 'utf8');
  const from = source.indexOf('export function normalise');
  const body = source.slice(from, source.indexOf('\n}', from) + 2).replace('export ', '');
  return new Function(`${body}; return normalise;`)() as (text: string) => string;
})();

/** Steps that cannot match here, `file command`: rows of docs/conformance-notes.md that do not speak of the other runner's masking. */
const explained = new Set(
  [...readFileSync('docs/conformance-notes.md', 'utf8').matchAll(/^\| (\S+\.transcript) \| `([^\n]*?)` \| .* \|$/gm)].map(([, file, command]) => `${file} ${command}`),
);

interface Step {
  readonly line: number;
  readonly args: readonly string[];
  readonly stdin: string | undefined;
  readonly directives: ReadonlySet<string>;
  readonly expected: string;
}

function words(text: string): string[] {
  const found: string[] = [];
  for (const [word] of text.matchAll(/(?:[^\s'"]|'[^']*'|"(?:\\.|[^"\\])*")+/g))
    found.push(word.replace(/'([^']*)'|"((?:\\.|[^"\\])*)"/g, (_all, single: string | undefined, double: string | undefined) => single ?? (double ?? '').replace(/\\(.)/g, '$1')));
  return found;
}

function parse(path: string): readonly Step[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  const steps: Step[] = [];
  let directives = new Set<string>();
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string;
    if (line.startsWith('#! ')) directives.add(line.slice(3).trim().split(/\s+/)[0] as string);
    if (!line.startsWith('$ ')) continue;
    let command = line.slice(2);
    let stdin: string | undefined;
    const number = at + 1;
    const heredoc = /\s<<'?(\w+)'?\s*$/.exec(command);
    if (heredoc !== null) {
      command = command.slice(0, heredoc.index);
      const body: string[] = [];
      while (lines[++at] !== heredoc[1]) body.push(lines[at] as string);
      stdin = `${body.join('\n')}\n`;
    }
    const expected: string[] = [];
    while (at + 1 < lines.length && !/^(\$ |# |#!|#$)/.test(lines[at + 1] as string)) expected.push((lines[++at] as string).replace(/^\\(?=[#$])/, ''));
    steps.push({ line: number, args: words(command).slice(1), stdin, directives, expected: normalise(expected.join('\n')) });
    directives = new Set();
  }
  return steps;
}

function kubectl(world: World, step: Step): string {
  let out = '';
  let err = '';
  const input = world.mailbox<string>();
  if (step.stdin !== undefined) input.put(step.stdin);
  input.close();
  const process = world.spawn('laptop', {
    program: 'kubectl',
    args: step.args,
    input,
    env: { HOME: '/root', KUBECONFIG: '/root/.kube/config' },
    onOutput: (stream, text) => {
      if (stream === 'stdout') out += text;
      else err += text;
    },
  });
  world.run(world.nowMs + commandMs, () => process.exit !== undefined);
  const parts: string[] = [];
  if (out.trim() !== '') parts.push(normalise(out));
  if (err.trim() !== '') parts.push(normalise(err).split('\n').map((line) => `! ${line}`).join('\n'));
  const code = process.exit?.code ?? 124;
  if (code !== 0) parts.push(`? ${code}`);
  return parts.join('\n');
}

function view(text: string, directives: ReadonlySet<string>): string {
  // The expected text was masked as a whole, the printed one line by line: blanks are made alike here.
  let lines = text.split('\n').map((line) => line.replace(/[ \t]+/g, ' ').trimEnd());
  if (directives.has('any')) lines = lines.filter((line) => line.startsWith('? '));
  if (directives.has('last')) lines = lines.slice(-1);
  if (directives.has('unordered')) lines.sort();
  return lines.join('\n');
}

function replay(name: string): { readonly passed: number; readonly failed: number } {
  const path = join(scenarios, name);
  const { world } = createCluster('conformance', { seed: 1 });
  world.run(30_000);
  let passed = 0;
  let failed = 0;
  for (const step of parse(path)) {
    const wanted = view(step.expected, step.directives);
    let got = view(kubectl(world, step), step.directives);
    const converges = step.directives.has('retry') || step.directives.has('record-only');
    for (const until = world.nowMs + convergeMs; got !== wanted && converges && world.nowMs < until; ) {
      world.run(world.nowMs + 500);
      got = view(kubectl(world, step), step.directives);
    }
    world.run(world.nowMs + betweenMs);
    if (got === wanted) {
      passed++;
      continue;
    }
    if (explained.has(`${name} ${step.args.join(' ')}`)) continue;
    failed++;
    console.log(`    line ${step.line}: kubectl ${step.args.join(' ').slice(0, 160)}`);
    const a = wanted.split('\n');
    const b = got.split('\n');
    for (let at = 0; at < Math.max(a.length, b.length) && at < 12; at++) if (a[at] !== b[at]) console.log(`      - ${a[at] ?? ''}\n      + ${b[at] ?? ''}`);
  }
  return { passed, failed };
}

const wantedScenarios = process.argv.slice(2);
let passed = 0;
let failed = 0;
for (const name of readdirSync(scenarios).sort()) {
  if (!statSync(join(scenarios, name)).isDirectory() || (wantedScenarios.length > 0 && !wantedScenarios.some((each) => name.startsWith(each)))) continue;
  for (const file of readdirSync(join(scenarios, name)).sort()) {
    if (!file.endsWith('.transcript')) continue;
    const result = replay(`${name}/${file}`);
    passed += result.passed;
    failed += result.failed;
    console.log(`${result.failed === 0 ? 'ok  ' : 'FAIL'} ${name}/${file} ${result.passed}/${result.passed + result.failed}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
