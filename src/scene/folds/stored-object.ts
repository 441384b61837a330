// The parts of stored objects that the scene reads; all optional, since nothing stored is to be trusted to be whole.

export interface StoredMeta {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly { readonly apiVersion?: string; readonly kind: string; readonly name: string; readonly uid: string; readonly controller?: boolean }[];
}
export interface Stored {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata?: StoredMeta;
}

export interface StoredContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number; readonly signal?: number };
}
export interface StoredContainerStatus {
  readonly name: string;
  readonly image?: string;
  readonly ready?: boolean;
  readonly started?: boolean;
  readonly restartCount?: number;
  readonly containerID?: string;
  readonly state?: StoredContainerState;
}
export interface StoredContainer {
  readonly name: string;
  readonly image?: string;
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
}
export interface StoredPod extends Stored {
  readonly spec?: { readonly nodeName?: string; readonly containers?: readonly StoredContainer[]; readonly initContainers?: readonly StoredContainer[]; readonly overhead?: Readonly<Record<string, string>> };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly podIP?: string;
    readonly conditions?: readonly StoredCondition[];
    readonly containerStatuses?: readonly StoredContainerStatus[];
    readonly initContainerStatuses?: readonly StoredContainerStatus[];
  };
}
export interface StoredCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}
export interface StoredNode extends Stored {
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly { readonly key: string; readonly value?: string; readonly effect: string }[] };
  readonly status?: {
    readonly conditions?: readonly StoredCondition[];
    readonly allocatable?: Readonly<Record<string, string>>;
    readonly capacity?: Readonly<Record<string, string>>;
    readonly images?: readonly { readonly names?: readonly string[]; readonly sizeBytes?: number }[];
  };
}

/** Where an object lives, told from its etcd key. */
export interface KeyParts {
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** Resources whose key does not say their name. */
const renamed: Readonly<Record<string, string>> = {
  minions: 'nodes',
  'services/specs': 'services',
  'services/endpoints': 'endpoints',
  controllers: 'replicationcontrollers',
  ingress: 'ingresses',
};
const clusterScoped = new Set([
  'nodes', 'namespaces', 'persistentvolumes', 'clusterroles', 'clusterrolebindings', 'priorityclasses', 'storageclasses', 'csinodes', 'csidrivers', 'volumeattachments',
  'apiservices', 'customresourcedefinitions', 'flowschemas', 'prioritylevelconfigurations', 'runtimeclasses', 'ingressclasses', 'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations', 'certificatesigningrequests', 'clustertrustbundles', 'ipaddresses', 'servicecidrs', 'validatingadmissionpolicies', 'validatingadmissionpolicybindings',
  'masterleases', 'ranges', 'deviceclasses', 'resourceslices', 'volumeattributesclasses',
]);

export function parseKey(key: string, value: Stored | null): KeyParts | undefined {
  if (!key.startsWith('/registry/')) return undefined;
  const parts = key.slice('/registry/'.length).split('/');
  const version = value?.apiVersion ?? '';
  const slash = version.indexOf('/');
  let group = slash < 0 ? '' : version.slice(0, slash);
  let first = parts.shift() as string;
  if (first.includes('.') || first === 'services') {
    const second = parts.shift();
    if (second === undefined) return undefined;
    if (first !== 'services') group = first;
    first = first === 'services' ? `services/${second}` : second;
  }
  const resource = renamed[first] ?? first;
  const namespaced = value?.metadata === undefined ? !clusterScoped.has(resource) && parts.length > 1 : value.metadata.namespace !== undefined && value.metadata.namespace !== '';
  const name = parts.at(-1);
  if (name === undefined || name === '') return undefined;
  return { group, resource, namespace: namespaced ? (parts[0] as string) : '', name };
}
