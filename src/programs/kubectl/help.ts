// `kubectl x --help`, in our own words where kubectl has many.
import { globalFlags } from './command.ts';
import type { Command } from './command.ts';
import { rootGroups } from './command-groups.ts';
import type { FlagSpec } from './flags.ts';

export function helpText(command: Command, path: string): string {
  if (path === 'kubectl') return rootHelp(command);
  let text = `${command.long ?? `${command.short}.`}\n`;
  if (command.aliases !== undefined && command.aliases.length > 0) text += `\nAliases:\n${[command.name, ...command.aliases].join(', ')}\n`;
  if (command.examples !== undefined) text += `\nExamples:\n${command.examples}\n`;
  const commands = (command.commands ?? []).filter((each) => each.hidden !== true);
  if (commands.length > 0) text += `\nAvailable Commands:\n${list(commands)}`;
  const flags = (command.flags ?? []).filter((each) => each.hidden !== true);
  if (flags.length > 0) text += `\nOptions:\n${flagsText(flags)}\n`;
  text += `${flags.length > 0 ? '' : '\n'}Usage:\n  kubectl ${command.use}\n`;
  if (commands.length > 0) text += `\nUse "${path} <command> --help" for more information about a given command.`;
  return `${text}\nUse "kubectl options" for a list of global command-line options (applies to all commands).\n`;
}

function list(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((each) => each.name.length), 13) + 1;
  return [...commands].map((each) => `  ${each.name.padEnd(width)}${each.short}\n`).join('');
}

function flagsText(flags: readonly FlagSpec[]): string {
  return [...flags]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((spec) => {
      const value = spec.type === 'bool' ? (spec.value ?? 'false') : spec.type === 'int' || spec.type === 'int64' ? (spec.value ?? '0') : spec.type === 'duration' ? (spec.value ?? '0s') : spec.type === 'strings' || spec.type === 'array' ? `[${spec.value ?? ''}]` : `'${spec.value ?? ''}'`;
      return `    ${spec.short === undefined || spec.short === '' ? '' : `-${spec.short}, `}--${spec.name}=${value}:\n\t${spec.usage}\n`;
    })
    .join('\n');
}

function rootHelp(root: Command): string {
  let text = 'kubectl controls the Kubernetes cluster manager.\n\n Find more information at: https://kubernetes.io/docs/reference/kubectl/\n';
  for (const [title, names] of rootGroups) {
    const commands = names.flatMap((name) => root.commands?.filter((each) => each.name === name) ?? []);
    if (commands.length === 0) continue;
    text += `\n${title}:\n${commands.map((each) => `  ${each.name.padEnd(16)}${each.short}\n`).join('')}`;
  }
  return `${text}\nUsage:\n  kubectl [flags] [options]\n\nUse "kubectl <command> --help" for more information about a given command.\nUse "kubectl options" for a list of global command-line options (applies to all commands).\n`;
}

export function optionsText(): string {
  return `The following options can be passed to any command:\n\n${flagsText(globalFlags)}`;
}
