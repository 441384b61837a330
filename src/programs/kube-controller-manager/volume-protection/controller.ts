// Lets claims and volumes that were deleted go when nobody uses them any more: the finalizers that StorageObjectInUseProtection gave them are taken here.
import type { PersistentVolume, PersistentVolumeClaim } from '../../../api/core/types/persistent-volume.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { isConflict, isNotFound } from '../../../client/api-error.ts';
import type { ApiClient, ResourceRef } from '../../../client/contract.ts';
import { RetryError } from '../../../client/controller.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { keyOf, refs, type Pod } from '../shared/objects.ts';

/** A claim is in use as long as a pod that mounts it is on a node. */
export function startClaimProtection(context: ControllerContext): void {
  const name = 'persistentvolumeclaim-protection';
  const client = context.client('pvc-protection-controller');
  const claims = context.informer<PersistentVolumeClaim>(refs.claims);
  const pods = context.informer<Pod>(refs.pods);
  const queue = context.queue('pvcprotection');
  claims.onChange(({ object }) => {
    if (object.metadata.deletionTimestamp !== undefined) queue.add(keyOf(object));
  });
  pods.onChange(({ type, object }) => {
    if (type === 'delete') for (const claim of claimsOf(object)) queue.add(`${object.metadata.namespace ?? ''}/${claim}`);
  });
  function* reconcile(key: string): Task<void> {
    const claim = claims.get(key);
    if (claim?.metadata.deletionTimestamp === undefined || pods.list(claim.metadata.namespace).some((pod) => (pod.spec.nodeName ?? '') !== '' && claimsOf(pod).includes(claim.metadata.name))) return;
    yield* release(client, refs.claims, { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' }, 'kubernetes.io/pvc-protection');
  }
  context.start({ name, queue, workers: 1, needs: [claims, pods], reconcile });
}

/** A volume is in use as long as it is bound. */
export function startVolumeProtection(context: ControllerContext): void {
  const name = 'persistentvolume-protection';
  const client = context.client('pv-protection-controller');
  const volumes = context.informer<PersistentVolume>(refs.volumes);
  const queue = context.queue('pvprotection');
  volumes.onChange(({ object }) => {
    if (object.metadata.deletionTimestamp !== undefined) queue.add(object.metadata.name);
  });
  function* reconcile(key: string): Task<void> {
    const volume = volumes.get(key);
    if (volume?.metadata.deletionTimestamp === undefined || volume.status?.phase === 'Bound') return;
    yield* release(client, refs.volumes, { ...volume, apiVersion: 'v1', kind: 'PersistentVolume' }, 'kubernetes.io/pv-protection');
  }
  context.start({ name, queue, workers: 1, needs: [volumes], reconcile });
}

function claimsOf(pod: Pod): readonly string[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => {
    const mounted = volume['persistentVolumeClaim'] as { readonly claimName: string } | undefined;
    if (mounted !== undefined) return [mounted.claimName];
    return volume['ephemeral'] === undefined ? [] : [`${pod.metadata.name}-${volume.name}`];
  });
}

function* release(client: ApiClient, ref: ResourceRef, object: ApiObject, finalizer: string): Task<void> {
  const finalizers = object.metadata.finalizers ?? [];
  if (!finalizers.includes(finalizer)) return;
  try {
    yield* client.update(ref, object.metadata.namespace ?? '', { ...object, metadata: { ...object.metadata, finalizers: finalizers.filter((each) => each !== finalizer) } });
  } catch (error) {
    if (isConflict(error)) throw new RetryError('changed meanwhile');
    if (!isNotFound(error)) throw error;
  }
}
