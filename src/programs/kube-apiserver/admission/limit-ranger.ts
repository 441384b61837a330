// LimitRanger: a namespace's LimitRanges give containers default requests and limits, and bound them.
import { podResources } from '../../../api/core/quota-usage.ts';
import type { PodSpec } from '../../../api/core/types/pod.ts';
import { canonicalQuantity, compareQuantity, formatQuantity, quantityOf, type ResourceList } from '../../../api/meta/quantity.ts';
import { forbidden } from '../status.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { type AdmissionPlugin, type AdmissionRequest, type Fields, specOf, withSpec } from './plugin.ts';

interface LimitItem {
  readonly type: string;
  readonly max?: ResourceList;
  readonly min?: ResourceList;
  readonly default?: ResourceList;
  readonly defaultRequest?: ResourceList;
  readonly maxLimitRequestRatio?: ResourceList;
}
interface Container extends Fields {
  readonly name: string;
  readonly resources?: { readonly requests?: ResourceList; readonly limits?: ResourceList };
}

const annotation = 'kubernetes.io/limit-ranger';

export const limitRanger: AdmissionPlugin = {
  name: 'LimitRanger',
  handles: ({ operation, group, resource, subresource }) => {
    if (group !== '' || (operation !== 'CREATE' && operation !== 'UPDATE')) return false;
    // Containers are fixed once the pod is there, but for a resize.
    if (resource === 'pods') return operation === 'CREATE' ? subresource === '' : subresource === 'resize';
    return resource === 'persistentvolumeclaims' && subresource === '';
  },
  mutate(request, { collections }) {
    if (request.resource !== 'pods' || request.operation !== 'CREATE') return undefined;
    let pod = request.object as StoredObject;
    const said: string[] = [];
    for (const range of collections.cache('limitranges').values(request.namespace)) {
      for (const item of limitsOf(range)) {
        if (item.type !== 'Container') continue;
        for (const list of ['containers', 'initContainers'] as const) {
          const containers = specOf(pod)[list] as readonly Container[] | undefined;
          if (containers === undefined) continue;
          const kind = list === 'containers' ? 'container' : 'init container';
          const completed = containers.map((container) => completeContainer(container, item, kind, said));
          if (completed.some((container, index) => container !== containers[index])) pod = withSpec(pod, { [list]: completed });
        }
      }
    }
    if (said.length === 0) return undefined;
    const annotations = { ...pod.metadata.annotations, [annotation]: `LimitRanger plugin set: ${said.join('; ')}` };
    return { object: { ...pod, metadata: { ...pod.metadata, annotations } }, changes: said };
  },
  validate(request, { collections }) {
    const problems: string[] = [];
    for (const range of collections.cache('limitranges').list(request.namespace)) {
      for (const item of limitsOf(range)) problems.push(...(request.resource === 'pods' ? checkPod(request.object as StoredObject, item) : checkClaim(request.object as StoredObject, item)));
    }
    if (problems.length > 0) throw refuse(request, problems);
  },
};

function refuse(request: AdmissionRequest, problems: readonly string[]) {
  return forbidden(request, request.object?.metadata.name ?? '', problems.length === 1 ? (problems[0] as string) : `[${problems.join(', ')}]`);
}

const limitsOf = (range: StoredObject): readonly LimitItem[] => (specOf(range)['limits'] ?? []) as readonly LimitItem[];

function completeContainer(container: Container, item: LimitItem, kind: string, said: string[]): Container {
  const limits: Record<string, string> = { ...container.resources?.limits };
  const requests: Record<string, string> = { ...container.resources?.requests };
  const setRequests: string[] = [];
  const setLimits: string[] = [];
  // An explicit limit was copied to the request by defaulting already.
  for (const [resource, quantity] of Object.entries(item.defaultRequest ?? {})) {
    if (requests[resource] !== undefined) continue;
    requests[resource] = canonicalQuantity(quantity);
    setRequests.push(resource);
  }
  for (const [resource, quantity] of Object.entries(item.default ?? {})) {
    if (limits[resource] !== undefined) continue;
    limits[resource] = canonicalQuantity(quantity);
    setLimits.push(resource);
  }
  if (setRequests.length === 0 && setLimits.length === 0) return container;
  if (setRequests.length > 0) said.push(`${setRequests.sort().join(', ')} request for ${kind} ${container.name}`);
  if (setLimits.length > 0) said.push(`${setLimits.sort().join(', ')} limit for ${kind} ${container.name}`);
  return {
    ...container,
    resources: { ...container.resources, ...(Object.keys(limits).length > 0 ? { limits } : {}), ...(Object.keys(requests).length > 0 ? { requests } : {}) },
  };
}

