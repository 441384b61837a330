// kubectl apply view-last-applied | set-last-applied | edit-last-applied: the configuration that an apply left on an object.
import type { Task } from '../../../kernel/task.ts';
import { printYaml } from '../../../api/yaml/print-yaml.ts';
import { parseYaml } from '../../../api/yaml/parse-yaml.ts';
import { dryRunFlag, fieldManagerFlag, fileFlags, outputFlags, selectorFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { filesGiven, missingResource, readFiles } from '../builder.ts';
import type { Info } from '../builder.ts';
import { kindName } from '../discovery.ts';
import { CommandError, throwAll, usageError } from '../errors.ts';
import { flag } from '../flags.ts';
import { goJson, goJsonIndent } from '../go-text.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { ResultPrinter } from '../printers/print-object.ts';
import { dryRunOf, dryRunSuffix, fetchTargets, patchObject } from './act.ts';
import { withLastApplied } from './create/create-object.ts';
import { editText } from './edit.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';

function configurationOf(info: Info): string {
  const text: unknown = info.object.metadata?.annotations?.[annotation];
  if (typeof text !== 'string') throw new CommandError(`no last-applied-configuration annotation found on resource: ${info.name}`);
  return text;
}

export const viewLastApplied: Command = {
  name: 'view-last-applied',
  use: 'apply view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME) [options]',
  short: 'View the latest last-applied-configuration annotations of a resource/object',
  flags: [...fileFlags, selectorFlag, flag.bool('all', 'Select all resources in the namespace of the specified resource types'), flag.string('output', 'Output format. Must be one of (yaml, json)', { short: 'o', value: 'yaml' })],
  *run(k, flags) {
    const output = flags.string('output');
    if (output !== 'yaml' && output !== 'json') throw usageError('kubectl apply view-last-applied', `Unexpected -o output mode: ${output}, the flag 'output' must be one of yaml|json`);
    if (flags.args.length === 0 && !filesGiven(k)) throw new CommandError(missingResource);
    const { infos, errors } = yield* fetchTargets(k, flags.args, { selectAll: true });
    throwAll(errors);
    for (const info of infos) {
      const text: unknown = info.object.metadata?.annotations?.[annotation];
      // As kubectl: an object that was never applied has nothing to show, and that is no error.
      if (typeof text !== 'string') continue;
      const value: Any = JSON.parse(text);
      k.out(output === 'json' ? `${goJsonIndent(value, true, '  ')}\n` : printYaml(value));
    }
  },
};

function annotationPatch(object: Any): Any {
  return { metadata: { annotations: { [annotation]: withLastApplied(object).metadata.annotations[annotation] } } };
}

export const setLastApplied: Command = {
  name: 'set-last-applied',
  use: 'apply set-last-applied -f FILENAME [options]',
  short: 'Set the last-applied-configuration annotation on a live object to match the contents of a file',
  flags: [...fileFlags, ...outputFlags, dryRunFlag, flag.bool('create-annotation', "Will create 'last-applied-configuration' annotations if current objects doesn't have one")],
  *run(k, flags) {
    if (!filesGiven(k)) throw new CommandError('must specify one of -f and -k');
    const dryRun = dryRunOf(k);
    const printer = new ResultPrinter(k);
    const { infos, errors } = yield* readFiles(k, { filenames: flags.list('filename'), recursive: flags.bool('recursive') });
    throwAll(errors);
    for (const info of infos) {
      const live: Any = yield* k.call('GET', k.path(info.mapping, info.namespace, info.name));
      if (live.metadata?.annotations?.[annotation] === undefined && !flags.bool('create-annotation')) throw new CommandError(`no last-applied-configuration annotation found on resource: ${info.name}, to create the annotation, run the command with --create-annotation`);
      const patch = annotationPatch(info.object);
      const answer: Any = dryRun === 'client' ? { ...live, metadata: { ...live.metadata, annotations: { ...live.metadata?.annotations, ...patch.metadata.annotations } } } : yield* patchObject(k, info, 'merge', patch, { manager: 'kubectl', dryRun });
      printer.print({ apiVersion: info.object.apiVersion, kind: info.object.kind, ...answer }, `configured${dryRunSuffix(dryRun)}`);
    }
  },
};

export const editLastApplied: Command = {
  name: 'edit-last-applied',
  use: 'apply edit-last-applied (RESOURCE/NAME | -f FILENAME) [options]',
  short: "Edit latest last-applied-configuration annotations of a resource/object",
  flags: [...fileFlags, ...outputFlags, fieldManagerFlag('kubectl-client-side-apply')],
  *run(k, flags) {
    if (flags.args.length === 0 && !filesGiven(k)) throw new CommandError(missingResource);
    const { infos } = yield* fetchTargets(k, flags.args, { selectAll: true });
    const printer = new ResultPrinter(k);
    for (const info of infos) yield* editOne(k, info, printer);
  },
};

function* editOne(k: Kubectl, info: Info, printer: ResultPrinter): Task<void> {
  const before = printYaml(JSON.parse(configurationOf(info)));
  const after = yield* editText(k, before, kindName(info.mapping));
  const value: Any = parseYaml(after);
  if (value === null) {
    k.err('Edit cancelled, saved file was empty.');
    return;
  }
  if (goJson(value) === goJson(parseYaml(before))) {
    k.err('Edit cancelled, no changes made.');
    return;
  }
  const answer = yield* patchObject(k, info, 'merge', annotationPatch(value), { manager: k.flags.string('field-manager') });
  printer.print({ apiVersion: info.object.apiVersion, kind: info.object.kind, ...answer }, 'edited');
}
