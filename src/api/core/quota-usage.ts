// What one object uses of a ResourceQuota, and which quotas it falls under: the same arithmetic for admission at the door and for the controller
// that recounts (pkg/quota/v1/evaluator/core).
import type { ApiObject } from '../meta/object.ts';
import { addQuantity, compareQuantity, quantityFromWhole, quantityOf, type Quantity, type ResourceList } from '../meta/quantity.ts';
import { parseTime } from '../meta/time.ts';
import { podQosClass } from './pod-qos.ts';
import type { Container } from './types/container.ts';
import type { ResourceQuotaSpec } from './types/object.ts';
import type { PersistentVolumeClaimSpec } from './types/persistent-volume.ts';
import type { PodSpec } from './types/pod.ts';
import type { ServiceSpec } from './types/service.ts';

export type Usage = ReadonlyMap<string, Quantity>;

const one = quantityFromWhole(1);
/** Core resources that a quota may also name without `count/`. */
const namedPlainly = new Set(['configmaps', 'persistentvolumeclaims', 'pods', 'replicationcontrollers', 'resourcequotas', 'secrets', 'services']);

type Object = ApiObject & { readonly spec?: unknown; readonly status?: unknown };

/** `wallMs` tells whether a pod that is being deleted should be gone by now; such pods count no more. */
export function usageOf(group: string, resource: string, object: Object, wallMs: number): Usage {
  const usage = new Map<string, Quantity>([[`count/${group === '' ? resource : `${resource}.${group}`}`, one]]);
  if (group !== '') return usage;
  if (resource === 'pods' && !isCharged(object, wallMs)) return usage;
  if (namedPlainly.has(resource)) usage.set(resource, one);
  if (resource === 'pods') addPod(usage, object.spec as PodSpec);
  if (resource === 'services') addService(usage, object.spec as ServiceSpec);
  if (resource === 'persistentvolumeclaims') addClaim(usage, object.spec as PersistentVolumeClaimSpec);
  return usage;
}

function isCharged(pod: Object, wallMs: number): boolean {
  const phase = (pod.status as { readonly phase?: string } | undefined)?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return false;
  const deletedMs = parseTime(pod.metadata.deletionTimestamp);
  return deletedMs === undefined || wallMs <= deletedMs;
}

/** Of a pod's requests or limits: containers and sidecars together, or the largest init container where that is more; and its overhead. */
export function podResources(spec: PodSpec, kind: 'requests' | 'limits'): ReadonlyMap<string, Quantity> {
  const total = new Map<string, Quantity>();
  const add = (resources: ResourceList | undefined, to: Map<string, Quantity>): void => {
    for (const name in resources) to.set(name, addTo(to.get(name), quantityOf(resources[name])));
  };
  for (const container of spec.containers ?? []) add(container.resources?.[kind], total);
  const sidecars = new Map<string, Quantity>();
  const atInit = new Map<string, Quantity>();
  for (const container of spec.initContainers ?? []) {
    const sidecar = container.restartPolicy === 'Always';
    if (sidecar) {
      add(container.resources?.[kind], sidecars);
      add(container.resources?.[kind], total);
    }
    const needed = new Map(sidecars);
    if (!sidecar) add(container.resources?.[kind], needed);
    for (const [name, value] of needed) raise(atInit, name, value);
  }
  for (const [name, value] of atInit) raise(total, name, value);
  const own = spec.resources?.[kind];
  for (const name in own) total.set(name, quantityOf(own[name]));
  for (const name in spec.overhead) if (kind === 'requests' || total.has(name)) total.set(name, addTo(total.get(name), quantityOf(spec.overhead[name])));
  return total;
}

const addTo = (sum: Quantity | undefined, value: Quantity): Quantity => (sum === undefined ? value : addQuantity(sum, value));

function raise(map: Map<string, Quantity>, name: string, value: Quantity): void {
  const known = map.get(name);
  if (known === undefined || compareQuantity(value, known) > 0) map.set(name, value);
}

const basic = new Set(['cpu', 'memory', 'ephemeral-storage']);

function addPod(usage: Map<string, Quantity>, spec: PodSpec): void {
  for (const [name, value] of podResources(spec, 'requests')) {
    const huge = name.startsWith('hugepages-');
    if (basic.has(name) || huge) usage.set(name, value);
    if (basic.has(name) || huge || name.includes('/')) usage.set(`requests.${name}`, value);
  }
  for (const [name, value] of podResources(spec, 'limits')) if (basic.has(name)) usage.set(`limits.${name}`, value);
}

