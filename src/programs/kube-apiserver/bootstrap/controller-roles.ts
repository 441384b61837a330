// What each controller of the controller manager may do, by the name of its service account in kube-system; the role is `system:controller:<name>`.
import type { PolicyRule } from '../rbac/rbac-authorizer.ts';
import {
  any, apps, autoscaling, batch, certificates, change, core, discovery, dynamic, extensions, follow, may, mayNamed, networking, policy, rbac, read, recordEvents, storage, type Verbs,
} from './rules.ts';

const legacyApps = [apps, extensions];
const certificateSigners = ['kube-apiserver-client', 'kube-apiserver-client-kubelet', 'kubelet-serving', 'legacy-unknown'].map((name) => `kubernetes.io/${name}`);
/** Objects that a controller makes, looks after and clears away. */
const keep: Verbs = ['create', 'delete', ...read, 'update'];
const keepAndPatch: Verbs = [...keep, 'patch'];
const makePods = may(['create', 'delete', ...follow, 'patch'], core, 'pods');
const markPods = may(change, core, 'pods/status');

/** The object a controller serves: it reads it, writes its status, and blocks its owner's deletion by a finalizer. */
const serve = (groups: string | readonly string[], resource: string, verbs: Verbs = [...read, 'update']): readonly PolicyRule[] => [may(verbs, groups, resource), may('update', groups, `${resource}/status`), may('update', groups, `${resource}/finalizers`)];
/** Endpoint slices may point anywhere; that is a right of its own. */
const keepSlices = [may(keep, discovery, 'endpointslices'), may('create', discovery, 'endpointslices/restricted')];
const publishConfig = may(['create', 'update'], core, 'configmaps');

const workloads: Readonly<Record<string, readonly PolicyRule[]>> = {
  'deployment-controller': [...serve(legacyApps, 'deployments'), may(keepAndPatch, legacyApps, 'replicasets'), may([...read, 'update'], core, 'pods'), recordEvents],
  'replicaset-controller': [...serve(legacyApps, 'replicasets'), makePods, recordEvents],
  'replication-controller': [...serve(core, 'replicationcontrollers'), makePods, recordEvents],
  'daemon-set-controller': [...serve(legacyApps, 'daemonsets', read), may(follow, core, 'nodes'), makePods, may('create', core, 'pods/binding'), may(keepAndPatch, apps, 'controllerrevisions'), recordEvents],
  'statefulset-controller': [
    may(follow, core, 'pods'),
    ...serve(apps, 'statefulsets', read),
    may(['create', 'delete', 'get', ...change], core, 'pods'),
    may(keepAndPatch, apps, 'controllerrevisions'),
    may(['create', ...read], core, 'persistentvolumeclaims'),
    may(['delete', 'update'], core, 'persistentvolumeclaims'),
    may('update', core, 'pods/finalizers'),
    recordEvents,
  ],
  'job-controller': [...serve(batch, 'jobs', [...read, ...change]), makePods, recordEvents],
  'cronjob-controller': [may([...read, 'update'], batch, 'cronjobs'), may(keepAndPatch, batch, 'jobs'), may('update', batch, 'cronjobs/status'), may('update', batch, 'cronjobs/finalizers'), may(['delete', ...follow], core, 'pods'), recordEvents],
  'ttl-after-finished-controller': [may(['delete', ...read], batch, 'jobs'), recordEvents],
  'horizontal-pod-autoscaler': [
    may(read, autoscaling, 'horizontalpodautoscalers'),
    may('update', autoscaling, 'horizontalpodautoscalers/status'),
    may(['get', 'update'], any, '*/scale'),
    may(follow, core, 'pods'),
    may(follow, 'metrics.k8s.io', 'pods'),
    may(read, 'custom.metrics.k8s.io', any),
    may(read, 'external.metrics.k8s.io', any),
    recordEvents,
  ],
  'disruption-controller': [
    may(read, legacyApps, 'deployments'),
    may(read, legacyApps, 'replicasets'),
    may(read, core, 'replicationcontrollers'),
    may(read, policy, 'poddisruptionbudgets'),
    may(read, apps, 'statefulsets'),
    may('update', policy, 'poddisruptionbudgets/status'),
    markPods,
    may('get', any, '*/scale'),
    recordEvents,
  ],
};

const nodesAndPods: Readonly<Record<string, readonly PolicyRule[]>> = {
  'node-controller': [may(['delete', ...read, ...change], core, 'nodes'), may(change, core, 'nodes/status'), markPods, may(['delete', ...read], core, 'pods'), recordEvents],
  'pod-garbage-collector': [may(['delete', ...follow], core, 'pods'), may(read, core, 'nodes'), may('patch', core, 'pods/status')],
  'route-controller': [may(follow, core, 'nodes'), may('patch', core, 'nodes/status'), recordEvents],
  'ttl-controller': [may([...follow, ...change], core, 'nodes'), recordEvents],
  'device-taint-eviction-controller': [may(['delete', ...read], core, 'pods'), markPods, may(read, dynamic, 'resourceclaims'), may(read, dynamic, 'resourceslices'), may(read, dynamic, 'deviceclasses'), recordEvents],
  'resource-claim-controller': [
    may(read, core, 'pods'),
    may('update', core, 'pods/finalizers'),
    may(['create', 'delete', ...read], dynamic, 'resourceclaims'),
    may(change, dynamic, 'resourceclaims', 'resourceclaims/status'),
    markPods,
    recordEvents,
    may(change, dynamic, 'resourceclaims/binding'),
  ],
};

