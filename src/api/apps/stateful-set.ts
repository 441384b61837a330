// StatefulSet: pods with names and volumes of their own, in order.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill, mapField, mapSame } from '../kind.ts';
import { sameJson } from '../meta/equality.ts';
import { defaultTemplate } from '../core/pod-defaults.ts';
import { defaultClaimSpec } from '../core/persistent-volume-claim.ts';
import { age, containerCells } from '../printing/cells.ts';
import { checkNonNegative, forbidden, invalid, invalidStruct, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { validateSelectorAndTemplate } from './workload.ts';
import type { StatefulSet, StatefulSetSpec } from './types.ts';
import { statusCounts } from '../validation/status.ts';

function defaultStatefulSet(set: StatefulSet): StatefulSet {
  let spec: StatefulSetSpec = fill(set.spec ?? ({} as StatefulSetSpec), {
    podManagementPolicy: 'OrderedReady',
    serviceName: '',
    replicas: 1,
    revisionHistoryLimit: 10,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
  });
  spec = mapField(spec, 'persistentVolumeClaimRetentionPolicy', (policy) => fill(policy, { whenDeleted: 'Retain', whenScaled: 'Retain' }));
  spec = mapField(spec, 'ordinals', (ordinals) => fill(ordinals, { start: 0 }));
  spec = mapField(spec, 'updateStrategy', (strategy) => {
    const next = fill(strategy, { type: 'RollingUpdate' });
    if (next.type !== 'RollingUpdate') return next;
    const rollingUpdate = fill(next.rollingUpdate ?? {}, { partition: 0 });
    return rollingUpdate === next.rollingUpdate ? next : { ...next, rollingUpdate };
  });
  const template = defaultTemplate(spec.template);
  if (template !== spec.template) spec = { ...spec, template };
  spec = mapField(spec, 'volumeClaimTemplates', (claims) =>
    mapSame(claims, (claim) => {
      const claimSpec = defaultClaimSpec(claim.spec);
      return claimSpec === claim.spec && claim.kind !== undefined && claim.status?.phase !== undefined
        ? claim
        : { ...claim, apiVersion: claim.apiVersion ?? 'v1', kind: claim.kind ?? 'PersistentVolumeClaim', spec: claimSpec, status: fill(claim.status ?? {}, { phase: 'Pending' }) };
    }),
  );
  return spec === set.spec ? set : { ...set, spec };
}

function validateStatefulSet({ spec }: StatefulSet): readonly FieldError[] {
  const errors: FieldErrors = [];
  const policy = spec.podManagementPolicy;
  if (!policy) errors.push(required('spec.podManagementPolicy'));
  else if (policy !== 'OrderedReady' && policy !== 'Parallel') errors.push(invalid('spec.podManagementPolicy', policy, "must be 'OrderedReady' or 'Parallel'"));
  const strategy = spec.updateStrategy;
  if (!strategy?.type) errors.push(required('spec.updateStrategy'));
  else if (strategy.type === 'OnDelete') {
    if (strategy.rollingUpdate !== undefined) errors.push(invalid('spec.updateStrategy.rollingUpdate', strategy.rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'"));
  } else if (strategy.type === 'RollingUpdate') checkNonNegative(errors, strategy.rollingUpdate?.partition, 'spec.updateStrategy.rollingUpdate.partition');
  else errors.push(invalidStruct('spec.updateStrategy', { Type: strategy.type, RollingUpdate: null }, "must be 'RollingUpdate' or 'OnDelete'"));
  for (const name of ['whenDeleted', 'whenScaled'] as const) {
    const value = spec.persistentVolumeClaimRetentionPolicy?.[name];
    if (value !== undefined && value !== 'Retain' && value !== 'Delete') errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, value, ['Delete', 'Retain']));
  }
  checkNonNegative(errors, spec.replicas, 'spec.replicas');
  checkNonNegative(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  checkNonNegative(errors, spec.ordinals?.start, 'spec.ordinals.start');
  validateSelectorAndTemplate(errors, 'statefulset', spec.selector, spec.template);
  return errors;
}

const mutable = ['replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy', 'minReadySeconds'];
const immutableText =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

export const statefulSetKind = declareKind<StatefulSet>({
  group: 'apps',
  kind: 'StatefulSet',
  resource: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  subresources: ['scale', 'status'],
  storagePrefix: 'statefulsets',
  definition: 'io.k8s.api.apps.v1.StatefulSet',
  nameRule: 'label',
  generation: true,
  initialStatus: () => ({ replicas: 0, availableReplicas: 0 }),
  defaults: defaultStatefulSet,
  validate: validateStatefulSet,
  validateStatus: statusCounts('replicas readyReplicas currentReplicas updatedReplicas availableReplicas observedGeneration collisionCount', 'readyReplicas currentReplicas updatedReplicas availableReplicas', 'cannot be greater than status.readyReplicas'),
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [...validateStatefulSet(next)];
    const fixed = (spec: StatefulSetSpec): object => Object.fromEntries(Object.entries(spec).filter(([key]) => !mutable.includes(key)));
    if (!sameJson(fixed(next.spec), fixed(old.spec))) errors.push(forbidden('spec', immutableText));
    return errors;
  },
  columns: columns('Name Ready Age', 'Containers Images'),
  row: (set, nowMs) => [set.metadata.name, `${set.status?.readyReplicas ?? 0}/${set.spec.replicas ?? 0}`, age(set, nowMs), ...containerCells(set.spec.template?.spec)],
});
