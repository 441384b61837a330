// NodeRestriction: a kubelet changes only its own node, its own pods and its own lease.
import { forbidden } from '../status.ts';
import { nodeNameOf } from '../stages/user.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { type AdmissionPlugin, isMirrorPod, specOf } from './plugin.ts';

const ownLabels = /^(?:kubernetes\.io\/(?:hostname|arch|os)|beta\.kubernetes\.io\/(?:arch|os|instance-type)|node\.kubernetes\.io\/.*|kubelet\.kubernetes\.io\/.*|.*\.kubelet\.kubernetes\.io\/.*|.*\.node\.kubernetes\.io\/.*|topology\.kubernetes\.io\/(?:zone|region)|failure-domain\.beta\.kubernetes\.io\/(?:zone|region))$/;

export const nodeRestriction: AdmissionPlugin = {
  name: 'NodeRestriction',
  handles: (request) => request.user.name.startsWith('system:node:'),
  validate(request, { collections }) {
    const node = nodeNameOf(request.user);
    if (node === undefined) return;
    const { operation, resource, subresource, group } = request;
    const refuse = (why: string) => forbidden(request, request.name === '' ? (request.object?.metadata.name ?? '') : request.name, why);
    if (group === 'coordination.k8s.io' && resource === 'leases') {
      if (operation === 'CREATE' || operation === 'UPDATE') {
        if (request.namespace !== 'kube-node-lease') throw refuse(`can only access leases in the "kube-node-lease" system namespace`);
        if ((request.object?.metadata.name ?? request.name) !== node) throw refuse(`node "${node}" can only ${operation === 'CREATE' ? 'create' : 'modify'} lease with the same name as the requesting node`);
      }
      return;
    }
    if (group !== '') return;
    if (resource === 'pods') {
      if (subresource === '' && operation === 'CREATE') {
        const pod = request.object as StoredObject;
        if (!isMirrorPod(pod)) throw forbidden(request, pod.metadata.name, `pod does not have "kubernetes.io/config.mirror" annotation, node "${node}" can only create mirror pods`);
        if (specOf(pod)['nodeName'] !== node) throw forbidden(request, pod.metadata.name, `node "${node}" can only create pods with spec.nodeName set to itself`);
        const owner = pod.metadata.ownerReferences?.[0];
        const own = collections.get('minions', '', node);
        if (owner !== undefined && (owner.kind !== 'Node' || owner.name !== node || (own !== undefined && owner.uid !== own.metadata.uid))) throw forbidden(request, pod.metadata.name, `node "${node}" can only create pods with an owner reference set to itself`);
        return;
      }
      if (subresource === '' && operation === 'DELETE') {
        if (request.old !== undefined && specOf(request.old)['nodeName'] !== node) throw refuse(`node "${node}" can only delete pods with spec.nodeName set to itself`);
        return;
      }
      if (subresource === 'status' && operation === 'UPDATE') {
        if (request.old !== undefined && specOf(request.old)['nodeName'] !== node) throw refuse(`node "${node}" can only update pod status for pods with spec.nodeName set to itself`);
        return;
      }
      if (subresource === '' && operation === 'UPDATE') throw refuse(`unexpected operation "${operation}", node "${node}" can only create and delete mirror pods`);
      return;
    }
    if (resource === 'nodes') {
      const name = request.object?.metadata.name ?? request.name;
      if (name !== node) throw refuse(`node "${node}" is not allowed to modify node "${name}"`);
      if (operation === 'DELETE') throw refuse(`node "${node}" is not allowed to delete node`);
      const labels = changedLabels(request.old, request.object);
      const bad = labels.filter((key) => (/(?:^|\.)k(?:8s|ubernetes)\.io\//.test(key) && !ownLabels.test(key)) || key.includes('node-restriction.kubernetes.io/')).sort();
      if (bad.length > 0) throw refuse(operation === 'CREATE' ? `is not allowed to set the following labels: ${bad.join(', ')}` : `is not allowed to modify labels: ${bad.join(', ')}`);
      if (operation === 'UPDATE' && JSON.stringify(specOf(request.old)['taints'] ?? []) !== JSON.stringify(specOf(request.object)['taints'] ?? []) && subresource === '') throw refuse(`is not allowed to modify taints`);
    }
  },
};

function changedLabels(old: StoredObject | undefined, object: StoredObject | undefined): string[] {
  const before = old?.metadata.labels ?? {};
  const after = object?.metadata.labels ?? {};
  if (before === after) return [];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => before[key] !== after[key]);
}
