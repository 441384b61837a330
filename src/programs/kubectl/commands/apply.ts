// kubectl apply: client side (three-way patch against the last applied configuration) and server side.
import type { Task } from '../../../kernel/task.ts';
import { ApiError } from '../../../client/api-error.ts';
import { matchesSelector, parseSelector } from '../../../api/meta/labels.ts';
import { createThreeWayPatch } from '../../../api/meta/patch/three-way.ts';
import type { JsonObject } from '../../../api/meta/patch/values.ts';
import { dryRunFlag, fileFlags, outputFlags, recordFlag, selectorFlag, validateFlag } from '../command.ts';
import type { Command } from '../command.ts';
import { dryRunOf, dryRunSuffix, fieldValidation, filesGiven, itemsOf, readFiles, validationOf } from '../builder.ts';
import type { Info } from '../builder.ts';
import { kindName } from '../discovery.ts';
import type { Mapping } from '../discovery.ts';
import { addSource, CommandError, messageOf, throwAll, usageError, withMessage } from '../errors.ts';
import { flag } from '../flags.ts';
import { goJson } from '../go-text.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { patchSchemaFor } from '../patch-schema.ts';
import { ResultPrinter } from '../printers/print-object.ts';
import { editLastApplied, setLastApplied, viewLastApplied } from './last-applied.ts';
import { unborn, withLastApplied } from './create/create-object.ts';

export const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const clientManager = 'kubectl-client-side-apply';

export const applyCommand: Command = {
  name: 'apply',
  use: 'apply (-f FILENAME | -k DIRECTORY) [options]',
  short: 'Apply a configuration to a resource by file name or stdin',
  long: 'Apply a configuration to a resource by file name or stdin. What is missing is created; what is there is changed to what the file\nsays, and only that: fields set by others stay.\n\nJSON and YAML formats are accepted.',
  examples: '  # Apply a file\n  kubectl apply -f web.yaml\n\n  # ... standard input\n  cat web.yaml | kubectl apply -f -\n\n  # ... a directory with a kustomization\n  kubectl apply -k dir/',
  flags: [
    recordFlag, ...fileFlags, ...outputFlags, selectorFlag, dryRunFlag, validateFlag,
    flag.bool('all', 'Select all resources in the namespace of the specified resource types.'),
    flag.string('cascade', 'Must be "background", "orphan", or "foreground".', { value: 'background', bare: 'background' }),
    flag.string('field-manager', 'Name of the manager used to track field ownership.', { value: clientManager }),
    flag.bool('force', 'If true, immediately remove resources from API and bypass graceful deletion.'),
    flag.bool('force-conflicts', 'If true, server-side apply will force the changes against conflicts.'),
    flag.int('grace-period', 'Period of time in seconds given to the resource to terminate gracefully.', { value: '-1' }),
    flag.bool('openapi-patch', 'If true, use openapi to calculate diff when the openapi presents and the resource can be found in the openapi spec.', { value: 'true' }),
    flag.bool('overwrite', 'Automatically resolve conflicts between the modified and live configuration by using values from the modified configuration', { value: 'true' }),
    flag.bool('prune', 'Automatically delete resource objects, that do not appear in the configs and are created by either apply or create --save-config.'),
    flag.array('prune-allowlist', 'Overwrite the default allowlist with <group/version/kind> for --prune'),
    flag.bool('server-side', 'If true, apply runs in the server instead of the client.'),
    flag.duration('timeout', 'The length of time to wait before giving up on a delete.', { value: '0s' }),
    flag.bool('wait', 'If true, wait for resources to be gone before returning.'),
  ],
  commands: [editLastApplied, setLastApplied, viewLastApplied],
  *run(k, flags) {
    if (flags.args.length > 0) throw usageError('kubectl apply', `Unexpected args: [${flags.args.join(' ')}]`);
    if (!filesGiven(k)) throw new CommandError('must specify one of -f and -k');
    if (flags.bool('force-conflicts') && !flags.bool('server-side')) throw new CommandError('--force-conflicts only works with --server-side');
    const dryRun = dryRunOf(k);
    if (dryRun === 'client' && flags.bool('server-side')) throw new CommandError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
    if (flags.bool('prune') && flags.string('selector') === '' && !flags.bool('all')) throw new CommandError('all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector');
    if (flags.bool('prune')) yield* pruneKinds(k);
    const { infos, errors } = yield* readFiles(k, { filenames: flags.list('filename'), kustomize: flags.string('kustomize'), recursive: flags.bool('recursive'), validate: validationOf(k) });
    const chosen = bySelector(infos, flags.string('selector'));
    const printer = new ResultPrinter(k);
    const applied: Any[] = [];
    for (const info of chosen) {
      try {
        applied.push(yield* applyOne(k, { ...info, object: k.recorded(info.object) }, printer));
      } catch (error) {
        errors.push(error);
      }
    }
    if (chosen.length === 0 && errors.length === 0) throw new CommandError('no objects passed to apply');
    throwAll(errors);
    if (flags.bool('prune')) yield* prune(k, chosen);
  },
};

