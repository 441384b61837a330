// Command-line flags as cobra reads them: `--name=value`, `--name value`, `-t value`; the rest are operands.

export class Flags {
  readonly operands: readonly string[];
  readonly #values = new Map<string, string>();

  /** `switches` take no value of their own: they are on when named. */
  constructor(args: readonly string[], switches: readonly string[] = []) {
    const operands: string[] = [];
    for (let at = 0; at < args.length; at++) {
      const match = /^--?([A-Za-z][\w-]*)(?:=([\s\S]*))?$/.exec(args[at] as string);
      if (match === null) {
        operands.push(args[at] as string);
        continue;
      }
      const name = match[1] as string;
      if (match[2] !== undefined) this.#values.set(name, match[2]);
      else this.#values.set(name, switches.includes(name) ? 'true' : (args[++at] ?? ''));
    }
    this.operands = operands;
  }

  text(name: string, fallback: string): string {
    return this.#values.get(name) ?? fallback;
  }

  number(name: string, fallback: number): number {
    const value = Number(this.#values.get(name) ?? fallback);
    return Number.isFinite(value) ? value : fallback;
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#values.get(name);
    return value === undefined ? fallback : value !== 'false' && value !== '0';
  }
}

/** Go's `1h2m3.5s`, `20s`, `100ms`: in milliseconds; undefined when it is none. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(\d+\.?\d*(h|ms|m|s|us|ns))+$/.test(text)) return undefined;
  const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 0.001, ns: 0.000001 };
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+\.?\d*)(h|ms|m|s|us|ns)/g)) total += Number(amount) * (units[unit as string] as number);
  return total;
}
