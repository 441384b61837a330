// Command-line flags as the Kubernetes binaries read them (pflag): `--name=value`, `--name value`, `--name` alone is true.

export interface Flags {
  /** The last value given. */
  get(name: string): string | undefined;
  /** Every value given, in order; comma lists are not split. */
  all(name: string): readonly string[];
  /** A comma list, split; [] when absent. */
  list(name: string): readonly string[];
  bool(name: string, fallback?: boolean): boolean;
  number(name: string, fallback: number): number;
  /** A Go duration (`1m30s`, `500ms`) in milliseconds. */
  durationMs(name: string, fallback: number): number;
  readonly positional: readonly string[];
}

/** `booleans` names flags that never take the next word as their value. */
export function parseFlags(args: readonly string[], booleans: readonly string[] = []): Flags {
  const values = new Map<string, string[]>();
  const positional: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    if (word === '--') {
      positional.push(...args.slice(i + 1));
      break;
    }
    if (!word.startsWith('--')) {
      positional.push(word);
      continue;
    }
    const equals = word.indexOf('=');
    const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
    let value = equals < 0 ? 'true' : word.slice(equals + 1);
    const next = args[i + 1];
    if (equals < 0 && next !== undefined && !next.startsWith('-') && !booleans.includes(name)) {
      value = next;
      i++;
    }
    const known = values.get(name);
    if (known === undefined) values.set(name, [value]);
    else known.push(value);
  }
  const get = (name: string): string | undefined => values.get(name)?.at(-1);
  return {
    get,
    all: (name) => values.get(name) ?? [],
    list: (name) => (values.get(name) ?? []).flatMap((value) => value.split(',')).filter((value) => value !== ''),
    bool: (name, fallback = false) => {
      const value = get(name);
      return value === undefined ? fallback : value === 'true' || value === '1';
    },
    number: (name, fallback) => {
      const value = Number(get(name) ?? Number.NaN);
      return Number.isNaN(value) ? fallback : value;
    },
    durationMs: (name, fallback) => parseDurationMs(get(name) ?? '') ?? fallback,
    positional,
  };
}

/** A Go duration in milliseconds; undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const units: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 0.001, 'µs': 0.001, ns: 0.000001 };
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s|us|µs|ns)/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) return undefined;
  return parts.reduce((sum, part) => sum + Number(part[1]) * (units[part[2] as string] as number), 0);
}