const network: Readonly<Record<string, readonly PolicyRule[]>> = {
  'endpoint-controller': [may(read, core, 'pods', 'services'), may(keep, core, 'endpoints'), may('create', core, 'endpoints/restricted'), recordEvents],
  'endpointslice-controller': [may(read, core, 'nodes', 'pods', 'services'), may('update', core, 'services/finalizers'), ...keepSlices, recordEvents],
  'endpointslicemirroring-controller': [may(read, core, 'endpoints', 'services'), may('update', core, 'services/finalizers'), may('update', core, 'endpoints/finalizers'), ...keepSlices, recordEvents],
  'service-controller': [may(read, core, 'services'), may(change, core, 'services/status'), may(follow, core, 'nodes'), recordEvents],
  'service-cidrs-controller': [may([...read, ...change], networking, 'servicecidrs'), may(change, networking, 'servicecidrs/finalizers'), may(change, networking, 'servicecidrs/status'), may(read, networking, 'ipaddresses'), recordEvents],
};

const volumes: Readonly<Record<string, readonly PolicyRule[]>> = {
  'persistent-volume-binder': [
    may(keep, core, 'persistentvolumes'),
    may('update', core, 'persistentvolumes/status'),
    may([...read, 'update'], core, 'persistentvolumeclaims'),
    may('update', core, 'persistentvolumeclaims/status'),
    // Recyclers are pods.
    may(['create', 'delete', ...read], core, 'pods'),
    may(read, storage, 'storageclasses'),
    may(follow, core, 'nodes'),
    recordEvents,
    may('watch', core, 'events'),
  ],
  'attachdetach-controller': [
    may(follow, core, 'persistentvolumeclaims', 'persistentvolumes'),
    may(read, core, 'nodes'),
    may(change, core, 'nodes/status'),
    may(follow, core, 'pods'),
    recordEvents,
    may(['create', 'delete', ...read], storage, 'volumeattachments'),
    may(read, storage, 'csidrivers'),
    may(read, storage, 'csinodes'),
  ],
  'expand-controller': [may([...read, ...change], core, 'persistentvolumes'), may(change, core, 'persistentvolumeclaims/status'), may(read, core, 'persistentvolumeclaims'), recordEvents],
  'ephemeral-volume-controller': [may(read, core, 'pods'), may('update', core, 'pods/finalizers'), may(['create', ...read], core, 'persistentvolumeclaims'), recordEvents],
  'pv-protection-controller': [may([...read, 'update'], core, 'persistentvolumes'), recordEvents],
  'pvc-protection-controller': [may([...read, 'update'], core, 'persistentvolumeclaims'), may('update', core, 'persistentvolumeclaims/status'), may(read, core, 'pods'), recordEvents],
  'volumeattributesclass-protection-controller': [may(read, core, 'persistentvolumeclaims'), may(read, core, 'persistentvolumes'), may([...read, 'update'], storage, 'volumeattributesclasses'), recordEvents],
  'selinux-warning-controller': [recordEvents, may(read, core, 'persistentvolumes'), may(read, core, 'persistentvolumeclaims'), may(read, core, 'pods'), may(read, storage, 'csidrivers')],
};

const access: Readonly<Record<string, readonly PolicyRule[]>> = {
  'certificate-controller': [
    may(['delete', ...read], certificates, 'certificatesigningrequests'),
    may('update', certificates, 'certificatesigningrequests/approval', 'certificatesigningrequests/status'),
    mayNamed('approve', certificates, 'signers', 'kubernetes.io/kube-apiserver-client-kubelet'),
    mayNamed('sign', certificates, 'signers', ...certificateSigners),
    may('create', 'authorization.k8s.io', 'subjectaccessreviews'),
    recordEvents,
  ],
  // It writes roles with rules that it does not hold.
  'clusterrole-aggregation-controller': [may(['escalate', ...read, ...change], rbac, 'clusterroles')],
  'service-account-controller': [may('create', core, 'serviceaccounts'), recordEvents],
  'legacy-service-account-token-cleaner': [mayNamed('get', core, 'configmaps', 'kube-apiserver-legacy-service-account-token-tracking'), may(['delete', 'patch'], core, 'secrets')],
  'root-ca-cert-publisher': [publishConfig, recordEvents],
  'service-ca-cert-publisher': [publishConfig, recordEvents],
  'validatingadmissionpolicy-status-controller': [may(read, 'admissionregistration.k8s.io', 'validatingadmissionpolicies'), may(['get', ...change], 'admissionregistration.k8s.io', 'validatingadmissionpolicies/status'), recordEvents],
};

/** Those that look at objects of any kind. */
const everything: Readonly<Record<string, readonly PolicyRule[]>> = {
  'generic-garbage-collector': [may(['delete', ...read, ...change], any, any), recordEvents],
  'namespace-controller': [may(['delete', ...read], core, 'namespaces'), may('update', core, 'namespaces/finalize', 'namespaces/status'), may(['delete', 'deletecollection', ...read], any, any)],
  'resourcequota-controller': [may(follow, any, any), may('update', core, 'resourcequotas/status'), recordEvents],
};

export const controllerRoles: Readonly<Record<string, readonly PolicyRule[]>> = { ...workloads, ...nodesAndPods, ...network, ...volumes, ...access, ...everything };