export function bySelector(infos: readonly Info[], selector: string): Info[] {
  if (selector === '') return [...infos];
  const parsed = parseSelector(selector);
  if (parsed.selector === undefined) throw new CommandError(parsed.problem);
  const wanted = parsed.selector;
  return infos.filter((info) => matchesSelector(wanted, info.object.metadata?.labels));
}

function* applyOne(k: Kubectl, info: Info, printer: ResultPrinter): Task<Any> {
  const { flags } = k;
  if (info.name === '' && (info.object.metadata?.generateName ?? '') !== '') throw new CommandError(`from ${info.object.metadata.generateName}: cannot use generate name with apply`);
  if (flags.bool('server-side')) return yield* serverSide(k, info, printer);
  if (info.name !== '') k.seen.push({ mapping: info.mapping, namespace: info.namespace, names: [info.name], whole: false });
  const dryRun = dryRunOf(k);
  const suffix = dryRunSuffix(dryRun);
  const query = { fieldManager: flags.string('field-manager'), fieldValidation: fieldValidation(validationOf(k)), dryRun: dryRun === 'server' ? 'All' : undefined };
  const path = k.path(info.mapping, info.namespace, info.name);
  let live: Any;
  try {
    if (info.name === '') throw new CommandError('resource name may not be empty');
    live = yield* k.call('GET', path);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status.reason !== 'NotFound') throw addSource('retrieving current configuration of:\n' + describeInfo(info) + '\nfrom server for:', info.source, error);
    let created = withLastApplied(info.object);
    if (dryRun !== 'client') {
      try {
        created = yield* k.call('POST', k.path(info.mapping, info.namespace), { body: unborn(created), query });
      } catch (refused) {
        throw addSource('creating', info.source, refused);
      }
    }
    printer.print(named(created, info), `created${suffix}`);
    return created;
  }
  if (live.metadata?.annotations?.[lastApplied] === undefined) {
    k.warn(`resource ${info.mapping.resource}/${info.name} is missing the ${lastApplied} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.`);
  }
  for (let attempt = 0; ; attempt++) {
    const { type, patch, isEmpty } = computePatch(info, live);
    if (isEmpty) {
      printer.print(named(live, info), `unchanged${suffix}`);
      return live;
    }
    if (dryRun === 'client') {
      printer.print(named(info.object, info), `configured${suffix}`);
      return live;
    }
    try {
      const patched: Any = yield* k.call('PATCH', path, { body: patch, query, headers: { 'content-type': type } });
      printer.print(named(patched, info), `configured${suffix}`);
      return patched;
    } catch (error) {
      if (error instanceof ApiError && error.status.reason === 'Conflict' && attempt < 5) {
        if (attempt > 0) yield* k.host.clock.sleep(1000);
        live = yield* k.call('GET', path);
        continue;
      }
      if (flags.bool('force') && error instanceof ApiError && (error.status.reason === 'Conflict' || error.status.reason === 'Invalid')) return yield* recreate(k, info, live, printer, query);
      throw addSource(`applying patch:\n${goJson(patch)}\nto:\n${describeInfo(info)}\nfor:`, info.source, addSource('patching', info.source, error));
    }
  }
}


