// What the terminal's Tab needs: the tree of commands and flags, and the names of objects that kubectl has seen. Both are plain data on the disk,
// so that a shell can complete without knowing kubectl (as /usr/share/bash-completion does in life).
import type { Host } from '../../kernel/host.ts';
import { globalFlags } from './command.ts';
import type { Command } from './command.ts';
import { rootCommand } from './commands/root.ts';
import type { Mapping } from './discovery.ts';
import type { FlagSpec } from './flags.ts';
import { namesOf } from './kubeconfig.ts';

export const completionPath = '/usr/share/completions/kubectl';

interface TreeFlag {
  readonly flag: string;
  readonly short?: string;
  readonly about: string;
  readonly value: boolean;
}
interface TreeWord {
  readonly word: string;
  readonly aliases?: readonly string[];
  readonly about: string;
  readonly words?: readonly TreeWord[];
  readonly flags?: readonly TreeFlag[];
  readonly takes?: string;
}

const takesPod = new Set(['logs', 'exec', 'attach', 'port-forward']);
const takesNode = new Set(['cordon', 'uncordon', 'drain']);
const takesContext = new Set(['use-context', 'delete-context', 'rename-context', 'set-context']);
const takesNothing = new Set(['run', 'api-resources', 'api-versions', 'cluster-info', 'version', 'apply', 'diff', 'options', 'completion', 'whoami', 'events']);

function flagOf(spec: FlagSpec): TreeFlag {
  return { flag: spec.name, ...(spec.short === undefined || spec.short === '' ? {} : { short: spec.short }), about: spec.usage, value: spec.type !== 'bool' && spec.bare === undefined };
}

function wordOf(command: Command, path: readonly string[]): TreeWord {
  const takes = takesPod.has(command.name) ? 'pod' : takesNode.has(command.name) ? 'node' : takesContext.has(command.name) ? 'context' : takesNothing.has(command.name) || path[0] === 'create' || path[0] === 'config' ? 'none' : 'resource';
  const words = (command.commands ?? []).filter((each) => each.hidden !== true).map((each) => wordOf(each, [...path, command.name]));
  return {
    word: command.name,
    ...(command.aliases === undefined ? {} : { aliases: command.aliases }),
    about: command.short,
    ...(words.length > 0 ? { words } : {}),
    flags: (command.flags ?? []).filter((each) => each.hidden !== true).map(flagOf),
    takes,
  };
}

/** For /usr/share/completions/kubectl. */
export function completionTree(): { readonly words: readonly TreeWord[]; readonly flags: readonly TreeFlag[] } {
  return { words: (rootCommand.commands ?? []).filter((each) => each.hidden !== true).map((each) => wordOf(each, [])), flags: globalFlags.map(flagOf) };
}

interface Known {
  readonly kinds: readonly { readonly plural: string; readonly singular: string; readonly short: readonly string[]; readonly group: string; readonly namespaced: boolean; readonly kind: string }[];
  readonly names: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly namespace: string;
  readonly contexts: readonly string[];
}

const namesPath = (host: Host): string => `${host.env['HOME'] ?? '/root'}/.kube/cache/names`;

/** Notes down what was listed (`whole`) or met. In Node nothing is kept: real shells have kubectl's own completion. */
export function rememberNames(host: Host, resources: readonly Mapping[], namespace: string, document: Readonly<Record<string, unknown>>, seen: readonly { readonly mapping: Mapping; readonly namespace: string; readonly names: readonly string[]; readonly whole: boolean }[]): void {
  const path = namesPath(host);
  const before = host.disk.read(path) as Known | undefined;
  const names: Record<string, Record<string, readonly string[]>> = {};
  for (const [plural, byNamespace] of Object.entries(before?.names ?? {})) names[plural] = { ...byNamespace };
  for (const each of seen) {
    const byNamespace = (names[each.mapping.resource] ??= {});
    const place = each.mapping.namespaced ? each.namespace : '';
    byNamespace[place] = each.whole ? [...each.names].sort() : [...new Set([...(byNamespace[place] ?? []), ...each.names])].sort();
  }
  const kinds = resources.filter((each, index) => each.verbs.includes('list') && resources.findIndex((other) => other.resource === each.resource) === index).map((each) => ({ plural: each.resource, singular: each.singular, short: each.shortNames, group: each.group, namespaced: each.namespaced, kind: each.kind }));
  host.disk.write(path, { kinds, names, namespace, contexts: namesOf(document, 'contexts') } satisfies Known);
}
