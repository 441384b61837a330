// kubectl set image | env | resources | selector | serviceaccount
import type { Task } from '../../../../kernel/task.ts';
import { decodeBase64 } from '../../../../api/meta/base64.ts';
import { createStrategicPatch } from '../../../../api/meta/patch/strategic.ts';
import { createMergePatch } from '../../../../api/meta/patch/merge-patch.ts';
import type { JsonObject } from '../../../../api/meta/patch/values.ts';
import { isEnvVarName } from '../../../../api/meta/names.ts';
import { parseQuantity } from '../../../../api/meta/quantity.ts';
import { allNamespacesFlag, dryRunFlag, fieldManagerFlag, fileFlags, outputFlags, recordFlag, selectorFlag } from '../../command.ts';
import type { Command } from '../../command.ts';
import type { Info } from '../../builder.ts';
import { filesGiven } from '../../builder.ts';
import { CommandError, throwAll } from '../../errors.ts';
import { flag } from '../../flags.ts';
import { quote } from '../../go-text.ts';
import type { Any, Kubectl } from '../../kubectl.ts';
import { patchSchemaFor } from '../../patch-schema.ts';
import { ResultPrinter } from '../../printers/print-object.ts';
import { atPath, dryRunOf, dryRunSuffix, fetchTargets, isBuiltIn, patchObject, podSpecPath } from '../act.ts';
import { labelSelector } from '../create/simple.ts';

const shared = [...fileFlags, ...outputFlags, selectorFlag, dryRunFlag, allNamespacesFlag, fieldManagerFlag('kubectl-set'), flag.bool('all', 'If true, select all resources in the namespace of the specified resource types'), flag.bool('local', 'If true, set will NOT contact api-server but run locally.')];

/** Arguments up to the first `key=value` (or `key-`) name resources. */
function splitArgs(args: readonly string[]): { resources: string[]; changes: string[] } {
  const index = args.findIndex((arg) => arg.includes('=') || (arg.endsWith('-') && !arg.includes('/')));
  return index < 0 ? { resources: [...args], changes: [] } : { resources: args.slice(0, index), changes: args.slice(index) };
}

/** A copy of the object with something changed at a path. */
export function update(object: Any, path: readonly string[], change: (value: Any) => Any): Any {
  if (path.length === 0) return change(object);
  const [first = '', ...rest] = path;
  return { ...object, [first]: update(object?.[first] ?? {}, rest, change) };
}

/** Sends what differs between an object and its changed copy. */
function* sendChange(k: Kubectl, info: Info, plain: Any, manager: string, dryRun: 'none' | 'client' | 'server'): Task<Any | undefined> {
  const changed = k.recorded(plain);
  const schema = patchSchemaFor(info.object.apiVersion, info.object.kind);
  const builtIn = isBuiltIn(info.mapping) && schema !== undefined;
  const patch = (builtIn ? createStrategicPatch(info.object as JsonObject, changed as JsonObject, schema) : createMergePatch(info.object, changed)) as Any;
  if (Object.keys(patch).length === 0) return undefined;
  if (dryRun === 'client' || (k.flags.has('local') && k.flags.bool('local'))) return changed;
  return yield* patchObject(k, info, builtIn ? 'strategic' : 'merge', patch, { manager, dryRun });
}

function* changeTemplates(k: Kubectl, resources: readonly string[], said: string, change: (spec: Any, info: Info) => Any, evenUnchanged = false): Task<void> {
  const { flags } = k;
  const dryRun = dryRunOf(k);
  const printer = new ResultPrinter(k);
  const { infos, errors } = yield* fetchTargets(k, resources, { keepGoing: true });
  for (const info of infos) {
    try {
      const path = podSpecPath(info.object);
      if (path === undefined) throw new CommandError(`${info.mapping.resource}/${info.name} has no pod template`);
      const changed = update(info.object, path, (spec) => change(spec, info));
      const answer: Any = yield* sendChange(k, info, changed, flags.string('field-manager'), dryRun);
      if (answer === undefined && !evenUnchanged) continue;
      printer.print({ apiVersion: info.object.apiVersion, kind: info.object.kind, ...(answer ?? info.object) }, said + dryRunSuffix(dryRun));
    } catch (error) {
      errors.push(error);
    }
  }
  throwAll(errors);
}

