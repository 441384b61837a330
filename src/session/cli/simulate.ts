// `npm run simulate -- --seeds 1..10000 --mixed`: random trouble, seed by seed, with the checkers watching. `--preset ha` holds the cluster
// fixed; `--seed N` replays one and tells all of it; `--planted` proves that the judge sees mistakes. Seeds that fail are told, the others with
// `--verbose`. The last line counts; the exit code is 1 when anything was violated. The first seed that fails is cut down to the faults that
// matter, and a link opens it in the page at the moment of the violation.
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { PlannedFault } from '../../cluster/faults.ts';
import { presetNames, type PresetName } from '../../cluster/presets/presets.ts';
import { shrinkFaults } from '../../cluster/shrink.ts';
import { simulate, type SimulationOptions, type SimulationResult } from '../../cluster/simulate.ts';
import { plantedBugs } from '../../cluster/planted/planted-bugs.ts';
import { encodeLink } from '../link.ts';
import { simulatedRun } from '../simulated-run.ts';

interface Job {
  /** Left out: mixed. */
  readonly preset?: PresetName;
  readonly seed: number;
  readonly faultMs: number;
  /** Name of a planted bug. */
  readonly bug?: string;
}

type Outcome = { readonly seed: number; readonly wallMs: number } & ({ readonly result: SimulationResult } | { readonly crash: string });

function optionsOf({ bug, ...job }: Job): SimulationOptions {
  const planted = plantedBugs.find((each) => each.name === bug);
  return planted === undefined ? job : { ...job, programs: planted.programs, ...(planted.etcdArgs === undefined ? {} : { etcdArgs: planted.etcdArgs }) };
}

/** `whole`: with what was done, deed by deed, also when nothing went wrong. */
function runOne(job: Job, whole = false): Outcome {
  const began = performance.now();
  try {
    const result = simulate(optionsOf(job));
    return { seed: job.seed, wallMs: performance.now() - began, result: whole || result.violations.length > 0 ? result : { ...result, deeds: [] } };
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
  console.error(`usage: npm run simulate -- [--mixed | --preset ${presetNames.join('|')}] [--seeds A..B | --seed N] [--minutes M] [--jobs N] [--keep-going] [--verbose]\n       npm run simulate -- --planted [BUG] [--seeds A..B]`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        mixed: { type: 'boolean', default: false },
        preset: { type: 'string' },
        seeds: { type: 'string' },
        seed: { type: 'string' },
        minutes: { type: 'string', default: '2' },
        jobs: { type: 'string' },
        'keep-going': { type: 'boolean', default: false },
        planted: { type: 'boolean', default: false },
        verbose: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return fail((error as Error).message);
  }
}

function whole(name: string, text: string): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= 0 && text.trim() !== '' ? value : fail(`--${name} must be a whole number, not ${JSON.stringify(text)}`);
}

function replayOf(job: Job): string {
  return `npm run simulate -- ${job.preset === undefined ? '--mixed' : `--preset ${job.preset}`} --seed ${job.seed}${job.faultMs === 120_000 ? '' : ` --minutes ${job.faultMs / 60_000}`}`;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(3).padStart(9)} s`;

function tellFaults(faults: readonly PlannedFault[], fromMs: number): void {
  for (const { atMs, fault } of faults) console.log(`  ${seconds(fromMs + atMs)} ${JSON.stringify(fault)}`);
}

function report(job: Job, outcome: Outcome, tellAll: boolean): void {
  const wall = `${(outcome.wallMs / 1000).toFixed(1)} s`;
  if ('crash' in outcome) {
    console.log(`seed ${outcome.seed}: CRASHED after ${wall}: ${outcome.crash}`);
    console.log(`  replay: ${replayOf(job)}`);
    return;
  }
  const { result } = outcome;
  const operations = Object.entries(result.operations)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
  if (tellAll) tellFaults(result.faults, result.faultsFromMs);
  const shape = typeof result.shape === 'string' ? result.shape : JSON.stringify(result.shape).replaceAll('"', '');
  const line = `seed ${result.seed}: ${result.violations.length === 0 ? 'ok' : 'VIOLATED'}, ${shape}, ${result.faults.length} faults, ${Math.round(result.virtualMs / 1000)} virtual s in ${wall}, ${operations}`;
  console.log(tellAll ? `${line}, ${result.steps} steps, ${result.events} events, hash ${result.hash}` : line);
  for (const violation of result.violations.slice(0, tellAll ? Infinity : 3)) console.log(`  ${seconds(violation.atMs)} ${violation.checker}: ${violation.text}`);
  if (result.violations.length > 0) console.log(`  replay: ${replayOf(job)}`);
  if (tellAll && job.bug === undefined) console.log(`  open in the page: ${linkOf(result)}`);
}

/** Behind the address of a page that `npm start` serves. */
function linkOf(result: SimulationResult): string {
  return `#run=${encodeLink({ run: simulatedRun(result), momentMs: result.violations[0]?.atMs ?? result.virtualMs })}`;
}