function addService(usage: Map<string, Quantity>, spec: ServiceSpec | undefined): void {
  const ports = spec?.ports ?? [];
  const balanced = spec?.type === 'LoadBalancer';
  if (balanced) usage.set('services.loadbalancers', one);
  if (spec?.type !== 'NodePort' && !balanced) return;
  // A load balancer that asks for no node ports is charged for those that it names.
  const count = balanced && spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort }) => (nodePort ?? 0) !== 0).length : ports.length;
  usage.set('services.nodeports', quantityFromWhole(count));
}

function addClaim(usage: Map<string, Quantity>, spec: PersistentVolumeClaimSpec | undefined): void {
  const wanted = spec?.resources?.requests?.['storage'];
  const prefix = spec?.storageClassName ? `${spec.storageClassName}.storageclass.storage.k8s.io/` : undefined;
  if (prefix !== undefined) usage.set(`${prefix}persistentvolumeclaims`, one);
  if (wanted === undefined) return;
  usage.set('requests.storage', quantityOf(wanted));
  if (prefix !== undefined) usage.set(`${prefix}requests.storage`, quantityOf(wanted));
}

/** The objects of a resource that a quota resource counts: `pods`, `count/deployments.apps`, `requests.cpu`, `gold.storageclass.storage.k8s.io/requests.storage`. */
export function countedResource(name: string): { readonly group: string; readonly resource: string } {
  if (name.startsWith('count/')) {
    const dot = name.indexOf('.');
    return dot < 0 ? { group: '', resource: name.slice(6) } : { group: name.slice(dot + 1), resource: name.slice(6, dot) };
  }
  if (namedPlainly.has(name)) return { group: '', resource: name };
  if (name.startsWith('services.')) return { group: '', resource: 'services' };
  if (name === 'requests.storage' || name.includes('.storageclass.storage.k8s.io/')) return { group: '', resource: 'persistentvolumeclaims' };
  return { group: '', resource: 'pods' };
}

type Term = { readonly scopeName: string; readonly operator: string; readonly values?: readonly string[] };

/** Whether an object falls under a quota's scopes; quotas without scopes take all. */
export function isInScopes(spec: ResourceQuotaSpec | undefined, group: string, resource: string, object: Object): boolean {
  const terms: readonly Term[] = [...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })), ...((spec?.scopeSelector?.matchExpressions ?? []) as readonly Term[])];
  if (terms.length === 0) return true;
  if (group !== '') return false;
  if (resource === 'pods') return terms.every((term) => podMatches(object.spec as PodSpec, term));
  const attributes = (object.spec as { readonly volumeAttributesClassName?: string } | undefined)?.volumeAttributesClassName;
  return resource === 'persistentvolumeclaims' && terms.every((term) => term.scopeName === 'VolumeAttributesClass' && nameMatches(attributes, term));
}

function podMatches(spec: PodSpec, term: Term): boolean {
  const terminating = (spec.activeDeadlineSeconds ?? -1) >= 0;
  switch (term.scopeName) {
    case 'Terminating':
      return terminating;
    case 'NotTerminating':
      return !terminating;
    case 'BestEffort':
      return podQosClass(spec) === 'BestEffort';
    case 'NotBestEffort':
      return podQosClass(spec) !== 'BestEffort';
    case 'PriorityClass':
      return nameMatches(spec.priorityClassName, term);
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(spec);
    default:
      return false;
  }
}

function nameMatches(name: string | undefined, { operator, values }: Term): boolean {
  const given = name !== undefined && name !== '';
  if (operator === 'Exists') return given;
  if (operator === 'DoesNotExist') return !given;
  const inside = given && (values ?? []).includes(name);
  return operator === 'In' ? inside : !inside;
}

function crossesNamespaces({ affinity }: PodSpec): boolean {
  const sides = [affinity?.podAffinity, affinity?.podAntiAffinity];
  const terms = sides.flatMap((side) => [...(side?.requiredDuringSchedulingIgnoredDuringExecution ?? []), ...(side?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map((each) => each.podAffinityTerm)]);
  return terms.some((term) => (term?.namespaces ?? []).length > 0 || term?.namespaceSelector !== undefined);
}

/** `requests.cpu for: a,b` for what a quota limits of CPU and memory and a container leaves open. */
export function missingConstraints(spec: PodSpec, hard: readonly string[]): readonly string[] {
  const wanted = hard.map((name) => ({ name, limits: name.startsWith('limits.'), resource: name.replace(/^(requests|limits)\./, '') })).filter(({ resource, name }) => (resource === 'cpu' || resource === 'memory') && name !== '');
  return wanted
    .map(({ name, limits, resource }) => ({ name, without: [...(spec.containers ?? []), ...(spec.initContainers ?? [])].filter((container: Container) => container.resources?.[limits ? 'limits' : 'requests']?.[resource] === undefined).map((container) => container.name) }))
    .filter(({ without }) => without.length > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, without }) => `${name} for: ${[...new Set(without)].sort().join(',')}`);
}
