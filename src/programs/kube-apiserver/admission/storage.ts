// What concerns volumes: finalizers that keep what is in use, the default class of a claim, and who may grow.
import { compareQuantity, quantityOf } from '../../../api/meta/quantity.ts';
import { forbidden } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { type AdmissionPlugin, fieldsOf, specOf, withSpec } from './plugin.ts';

const protections: Readonly<Record<string, string>> = { persistentvolumeclaims: 'kubernetes.io/pvc-protection', persistentvolumes: 'kubernetes.io/pv-protection' };

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  handles: (request) => request.operation === 'CREATE' && request.group === '' && request.subresource === '' && protections[request.resource] !== undefined,
  mutate(request) {
    const object = request.object as StoredObject;
    const finalizer = protections[request.resource] as string;
    const finalizers = object.metadata.finalizers ?? [];
    if (finalizers.includes(finalizer)) return undefined;
    return { object: { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } }, changes: [`+ finalizer ${finalizer}`] };
  },
};

const defaultClass = 'storageclass.kubernetes.io/is-default-class';

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  handles: (request) => request.operation === 'CREATE' && request.resource === 'persistentvolumeclaims' && request.group === '' && request.subresource === '',
  mutate(request, { collections }) {
    const claim = request.object as StoredObject;
    if (specOf(claim)['storageClassName'] !== undefined || claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined) return undefined;
    // The newest default wins, then the first name.
    let best: StoredObject | undefined;
    for (const each of collections.cache('storageclasses').list('')) {
      if (each.metadata.annotations?.[defaultClass] !== 'true') continue;
      if (best === undefined || (each.metadata.creationTimestamp ?? '') > (best.metadata.creationTimestamp ?? '')) best = each;
    }
    if (best === undefined) return undefined;
    return { object: withSpec(claim, { storageClassName: best.metadata.name }), changes: [`spec.storageClassName: ${best.metadata.name}`] };
  },
};

/** PersistentVolumeClaimResize: a claim grows only once it is bound, and only when its class says that its volumes can. */
export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  handles: (request) => request.operation === 'UPDATE' && request.resource === 'persistentvolumeclaims' && request.group === '' && request.subresource === '',
  validate(request, { collections }) {
    const before = requested(request.old);
    const after = requested(request.object);
    if (before === undefined || after === undefined || compareQuantity(quantityOf(after), quantityOf(before)) <= 0) return;
    const refuse = (why: string) => forbidden(request, request.name, why);
    if (fieldsOf(request.old?.['status'])['phase'] !== 'Bound') throw refuse('Only bound persistent volume claims can be expanded');
    const name = specOf(request.object)['storageClassName'];
    const found = typeof name === 'string' && name !== '' ? collections.get('storageclasses', '', name) : undefined;
    if (found?.['allowVolumeExpansion'] !== true) throw refuse('only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize');
  },
};

function requested(claim: StoredObject | undefined): string | undefined {
  const value = fieldsOf(fieldsOf(specOf(claim)['resources'])['requests'])['storage'];
  return typeof value === 'string' ? value : undefined;
}
