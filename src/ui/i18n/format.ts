// Numbers as they are shown. Times are virtual: minutes, seconds, thousandths.
export function clock(ms: number): string {
  const whole = Math.max(0, Math.floor(ms));
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor(whole / 60_000) % 60;
  const seconds = Math.floor(whole / 1000) % 60;
  const rest = whole % 1000;
  const two = (value: number) => String(value).padStart(2, '0');
  return `${hours > 0 ? `${hours}:` : ''}${two(minutes)}:${two(seconds)}.${String(rest).padStart(3, '0')}`;
}

/** A span of time in at most three figures: `0.25 ms`, `40 ms`, `3.2 s`, `5 min`; in Korean `3.2초`, `5분`. */
export function span(ms: number): string {
  const korean = document.documentElement.lang === 'ko';
  const seconds = korean ? '초' : ' s';
  if (ms < 1) return `${Math.round(ms * 100) / 100} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Math.round(ms / 100) / 10}${seconds}`;
  const whole = `${Math.floor(ms / 60_000)}${korean ? '분' : ' min'}`;
  const rest = Math.round((ms % 60_000) / 1000);
  return rest === 0 ? whole : `${whole} ${rest}${seconds}`;
}

export function speedText(speed: number): string {
  const digits = speed < 0.1 ? 2 : speed < 10 ? (Number.isInteger(speed) ? 0 : 1) : 0;
  return `${speed.toFixed(digits)}×`;
}

export function bytes(value: number): string {
  if (value >= 1 << 30) return `${Math.round((value / (1 << 30)) * 10) / 10}Gi`;
  return `${Math.round(value / (1 << 20))}Mi`;
}
export function cpu(milli: number): string {
  return milli % 1000 === 0 ? `${milli / 1000}` : `${Math.round(milli)}m`;
}
