// The cluster roles that every cluster starts with: those for people, for components, and for those who are not known yet. Controllers' own are in
// controller-roles.ts.
import type { PolicyRule } from '../rbac/rbac-authorizer.ts';
import {
  any, apps, authentication, authorization, autoscaling, batch, certificates, change, coordination, core, discovery, dynamic, extensions, follow, full, may, mayNamed, mayVisit, networking, nodeGroup, parts, policy, rbac, read,
  recordEvents, storage, withScale, withScaleAndStatus, withStatus, write, eventsGroup,
} from './rules.ts';

export interface RoleDeclaration {
  readonly name: string;
  readonly rules: readonly PolicyRule[];
  /** Gathers the rules of the roles that lend to it; the controller manager fills it in. */
  readonly gathers?: string;
  readonly lendsTo?: string;
}

const role = (name: string, ...rules: readonly PolicyRule[]): RoleDeclaration => ({ name, rules });
const gathering = (name: string, lendsTo?: string): RoleDeclaration => ({ name, rules: [], gathers: name, ...(lendsTo === undefined ? {} : { lendsTo }) });
const lending = (to: string, ...rules: readonly PolicyRule[]): RoleDeclaration => ({ name: `system:aggregate-to-${to}`, rules, lendsTo: to });

// ---------------------------------------------------------------- people: view < edit < admin < cluster-admin

const podStreams = parts('pods', 'attach', 'exec', 'portforward', 'proxy');
const replicated = ['deployments', 'replicasets', 'statefulsets'];
const claims = ['resourceclaims', 'resourceclaimtemplates'];

const viewRules = [
  may(read, core, 'configmaps', 'endpoints', ...withStatus('persistentvolumeclaims'), 'pods', ...withScale('replicationcontrollers'), 'serviceaccounts', ...withStatus('services')),
  may(read, core, 'bindings', 'limitranges', 'namespaces/status', ...parts('pods', 'log', 'status'), 'replicationcontrollers/status', ...withStatus('resourcequotas')),
  may(read, core, 'namespaces'),
  may(read, [core, eventsGroup], 'events'),
  may(read, discovery, 'endpointslices'),
  may(read, apps, 'controllerrevisions', ...withStatus('daemonsets'), ...withScaleAndStatus(...replicated)),
  may(read, autoscaling, ...withStatus('horizontalpodautoscalers')),
  may(read, batch, ...withStatus('cronjobs', 'jobs')),
  may(read, extensions, ...withStatus('daemonsets', 'ingresses'), ...withScaleAndStatus('deployments', 'replicasets'), 'networkpolicies', 'replicationcontrollers/scale'),
  may(read, policy, ...withStatus('poddisruptionbudgets')),
  may(read, networking, ...withStatus('ingresses'), 'networkpolicies'),
  may(read, dynamic, ...withStatus('resourceclaims'), 'resourceclaimtemplates'),
];

const editRules = [
  // Whoever may run pods may read what they can mount.
  may(read, core, ...podStreams, 'secrets', 'services/proxy'),
  may('impersonate', core, 'serviceaccounts'),
  may(write, core, 'pods', ...podStreams),
  may('create', core, 'pods/eviction'),
  may(write, core, 'configmaps', 'persistentvolumeclaims', ...withScale('replicationcontrollers'), 'secrets', 'serviceaccounts', 'services', 'services/proxy'),
  may('create', core, 'serviceaccounts/token'),
  may(write, [core, eventsGroup], 'events'),
  may(write, apps, 'daemonsets', 'deployments/rollback', ...withScale(...replicated)),
  may(write, autoscaling, 'horizontalpodautoscalers'),
  may(write, batch, 'cronjobs', 'jobs'),
  may(write, extensions, 'daemonsets', 'deployments/rollback', ...withScale('deployments', 'replicasets'), 'ingresses', 'networkpolicies', 'replicationcontrollers/scale'),
  may(write, policy, 'poddisruptionbudgets'),
  may(write, networking, 'ingresses', 'networkpolicies'),
  may(full, coordination, 'leases'),
  may(write, dynamic, ...claims),
];