/** Arguments of `set image`: those without `=` name resources. */
const isPair = (arg: string): boolean => arg.includes('=');

const image: Command = {
  name: 'image',
  use: 'set image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N [options]',
  short: 'Update the image of a pod template',
  examples: '  # A new image for one container\n  kubectl set image deployment/web nginx=nginx:1.27\n\n  # ... for all\n  kubectl set image deployment/web *=nginx:1.27',
  flags: [recordFlag, ...shared],
  *run(k, flags) {
    const { resources, changes } = { resources: flags.args.filter((arg) => !isPair(arg)), changes: flags.args.filter(isPair) };
    const errors: string[] = [];
    if (resources.length < 1 && !filesGiven(k)) errors.push(missingText);
    if (changes.length === 0) errors.push('at least one image update is required');
    else if (changes.filter((change) => change.startsWith('*=')).length > 0 && changes.length > 1) errors.push('all containers are already specified by *, but saw more than one container_name=container_image pairs');
    if (errors.length > 0 && resources.length < 1) throw new CommandError(missingText);
    const pairs = changes.map((change) => {
      const equals = change.indexOf('=');
      if (equals <= 0) throw new CommandError(`invalid image expression ${quote(change)}: expected container=image`);
      return [change.slice(0, equals), change.slice(equals + 1)] as const;
    });
    if (errors.length > 0) {
      const { errors: missing } = yield* fetchTargets(k, resources, { keepGoing: true });
      throwAll(missing);
      throw new CommandError(errors[0] as string);
    }
    yield* changeTemplates(k, resources, 'image updated', (spec) => {
      let result = spec;
      for (const [name, value] of pairs) {
        let found = false;
        const replace = (list: Any[] | undefined): Any[] | undefined => list?.map((container) => {
          if (name !== '*' && container.name !== name) return container;
          found = true;
          return { ...container, image: value };
        });
        const initContainers = replace(result.initContainers);
        result = { ...result, ...(initContainers === undefined ? {} : { initContainers }), containers: replace(result.containers) };
        if (!found) throw new CommandError(`unable to find container named ${quote(name)}`);
      }
      return result;
    });
  },
};

const missingText = "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'";

const matches = (pattern: string, name: string): boolean => pattern === '' || pattern === '*' || pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1)));

const env: Command = {
  name: 'env',
  use: 'set env RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N [options]',
  short: 'Update environment variables on a pod template',
  flags: [
    ...shared,
    flag.string('containers', 'The names of containers in the selected pod templates to change - may use wildcards', { short: 'c', value: '*' }),
    flag.array('env', 'Specify a key-value pair for an environment variable to set into each container.', { short: 'e' }),
    flag.string('from', 'The name of a resource from which to inject environment variables'),
    flag.strings('keys', 'Comma-separated list of keys to import from specified resource'),
    flag.bool('list', 'If true, display the environment and any changes in the standard format.'),
    flag.bool('overwrite', 'If true, allow environment to be overwritten.', { value: 'true' }),
    flag.string('prefix', 'Prefix to append to variable names'),
    flag.bool('resolve', 'If true, show secret or configmap references when listing variables'),
  ],
  *run(k, flags) {
    const split = splitArgs(flags.args);
    const changes = [...split.changes, ...flags.list('env')];
    if (split.resources.length < 1 && !filesGiven(k)) throw new CommandError('one or more resources must be specified as <resource> <name> or <resource>/<name>');
    const additions: Any[] = [];
    const removals: string[] = [];
    for (const change of changes) {
      const equals = change.indexOf('=');
      if (equals > 0) {
        const name = change.slice(0, equals);
        const problems = isEnvVarName(name);
        if (problems.length > 0) throw new CommandError(`"${name}" is not a valid key name: ${problems.join(';')}`);
        additions.push({ name, value: change.slice(equals + 1) });
      } else if (change.endsWith('-')) removals.push(change.slice(0, -1));
      else throw new CommandError(`environment variables must be of the form key=value and can only be a single string: ${change}`);
    }
    if (flags.string('from') !== '') additions.push(...(yield* importFrom(k)));
    const pattern = flags.string('containers');
    if (flags.bool('list')) return yield* listEnv(k, split.resources, pattern);
    yield* changeTemplates(k, split.resources, 'env updated', (spec, info) => {
      const containers: Any[] = spec.containers ?? [];
      const chosen = containers.filter((container) => matches(pattern, container.name));
      if (chosen.length === 0) k.warn(`${info.mapping.kind}/${info.name} does not have any containers matching ${quote(pattern)}`);
      if (!flags.bool('overwrite')) {
        for (const container of chosen) for (const existing of container.env ?? []) {
          if (additions.some((each) => each.name === existing.name)) throw new CommandError(`${info.mapping.resource}/${info.name} '${existing.name}' already has a value (${existing.value}), and --overwrite is false`);
        }
      }
      return { ...spec, containers: containers.map((container) => (matches(pattern, container.name) ? withEnv(container, additions, removals) : container)) };
    });
  },
};

