// Reviews: questions to the API server about who one is and what one may do. They are answered, never stored.
import type { FieldError } from '../contract.ts';
import { declareKind } from '../kind.ts';
import type { ApiObject } from '../meta/object.ts';
import { invalid, required, type FieldErrors } from '../validation/field-error.ts';

type Review = ApiObject & { readonly spec?: { readonly resourceAttributes?: object; readonly nonResourceAttributes?: object; readonly user?: string; readonly groups?: readonly string[]; readonly token?: string; readonly namespace?: string } };

const review = (group: string, kind: string, resource: string, namespaced: boolean, validate: (review: Review) => readonly FieldError[]) => {
  const declared = declareKind<Review>({
    group,
    kind,
    resource,
    namespaced,
    verbs: ['create'],
    storagePrefix: resource,
    definition: `io.k8s.api.${group.slice(0, group.indexOf('.'))}.v1.${kind}`,
    validate,
  });
  // They have no name to check.
  return { ...declared, validate };
};

function checkAttributes(spec: Review['spec']): FieldErrors {
  const errors: FieldErrors = [];
  if (spec?.resourceAttributes !== undefined && spec.nonResourceAttributes !== undefined) errors.push(invalid('spec.nonResourceAttributes', spec.nonResourceAttributes, 'cannot be specified in combination with resourceAttributes'));
  if (spec?.resourceAttributes === undefined && spec?.nonResourceAttributes === undefined) errors.push(invalid('spec.resourceAttributes', spec?.nonResourceAttributes ?? null, 'exactly one of nonResourceAttributes or resourceAttributes must be specified'));
  return errors;
}

function checkSubject(spec: Review['spec']): FieldErrors {
  const errors = checkAttributes(spec);
  if (!spec?.user && (spec?.groups ?? []).length === 0) errors.push(invalid('spec.user', spec?.user ?? '', 'at least one of user or group must be specified'));
  return errors;
}

export const reviewKinds = [
  review('authentication.k8s.io', 'SelfSubjectReview', 'selfsubjectreviews', false, () => []),
  review('authentication.k8s.io', 'TokenReview', 'tokenreviews', false, ({ spec }) => (spec?.token ? [] : [required('spec.token')])),
  review('authorization.k8s.io', 'LocalSubjectAccessReview', 'localsubjectaccessreviews', true, ({ spec }) => checkSubject(spec)),
  review('authorization.k8s.io', 'SelfSubjectAccessReview', 'selfsubjectaccessreviews', false, ({ spec }) => checkAttributes(spec)),
  review('authorization.k8s.io', 'SelfSubjectRulesReview', 'selfsubjectrulesreviews', false, () => []),
  review('authorization.k8s.io', 'SubjectAccessReview', 'subjectaccessreviews', false, ({ spec }) => checkSubject(spec)),
];
