// RFC 3339 times from and to milliseconds since 1970, without Date: simulated code has no wall clock. Also the durations people read.

const dayMs = 86_400_000;

/** Days since 1970-01-01 of a civil date (proleptic Gregorian). */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

export interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

export function civilTime(ms: number): CivilTime {
  const whole = Math.floor(ms);
  const days = Math.floor(whole / dayMs);
  const inDay = whole - days * dayMs;
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * mp + 2) / 5) + 1,
    hour: Math.floor(inDay / 3_600_000),
    minute: Math.floor(inDay / 60_000) % 60,
    second: Math.floor(inDay / 1000) % 60,
    millisecond: inDay % 1000,
    weekday: (((days + 4) % 7) + 7) % 7,
  };
}

export function fromCivil(year: number, month: number, day: number, hour = 0, minute = 0, second = 0, millisecond = 0): number {
  return daysFromCivil(year, month, day) * dayMs + hour * 3_600_000 + minute * 60_000 + second * 1000 + millisecond;
}

const two = (n: number): string => (n < 10 ? `0${n}` : `${n}`);

let lastDay = Number.NaN;
let lastDate = '';
/** The date part is remembered: nearly all times of a run fall on the same day. A pure function all the same. */
function dateOf(day: number): string {
  if (day !== lastDay) {
    const civil = civilTime(day * dayMs);
    lastDate = `${String(civil.year).padStart(4, '0')}-${two(civil.month)}-${two(civil.day)}`;
    lastDay = day;
  }
  return lastDate;
}

/** metav1.Time: `2026-05-01T10:00:00Z`; parts of a second are dropped. */
export function formatTime(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const day = Math.floor(seconds / 86_400);
  const rest = seconds - day * 86_400;
  return `${dateOf(day)}T${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}Z`;
}

/** metav1.MicroTime: `2026-05-01T10:00:00.000000Z`. */
export function formatMicroTime(ms: number): string {
  const micros = Math.floor((ms - Math.floor(ms / 1000) * 1000) * 1000);
  return `${formatTime(ms).slice(0, -1)}.${String(micros).padStart(6, '0')}Z`;
}

/** Go's RFC3339Nano, as containers' logs and CRI carry it. */
export function formatNanoTime(ms: number): string {
  const nanos = Math.floor((ms - Math.floor(ms / 1000) * 1000) * 1e6);
  const fraction = nanos === 0 ? '' : `.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
  return `${formatTime(ms).slice(0, -1)}${fraction}Z`;
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;
const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const parsed = new Map<string, number | undefined>();
const parsedLimit = 1024;

/**
 * Milliseconds since 1970 of an RFC 3339 time (parts of a millisecond kept), undefined when the text is none. What was read lately is remembered: objects
 * carry the same few times again and again.
 */
export function parseTime(text: string | undefined | null): number | undefined {
  if (typeof text !== 'string') return undefined;
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const ms = readTime(text);
  if (parsed.size >= parsedLimit) parsed.clear();
  parsed.set(text, ms);
  return ms;
}

function readTime(text: string): number | undefined {
  const match = rfc3339.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  if (month < 1 || month > 12 || day < 1 || day > (daysOfMonth[month - 1] ?? 0) + leap) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = match[7] === undefined ? 0 : Number(match[7]) * 1000;
  const zone = match[8] ?? 'Z';
  let offset = 0;
  if (zone !== 'Z' && zone !== 'z') {
    offset = (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4, 6))) * 60_000 * (zone[0] === '-' ? -1 : 1);
  }
  return fromCivil(year, month, day, hour, minute, second) - offset + fraction;
}

/** duration.HumanDuration: `5s`, `2m30s`, `12m`, `3h5m`, `8h`, `2d3h`, `10d`, `2y30d`. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) {
    const s = seconds % 60;
    return s === 0 ? `${minutes}m` : `${minutes}m${s}s`;
  }
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) {
    const m = minutes % 60;
    return m === 0 ? `${hours}h` : `${hours}h${m}m`;
  }
  if (hours < 48) return `${hours}h`;
  if (hours < 192) {
    const h = hours % 24;
    return h === 0 ? `${Math.floor(hours / 24)}d` : `${Math.floor(hours / 24)}d${h}h`;
  }
  const days = Math.floor(hours / 24);
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  if (hours < 24 * 365 * 8) {
    const d = days % 365;
    return d === 0 ? `${years}y` : `${years}y${d}d`;
  }
  return `${years}y`;
}

/** printers' translateTimestampSince: the age of a time, `<unknown>` when there is none. */
export function translateTimestampSince(time: string | undefined, nowMs: number): string {
  const at = parseTime(time);
  return at === undefined ? '<unknown>' : humanDuration(nowMs - at);
}

/** time.Duration.String(): `1h0m0s`, `1m30s`, `1.5s`, `300ms`, `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  const sign = ms < 0 ? '-' : '';
  const whole = Math.abs(ms);
  const trim = (n: number): string => String(Math.round(n * 1e6) / 1e6);
  if (whole < 0.001) return `${sign}${trim(whole * 1e6)}ns`;
  if (whole < 1) return `${sign}${trim(whole * 1e3)}µs`;
  if (whole < 1000) return `${sign}${trim(whole)}ms`;
  const seconds = whole / 1000;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const s = `${trim(seconds - Math.floor(seconds / 60) * 60)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${s}`;
  return minutes > 0 ? `${sign}${minutes}m${s}` : `${sign}${s}`;
}

const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** time.ParseDuration in milliseconds; undefined when the text is none. */
export function parseDuration(text: string): number | undefined {
  const match = /^([+-]?)((?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.exec(text);
  if (match === null) return text === '0' || text === '+0' || text === '-0' ? 0 : undefined;
  let total = 0;
  for (const part of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)) total += Number(part[1]) * (unitMs[part[2] ?? ''] ?? 0);
  return match[1] === '-' ? -total : total;
}
