// Tab: commands, files, and the words of programs that left a completion tree in /usr/share/completions (kubectl does).
import { absolutePath, entriesOf, isFile, isFolder } from './files.ts';
import { builtins } from './builtins.ts';
import type { Shell } from './shell.ts';

/** Plain data: what a program's command line may hold. Files under /usr/share/completions. */
export interface CompletionTree {
  readonly words: readonly CompletionWord[];
  /** Kinds of objects: `pods`, `deploy`..., and the files in which names were last seen: folder/<plural>.<group>/<namespace>. */
  readonly flags: readonly CompletionFlag[];
}
export interface CompletionWord {
  readonly word: string;
  readonly aliases?: readonly string[];
  readonly about: string;
  readonly words?: readonly CompletionWord[];
  readonly flags?: readonly CompletionFlag[];
  /** What its arguments are. */
  readonly takes?: 'resource' | 'pod' | 'node' | 'file' | 'workload' | 'none' | 'context';
}
export interface CompletionFlag {
  readonly flag: string;
  readonly short?: string;
  readonly about: string;
  readonly value: boolean;
}

export interface Completion {
  /** Replaces the text from `from` to the cursor. */
  readonly from: number;
  readonly options: readonly { readonly text: string; readonly about?: string }[];
}

/** Objects that a program noted down: plural (and its short names) to names by namespace. */
export interface KnownNames {
  readonly kinds: readonly { readonly plural: string; readonly singular: string; readonly short: readonly string[]; readonly group: string; readonly namespaced: boolean; readonly kind: string }[];
  readonly names: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly namespace: string;
  readonly contexts: readonly string[];
}

