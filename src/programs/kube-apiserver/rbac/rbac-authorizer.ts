// RBAC: which rules reach this user, through cluster role bindings everywhere and role bindings in a namespace.
import type { Collections } from '../storage/collections.ts';
import type { WatchCache } from '../storage/watch-cache.ts';
import { serviceAccountOf, type User } from '../stages/user.ts';

export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export interface Attributes {
  readonly user: User;
  readonly verb: string;
  readonly isResource: boolean;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly path: string;
  readonly fieldSelector?: string | undefined;
}

export type Decision = { readonly allowed: true; readonly reason: string } | { readonly allowed: false; readonly reason: string };

interface Subject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}
interface Binding {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly subjects?: readonly Subject[];
  readonly roleRef: { readonly kind: string; readonly name: string };
}
interface Filed {
  readonly binding: Binding;
  readonly subject: Subject;
}
/** A rule with where it comes from. */
export interface ReachedRule {
  readonly rule: PolicyRule;
  readonly why: string;
}

export class RbacAuthorizer {
  private readonly clusterBindings: WatchCache;
  private readonly bindings: WatchCache;
  private readonly clusterRoles: WatchCache;
  private readonly roles: WatchCache;
  private generation = -1;
  private clusterIndex = new Map<string, Filed[]>();
  private namespaceIndex = new Map<string, Map<string, Filed[]>>();
  private memo = new Map<string, readonly ReachedRule[]>();

  constructor(collections: Collections) {
    this.clusterBindings = collections.cache('clusterrolebindings');
    this.bindings = collections.cache('rolebindings');
    this.clusterRoles = collections.cache('clusterroles');
    this.roles = collections.cache('roles');
  }

  get caches(): readonly WatchCache[] {
    return [this.clusterBindings, this.bindings, this.clusterRoles, this.roles];
  }

  authorize(attributes: Attributes): Decision {
    const { user } = attributes;
    const problems: string[] = [];
    for (const each of this.reach(user, '')) if (ruleAllows(each.rule, attributes)) return { allowed: true, reason: each.why };
    if (attributes.namespace !== '') for (const each of this.reach(user, attributes.namespace)) if (ruleAllows(each.rule, attributes)) return { allowed: true, reason: each.why };
    problems.push(...this.missingRoles(user, ''));
    if (attributes.namespace !== '') problems.push(...this.missingRoles(user, attributes.namespace));
    return { allowed: false, reason: problems.length === 0 ? '' : `RBAC: ${problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`}` };
  }

  /** All rules of a user that hold in a namespace ('' for those that hold everywhere). */
  rulesFor(user: User, namespace: string): readonly PolicyRule[] {
    const everywhere = this.reach(user, '');
    const local = namespace === '' ? [] : this.reach(user, namespace);
    return [...everywhere, ...local].map((each) => each.rule);
  }

  private reach(user: User, namespace: string): readonly ReachedRule[] {
    this.refresh();
    const key = `${namespace}\n${user.name}\n${user.groups.join('\n')}`;
    let reached = this.memo.get(key);
    if (reached === undefined) {
      reached = this.filedFor(user, namespace).flatMap((filed) => {
        const { binding, subject } = filed;
        const rules = this.rulesOf(binding) ?? [];
        const where = namespace === '' ? `ClusterRoleBinding "${binding.metadata.name}"` : `RoleBinding "${binding.metadata.name}/${namespace}"`;
        const whom = subject.kind === 'ServiceAccount' ? `ServiceAccount "${subject.name}/${subject.namespace ?? namespace}"` : `${subject.kind} "${subject.name}"`;
        const why = `RBAC: allowed by ${where} of ${binding.roleRef.kind} "${binding.roleRef.name}" to ${whom}`;
        return rules.map((rule) => ({ rule, why }));
      });
      if (this.memo.size > 2000) this.memo.clear();
      this.memo.set(key, reached);
    }
    return reached;
  }

  private missingRoles(user: User, namespace: string): string[] {
    return this.filedFor(user, namespace)
      .filter((filed) => this.rulesOf(filed.binding) === undefined)
      .map(({ binding }) => `${binding.roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io "${binding.roleRef.name}" not found`);
  }

  private rulesOf(binding: Binding): readonly PolicyRule[] | undefined {
    const { kind, name } = binding.roleRef;
    const role = kind === 'ClusterRole' ? this.clusterRoles.get(`/registry/clusterroles/${name}`) : this.roles.get(`/registry/roles/${binding.metadata.namespace ?? ''}/${name}`);
    return role === undefined ? undefined : ((role as { rules?: readonly PolicyRule[] | null }).rules ?? []);
  }

  private filedFor(user: User, namespace: string): readonly Filed[] {
    const index = namespace === '' ? this.clusterIndex : this.namespaceIndex.get(namespace);
    if (index === undefined) return [];
    const found: Filed[] = [...(index.get(`User ${user.name}`) ?? [])];
    for (const group of user.groups) found.push(...(index.get(`Group ${group}`) ?? []));
    const account = serviceAccountOf(user.name);
    if (account !== undefined) found.push(...(index.get(`ServiceAccount ${account.namespace}/${account.name}`) ?? []));
    return found;
  }

  private refresh(): void {
    const generation = this.clusterBindings.generation + this.bindings.generation + this.clusterRoles.generation + this.roles.generation;
    if (generation === this.generation) return;
    this.generation = generation;
    this.memo = new Map();
    this.clusterIndex = new Map();
    this.namespaceIndex = new Map();
    for (const object of this.clusterBindings.values()) fileBinding(this.clusterIndex, object as unknown as Binding, '');
    for (const object of this.bindings.values()) {
      const namespace = object.metadata.namespace ?? '';
      let index = this.namespaceIndex.get(namespace);
      if (index === undefined) this.namespaceIndex.set(namespace, (index = new Map()));
      fileBinding(index, object as unknown as Binding, namespace);
    }
  }
}

function fileBinding(index: Map<string, Filed[]>, binding: Binding, namespace: string): void {
  for (const subject of binding.subjects ?? []) {
    const key = subject.kind === 'ServiceAccount' ? `ServiceAccount ${subject.namespace ?? namespace}/${subject.name}` : `${subject.kind} ${subject.name}`;
    const list = index.get(key);
    if (list === undefined) index.set(key, [{ binding, subject }]);
    else list.push({ binding, subject });
  }
}

const has = (values: readonly string[] | undefined, wanted: string): boolean => values !== undefined && (values.includes('*') || values.includes(wanted));

export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (!attributes.isResource) return (rule.nonResourceURLs ?? []).some((url) => url === '*' || url === attributes.path || (url.endsWith('*') && attributes.path.startsWith(url.slice(0, -1))));
  if (!has(rule.apiGroups, attributes.group) || rule.resources === undefined) return false;
  const combined = attributes.subresource === '' ? attributes.resource : `${attributes.resource}/${attributes.subresource}`;
  const resources = rule.resources;
  if (!resources.includes('*') && !resources.includes(combined) && !(attributes.subresource !== '' && resources.includes(`*/${attributes.subresource}`))) return false;
  return rule.resourceNames === undefined || rule.resourceNames.length === 0 || rule.resourceNames.includes(attributes.name);
}
