// ResourceQuota: counts what a new object would use against the quotas of its namespace, and books it before the object is stored.
import { addQuantity, compareQuantity, formatQuantity, quantityOf, subtractQuantity, zeroQuantity, type Quantity, type ResourceList } from '../../../api/meta/quantity.ts';
import { forbidden } from '../status.ts';
import { keyFor } from '../storage/collections.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { type AdmissionPlugin, type AdmissionRequest, type Fields, specOf } from './plugin.ts';

interface Quota extends StoredObject {
  readonly spec: { readonly hard?: ResourceList; readonly scopes?: readonly string[]; readonly scopeSelector?: { readonly matchExpressions?: readonly { readonly scopeName: string; readonly operator: string; readonly values?: readonly string[] }[] } };
  readonly status?: { readonly hard?: ResourceList; readonly used?: ResourceList };
}
interface Container {
  readonly name: string;
  readonly resources?: { readonly requests?: ResourceList; readonly limits?: ResourceList };
}
type Usage = ReadonlyMap<string, Quantity>;

const compute = ['cpu', 'memory', 'ephemeral-storage'];
const countedByName = new Set(['pods', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims']);
const measured = new Set(['pods', 'services', 'persistentvolumeclaims']);

export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  handles: (request) => request.namespace !== '' && request.subresource === '' && (request.operation === 'CREATE' || (request.operation === 'UPDATE' && request.group === '' && measured.has(request.resource))) && request.resource !== 'events' && request.resource !== 'leases',
  *validateSlowly(request, { collections, storage }) {
    const cache = collections.cache('resourcequotas');
    const usage = computeUsage(request);
    for (const listed of cache.list(request.namespace)) {
      let quota: Quota | undefined = listed as Quota;
      // Others book at the same time: try again on what they left.
      for (let attempt = 0; attempt < 10 && quota !== undefined; attempt++) {
        const delta = computeDelta(request, quota, usage);
        if (delta === undefined) break;
        const checked = check(request, quota, delta);
        if (request.dryRun) break;
        const used = { ...quota.status?.used, ...checked };
        const next: Quota = { ...quota, status: { hard: quota.spec.hard ?? {}, ...quota.status, used } };
        const written = yield* storage.write(keyFor('resourcequotas', request.namespace, quota.metadata.name), next, Number(quota.metadata.resourceVersion));
        if (written.ok) break;
        quota = written.current as Quota | undefined;
      }
    }
  },
};

function computeDelta(request: AdmissionRequest, quota: Quota, usage: Usage): Usage | undefined {
  const hard = quota.status?.hard ?? quota.spec.hard ?? {};
  if (!matchesScopes(quota, request.object as StoredObject, request)) return undefined;
  const missing = request.resource === 'pods' && request.group === '' ? missingCompute(request.object as StoredObject, Object.keys(hard)) : [];
  if (missing.length > 0 && request.operation === 'CREATE') throw forbidden(request, request.object?.metadata.name ?? '', `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`);
  const delta = new Map<string, Quantity>();
  for (const [resource, value] of usage) if (hard[resource] !== undefined && value.nanos !== 0n) delta.set(resource, value);
  return delta.size === 0 ? undefined : delta;
}

/** The new used values; throws when one goes beyond its limit. */
function check(request: AdmissionRequest, quota: Quota, delta: Usage): ResourceList {
  const hard = quota.status?.hard ?? quota.spec.hard ?? {};
  const next: Record<string, string> = {};
  const exceeded: string[] = [];
  for (const [resource, value] of delta) {
    const used = quotaUsed(quota, resource);
    const sum = addQuantity(used, value);
    if (value.nanos > 0n && compareQuantity(sum, quotaOfText(hard[resource])) > 0) exceeded.push(resource);
    next[resource] = formatQuantity(sum);
  }
  if (exceeded.length > 0) {
    exceeded.sort();
    const say = (pick: (resource: string) => string): string => exceeded.map((resource) => `${resource}=${pick(resource)}`).join(',');
    throw forbidden(
      request,
      request.object?.metadata.name ?? '',
      `exceeded quota: ${quota.metadata.name}, requested: ${say((each) => formatQuantity(delta.get(each) as Quantity))}, used: ${say((each) => formatQuantity(quotaUsed(quota, each)))}, limited: ${say((each) => hard[each] as string)}`,
    );
  }
  return next;
}

const quotaOfText = (text: string | undefined): Quantity => quantityOf(text ?? '0');
const quotaUsed = (quota: Quota, resource: string): Quantity => quotaOfText(quota.status?.used?.[resource]);

function computeUsage(request: AdmissionRequest): Usage {
  const usage = new Map<string, Quantity>();
  const add = (resource: string, value: Quantity): void => void usage.set(resource, addQuantity(usage.get(resource) ?? { ...zeroQuantity, format: value.format }, value));
  const count = { nanos: 1_000_000_000n, format: 'DecimalSI' } as const;
  const { group, resource } = request;
  const created = request.operation === 'CREATE';
  if (created) {
    add(`count/${group === '' ? resource : `${resource}.${group}`}`, count);
    if (group === '' && countedByName.has(resource)) add(resource, count);
  }
  if (group === '') {
    for (const [name, value] of measure(resource, request.object as StoredObject)) add(name, value);
    if (!created && request.old !== undefined) for (const [name, value] of measure(resource, request.old)) usage.set(name, subtractQuantity(usage.get(name) ?? zeroQuantity, value));
  }
  return usage;
}

function measure(resource: string, object: StoredObject): Usage {
  const usage = new Map<string, Quantity>();
  const spec = specOf(object);
  const add = (name: string, value: Quantity): void => void usage.set(name, addQuantity(usage.get(name) ?? { ...zeroQuantity, format: value.format }, value));
  if (resource === 'pods') {
    for (const container of (spec['containers'] ?? []) as readonly Container[]) {
      for (const each of compute) {
        const request = container.resources?.requests?.[each];
        const limit = container.resources?.limits?.[each];
        if (request !== undefined) {
          add(`requests.${each}`, quantityOf(request));
          add(each, quantityOf(request));
        }
        if (limit !== undefined) add(`limits.${each}`, quantityOf(limit));
      }
      for (const [name, value] of Object.entries(container.resources?.requests ?? {})) if (name.includes('/')) add(`requests.${name}`, quantityOf(value));
    }
  }
  if (resource === 'services') {
    const one = { nanos: 1_000_000_000n, format: 'DecimalSI' } as const;
    const ports = BigInt(((spec['ports'] ?? []) as readonly unknown[]).length);
    const type = spec['type'];
    if (type === 'LoadBalancer') add('services.loadbalancers', one);
    if (type === 'NodePort' || (type === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false)) add('services.nodeports', { nanos: ports * 1_000_000_000n, format: 'DecimalSI' });
  }
  if (resource === 'persistentvolumeclaims') {
    const storage = ((spec['resources'] ?? {}) as { requests?: ResourceList }).requests?.['storage'];
    const storageClass = spec['storageClassName'];
    if (storage !== undefined) {
      add('requests.storage', quantityOf(storage));
      if (typeof storageClass === 'string') add(`${storageClass}.storageclass.storage.k8s.io/requests.storage`, quantityOf(storage));
    }
    if (typeof storageClass === 'string') add(`${storageClass}.storageclass.storage.k8s.io/persistentvolumeclaims`, { nanos: 1_000_000_000n, format: 'DecimalSI' });
  }
  return usage;
}

/** `requests.cpu for: a,b` for what the quota limits and a container leaves open. */
function missingCompute(pod: StoredObject, limited: readonly string[]): string[] {
  const spec = specOf(pod);
  const containers = [...((spec['containers'] ?? []) as readonly Container[]), ...((spec['initContainers'] ?? []) as readonly Container[])];
  const missing: string[] = [];
  for (const resource of [...limited].sort()) {
    const [kind, name] = resource.startsWith('requests.') ? ['requests', resource.slice(9)] : resource.startsWith('limits.') ? ['limits', resource.slice(7)] : ['requests', resource];
    if (!compute.includes(name as string)) continue;
    const without = containers.filter((container) => container.resources?.[kind as 'requests' | 'limits']?.[name as string] === undefined).map((container) => container.name);
    if (without.length > 0) missing.push(`${resource} for: ${[...new Set(without)].sort().join(',')}`);
  }
  return missing;
}

function matchesScopes(quota: Quota, object: StoredObject, request: AdmissionRequest): boolean {
  const terms = [...(quota.spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists', values: [] as readonly string[] })), ...(quota.spec.scopeSelector?.matchExpressions ?? [])];
  if (terms.length === 0) return true;
  if (request.resource !== 'pods' || request.group !== '') return false;
  const spec = specOf(object);
  return terms.every(({ scopeName, operator, values }) => {
    switch (scopeName) {
      case 'Terminating':
        return typeof spec['activeDeadlineSeconds'] === 'number';
      case 'NotTerminating':
        return typeof spec['activeDeadlineSeconds'] !== 'number';
      case 'BestEffort':
        return isBestEffort(spec);
      case 'NotBestEffort':
        return !isBestEffort(spec);
      case 'PriorityClass': {
        const name = spec['priorityClassName'] as string | undefined;
        if (operator === 'Exists') return name !== undefined && name !== '';
        if (operator === 'DoesNotExist') return name === undefined || name === '';
        const inside = (values ?? []).includes(name ?? '');
        return operator === 'In' ? inside : !inside;
      }
      default:
        return false;
    }
  });
}

function isBestEffort(spec: Fields): boolean {
  const containers = [...((spec['containers'] ?? []) as readonly Container[]), ...((spec['initContainers'] ?? []) as readonly Container[])];
  return containers.every((container) => ['cpu', 'memory'].every((each) => container.resources?.requests?.[each] === undefined && container.resources?.limits?.[each] === undefined));
}
