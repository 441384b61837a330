// What a server does to bootstrap roles and bindings that are there already: what somebody took away comes back, what somebody added stays.
// An object whose annotation rbac.authorization.kubernetes.io/autoupdate is "false" is left alone (k8s.io/component-helpers/auth/rbac/reconciliation).
import { sameJson } from '../../../api/meta/equality.ts';
import { missingRules } from '../rbac/escalation.ts';
import type { PolicyRule } from '../rbac/rbac-authorizer.ts';
import type { BootstrapObject } from './objects.ts';

const autoUpdate = 'rbac.authorization.kubernetes.io/autoupdate';

/** The object as it should be; undefined when it is fine. */
export function reconciled(existing: BootstrapObject, wanted: BootstrapObject): BootstrapObject | undefined {
  if (existing.metadata.annotations?.[autoUpdate] === 'false') return undefined;
  const labels = { ...existing.metadata.labels, ...wanted.metadata.labels };
  const annotations = { ...wanted.metadata.annotations, ...existing.metadata.annotations };
  const content = wanted['roleRef'] === undefined ? roleContent(existing, wanted) : bindingContent(existing, wanted);
  if (Object.keys(content).length === 0 && sameJson(labels, existing.metadata.labels ?? {}) && sameJson(annotations, existing.metadata.annotations ?? {})) return undefined;
  return { ...existing, ...content, metadata: { ...existing.metadata, labels, annotations } };
}

/** A binding's role cannot be changed: it has to be made anew. */
export const mustBeReplaced = (existing: BootstrapObject, wanted: BootstrapObject): boolean => wanted['roleRef'] !== undefined && existing.metadata.annotations?.[autoUpdate] !== 'false' && !sameJson(existing['roleRef'], wanted['roleRef']);

function roleContent(existing: BootstrapObject, wanted: BootstrapObject): Partial<BootstrapObject> {
  if (wanted['aggregationRule'] !== undefined) {
    const selectorsOf = (role: BootstrapObject): readonly object[] => (role['aggregationRule'] as { readonly clusterRoleSelectors?: readonly object[] } | undefined)?.clusterRoleSelectors ?? [];
    const missing = selectorsOf(wanted).filter((selector) => !selectorsOf(existing).some((each) => sameJson(each, selector)));
    return missing.length === 0 ? {} : { aggregationRule: { clusterRoleSelectors: [...selectorsOf(existing), ...missing] } };
  }
  const rules = (existing['rules'] as readonly PolicyRule[] | null | undefined) ?? [];
  const missing = missingRules(rules, wanted['rules'] as readonly PolicyRule[]);
  return missing.length === 0 ? {} : { rules: [...rules, ...missing] };
}

function bindingContent(existing: BootstrapObject, wanted: BootstrapObject): Partial<BootstrapObject> {
  const subjectsOf = (binding: BootstrapObject): readonly object[] => (binding['subjects'] as readonly object[] | undefined) ?? [];
  const missing = subjectsOf(wanted).filter((subject) => !subjectsOf(existing).some((each) => sameJson(each, subject)));
  return missing.length === 0 ? {} : { subjects: [...subjectsOf(existing), ...missing] };
}
