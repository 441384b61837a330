// Checks a cron schedule as robfig/cron's ParseStandard does, in its words.

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const fields: readonly Bounds[] = [{ min: 0, max: 59 }, { min: 0, max: 23 }, { min: 1, max: 31 }, { min: 1, max: 12, names: months }, { min: 0, max: 6, names: days }];
const descriptors = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

class CronProblem extends Error {}

function parseNumber(text: string, bounds: Bounds): number {
  const named = bounds.names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + (bounds.min === 1 ? 1 : 0);
  if (!/^[+-]?\d+$/.test(text)) throw new CronProblem(`failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  if (value < 0) throw new CronProblem(`negative number (${value}) not allowed: ${text}`);
  return value;
}

function checkRange(expression: string, bounds: Bounds): void {
  const [range = '', step, ...more] = expression.split('/');
  const [low = '', high, ...rest] = range.split('-');
  let start: number;
  let end: number;
  if (low === '*' || low === '?') {
    start = bounds.min;
    end = bounds.max;
  } else {
    start = parseNumber(low, bounds);
    if (rest.length > 0) throw new CronProblem(`too many hyphens: ${expression}`);
    end = high === undefined ? start : parseNumber(high, bounds);
  }
  let every = 1;
  if (step !== undefined) {
    if (more.length > 0) throw new CronProblem(`too many slashes: ${expression}`);
    every = parseNumber(step, { min: 0, max: 0 });
    if (high === undefined && low !== '*' && low !== '?') end = bounds.max;
  }
  if (start < bounds.min) throw new CronProblem(`beginning of range (${start}) below minimum (${bounds.min}): ${expression}`);
  if (end > bounds.max) throw new CronProblem(`end of range (${end}) above maximum (${bounds.max}): ${expression}`);
  if (start > end) throw new CronProblem(`beginning of range (${start}) beyond end of range (${end}): ${expression}`);
  if (every === 0) throw new CronProblem(`step of range should be a positive number: ${expression}`);
}

/** undefined when the schedule is good. */
export function cronProblem(schedule: string): string | undefined {
  let text = schedule;
  if (/^(TZ|CRON_TZ)=/.test(text)) text = text.slice(text.indexOf(' ') + 1);
  if (text.trim() === '') return 'empty spec string';
  if (text.startsWith('@')) {
    if (descriptors.includes(text) || /^@every (\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
    return text.startsWith('@every ') ? `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(text.slice(7))}` : `unrecognized descriptor: ${text}`;
  }
  const parts = text.trim().split(/\s+/);
  if (parts.length !== 5) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`;
  try {
    parts.forEach((part, index) => {
      for (const expression of part.split(',').filter((each) => each !== '')) checkRange(expression, fields[index] as Bounds);
    });
  } catch (problem) {
    if (problem instanceof CronProblem) return problem.message;
    throw problem;
  }
  return undefined;
}