function checkPod(pod: StoredObject, item: LimitItem): string[] {
  const spec = specOf(pod);
  const containers = (spec['containers'] ?? []) as readonly Container[];
  const inits = (spec['initContainers'] ?? []) as readonly Container[];
  if (item.type === 'Container') return [...containers, ...inits].flatMap((container) => check('Container', container.resources?.requests ?? {}, container.resources?.limits ?? {}, item));
  if (item.type !== 'Pod') return [];
  const total = (kind: 'requests' | 'limits'): ResourceList => Object.fromEntries([...podResources(spec as unknown as PodSpec, kind)].map(([resource, value]) => [resource, formatQuantity(value)]));
  return check('Pod', total('requests'), total('limits'), item);
}

function checkClaim(claim: StoredObject, item: LimitItem): string[] {
  if (item.type !== 'PersistentVolumeClaim') return [];
  const requests = ((specOf(claim)['resources'] ?? {}) as { requests?: ResourceList }).requests ?? {};
  return check('PersistentVolumeClaim', requests, {}, { ...item, maxLimitRequestRatio: {} }, true);
}

function check(type: string, requests: ResourceList, limits: ResourceList, item: LimitItem, requestsOnly = false): string[] {
  const problems: string[] = [];
  const less = (a: string, b: string): boolean => compareQuantity(quantityOf(a), quantityOf(b)) < 0;
  for (const [resource, min] of Object.entries(item.min ?? {})) {
    const request = requests[resource];
    const limit = limits[resource];
    if (request === undefined) problems.push(`minimum ${resource} usage per ${type} is ${min}.  No request is specified`);
    else if (less(request, min)) problems.push(`minimum ${resource} usage per ${type} is ${min}, but request is ${request}`);
    else if (limit !== undefined && less(limit, min)) problems.push(`minimum ${resource} usage per ${type} is ${min}, but limit is ${limit}`);
  }
  for (const [resource, max] of Object.entries(item.max ?? {})) {
    const request = requests[resource];
    const limit = limits[resource];
    if (requestsOnly) {
      if (request === undefined) problems.push(`maximum ${resource} usage per ${type} is ${max}.  No request is specified`);
      else if (less(max, request)) problems.push(`maximum ${resource} usage per ${type} is ${max}, but request is ${request}`);
      continue;
    }
    if (limit === undefined) problems.push(`maximum ${resource} usage per ${type} is ${max}.  No limit is specified`);
    else if (less(max, limit)) problems.push(`maximum ${resource} usage per ${type} is ${max}, but limit is ${limit}`);
    else if (request !== undefined && less(max, request)) problems.push(`maximum ${resource} usage per ${type} is ${max}, but request is ${request}`);
  }
  for (const [resource, ratio] of Object.entries(item.maxLimitRequestRatio ?? {})) {
    const request = requests[resource];
    const limit = limits[resource];
    if (request === undefined || quantityOf(request).nanos === 0n) problems.push(`${resource} max limit to request ratio per ${type} is ${ratio}, but no request is specified or request is 0`);
    else if (limit === undefined || quantityOf(limit).nanos === 0n) problems.push(`${resource} max limit to request ratio per ${type} is ${ratio}, but no limit is specified or limit is 0`);
    else {
      const observed = Number(quantityOf(limit).nanos) / Number(quantityOf(request).nanos);
      if (observed > Number(quantityOf(ratio).nanos) / 1e9) problems.push(`${resource} max limit to request ratio per ${type} is ${ratio}, but provided ratio is ${observed.toFixed(6)}`);
    }
  }
  return problems;
}