function withEnv(container: Any, additions: readonly Any[], removals: readonly string[]): Any {
  let list: Any[] = (container.env ?? []).filter((each: Any) => !removals.includes(each.name)).map((each: Any) => additions.find((added) => added.name === each.name) ?? each);
  for (const added of additions) if (!list.some((each) => each.name === added.name)) list = [...list, added];
  if (list.length === 0) {
    const { env: _, ...rest } = container;
    return rest;
  }
  return { ...container, env: list };
}

function* importFrom(k: Kubectl): Task<Any[]> {
  const [type = '', name = ''] = k.flags.string('from').split('/');
  const mapping = yield* k.discovery.find(type);
  const object: Any = yield* k.call('GET', k.path(mapping, k.namespace, name));
  const keys = k.flags.list('keys');
  const ref = mapping.kind === 'Secret' ? 'secretKeyRef' : mapping.kind === 'ConfigMap' ? 'configMapKeyRef' : undefined;
  if (ref === undefined) throw new CommandError(`unsupported resource specified in --from`);
  return Object.keys(object.data ?? {}).sort().filter((key) => keys.length === 0 || keys.includes(key)).map((key) => {
    const variable = key.toUpperCase().replace(/[^A-Z0-9_]/g, '_');
    if (variable !== key) k.warn(`key ${key} transferred to ${variable}`);
    return { name: k.flags.string('prefix') + variable, valueFrom: { [ref]: { name, key } } };
  });
}

function* listEnv(k: Kubectl, resources: readonly string[], pattern: string): Task<void> {
  const { infos, errors } = yield* fetchTargets(k, resources, { keepGoing: true });
  for (const info of infos) {
    const path = podSpecPath(info.object);
    const spec: Any = path === undefined ? {} : atPath(info.object, path);
    for (const container of [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]) {
      if (!matches(pattern, container.name)) continue;
      k.line(`# ${info.mapping.kind} ${info.name}, container ${container.name}`);
      const vague: string[] = [];
      for (const each of container.env ?? []) {
        if (each.valueFrom === undefined) k.line(`${each.name}=${each.value ?? ''}`);
        else if (k.flags.bool('resolve') && each.valueFrom.fieldRef === undefined && each.valueFrom.resourceFieldRef === undefined) k.line(`${each.name}=${yield* resolveRef(k, each.valueFrom)}`);
        else {
          k.line(`# ${each.name} from ${refText(each.valueFrom)}`);
          if (k.flags.bool('resolve')) vague.push(`error retrieving reference for ${each.name}: unsupported fieldPath: ${each.valueFrom.fieldRef?.fieldPath ?? ''}`);
        }
      }
      for (const line of vague) k.err(line);
    }
  }
  throwAll(errors);
}

