// ClusterRoles with an aggregation rule (admin, edit, view) get the rules of all roles that its selectors match.
import { canonicalText } from '../../../api/meta/hash.ts';
import { matchesSelector, toSelector, type LabelSelector } from '../../../api/meta/labels.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { isNotFound } from '../../../client/api-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs } from '../shared/objects.ts';

interface ClusterRole extends ApiObject {
  readonly rules?: readonly object[] | null;
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelector[] };
}

export function startClusterRoleAggregationController(context: ControllerContext): void {
  const client = context.client('clusterrole-aggregation-controller');
  const roles = context.informer<ClusterRole>(refs.clusterRoles);
  const queue = context.queue('ClusterRoleAggregator');
  roles.onChange(() => {
    for (const role of roles.list()) if (role.aggregationRule !== undefined) queue.add(role.metadata.name);
  });

  function* reconcile(name: string): Task<void> {
    const role = roles.get(name);
    if (role?.aggregationRule === undefined) return;
    const rules: object[] = [];
    const seen = new Set<string>();
    for (const selector of role.aggregationRule.clusterRoleSelectors ?? []) {
      const matching = roles.list().filter(({ metadata }) => metadata.name !== name && matchesSelector(toSelector(selector), metadata.labels));
      for (const other of matching.sort((left, right) => (left.metadata.name < right.metadata.name ? -1 : 1))) {
        for (const rule of other.rules ?? []) {
          const text = canonicalText(rule);
          if (!seen.has(text)) rules.push(rule);
          seen.add(text);
        }
      }
    }
    if (canonicalText(role.rules ?? []) === canonicalText(rules)) return;
    try {
      yield* client.update<ClusterRole>(refs.clusterRoles, '', { ...role, apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', rules });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  context.start({ name: 'clusterrole-aggregation', queue, workers: 5, needs: [roles], reconcile });
}
