// PodDisruptionBudget: how many pods may be gone on purpose at once.
import type { FieldError } from '../contract.ts';
import { columns, declareKind } from '../kind.ts';
import { checkNotOver100, checkNumberOrPercent } from '../apps/workload.ts';
import { age } from '../printing/cells.ts';
import { checkOneOf, invalidStruct, type FieldErrors } from '../validation/field-error.ts';
import { validateLabelSelector } from '../validation/selector.ts';
import type { PodDisruptionBudget } from './types.ts';
import { statusCounts, validateConditions } from '../validation/status.ts';

function validateBudget({ spec }: PodDisruptionBudget): readonly FieldError[] {
  const errors: FieldErrors = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) errors.push(invalidStruct('spec', { MinAvailable: spec.minAvailable, Selector: spec.selector ?? null, MaxUnavailable: spec.maxUnavailable, UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null }, 'minAvailable and maxUnavailable cannot be both set'));
  for (const name of ['minAvailable', 'maxUnavailable'] as const) {
    checkNumberOrPercent(errors, spec[name], `spec.${name}`);
    checkNotOver100(errors, spec[name], `spec.${name}`);
  }
  validateLabelSelector(errors, spec.selector, 'spec.selector');
  checkOneOf(errors, spec.unhealthyPodEvictionPolicy, 'spec.unhealthyPodEvictionPolicy', ['AlwaysAllow', 'IfHealthyBudget']);
  return errors;
}

const budgetCounts = statusCounts('disruptionsAllowed currentHealthy desiredHealthy expectedPods');

export const podDisruptionBudgetKind = declareKind<PodDisruptionBudget>({
  group: 'policy',
  kind: 'PodDisruptionBudget',
  resource: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  subresources: ['status'],
  storagePrefix: 'poddisruptionbudgets',
  definition: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  generation: true,
  initialStatus: () => ({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }),
  defaults: (budget) => (budget.spec === undefined ? { ...budget, spec: {} } : budget),
  validate: validateBudget,
  validateStatus: (budget, old) => {
    const errors: FieldErrors = [];
    validateConditions(errors, budget.status?.conditions, 'status.conditions');
    return [...errors, ...budgetCounts(budget, old)];
  },
  columns: columns('Name Min_Available Max_Unavailable Allowed_Disruptions# Age'),
  row: (budget, nowMs) => [
    budget.metadata.name,
    budget.spec.minAvailable === undefined ? 'N/A' : String(budget.spec.minAvailable),
    budget.spec.maxUnavailable === undefined ? 'N/A' : String(budget.spec.maxUnavailable),
    budget.status?.disruptionsAllowed ?? 0,
    age(budget, nowMs),
  ],
});
