// What a kubelet may do: its own node, lease and pods, and only the secrets, config maps, claims and accounts that pods on its node refer to.
import type { Collections } from '../storage/collections.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { nodeNameOf } from '../stages/user.ts';
import { nodeRules } from '../bootstrap/cluster-roles.ts';
import { ruleAllows, type Attributes, type Decision } from './rbac-authorizer.ts';

interface PodSpec {
  readonly serviceAccountName?: string;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly volumes?: readonly Volume[];
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly ephemeralContainers?: readonly Container[];
}
interface Volume {
  readonly secret?: { readonly secretName?: string };
  readonly configMap?: { readonly name?: string };
  readonly persistentVolumeClaim?: { readonly claimName?: string };
  readonly ephemeral?: object;
  readonly name?: string;
  readonly projected?: { readonly sources?: readonly { readonly secret?: { readonly name?: string }; readonly configMap?: { readonly name?: string } }[] };
}
interface Container {
  readonly env?: readonly { readonly valueFrom?: { readonly secretKeyRef?: { readonly name?: string }; readonly configMapKeyRef?: { readonly name?: string } } }[];
  readonly envFrom?: readonly { readonly secretRef?: { readonly name?: string }; readonly configMapRef?: { readonly name?: string } }[];
}

/** undefined: not a node, or no opinion (RBAC is asked next). */
export class NodeAuthorizer {
  private readonly collections: Collections;

  constructor(collections: Collections) {
    this.collections = collections;
  }

  authorize(attributes: Attributes): Decision | undefined {
    const node = nodeNameOf(attributes.user);
    if (node === undefined) return undefined;
    if (attributes.isResource) {
      const refusal = this.checkRelation(node, attributes);
      if (refusal !== undefined) return refusal === '' ? { allowed: true, reason: '' } : { allowed: false, reason: refusal };
    }
    if (nodeRules.some((rule) => ruleAllows(rule, attributes))) return { allowed: true, reason: '' };
    return undefined;
  }

  /** '' allowed, text refused, undefined: decided by the node rules. */
  private checkRelation(node: string, attributes: Attributes): string | undefined {
    const { group, resource, subresource, verb, name, namespace } = attributes;
    if (group === '') {
      switch (resource) {
        case 'secrets':
          return this.checkRead(node, attributes, (pod) => refersTo(pod, 'secret', name));
        case 'configmaps':
          return this.checkRead(node, attributes, (pod) => refersTo(pod, 'configMap', name));
        case 'persistentvolumeclaims':
          if (subresource === 'status') return undefined;
          return this.checkRead(node, attributes, (pod) => refersTo(pod, 'persistentVolumeClaim', name));
        case 'serviceaccounts':
          if (subresource !== 'token') return undefined;
          if (verb !== 'create') return 'can only create tokens for individual service accounts';
          return this.anyPod(node, namespace, (pod) => specOf(pod).serviceAccountName === name) ? '' : `no relationship found between node '${node}' and this object`;
        case 'nodes':
          if (subresource === '' && (verb === 'get' || verb === 'list' || verb === 'watch') && name !== node) return 'node \'' + node + '\' cannot read \'' + name + '\', only its own Node object';
          return undefined;
        case 'pods':
          if (verb !== 'list' && verb !== 'watch') return undefined;
          return attributes.fieldSelector?.split(',').some((term) => term === `spec.nodeName=${node}` || term === `spec.nodeName==${node}`) === true || name !== '' ? undefined : 'can only list/watch pods with spec.nodeName field selector';
        default:
          return undefined;
      }
    }
    if (group === 'coordination.k8s.io' && resource === 'leases') {
      if (namespace !== 'kube-node-lease') return `can only access leases in the "kube-node-lease" system namespace`;
      if (verb !== 'create' && name !== node) return `can only access node lease with the same name as the requesting node`;
      return ['get', 'create', 'update', 'patch', 'delete'].includes(verb) ? '' : 'can only get, create, update, patch, or delete a node lease';
    }
    if (group === 'storage.k8s.io' && resource === 'csinodes') {
      if (verb !== 'create' && name !== node) return 'can only access CSINode with the same name as the requesting node';
      return ['get', 'create', 'update', 'patch', 'delete'].includes(verb) ? '' : 'can only get, create, update, patch, or delete a CSINode';
    }
    return undefined;
  }

  private checkRead(node: string, { verb, subresource, name, namespace }: Attributes, relates: (pod: StoredObject) => boolean): string {
    if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return 'can only read resources of this type';
    if (subresource !== '') return 'cannot read subresource';
    if (name === '') return 'No Object name found';
    return this.anyPod(node, namespace, relates) ? '' : `no relationship found between node '${node}' and this object`;
  }

  private anyPod(node: string, namespace: string, relates: (pod: StoredObject) => boolean): boolean {
    for (const pod of this.collections.cache('pods').onNode(node)) if (pod.metadata.namespace === namespace && relates(pod)) return true;
    return false;
  }
}

const specOf = (pod: StoredObject): PodSpec => (pod as unknown as { spec: PodSpec }).spec;

function refersTo(pod: StoredObject, what: 'secret' | 'configMap' | 'persistentVolumeClaim', name: string): boolean {
  const spec = specOf(pod);
  if (what === 'secret' && spec.imagePullSecrets?.some((each) => each.name === name) === true) return true;
  for (const volume of spec.volumes ?? []) {
    if (what === 'secret' && volume.secret?.secretName === name) return true;
    if (what === 'configMap' && volume.configMap?.name === name) return true;
    if (what === 'persistentVolumeClaim' && (volume.persistentVolumeClaim?.claimName === name || (volume.ephemeral !== undefined && `${pod.metadata.name}-${volume.name ?? ''}` === name))) return true;
    if (what !== 'persistentVolumeClaim' && volume.projected?.sources?.some((source) => source[what]?.name === name) === true) return true;
  }
  if (what === 'persistentVolumeClaim') return false;
  const keyRef = what === 'secret' ? 'secretKeyRef' : 'configMapKeyRef';
  const ref = what === 'secret' ? 'secretRef' : 'configMapRef';
  return [...(spec.containers ?? []), ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])].some(
    (container) => container.env?.some((each) => each.valueFrom?.[keyRef]?.name === name) === true || container.envFrom?.some((each) => each[ref]?.name === name) === true,
  );
}
