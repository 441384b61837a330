// The marks of a definition that is being deleted: the time, the finalizer that waits for its objects, and the condition that says so.
import { cleanupFinalizer } from '../../../api/apiextensions/types.ts';
import { setCondition, type Condition } from '../../../api/meta/conditions.ts';
import type { StoredObject } from '../storage/watch-cache.ts';

export const definitionsPrefix = 'apiextensions.k8s.io/customresourcedefinitions';

export function terminatingDefinition(definition: StoredObject, now: string): StoredObject {
  const { metadata } = definition;
  const finalizers = metadata.finalizers ?? [];
  const status = (definition['status'] ?? {}) as { readonly conditions?: readonly Condition[] | null };
  const terminating: Condition = { type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending', message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon' };
  return {
    ...definition,
    metadata: { ...metadata, deletionTimestamp: metadata.deletionTimestamp ?? now, finalizers: finalizers.includes(cleanupFinalizer) ? finalizers : [...finalizers, cleanupFinalizer] },
    status: { ...status, conditions: setCondition(status.conditions ?? [], terminating, now) },
  };
}
