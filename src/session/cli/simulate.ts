// `npm run simulate -- --seeds 1..200 --preset ha`: random trouble, seed by seed, with the checkers watching. `--seed N` replays one and tells
// more of it. The last line counts; the exit code is 1 when anything was violated.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { presetNames, type PresetName } from '../../cluster/presets/presets.ts';
import { simulate, type SimulationResult } from '../../cluster/simulate.ts';

interface Job {
  readonly preset: PresetName;
  readonly seed: number;
  readonly faultMs: number;
}

type Outcome = { readonly seed: number; readonly wallMs: number } & ({ readonly result: SimulationResult } | { readonly crash: string });

function runOne(job: Job): Outcome {
  const began = performance.now();
  try {
    const result = simulate(job);
    return { seed: job.seed, wallMs: performance.now() - began, result };
  } catch (error) {
    return { seed: job.seed, wallMs: performance.now() - began, crash: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** How many things went wrong in a seed: a crash is one. */
function countOf(outcome: Outcome): number {
  return 'crash' in outcome ? 1 : outcome.result.violations.length;
}

function fail(message: string): never {
  console.error(message);
  console.error(`usage: npm run simulate -- [--preset ${presetNames.join('|')}] [--seeds A..B | --seed N] [--minutes M] [--jobs N]`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        preset: { type: 'string', default: 'ha' },
        seeds: { type: 'string' },
        seed: { type: 'string' },
        minutes: { type: 'string', default: '2' },
        jobs: { type: 'string' },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

function whole(name: string, text: string): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= 0 && text.trim() !== '' ? value : fail(`--${name} must be a whole number, not ${JSON.stringify(text)}`);
}

function report(job: Job, outcome: Outcome, tellAll: boolean): void {
  const wall = `${(outcome.wallMs / 1000).toFixed(1)} s`;
  const replay = `npm run simulate -- --preset ${job.preset} --seed ${outcome.seed} --minutes ${job.faultMs / 60_000}`;
  if ('crash' in outcome) {
    console.log(`seed ${outcome.seed}: CRASHED after ${wall}: ${outcome.crash}`);
    console.log(`  replay: ${replay}`);
    return;
  }
  const { result } = outcome;
  const operations = Object.entries(result.operations)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
  if (tellAll) for (const { atMs, fault } of result.faults) console.log(`  ${(atMs / 1000).toFixed(3).padStart(9)} s ${JSON.stringify(fault)}`);
  const line = `seed ${result.seed}: ${result.violations.length === 0 ? 'ok' : 'VIOLATED'}, ${result.faults.length} faults, ${Math.round(result.virtualMs / 1000)} virtual s in ${wall}, ${operations}`;
  console.log(tellAll ? `${line}, ${result.steps} steps, hash ${result.hash}` : line);
  for (const violation of result.violations.slice(0, tellAll ? Infinity : 3)) console.log(`  ${(violation.atMs / 1000).toFixed(3)} s ${violation.checker}: ${violation.text}`);
  if (result.violations.length > 0) console.log(`  replay: ${replay}`);
}

/** What was done to the clusters of all seeds, and what was asked of them. */
class Summary {
  private readonly faults = new Map<string, number>();
  private readonly operations = new Map<string, number>();

  add(outcome: Outcome): void {
    if ('crash' in outcome) return;
    for (const { fault } of outcome.result.faults) {
      const kind = fault.kind === 'wire' ? `${fault.rule.kind}${fault.rule.oneWay === true ? ' one-way' : ''}` : fault.kind;
      this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    }
    for (const [name, count] of Object.entries(outcome.result.operations)) this.operations.set(name, (this.operations.get(name) ?? 0) + count);
  }

  get text(): string {
    const list = (counts: ReadonlyMap<string, number>): string => [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${count} ${name}`).join(', ');
    return `faults: ${list(this.faults) || 'none'}; operations: ${list(this.operations) || 'none'}`;
  }
}

/** Runs all jobs on as many threads as there are cores; reports them in the order of their seeds. */
async function runAll(jobs: readonly Job[], threads: number, summary: Summary): Promise<number> {
  const outcomes = new Map<number, Outcome>();
  let next = 0;
  let shown = 0;
  let violations = 0;
  const flush = (): void => {
    for (;;) {
      const job = jobs[shown];
      const outcome = job === undefined ? undefined : outcomes.get(job.seed);
      if (job === undefined || outcome === undefined) return;
      shown++;
      outcomes.delete(job.seed);
      violations += countOf(outcome);
      summary.add(outcome);
      report(job, outcome, false);
    }
  };
  await Promise.all(
    Array.from({ length: Math.min(threads, jobs.length) }, () =>
      new Promise<void>((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: 'simulate' });
        const give = (): void => {
          const job = jobs[next++];
          if (job === undefined) {
            void worker.terminate().then(() => resolve());
            return;
          }
          worker.postMessage(job);
        };
        worker.on('message', (outcome: Outcome) => {
          outcomes.set(outcome.seed, outcome);
          flush();
          give();
        });
        worker.on('error', reject);
        give();
      }),
    ),
  );
  flush();
  return violations;
}

async function main(): Promise<void> {
  const given = readOptions();
  if (!presetNames.includes(given.preset as PresetName)) fail(`there is no preset ${JSON.stringify(given.preset)}`);
  const minutes = Number(given.minutes);
  if (!(minutes > 0 && minutes <= 600)) fail('--minutes must be more than 0');
  const common = { preset: given.preset as PresetName, faultMs: minutes * 60_000 };
  if (given.seed !== undefined) {
    const job = { ...common, seed: whole('seed', given.seed) };
    const outcome = runOne(job);
    report(job, outcome, true);
    console.log(`1 seeds, ${countOf(outcome)} violations`);
    process.exitCode = countOf(outcome) > 0 ? 1 : 0;
    return;
  }
  const range = /^(\d+)\.\.(\d+)$/.exec(given.seeds ?? '1..20') ?? fail(`--seeds must be a range like 1..200, not ${JSON.stringify(given.seeds)}`);
  const first = Number(range[1]);
  const last = Number(range[2]);
  if (last < first) fail('--seeds must go upwards');
  const jobs = Array.from({ length: last - first + 1 }, (_, at): Job => ({ ...common, seed: first + at }));
  const summary = new Summary();
  const violations = await runAll(jobs, given.jobs === undefined ? availableParallelism() : Math.max(1, whole('jobs', given.jobs)), summary);
  console.log(summary.text);
  console.log(`${jobs.length} seeds, ${violations} violations`);
  process.exitCode = violations > 0 ? 1 : 0;
}

if (isMainThread) await main();
else if (workerData === 'simulate') parentPort?.on('message', (job: Job) => parentPort?.postMessage(runOne(job)));
