// DaemonSet: a pod on every node that fits.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill } from '../kind.ts';
import { formatLabelSelector } from '../meta/labels.ts';
import { defaultTemplate } from '../core/pod-defaults.ts';
import { age, containerCells, formatLabels } from '../printing/cells.ts';
import { checkNonNegative, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { immutableField } from '../validation/metadata.ts';
import { checkNotOver100, checkNumberOrPercent, isZeroAmount, validateSelectorAndTemplate } from './workload.ts';
import type { DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy } from './types.ts';
import { statusCounts } from '../validation/status.ts';

function defaultStrategy(strategy: DaemonSetUpdateStrategy | undefined): DaemonSetUpdateStrategy {
  const next = fill(strategy ?? {}, { type: 'RollingUpdate' });
  if (next.type !== 'RollingUpdate') return next;
  const rollingUpdate = fill(next.rollingUpdate ?? {}, { maxUnavailable: 1, maxSurge: 0 });
  return rollingUpdate === next.rollingUpdate ? next : { ...next, rollingUpdate };
}

function defaultDaemonSet(set: DaemonSet): DaemonSet {
  const filled = fill(set.spec ?? ({} as DaemonSetSpec), { revisionHistoryLimit: 10 });
  const updateStrategy = defaultStrategy(filled.updateStrategy);
  const template = defaultTemplate(filled.template);
  const spec = updateStrategy === filled.updateStrategy && template === filled.template ? filled : { ...filled, updateStrategy, template };
  return spec === set.spec ? set : { ...set, spec };
}

function validateDaemonSet({ spec }: DaemonSet): readonly FieldError[] {
  const errors: FieldErrors = [];
  validateSelectorAndTemplate(errors, 'daemonset', spec.selector, spec.template);
  checkNonNegative(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  checkNonNegative(errors, spec.revisionHistoryLimit, 'spec.revisionHistoryLimit');
  const strategy = spec.updateStrategy;
  if (strategy?.type === 'RollingUpdate') {
    const at = 'spec.updateStrategy.rollingUpdate';
    if (strategy.rollingUpdate === undefined) errors.push(required(at));
    const { maxUnavailable, maxSurge } = strategy.rollingUpdate ?? {};
    checkNumberOrPercent(errors, maxUnavailable, `${at}.maxUnavailable`);
    checkNumberOrPercent(errors, maxSurge, `${at}.maxSurge`);
    checkNotOver100(errors, maxUnavailable, `${at}.maxUnavailable`);
    checkNotOver100(errors, maxSurge, `${at}.maxSurge`);
    if (!isZeroAmount(maxUnavailable) && !isZeroAmount(maxSurge)) errors.push(invalid(`${at}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
    if (isZeroAmount(maxUnavailable) && isZeroAmount(maxSurge)) errors.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  } else if (strategy?.type !== 'OnDelete') errors.push(notSupported('spec.updateStrategy.type', strategy?.type ?? '', ['RollingUpdate', 'OnDelete']));
  return errors;
}

export const daemonSetKind = declareKind<DaemonSet>({
  group: 'apps',
  kind: 'DaemonSet',
  resource: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  subresources: ['status'],
  storagePrefix: 'daemonsets',
  definition: 'io.k8s.api.apps.v1.DaemonSet',
  generation: true,
  initialStatus: () => ({ currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }),
  defaults: defaultDaemonSet,
  validate: validateDaemonSet,
  validateStatus: statusCounts('currentNumberScheduled numberMisscheduled desiredNumberScheduled numberReady observedGeneration updatedNumberScheduled numberAvailable numberUnavailable collisionCount'),
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [...validateDaemonSet(next)];
    immutableField(errors, next.spec.selector, old.spec.selector, 'spec.selector');
    return errors;
  },
  columns: columns('Name Desired# Current# Ready# Up-to-date# Available# Node_Selector Age', 'Containers Images Selector'),
  row: (set, nowMs) => {
    const { spec, status } = set;
    return [
      set.metadata.name,
      status?.desiredNumberScheduled ?? 0,
      status?.currentNumberScheduled ?? 0,
      status?.numberReady ?? 0,
      status?.updatedNumberScheduled ?? 0,
      status?.numberAvailable ?? 0,
      formatLabels(spec.template?.spec?.nodeSelector),
      age(set, nowMs),
      ...containerCells(spec.template?.spec),
      formatLabelSelector(spec.selector),
    ];
  },
});
