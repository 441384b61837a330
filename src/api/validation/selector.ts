// Checks of label selectors in specs.
import type { LabelSelector } from '../meta/labels.ts';
import { isQualifiedName, isValidLabelValue } from '../meta/names.ts';
import { checkText, forbidden, invalid, required, type FieldErrors } from './field-error.ts';
import { validateLabels } from './metadata.ts';

export function validateLabelSelector(errors: FieldErrors, selector: LabelSelector | undefined, field: string): void {
  if (selector === undefined) return;
  validateLabels(errors, selector.matchLabels, `${field}.matchLabels`);
  selector.matchExpressions?.forEach((requirement, index) => {
    const at = `${field}.matchExpressions[${index}]`;
    switch (requirement.operator) {
      case 'In':
      case 'NotIn':
        if ((requirement.values ?? []).length === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
        break;
      case 'Exists':
      case 'DoesNotExist':
        if ((requirement.values ?? []).length > 0) errors.push(forbidden(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
        break;
      default:
        errors.push(invalid(`${at}.operator`, requirement.operator, 'not a valid selector operator'));
    }
    checkText(errors, requirement.key, `${at}.key`, isQualifiedName);
    requirement.values?.forEach((value, at2) => checkText(errors, value, `${at}.values[${at2}]`, isValidLabelValue));
  });
}

export const isEmptySelector = (selector: LabelSelector | undefined): boolean =>
  selector === undefined || (Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0);
