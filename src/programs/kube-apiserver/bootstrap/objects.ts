// The objects that an API server makes sure exist in every cluster: system namespaces, roles and bindings, priority classes, flow control.
import type { ApiObject, Json } from '../../../api/meta/object.ts';
import type { PolicyRule } from '../rbac/rbac-authorizer.ts';
import { clusterRoleDeclarations, type RoleDeclaration } from './cluster-roles.ts';
import { controllerRoles } from './controller-roles.ts';
import { coordination, core, follow, may, mayNamed, read, recordEvents } from './rules.ts';

export type BootstrapObject = ApiObject & { readonly [field: string]: unknown };

const rbacMeta = (name: string, namespace?: string, labels: Readonly<Record<string, string>> = {}) => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults', ...labels },
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
});
const rbacVersion = 'rbac.authorization.k8s.io/v1';

export const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const;

export function namespaceObject(name: string): BootstrapObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

export function clusterRoles(): readonly BootstrapObject[] {
  const controllers = Object.entries(controllerRoles).map(([name, rules]): RoleDeclaration => ({ name: `system:controller:${name}`, rules }));
  return [...clusterRoleDeclarations, ...controllers].map((role) => ({
    apiVersion: rbacVersion,
    kind: 'ClusterRole',
    metadata: rbacMeta(role.name, undefined, role.lendsTo === undefined ? {} : { [`rbac.authorization.k8s.io/aggregate-to-${role.lendsTo}`]: 'true' }),
    ...(role.gathers === undefined ? { rules: role.rules } : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [`rbac.authorization.k8s.io/aggregate-to-${role.gathers}`]: 'true' } }] }, rules: null }),
  }));
}

type Subject = { readonly kind: string; readonly name: string; readonly namespace?: string; readonly apiGroup?: string };
/** `group:x`, `user:x` or `namespace/serviceaccount` */
function subject(text: string): Subject {
  const slash = text.indexOf('/');
  if (text.startsWith('group:')) return { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: text.slice(6) };
  if (text.startsWith('user:')) return { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: text.slice(5) };
  return { kind: 'ServiceAccount', name: text.slice(slash + 1), namespace: text.slice(0, slash) };
}

function binding(kind: 'ClusterRoleBinding' | 'RoleBinding', name: string, role: { kind: string; name: string }, subjects: readonly string[], namespace?: string): BootstrapObject {
  return {
    apiVersion: rbacVersion,
    kind,
    metadata: rbacMeta(name, namespace),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: role.kind, name: role.name },
    ...(subjects.length === 0 ? {} : { subjects: subjects.map(subject) }),
  };
}

const clusterBindings: Readonly<Record<string, readonly string[]>> = {
  'cluster-admin': ['group:system:masters'],
  'system:monitoring': ['group:system:monitoring'],
  'system:discovery': ['group:system:authenticated'],
  'system:basic-user': ['group:system:authenticated'],
  'system:public-info-viewer': ['group:system:authenticated', 'group:system:unauthenticated'],
  'system:node-proxier': ['user:system:kube-proxy'],
  'system:kube-controller-manager': ['user:system:kube-controller-manager'],
  'system:kube-dns': ['kube-system/kube-dns'],
  'system:kube-scheduler': ['user:system:kube-scheduler'],
  'system:volume-scheduler': ['user:system:kube-scheduler'],
  'system:service-account-issuer-discovery': ['group:system:serviceaccounts'],
  'system:node': [],
};

export function clusterRoleBindings(): readonly BootstrapObject[] {
  const named = Object.entries(clusterBindings).map(([name, subjects]) => binding('ClusterRoleBinding', name, { kind: 'ClusterRole', name }, subjects));
  const controllers = Object.keys(controllerRoles).map((name) => {
    const full = `system:controller:${name}`;
    return binding('ClusterRoleBinding', full, { kind: 'ClusterRole', name: full }, [`kube-system/${name}`]);
  });
  return [...named, ...controllers];
}

