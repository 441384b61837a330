// What Deployments, ReplicaSets, StatefulSets and DaemonSets share.
import { matchesLabelSelector, type LabelSelector } from '../meta/labels.ts';
import type { PodTemplateSpec } from '../core/types/pod.ts';
import { validateTemplate } from '../core/pod-validation.ts';
import { forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { validateAnnotations, validateLabels } from '../validation/metadata.ts';
import { isEmptySelector, validateLabelSelector } from '../validation/selector.ts';

/** Selector and template of a workload: the selector must pick the template's labels, and the pods must restart always. */
export function validateSelectorAndTemplate(errors: FieldErrors, kind: string, selector: LabelSelector | undefined, template: PodTemplateSpec | undefined): void {
  if (selector === undefined) errors.push(required('spec.selector'));
  else {
    validateLabelSelector(errors, selector, 'spec.selector');
    if (isEmptySelector(selector)) errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${kind}`));
  }
  validateWorkloadTemplate(errors, selector, template, kind === 'statefulset');
}

/** `claimsVolumes`: containers may mount what only claim templates will make, so the pod itself is looked at when it is created, as upstream. */
function validateWorkloadTemplate(errors: FieldErrors, selector: LabelSelector | undefined, template: PodTemplateSpec | undefined, claimsVolumes = false): void {
  if (template === undefined) {
    errors.push(required('spec.template'));
    return;
  }
  // No selector at all selects nothing, so the labels do not match it either.
  if (selector === undefined || (!isEmptySelector(selector) && !matchesLabelSelector(selector, template.metadata?.labels))) {
    errors.push(invalid('spec.template.metadata.labels', template.metadata?.labels ?? null, '`selector` does not match template `labels`'));
  }
  if (claimsVolumes) {
    validateLabels(errors, template.metadata?.labels, 'spec.template.labels');
    validateAnnotations(errors, template.metadata?.annotations, 'spec.template.annotations');
  } else validateTemplate(errors, template, 'spec.template');
  if (template.spec?.restartPolicy !== undefined && template.spec.restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', template.spec.restartPolicy, ['Always']));
  }
  if (template.spec?.activeDeadlineSeconds !== undefined) errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${claimsVolumes ? 'StatefulSet' : 'ReplicaSet'} is not Supported`));
}

const percentage = /^[0-9]+%$/;

/** `25%` or a number that is not negative. */
export function checkNumberOrPercent(errors: FieldErrors, value: number | string | undefined, field: string): void {
  if (value === undefined) return;
  if (typeof value === 'number') {
    if (value < 0) errors.push(invalid(field, value, 'must be greater than or equal to 0'));
  } else if (!percentage.test(value)) {
    errors.push(invalid(field, value, "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"));
  }
}

/** The percentage, when it is one. */
const percentOf = (value: number | string | undefined): number | undefined => (typeof value === 'string' && percentage.test(value) ? Number(value.slice(0, -1)) : undefined);

export function checkNotOver100(errors: FieldErrors, value: number | string | undefined, field: string): void {
  if ((percentOf(value) ?? 0) > 100) errors.push(invalid(field, value, 'must not be greater than 100%'));
}

/** Zero, as a number or a percentage. */
export const isZeroAmount = (value: number | string | undefined): boolean => (typeof value === 'number' ? value === 0 : percentOf(value) === 0);
