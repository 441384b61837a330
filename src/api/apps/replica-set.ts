// ReplicaSet: keeps a number of equal pods.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill } from '../kind.ts';
import { formatLabelSelector } from '../meta/labels.ts';
import { defaultTemplate } from '../core/pod-defaults.ts';
import { age, containerCells } from '../printing/cells.ts';
import { checkNonNegative, type FieldErrors } from '../validation/field-error.ts';
import { immutableField } from '../validation/metadata.ts';
import { validateSelectorAndTemplate } from './workload.ts';
import type { ReplicaSet, ReplicaSetSpec } from './types.ts';
import { statusCounts } from '../validation/status.ts';

function defaultReplicaSet(set: ReplicaSet): ReplicaSet {
  const filled = fill(set.spec ?? ({} as ReplicaSetSpec), { replicas: 1 });
  const template = defaultTemplate(filled.template);
  const spec = template === filled.template ? filled : { ...filled, template };
  return spec === set.spec ? set : { ...set, spec };
}

function validateReplicaSet({ spec }: ReplicaSet): readonly FieldError[] {
  const errors: FieldErrors = [];
  checkNonNegative(errors, spec.replicas, 'spec.replicas');
  checkNonNegative(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  validateSelectorAndTemplate(errors, 'deployment', spec.selector, spec.template);
  return errors;
}

export const replicaSetKind = declareKind<ReplicaSet>({
  group: 'apps',
  kind: 'ReplicaSet',
  resource: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  subresources: ['scale', 'status'],
  storagePrefix: 'replicasets',
  definition: 'io.k8s.api.apps.v1.ReplicaSet',
  generation: true,
  initialStatus: () => ({ replicas: 0 }),
  defaults: defaultReplicaSet,
  validate: validateReplicaSet,
  validateStatus: statusCounts('replicas fullyLabeledReplicas readyReplicas availableReplicas terminatingReplicas observedGeneration', 'fullyLabeledReplicas readyReplicas availableReplicas'),
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [...validateReplicaSet(next)];
    immutableField(errors, next.spec.selector, old.spec.selector, 'spec.selector');
    return errors;
  },
  columns: columns('Name Desired# Current# Ready# Age', 'Containers Images Selector'),
  row: (set, nowMs) => [
    set.metadata.name,
    set.spec.replicas ?? 0,
    set.status?.replicas ?? 0,
    set.status?.readyReplicas ?? 0,
    age(set, nowMs),
    ...containerCells(set.spec.template?.spec),
    formatLabelSelector(set.spec.selector),
  ],
  selectableFields: (set) => ({ 'status.replicas': String(set.status?.replicas ?? 0) }),
});