/** Runs a failing seed with fewer and shorter faults until nothing can be left out. */
function shrink(job: Job, result: SimulationResult): void {
  const wanted = result.violations[0]?.checker;
  console.log(`seed ${job.seed}: looking for the faults that matter ...`);
  let smallest = result;
  const { faults, runs } = shrinkFaults(result.faults, (candidate) => {
    const outcome = simulate({ ...optionsOf(job), faults: candidate });
    const fails = outcome.violations.some((each) => each.checker === wanted);
    if (fails) smallest = outcome;
    return fails;
  });
  console.log(`seed ${job.seed}: ${faults.length} of ${result.faults.length} faults are enough (${runs} runs):`);
  tellFaults(faults, result.faultsFromMs);
  if (job.bug === undefined) console.log(`seed ${job.seed}: with these, in the page: ${linkOf(smallest)}`);
}

/** What was done to the clusters of all seeds, and what was asked of them. */
class Summary {
  private readonly faults = new Map<string, number>();
  private readonly operations = new Map<string, number>();
  private virtualMs = 0;
  private events = 0;

  add(outcome: Outcome): void {
    if ('crash' in outcome) return;
    const { result } = outcome;
    this.virtualMs += result.virtualMs;
    this.events += result.events;
    for (const [kind, count] of Object.entries(result.injected)) this.faults.set(kind, (this.faults.get(kind) ?? 0) + count);
    for (const [name, count] of Object.entries(result.operations)) this.operations.set(name, (this.operations.get(name) ?? 0) + count);
  }

  get text(): string {
    const total = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, count) => sum + count, 0);
    const list = (counts: ReadonlyMap<string, number>): string => `${total(counts)}: ${[...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, count]) => `${count} ${name}`).join(', ') || 'none'}`;
    return `${(this.virtualMs / 3_600_000).toFixed(1)} virtual hours, ${this.events} events checked\nfaults ${list(this.faults)}\noperations ${list(this.operations)}`;
  }
}

/** A thread gets so many seeds: what a run leaves behind in it does not add up over thousands. */
const mostSeedsPerThread = 250;

/** Four times V8's default (48 MB): each collection copies what is still in use, so fewer of them copy less. About 3 % of a seed. */
const youngGenerationMb = 192;

/** A thread and the job in its hands. One that dies (out of memory, say) takes its seed with it, and nothing else. */
class Bench {
  private worker: Worker | undefined;
  private done = 0;
  /** Takes what becomes of the job in hand. */
  private end: ((outcome: Outcome) => void) | undefined;

  run(job: Job): Promise<Outcome> {
    const began = performance.now();
    const worker = (this.worker ??= this.hire());
    return new Promise((resolve) => {
      this.end = (outcome) => {
        this.end = undefined;
        if (++this.done % mostSeedsPerThread === 0 || 'crash' in outcome) this.close();
        resolve({ ...outcome, seed: job.seed, wallMs: performance.now() - began });
      };
      worker.postMessage(job);
    });
  }

  private hire(): Worker {
    const worker = new Worker(new URL(import.meta.url), { workerData: 'simulate', resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMb } });
    const crash = (crash: string): void => {
      if (this.worker === worker) this.end?.({ seed: 0, wallMs: 0, crash });
    };
    worker.on('message', (outcome: Outcome) => this.end?.(outcome));
    worker.on('error', (error) => crash(`the thread died: ${String(error)}`));
    worker.on('exit', (code) => crash(`the thread ended with code ${code}`));
    return worker;
  }

  close(): void {
    void this.worker?.terminate();
    this.worker = undefined;
  }
}

/** Runs jobs on as many threads as there are cores and hands the outcomes over in order; ends early, whatever is in hand, when `onOutcome` says so. */
async function runAll(jobs: readonly Job[], threads: number, onOutcome: (job: Job, outcome: Outcome) => 'go-on' | 'stop'): Promise<void> {
  const outcomes = new Map<number, Outcome>();
  const benches = Array.from({ length: Math.min(threads, jobs.length) }, () => new Bench());
  let next = 0;
  let shown = 0;
  let stopped = false;
  await new Promise<void>((resolve) => {
    const work = async (bench: Bench): Promise<void> => {
      while (!stopped && next < jobs.length) {
        const at = next++;
        outcomes.set(at, await bench.run(jobs[at] as Job));
        for (let outcome = outcomes.get(shown); !stopped && outcome !== undefined; outcome = outcomes.get(shown)) {
          outcomes.delete(shown);
          stopped = onOutcome(jobs[shown++] as Job, outcome) === 'stop';
        }
      }
      if (stopped || shown === jobs.length) resolve();
    };
    for (const bench of benches) void work(bench);
  });
  for (const bench of benches) bench.close();
}

