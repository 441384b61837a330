// What the small programs share: reading input, options, words about files.
import type { ExitCode, Host, Program } from '../../../kernel/host.ts';
import type { Task } from '../../../kernel/task.ts';
import { absolutePath, readFileText, refusalOf, whyUnreadable } from '../files.ts';

export function applet(name: string, main: (host: Host, args: readonly string[]) => Task<ExitCode>): Program {
  return {
    name,
    *main(host, args) {
      try {
        return yield* main(host, args);
      } catch (error) {
        return refused(host, name, error);
      }
    },
  };
}

/** Says which file may not be written; other errors go on. */
function refused(host: Host, name: string, error: unknown): ExitCode {
  const refusal = refusalOf(error);
  if (refusal === undefined) throw error;
  host.output.error(`${name}: ${refusal.path}: ${refusal.why}\n`);
  return 1;
}

/** A program that never waits. */
export function simple(name: string, main: (host: Host, args: readonly string[]) => ExitCode): Program {
  return {
    name,
    *main(host, args) {
      try {
        return main(host, args);
      } catch (error) {
        return refused(host, name, error);
      }
    },
  };
}

export function* readAll(host: Host): Task<string> {
  let text = '';
  for (;;) {
    const chunk = yield* host.input.read();
    if (chunk === undefined) return text;
    text += chunk;
  }
}

/** Calls `use` for each whole line of standard input as it comes. */
export function* eachLine(host: Host, use: (line: string) => boolean | void): Task<void> {
  let rest = '';
  for (;;) {
    const chunk = yield* host.input.read();
    if (chunk === undefined) break;
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) if (use(line) === false) return;
  }
  if (rest !== '') use(rest);
}

export interface Options {
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
}

/** getopt: letters followed by `:` take a value; long options are kept whole. */
export function getopt(args: readonly string[], letters: string): Options {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const operands: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === '--') {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (arg.startsWith('--')) {
      const equals = arg.indexOf('=');
      if (equals > 0) values.set(arg.slice(2, equals), arg.slice(equals + 1));
      flags.add(equals > 0 ? arg.slice(2, equals) : arg.slice(2));
    } else if (arg.startsWith('-') && arg !== '-') {
      for (let k = 1; k < arg.length; k++) {
        const letter = arg[k] as string;
        flags.add(letter);
        if (letters.includes(`${letter}:`)) {
          values.set(letter, k + 1 < arg.length ? arg.slice(k + 1) : (args[++i] ?? ''));
          break;
        }
      }
    } else operands.push(arg);
  }
  return { flags, values, operands };
}

/** The text of operands (or standard input for none and `-`); says what is missing. */
export function* inputs(host: Host, name: string, operands: readonly string[]): Task<{ readonly texts: readonly { readonly name: string; readonly text: string }[]; readonly code: ExitCode }> {
  const texts: { name: string; text: string }[] = [];
  let code = 0;
  for (const operand of operands.length === 0 ? ['-'] : operands) {
    if (operand === '-') {
      texts.push({ name: '-', text: yield* readAll(host) });
      continue;
    }
    const path = absolutePath(host, operand);
    const text = readFileText(host.disk, path);
    if (text === undefined) {
      host.output.error(`${name}: ${operand}: ${whyUnreadable(host.disk, path)}\n`);
      code = 1;
    } else texts.push({ name: operand, text });
  }
  return { texts, code };
}

export function linesOf(text: string): string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}
