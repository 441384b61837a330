// kubectl label and kubectl annotate.
import type { Task } from '../../../kernel/task.ts';
import { isValidLabelValue } from '../../../api/meta/names.ts';
import { allNamespacesFlag, dryRunFlag, fieldManagerFlag, fieldSelectorFlag, fileFlags, outputFlags, recordFlag, selectorFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { filesGiven } from '../builder.ts';
import type { Info } from '../builder.ts';
import { CommandError, throwAll } from '../errors.ts';
import { flag } from '../flags.ts';
import { quote } from '../go-text.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { nameOf, ResultPrinter } from '../printers/print-object.ts';
import { dryRunOf, dryRunSuffix, fetchTargets, patchObject } from './act.ts';

const shared = [
  recordFlag, ...fileFlags, ...outputFlags, selectorFlag, fieldSelectorFlag, allNamespacesFlag, dryRunFlag,
  flag.bool('all', 'Select all resources, in the namespace of the specified resource types'),
  flag.bool('list', 'If true, display the labels (annotations) for a given resource.'),
  flag.bool('local', 'If true, the command will NOT contact api-server but run locally.'),
  flag.bool('overwrite', 'If true, allow labels to be overwritten, otherwise reject label updates that overwrite existing labels.'),
  flag.string('resource-version', 'If non-empty, the update will only succeed if this is the current resource-version for the object.'),
];

interface Changes {
  readonly resources: readonly string[];
  readonly additions: Readonly<Record<string, string>>;
  readonly removals: readonly string[];
}

function parseChanges(args: readonly string[], what: 'label' | 'annotation'): Changes {
  const isChange = (arg: string): boolean => (arg.includes('=') && !arg.startsWith('=')) || (arg.endsWith('-') && arg.length > 1);
  const index = args.findIndex(isChange);
  const resources = index < 0 ? [...args] : args.slice(0, index);
  const additions: Record<string, string> = {};
  const removals: string[] = [];
  for (const arg of index < 0 ? [] : args.slice(index)) {
    const equals = arg.indexOf('=');
    if (equals > 0) {
      const key = arg.slice(0, equals);
      const value = arg.slice(equals + 1);
      if (what === 'label') {
        const problems = isValidLabelValue(value);
        if (problems.length > 0) throw new CommandError(`invalid label value: ${quote(arg)}: ${problems.join(';')}`);
      }
      if (removals.includes(key)) throw new CommandError(what === 'label' ? `can not both modify and remove a label in the same command` : `can not both modify and remove the following annotation(s) in the same command: ${key}`);
      additions[key] = value;
    } else if (arg.endsWith('-')) removals.push(arg.slice(0, -1));
    else if (what === 'label') throw new CommandError(`unknown label spec: ${arg}`);
    else throw new CommandError(`all resources must be specified before annotation changes: ${arg}`);
  }
  for (const key of removals) if (Object.hasOwn(additions, key)) throw new CommandError(what === 'label' ? 'can not both modify and remove a label in the same command' : `can not both modify and remove the following annotation(s) in the same command: ${key}`);
  return { resources, additions, removals };
}

function* changeMetadata(k: Kubectl, what: 'label' | 'annotation'): Task<void> {
  const { flags } = k;
  const field = what === 'label' ? 'labels' : 'annotations';
  const { resources, additions, removals } = parseChanges(flags.args, what);
  if (resources.length < 1 && !filesGiven(k)) throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
  const none = Object.keys(additions).length === 0 && removals.length === 0;
  if (none && !flags.bool('list')) throw new CommandError(`at least one ${what} update is required`);
  const dryRun = flags.has('local') && flags.bool('local') ? 'client' : dryRunOf(k);
  const printer = new ResultPrinter(k);
  const { infos, errors } = yield* fetchTargets(k, resources, { keepGoing: true });
  for (const info of infos) {
    try {
      const now: Record<string, string> = info.object.metadata[field] ?? {};
      if (flags.bool('list')) {
        list(k, info, now, what, infos.length);
        if (none) continue;
      }
      const clashes = Object.keys(additions).filter((key) => now[key] !== undefined && now[key] !== additions[key]);
      if (!flags.bool('overwrite') && clashes.length > 0) {
        if (what === 'annotation') throw new CommandError(`--overwrite is false but found the following declared annotation(s): ${clashes.map((key) => `'${key}' already has a value (${now[key]})`).join('; ')}`);
        throw new CommandError(clashes.map((key) => `'${key}' already has a value (${now[key]}), and --overwrite is false`).join('\n'));
      }
      const gone = removals.filter((key) => {
        if (now[key] !== undefined) return true;
        if (what === 'label') k.line(`label ${quote(key)} not found.`);
        return false;
      });
      const added = Object.keys(additions).filter((key) => now[key] !== additions[key]);
      let message = what === 'label' ? (added.length > 0 ? 'labeled' : gone.length > 0 ? 'unlabeled' : 'not labeled') : 'annotated';
      if (what === 'label' && added.length === 0 && gone.length > 0 && flags.bool('overwrite')) message = 'labeled';
      const patch: Record<string, string | null> = {};
      for (const key of added) patch[key] = additions[key] as string;
      for (const key of gone) patch[key] = null;
      const values: Record<string, string> = { ...now };
      for (const key of added) values[key] = additions[key] as string;
      for (const key of gone) delete values[key];
      let answer: Any = { ...info.object, metadata: { ...info.object.metadata, [field]: values } };
      const noted = k.recorded({}) as { metadata?: object };
      const isChange = added.length > 0 || gone.length > 0 || noted.metadata !== undefined;
      const body = { metadata: { ...noted.metadata, ...(isChange ? { [field]: what === 'label' ? patch : { ...patch, ...(noted.metadata as Any)?.annotations } } : {}), ...(flags.string('resource-version') === '' ? {} : { resourceVersion: flags.string('resource-version') }) } };
      if (dryRun !== 'client' && (isChange || what === 'label')) answer = yield* patchObject(k, info, 'merge', isChange ? body : {}, { manager: flags.string('field-manager'), dryRun });
      else if (dryRun !== 'client') answer = yield* patchObject(k, info, 'merge', {}, { manager: flags.string('field-manager'), dryRun });
      if (!flags.bool('list')) printer.print({ apiVersion: info.object.apiVersion, kind: info.object.kind, ...answer }, message + dryRunSuffix(flags.has('local') && flags.bool('local') ? 'none' : dryRun));
    } catch (error) {
      errors.push(error);
    }
  }
  throwAll(errors);
}

function list(k: Kubectl, info: Info, values: Readonly<Record<string, string>>, what: string, count: number): void {
  if (count > 1) k.line(`Listing ${what === 'label' ? 'labels' : 'annotations'} for ${nameOf(info.object).replace('/', '/')}:`);
  const indent = count > 1 ? ' ' : '';
  for (const key of Object.keys(values).sort()) k.line(`${indent}${key}=${values[key]}`);
}

export const labelCommand: Command = {
  name: 'label',
  use: 'label [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options]',
  short: 'Update the labels on a resource',
  examples: '  # Set a label\n  kubectl label pod web tier=front\n\n  # Change it\n  kubectl label pod web tier=back --overwrite\n\n  # Remove it\n  kubectl label pod web tier-',
  flags: [...shared, fieldManagerFlag('kubectl-label')],
  *run(k) {
    yield* changeMetadata(k, 'label');
  },
};

export const annotateCommand: Command = {
  name: 'annotate',
  use: 'annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options]',
  short: 'Update the annotations on a resource',
  examples: "  # Set an annotation\n  kubectl annotate pod web note='hello'\n\n  # Remove it\n  kubectl annotate pod web note-",
  flags: [...shared, fieldManagerFlag('kubectl-annotate')],
  *run(k) {
    yield* changeMetadata(k, 'annotation');
  },
};
