// The parameter objects that a policy's binding names or selects.
import type { ParamRef, PolicySpec } from '../../../../api/admissionregistration/types.ts';
import { matchesLabelSelector } from '../../../../api/meta/labels.ts';
import type { Task } from '../../../../kernel/task.ts';
import { fromStorageForm } from '../../registry/rest-store.ts';
import type { StoredObject } from '../../storage/watch-cache.ts';
import type { AdmissionContext, AdmissionRequest } from '../plugin.ts';

/** [undefined]: evaluated once, without a parameter. [] : nothing to evaluate. A text says what is wrong. */
export function* collectParams(kind: PolicySpec['paramKind'], ref: ParamRef | undefined, request: AdmissionRequest, { collections, resources }: AdmissionContext): Task<readonly (StoredObject | undefined)[] | string> {
  if (kind === undefined || ref === undefined) return [undefined];
  const [group, version] = kind.apiVersion?.includes('/') === true ? (kind.apiVersion.split('/') as [string, string]) : ['', kind.apiVersion ?? ''];
  const resource = resources.findKind(group, version, kind.kind ?? '');
  if (resource === undefined) return `failed to find resource referenced by paramKind: '${kind.apiVersion ?? ''}, Kind=${kind.kind ?? ''}'`;
  const { declaration } = resource;
  if (!declaration.namespaced && (ref.namespace ?? '') !== '') return 'paramRef.namespace must not be provided for a cluster-scoped `paramKind`';
  const namespace = !declaration.namespaced ? '' : (ref.namespace ?? '') !== '' ? (ref.namespace as string) : request.namespace;
  if (declaration.namespaced && namespace === '') return 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources';
  const cache = collections.cache(declaration.storagePrefix);
  yield* cache.waitReady(1000);
  const selected = ref.selector === undefined ? [collections.get(declaration.storagePrefix, namespace, ref.name ?? '')] : cache.list(namespace).filter((each) => matchesLabelSelector(ref.selector, each.metadata.labels ?? {}));
  const found = selected.filter((each): each is StoredObject => each !== undefined).map((each) => fromStorageForm(resource, each));
  if (found.length > 0 || ref.parameterNotFoundAction === 'Allow') return found;
  return 'no params found for policy binding with `Deny` parameterNotFoundAction';
}