/** Leader election: an object of one's own, and candidates. */
const locks = ['leases', 'leasecandidates'].map((resource) => may(['create', ...read, 'update'], coordination, resource));
/** namespace, role, rules, binding's name (default the role's) and subjects. */
const namespacedRoles: readonly { namespace: string; name: string; rules: readonly PolicyRule[]; binding?: string; subjects: readonly string[] }[] = [
  { namespace: 'kube-public', name: 'system:controller:bootstrap-signer', rules: [may(read, core, 'configmaps'), mayNamed('update', core, 'configmaps', 'cluster-info'), recordEvents], subjects: ['kube-system/bootstrap-signer'] },
  { namespace: 'kube-system', name: 'extension-apiserver-authentication-reader', rules: [mayNamed(read, core, 'configmaps', 'extension-apiserver-authentication')], binding: 'system::extension-apiserver-authentication-reader', subjects: ['user:system:kube-controller-manager', 'user:system:kube-scheduler'] },
  { namespace: 'kube-system', name: 'system::leader-locking-kube-controller-manager', rules: locks, subjects: ['user:system:kube-controller-manager', 'kube-system/kube-controller-manager', 'kube-system/leader-election-controller'] },
  { namespace: 'kube-system', name: 'system::leader-locking-kube-scheduler', rules: locks, subjects: ['user:system:kube-scheduler', 'kube-system/kube-scheduler'] },
  { namespace: 'kube-system', name: 'system:controller:bootstrap-signer', rules: [may(read, core, 'secrets')], subjects: ['kube-system/bootstrap-signer'] },
  { namespace: 'kube-system', name: 'system:controller:cloud-provider', rules: [may(['create', ...read], core, 'configmaps')], subjects: ['kube-system/cloud-provider'] },
  { namespace: 'kube-system', name: 'system:controller:token-cleaner', rules: [may(['delete', 'get', ...follow], core, 'secrets'), recordEvents], subjects: ['kube-system/token-cleaner'] },
];

export function roles(): readonly BootstrapObject[] {
  return namespacedRoles.map(({ namespace, name, rules }) => ({ apiVersion: rbacVersion, kind: 'Role', metadata: rbacMeta(name, namespace), rules }));
}

export function roleBindings(): readonly BootstrapObject[] {
  return namespacedRoles.map((each) => binding('RoleBinding', each.binding ?? each.name, { kind: 'Role', name: each.name }, each.subjects, each.namespace));
}

export function priorityClasses(): readonly BootstrapObject[] {
  const make = (name: string, value: number, description: string): BootstrapObject => ({ apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name }, value, description, preemptionPolicy: 'PreemptLowerPriority' });
  return [
    make('system-node-critical', 2_000_001_000, 'Used for system critical pods that must not be moved from their current node.'),
    make('system-cluster-critical', 2_000_000_000, 'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.'),
  ];
}

