// Times and durations of CEL as nanoseconds: read and printed as Go does, taken apart in UTC or a fixed offset. No Date, no zone tables.
import { civilTime, fromCivil } from '../meta/time.ts';
import { CelError } from './values.ts';

const second = 1_000_000_000n;

/** RFC 3339 to nanoseconds since 1970. */
export function parseTimestamp(text: string): bigint {
  const match = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/.exec(text);
  const wrong = (): CelError => new CelError(`parsing time ${JSON.stringify(text)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(text)} as "2006"`);
  if (match === null) throw wrong();
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, sec = 0] = match.slice(1, 7).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || sec > 59) throw new CelError(`parsing time ${JSON.stringify(text)}: ${month < 1 || month > 12 ? 'month' : hour > 23 ? 'hour' : minute > 59 ? 'minute' : sec > 59 ? 'second' : 'day'} out of range`);
  const ms = fromCivil(year, month, day, hour, minute, sec);
  const offset = offsetMinutes(match[8] as string) ?? 0;
  return BigInt(ms / 1000 - offset * 60) * second + BigInt((match[7] ?? '').padEnd(9, '0') || '0');
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** `+09:00`, `-02:30`, `Z`, `UTC`, ``; undefined for names of zones, which nobody here knows. */
function offsetMinutes(zone: string): number | undefined {
  if (zone === '' || zone === 'UTC' || zone === 'Z' || zone === 'z' || zone === 'GMT') return 0;
  const match = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (match === null) return undefined;
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === '-' ? -minutes : minutes;
}

export function formatTimestamp(nanos: bigint): string {
  const seconds = nanos >= 0n ? nanos / second : -((-nanos + second - 1n) / second);
  const rest = nanos - seconds * second;
  const { year, month, day, hour, minute, second: sec } = civilTime(Number(seconds) * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`;
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(sec)}${fraction}Z`;
}

export type TimePart = 'getFullYear' | 'getMonth' | 'getDate' | 'getDayOfMonth' | 'getDayOfWeek' | 'getDayOfYear' | 'getHours' | 'getMinutes' | 'getSeconds' | 'getMilliseconds';

export function timePart(nanos: bigint, part: TimePart, zone: string): bigint {
  const offset = offsetMinutes(zone);
  if (offset === undefined) throw new CelError(`unknown time zone ${zone}`);
  const ms = Number(nanos / 1_000_000n) + offset * 60_000;
  const civil = civilTime(ms);
  switch (part) {
    case 'getFullYear':
      return BigInt(civil.year);
    case 'getMonth':
      return BigInt(civil.month - 1);
    case 'getDate':
      return BigInt(civil.day);
    case 'getDayOfMonth':
      return BigInt(civil.day - 1);
    case 'getDayOfWeek':
      return BigInt(civil.weekday);
    case 'getDayOfYear':
      return BigInt((fromCivil(civil.year, civil.month, civil.day) - fromCivil(civil.year, 1, 1)) / 86_400_000);
    case 'getHours':
      return BigInt(civil.hour);
    case 'getMinutes':
      return BigInt(civil.minute);
    case 'getSeconds':
      return BigInt(civil.second);
    case 'getMilliseconds':
      return BigInt(civil.millisecond);
  }
}

const units: Readonly<Record<string, bigint>> = { ns: 1n, us: 1000n, 'µs': 1000n, 'μs': 1000n, ms: 1_000_000n, s: second, m: 60n * second, h: 3600n * second };

/** time.ParseDuration: `1h30m`, `-1.5s`; the problem in Go's words, or nanoseconds. */
export function readDuration(text: string): bigint | string {
  const quoted = JSON.stringify(text);
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0n;
  if (rest === '') return `time: invalid duration ${quoted}`;
  let nanos = 0n;
  while (rest !== '') {
    const match = /^(\d*)(?:\.(\d*))?/.exec(rest) as RegExpExecArray;
    const [number, whole = '', fraction = ''] = match;
    if (whole === '' && fraction === '') return `time: invalid duration ${quoted}`;
    rest = rest.slice(number.length);
    const unit = /^[^\d.]+/.exec(rest)?.[0];
    if (unit === undefined) return `time: missing unit in duration ${quoted}`;
    const size = Object.hasOwn(units, unit) ? units[unit] : undefined;
    if (size === undefined) return `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
    rest = rest.slice(unit.length);
    const digits = fraction.slice(0, 18);
    nanos += BigInt(whole === '' ? '0' : whole) * size + (digits === '' ? 0n : (BigInt(digits) * size) / 10n ** BigInt(digits.length));
    if (nanos > 1n << 63n) return `time: invalid duration ${quoted}`;
  }
  return text.startsWith('-') ? -nanos : nanos;
}

export function parseDuration(text: string): bigint {
  const nanos = readDuration(text);
  if (typeof nanos === 'string') throw new CelError(nanos);
  return nanos;
}

/** CEL prints durations in seconds: `90s`, `1.5s`. */
export function formatDuration(nanos: bigint): string {
  const size = nanos < 0n ? -nanos : nanos;
  const rest = size % second;
  return `${nanos < 0n ? '-' : ''}${size / second}${rest === 0n ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`}s`;
}