const people: readonly RoleDeclaration[] = [
  role('cluster-admin', may(any, any, any), mayVisit(any, any)),
  gathering('admin'),
  gathering('edit', 'admin'),
  gathering('view', 'edit'),
  lending('admin', may('create', authorization, 'localsubjectaccessreviews'), may(full, rbac, 'rolebindings', 'roles')),
  lending('edit', ...editRules),
  lending('view', ...viewRules),
];

// ---------------------------------------------------------------- who is asked about others, who asks about himself, who is nobody

const health = ['/healthz', '/livez', '/readyz'];
const versionPaths = ['/version', '/version/'];
const below = (...paths: readonly string[]): readonly string[] => paths.flatMap((path) => [path, `${path}/*`]);
const reviewOthers = [may('create', authentication, 'tokenreviews'), may('create', authorization, 'subjectaccessreviews')];
const approver = (signer: string): RoleDeclaration => role(`system:certificates.k8s.io:${signer}-approver`, mayNamed('approve', certificates, 'signers', `kubernetes.io/${signer}`));
const requester = (subresource: string): RoleDeclaration => role(`system:certificates.k8s.io:certificatesigningrequests:${subresource}`, may('create', certificates, `certificatesigningrequests/${subresource}`));
const requestCertificates = may(['create', ...read], certificates, 'certificatesigningrequests');

const identity: readonly RoleDeclaration[] = [
  role('system:public-info-viewer', mayVisit('get', ...health, ...versionPaths)),
  role('system:discovery', mayVisit('get', ...below('/api', '/apis', '/openapi'), ...health, ...versionPaths)),
  role('system:monitoring', mayVisit('get', ...below(...health), '/flagz', '/metrics', '/metrics/slis', '/statusz'), may('get', core, 'nodes/metrics')),
  role('system:service-account-issuer-discovery', mayVisit('get', ...['/.well-known/openid-configuration', '/openid/v1/jwks'].flatMap((path) => [path, `${path}/`]))),
  role('system:basic-user', may('create', authorization, 'selfsubjectaccessreviews', 'selfsubjectrulesreviews'), may('create', authentication, 'selfsubjectreviews')),
  role('system:auth-delegator', ...reviewOthers),
  role('system:node-bootstrapper', requestCertificates),
  requester('nodeclient'),
  requester('selfnodeclient'),
  ...['kube-apiserver-client', 'kube-apiserver-client-kubelet', 'kubelet-serving', 'legacy-unknown'].map(approver),
];

// ---------------------------------------------------------------- components

/** What a kubelet may do; which secrets and claims, the node authorizer says more narrowly. */
export const nodeRules: readonly PolicyRule[] = [
  reviewOthers[0] as PolicyRule,
  may('create', authorization, 'localsubjectaccessreviews', 'subjectaccessreviews'),
  may(read, core, 'services'),
  // Its node...
  may(['create', ...read], core, 'nodes'),
  may(change, core, 'nodes/status'),
  may(change, core, 'nodes'),
  recordEvents,
  // ...its pods, with what they refer to...
  may(read, core, 'pods'),
  may(['create', 'delete'], core, 'pods'),
  may(change, core, 'pods/status'),
  may('create', core, 'pods/eviction'),
  may(read, core, 'configmaps', 'secrets'),
  may('get', core, 'persistentvolumeclaims', 'persistentvolumes'),
  may('get', core, 'endpoints'),
  requestCertificates,
  may(['create', 'delete', 'get', ...change], coordination, 'leases'),
  may('get', storage, 'volumeattachments'),
  may('create', core, 'serviceaccounts/token'),
  may(['get', ...change], core, 'persistentvolumeclaims/status'),
  // ...and its drivers.
  may(read, storage, 'csidrivers'),
  may(['create', 'delete', 'get', ...change], storage, 'csinodes'),
  may(read, nodeGroup, 'runtimeclasses'),
  may('get', dynamic, 'resourceclaims'),
  may('deletecollection', dynamic, 'resourceslices'),
  may('get', core, 'serviceaccounts'),
];

