// NodeRestriction: a kubelet changes only what is its own: its node, its lease, the pods that run on it, and what it says of their volumes.
import { sameJson } from '../../../api/meta/equality.ts';
import { forbidden } from '../status.ts';
import { nodeNameOf } from '../stages/user.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { type AdmissionContext, type AdmissionPlugin, type AdmissionRequest, type Fields, fieldsOf, isMirrorPod, specOf } from './plugin.ts';

export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  handles: (request) => request.user.name.startsWith('system:node:'),
  validate(request, context) {
    const node = nodeNameOf(request.user);
    if (node === undefined) return;
    const check = checks[`${request.resource}.${request.group}`];
    const why = check?.(node, request, context);
    if (why !== undefined) throw forbidden(request, request.name === '' ? (request.object?.metadata.name ?? '') : request.name, why);
  },
};

/** Why not; undefined when it may. */
type Check = (node: string, request: AdmissionRequest, context: AdmissionContext) => string | undefined;

const leaseNamespace = 'kube-node-lease';
const quoted = JSON.stringify;

const checkLease: Check = (node, { namespace, name, object, operation }) => {
  if (namespace !== leaseNamespace) return `can only access leases in the ${quoted(leaseNamespace)} system namespace`;
  const asked = operation === 'CREATE' ? object?.metadata.name : name;
  return asked === node ? undefined : 'can only access node lease with the same name as the requesting node';
};

const checkCsiNode: Check = (node, { name, object, operation }) => ((operation === 'CREATE' ? object?.metadata.name : name) === node ? undefined : 'can only access CSINode with the same name as the requesting node');

// ---------------------------------------------------------------- pods

const checkPod: Check = (node, request, context) => {
  const { operation, subresource, object, old } = request;
  const isMine = (pod: StoredObject | undefined): boolean => specOf(pod)['nodeName'] === node;
  switch (subresource) {
    case '':
      if (operation === 'CREATE') return mirrorProblem(node, object as StoredObject, context);
      if (operation === 'DELETE') return old === undefined || isMine(old) ? undefined : `node ${quoted(node)} can only delete pods with spec.nodeName set to itself`;
      return `unexpected operation ${quoted(operation)}, node ${quoted(node)} can only create and delete mirror pods`;
    case 'status':
      if (operation !== 'UPDATE') return `unexpected operation ${quoted(operation)}`;
      if (!isMine(old)) return `node ${quoted(node)} can only update pod status for pods with spec.nodeName set to itself`;
      if (!sameJson(old?.metadata.labels ?? {}, object?.metadata.labels ?? {})) return `node ${quoted(node)} cannot update labels through pod status`;
      return sameJson(claimsOf(old), claimsOf(object)) ? undefined : `node ${quoted(node)} cannot update resource claim statues`;
    case 'eviction': {
      const pod = context.collections.get('pods', request.namespace, request.name);
      return pod === undefined || isMine(pod) ? undefined : `node ${node} can only evict pods with spec.nodeName set to itself`;
    }
    default:
      return `unexpected pod subresource ${quoted(subresource)}, only 'status' and 'eviction' are allowed`;
  }
};

const claimsOf = (pod: StoredObject | undefined): readonly unknown[] => (fieldsOf(pod?.['status'])['resourceClaimStatuses'] ?? []) as readonly unknown[];

function mirrorProblem(node: string, pod: StoredObject, { collections }: AdmissionContext): string | undefined {
  if (!isMirrorPod(pod)) return `pod does not have "kubernetes.io/config.mirror" annotation, node ${quoted(node)} can only create mirror pods`;
  const spec = specOf(pod);
  if (spec['nodeName'] !== node) return `node ${quoted(node)} can only create pods with spec.nodeName set to itself`;
  const owners = pod.metadata.ownerReferences ?? [];
  if (owners.length > 1) return `node ${quoted(node)} can only create pods with a single owner reference set to itself`;
  const [owner] = owners;
  if (owner === undefined || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node) return `node ${quoted(node)} can only create pods with an owner reference set to itself`;
  if (owner.controller !== true) return `node ${quoted(node)} can only create pods with a controller owner reference set to itself`;
  if (owner.blockOwnerDeletion === true) return `node ${quoted(node)} must not set blockOwnerDeletion on an owner reference`;
  const own = collections.get('minions', '', node)?.metadata.uid;
  if (own !== undefined && owner.uid !== own) return `node ${node} UID mismatch: expected ${owner.uid} got ${own}`;
  return referenceProblem(node, spec);
}

