// kubectl edit: an object as YAML in an editor, and what was changed there as a patch.
import type { Task } from '../../../kernel/task.ts';
import { ApiError } from '../../../client/api-error.ts';
import { parseYaml, YamlError } from '../../../api/yaml/parse-yaml.ts';
import { printYaml } from '../../../api/yaml/print-yaml.ts';
import { createMergePatch } from '../../../api/meta/patch/merge-patch.ts';
import { createStrategicPatch } from '../../../api/meta/patch/strategic.ts';
import type { JsonObject } from '../../../api/meta/patch/values.ts';
import { allNamespacesFlag, fieldManagerFlag, fileFlags, outputFlags, recordFlag, saveConfigFlag, selectorFlag, validateFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { fieldValidation, filesGiven, missingResource, validationOf } from '../builder.ts';
import type { Info } from '../builder.ts';
import { resourceName } from '../discovery.ts';
import { CommandError, SilentExit } from '../errors.ts';
import { flag } from '../flags.ts';
import { goJson, goJsonIndent } from '../go-text.ts';
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
  // JSON knows no comments.
  const shown = text.startsWith('{') ? text : `${head}${notes.map((note) => `# ${note}\n`).join('')}${notes.length > 0 ? '#\n' : ''}${text}`;
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
    recordFlag, ...fileFlags, ...outputFlags, validateFlag, saveConfigFlag, selectorFlag, allNamespacesFlag, fieldManagerFlag('kubectl-edit'),
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
  const before = editable(k, original);
  const name = `${resourceName(info.mapping)} ${JSON.stringify(info.name)}`;
  let text = before;
  let notes: readonly string[] = [];
  for (;;) {
    const edited = yield* editText(k, text, `${resourceName(info.mapping)}/${info.name}`, notes);
    if (edited === text && notes.length > 0) {
      k.err(`A copy of your changes has been stored to ${JSON.stringify(keep(k, edited))}`);
      throw new CommandError('Edit cancelled, no valid changes were saved.');
    }
    if (edited === before) {
      k.err('Edit cancelled, no changes made.');
      return;
    }
    if (edited.trim() === '') {
      k.err('Edit cancelled, saved file was empty.');
      return;
    }
    text = edited;
    try {
      yield* save(k, info, original, parseYaml(edited) as Any, printer);
      return;
    } catch (error) {
      if (error instanceof YamlError) notes = [`The edited file had a syntax error: error parsing edited-file: error converting YAML to JSON: ${error.message}`];
      else if (error instanceof ApiError) {
        const reopened = refused(k, name, error, edited);
        if (reopened === undefined) return;
        notes = reopened;
      } else throw error;
    }
  }
}

/** YAML, or JSON with `-o json`. */
const editable = (k: Kubectl, object: Any): string => (k.flags.string('output') === 'json' ? `${goJsonIndent(object)}\n` : printYaml(object));

/** `create --edit`: the object as it was left in the editor; undefined when nothing was changed. */
export function* editBeforeCreate(k: Kubectl, object: Any): Task<Any> {
  const before = editable(k, object);
  const text = yield* editText(k, before, `${String(object.kind).toLowerCase()}/${object.metadata?.name ?? ''}`);
  if (text === before) k.err('Edit cancelled, no changes made.');
  else if (text.trim() === '') k.err('Edit cancelled, saved file was empty.');
  else return parseYaml(text);
  return undefined;
}

/** The text under a name of its own in /tmp, for whoever wants to go on with it. */
function keep(k: Kubectl, text: string): string {
  const path = `/tmp/kubectl-edit-${k.host.random.below(0xffff_ffff)}.yaml`;
  k.host.disk.write(path, text);
  return path;
}

/** What stands at the top of the file that is opened again; undefined when there is nothing left to edit. Other failures end the command. */
function refused(k: Kubectl, name: string, error: ApiError, text: string): readonly string[] | undefined {
  const { status } = error;
  if (status.reason === 'Invalid') {
    k.err(`error: ${name} is invalid`);
    const causes = (status.details?.causes ?? []).map((cause) => `* ${cause.field ?? ''}: ${cause.message ?? ''}`);
    return [`${name} was not valid${causes.length > 0 ? ':' : ''}`, ...causes].flatMap((line) => line.split('\n'));
  }
  if (status.reason === 'NotFound') {
    k.err(`error: ${name} could not be found on the server`);
    k.line(`The edits you made on deleted resources have been saved to ${JSON.stringify(keep(k, text))}`);
    return undefined;
  }
  k.err(`error: ${name} could not be patched: ${status.message ?? error.message}`);
  k.err(`You can run \`kubectl replace -f ${keep(k, text)}\` to try this update again.`);
  throw new SilentExit(1);
}

function* save(k: Kubectl, info: Info, original: Any, changed: Any, printer: ResultPrinter): Task<void> {
  const same = (part: (object: Any) => unknown): boolean => (part(original) ?? '') === (part(changed) ?? '');
  if (!same((each) => each.apiVersion) || !same((each) => each.kind) || !same((each) => each.metadata?.name)) throw new CommandError('At least one of apiVersion, kind and name was changed');
  if (goJson(changed) === goJson(original)) {
    printer.print({ apiVersion: original.apiVersion, kind: original.kind, ...info.object }, 'skipped');
    return;
  }
  const next: Any = k.recorded(k.flags.bool('save-config') ? withLastApplied(changed) : changed);
  const schema = patchSchemaFor(original.apiVersion, original.kind);
  const strategic = isBuiltIn(info.mapping) && schema !== undefined;
  const patch = (strategic ? createStrategicPatch(original as JsonObject, next as JsonObject, schema) : createMergePatch(original, next)) as Any;
  if (k.flags.bool('output-patch')) k.line(`Patch: ${goJson(patch)}`);
  const answer = yield* patchObject(k, info, strategic ? 'strategic' : 'merge', patch, { manager: k.flags.string('field-manager'), subresource: k.flags.string('subresource'), fieldValidation: fieldValidation(validationOf(k)) });
  printer.print({ apiVersion: original.apiVersion, kind: original.kind, ...answer }, 'edited');
}
