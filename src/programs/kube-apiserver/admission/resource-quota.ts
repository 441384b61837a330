// ResourceQuota: counts what a new object would use against the quotas of its namespace, and books it before the object is stored.
import { isInScopes, missingConstraints, usageOf, type Usage } from '../../../api/core/quota-usage.ts';
import type { ResourceQuotaSpec } from '../../../api/core/types/object.ts';
import type { PodSpec } from '../../../api/core/types/pod.ts';
import { addQuantity, compareQuantity, formatQuantity, quantityOf, subtractQuantity, type Quantity, type ResourceList } from '../../../api/meta/quantity.ts';
import type { Task } from '../../../kernel/task.ts';
import { forbidden } from '../status.ts';
import { keyFor } from '../storage/collections.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { type AdmissionContext, type AdmissionPlugin, type AdmissionRequest, specOf } from './plugin.ts';

interface Quota extends StoredObject {
  readonly spec: ResourceQuotaSpec;
  /** What is enforced: a quota counts once its controller has counted what is there. */
  readonly status?: { readonly hard?: ResourceList; readonly used?: ResourceList };
}

/** What may grow after its creation. */
const measuredOnUpdate = new Set(['services', 'persistentvolumeclaims']);
const uncounted = new Set(['events', 'leases', 'bindings', 'localsubjectaccessreviews']);
const attempts = 10;

export const resourceQuota: AdmissionPlugin = {
  name: 'ResourceQuota',
  handles: ({ namespace, subresource, operation, group, resource }) => {
    if (namespace === '' || uncounted.has(resource)) return false;
    if (operation === 'CREATE') return subresource === '';
    return operation === 'UPDATE' && group === '' && (subresource === '' ? measuredOnUpdate.has(resource) : subresource === 'resize');
  },
  *validateSlowly(request, context) {
    const quotas = context.collections.cache('resourcequotas').list(request.namespace) as readonly Quota[];
    if (quotas.length === 0) return;
    const usage = changeOfUsage(request, context.host.clock.wallMs());
    const concerned = quotas.filter((quota) => check(request, quota, usage) !== undefined);
    if (request.dryRun) return;
    for (const quota of concerned) yield* book(request, context, quota, usage);
  },
};

/** Notes the use in the quota's status. Others book at the same time: it is checked again against what they left. */
function* book(request: AdmissionRequest, { storage }: AdmissionContext, known: Quota, usage: Usage): Task<void> {
  let quota: Quota | undefined = known;
  for (let attempt = 0; attempt < attempts && quota !== undefined; attempt++) {
    const used = check(request, quota, usage);
    if (used === undefined) return;
    const next: Quota = { ...quota, status: { ...quota.status, used: { ...quota.status?.used, ...used } } };
    const written = yield* storage.write(keyFor('resourcequotas', request.namespace, quota.metadata.name), next, Number(quota.metadata.resourceVersion));
    if (written.ok) return;
    quota = written.current as Quota | undefined;
  }
}

function changeOfUsage(request: AdmissionRequest, wallMs: number): Usage {
  const { group, resource } = request;
  const after = usageOf(group, resource, request.object as StoredObject, wallMs);
  if (request.operation === 'CREATE' || request.old === undefined) return after;
  const before = usageOf(group, resource, request.old, wallMs);
  const change = new Map<string, Quantity>();
  for (const [name, value] of after) {
    const was = before.get(name);
    const more = was === undefined ? value : subtractQuantity(value, was);
    if (more.nanos > 0n) change.set(name, more);
  }
  return change;
}

/** The used values that would be; undefined when the quota does not concern the request. Throws when it goes beyond a limit. */
function check(request: AdmissionRequest, quota: Quota, usage: Usage): ResourceList | undefined {
  const hard = quota.status?.hard ?? {};
  const object = request.object as StoredObject;
  const isPod = request.resource === 'pods' && request.group === '';
  if (!isInScopes(quota.spec, request.group, request.resource, object)) return undefined;
  const name = object.metadata.name;
  const missing = isPod ? missingConstraints(specOf(object) as unknown as PodSpec, Object.keys(hard)) : [];
  if (missing.length > 0) throw forbidden(request, name, `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`);
  const asked = [...usage].filter(([resource, value]) => hard[resource] !== undefined && value.nanos !== 0n).sort(([a], [b]) => (a < b ? -1 : 1));
  if (asked.length === 0) return undefined;
  const used = quota.status?.used ?? {};
  const unknown = asked.filter(([resource]) => used[resource] === undefined);
  if (unknown.length > 0) throw forbidden(request, name, `status unknown for quota: ${quota.metadata.name}, resources: ${unknown.map(([resource]) => resource).join(',')}`);
  const next: Record<string, string> = {};
  const exceeded: (readonly [string, Quantity])[] = [];
  for (const [resource, value] of asked) {
    const sum = addQuantity(quantityOf(used[resource]), value);
    if (compareQuantity(sum, quantityOf(hard[resource])) > 0) exceeded.push([resource, value]);
    next[resource] = formatQuantity(sum);
  }
  if (exceeded.length === 0) return next;
  const say = (pick: (resource: string, value: Quantity) => string): string => exceeded.map(([resource, value]) => `${resource}=${pick(resource, value)}`).join(',');
  throw forbidden(request, name, `exceeded quota: ${quota.metadata.name}, requested: ${say((_, value) => formatQuantity(value))}, used: ${say((resource) => used[resource] as string)}, limited: ${say((resource) => hard[resource] as string)}`);
}
