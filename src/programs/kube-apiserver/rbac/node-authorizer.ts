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
    const { group, resource, subresource, name, namespace } = attributes;
    switch (`${resource}.${group}`) {
      case 'secrets.':
        return this.checkRead(node, attributes, () => this.anyPod(node, namespace, (pod) => refersTo(pod, 'secret', name)) || this.volumesOf(node).some((volume) => volumeSecrets(volume).includes(`${namespace}/${name}`)));
      case 'configmaps.':
        return this.checkRead(node, attributes, () => this.anyPod(node, namespace, (pod) => refersTo(pod, 'configMap', name)));
      case 'persistentvolumeclaims.': {
        const uses = (): boolean => this.anyPod(node, namespace, (pod) => refersTo(pod, 'persistentVolumeClaim', name));
        if (subresource !== 'status') return this.checkGet(node, attributes, uses);
        return ['update', 'patch'].includes(attributes.verb) ? this.related(node, attributes, uses) : 'can only get/update/patch this type';
      }
      case 'persistentvolumes.':
        return this.checkGet(node, attributes, () => this.volumesOf(node).some((volume) => volume.metadata.name === name));
      case 'volumeattachments.storage.k8s.io':
        return this.checkGet(node, attributes, () => (this.collections.get('volumeattachments', '', name) as { spec?: { nodeName?: string } } | undefined)?.spec?.nodeName === node);
      case 'serviceaccounts.': {
        const uses = (): boolean => this.anyPod(node, namespace, (pod) => specOf(pod).serviceAccountName === name);
        if (subresource === '') return this.checkGet(node, attributes, uses);
        if (attributes.verb !== 'create' || name === '') return 'can only create tokens for individual service accounts';
        return subresource === 'token' ? this.related(node, attributes, uses) : 'can only create token subresource of serviceaccount';
      }
      case 'nodes.':
        return checkNode(node, attributes);
      case 'pods.':
        return this.checkPod(node, attributes);
      case 'leases.coordination.k8s.io':
        return checkLease(node, attributes);
      case 'csinodes.storage.k8s.io':
        return checkCsiNode(node, attributes);
      default:
        return undefined;
    }
  }

  private checkRead(node: string, attributes: Attributes, relates: () => boolean): string {
    const { verb, subresource, namespace } = attributes;
    if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return 'can only read resources of this type';
    if (subresource !== '') return 'cannot read subresource';
    return namespace === '' ? 'can only read namespaced object of this type' : this.related(node, attributes, relates);
  }

  private checkGet(node: string, attributes: Attributes, relates: () => boolean): string {
    if (attributes.verb !== 'get') return 'can only get individual resources of this type';
    return attributes.subresource === '' ? this.related(node, attributes, relates) : 'cannot get subresource';
  }

  private related(node: string, { name }: Attributes, relates: () => boolean): string {
    if (name === '') return 'No Object name found';
    return relates() ? '' : `no relationship found between node '${node}' and this object`;
  }

  private checkPod(node: string, attributes: Attributes): string | undefined {
    const { verb, subresource, name, namespace } = attributes;
    // One that is gone is nobody's: the kubelet hears that it is not there.
    const isOwn = (): boolean => {
      const pod = this.collections.get('pods', namespace, name);
      return pod === undefined || (specOf(pod) as { nodeName?: string }).nodeName === node;
    };
    if (subresource !== '') return undefined;
    if (verb === 'get') return this.related(node, attributes, isOwn);
    if (verb !== 'list' && verb !== 'watch') return undefined;
    if (attributes.fieldSelector?.split(',').some((term) => term === `spec.nodeName=${node}` || term === `spec.nodeName==${node}`) === true) return '';
    return name !== '' ? this.related(node, attributes, isOwn) : 'can only list/watch pods with spec.nodeName field selector';
  }

  /** The volumes of the claims of the node's pods. */
  private volumesOf(node: string): readonly StoredObject[] {
    const found: StoredObject[] = [];
    for (const pod of this.collections.cache('pods').onNode(node)) {
      const namespace = pod.metadata.namespace ?? '';
      for (const volume of specOf(pod).volumes ?? []) {
        const claimName = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral === undefined ? undefined : `${pod.metadata.name}-${volume.name ?? ''}`);
        const claim = claimName === undefined ? undefined : (this.collections.get('persistentvolumeclaims', namespace, claimName) as { spec?: { volumeName?: string } } | undefined);
        const bound = claim?.spec?.volumeName === undefined ? undefined : this.collections.get('persistentvolumes', '', claim.spec.volumeName);
        if (bound !== undefined) found.push(bound);
      }
    }
    return found;
  }

  private anyPod(node: string, namespace: string, relates: (pod: StoredObject) => boolean): boolean {
    for (const pod of this.collections.cache('pods').onNode(node)) if (pod.metadata.namespace === namespace && relates(pod)) return true;
    return false;
  }
}

function checkNode(node: string, { verb, subresource, name }: Attributes): string | undefined {
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? '' : undefined;
  if (subresource !== '') return undefined;
  if (verb === 'create' || verb === 'update' || verb === 'patch') return '';
  if ((verb !== 'get' && verb !== 'list' && verb !== 'watch') || name === node) return undefined;
  return name === '' ? `node '${node}' cannot read all nodes, only its own Node object` : `node '${node}' cannot read '${name}', only its own Node object`;
}

const ownVerbs = ['get', 'create', 'update', 'patch', 'delete'];

function checkLease(node: string, { verb, namespace, name }: Attributes): string {
  if (!ownVerbs.includes(verb)) return 'can only get, create, update, patch, or delete a node lease';
  if (namespace !== 'kube-node-lease') return 'can only access leases in the "kube-node-lease" system namespace';
  return verb === 'create' || name === node ? '' : 'can only access node lease with the same name as the requesting node';
}

function checkCsiNode(node: string, { verb, subresource, name }: Attributes): string {
  if (!ownVerbs.includes(verb)) return 'can only get, create, update, patch, or delete a CSINode';
  if (subresource !== '') return 'cannot authorize CSINode subresources';
  return verb === 'create' || name === node ? '' : 'can only access CSINode with the same name as the requesting node';
}

/** `namespace/name` of the secrets that a volume's driver needs. */
function volumeSecrets(volume: StoredObject): readonly string[] {
  const csi = (volume as { spec?: { csi?: Readonly<Record<string, unknown>> } }).spec?.csi ?? {};
  return ['nodePublishSecretRef', 'nodeStageSecretRef', 'nodeExpandSecretRef'].flatMap((field) => {
    const ref = csi[field] as { readonly name?: string; readonly namespace?: string } | undefined;
    return ref === undefined ? [] : [`${ref.namespace ?? ''}/${ref.name ?? ''}`];
  });
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
