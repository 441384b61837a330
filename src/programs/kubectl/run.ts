// Finds the command of a line, parses its flags, runs it, and says what went wrong as kubectl says it.
import type { ExitCode, Host } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { globalFlags } from './command.ts';
import type { Command } from './command.ts';
import { rootCommand } from './commands/root.ts';
import { CommandError, explainError, SilentExit } from './errors.ts';
import { FlagError, flag, parseFlags } from './flags.ts';
import type { FlagSpec, ParsedFlags } from './flags.ts';
import { helpText } from './help.ts';
import { Kubectl } from './kubectl.ts';
import type { Connect, Outside } from './kubectl.ts';
import { suggestionsFor } from './suggest.ts';

const helpFlag = flag.bool('help', 'help for the command', { short: 'h' });

function specsOf(command: Command): readonly FlagSpec[] {
  const own = command.flags ?? [];
  return [...own, ...globalFlags.filter((each) => !own.some((mine) => mine.name === each.name)).map((each) => (each.short !== undefined && own.some((mine) => mine.short === each.short) ? { ...each, short: '' } : each)), helpFlag];
}

export interface Located {
  readonly command: Command;
  /** `kubectl rollout status` */
  readonly path: string;
  /** What is left, flags included. */
  readonly rest: readonly string[];
}

/** Walks down subcommands; global flags may stand before them. */
export function locate(args: readonly string[]): Located {
  let command = rootCommand;
  let path = 'kubectl';
  let rest = [...args];
  for (;;) {
    const specs = specsOf(command);
    let index = 0;
    while (index < rest.length) {
      const word = rest[index] as string;
      if (word === '--') return { command, path, rest };
      if (!word.startsWith('-')) break;
      if (word.startsWith('--')) {
        const spec = specs.find((each) => each.name === word.slice(2));
        index += spec !== undefined && spec.type !== 'bool' && spec.bare === undefined && !word.includes('=') ? 2 : 1;
      } else {
        const spec = specs.find((each) => each.short !== undefined && each.short !== '' && each.short === word[1]);
        index += spec !== undefined && spec.type !== 'bool' && word.length === 2 ? 2 : 1;
      }
    }
    const word = rest[index];
    const next = word === undefined ? undefined : command.commands?.find((each) => each.name === word || each.aliases?.includes(word) === true);
    if (next === undefined) return { command, path, rest };
    rest = [...rest.slice(0, index), ...rest.slice(index + 1)];
    command = next;
    path = `${path} ${next.name}`;
  }
}

/** `after` runs when a command has done its work, and may not fail. */
export function* runKubectl(host: Host, args: readonly string[], connect: Connect, after?: (k: Kubectl) => Task<void>, outside: Outside = {}): Task<ExitCode> {
  const located = locate(args);
  const { command, path } = located;
  let k: Kubectl | undefined;
  try {
    let flags: ParsedFlags;
    try {
      flags = parseFlags(specsOf(command), located.rest, command.interspersed === false ? { interspersed: false } : {});
    } catch (error) {
      if (error instanceof FlagError) throw new CommandError(`${error.message}\nSee '${path} --help' for usage.`);
      throw error;
    }
    for (const spec of flags.deprecated) host.output.error(`Flag --${spec.name} has been deprecated, ${spec.deprecated}\n`);
    if (flags.bool('help')) {
      host.output.write(helpText(command, path));
      return 0;
    }
    if (command.run === undefined) {
      const word = flags.args[0];
      if (word !== undefined && command.helps !== true) throw unknownCommand(command, path, flags.args);
      if (command === rootCommand || command.helps === true) {
        host.output.write(helpText(command, path));
        return 0;
      }
      host.output[command.helps === 'refuses' ? 'write' : 'error'](helpText(command, path));
      return 1;
    }
    const missing = (command.flags ?? []).filter((spec) => spec.required === true && !flags.changed(spec.name)).map((spec) => `"${spec.name}"`).sort();
    if (missing.length > 0) throw new CommandError(`required flag(s) ${missing.join(', ')} not set`);
    k = new Kubectl(host, flags, path, connect, outside);
    const code = yield* command.run(k, flags);
    if (after !== undefined) yield* after(k);
    if (k.warningCount > 0 && flags.bool('warnings-as-errors')) throw new CommandError(k.warningCount === 1 ? '1 warning received' : `${k.warningCount} warnings received`);
    return typeof code === 'number' ? code : 0;
  } catch (error) {
    if (isBug(error)) throw error;
    const { text, code } = explainError(error);
    if (text !== '') host.output.error(text.endsWith('\n') ? text : text + '\n');
    return error instanceof SilentExit ? error.exitCode : code;
  }
}

/** Our own mistakes are not refusals: they end the process with their message. */
function isBug(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
}

function unknownCommand(command: Command, path: string, words: readonly string[]): CommandError {
  const word = words[0] as string;
  if (command === rootCommand) {
    const suggestions = suggestionsFor(word, rootCommand.commands ?? []);
    const text = suggestions.length === 0 ? '' : `\n\nDid you mean this?\n${suggestions.map((each) => `\t${each}\n`).join('')}`;
    return new CommandError(`unknown command "${word}" for "kubectl"${text}`);
  }
  return new CommandError(`unknown command "${words.join(' ')}"\nSee '${path} -h' for help and examples`);
}
