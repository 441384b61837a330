// PersistentVolumeClaim: a wish for a volume.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill } from '../kind.ts';
import { sameJson } from '../meta/equality.ts';
import { compareQuantity, quantityOf } from '../meta/quantity.ts';
import { age, unset } from '../printing/cells.ts';
import { forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { validateLabelSelector } from '../validation/selector.ts';
import { goDiff } from './go-dump.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from './types/persistent-volume.ts';

export const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

const shortModes: Readonly<Record<string, string>> = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' };
/** `RWO,ROX`, in this order. */
export const accessModesText = (modes: readonly string[] | undefined): string => Object.keys(shortModes).filter((mode) => modes?.includes(mode)).map((mode) => shortModes[mode]).join(',');

export function defaultClaimSpec(spec: PersistentVolumeClaimSpec | undefined): PersistentVolumeClaimSpec {
  const next = fill(spec ?? {}, { volumeMode: 'Filesystem', resources: {} });
  return next.dataSource !== undefined && next.dataSourceRef === undefined ? { ...next, dataSourceRef: next.dataSource } : next;
}

function validateSpec({ spec }: PersistentVolumeClaim): readonly FieldError[] {
  const errors: FieldErrors = [];
  if ((spec.accessModes ?? []).length === 0) errors.push(required('spec.accessModes', 'at least 1 access mode is required'));
  validateLabelSelector(errors, spec.selector, 'spec.selector');
  spec.accessModes?.forEach((mode, index) => {
    if (!accessModes.includes(mode)) errors.push(notSupported(`spec.accessModes[${index}]`, mode, accessModes));
  });
  if ((spec.accessModes ?? []).includes('ReadWriteOncePod') && (spec.accessModes ?? []).length > 1) errors.push(forbidden('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'));
  const storage = spec.resources?.requests?.['storage'];
  if (storage === undefined) errors.push(required('spec.resources[storage]'));
  else if (quantityOf(storage).nanos <= 0n) errors.push({ type: 'Invalid', field: 'spec.resources[storage]', value: storage, detail: 'must be greater than zero' });
  if (spec.volumeMode !== undefined && spec.volumeMode !== 'Block' && spec.volumeMode !== 'Filesystem') errors.push(notSupported('spec.volumeMode', spec.volumeMode, ['Block', 'Filesystem']));
  return errors;
}

const immutableText = 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims';

export const persistentVolumeClaimKind = declareKind<PersistentVolumeClaim>({
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  subresources: ['status'],
  storagePrefix: 'persistentvolumeclaims',
  definition: 'io.k8s.api.core.v1.PersistentVolumeClaim',
  initialStatus: () => ({ phase: 'Pending' }),
  defaults: (claim) => {
    const spec = defaultClaimSpec(claim.spec);
    return spec === claim.spec ? claim : { ...claim, spec };
  },
  validate: validateSpec,
  validateStatus: ({ status }) => {
    const errors: FieldErrors = [];
    for (const part of ['capacity', 'allocatedResources'] as const)
      for (const [name, amount] of Object.entries(status?.[part] ?? {})) if (quantityOf(amount).nanos < 0n) errors.push(invalid(`status.${part}[${name}]`, Number(quantityOf(amount).nanos / 1_000_000_000n), 'must be a valid resource quantity'));
    return errors;
  },
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [...validateSpec(next)];
    const fixed = (spec: PersistentVolumeClaimSpec): object => {
      const { resources: _a, volumeAttributesClassName: _b, ...rest } = spec;
      // A claim that names no volume yet may be given one, and a class once.
      return { ...rest, ...(old.spec.volumeName === undefined ? { volumeName: '' } : {}), ...(old.spec.storageClassName === undefined ? { storageClassName: '' } : {}) };
    };
    if (!sameJson(fixed(next.spec), fixed(old.spec))) errors.push(forbidden('spec', `${immutableText}\n${goDiff('PersistentVolumeClaimSpec', old.spec, next.spec)}`));
    const size = next.spec.resources?.requests?.['storage'];
    const before = old.spec.resources?.requests?.['storage'];
    if (size !== undefined && before !== undefined) {
      const order = compareQuantity(quantityOf(size), quantityOf(before));
      if (order < 0) errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
      else if (order > 0 && old.status?.phase !== 'Bound') errors.push(forbidden('spec', `${immutableText}\n${goDiff('PersistentVolumeClaimSpec', old.spec, next.spec)}`));
    }
    return errors;
  },
  columns: columns('Name Status Volume Capacity Access_Modes StorageClass VolumeAttributesClass Age', 'VolumeMode'),
  row: (claim, nowMs) => {
    const bound = claim.spec.volumeName !== undefined && claim.spec.volumeName !== '';
    return [
      claim.metadata.name,
      claim.metadata.deletionTimestamp !== undefined ? 'Terminating' : (claim.status?.phase ?? ''),
      claim.spec.volumeName ?? '',
      bound ? (claim.status?.capacity?.['storage'] ?? '0') : '',
      bound ? accessModesText(claim.status?.accessModes) : '',
      claim.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? claim.spec.storageClassName ?? '',
      claim.spec.volumeAttributesClassName || unset,
      age(claim, nowMs),
      claim.spec.volumeMode ?? unset,
    ];
  },
  selectableFields: (claim) => ({ name: claim.metadata.name }),
});
