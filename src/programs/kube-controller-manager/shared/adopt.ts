// Which objects belong to a controller: those that name it, and orphans that its selector matches (they are adopted; strays are released).
import { matchesSelector, type Selector } from '../../../api/meta/labels.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { isNotFound, isInvalid } from '../../../client/api-error.ts';
import type { ApiClient, Informer, ResourceRef } from '../../../client/contract.ts';
import { RetryError } from '../../../client/controller.ts';
import type { Task } from '../../../kernel/task.ts';
import { controllerOf, keyOf, type OwnerReference } from './objects.ts';

export interface Claim<T extends ApiObject> {
  readonly client: ApiClient;
  /** Of the objects that are claimed. */
  readonly ref: ResourceRef;
  readonly informer: Informer<T>;
  readonly owner: ApiObject;
  readonly ownerRef: ResourceRef;
  readonly reference: OwnerReference;
  readonly selector: Selector;
  /** What the owner puts on what it adopts and takes off what it lets go, so as not to lose count of it. */
  readonly finalizer?: string;
}

/**
 * Tells whom a change of an object concerns besides the owner it has now: the owner it had, and where it has none any more or yet, all that may
 * adopt it. `matches` is asked whether an owner would.
 */
export function formerAndFutureOwners<O extends ApiObject, T extends ApiObject>(owners: Pick<Informer<O>, 'list'>, ownerKey: (object: T) => string | undefined, matches: (owner: O, object: T) => boolean): (object: T, old: T | undefined) => readonly string[] {
  return (object, old) => {
    const before = old === undefined ? undefined : ownerKey(old);
    const keys = before !== undefined && before !== ownerKey(object) ? [before] : [];
    if (controllerOf(object) !== undefined) return keys;
    if (old !== undefined && old.metadata.labels === object.metadata.labels && controllerOf(old) === undefined) return keys;
    return [...keys, ...owners.list(object.metadata.namespace).filter((owner) => matches(owner, object)).map(keyOf)];
  };
}

export function* claimObjects<T extends ApiObject>(claim: Claim<T>): Task<readonly T[]> {
  const { client, ref, informer, owner, reference, selector, finalizer } = claim;
  const namespace = owner.metadata.namespace ?? '';
  const deleting = owner.metadata.deletionTimestamp !== undefined;
  const claimed: T[] = [];
  for (const object of informer.byIndex('owner', owner.metadata.uid ?? '')) {
    if (matchesSelector(selector, object.metadata.labels) || deleting) claimed.push(object);
    else yield* release(claim, object);
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
    const patch = { metadata: { ownerReferences: [reference], uid: object.metadata.uid, ...(finalizer === undefined ? {} : { finalizers: [finalizer] }) } };
    try {
      claimed.push(yield* client.patch<T>(ref, namespace, object.metadata.name, 'application/strategic-merge-patch+json', patch));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  return claimed;
}

function* release<T extends ApiObject>({ client, ref, reference, finalizer }: Claim<T>, object: T): Task<void> {
  if (object.metadata.deletionTimestamp !== undefined) return;
  const patch = { metadata: { uid: object.metadata.uid, ownerReferences: [{ $patch: 'delete', uid: reference.uid }], ...(finalizer === undefined ? {} : { '$deleteFromPrimitiveList/finalizers': [finalizer] }) } };
  try {
    yield* client.patch(ref, object.metadata.namespace ?? '', object.metadata.name, 'application/strategic-merge-patch+json', patch);
  } catch (error) {
    // Gone, or it has another uid by now: nothing to release.
    if (!isNotFound(error) && !isInvalid(error)) throw error;
  }
}