function refText(from: Any): string {
  if (from.configMapKeyRef !== undefined) return `configmap ${from.configMapKeyRef.name}, key ${from.configMapKeyRef.key}`;
  if (from.secretKeyRef !== undefined) return `secret ${from.secretKeyRef.name}, key ${from.secretKeyRef.key}`;
  if (from.fieldRef !== undefined) return `field path ${from.fieldRef.fieldPath}`;
  return `resource ${from.resourceFieldRef?.resource ?? ''}`;
}

function* resolveRef(k: Kubectl, from: Any): Task<string> {
  const ref = from.configMapKeyRef ?? from.secretKeyRef;
  if (ref === undefined) return '';
  const mapping = yield* k.discovery.find(from.configMapKeyRef === undefined ? 'secrets' : 'configmaps');
  const object: Any = yield* k.call('GET', k.path(mapping, k.namespace, ref.name));
  const value = object.data?.[ref.key] ?? '';
  return from.configMapKeyRef === undefined ? (decodeBase64(value) ?? '') : value;
}

const resources: Command = {
  name: 'resources',
  use: 'set resources (-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS] [options]',
  short: 'Update resource requests/limits on objects with pod templates',
  flags: [recordFlag, ...shared, flag.string('containers', 'The names of containers in the selected pod templates to change, all containers are selected by default', { short: 'c', value: '*' }), flag.string('limits', 'The resource requirement requests for this container.'), flag.string('requests', 'The resource requirement requests for this container.')],
  *run(k, flags) {
    if (flags.args.length === 0 && !filesGiven(k)) throw new CommandError(missingText);
    if (flags.string('limits') === '' && flags.string('requests') === '') throw new CommandError('you must specify an update to requests or limits (in the form of --requests/--limits)');
    const limits = parseList(flags.string('limits'));
    const requests = parseList(flags.string('requests'));
    const pattern = flags.string('containers');
    yield* changeTemplates(k, flags.args, 'resource requirements updated', (spec) => {
      const containers: Any[] = spec.containers ?? [];
      if (!containers.some((container) => matches(pattern, container.name))) throw new CommandError(`unable to find container named ${pattern}`);
      return {
        ...spec,
        containers: containers.map((container) => {
          if (!matches(pattern, container.name)) return container;
          const merged = (name: 'limits' | 'requests', list: Record<string, string>): Any => {
            const all = { ...(container.resources?.[name] ?? {}), ...list };
            return Object.keys(all).length === 0 ? {} : { [name]: all };
          };
          return { ...container, resources: { ...container.resources, ...merged('limits', limits), ...merged('requests', requests) } };
        }),
      };
    });
  },
};

export function parseList(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const pair of text.split(',').filter((each) => each !== '')) {
    const [name = '', value, ...more] = pair.split('=');
    if (value === undefined || more.length > 0) throw new CommandError(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
    const problem = parseQuantity(value);
    if (typeof problem === 'string') throw new CommandError(problem);
    found[name] = value;
  }
  return found;
}

const serviceAccount: Command = {
  name: 'serviceaccount',
  aliases: ['sa'],
  use: 'set serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT [options]',
  short: 'Update the service account of a resource',
  flags: [recordFlag, ...shared],
  *run(k, flags) {
    if (flags.args.length === 0) throw new CommandError('serviceaccount is required');
    const name = flags.args[flags.args.length - 1] as string;
    yield* changeTemplates(k, flags.args.slice(0, -1), 'serviceaccount updated', (spec) => ({ ...spec, serviceAccountName: name, serviceAccount: name }), true);
  },
};