const named = (object: Any, info: Info): Any => ({ apiVersion: info.object.apiVersion, kind: info.object.kind, ...object });

function describeInfo(info: Info): string {
  return `Resource: "${info.mapping.group}/${info.mapping.version}, Resource=${info.mapping.resource}", GroupVersionKind: "${info.mapping.group === '' ? '/' : info.mapping.group + '/'}${info.mapping.version}, Kind=${info.mapping.kind}"\nName: "${info.name}", Namespace: "${info.namespace}"`;
}

/** The patch from what is there to what the file says, annotation included. */
export function computePatch(info: Info, live: Any): { type: string; patch: Any; isEmpty: boolean } {
  const text: unknown = live.metadata?.annotations?.[lastApplied];
  let original: JsonObject | undefined;
  if (typeof text === 'string') {
    try {
      original = JSON.parse(text) as JsonObject;
    } catch {
      original = undefined;
    }
  }
  const modified = withLastApplied(info.object) as JsonObject;
  return createThreeWayPatch(original, modified, live as JsonObject, patchSchemaFor(info.object.apiVersion, info.object.kind));
}

function* recreate(k: Kubectl, info: Info, live: Any, printer: ResultPrinter, query: Any): Task<Any> {
  const path = k.path(info.mapping, info.namespace, info.name);
  yield* k.call('DELETE', path, { body: { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, propagationPolicy: 'Background' } });
  for (;;) {
    try {
      yield* k.call('GET', path);
      yield* k.host.clock.sleep(1000);
    } catch (error) {
      if (error instanceof ApiError && error.status.reason === 'NotFound') break;
      throw error;
    }
  }
  const collection = k.path(info.mapping, info.namespace);
  let created: Any;
  try {
    created = yield* k.call('POST', collection, { body: unborn(withLastApplied(info.object)), query });
  } catch (error) {
    // What was there is made again, and the refusal told.
    try {
      yield* k.call('POST', collection, { body: unborn(live), query });
    } catch (second) {
      throw new CommandError(`An error occurred force-replacing the existing object with the newly provided one:\n\n${messageOf(error)}.\n\nAdditionally, an error occurred attempting to restore the original object:\n\n${messageOf(second)}`);
    }
    throw error;
  }
  printer.print(named(created, info), 'configured');
  return created;
}

function* serverSide(k: Kubectl, info: Info, printer: ResultPrinter): Task<Any> {
  const { flags } = k;
  const dryRun = dryRunOf(k);
  const metadata = { ...info.object.metadata };
  if (metadata.annotations !== undefined && Object.hasOwn(metadata.annotations, lastApplied)) {
    metadata.annotations = { ...metadata.annotations };
    delete metadata.annotations[lastApplied];
  }
  let applied: Any;
  try {
    applied = yield* k.call('PATCH', k.path(info.mapping, info.namespace, info.name), {
      body: { ...info.object, metadata },
      headers: { 'content-type': 'application/apply-patch+yaml' },
      query: { fieldManager: flags.changed('field-manager') ? flags.string('field-manager') : 'kubectl', force: flags.bool('force-conflicts') ? 'true' : 'false', fieldValidation: fieldValidation(validationOf(k)), dryRun: dryRun === 'server' ? 'All' : undefined },
    });
  } catch (error) {
    if (error instanceof ApiError && error.status.reason === 'Conflict' && (error.status.details?.causes ?? []).some((cause) => cause.reason === 'FieldManagerConflict')) {
      throw new CommandError(`${error.message}\nPlease review the fields above--they currently have other managers. Here\nare the ways you can resolve this warning:\n* If you intend to manage all of these fields, please re-run the apply\n  command with the \`--force-conflicts\` flag.\n* If you do not intend to manage all of the fields, please edit your\n  manifest to remove references to the fields that should keep their\n  current managers.\n* You may co-own fields by updating your manifest to match the existing\n  value; in this case, you'll become the manager if the other manager(s)\n  stop managing the field (remove it from their configuration).\nSee https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`);
    }
    if (error instanceof ApiError && error.code === 415) throw withMessage(error, `Server-side apply not available on the server: (must be v1.16+) ${messageOf(error)}`);
    throw error;
  }
  printer.print(named(applied, info), `serverside-applied${dryRunSuffix(dryRun)}`);
  return applied;
}