/** A pod that the kubelet makes up may not reach for other objects. */
function referenceProblem(node: string, spec: Fields): string | undefined {
  const refuse = (what: string): string => `node ${quoted(node)} can not create pods that reference ${what}`;
  if (typeof spec['serviceAccountName'] === 'string' && spec['serviceAccountName'] !== '') return refuse('a service account');
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) => (spec[list] ?? []) as readonly Fields[]);
  const variables = containers.flatMap((container) => [...((container['env'] ?? []) as readonly Fields[]).map((each) => fieldsOf(each['valueFrom'])), ...((container['envFrom'] ?? []) as readonly Fields[])]);
  const volumes = (spec['volumes'] ?? []) as readonly Fields[];
  const projected = volumes.flatMap((volume) => (fieldsOf(volume['projected'])['sources'] ?? []) as readonly Fields[]);
  const uses = (...keys: readonly string[]): boolean => [...variables, ...volumes, ...projected].some((each) => keys.some((key) => each[key] !== undefined));
  if (uses('secret', 'secretKeyRef', 'secretRef') || ((spec['imagePullSecrets'] ?? []) as readonly unknown[]).length > 0) return refuse('secrets');
  if (uses('configMap', 'configMapKeyRef', 'configMapRef')) return refuse('configmaps');
  if (projected.some((source) => source['clusterTrustBundle'] !== undefined)) return refuse('clustertrustbundles');
  return uses('persistentVolumeClaim') ? refuse('persistentvolumeclaims') : undefined;
}

// ---------------------------------------------------------------- nodes

/** Labels of kubernetes.io that a kubelet sets itself. */
const ownLabels = /^(?:kubernetes\.io\/(?:hostname|arch|os)|beta\.kubernetes\.io\/(?:arch|os|instance-type)|(?:.*\.)?node\.kubernetes\.io\/.*|(?:.*\.)?kubelet\.kubernetes\.io\/.*|topology\.kubernetes\.io\/(?:zone|region)|failure-domain\.beta\.kubernetes\.io\/(?:zone|region))$/;
const isRestricted = (label: string): boolean => /^(?:.*\.)?node-restriction\.kubernetes\.io\//.test(label) || (/^(?:.*\.)?(?:kubernetes|k8s)\.io\//.test(label) && !ownLabels.test(label));

const checkNode: Check = (node, { operation, name, object, old }) => {
  const asked = operation === 'CREATE' ? (object?.metadata.name ?? name) : name;
  if (asked !== node) return `node ${quoted(node)} is not allowed to modify node ${quoted(asked)}`;
  if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined;
  const before = old?.metadata.labels ?? {};
  const after = object?.metadata.labels ?? {};
  const changed = before === after ? [] : [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => before[key] !== after[key] && isRestricted(key)).sort();
  if (operation === 'CREATE') return changed.length === 0 ? undefined : `node ${quoted(node)} is not allowed to set the following labels: ${changed.join(', ')}`;
  if (!sameJson(specOf(old)['taints'] ?? [], specOf(object)['taints'] ?? [])) return `node ${quoted(node)} is not allowed to modify taints`;
  return changed.length === 0 ? undefined : `is not allowed to modify labels: ${changed.join(', ')}`;
};

// ---------------------------------------------------------------- claims, tokens

const mayReport = ['capacity', 'conditions', 'allocatedResources', 'allocatedResourceStatuses'];

const checkClaim: Check = (node, { subresource, operation, old, object }) => {
  if (subresource !== 'status') return 'may only update PVC status';
  if (operation !== 'UPDATE') return `unexpected operation ${quoted(operation)}`;
  const rest = (claim: StoredObject | undefined): object => {
    const { resourceVersion: _version, managedFields: _fields, ...metadata } = claim?.metadata ?? { name: '' };
    const status = Object.fromEntries(Object.entries(fieldsOf(claim?.['status'])).filter(([key]) => !mayReport.includes(key)));
    return { ...claim, metadata, status };
  };
  return sameJson(rest(old), rest(object)) ? undefined : `node ${quoted(node)} is not allowed to update fields other than status.capacity and status.conditions`;
};

const checkToken: Check = (node, { operation, subresource, namespace, object }, { collections }) => {
  if (operation !== 'CREATE' || subresource !== 'token') return undefined;
  const ref = fieldsOf(specOf(object)['boundObjectRef']);
  if (ref['apiVersion'] !== 'v1' || ref['kind'] !== 'Pod' || !ref['name']) return 'node requested token not bound to a pod';
  if (!ref['uid']) return 'node requested token with a pod binding without a uid';
  const pod = collections.get('pods', namespace, String(ref['name']));
  if (pod === undefined) return undefined;
  if (pod.metadata.uid !== ref['uid']) return `the UID in the bound object reference (${String(ref['uid'])}) does not match the UID in record. The object might have been deleted and then recreated`;
  return specOf(pod)['nodeName'] === node ? undefined : 'node requested token bound to a pod scheduled on a different node';
};

const checkSlice: Check = (node, { operation, object, old }) => {
  const of = operation === 'CREATE' ? object : old;
  return of === undefined || specOf(of)['nodeName'] === node ? undefined : operation === 'CREATE' ? 'can only create ResourceSlice with the same NodeName as the requesting node' : 'can only delete ResourceSlice with the same NodeName as the requesting node';
};

const checks: Readonly<Record<string, Check | undefined>> = {
  'leases.coordination.k8s.io': checkLease,
  'csinodes.storage.k8s.io': checkCsiNode,
  'resourceslices.resource.k8s.io': checkSlice,
  'pods.': checkPod,
  'nodes.': checkNode,
  'persistentvolumeclaims.': checkClaim,
  'serviceaccounts.': checkToken,
};