const selector: Command = {
  name: 'selector',
  use: 'set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version] [options]',
  short: 'Set the selector on a resource',
  flags: [recordFlag, ...shared, flag.string('resource-version', 'If non-empty, the selectors update will only succeed if this is the current resource-version for the object.')],
  *run(k, flags) {
    const expression = flags.args[flags.args.length - 1];
    const { infos, errors } = yield* fetchTargets(k, flags.args.slice(0, -1), { keepGoing: true });
    if (expression === undefined) throw new CommandError('one selector is required');
    const dryRun = dryRunOf(k);
    const here = dryRun === 'client' || flags.bool('local');
    const printer = new ResultPrinter(k);
    const resourceVersion = flags.string('resource-version');
    for (const info of infos) {
      try {
        if (info.mapping.kind !== 'Service') throw new CommandError('setting a selector is only supported for Services');
        const selector = labelSelector(expression).matchLabels ?? {};
        const changed = k.recorded({ ...info.object, spec: { ...info.object.spec, selector } });
        const patch = createStrategicPatch(info.object as JsonObject, changed as JsonObject, patchSchemaFor('v1', 'Service')) as Any;
        if (resourceVersion !== '') patch.metadata = { ...patch.metadata, resourceVersion };
        const answer: Any = here ? changed : yield* patchObject(k, info, 'strategic', patch, { manager: flags.string('field-manager'), dryRun });
        printer.print({ apiVersion: info.object.apiVersion, kind: info.object.kind, ...answer }, `selector updated${dryRunSuffix(dryRun)}`);
      } catch (error) {
        errors.push(error);
      }
    }
    throwAll(errors);
  },
};

/** `ns:name` of a service account. */
function serviceAccountSubject(text: string): Any {
  const [namespace = '', name = '', ...more] = text.split(':');
  if (namespace === '' || name === '' || more.length > 0) throw new CommandError('serviceaccount must be <namespace>:<name>');
  return { kind: 'ServiceAccount', name, namespace };
}

const subject: Command = {
  name: 'subject',
  use: 'set subject (-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none] [options]',
  short: 'Update the user, group, or service account in a role binding or cluster role binding',
  examples: '  # One more user\n  kubectl set subject clusterrolebinding admins --user=ann',
  flags: [...shared, flag.strings('group', 'Groups to bind to the role'), flag.strings('serviceaccount', 'Service accounts to bind to the role'), flag.strings('user', 'Usernames to bind to the role')],
  *run(k, flags) {
    const rbac = 'rbac.authorization.k8s.io';
    const wanted: Any[] = [
      ...flags.list('user').map((name) => ({ apiGroup: rbac, kind: 'User', name })),
      ...flags.list('group').map((name) => ({ apiGroup: rbac, kind: 'Group', name })),
      ...flags.list('serviceaccount').map(serviceAccountSubject),
    ];
    if (flags.args.length === 0 && !filesGiven(k)) throw new CommandError(missingText);
    if (wanted.length === 0) throw new CommandError('you must specify at least one value of user, group or serviceaccount');
    const dryRun = dryRunOf(k);
    const printer = new ResultPrinter(k);
    const { infos, errors } = yield* fetchTargets(k, flags.args, { keepGoing: true });
    for (const info of infos) {
      try {
        if (info.mapping.group !== rbac || !info.mapping.kind.endsWith('RoleBinding')) throw new CommandError('setting subjects is only supported for RoleBinding/ClusterRoleBinding');
        const present: Any[] = info.object.subjects ?? [];
        const added = wanted.filter((each) => !present.some((other) => other.kind === each.kind && other.name === each.name && (other.namespace ?? '') === (each.namespace ?? '')));
        const answer: Any = yield* sendChange(k, info, { ...info.object, subjects: [...present, ...added] }, flags.string('field-manager'), dryRun);
        if (answer === undefined) continue;
        printer.print({ apiVersion: info.object.apiVersion, kind: info.object.kind, ...answer }, `subjects updated${dryRunSuffix(dryRun)}`);
      } catch (error) {
        errors.push(error);
      }
    }
    throwAll(errors);
  },
};

export const setCommand: Command = {
  name: 'set',
  use: 'set SUBCOMMAND [options]',
  short: 'Set specific features on objects',
  long: 'Configure application resources.\n\n These commands help you make changes to existing application resources.',
  commands: [env, image, resources, selector, serviceAccount, subject],
};
