// PriorityClass: a name for a pod's priority.
import { columns, declareKind, fill } from '../kind.ts';
import { age } from '../printing/cells.ts';
import { checkOneOf, forbidden, type FieldErrors } from '../validation/field-error.ts';
import type { PriorityClass } from './types.ts';

export const priorityClassKind = declareKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  kind: 'PriorityClass',
  resource: 'priorityclasses',
  shortNames: ['pc'],
  namespaced: false,
  storagePrefix: 'priorityclasses',
  definition: 'io.k8s.api.scheduling.v1.PriorityClass',
  generation: true,
  defaults: (priority) => fill(priority, { preemptionPolicy: 'PreemptLowerPriority', value: 0 }),
  validate: (priority) => {
    const errors: FieldErrors = [];
    const system = priority.metadata.name.startsWith('system-');
    if (system && priority.metadata.name !== 'system-node-critical' && priority.metadata.name !== 'system-cluster-critical') {
      errors.push(forbidden('metadata.name', "priority class names with 'system-' prefix are reserved for system use only. error: " + priority.metadata.name + ' is not a known system priority class'));
    } else if (!system && (priority.value ?? 0) > 1_000_000_000) errors.push(forbidden('value', 'maximum allowed value of a user defined priority is 1000000000'));
    checkOneOf(errors, priority.preemptionPolicy, 'preemptionPolicy', ['Never', 'PreemptLowerPriority']);
    return errors;
  },
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [];
    if (next.value !== old.value) errors.push(forbidden('value', 'may not be changed in an update.'));
    if (next.preemptionPolicy !== old.preemptionPolicy) errors.push({ type: 'Invalid', field: 'preemptionPolicy', value: next.preemptionPolicy, detail: 'field is immutable' });
    return errors;
  },
  columns: columns('Name Value# Global-Default? Age PreemptionPolicy'),
  row: (priority, nowMs) => [priority.metadata.name, priority.value ?? 0, priority.globalDefault ?? false, age(priority, nowMs), priority.preemptionPolicy ?? 'PreemptLowerPriority'],
});
