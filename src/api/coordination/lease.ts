// Lease: who holds a lock, or that a node is alive.
import type { FieldError } from '../contract.ts';
import { columns, declareKind } from '../kind.ts';
import { age } from '../printing/cells.ts';
import { checkNonNegative, invalid, type FieldErrors } from '../validation/field-error.ts';
import type { Lease } from './types.ts';

function validateLease({ spec }: Lease): readonly FieldError[] {
  const errors: FieldErrors = [];
  if (spec?.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0) errors.push(invalid('spec.leaseDurationSeconds', spec.leaseDurationSeconds, 'must be greater than 0'));
  checkNonNegative(errors, spec?.leaseTransitions, 'spec.leaseTransitions');
  return errors;
}

export const leaseKind = declareKind<Lease>({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  resource: 'leases',
  storagePrefix: 'leases',
  definition: 'io.k8s.api.coordination.v1.Lease',
  defaults: (lease) => (lease.spec === undefined ? { ...lease, spec: {} } : lease),
  validate: validateLease,
  columns: columns('Name Holder Age'),
  row: (lease, nowMs) => [lease.metadata.name, lease.spec?.holderIdentity ?? '', age(lease, nowMs)],
});
