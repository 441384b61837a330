// Whether a webhook or a policy concerns a request: its rules, and the labels of the object and of its namespace.
import type { MatchResources, Rule } from '../../../api/admissionregistration/types.ts';
import { matchesLabelSelector } from '../../../api/meta/labels.ts';
import { isEmptySelector } from '../../../api/validation/selector.ts';
import { decodeKind } from '../api-room.ts';
import type { Task } from '../../../kernel/task.ts';
import { fromStorageForm, prepareForms, toStorageForm } from '../registry/rest-store.ts';
import type { ServedResource } from '../registry/resources.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import type { AdmissionContext, AdmissionRequest } from './plugin.ts';

/** The resource by which it matched: another version of the request's own when the match policy is Equivalent. */
export interface Match {
  readonly resource: ServedResource;
}

const configurations = new Set(['validatingwebhookconfigurations', 'mutatingwebhookconfigurations', 'validatingadmissionpolicies', 'validatingadmissionpolicybindings', 'mutatingadmissionpolicies', 'mutatingadmissionpolicybindings']);

/** Nobody locks himself out: what configures admission is not subject to it. */
export const isConfiguration = ({ group, resource }: AdmissionRequest): boolean => group === 'admissionregistration.k8s.io' && configurations.has(resource);

export function matchResources(match: MatchResources | undefined, request: AdmissionRequest, context: AdmissionContext): Match | undefined {
  const own = ownResource(request, context);
  if (match === undefined) return { resource: own };
  if (!selects(match, request, context)) return undefined;
  const candidates = match.matchPolicy === 'Exact' ? [own] : [own, ...equivalents(request, context)];
  const by = (rules: readonly Rule[] | undefined): ServedResource | undefined => candidates.find((candidate) => rules?.some((rule) => ruleMatches(rule, request, candidate)) === true);
  if (by(match.excludeResourceRules) !== undefined) return undefined;
  // A binding may narrow by selectors alone.
  const found = match.resourceRules === undefined || match.resourceRules.length === 0 ? own : by(match.resourceRules);
  return found === undefined ? undefined : { resource: found };
}

export function ownResource({ group, version, resource }: AdmissionRequest, { resources }: AdmissionContext): ServedResource {
  return resources.find(group, version, resource) as ServedResource;
}

/** The same objects under another name: autoscaling v1 and v2, events. */
function equivalents({ group, version, resource, declaration }: AdmissionRequest, { resources }: AdmissionContext): readonly ServedResource[] {
  return resources.all().filter((each) => each.declaration.storagePrefix === declaration.storagePrefix && each.declaration.resource === resource && !(each.declaration.group === group && each.declaration.version === version));
}

/** Brings what `convert` needs where a webhook converts: to be done before it is asked about these objects. */
export function* prepareConversion(objects: readonly (StoredObject | undefined)[], from: ServedResource, to: ServedResource): Task<void> {
  if (from === to || from.prepare === undefined) return;
  const there = objects.filter((each) => each !== undefined);
  yield* prepareForms(from, there, 'stored');
  yield* prepareForms(to, there.map((each) => toStorageForm(from, each)), 'served');
}

/** The same for a request that matched by another version of its resource. */
export function* prepareMatch(match: Match | undefined, request: AdmissionRequest, context: AdmissionContext): Task<void> {
  if (match !== undefined) yield* prepareConversion([request.object, request.old], ownResource(request, context), match.resource);
}

export function convert(object: StoredObject | undefined, from: ServedResource, to: ServedResource): StoredObject | undefined {
  if (object === undefined || from === to) return object;
  return { ...fromStorageForm(to, toStorageForm(from, object)), apiVersion: to.groupVersion, kind: to.declaration.kind };
}

/** What came back from outside, as an object of its kind again: fields of other types are an error, unknown ones fall away, defaults are filled in. A text says what is wrong. */
export function retyped(value: StoredObject, request: AdmissionRequest, { declaration }: ServedResource): StoredObject | string {
  // Bindings, evictions and options of streams are of kinds of their own.
  if (request.subresource !== '' && request.subresource !== 'status') return value;
  const decoded = decodeKind(value, declaration);
  if (decoded.error !== undefined) return `${declaration.kind} in version ${JSON.stringify(declaration.version)} cannot be handled as a ${declaration.kind}: ${decoded.error}`;
  return declaration.defaults(decoded.object as StoredObject) as StoredObject;
}

function ruleMatches(rule: Rule, request: AdmissionRequest, { declaration }: ServedResource): boolean {
  const has = (values: readonly string[] | undefined, wanted: string): boolean => values !== undefined && (values.includes('*') || values.includes(wanted));
  if (!has(rule.operations, request.operation) || !has(rule.apiGroups, declaration.group) || !has(rule.apiVersions, declaration.version)) return false;
  const clusterWide = request.namespace === '' || (request.group === '' && request.resource === 'namespaces');
  if (rule.scope === 'Namespaced' ? clusterWide : rule.scope === 'Cluster' && !clusterWide) return false;
  if ((rule.resourceNames ?? []).length > 0 && rule.resourceNames?.includes(nameOf(request)) !== true) return false;
  return (rule.resources ?? []).some((each) => {
    const slash = each.indexOf('/');
    const [resource, subresource] = slash < 0 ? [each, ''] : [each.slice(0, slash), each.slice(slash + 1)];
    return (resource === '*' || resource === declaration.resource) && (subresource === '*' || subresource === request.subresource);
  });
}

export const nameOf = (request: AdmissionRequest): string => (request.name !== '' ? request.name : (request.object?.metadata.name ?? ''));

function selects({ namespaceSelector, objectSelector }: Pick<MatchResources, 'namespaceSelector' | 'objectSelector'>, request: AdmissionRequest, { collections }: AdmissionContext): boolean {
  if (!isEmptySelector(namespaceSelector)) {
    const isNamespace = request.group === '' && request.resource === 'namespaces';
    const of = isNamespace ? (request.operation === 'DELETE' || request.subresource !== '' ? (request.old ?? request.object) : request.object) : request.namespace === '' ? undefined : collections.get('namespaces', '', request.namespace);
    // Cluster-wide objects have no namespace to select by, and are concerned.
    if ((isNamespace || request.namespace !== '') && !matchesLabelSelector(namespaceSelector, of?.metadata.labels ?? {})) return false;
  }
  if (isEmptySelector(objectSelector)) return true;
  return [request.object, request.old].some((object) => object !== undefined && matchesLabelSelector(objectSelector, object.metadata.labels ?? {}));
}
