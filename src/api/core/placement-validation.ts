// Validation of where a pod may go: tolerations, affinity, spread.
import { isDns1123Label, isQualifiedName, isValidLabelValue } from '../meta/names.ts';
import { checkOneOf, checkText, duplicate, forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { validateLabelSelector } from '../validation/selector.ts';
import type { Affinity, NodeSelectorTerm, PodAffinityTerm, Toleration } from './types/placement.ts';
import type { PodSpec } from './types/pod.ts';

export function validateTolerations(errors: FieldErrors, tolerations: readonly Toleration[] | undefined, field: string): void {
  tolerations?.forEach((toleration, index) => {
    const at = `${field}[${index}]`;
    if (toleration.key) checkText(errors, toleration.key, `${at}.key`, isQualifiedName);
    if (!toleration.key && toleration.operator !== 'Exists') {
      errors.push(invalid(`${at}.operator`, toleration.operator ?? '', 'operator must be Exists when `key` is empty, which means "match all values and all keys"'));
    }
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute') {
      errors.push(invalid(`${at}.effect`, toleration.effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"));
    }
    if (toleration.operator === undefined || toleration.operator === 'Equal') {
      for (const problem of isValidLabelValue(toleration.value ?? '')) errors.push(invalid(`${at}.operator`, toleration.value, problem));
    } else if (toleration.operator === 'Exists') {
      if (toleration.value) errors.push(invalid(`${at}.operator`, toleration, 'value must be empty when `operator` is \'Exists\''));
    } else if (toleration.operator !== 'Lt' && toleration.operator !== 'Gt') {
      errors.push(notSupported(`${at}.operator`, toleration.operator, ['Equal', 'Exists']));
    }
    if (toleration.effect !== undefined) checkOneOf(errors, toleration.effect, `${at}.effect`, ['NoSchedule', 'PreferNoSchedule', 'NoExecute']);
  });
}

function validateNodeTerm(errors: FieldErrors, term: NodeSelectorTerm, field: string): void {
  term.matchExpressions?.forEach((requirement, index) => {
    const at = `${field}.matchExpressions[${index}]`;
    const count = (requirement.values ?? []).length;
    switch (requirement.operator) {
      case 'In':
      case 'NotIn':
        if (count === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        break;
      case 'Exists':
      case 'DoesNotExist':
        if (count > 0) errors.push(forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
        break;
      case 'Gt':
      case 'Lt':
        if (count !== 1) errors.push(required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
        break;
      default:
        errors.push(invalid(`${at}.operator`, requirement.operator, 'not a valid selector operator'));
    }
    checkText(errors, requirement.key, `${at}.key`, isQualifiedName);
    requirement.values?.forEach((value, at2) => checkText(errors, value, `${at}.values[${at2}]`, isValidLabelValue));
  });
}

function validatePodTerm(errors: FieldErrors, term: PodAffinityTerm, field: string): void {
  validateLabelSelector(errors, term.labelSelector, `${field}.labelSelector`);
  validateLabelSelector(errors, term.namespaceSelector, `${field}.namespaceSelector`);
  term.namespaces?.forEach((name, index) => {
    for (const problem of isDns1123Label(name)) errors.push(invalid(`${field}.namespace[${index}]`, name, problem));
  });
  if (!term.topologyKey) errors.push(required(`${field}.topologyKey`, 'can not be empty'));
  checkText(errors, term.topologyKey, `${field}.topologyKey`, isQualifiedName);
}

function checkWeight(errors: FieldErrors, weight: number, field: string): void {
  if (!(weight > 0 && weight <= 100)) errors.push(invalid(`${field}.weight`, weight, 'must be in the range 1-100'));
}

export function validateAffinity(errors: FieldErrors, affinity: Affinity | undefined, field: string): void {
  const node = affinity?.nodeAffinity;
  const requiredNode = node?.requiredDuringSchedulingIgnoredDuringExecution;
  if (requiredNode !== undefined) {
    const at = `${field}.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`;
    if ((requiredNode.nodeSelectorTerms ?? []).length === 0) errors.push(required(at, 'must have at least one node selector term'));
    requiredNode.nodeSelectorTerms?.forEach((term, index) => validateNodeTerm(errors, term, `${at}[${index}]`));
  }
  node?.preferredDuringSchedulingIgnoredDuringExecution?.forEach((term, index) => {
    const at = `${field}.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
    checkWeight(errors, term.weight, at);
    validateNodeTerm(errors, term.preference, `${at}.preference`);
  });
  for (const name of ['podAffinity', 'podAntiAffinity'] as const) {
    affinity?.[name]?.requiredDuringSchedulingIgnoredDuringExecution?.forEach((term, index) =>
      validatePodTerm(errors, term, `${field}.${name}.requiredDuringSchedulingIgnoredDuringExecution[${index}]`),
    );
    affinity?.[name]?.preferredDuringSchedulingIgnoredDuringExecution?.forEach((term, index) => {
      const at = `${field}.${name}.preferredDuringSchedulingIgnoredDuringExecution[${index}]`;
      checkWeight(errors, term.weight, at);
      validatePodTerm(errors, term.podAffinityTerm, `${at}.podAffinityTerm`);
    });
  }
}

export function validateSpread(errors: FieldErrors, spec: PodSpec, field: string): void {
  const seen = new Set<string>();
  spec.topologySpreadConstraints?.forEach((constraint, index) => {
    const at = `${field}[${index}]`;
    if (!(constraint.maxSkew > 0)) errors.push(invalid(`${at}.maxSkew`, constraint.maxSkew ?? 0, 'must be greater than zero'));
    if (!constraint.topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'));
    else checkText(errors, constraint.topologyKey, `${at}.topologyKey`, isQualifiedName);
    if (!constraint.whenUnsatisfiable) errors.push(notSupported(`${at}.whenUnsatisfiable`, '', ['DoNotSchedule', 'ScheduleAnyway']));
    else checkOneOf(errors, constraint.whenUnsatisfiable, `${at}.whenUnsatisfiable`, ['DoNotSchedule', 'ScheduleAnyway']);
    const pair = `{${constraint.topologyKey}, ${constraint.whenUnsatisfiable}}`;
    if (seen.has(pair)) errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, pair));
    seen.add(pair);
    if (constraint.minDomains !== undefined) {
      if (constraint.minDomains <= 0) errors.push(invalid(`${at}.minDomains`, constraint.minDomains, 'must be greater than zero'));
      if (constraint.whenUnsatisfiable !== 'DoNotSchedule') {
        errors.push(invalid(`${at}.minDomains`, constraint.minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${constraint.whenUnsatisfiable}`));
      }
    }
    checkOneOf(errors, constraint.nodeAffinityPolicy, `${at}.nodeAffinityPolicy`, ['Honor', 'Ignore']);
    checkOneOf(errors, constraint.nodeTaintsPolicy, `${at}.nodeTaintsPolicy`, ['Honor', 'Ignore']);
    validateLabelSelector(errors, constraint.labelSelector, `${at}.labelSelector`);
  });
}
