// `npm run bench`: measures what the design holds itself to, prints each figure as it comes, and writes bench/latest.json. Figures depend on the
// machine, which is named first. Every measurement runs in a process of its own, so that none warms up or fills the heap of another.
// `npm run bench -- --only idle,rollout`: some measurements, by the beginnings of their names or of their figures' names.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { measurements, type Measurement } from './measurements.ts';

type Figures = Record<string, number>;

const latest = 'bench/latest.json';
/** No measurement takes this long; one that hangs must not take the others with it. */
const limitMs = 15 * 60_000;
const marker = 'figures ';

const args = process.argv.slice(2);
const valueOf = (flag: string): string | undefined => (args.includes(flag) ? args[args.indexOf(flag) + 1] : undefined);

const child = valueOf('--measure');
if (child !== undefined) {
  const measurement = measurements.find((each) => each.name === child) as Measurement;
  console.log(marker + JSON.stringify(await measurement.measure()));
  process.exit(0);
}

const only = (args.includes('--only') ? (valueOf('--only') ?? '').split(',') : args).filter((each) => each !== '');
const chosen = measurements.filter(({ name, figures }) => only.length === 0 || only.some((word) => [name, ...figures].some((each) => each.startsWith(word))));
if (chosen.length === 0 || args.includes('--help')) {
  console.error(`there is no measurement ${JSON.stringify(only.join(','))}; there are:`);
  for (const { name, figures } of measurements) console.error(`  ${name.padEnd(10)} ${figures.join(', ')}`);
  process.exit(2);
}

function describeMachine(): string {
  return `${cpus()[0]?.model ?? 'unknown'} x${cpus().length}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Node ${process.version}`;
}

function rounded(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}

/** Runs one measurement in a fresh process. Throws when it says no figures. */
function measure(name: string): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, ['--expose-gc', process.argv[1] as string, '--measure', name], { stdio: ['ignore', 'pipe', 'inherit'] });
    const timer = setTimeout(() => process_.kill('SIGKILL'), limitMs);
    let text = '';
    process_.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    process_.on('error', reject);
    process_.on('close', (code, signal) => {
      clearTimeout(timer);
      const line = text.split('\n').find((each) => each.startsWith(marker));
      if (line === undefined) reject(new Error(signal === null ? `the measurement ended with code ${code}` : `the measurement was ended by ${signal}`));
      else resolve(JSON.parse(line.slice(marker.length)) as Figures);
    });
  });
}

/** The least disturbed of its runs. */
async function best({ name, figures: [first], runs = 1 }: Measurement): Promise<Figures> {
  const found: Figures[] = [];
  for (let run = 0; run < runs; run++) found.push(await measure(name));
  const timeOf = (figures: Figures): number => figures[first as string] as number;
  found.sort((a, b) => timeOf(a) - timeOf(b));
  if (runs > 1) console.log(`  ${`${first} of all runs`.padEnd(34)} ${found.map((each) => rounded(timeOf(each))).join(', ')}`);
  return found[0] as Figures;
}

const machine = describeMachine();
console.log(machine);
if ((loadavg()[0] as number) > cpus().length / 2) console.log(`(the machine is busy: a load of ${(loadavg()[0] as number).toFixed(1)}; wall times will be worse than they are)`);
const figures: Figures = {};
let failed = 0;
for (const [at, measurement] of chosen.entries()) {
  console.log(`[${at + 1}/${chosen.length}] ${measurement.what}`);
  const began = performance.now();
  try {
    const found = await best(measurement);
    for (const [figure, value] of Object.entries(found)) {
      figures[figure] = rounded(value);
      console.log(`  ${figure.padEnd(34)} ${figures[figure]}`);
    }
    console.log(`  (${((performance.now() - began) / 1000).toFixed(0)} s)`);
  } catch (error) {
    failed += 1;
    console.log(`  NOT MEASURED: ${(error as Error).message}`);
  }
}

// A run of some keeps the figures of the others, if they are of this machine.
let before: Figures = {};
if (existsSync(latest)) {
  try {
    const old = JSON.parse(readFileSync(latest, 'utf8')) as { readonly machine: string; readonly figures: Figures };
    if (old.machine === machine && chosen.length < measurements.length) before = old.figures;
  } catch {
    // Half a file from a run that was ended.
  }
}
writeFileSync(latest, JSON.stringify({ machine, figures: { ...before, ...figures } }, null, 2) + '\n');
console.log(`written to ${latest}${failed === 0 ? '' : `; ${failed} of ${chosen.length} not measured`}`);
process.exitCode = failed === 0 ? 0 : 1;