/** Objects that an earlier apply made and this one does not name any more. */
function* prune(k: Kubectl, kept: readonly Info[]): Task<void> {
  const { flags } = k;
  const names = new Set(kept.map((info) => `${kindName(info.mapping)}/${info.namespace}/${info.name}`));
  const namespaces = new Set(kept.map((info) => info.namespace).filter((each) => each !== ''));
  const kinds = yield* pruneKinds(k);
  const dryRun = dryRunOf(k);
  const spaces = [...namespaces].flatMap((namespace) => kinds.filter((mapping) => mapping.namespaced).map((mapping) => ({ namespace, mapping })));
  for (const { namespace, mapping } of [...spaces, ...kinds.filter((each) => !each.namespaced).map((each) => ({ namespace: '', mapping: each }))]) {
    const list = itemsOf(yield* k.call('GET', k.path(mapping, namespace), { query: { labelSelector: flags.string('selector') || undefined } }), mapping);
    for (const object of list) {
      if (object.metadata.annotations?.[lastApplied] === undefined || names.has(`${kindName(mapping)}/${namespace}/${object.metadata.name}`)) continue;
      if (dryRun === 'none') yield* k.call('DELETE', k.path(mapping, namespace, object.metadata.name), { body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' } });
      k.line(`${kindName(mapping)}/${object.metadata.name} pruned${dryRunSuffix(dryRun)}`);
    }
  }
}

const prunable = [
  'core/v1/ConfigMap', 'core/v1/Endpoints', 'core/v1/Namespace', 'core/v1/PersistentVolumeClaim', 'core/v1/PersistentVolume', 'core/v1/Pod', 'core/v1/ReplicationController', 'core/v1/Secret', 'core/v1/Service',
  'batch/v1/Job', 'batch/v1/CronJob', 'networking.k8s.io/v1/Ingress', 'apps/v1/DaemonSet', 'apps/v1/Deployment', 'apps/v1/ReplicaSet', 'apps/v1/StatefulSet',
];

/** Which kinds are looked through for what is no longer named: --prune-allowlist, or those that people apply. */
function* pruneKinds(k: Kubectl): Task<Mapping[]> {
  const given = k.flags.list('prune-allowlist');
  const found: Mapping[] = [];
  for (const text of given.length > 0 ? given : prunable) {
    const [group = '', version = '', kind = '', ...more] = text.split('/');
    if (kind === '' || more.length > 0) throw new CommandError(`invalid GroupVersionKind format: ${text}, please follow <group/version/kind>`);
    const mapping = yield* k.discovery.forKind(group === 'core' ? version : `${group}/${version}`, kind);
    if (mapping === undefined) throw new CommandError(`error retrieving RESTMappings to prune: invalid resource ${group === 'core' ? '' : group}/${version}, Kind=${kind}, Namespaced=true: no matches for kind "${kind}" in version "${group === 'core' ? version : `${group}/${version}`}"`);
    found.push(mapping);
  }
  return found;
}