/** Seeds between two lines of progress. */
const progressEvery = 100;

async function runSeeds(jobs: readonly Job[], threads: number, { keepGoing, verbose }: { readonly keepGoing: boolean; readonly verbose: boolean }): Promise<void> {
  const summary = new Summary();
  const began = performance.now();
  let done = 0;
  let violations = 0;
  let failing: { readonly job: Job; readonly result: SimulationResult } | undefined;
  await runAll(jobs, threads, (job, outcome) => {
    done++;
    const count = countOf(outcome);
    violations += count;
    summary.add(outcome);
    if (count > 0 || verbose) report(job, outcome, false);
    if (done % progressEvery === 0 && done < jobs.length) console.log(`${done} of ${jobs.length} seeds, ${violations} violations, ${((performance.now() - began) / 1000).toFixed(0)} s`);
    if (count > 0 && 'result' in outcome) failing ??= { job, result: outcome.result };
    return count > 0 && !keepGoing ? 'stop' : 'go-on';
  });
  if (failing !== undefined) shrink(failing.job, failing.result);
  console.log(summary.text);
  console.log(`${done} seeds, ${violations} violations`);
  process.exitCode = violations > 0 ? 1 : 0;
}

/** Every planted bug, until a seed shows it. */
async function runPlanted(names: readonly string[], first: number, last: number, threads: number): Promise<void> {
  const bugs = plantedBugs.filter((bug) => names.length === 0 || names.includes(bug.name));
  if (bugs.length === 0) fail(`there is no such planted bug; there are: ${plantedBugs.map((each) => each.name).join(', ')}`);
  let caught = 0;
  for (const bug of bugs) {
    const jobs = Array.from({ length: last - first + 1 }, (_, at): Job => ({ seed: first + at, faultMs: 120_000, bug: bug.name }));
    let seeds = 0;
    let found: string | undefined;
    await runAll(jobs, threads, (_, outcome) => {
      seeds++;
      if (countOf(outcome) === 0) return 'go-on';
      found = 'crash' in outcome ? `crash: ${outcome.crash.split('\n')[0]}` : `${outcome.result.violations[0]?.checker}: ${outcome.result.violations[0]?.text}`;
      return 'stop';
    });
    if (found !== undefined) caught++;
    console.log(found === undefined ? `${bug.name}: NOT CAUGHT in ${seeds} seeds` : `${bug.name}: caught by seed ${first + seeds - 1} (${seeds} tried): ${found.slice(0, 240)}`);
  }
  console.log(`${caught} of ${bugs.length} planted bugs caught`);
  process.exitCode = caught === bugs.length ? 0 : 1;
}

async function main(): Promise<void> {
  const { values: given, positionals } = readOptions();
  const minutes = Number(given.minutes);
  if (!(minutes > 0 && minutes <= 600)) fail('--minutes must be more than 0');
  if (given.mixed && given.preset !== undefined) fail('--mixed draws the cluster from the seed: it does not go with --preset');
  const preset = given.mixed ? undefined : (given.preset ?? 'ha');
  if (preset !== undefined && !presetNames.includes(preset as PresetName)) fail(`there is no preset ${JSON.stringify(preset)}`);
  const common = { ...(preset === undefined ? {} : { preset: preset as PresetName }), faultMs: minutes * 60_000 };
  const threads = given.jobs === undefined ? availableParallelism() : Math.max(1, whole('jobs', given.jobs));
  const range = /^(\d+)\.\.(\d+)$/.exec(given.seeds ?? (given.planted ? '1..500' : '1..20')) ?? fail(`--seeds must be a range like 1..200, not ${JSON.stringify(given.seeds)}`);
  const [first, last] = [Number(range[1]), Number(range[2])];
  if (last < first) fail('--seeds must go upwards');
  if (given.planted) return runPlanted(positionals, first, last, threads);
  if (given.seed !== undefined) {
    const job = { ...common, seed: whole('seed', given.seed) };
    const outcome = runOne(job, true);
    report(job, outcome, true);
    if ('result' in outcome && countOf(outcome) > 0) shrink(job, outcome.result);
    console.log(`1 seeds, ${countOf(outcome)} violations`);
    process.exitCode = countOf(outcome) > 0 ? 1 : 0;
    return;
  }
  await runSeeds(Array.from({ length: last - first + 1 }, (_, at): Job => ({ ...common, seed: first + at })), threads, { keepGoing: given['keep-going'], verbose: given.verbose });
}

if (isMainThread) await main();
else if (workerData === 'simulate') parentPort?.on('message', (job: Job) => parentPort?.postMessage(runOne(job)));
