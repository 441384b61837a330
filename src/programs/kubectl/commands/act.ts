// Steps that many commands share: finding the objects they act on, patching them, saying so.
import type { Task } from '../../../kernel/task.ts';
import { dryRunOf, dryRunSuffix, fetchWanted, filesGiven, itemsOf, missingResource, readFiles, resolveWanted } from '../builder.ts';
import type { Info } from '../builder.ts';
import type { Mapping } from '../discovery.ts';
import { CommandError, ManyErrors, throwAll } from '../errors.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { nameOf } from '../printers/print-object.ts';

export { dryRunOf, dryRunSuffix };
export { nameOf };

/** The objects that the arguments or files name, fetched. `asGiven`: files are taken at their word. */
export function* fetchTargets(k: Kubectl, args: readonly string[], options: { readonly selectAll?: boolean; readonly keepGoing?: boolean; readonly asGiven?: boolean } = {}): Task<{ infos: Info[]; errors: unknown[] }> {
  const flags = k.flags;
  const local = flags.has('local') && flags.bool('local');
  if (local && !filesGiven(k)) throw new CommandError("you must specify resources by --filename when --local is set.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'");
  const selector = flags.has('selector') ? flags.string('selector') : '';
  const fieldSelector = flags.has('field-selector') ? flags.string('field-selector') : '';
  const all = flags.has('all') && flags.bool('all');
  const allNamespaces = flags.has('all-namespaces') && flags.bool('all-namespaces');
  if (flags.has('filename') && filesGiven(k)) {
    const files = yield* readFiles(k, { filenames: flags.list('filename'), kustomize: flags.string('kustomize'), recursive: flags.bool('recursive'), ...(local ? { local } : {}) });
    if (local || options.asGiven === true) return { infos: [...files.infos], errors: [...files.errors] };
    const infos: Info[] = [];
    const errors = [...files.errors];
    for (const info of files.infos) {
      try {
        infos.push({ ...info, object: yield* k.call('GET', k.path(info.mapping, info.namespace, info.name)) });
      } catch (error) {
        errors.push(error);
      }
    }
    if (infos.length === 0 && errors.length === 0) throw new Error(missingResource);
    if (options.keepGoing !== true) throwAll(errors);
    return { infos, errors };
  }
  const wanted = yield* resolveWanted(k, { args, selector, fieldSelector, all, allNamespaces, ...(options.selectAll === true ? { allowEmptySelector: true } : {}) });
  const found = yield* fetchWanted(k, wanted, { selector, fieldSelector, allNamespaces });
  if (options.keepGoing !== true && found.errors.length > 0) throw found.errors.length === 1 ? found.errors[0] : new ManyErrors(found.errors);
  return found;
}

export type PatchKind = 'strategic' | 'merge' | 'json';
const patchTypes: Readonly<Record<PatchKind, string>> = { strategic: 'application/strategic-merge-patch+json', merge: 'application/merge-patch+json', json: 'application/json-patch+json' };

export function* patchObject(k: Kubectl, info: { readonly mapping: Mapping; readonly namespace: string; readonly name: string }, kind: PatchKind, patch: unknown, options: { readonly manager: string; readonly dryRun?: 'none' | 'client' | 'server'; readonly subresource?: string; readonly fieldValidation?: string }): Task<Any> {
  return yield* k.call('PATCH', k.path(info.mapping, info.namespace, info.name, options.subresource ?? ''), {
    body: patch,
    headers: { 'content-type': patchTypes[kind] },
    query: { fieldManager: options.manager || undefined, dryRun: options.dryRun === 'server' ? 'All' : undefined, fieldValidation: options.fieldValidation },
  });
}

/** With --record: the cause as a patch of its own, for commands whose change is none of the object's text. */
export function* recordOn(k: Kubectl, info: Parameters<typeof patchObject>[1], dryRun: 'none' | 'client' | 'server', manager = ''): Task<void> {
  const cause: Any = k.recorded({});
  if (cause.metadata !== undefined) yield* patchObject(k, info, 'merge', cause, { manager, dryRun });
}

export function isBuiltIn(mapping: Mapping): boolean {
  return mapping.group === '' || !mapping.group.includes('.') || mapping.group.endsWith('.k8s.io');
}

export const podMapping: Mapping = { group: '', version: 'v1', resource: 'pods', singular: 'pod', kind: 'Pod', namespaced: true, shortNames: ['po'], categories: ['all'], verbs: [], subresources: [] };
export const eventMapping: Mapping = { group: '', version: 'v1', resource: 'events', singular: 'event', kind: 'Event', namespaced: true, shortNames: ['ev'], categories: [], verbs: [], subresources: [] };
export const replicaSetMapping: Mapping = { group: 'apps', version: 'v1', resource: 'replicasets', singular: 'replicaset', kind: 'ReplicaSet', namespaced: true, shortNames: ['rs'], categories: [], verbs: [], subresources: [] };
export const controllerRevisionMapping: Mapping = { group: 'apps', version: 'v1', resource: 'controllerrevisions', singular: 'controllerrevision', kind: 'ControllerRevision', namespaced: true, shortNames: [], categories: [], verbs: [], subresources: [] };

export function* listObjects(k: Kubectl, mapping: Mapping, namespace: string, query: Readonly<Record<string, string | undefined>> = {}): Task<Any[]> {
  return itemsOf(yield* k.call('GET', k.path(mapping, namespace), { query }), mapping);
}

/** The text form of a LabelSelector, as Go formats it. */
export function selectorText(selector: Any): string {
  if (selector === undefined || selector === null) return '';
  const parts: string[] = Object.keys(selector.matchLabels ?? {}).sort().map((key) => `${key}=${selector.matchLabels[key]}`);
  for (const each of selector.matchExpressions ?? []) {
    const values = [...(each.values ?? [])].sort().join(',');
    if (each.operator === 'In') parts.push(`${each.key} in (${values})`);
    else if (each.operator === 'NotIn') parts.push(`${each.key} notin (${values})`);
    else if (each.operator === 'Exists') parts.push(each.key);
    else parts.push(`!${each.key}`);
  }
  return parts.join(',');
}

/** The pod template's path differs by kind. */
export function podSpecPath(object: Any): readonly string[] | undefined {
  switch (object.kind) {
    case 'Pod':
      return ['spec'];
    case 'CronJob':
      return ['spec', 'jobTemplate', 'spec', 'template', 'spec'];
    default:
      return object.spec?.template?.spec === undefined ? undefined : ['spec', 'template', 'spec'];
  }
}

export function atPath(object: Any, path: readonly string[]): Any {
  return path.reduce((value: Any, key) => value?.[key], object);
}
