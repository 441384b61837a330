// StorageClass and what drivers say about themselves and their volumes.
import type { FieldError } from '../contract.ts';
import { sameJson } from '../meta/equality.ts';
import { isDns1123Subdomain } from '../meta/names.ts';
import { columns, declareKind, fill } from '../kind.ts';
import { age, unset } from '../printing/cells.ts';
import { forbidden, invalid, notSupported, required, tooLong, type FieldErrors } from '../validation/field-error.ts';
import { immutableField } from '../validation/metadata.ts';
import type { CSIDriver, CSIDriverSpec, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment, VolumeAttributesClass } from './types.ts';

const group = 'storage.k8s.io';

const isDefaultStorageClass = (storageClass: StorageClass): boolean =>
  storageClass.metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' || storageClass.metadata.annotations?.['storageclass.beta.kubernetes.io/is-default-class'] === 'true';

function validateStorageClass(storageClass: StorageClass): readonly FieldError[] {
  const errors: FieldErrors = [];
  if (!storageClass.provisioner) errors.push(required('provisioner'));
  if (storageClass.reclaimPolicy !== undefined && !['Delete', 'Retain'].includes(storageClass.reclaimPolicy)) errors.push(notSupported('reclaimPolicy', storageClass.reclaimPolicy, ['Delete', 'Retain']));
  if (storageClass.volumeBindingMode === undefined) errors.push(required('volumeBindingMode'));
  else if (!['Immediate', 'WaitForFirstConsumer'].includes(storageClass.volumeBindingMode)) errors.push(notSupported('volumeBindingMode', storageClass.volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']));
  return errors;
}

export const storageClassKind = declareKind<StorageClass>({
  group,
  kind: 'StorageClass',
  resource: 'storageclasses',
  shortNames: ['sc'],
  namespaced: false,
  storagePrefix: 'storageclasses',
  definition: 'io.k8s.api.storage.v1.StorageClass',
  defaults: (storageClass) => fill(storageClass, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  validate: validateStorageClass,
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [];
    for (const name of ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const) {
      if (JSON.stringify(next[name]) === JSON.stringify(old[name])) continue;
      if (name === 'volumeBindingMode') immutableField(errors, next[name], old[name], name);
      else errors.push({ type: 'Forbidden', field: name, detail: `updates to ${name} are forbidden.` });
    }
    return errors;
  },
  columns: columns('Name Provisioner ReclaimPolicy VolumeBindingMode AllowVolumeExpansion? Age'),
  row: (storageClass, nowMs) => [
    `${storageClass.metadata.name}${isDefaultStorageClass(storageClass) ? ' (default)' : ''}`,
    storageClass.provisioner,
    storageClass.reclaimPolicy ?? 'Delete',
    storageClass.volumeBindingMode ?? 'Immediate',
    storageClass.allowVolumeExpansion ?? false,
    age(storageClass, nowMs),
  ],
});

export const csiDriverKind = declareKind<CSIDriver>({
  group,
  kind: 'CSIDriver',
  resource: 'csidrivers',
  namespaced: false,
  storagePrefix: 'csidrivers',
  definition: 'io.k8s.api.storage.v1.CSIDriver',
  defaults: (driver) => {
    const spec: CSIDriverSpec = fill(driver.spec ?? {}, {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      volumeLifecycleModes: ['Persistent'],
      requiresRepublish: false,
      seLinuxMount: false,
    });
    return spec === driver.spec ? driver : { ...driver, spec };
  },
  columns: columns('Name AttachRequired? PodInfoOnMount? StorageCapacity? TokenRequests RequiresRepublish? Modes Age'),
  row: (driver, nowMs) => [
    driver.metadata.name,
    driver.spec.attachRequired ?? true,
    driver.spec.podInfoOnMount ?? false,
    driver.spec.storageCapacity ?? false,
    (driver.spec.tokenRequests ?? []).map((request) => request.audience).join(',') || unset,
    driver.spec.requiresRepublish ?? false,
    (driver.spec.volumeLifecycleModes ?? []).join(',') || '<none>',
    age(driver, nowMs),
  ],
});

export const csiNodeKind = declareKind<CSINode>({
  group,
  kind: 'CSINode',
  resource: 'csinodes',
  namespaced: false,
  storagePrefix: 'csinodes',
  definition: 'io.k8s.api.storage.v1.CSINode',
  columns: columns('Name Drivers# Age'),
  row: (node, nowMs) => [node.metadata.name, (node.spec?.drivers ?? []).length, age(node, nowMs)],
});

export const csiStorageCapacityKind = declareKind<CSIStorageCapacity>({
  group,
  kind: 'CSIStorageCapacity',
  resource: 'csistoragecapacities',
  storagePrefix: 'csistoragecapacities',
  definition: 'io.k8s.api.storage.v1.CSIStorageCapacity',
  columns: columns('Name StorageClassName Capacity'),
  row: (capacity) => [capacity.metadata.name, capacity.storageClassName, capacity.capacity ?? ''],
});

function validateAttachment({ spec }: VolumeAttachment): FieldErrors {
  const errors: FieldErrors = [];
  const { attacher, nodeName, source: { inlineVolumeSpec: inline, persistentVolumeName: volume } = {} } = spec;
  const either = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (!attacher) errors.push(required('spec.attacher'));
  else {
    if (attacher.length > 63) errors.push(tooLong('spec.attacher', 63));
    for (const problem of isDns1123Subdomain(attacher.toLowerCase())) errors.push(invalid('spec.attacher', attacher, problem));
  }
  if (inline === undefined && volume === undefined) errors.push(required('spec.source', either));
  else if (inline !== undefined && volume !== undefined) errors.push(forbidden('spec.source', either));
  else if (volume === '') errors.push(required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'));
  for (const problem of isDns1123Subdomain(nodeName ?? '')) errors.push(invalid('spec.nodeName', nodeName ?? '', problem));
  for (const problem of volume ? isDns1123Subdomain(volume) : []) errors.push(invalid('spec.source.persistentVolumeName', volume, problem));
  return errors;
}

export const volumeAttachmentKind = declareKind<VolumeAttachment>({
  group,
  kind: 'VolumeAttachment',
  resource: 'volumeattachments',
  namespaced: false,
  subresources: ['status'],
  storagePrefix: 'volumeattachments',
  definition: 'io.k8s.api.storage.v1.VolumeAttachment',
  initialStatus: () => ({ attached: false }),
  validate: validateAttachment,
  validateUpdate: (next, old) => {
    const errors = validateAttachment(next);
    if (!sameJson(next.spec, old.spec)) errors.push(invalid('spec', next.spec, 'field is immutable'));
    return errors;
  },
  columns: columns('Name Attacher PV Node Attached? Age'),
  row: (attachment, nowMs) => [
    attachment.metadata.name,
    attachment.spec.attacher,
    attachment.spec.source?.persistentVolumeName ?? '',
    attachment.spec.nodeName,
    attachment.status?.attached ?? false,
    age(attachment, nowMs),
  ],
});

export const volumeAttributesClassKind = declareKind<VolumeAttributesClass>({
  group,
  kind: 'VolumeAttributesClass',
  resource: 'volumeattributesclasses',
  shortNames: ['vac'],
  namespaced: false,
  storagePrefix: 'volumeattributesclasses',
  definition: 'io.k8s.api.storage.v1.VolumeAttributesClass',
  columns: columns('Name DriverName Age'),
  row: (attributes, nowMs) => [attributes.metadata.name, attributes.driverName, age(attributes, nowMs)],
});
