// `npm run fuzz -- --seed 1 --count 20000`: random and mutated requests against the API server; `--only N` repeats the N-th of a seed by itself,
// as far as it does not depend on what came before. The last line counts; the exit code is 1 when anything was wrong.
import { parseArgs } from 'node:util';
import { fuzz } from './fuzz/fuzz.ts';

function fail(message: string): never {
  console.error(message);
  console.error('usage: npm run fuzz -- [--seed N] [--count N] [--only N] [--budget-ms N]');
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({ options: { seed: { type: 'string', default: '1' }, count: { type: 'string', default: '20000' }, only: { type: 'string' }, 'budget-ms': { type: 'string', default: '100' } } }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

function whole(name: string, text: string): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= 0 && text.trim() !== '' ? value : fail(`--${name} must be a whole number, not ${JSON.stringify(text)}`);
}

const given = readOptions();
const seed = whole('seed', given.seed);
const began = performance.now();
const result = fuzz({
  seed,
  count: whole('count', given.count),
  budgetMs: whole('budget-ms', given['budget-ms']),
  cpuMs: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
  ...(given.only === undefined ? {} : { only: whole('only', given.only) }),
  onProblem: ({ number, what, detail, request }) => {
    console.log(`${number}: ${what}: ${detail}`);
    const text = JSON.stringify(request);
    console.log(`  ${text.length > 1500 ? `${text.slice(0, 1500)}...` : text}`);
  },
});
const statuses = [...result.statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
console.log(`answers ${statuses.join(', ')}; ${result.checked} stored objects validated again; slowest ${Math.round(result.slowestMs)} ms of CPU; ${((performance.now() - began) / 1000).toFixed(0)} s`);
console.log(`seed ${seed}: ${result.count} requests, ${result.problems.length} problems`);
process.exitCode = result.problems.length > 0 ? 1 : 0;
