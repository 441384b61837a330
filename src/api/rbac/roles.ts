// Role, ClusterRole and their bindings: who may do what.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill, mapField, mapSame } from '../kind.ts';
import { age } from '../printing/cells.ts';
import { forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { sameJson } from '../meta/equality.ts';
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from './types.ts';

const group = 'rbac.authorization.k8s.io';

function validateRules(errors: FieldErrors, rules: readonly PolicyRule[] | undefined | null, namespaced: boolean): void {
  rules?.forEach((rule, index) => {
    const at = `rules[${index}]`;
    if ((rule.verbs ?? []).length === 0) errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
    if ((rule.nonResourceURLs ?? []).length > 0) {
      if (namespaced) errors.push(invalid(`${at}.nonResourceURLs`, rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
      if ((rule.apiGroups ?? []).length > 0 || (rule.resources ?? []).length > 0 || (rule.resourceNames ?? []).length > 0) {
        errors.push(invalid(`${at}.nonResourceURLs`, rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'));
      }
      return;
    }
    if ((rule.apiGroups ?? []).length === 0) errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
    if ((rule.resources ?? []).length === 0) errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
  });
}

const shared = { group, nameRule: 'path-segment' } as const;

export const roleKind = declareKind<Role>({
  ...shared,
  kind: 'Role',
  resource: 'roles',
  storagePrefix: 'roles',
  definition: 'io.k8s.api.rbac.v1.Role',
  validate: (role) => {
    const errors: FieldErrors = [];
    validateRules(errors, role.rules, true);
    return errors;
  },
});

export const clusterRoleKind = declareKind<ClusterRole>({
  ...shared,
  kind: 'ClusterRole',
  resource: 'clusterroles',
  namespaced: false,
  storagePrefix: 'clusterroles',
  definition: 'io.k8s.api.rbac.v1.ClusterRole',
  validate: (role) => {
    const errors: FieldErrors = [];
    validateRules(errors, role.rules, false);
    if (role.aggregationRule !== undefined && (role.aggregationRule.clusterRoleSelectors ?? []).length === 0) errors.push(required('aggregationRule.clusterRoleSelectors', 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
    return errors;
  },
});

type AnyBinding = RoleBinding | ClusterRoleBinding;

function defaultSubject(subject: Subject): Subject {
  return subject.kind === 'User' || subject.kind === 'Group' ? fill(subject, { apiGroup: group }) : subject;
}

function defaultBinding<B extends AnyBinding>(binding: B): B {
  let next: AnyBinding = binding;
  if (next.roleRef !== undefined && !next.roleRef.apiGroup) next = { ...next, roleRef: { ...next.roleRef, apiGroup: group } };
  return mapField(next, 'subjects', (subjects) => mapSame(subjects, defaultSubject)) as B;
}

function validateBinding(binding: AnyBinding, roles: readonly string[], namespaced: boolean): readonly FieldError[] {
  const errors: FieldErrors = [];
  const ref = binding.roleRef ?? { apiGroup: '', kind: '', name: '' };
  if (ref.apiGroup !== group) errors.push(notSupported('roleRef.apiGroup', ref.apiGroup ?? '', [group]));
  if (!roles.includes(ref.kind)) errors.push(notSupported('roleRef.kind', ref.kind ?? '', roles));
  if (!ref.name) errors.push(required('roleRef.name'));
  binding.subjects?.forEach((subject, index) => {
    const at = `subjects[${index}]`;
    if (!subject.name) errors.push(required(`${at}.name`));
    if (subject.kind === 'ServiceAccount') {
      if (subject.apiGroup) errors.push(notSupported(`${at}.apiGroup`, subject.apiGroup, ['']));
      if (!namespaced && !subject.namespace) errors.push(required(`${at}.namespace`));
    } else if (subject.kind === 'User' || subject.kind === 'Group') {
      if (subject.apiGroup !== group) errors.push(notSupported(`${at}.apiGroup`, subject.apiGroup ?? '', [group]));
    } else errors.push(notSupported(`${at}.kind`, subject.kind, ['ServiceAccount', 'User', 'Group']));
    if (subject.kind !== 'ServiceAccount' && subject.namespace) errors.push(forbidden(`${at}.namespace`, `may not be set for kind ${subject.kind}`));
  });
  return errors;
}

function validateBindingUpdate(next: AnyBinding, old: AnyBinding, roles: readonly string[], namespaced: boolean): readonly FieldError[] {
  const errors = [...validateBinding(next, roles, namespaced)];
  if (!sameJson(next.roleRef, old.roleRef)) errors.push(invalid('roleRef', next.roleRef, 'cannot change roleRef'));
  return errors;
}

const named = (binding: AnyBinding, kind: string): string =>
  (binding.subjects ?? []).filter((subject) => subject.kind === kind).map((subject) => (kind === 'ServiceAccount' ? `${subject.namespace ?? ''}/${subject.name}` : subject.name)).join(', ');

const bindingColumns = columns('Name Role Age', 'Users Groups ServiceAccounts');
const bindingRow = (binding: AnyBinding, nowMs: number): readonly string[] => [
  binding.metadata.name,
  `${binding.roleRef?.kind}/${binding.roleRef?.name}`,
  age(binding, nowMs),
  named(binding, 'User'),
  named(binding, 'Group'),
  named(binding, 'ServiceAccount'),
];

export const roleBindingKind = declareKind<RoleBinding>({
  ...shared,
  kind: 'RoleBinding',
  resource: 'rolebindings',
  storagePrefix: 'rolebindings',
  definition: 'io.k8s.api.rbac.v1.RoleBinding',
  defaults: (binding) => {
    // A service account of the binding's own namespace may be named without it.
    const next = defaultBinding(binding);
    return mapField(next, 'subjects', (subjects) => mapSame(subjects, (subject) => (subject.kind === 'ServiceAccount' && binding.metadata.namespace !== undefined ? fill(subject, { namespace: binding.metadata.namespace }) : subject)));
  },
  validate: (binding) => validateBinding(binding, ['Role', 'ClusterRole'], true),
  validateUpdate: (next, old) => validateBindingUpdate(next, old, ['Role', 'ClusterRole'], true),
  columns: bindingColumns,
  row: bindingRow,
});

export const clusterRoleBindingKind = declareKind<ClusterRoleBinding>({
  ...shared,
  kind: 'ClusterRoleBinding',
  resource: 'clusterrolebindings',
  namespaced: false,
  storagePrefix: 'clusterrolebindings',
  definition: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  defaults: defaultBinding,
  validate: (binding) => validateBinding(binding, ['ClusterRole'], false),
  validateUpdate: (next, old) => validateBindingUpdate(next, old, ['ClusterRole'], false),
  columns: bindingColumns,
  row: bindingRow,
});
