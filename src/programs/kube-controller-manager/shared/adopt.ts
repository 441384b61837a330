// Which objects belong to a controller: those that name it, and orphans that its selector matches (they are adopted; strays are released).
import { matchesSelector, type Selector } from '../../../api/meta/labels.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { isNotFound, isInvalid } from '../../../client/api-error.ts';
import type { ApiClient, Informer, ResourceRef } from '../../../client/contract.ts';
import { RetryError } from '../../../client/controller.ts';
import type { Task } from '../../../kernel/task.ts';
import type { OwnerReference } from './objects.ts';

export interface Claim<T extends ApiObject> {
  readonly client: ApiClient;
  /** Of the objects that are claimed. */
  readonly ref: ResourceRef;
  readonly informer: Informer<T>;
  readonly owner: ApiObject;
  readonly ownerRef: ResourceRef;
  readonly reference: OwnerReference;
  readonly selector: Selector;
}

export function* claimObjects<T extends ApiObject>(claim: Claim<T>): Task<readonly T[]> {
  const { client, ref, informer, owner, reference, selector } = claim;
  const namespace = owner.metadata.namespace ?? '';
  const deleting = owner.metadata.deletionTimestamp !== undefined;
  const claimed: T[] = [];
  for (const object of informer.byIndex('owner', owner.metadata.uid ?? '')) {
    if (matchesSelector(selector, object.metadata.labels) || deleting) claimed.push(object);
    else yield* release(client, ref, object, reference);
  }
  if (deleting) return claimed;
  let checked = false;
  for (const object of informer.byIndex('owner', `orphan/${namespace}`)) {
    if (object.metadata.deletionTimestamp !== undefined || !matchesSelector(selector, object.metadata.labels)) continue;
    if (!checked) {
      // The cache may be old: nobody may adopt for an owner that is going or gone.
      const fresh = yield* client.get(claim.ownerRef, namespace, owner.metadata.name);
      if (fresh.metadata.uid !== owner.metadata.uid) throw new RetryError(`original ${reference.kind} ${namespace}/${owner.metadata.name} is gone: got uid ${fresh.metadata.uid ?? ''}, wanted ${owner.metadata.uid ?? ''}`);
      if (fresh.metadata.deletionTimestamp !== undefined) throw new RetryError(`${namespace}/${owner.metadata.name} has just been deleted at ${fresh.metadata.deletionTimestamp}`);
      checked = true;
    }
    const patch = { metadata: { ownerReferences: [reference], uid: object.metadata.uid } };
    try {
      claimed.push(yield* client.patch<T>(ref, namespace, object.metadata.name, 'application/strategic-merge-patch+json', patch));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return claimed;
}

function* release(client: ApiClient, ref: ResourceRef, object: ApiObject, reference: OwnerReference): Task<void> {
  if (object.metadata.deletionTimestamp !== undefined) return;
  const patch = { metadata: { uid: object.metadata.uid, ownerReferences: [{ $patch: 'delete', uid: reference.uid }] } };
  try {
    yield* client.patch(ref, object.metadata.namespace ?? '', object.metadata.name, 'application/strategic-merge-patch+json', patch);
  } catch (error) {
    // Gone, or it has another uid by now: nothing to release.
    if (!isNotFound(error) && !isInvalid(error)) throw error;
  }
}
