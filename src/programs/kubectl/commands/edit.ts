// kubectl edit: an object as YAML in an editor, and what was changed there as a patch.
import type { Task } from '../../../kernel/task.ts';
import { ApiError } from '../../../client/api-error.ts';
import { parseYaml, YamlError } from '../../../api/yaml/parse-yaml.ts';
import { printYaml } from '../../../api/yaml/print-yaml.ts';
import { createMergePatch } from '../../../api/meta/patch/merge-patch.ts';
import { createStrategicPatch } from '../../../api/meta/patch/strategic.ts';
import type { JsonObject } from '../../../api/meta/patch/values.ts';
import { allNamespacesFlag, fieldManagerFlag, fileFlags, outputFlags, saveConfigFlag, selectorFlag, validateFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { fieldValidation, filesGiven, missingResource, validationOf } from '../builder.ts';
import type { Info } from '../builder.ts';
import { resourceName } from '../discovery.ts';
import { CommandError, explainError, SilentExit } from '../errors.ts';
import { flag } from '../flags.ts';
import { goJson } from '../go-text.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { patchSchemaFor } from '../patch-schema.ts';
import { ResultPrinter, withoutManagedFields } from '../printers/print-object.ts';
import { fetchTargets, isBuiltIn, patchObject } from './act.ts';
import { withLastApplied } from './create/create-object.ts';

const head = "# Please edit the object below. Lines beginning with a '#' will be ignored,\n# and an empty file will abort the edit. If an error occurs while saving this file will be\n# reopened with the relevant failures.\n#\n";

/** The text after somebody has edited it, without the comments at its top. */
export function* editText(k: Kubectl, text: string, what: string, notes: readonly string[] = []): Task<string> {
  const command = k.host.env['KUBE_EDITOR'] || k.host.env['EDITOR'] || 'vi';
  if (k.outside.edit === undefined) throw new CommandError(`unable to launch the editor ${JSON.stringify(command)}`);
  const shown = `${head}${notes.map((note) => `# ${note}\n`).join('')}${notes.length > 0 ? '#\n' : ''}${text}`;
  const edited = yield* k.outside.edit(shown, { command, what });
  if (edited === undefined) throw new CommandError(`there was a problem with the editor ${JSON.stringify(command)}`);
  return edited.split('\n').filter((line) => !line.startsWith('#')).join('\n');
}

export const editCommand: Command = {
  name: 'edit',
  use: 'edit (RESOURCE/NAME | -f FILENAME) [options]',
  short: 'Edit a resource on the server',
  long: "Edit a resource on the server: its YAML is opened in the editor that KUBE_EDITOR or EDITOR names (vi without them), and what you change there is\nsent as a patch when you save and leave. A refused change is opened again with the reason at its top; leaving without a change ends it.",
  examples: '  # A Deployment\n  kubectl edit deployment/web\n\n  # ... with another editor\n  KUBE_EDITOR=nano kubectl edit deployment/web',
  flags: [
    ...fileFlags, ...outputFlags, validateFlag, saveConfigFlag, selectorFlag, allNamespacesFlag, fieldManagerFlag('kubectl-edit'),
    flag.bool('output-patch', 'Output the patch if the resource is edited.'),
    flag.string('subresource', 'If specified, edit will operate on the subresource of the requested object.'),
  ],
  *run(k, flags) {
    if (flags.args.length === 0 && !filesGiven(k)) throw new CommandError(missingResource);
    const { infos } = yield* fetchTargets(k, flags.args, { selectAll: true });
    const printer = new ResultPrinter(k);
    for (const info of infos) yield* editOne(k, info, printer);
  },
};

function* editOne(k: Kubectl, info: Info, printer: ResultPrinter): Task<void> {
  const original: Any = withoutManagedFields(info.object);
  let text = printYaml(original);
  let notes: string[] = [];
  for (;;) {
    const edited = yield* editText(k, text, `${resourceName(info.mapping)}/${info.name}`, notes);
    if (edited.trim() === '') {
      k.err('Edit cancelled, saved file was empty.');
      return;
    }
    if (edited === text && notes.length > 0) throw new CommandError('Edit cancelled, no valid changes were saved.');
    text = edited;
    try {
      const changed = parseYaml(edited) as Any;
      if (goJson(changed) === goJson(original)) {
        k.err('Edit cancelled, no changes made.');
        return;
      }
      yield* save(k, info, original, changed, printer);
      return;
    } catch (error) {
      const reason = error instanceof YamlError ? `The edited file had a syntax error: error parsing edited-file: error converting YAML to JSON: ${error.message}` : error instanceof ApiError ? explainError(error).text : undefined;
      if (reason === undefined) throw error;
      k.err(`error: ${resourceName(info.mapping)} ${JSON.stringify(info.name)} could not be ${error instanceof YamlError ? 'read' : 'patched'}: ${reason}`);
      if (error instanceof ApiError && error.status.reason === 'NotFound') throw new SilentExit(1);
      notes = reason.split('\n');
    }
  }
}

function* save(k: Kubectl, info: Info, original: Any, changed: Any, printer: ResultPrinter): Task<void> {
  const same = (part: (object: Any) => unknown): boolean => (part(original) ?? '') === (part(changed) ?? '');
  if (!same((each) => each.apiVersion) || !same((each) => each.kind) || !same((each) => each.metadata?.name)) throw new CommandError('At least one of apiVersion, kind and name was changed');
  const next: Any = k.flags.bool('save-config') ? withLastApplied(changed) : changed;
  const schema = patchSchemaFor(original.apiVersion, original.kind);
  const strategic = isBuiltIn(info.mapping) && schema !== undefined;
  const patch = (strategic ? createStrategicPatch(original as JsonObject, next as JsonObject, schema) : createMergePatch(original, next)) as Any;
  if (k.flags.bool('output-patch')) k.line(`Patch: ${goJson(patch)}`);
  const answer = yield* patchObject(k, info, strategic ? 'strategic' : 'merge', patch, { manager: k.flags.string('field-manager'), subresource: k.flags.string('subresource'), fieldValidation: fieldValidation(validationOf(k)) });
  printer.print({ apiVersion: original.apiVersion, kind: original.kind, ...answer }, 'edited');
}
