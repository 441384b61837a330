// Deployment: rolls ReplicaSets.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill } from '../kind.ts';
import { formatLabelSelector } from '../meta/labels.ts';
import { defaultTemplate } from '../core/pod-defaults.ts';
import { age, containerCells } from '../printing/cells.ts';
import { checkNonNegative, forbidden, invalid, notSupported, type FieldErrors } from '../validation/field-error.ts';
import { immutableField } from '../validation/metadata.ts';
import { checkNotOver100, checkNumberOrPercent, isZeroAmount, validateSelectorAndTemplate } from './workload.ts';
import type { Deployment, DeploymentSpec, DeploymentStrategy } from './types.ts';
import { statusCounts } from '../validation/status.ts';

function defaultStrategy(strategy: DeploymentStrategy | undefined): DeploymentStrategy {
  const next = fill(strategy ?? {}, { type: 'RollingUpdate' });
  if (next.type !== 'RollingUpdate') return next;
  const rollingUpdate = fill(next.rollingUpdate ?? {}, { maxUnavailable: '25%', maxSurge: '25%' });
  return rollingUpdate === next.rollingUpdate ? next : { ...next, rollingUpdate };
}

function defaultDeployment(deployment: Deployment): Deployment {
  const given = deployment.spec ?? ({} as DeploymentSpec);
  const filled = fill(given, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  const strategy = defaultStrategy(filled.strategy);
  const template = defaultTemplate(filled.template);
  const spec = strategy === filled.strategy && template === filled.template ? filled : { ...filled, strategy, template };
  return spec === deployment.spec ? deployment : { ...deployment, spec };
}

function validateStrategy(errors: FieldErrors, strategy: DeploymentStrategy | undefined): void {
  const at = 'spec.strategy';
  if (strategy?.type === 'Recreate') {
    if (strategy.rollingUpdate !== undefined) errors.push(forbidden(`${at}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'"));
  } else if (strategy?.type === 'RollingUpdate') {
    const { maxUnavailable, maxSurge } = strategy.rollingUpdate ?? {};
    checkNumberOrPercent(errors, maxUnavailable, `${at}.rollingUpdate.maxUnavailable`);
    checkNumberOrPercent(errors, maxSurge, `${at}.rollingUpdate.maxSurge`);
    if (isZeroAmount(maxUnavailable) && isZeroAmount(maxSurge)) errors.push(invalid(`${at}.rollingUpdate.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
    checkNotOver100(errors, maxUnavailable, `${at}.rollingUpdate.maxUnavailable`);
  } else errors.push(notSupported(`${at}.type`, strategy?.type ?? '', ['Recreate', 'RollingUpdate']));
}

function validateDeployment({ spec }: Deployment): readonly FieldError[] {
  const errors: FieldErrors = [];
  checkNonNegative(errors, spec.replicas, 'spec.replicas');
  validateSelectorAndTemplate(errors, 'deployment', spec.selector, spec.template);
  validateStrategy(errors, spec.strategy);
  checkNonNegative(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  checkNonNegative(errors, spec.revisionHistoryLimit, 'spec.revisionHistoryLimit');
  if (spec.progressDeadlineSeconds !== undefined) {
    checkNonNegative(errors, spec.progressDeadlineSeconds, 'spec.progressDeadlineSeconds');
    if (spec.progressDeadlineSeconds <= (spec.minReadySeconds ?? 0)) {
      errors.push(invalid('spec.progressDeadlineSeconds', spec.progressDeadlineSeconds, 'must be greater than minReadySeconds'));
    }
  }
  return errors;
}

export const deploymentKind = declareKind<Deployment>({
  group: 'apps',
  kind: 'Deployment',
  resource: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: ['scale', 'status'],
  storagePrefix: 'deployments',
  definition: 'io.k8s.api.apps.v1.Deployment',
  generation: 'and-annotations',
  defaults: defaultDeployment,
  validate: validateDeployment,
  validateStatus: statusCounts('observedGeneration replicas updatedReplicas readyReplicas availableReplicas unavailableReplicas terminatingReplicas collisionCount', 'updatedReplicas readyReplicas availableReplicas'),
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [...validateDeployment(next)];
    immutableField(errors, next.spec.selector, old.spec.selector, 'spec.selector');
    return errors;
  },
  prepareForStatusUpdate: (next, old) => ({ ...next, metadata: { ...next.metadata, ...(old.metadata.labels === undefined ? {} : { labels: old.metadata.labels }) } }),
  columns: columns('Name Ready Up-to-date# Available# Age', 'Containers Images Selector'),
  row: (deployment, nowMs) => {
    const { spec, status } = deployment;
    return [
      deployment.metadata.name,
      `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
      status?.updatedReplicas ?? 0,
      status?.availableReplicas ?? 0,
      age(deployment, nowMs),
      ...containerCells(spec.template?.spec),
      formatLabelSelector(spec.selector),
    ];
  },
});
