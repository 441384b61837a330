// Which names inside an object name another object: when that one is renamed, they follow.
import type { Any } from '../kubectl.ts';

/** `Kind/old name` to the new one. */
export type Renames = ReadonlyMap<string, string>;

/** Keys whose text is a name, and of what. */
const namedByKey: Readonly<Record<string, string>> = { serviceAccountName: 'ServiceAccount', claimName: 'PersistentVolumeClaim', secretName: 'Secret', serviceName: 'Service', storageClassName: 'StorageClass', priorityClassName: 'PriorityClass', ingressClassName: 'IngressClass' };
/** Keys whose object's `name` is one. */
const namedByParent: Readonly<Record<string, string>> = {
  configMap: 'ConfigMap', configMapRef: 'ConfigMap', configMapKeyRef: 'ConfigMap', secret: 'Secret', secretRef: 'Secret', secretKeyRef: 'Secret', imagePullSecrets: 'Secret', service: 'Service', secrets: 'Secret',
};
/** Keys whose object says the kind itself. */
const typed = new Set(['roleRef', 'subjects', 'scaleTargetRef', 'dataSource', 'targetRef']);

export function renameReferences(value: Any, renames: Renames, key = ''): Any {
  if (renames.size === 0) return value;
  if (Array.isArray(value)) return value.map((item) => renameReferences(item, renames, key));
  if (value === null || typeof value !== 'object') return value;
  const result: Any = {};
  for (const [name, inner] of Object.entries(value)) {
    let kind: string | undefined;
    if (name === 'name' && typed.has(key)) kind = typeof value.kind === 'string' ? value.kind : undefined;
    else if (name === 'name' && key !== 'metadata') kind = namedByParent[key];
    else kind = namedByKey[name];
    result[name] = kind !== undefined && typeof inner === 'string' ? (renames.get(`${kind}/${inner}`) ?? inner) : renameReferences(inner, renames, name);
  }
  return result;
}

/** The order in which kustomize prints kinds: what others need comes first. */
const first = ['Namespace', 'ResourceQuota', 'StorageClass', 'CustomResourceDefinition', 'ServiceAccount', 'PodSecurityPolicy', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding', 'ConfigMap', 'Secret', 'Endpoints', 'Service', 'LimitRange', 'PriorityClass', 'PersistentVolume', 'PersistentVolumeClaim', 'Deployment', 'StatefulSet', 'CronJob', 'PodDisruptionBudget'];
const last = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];

function rank(kind: string): number {
  const early = first.indexOf(kind);
  if (early >= 0) return early - first.length;
  return last.indexOf(kind) + 1;
}

/** krusty's legacy order: by kind, then by group, version and kind, then by namespace and name. */
export function inLegacyOrder(objects: readonly Any[]): Any[] {
  const keyOf = (object: Any): string => [object.apiVersion ?? '', object.kind ?? '', object.metadata?.namespace ?? '', object.metadata?.name ?? ''].join('~');
  return [...objects].sort((a, b) => rank(a.kind) - rank(b.kind) || (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0));
}
