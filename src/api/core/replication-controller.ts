// ReplicationController: what ReplicaSet took the place of.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill } from '../kind.ts';
import { matchesMap } from '../meta/labels.ts';
import { age, containerCells, formatLabels } from '../printing/cells.ts';
import { checkNonNegative, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { defaultTemplate } from './pod-defaults.ts';
import { validateTemplate } from './pod-validation.ts';
import type { ReplicationController } from './types/object.ts';
import { statusCounts } from '../validation/status.ts';

function validateController({ spec }: ReplicationController): readonly FieldError[] {
  const errors: FieldErrors = [];
  checkNonNegative(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  if (Object.keys(spec.selector ?? {}).length === 0) errors.push(required('spec.selector'));
  checkNonNegative(errors, spec.replicas, 'spec.replicas');
  if (spec.template === undefined) errors.push(required('spec.template'));
  else {
    if (!matchesMap(spec.selector, spec.template.metadata?.labels)) errors.push(invalid('spec.template.metadata.labels', spec.template.metadata?.labels ?? null, '`selector` does not match template `labels`'));
    validateTemplate(errors, spec.template, 'spec.template');
    if (spec.template.spec?.restartPolicy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', spec.template.spec?.restartPolicy, ['Always']));
  }
  return errors;
}

export const replicationControllerKind = declareKind<ReplicationController>({
  kind: 'ReplicationController',
  resource: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  subresources: ['scale', 'status'],
  storagePrefix: 'controllers',
  definition: 'io.k8s.api.core.v1.ReplicationController',
  generation: true,
  initialStatus: () => ({ replicas: 0 }),
  defaults: (controller) => {
    const labels = controller.spec?.template?.metadata?.labels;
    let next = controller;
    // Labels and selector are those of the template when they are not given.
    if (labels !== undefined && Object.keys(next.metadata.labels ?? {}).length === 0) next = { ...next, metadata: { ...next.metadata, labels } };
    let spec = fill(next.spec ?? {}, { replicas: 1 });
    if (labels !== undefined && Object.keys(spec.selector ?? {}).length === 0) spec = { ...spec, selector: labels };
    if (spec.template !== undefined) {
      const template = defaultTemplate(spec.template);
      if (template !== spec.template) spec = { ...spec, template };
    }
    return spec === next.spec ? next : { ...next, spec };
  },
  validate: validateController,
  validateStatus: statusCounts('replicas fullyLabeledReplicas readyReplicas availableReplicas observedGeneration', 'fullyLabeledReplicas readyReplicas availableReplicas'),
  columns: columns('Name Desired# Current# Ready# Age', 'Containers Images Selector'),
  row: (controller, nowMs) => [
    controller.metadata.name,
    controller.spec.replicas ?? 0,
    controller.status?.replicas ?? 0,
    controller.status?.readyReplicas ?? 0,
    age(controller, nowMs),
    ...containerCells(controller.spec.template?.spec),
    formatLabels(controller.spec.selector),
  ],
  selectableFields: (controller) => ({ 'status.replicas': String(controller.status?.replicas ?? 0) }),
});
