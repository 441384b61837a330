// Writing roles and bindings: who may not `escalate` or `bind` grants only what he holds.
import type { Task } from '../../../kernel/task.ts';
import type { ApiRequest } from '../registry/request.ts';
import { sameValue } from '../registry/request.ts';
import type { KindHooks, Target } from '../registry/rest-store.ts';
import type { Authorizer } from '../stages/authorize.ts';
import { mastersGroup } from '../stages/user.ts';
import { forbidden, notFound } from '../status.ts';
import { keyFor } from '../storage/collections.ts';
import type { Storage } from '../storage/storage.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { escalationProblem } from './escalation.ts';
import type { PolicyRule } from './rbac-authorizer.ts';

const group = 'rbac.authorization.k8s.io';
const fullAuthority: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];
type Rules = readonly PolicyRule[] | null | undefined;
const rulesOf = (role: StoredObject | undefined): readonly PolicyRule[] => (role?.['rules'] as Rules) ?? [];

export class RoleGuard {
  private readonly authorizer: Authorizer;
  private readonly storage: Storage;

  constructor(authorizer: Authorizer, storage: Storage) {
    this.authorizer = authorizer;
    this.storage = storage;
  }

  /** For Role and ClusterRole. */
  readonly roles: KindHooks = { authorize: (request, target, object, old) => this.checkRole(request, target, object, old) };
  /** For RoleBinding and ClusterRoleBinding. */
  readonly bindings: KindHooks = { authorize: (request, target, object, old) => this.checkBinding(request, target, object, old) };

  private *checkRole(request: ApiRequest, target: Target, role: StoredObject, old: StoredObject | undefined): Task<void> {
    const { resource } = target.resource.declaration;
    if (isExempt(request) || onlyMetadata(role, old) || this.may(request, 'escalate', resource, target.namespace, role.metadata.name)) return;
    const held = this.authorizer.rulesFor(request.user, target.namespace);
    const problem = escalationProblem(request.user, held, rulesOf(role));
    if (problem !== undefined) throw forbidden({ group, resource }, role.metadata.name, problem);
    // An aggregation rule may gather anything.
    if (role['aggregationRule'] !== undefined && escalationProblem(request.user, held, fullAuthority) !== undefined) throw forbidden({ group, resource }, role.metadata.name, 'must have cluster-admin privileges to use the aggregationRule');
  }

  private *checkBinding(request: ApiRequest, target: Target, binding: StoredObject, old: StoredObject | undefined): Task<void> {
    const { resource } = target.resource.declaration;
    if (isExempt(request) || onlyMetadata(binding, old)) return;
    const ref = (binding['roleRef'] ?? {}) as { readonly kind?: string; readonly name?: string };
    const roles = ref.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
    const name = ref.name ?? '';
    if (this.may(request, 'bind', roles, target.namespace, name)) return;
    const role = yield* this.storage.get(keyFor(roles, roles === 'roles' ? target.namespace : '', name));
    if (role === undefined) throw notFound({ group, resource: roles }, name);
    const problem = escalationProblem(request.user, this.authorizer.rulesFor(request.user, target.namespace), rulesOf(role));
    if (problem !== undefined) throw forbidden({ group, resource }, binding.metadata.name, problem);
  }

  private may({ user }: ApiRequest, verb: string, resource: string, namespace: string, name: string): boolean {
    return this.authorizer.authorize({ user, verb, isResource: true, group, resource, subresource: '', namespace, name, path: '' }).allowed;
  }
}

const isExempt = ({ user }: ApiRequest): boolean => user.groups.includes(mastersGroup);

/** What the garbage collector changes (owners, finalizers) grants nothing. */
function onlyMetadata(next: StoredObject, old: StoredObject | undefined): boolean {
  if (old === undefined) return false;
  const { ownerReferences: _a, finalizers: _b, managedFields: _c, ...mine } = next.metadata;
  const { ownerReferences: _d, finalizers: _e, managedFields: _f, ...theirs } = old.metadata;
  return sameValue({ ...next, metadata: mine }, { ...old, metadata: theirs });
}