const schedulerRules = [
  recordEvents,
  may('create', coordination, 'leases'),
  mayNamed([...read, 'update'], coordination, 'leases', 'kube-scheduler'),
  may(full, coordination, 'leasecandidates'),
  may(read, core, 'nodes'),
  may(['delete', ...read], core, 'pods'),
  may('create', core, 'bindings', 'pods/binding'),
  may(change, core, 'pods/status'),
  // What pods are spread by...
  may(read, core, 'replicationcontrollers', 'services'),
  may(read, [apps, extensions], 'replicasets'),
  may(read, apps, 'statefulsets'),
  may(read, policy, 'poddisruptionbudgets'),
  // ...and what they hold.
  may(read, core, 'persistentvolumeclaims', 'persistentvolumes'),
  ...reviewOthers,
  may(read, storage, 'csinodes'),
  may(read, storage, 'volumeattachments'),
  may(read, core, 'namespaces'),
  may(read, storage, 'csidrivers'),
  may(read, storage, 'csistoragecapacities'),
  may(read, dynamic, 'deviceclasses'),
  may([...read, ...change], dynamic, 'resourceclaims'),
  may([...read, ...change], dynamic, 'resourceclaims/status'),
  may('update', core, 'pods/finalizers'),
  may(read, dynamic, 'resourceslices'),
  may(['create', 'delete'], dynamic, 'resourceclaims'),
  may(change, dynamic, 'resourceclaims/binding'),
];

const controllerManagerRules = [
  recordEvents,
  may('create', coordination, 'leases'),
  mayNamed(['get', 'update'], coordination, 'leases', 'kube-controller-manager'),
  // It makes the accounts that its controllers act as.
  may('create', core, 'secrets', 'serviceaccounts'),
  may('delete', core, 'secrets'),
  may('get', core, 'configmaps', 'namespaces', 'secrets', 'serviceaccounts'),
  may('update', core, 'secrets', 'serviceaccounts'),
  ...reviewOthers,
  may(follow, any, any),
  may('create', core, 'serviceaccounts/token'),
];

const components: readonly RoleDeclaration[] = [
  role('system:node', ...nodeRules),
  role('system:kube-scheduler', ...schedulerRules),
  role('system:kube-controller-manager', ...controllerManagerRules),
  role('system:volume-scheduler', may([...read, ...change], core, 'persistentvolumes'), may(read, storage, 'storageclasses'), may([...read, ...change], core, 'persistentvolumeclaims')),
  role('system:node-proxier', may(follow, core, 'endpoints', 'services'), may(read, core, 'nodes'), recordEvents, may(follow, networking, 'servicecidrs'), may(follow, discovery, 'endpointslices')),
  role('system:kube-dns', may(follow, core, 'endpoints', 'services')),
  role('system:kube-aggregator', may(read, core, 'endpoints', 'services')),
  role('system:kubelet-api-admin', may(read, core, 'nodes'), may('proxy', core, 'nodes'), may(any, core, ...parts('nodes', 'log', 'metrics', 'proxy', 'stats')), may(any, core, ...parts('nodes', 'configz', 'healthz', 'pods'))),
  role('system:heapster', may(read, core, 'events', 'namespaces', 'nodes', 'pods'), may(read, extensions, 'deployments')),
  role('system:node-problem-detector', may('get', core, 'nodes'), may('patch', core, 'nodes/status'), recordEvents),
  role('system:persistent-volume-provisioner', may(['create', 'delete', ...read], core, 'persistentvolumes'), may([...read, 'update'], core, 'persistentvolumeclaims'), may(read, storage, 'storageclasses'), may('watch', core, 'events'), recordEvents),
];

export const clusterRoleDeclarations: readonly RoleDeclaration[] = [...people, ...identity, ...components];
