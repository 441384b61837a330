// PersistentVolume: a piece of storage that outlives pods.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill } from '../kind.ts';
import { sameJson } from '../meta/equality.ts';
import { quantityOf } from '../meta/quantity.ts';
import { age, unset } from '../printing/cells.ts';
import { forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { accessModes, accessModesText } from './persistent-volume-claim.ts';
import type { PersistentVolume, PersistentVolumeSpec } from './types/persistent-volume.ts';

const sources = 'gcePersistentDisk awsElasticBlockStore hostPath glusterfs nfs rbd iscsi cinder cephfs fc flocker flexVolume azureFile vsphereVolume quobyte azureDisk photonPersistentDisk portworxVolume scaleIO local storageos csi'.split(' ') as readonly (keyof PersistentVolumeSpec)[];

function validateVolume({ spec }: PersistentVolume): readonly FieldError[] {
  const errors: FieldErrors = [];
  if ((spec.accessModes ?? []).length === 0) errors.push(required('spec.accessModes'));
  spec.accessModes?.forEach((mode) => {
    if (!accessModes.includes(mode)) errors.push(notSupported('spec.accessModes', mode, accessModes));
  });
  if (Object.keys(spec.capacity ?? {}).length === 0) errors.push(required('spec.capacity'));
  if (spec.capacity !== undefined && (spec.capacity['storage'] === undefined || Object.keys(spec.capacity).length > 1)) errors.push(notSupported('spec.capacity', spec.capacity, ['storage']));
  for (const name in spec.capacity) if (quantityOf(spec.capacity[name]).nanos <= 0n) errors.push(invalid(`spec.capacity[${name}]`, spec.capacity[name], 'must be greater than zero'));
  const given = sources.filter((name) => spec[name] !== undefined);
  if (given.length === 0) errors.push(required('spec', 'must specify a volume type'));
  for (const name of given.slice(1)) errors.push(forbidden(`spec.${name}`, 'may not specify more than 1 volume type'));
  if (spec.hostPath !== undefined && !spec.hostPath.path) errors.push(required('spec.hostPath.path'));
  if (spec.local !== undefined && spec.nodeAffinity?.required === undefined) errors.push(required('metadata.annotations', 'Local volume requires node affinity'));
  if (spec.persistentVolumeReclaimPolicy !== undefined && !['Delete', 'Recycle', 'Retain'].includes(spec.persistentVolumeReclaimPolicy)) {
    errors.push(notSupported('spec.persistentVolumeReclaimPolicy', spec.persistentVolumeReclaimPolicy, ['Delete', 'Recycle', 'Retain']));
  }
  return errors;
}

export const persistentVolumeKind = declareKind<PersistentVolume>({
  kind: 'PersistentVolume',
  resource: 'persistentvolumes',
  shortNames: ['pv'],
  namespaced: false,
  subresources: ['status'],
  storagePrefix: 'persistentvolumes',
  definition: 'io.k8s.api.core.v1.PersistentVolume',
  initialStatus: () => ({ phase: 'Pending' }),
  defaults: (volume) => {
    let spec = fill(volume.spec ?? {}, { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' });
    if (spec.hostPath !== undefined && spec.hostPath.type === undefined) spec = { ...spec, hostPath: { ...spec.hostPath, type: '' } };
    return spec === volume.spec ? volume : { ...volume, spec };
  },
  validate: validateVolume,
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [...validateVolume(next)];
    const source = (spec: PersistentVolumeSpec): object => Object.fromEntries(sources.map((name) => [name, spec[name]]));
    if (!sameJson(source(next.spec), source(old.spec))) errors.push(forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation'));
    if (!sameJson(next.spec.volumeMode, old.spec.volumeMode)) errors.push(invalid('spec.volumeMode', next.spec.volumeMode, 'field is immutable'));
    return errors;
  },
  columns: columns('Name Capacity Access_Modes Reclaim_Policy Status Claim StorageClass VolumeAttributesClass Reason Age', 'VolumeMode'),
  row: (volume, nowMs) => {
    const { spec, status, metadata } = volume;
    const claim = spec.claimRef;
    return [
      metadata.name,
      spec.capacity?.['storage'] ?? '0',
      accessModesText(spec.accessModes),
      spec.persistentVolumeReclaimPolicy ?? '',
      metadata.deletionTimestamp !== undefined ? 'Terminating' : (status?.phase ?? ''),
      claim === undefined ? '' : `${claim.namespace ?? ''}/${claim.name ?? ''}`,
      metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? '',
      spec.volumeAttributesClassName || unset,
      status?.reason ?? '',
      age(volume, nowMs),
      spec.volumeMode ?? unset,
    ];
  },
  selectableFields: (volume) => ({ name: volume.metadata.name }),
});
