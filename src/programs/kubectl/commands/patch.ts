// kubectl patch, replace, edit.
import type { Task } from '../../../kernel/task.ts';
import { applyJsonPatch } from '../../../api/meta/patch/json-patch.ts';
import { applyMergePatch } from '../../../api/meta/patch/merge-patch.ts';
import { applyStrategicPatch, StrategicPatchError } from '../../../api/meta/patch/strategic.ts';
import { parseYaml, YamlError } from '../../../api/yaml/parse-yaml.ts';
import { dryRunFlag, fieldManagerFlag, fileFlags, outputFlags, recordFlag, saveConfigFlag, validateFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { absolute, dryRunOf, dryRunSuffix, fieldValidation, filesGiven, readFiles, readStdin, resolveWanted, validationOf } from '../builder.ts';
import type { Info } from '../builder.ts';
import { addSource, CommandError, throwAll, usageError } from '../errors.ts';
import { flag } from '../flags.ts';
import { goJson } from '../go-text.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { patchSchemaFor } from '../patch-schema.ts';
import { ResultPrinter } from '../printers/print-object.ts';
import { patchObject, recordOn } from './act.ts';
import type { PatchKind } from './act.ts';
import { unborn, withLastApplied } from './create/create-object.ts';
import { deleteAll } from './delete.ts';

export const patchCommand: Command = {
  name: 'patch',
  use: 'patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE] [options]',
  short: 'Update fields of a resource',
  long: 'Update fields of a resource using strategic merge patch, a JSON merge patch, or a JSON patch.\n\nJSON and YAML formats are accepted.',
  examples: "  # Change a field\n  kubectl patch deployment web -p '{\"spec\":{\"replicas\":3}}'\n\n  # A JSON patch\n  kubectl patch deployment web --type=json -p '[{\"op\":\"replace\",\"path\":\"/spec/replicas\",\"value\":1}]'",
  flags: [
    recordFlag, ...fileFlags, ...outputFlags, dryRunFlag, fieldManagerFlag('kubectl-patch'),
    flag.bool('local', 'If true, patch will operate on the content of the file, not the server-side resource.'),
    flag.string('patch', 'The patch to be applied to the resource JSON file.', { short: 'p' }),
    flag.string('patch-file', 'A file containing a patch to be applied to the resource.'),
    flag.string('subresource', 'If specified, patch will operate on the subresource of the requested object.'),
    flag.string('type', 'The type of patch being provided; one of [json merge strategic]', { value: 'strategic' }),
  ],
  *run(k, flags) {
    if (flags.bool('local') && flags.args.length > 0) throw new CommandError('cannot specify --local and server resources');
    if (flags.string('patch') !== '' && flags.string('patch-file') !== '') throw new CommandError('cannot specify --patch and --patch-file together');
    if (flags.string('patch') === '' && flags.string('patch-file') === '') throw new CommandError('must specify --patch or --patch-file containing the contents of the patch');
    const type = flags.string('type');
    if (type !== 'json' && type !== 'merge' && type !== 'strategic') throw new CommandError(`--type must be one of [json merge strategic], not "${type}"`);
    let text = flags.string('patch');
    if (text === '') {
      const content = k.host.disk.readText(absolute(k, flags.string('patch-file')));
      if (content === undefined) throw new CommandError(`unable to read patch file: open ${flags.string('patch-file')}: no such file or directory`);
      text = content;
    }
    let patch: Any;
    try {
      patch = parseYaml(text);
      // A body that is text goes out as it is: what YAML takes for a string has to be one in JSON.
      if (typeof patch === 'string') patch = JSON.stringify(patch);
    } catch (error) {
      if (!(error instanceof YamlError)) throw error;
      // What is neither JSON nor YAML goes to the server as it is: its refusal is the answer.
      patch = text;
    }
    const dryRun = dryRunOf(k);
    const local = flags.bool('local');
    const printer = new ResultPrinter(k);
    const targets: Info[] = [];
    const errors: unknown[] = [];
    if (filesGiven(k)) {
      const files = yield* readFiles(k, { filenames: flags.list('filename'), kustomize: flags.string('kustomize'), recursive: flags.bool('recursive'), ...(local ? { local } : {}) });
      errors.push(...files.errors);
      targets.push(...files.infos);
    } else {
      const wanted = yield* resolveWanted(k, { args: flags.args });
      targets.push(...wanted.items.map((item) => ({ mapping: item.mapping, namespace: item.mapping.namespaced ? k.namespace : '', name: item.name, source: '' })));
    }
    for (const info of targets) {
      try {
        const before: Any = local ? (info as { object?: Any }).object : yield* k.call('GET', k.path(info.mapping, info.namespace, info.name, flags.string('subresource')));
        if (local || dryRun === 'client') {
          const patched = patchedHere(before, type, patch);
          printer.print(patched, patchWord(before, patched));
          continue;
        }
        const after: Any = yield* patchObject(k, info, type as PatchKind, patch, { manager: flags.string('field-manager'), dryRun, subresource: flags.string('subresource') });
        yield* recordOn(k, info, dryRun, flags.string('field-manager'));
        const changed = goJson(unversioned(before)) !== goJson(unversioned(after));
        const named = { apiVersion: before.apiVersion, kind: before.kind, ...after };
        printer.print(flags.string('subresource') === '' ? named : { ...after, apiVersion: after.apiVersion ?? before.apiVersion, kind: after.kind ?? before.kind }, changed ? 'patched' : 'patched (no change)');
      } catch (error) {
        errors.push(error);
      }
    }
    throwAll(errors);
  },
};

const patchWord = (before: Any, after: Any): string => (goJson(before) === goJson(after) ? 'patched (no change)' : 'patched');

/** What --local and --dry-run=client show: the patch as kubectl itself applies it. */
function patchedHere(object: Any, type: PatchKind, patch: Any): Any {
  if (type === 'merge') return applyMergePatch(object, patch);
  if (type === 'json') {
    const result = applyJsonPatch(object, patch);
    if ('problem' in result) throw new CommandError(result.problem);
    return result.value;
  }
  const schema = patchSchemaFor(object.apiVersion, object.kind);
  if (schema === undefined) throw new CommandError(`strategic merge patch is not supported for ${object.apiVersion}, Kind=${object.kind} locally, try --type merge`);
  try {
    return applyStrategicPatch(object, patch, schema);
  } catch (error) {
    if (error instanceof StrategicPatchError) throw new CommandError(error.message);
    throw error;
  }
}

function unversioned(object: Any): Any {
  return { ...object, metadata: { ...object.metadata, managedFields: undefined, resourceVersion: undefined } };
}

export const replaceCommand: Command = {
  name: 'replace',
  use: 'replace -f FILENAME [options]',
  short: 'Replace a resource by file name or stdin',
  examples: '  # Replace with what a file says\n  kubectl replace -f web.yaml\n\n  # Delete and create again\n  kubectl replace --force -f web.yaml',
  flags: [
    recordFlag, ...fileFlags, ...outputFlags, dryRunFlag, validateFlag, saveConfigFlag, fieldManagerFlag('kubectl-replace'),
    flag.string('cascade', 'Must be "background", "orphan", or "foreground".', { value: 'background', bare: 'background' }),
    flag.bool('force', 'If true, immediately remove resources from API and bypass graceful deletion.'),
    flag.int('grace-period', 'Period of time in seconds given to the resource to terminate gracefully.', { value: '-1' }),
    flag.string('raw', 'Raw URI to PUT to the server.'),
    flag.string('subresource', 'If specified, replace will operate on the subresource of the requested object.'),
    flag.duration('timeout', 'The length of time to wait before giving up on a delete.', { value: '0s' }),
    flag.bool('wait', 'If true, wait for resources to be gone before returning.'),
  ],
  *run(k, flags) {
    if (flags.args.length > 0) throw usageError('kubectl replace', `Unexpected args: [${flags.args.join(' ')}]`);
    if (!filesGiven(k)) throw new CommandError('must specify one of -f and -k');
    if (!flags.bool('force') && flags.int('grace-period') >= 0) throw new CommandError('--grace-period must have --force specified');
    if (!flags.bool('force') && flags.duration('timeout') !== 0) throw new CommandError('--timeout must have --force specified');
    if (flags.string('raw') !== '') return yield* sendRaw(k, 'PUT', flags.string('raw'));
    const dryRun = dryRunOf(k);
    const validate = validationOf(k);
    const printer = new ResultPrinter(k);
    const { infos, errors } = yield* readFiles(k, { filenames: flags.list('filename'), kustomize: flags.string('kustomize'), recursive: flags.bool('recursive'), validate });
    const query = { fieldManager: flags.string('field-manager'), fieldValidation: fieldValidation(validate), dryRun: dryRun === 'server' ? 'All' : undefined };
    if (flags.bool('force')) {
      yield* deleteAll(k, infos, [], { grace: flags.int('grace-period') < 0 ? 0 : flags.int('grace-period'), policy: 'Background', dryRun, ignoreNotFound: true, plainWords: true });
      for (const info of infos) yield* untilGone(k, info);
    }
    for (const info of infos) {
      try {
        let object: Any = k.recorded(flags.bool('save-config') ? withLastApplied(info.object) : info.object);
        if (dryRun !== 'client') {
          const path = k.path(info.mapping, info.namespace, flags.bool('force') ? '' : info.name, flags.bool('force') ? '' : flags.string('subresource'));
          object = yield* k.call(flags.bool('force') ? 'POST' : 'PUT', path, { body: flags.bool('force') ? unborn(object) : object, query });
        }
        printer.print({ apiVersion: info.object.apiVersion, kind: info.object.kind, ...object }, `replaced${dryRunSuffix(dryRun)}`);
      } catch (error) {
        errors.push(addSource('replacing', info.source, error));
      }
    }
    throwAll(errors);
    if (infos.length === 0) throw new CommandError('no objects passed to replace');
  },
};

/** `--raw URI -f FILE`: a file as it is, to any path of the server. */
export function* sendRaw(k: Kubectl, method: 'POST' | 'PUT', uri: string): Task<void> {
  const filenames = k.flags.list('filename');
  if (filenames.length !== 1) throw usageError(k.commandPath, '--raw can only use a single local file or stdin');
  const name = filenames[0] as string;
  const text = name === '-' ? yield* readStdin(k) : k.host.disk.readText(absolute(k, name));
  if (text === undefined) throw new CommandError(`open ${name}: no such file or directory`);
  const body: unknown = yield* k.call(method, uri, { body: parseYaml(text) });
  k.out(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`);
}

function* untilGone(k: Kubectl, info: Info): Task<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    try {
      yield* k.call('GET', k.path(info.mapping, info.namespace, info.name));
    } catch (error) {
      if ((error as { status?: { reason?: string } }).status?.reason === 'NotFound') return;
      throw error;
    }
    yield* k.host.clock.sleep(1000);
  }
}