export function completeLine(shell: Shell, line: string, cursor: number): Completion {
  const before = line.slice(0, cursor);
  const start = before.search(/[^\s;|&]*$/);
  const current = before.slice(start);
  // Words of the last simple command before the cursor.
  const words = (before.slice(0, start).split(/[;|&]|\$\(/).pop() ?? '').trim().split(/\s+/).filter((word) => word !== '');
  const alias = words[0] === undefined ? undefined : shell.aliases.get(words[0]);
  if (alias !== undefined) words.splice(0, 1, ...alias.split(/\s+/));
  const make = (options: readonly { readonly text: string; readonly about?: string }[], from = start): Completion => ({ from, options: options.filter((each, index) => options.findIndex((other) => other.text === each.text) === index).slice(0, 200) });
  if (words.length === 0) return make(commands(shell).filter((each) => each.text.startsWith(current)));
  const tree = shell.host.disk.read(`/usr/share/completions/${words[0]}`) as CompletionTree | undefined;
  if (tree !== undefined && typeof tree === 'object') {
    const found = completeTree(shell, tree, words, current);
    if (found !== undefined) return make(found.filter((each) => each.text.startsWith(current)));
  }
  return make(files(shell, current));
}

function commands(shell: Shell): { text: string; about?: string }[] {
  const names = new Set<string>([...builtins.keys(), ...shell.applets.keys(), ...shell.aliases.keys(), ...shell.functions.keys()]);
  for (const path of shell.host.disk.list('/usr/share/completions')) names.add(path.split('/').pop() as string);
  return [...names].filter((name) => /^\w/.test(name)).sort().map((text) => ({ text }));
}

function files(shell: Shell, current: string): { text: string }[] {
  const slash = current.lastIndexOf('/');
  const folder = slash < 0 ? '' : current.slice(0, slash + 1);
  const path = absolutePath(shell.host, folder === '' ? '.' : folder, shell.cwd);
  if (!isFolder(shell.host.disk, path) && !isFile(shell.host.disk, path)) return [];
  return entriesOf(shell.host.disk, path).map((name) => ({ text: folder + name })).filter((each) => each.text.startsWith(current) && (current.startsWith('.') || !each.text.slice(folder.length).startsWith('.')));
}

function completeTree(shell: Shell, tree: CompletionTree, words: readonly string[], current: string): { text: string; about?: string }[] | undefined {
  let level: { readonly words?: readonly CompletionWord[]; readonly flags?: readonly CompletionFlag[]; readonly takes?: CompletionWord['takes'] } = tree;
  const flags: CompletionFlag[] = [...tree.flags];
  const args: string[] = [];
  let wanting: CompletionFlag | undefined;
  let namespace: string | undefined;
  for (const word of words.slice(1)) {
    if (wanting !== undefined) {
      if (wanting.flag === 'namespace') namespace = word;
      wanting = undefined;
      continue;
    }
    if (word.startsWith('-')) {
      const name = word.replace(/^-+/, '').replace(/=.*/, '');
      const flag = flags.find((each) => (word.startsWith('--') ? each.flag === name : each.short === name));
      if (flag?.value === true && !word.includes('=')) wanting = flag;
      if (flag?.flag === 'namespace' && word.includes('=')) namespace = word.slice(word.indexOf('=') + 1);
      continue;
    }
    const next: CompletionWord | undefined = args.length === 0 ? level.words?.find((each) => each.word === word || each.aliases?.includes(word) === true) : undefined;
    if (next !== undefined) {
      level = next;
      flags.push(...(next.flags ?? []));
    } else args.push(word);
  }
  const known = shell.host.disk.read(`${shell.get('HOME') ?? '/root'}/.kube/cache/names`) as KnownNames | undefined;
  if (wanting !== undefined) return flagValues(wanting, known) ?? undefined;
  const valued = /^--([\w-]+)=(.*)$/.exec(current);
  if (valued !== null) {
    const flag = flags.find((each) => each.flag === valued[1]);
    return flag === undefined ? [] : (flagValues(flag, known) ?? []).map((each) => ({ ...each, text: `--${flag.flag}=${each.text}` }));
  }
  if (current.startsWith('-')) return flags.map((each) => ({ text: `--${each.flag}${each.value ? '=' : ''}`, about: each.about }));
  const here = args.length === 0 ? (level.words ?? []).map((each) => ({ text: each.word, about: each.about })) : [];
  if (here.length > 0) return here;
  return resources(level.takes, args, current, known, namespace);
}

function flagValues(flag: CompletionFlag, known: KnownNames | undefined): { text: string }[] | undefined {
  if (flag.flag === 'namespace') return namesOf(known, 'namespaces', undefined).map((text) => ({ text }));
  if (flag.flag === 'output') return ['yaml', 'json', 'wide', 'name', 'jsonpath=', 'custom-columns='].map((text) => ({ text }));
  if (flag.flag === 'context') return (known?.contexts ?? []).map((text) => ({ text }));
  if (flag.flag === 'dry-run') return ['none', 'client', 'server'].map((text) => ({ text }));
  if (flag.flag === 'filename') return undefined;
  return [];
}

function namesOf(known: KnownNames | undefined, plural: string, namespace: string | undefined): readonly string[] {
  const byNamespace = known?.names[plural] ?? {};
  const kind = known?.kinds.find((each) => each.plural === plural);
  return byNamespace[kind?.namespaced === false ? '' : (namespace ?? known?.namespace ?? 'default')] ?? [];
}

function resources(takes: CompletionWord['takes'], args: readonly string[], current: string, known: KnownNames | undefined, namespace: string | undefined): { text: string; about?: string }[] | undefined {
  if (takes === 'none' || known === undefined) return takes === 'file' ? undefined : [];
  if (takes === 'file') return undefined;
  if (takes === 'context') return known.contexts.map((text) => ({ text }));
  if (takes === 'pod') return args.length > 0 ? [] : [...namesOf(known, 'pods', namespace).map((text) => ({ text })), ...prefixed(known, current, namespace)];
  if (takes === 'node') return namesOf(known, 'nodes', namespace).map((text) => ({ text }));
  if (args.length === 0) {
    const slashed = prefixed(known, current, namespace);
    if (slashed.length > 0) return slashed;
    return known.kinds.flatMap((each) => [{ text: each.plural, about: each.kind }, ...each.short.map((text) => ({ text, about: each.kind }))]).sort((a, b) => (a.text < b.text ? -1 : 1));
  }
  const type = (args[0] as string).toLowerCase();
  const kind = known.kinds.find((each) => each.plural === type || each.singular === type || each.short.includes(type));
  return kind === undefined ? [] : namesOf(known, kind.plural, namespace).map((text) => ({ text }));
}

/** `deployment/we` */
function prefixed(known: KnownNames, current: string, namespace: string | undefined): { text: string }[] {
  const slash = current.indexOf('/');
  if (slash < 0) return [];
  const type = current.slice(0, slash);
  const kind = known.kinds.find((each) => each.plural === type || each.singular === type || each.short.includes(type));
  return kind === undefined ? [] : namesOf(known, kind.plural, namespace).map((name) => ({ text: `${type}/${name}` }));
}
