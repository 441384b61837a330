// Cron expressions: the five fields of robfig/cron, and when they come due next. Times are UTC.
import { civilTime, fromCivil, parseDuration } from '../../../api/meta/time.ts';

interface Schedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** Both given: either will do. */
  readonly anyDay: boolean;
  readonly anyWeekday: boolean;
  /** `@every 5m` */
  readonly everyMs?: number;
}

const macros: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const minuteMs = 60_000;
const dayMs = 86_400_000;

/** Undefined when the text is no schedule. */
export function parseSchedule(text: string): Schedule | undefined {
  const trimmed = text.trim().replace(/^(CRON_)?TZ=\S+\s+/, '');
  if (trimmed.startsWith('@every ')) {
    const everyMs = parseDuration(trimmed.slice('@every '.length));
    const none = new Set<number>();
    return everyMs === undefined ? undefined : { minutes: none, hours: none, days: none, months: none, weekdays: none, anyDay: true, anyWeekday: true, everyMs: Math.max(1000, everyMs) };
  }
  const fields = (macros[trimmed] ?? trimmed).split(/\s+/);
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  if (fields.length !== 5) return undefined;
  const minutes = parseField(minute, 0, 59);
  const hours = parseField(hour, 0, 23);
  const days = parseField(day, 1, 31);
  const months = parseField(month, 1, 12, monthNames, 1);
  const weekdays = parseField(weekday, 0, 6, dayNames, 0);
  if (minutes === undefined || hours === undefined || days === undefined || months === undefined || weekdays === undefined) return undefined;
  return { minutes, hours, days, months, weekdays, anyDay: /^[*?]/.test(day), anyWeekday: /^[*?]/.test(weekday) };
}

function parseField(text: string, low: number, high: number, names: readonly string[] = [], firstName = 0): ReadonlySet<number> | undefined {
  const values = new Set<number>();
  const number = (word: string): number => {
    const named = names.indexOf(word.toLowerCase());
    return named >= 0 ? named + firstName : /^\d+$/.test(word) ? Number(word) : NaN;
  };
  for (const part of text.split(',')) {
    const [range = '', stepText] = part.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    let [first, last] = [low, high];
    if (range !== '*' && range !== '?') {
      const [from = '', to] = range.split('-');
      first = number(from);
      last = to === undefined ? (stepText === undefined ? first : high) : number(to);
    }
    if (!(first >= low && last <= high && first <= last && step > 0)) return undefined;
    for (let value = first; value <= last; value += step) values.add(value);
  }
  return values;
}

/** The first time after `afterMs`; undefined when there is none within five years. */
export function nextTime(schedule: Schedule, afterMs: number): number | undefined {
  if (schedule.everyMs !== undefined) return Math.floor(afterMs / 1000) * 1000 + schedule.everyMs;
  let at = (Math.floor(afterMs / minuteMs) + 1) * minuteMs;
  const limit = afterMs + 5 * 366 * dayMs;
  while (at < limit) {
    const civil = civilTime(at);
    const midnight = fromCivil(civil.year, civil.month, civil.day);
    if (!schedule.months.has(civil.month) || !dayMatches(schedule, civil.day, weekdayOf(midnight))) {
      at = midnight + dayMs;
      continue;
    }
    if (!schedule.hours.has(civil.hour)) {
      at = midnight + (civil.hour + 1) * 60 * minuteMs;
      continue;
    }
    if (schedule.minutes.has(civil.minute)) return at;
    at += minuteMs;
  }
  return undefined;
}

function dayMatches(schedule: Schedule, day: number, weekday: number): boolean {
  const byDay = schedule.days.has(day);
  const byWeekday = schedule.weekdays.has(weekday);
  return schedule.anyDay || schedule.anyWeekday ? byDay && byWeekday : byDay || byWeekday;
}

function weekdayOf(midnightMs: number): number {
  // 1970-01-01 was a Thursday.
  return (((Math.floor(midnightMs / dayMs) + 4) % 7) + 7) % 7;
}
