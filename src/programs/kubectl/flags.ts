// Command-line flags as pflag reads them, with its error texts.

export type FlagType = 'bool' | 'string' | 'int' | 'int64' | 'strings' | 'array' | 'duration' | 'tristate';

export interface FlagSpec {
  readonly name: string;
  readonly short?: string;
  readonly type: FlagType;
  readonly usage: string;
  readonly value?: string;
  /** What `--flag` without `=value` means (bools: true). */
  readonly bare?: string;
  readonly required?: boolean;
  readonly hidden?: boolean;
  /** What to use instead: told whenever the flag is given. */
  readonly deprecated?: string;
}

export const flag = {
  bool: (name: string, usage: string, extra: Partial<FlagSpec> = {}): FlagSpec => ({ name, type: 'bool', usage, ...extra }),
  string: (name: string, usage: string, extra: Partial<FlagSpec> = {}): FlagSpec => ({ name, type: 'string', usage, ...extra }),
  int: (name: string, usage: string, extra: Partial<FlagSpec> = {}): FlagSpec => ({ name, type: 'int', usage, ...extra }),
  /** Comma separated, may be repeated. */
  strings: (name: string, usage: string, extra: Partial<FlagSpec> = {}): FlagSpec => ({ name, type: 'strings', usage, ...extra }),
  /** Repeated; commas are part of the value. */
  array: (name: string, usage: string, extra: Partial<FlagSpec> = {}): FlagSpec => ({ name, type: 'array', usage, ...extra }),
  duration: (name: string, usage: string, extra: Partial<FlagSpec> = {}): FlagSpec => ({ name, type: 'duration', usage, ...extra }),
};

/** A problem with the flags themselves: kubectl adds `See 'kubectl x --help' for usage.` */
export class FlagError extends Error {}

export class ParsedFlags {
  readonly args: readonly string[];
  /** How many of `args` came before `--`; -1 without one. */
  readonly argsBeforeDash: number;
  /** Every flag in the order it was given, as `--record` writes them down. */
  readonly given: readonly (readonly [name: string, value: string])[];
  private readonly specs: ReadonlyMap<string, FlagSpec>;
  private readonly values: ReadonlyMap<string, readonly string[]>;

  constructor(specs: ReadonlyMap<string, FlagSpec>, values: ReadonlyMap<string, readonly string[]>, args: readonly string[], argsBeforeDash: number, given: readonly (readonly [string, string])[] = []) {
    this.specs = specs;
    this.values = values;
    this.args = args;
    this.given = given;
    this.argsBeforeDash = argsBeforeDash;
  }

  /** As `string`, but '' when the command has a flag of its own by that name (`create rolebinding --user`). */
  global(spec: FlagSpec | undefined): string {
    return spec !== undefined && this.specs.get(spec.name) === spec ? this.string(spec.name) : '';
  }
  has(name: string): boolean {
    return this.specs.has(name);
  }
  /** The deprecated flags that were given. */
  get deprecated(): readonly FlagSpec[] {
    return [...this.values.keys()].map((name) => this.specs.get(name) as FlagSpec).filter((spec) => spec.deprecated !== undefined);
  }
  changed(name: string): boolean {
    return this.values.has(name);
  }
  string(name: string): string {
    const all = this.values.get(name);
    if (all !== undefined) return all[all.length - 1] ?? '';
    return this.specs.get(name)?.value ?? '';
  }
  bool(name: string): boolean {
    return parseBool(this.string(name)) ?? false;
  }
  int(name: string): number {
    return Number(this.string(name) || '0');
  }
  /** Milliseconds. */
  duration(name: string): number {
    return parseGoDuration(this.string(name)) ?? 0;
  }
  list(name: string): readonly string[] {
    const all = this.values.get(name);
    const spec = this.specs.get(name);
    if (all === undefined) return spec?.value === undefined || spec.value === '' ? [] : spec.value.split(',');
    return spec?.type === 'strings' ? all.flatMap((each) => (each === '' ? [] : each.split(','))) : all;
  }
}

