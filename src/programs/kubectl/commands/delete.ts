// kubectl delete: deletes, says so, and waits until the objects are really gone.
import type { Task } from '../../../kernel/task.ts';
import { allNamespacesFlag, dryRunFlag, fieldSelectorFlag, fileFlags, selectorFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { dryRunOf, dryRunSuffix, filesGiven, itemsOf, listAll, readFiles, resolveWanted } from '../builder.ts';
import type { Mapping } from '../discovery.ts';
import { kindName } from '../discovery.ts';
import { addSource, CommandError, throwAll } from '../errors.ts';
import { flag } from '../flags.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { waitForDeletion } from './wait.ts';

export interface Doomed {
  readonly mapping: Mapping;
  readonly namespace: string;
  readonly name: string;
  /** The file it came from, for refusals. */
  readonly source?: string;
}

export const deleteCommand: Command = {
  name: 'delete',
  use: 'delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)]) [options]',
  short: 'Delete resources by file names, stdin, resources and names, or by resources and label selector',
  long: 'Delete resources by file names, stdin, resources and names, or by resources and label selector.\n\nThe command waits until the objects are gone (--wait=false does not). A pod gets its grace period to end;\n--grace-period=0 --force removes it from the API at once, without waiting for its node.',
  examples: '  # Delete a pod\n  kubectl delete pod web\n\n  # Delete what a file declares\n  kubectl delete -f web.yaml\n\n  # Delete by label\n  kubectl delete pods,services -l app=web',
  flags: [
    ...fileFlags, selectorFlag, fieldSelectorFlag, allNamespacesFlag, dryRunFlag,
    flag.bool('all', 'Delete all resources, in the namespace of the specified resource types.'),
    flag.string('cascade', 'Must be "background", "orphan", or "foreground".', { value: 'background', bare: 'background' }),
    flag.bool('force', 'If true, immediately remove resources from API and bypass graceful deletion.'),
    flag.int('grace-period', 'Period of time in seconds given to the resource to terminate gracefully.', { value: '-1' }),
    flag.bool('ignore-not-found', 'Treat "resource not found" as a successful delete.'),
    flag.bool('interactive', 'If true, delete resource only when user confirms.', { short: 'i' }),
    flag.bool('now', 'If true, resources are signaled for immediate shutdown (same as --grace-period=1).'),
    flag.string('output', 'Output mode. Use "-o name" for shorter output (resource/name).', { short: 'o' }),
    flag.string('raw', 'Raw URI to DELETE to the server.'),
    flag.duration('timeout', 'The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object', { value: '0s' }),
    flag.bool('wait', 'If true, wait for resources to be gone before returning. This waits for finalizers.', { value: 'true' }),
  ],
  *run(k, flags) {
    const output = flags.string('output');
    if (output !== '' && output !== 'name') throw new CommandError(`unexpected -o output mode: ${output}. We only support '-o name'`);
    if (flags.string('raw') !== '') {
      const body: unknown = yield* k.call('DELETE', flags.string('raw'));
      k.out(typeof body === 'string' ? body : JSON.stringify(body));
      return;
    }
    const selecting = flags.bool('all') || flags.string('selector') !== '' || flags.string('field-selector') !== '';
    if (flags.bool('all') && (flags.string('selector') !== '' || flags.string('field-selector') !== '')) throw new CommandError("setting 'all' parameter but found a non empty selector. ");
    if (flags.bool('now')) {
      if (flags.int('grace-period') !== -1) throw new CommandError('--now and --grace-period cannot be specified together');
    }
    let grace = flags.bool('now') ? 1 : flags.int('grace-period');
    const force = flags.bool('force');
    if (force && grace < 0) grace = 0;
    else if (grace === 0 && !force) grace = 1;
    else if (force && grace > 0) throw new CommandError('--force and --grace-period greater than 0 cannot be specified together');
    if (flags.bool('now') && force) throw new CommandError('--force and --grace-period greater than 0 cannot be specified together');
    const cascade = flags.string('cascade');
    const policies: Readonly<Record<string, string>> = { background: 'Background', orphan: 'Orphan', foreground: 'Foreground', true: 'Background', false: 'Orphan' };
    if (policies[cascade] === undefined) throw new CommandError(`invalid cascade value (${cascade}). Must be "background", "foreground", or "orphan"`);
    const dryRun = dryRunOf(k);
    const ignoreNotFound = flags.changed('ignore-not-found') ? flags.bool('ignore-not-found') : selecting;
    const { doomed, errors } = yield* collect(k, selecting);
    if (force && grace === 0 && dryRun === 'none') k.err('Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.');
    yield* deleteAll(k, doomed, errors, { grace, policy: policies[cascade], dryRun, ignoreNotFound, quietName: output === 'name' });
  },
};

function* collect(k: Kubectl, selecting: boolean): Task<{ doomed: Doomed[]; errors: unknown[] }> {
  const { flags } = k;
  if (filesGiven(k)) {
    if (flags.args.length > 0) throw new CommandError('when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well');
    const files = yield* readFiles(k, { filenames: flags.list('filename'), kustomize: flags.string('kustomize'), recursive: flags.bool('recursive') });
    return { doomed: files.infos, errors: files.errors };
  }
  const allNamespaces = flags.bool('all-namespaces');
  const options = { selector: flags.string('selector'), fieldSelector: flags.string('field-selector'), allNamespaces };
  const wanted = yield* resolveWanted(k, { args: flags.args, ...options, all: flags.bool('all') });
  if (wanted.kind === 'names') return { doomed: wanted.items.map((item) => ({ ...item, namespace: item.mapping.namespaced ? k.namespace : '' })), errors: [] };
  if (!selecting) return { doomed: [], errors: [] };
  const doomed: Doomed[] = [];
  const errors: unknown[] = [];
  for (const item of wanted.items) {
    try {
      for (const object of itemsOf(yield* listAll(k, item.mapping, options), item.mapping)) doomed.push({ mapping: item.mapping, namespace: object.metadata.namespace ?? '', name: object.metadata.name });
    } catch (error) {
      errors.push(error);
    }
  }
  return { doomed, errors };
}

export interface DeleteSettings {
  readonly grace: number;
  readonly policy: string;
  readonly dryRun: 'none' | 'client' | 'server';
  readonly ignoreNotFound: boolean;
  readonly quietName?: boolean;
  /** `deleted`, not `force deleted`, whatever the grace. */
  readonly plainWords?: boolean;
}

export function* deleteAll(k: Kubectl, doomed: readonly Doomed[], errors: unknown[], settings: DeleteSettings): Task<void> {
  const { flags } = k;
  const deleted: { doomed: Doomed; uid: string }[] = [];
  let warnedScope = false;
  for (const each of doomed) {
    if (!each.mapping.namespaced && k.target.namespaceGiven && !warnedScope) {
      warnedScope = true;
      k.warn('deleting cluster-scoped resources, not scoped to the provided namespace');
    }
    if (settings.dryRun === 'client') {
      say(k, each, settings);
      continue;
    }
    try {
      const answer: Any = yield* k.call('DELETE', k.path(each.mapping, each.namespace, each.name), {
        body: { kind: 'DeleteOptions', apiVersion: 'v1', ...(settings.grace >= 0 ? { gracePeriodSeconds: settings.grace } : {}), propagationPolicy: settings.policy, ...(settings.dryRun === 'server' ? { dryRun: ['All'] } : {}) },
      });
      deleted.push({ doomed: each, uid: answer?.details?.uid ?? answer?.metadata?.uid ?? '' });
      say(k, each, settings);
    } catch (error) {
      if (settings.ignoreNotFound && (error as { status?: { reason?: string } }).status?.reason === 'NotFound') continue;
      errors.push(addSource('deleting', each.source ?? '', error));
    }
  }
  if (doomed.length === 0 && errors.length === 0) k.line('No resources found');
  // Waiting comes last, and only for what was really deleted.
  if (flags.has('wait') && flags.bool('wait') && settings.dryRun === 'none') {
    const timeoutMs = flags.duration('timeout') === 0 ? 7 * 24 * 3600 * 1000 : flags.duration('timeout');
    for (const each of deleted) {
      try {
        yield* waitForDeletion(k, each.doomed, each.uid, timeoutMs);
      } catch (error) {
        const reason = (error as { status?: { reason?: string } }).status?.reason;
        // Without the right to watch, kubectl does not wait.
        if (reason !== 'Forbidden' && reason !== 'MethodNotAllowed') errors.push(error);
      }
    }
  }
  throwAll(errors);
}

function say(k: Kubectl, doomed: Doomed, settings: DeleteSettings): void {
  if (settings.quietName === true) {
    k.line(`${kindName(doomed.mapping)}/${doomed.name}`);
    return;
  }
  const operation = settings.grace === 0 && settings.plainWords !== true ? 'force deleted' : 'deleted';
  const where = doomed.mapping.namespaced ? ` from ${doomed.namespace} namespace` : '';
  k.line(`${kindName(doomed.mapping)} "${doomed.name}" ${operation}${where}${dryRunSuffix(settings.dryRun)}`);
}