const flowVersion = 'flowcontrol.apiserver.k8s.io/v1';
const flowMeta = (name: string) => ({ name, annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' } });

/** name, shares, lendable %, and [queues, hand size, queue length] or rejection. */
const levels: readonly (readonly [string, number, number, readonly [number, number, number] | undefined])[] = [
  ['catch-all', 5, 0, undefined],
  ['system', 30, 33, [64, 6, 50]],
  ['node-high', 40, 25, [64, 6, 50]],
  ['leader-election', 10, 0, [16, 4, 50]],
  ['workload-high', 40, 50, [128, 6, 50]],
  ['workload-low', 100, 90, [128, 6, 50]],
  ['global-default', 20, 50, [128, 6, 50]],
];

export function priorityLevels(): readonly BootstrapObject[] {
  const exempt: BootstrapObject = { apiVersion: flowVersion, kind: 'PriorityLevelConfiguration', metadata: flowMeta('exempt'), spec: { exempt: { lendablePercent: 0, nominalConcurrencyShares: 0 }, type: 'Exempt' } };
  const limited = levels.map(([name, nominalConcurrencyShares, lendablePercent, queues]): BootstrapObject => {
    const limitResponse = queues === undefined ? { type: 'Reject' } : { queuing: { queues: queues[0], handSize: queues[1], queueLengthLimit: queues[2] }, type: 'Queue' };
    return { apiVersion: flowVersion, kind: 'PriorityLevelConfiguration', metadata: flowMeta(name), spec: { limited: { lendablePercent, limitResponse, nominalConcurrencyShares }, type: 'Limited' } };
  });
  return [exempt, ...limited];
}

const everyPath = { nonResourceRules: [{ nonResourceURLs: ['*'], verbs: ['*'] }] };
const everything = { ...everyPath, resourceRules: [{ apiGroups: ['*'], clusterScope: true, namespaces: ['*'], resources: ['*'], verbs: ['*'] }] };
const group = (name: string) => ({ group: { name }, kind: 'Group' });
const user = (name: string) => ({ kind: 'User', user: { name } });
const account = (namespace: string, name: string) => ({ kind: 'ServiceAccount', serviceAccount: { name, namespace } });
const everybody = [group('system:unauthenticated'), group('system:authenticated')];
const leases = { apiGroups: ['coordination.k8s.io'], namespaces: ['*'], resources: ['leases'] };

/** name, precedence, level, distinguisher, rule, subjects. */
const schemas: readonly (readonly [string, number, string, 'ByUser' | 'ByNamespace' | '', Json | object, readonly object[]])[] = [
  ['exempt', 1, 'exempt', '', everything, [group('system:masters')]],
  ['probes', 2, 'exempt', '', { nonResourceRules: [{ nonResourceURLs: ['/healthz', '/readyz', '/livez'], verbs: ['get'] }] }, everybody],
  ['system-leader-election', 100, 'leader-election', 'ByUser', { resourceRules: [{ ...leases, verbs: ['get', 'create', 'update'] }] }, [user('system:kube-controller-manager'), user('system:kube-scheduler'), account('kube-system', '*')]],
  ['system-node-high', 400, 'node-high', 'ByUser', { resourceRules: [{ apiGroups: [''], clusterScope: true, namespaces: ['*'], resources: ['nodes', 'nodes/status'], verbs: ['*'] }, { ...leases, verbs: ['*'] }] }, [group('system:nodes')]],
  ['system-nodes', 500, 'system', 'ByUser', everything, [group('system:nodes')]],
  ['kube-controller-manager', 800, 'workload-high', 'ByNamespace', everything, [user('system:kube-controller-manager')]],
  ['kube-scheduler', 800, 'workload-high', 'ByNamespace', everything, [user('system:kube-scheduler')]],
  ['kube-system-service-accounts', 900, 'workload-high', 'ByNamespace', everything, [account('kube-system', '*')]],
  ['service-accounts', 9000, 'workload-low', 'ByUser', everything, [group('system:serviceaccounts')]],
  ['global-default', 9900, 'global-default', 'ByUser', everything, everybody],
  ['catch-all', 10_000, 'catch-all', 'ByUser', everything, everybody],
];

export function flowSchemas(): readonly BootstrapObject[] {
  return schemas.map(([name, matchingPrecedence, level, distinguisher, rule, subjects]) => ({
    apiVersion: flowVersion,
    kind: 'FlowSchema',
    metadata: flowMeta(name),
    spec: {
      ...(distinguisher === '' ? {} : { distinguisherMethod: { type: distinguisher } }),
      matchingPrecedence,
      priorityLevelConfiguration: { name: level },
      rules: [{ ...(rule as object), subjects }],
    },
  }));
}

/** Group minimum and version priority of each API service. */
export const apiServicePriorities: Readonly<Record<string, readonly [number, number]>> = {
  '/v1': [18_000, 1],
  'apps/v1': [17_800, 15],
  'events.k8s.io/v1': [17_750, 15],
  'authentication.k8s.io/v1': [17_700, 15],
  'authorization.k8s.io/v1': [17_600, 15],
  'autoscaling/v1': [17_500, 15],
  'autoscaling/v2': [17_500, 30],
  'batch/v1': [17_400, 15],
  'certificates.k8s.io/v1': [17_300, 15],
  'networking.k8s.io/v1': [17_200, 15],
  'policy/v1': [17_100, 15],
  'rbac.authorization.k8s.io/v1': [17_000, 15],
  'storage.k8s.io/v1': [16_800, 15],
  'apiextensions.k8s.io/v1': [16_700, 15],
  'admissionregistration.k8s.io/v1': [16_700, 15],
  'scheduling.k8s.io/v1': [16_600, 15],
  'coordination.k8s.io/v1': [16_500, 15],
  'node.k8s.io/v1': [16_300, 15],
  'discovery.k8s.io/v1': [16_200, 15],
  'resource.k8s.io/v1': [16_200, 21],
  'flowcontrol.apiserver.k8s.io/v1': [16_100, 21],
};