/** strconv.ParseBool: undefined for what is none. */
export function parseBool(text: string): boolean | undefined {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)) return true;
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(text)) return false;
  return undefined;
}

const unitMs: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^[+-]?((\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const part of text.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)) total += Number(part[1]) * (unitMs[part[2] as string] as number);
  return text.startsWith('-') ? -total : total;
}

function bareOf(spec: FlagSpec): string | undefined {
  return spec.bare ?? (spec.type === 'bool' ? 'true' : undefined);
}

function check(spec: FlagSpec, value: string): void {
  let problem: string | undefined;
  if (spec.type === 'bool' && parseBool(value) === undefined) problem = `strconv.ParseBool: parsing "${value}": invalid syntax`;
  if (spec.type === 'int' || spec.type === 'int64') {
    if (!/^[+-]?\d+$/.test(value)) problem = `strconv.ParseInt: parsing "${value}": invalid syntax`;
    else if (spec.type === 'int' && Math.abs(Number(value)) > 2147483647) problem = `strconv.ParseInt: parsing "${value}": value out of range`;
  }
  if (spec.type === 'duration' && parseGoDuration(value) === undefined) problem = /^[+-]?[\d.]+$/.test(value) ? `time: missing unit in duration "${value}"` : `time: invalid duration "${value}"`;
  if (problem === undefined) return;
  const name = spec.short === undefined ? `--${spec.name}` : `-${spec.short}, --${spec.name}`;
  throw new FlagError(`invalid argument "${value}" for "${name}" flag: ${problem}`);
}

export function parseFlags(specs: readonly FlagSpec[], words: readonly string[], options: { readonly interspersed?: boolean } = {}): ParsedFlags {
  const byName = new Map<string, FlagSpec>();
  const byShort = new Map<string, FlagSpec>();
  for (const spec of specs) {
    byName.set(spec.name, spec);
    if (spec.short !== undefined) byShort.set(spec.short, spec);
  }
  const values = new Map<string, string[]>();
  const args: string[] = [];
  const given: [string, string][] = [];
  let argsBeforeDash = -1;
  const put = (spec: FlagSpec, value: string): void => {
    check(spec, value);
    given.push([spec.name, value]);
    const list = values.get(spec.name);
    if (list === undefined) values.set(spec.name, [value]);
    else list.push(value);
  };
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    if (word === '--') {
      argsBeforeDash = args.length;
      args.push(...words.slice(i + 1));
      break;
    }
    if (!word.startsWith('-') || word === '-') {
      args.push(word);
      if (options.interspersed === false) {
        args.push(...words.slice(i + 1));
        break;
      }
      continue;
    }
    if (word.startsWith('--')) {
      const equals = word.indexOf('=');
      const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
      if (name === '' || name.startsWith('-') || name.startsWith('=')) throw new FlagError(`bad flag syntax: ${word}`);
      const spec = byName.get(name.replaceAll('_', '-'));
      if (spec === undefined) throw new FlagError(`unknown flag: --${name}`);
      const bare = bareOf(spec);
      if (equals >= 0) put(spec, word.slice(equals + 1));
      else if (bare !== undefined) put(spec, bare);
      else if (i + 1 < words.length) put(spec, words[++i] as string);
      else throw new FlagError(`flag needs an argument: --${name}`);
      continue;
    }
    let letters = word.slice(1);
    while (letters !== '') {
      const letter = letters.charAt(0);
      const spec = byShort.get(letter);
      if (spec === undefined) throw new FlagError(`unknown shorthand flag: '${letter}' in -${letters}`);
      const bare = bareOf(spec);
      if (letters.length > 1 && letters[1] === '=') {
        put(spec, letters.slice(2));
        break;
      }
      if (bare !== undefined) {
        put(spec, bare);
        letters = letters.slice(1);
        continue;
      }
      if (letters.length > 1) put(spec, letters.slice(1));
      else if (i + 1 < words.length) put(spec, words[++i] as string);
      else throw new FlagError(`flag needs an argument: '${letter}' in -${letters}`);
      break;
    }
  }
  return new ParsedFlags(byName, values, args, argsBeforeDash, given);
}
