// Recounts what a namespace uses against its ResourceQuotas; admission counts at the door, this one corrects.
import { sameJson } from '../../../api/meta/equality.ts';
import { canonicalText } from '../../../api/meta/hash.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { countedResource, isInScopes, usageOf } from '../../../api/core/quota-usage.ts';
import type { ResourceQuota } from '../../../api/core/types/object.ts';
import { addQuantity, formatQuantity, zeroQuantity, type Quantity } from '../../../api/meta/quantity.ts';
import { ApiError } from '../../../client/api-error.ts';
import type { ResourceRef } from '../../../client/contract.ts';
import type { RunningInformer } from '../../../client/informer.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { discover } from '../shared/discovery.ts';
import { keyOf, refs, splitKey, type Pod } from '../shared/objects.ts';
import { isTerminal } from '../shared/pods.ts';

const resyncMs = 5 * 60_000;
const discoveryPeriodMs = 30_000;
export function startResourceQuotaController(context: ControllerContext): void {
  const client = context.client('resourcequota-controller');
  const quotas = context.informer<ResourceQuota>(refs.resourceQuotas);
  const pods = context.informer<Pod>(refs.pods);
  const queue = context.queue('resourcequota_primary');
  /** What can be counted, by `deployments.apps`, as discovery says; the copies of what some quota counts. */
  let known: ReadonlyMap<string, ResourceRef> = new Map();
  const copies = new Map<string, RunningInformer>();
  // Only what is asked for drives a count: who recounts because admission booked something, counts before the booked object is there.
  quotas.onChange(({ type, object, old }) => {
    if (type !== 'delete' && (old === undefined || !sameJson(old.spec, object.spec))) queue.add(keyOf(object));
  });

  /** What is freed is recounted at once; what is taken, admission has counted already. */
  function copyOf(group: string, resource: string): RunningInformer | undefined {
    const name = group === '' ? resource : `${resource}.${group}`;
    const ref = known.get(name);
    let copy = copies.get(name);
    if (copy !== undefined || ref === undefined) return copy;
    copy = context.informer(ref);
    copies.set(name, copy);
    copy.onChange(({ type, object, old }) => {
      const finished = name === 'pods' && old !== undefined && isTerminal(object as Pod) && !isTerminal(old as Pod);
      if (type === 'delete' || finished) for (const quota of quotas.list(object.metadata.namespace)) queue.add(keyOf(quota));
    });
    return copy;
  }

  function* reconcile(key: string): Task<void> {
    const quota = quotas.get(key);
    if (quota === undefined) return;
    queue.addAfter(key, resyncMs);
    const hard = quota.spec?.hard ?? {};
    const { namespace } = splitKey(key);
    const used: Record<string, string> = {};
    for (const name of Object.keys(hard)) {
      const { group, resource } = countedResource(name);
      const copy = copyOf(group, resource);
      if (copy === undefined) continue;
      yield* copy.waitForSync();
      used[name] = formatQuantity(total(quota, group, resource, copy.list(namespace), name));
    }
    const status = { hard, used };
    if (canonicalText(quota.status ?? {}) === canonicalText(status)) return;
    yield* client.updateStatus(refs.resourceQuotas, namespace, { ...quota, apiVersion: 'v1', kind: 'ResourceQuota', status });
  }

  function total(quota: ResourceQuota, group: string, resource: string, objects: readonly ApiObject[], name: string): Quantity {
    let sum: Quantity | undefined;
    for (const object of objects) {
      const value = isInScopes(quota.spec, group, resource, object) ? usageOf(group, resource, object, context.wallMs()).get(name) : undefined;
      if (value !== undefined) sum = sum === undefined ? value : addQuantity(sum, value);
    }
    return sum ?? zeroQuantity;
  }

  /** Upstream looks for new kinds to count twice a minute. */
  function* watchDiscovery(): Task<void> {
    for (;;) {
      try {
        const found = (yield* discover(client, true)).filter(({ namespaced, verbs, resource }) => namespaced && verbs.includes('list') && verbs.includes('watch') && !resource.includes('/'));
        const before = known;
        known = new Map(found.map((each) => [each.group === '' ? each.resource : `${each.resource}.${each.group}`, each]));
        for (const name of [...copies.keys()]) {
          const ref = before.get(name);
          if (known.has(name) || ref === undefined) continue;
          copies.delete(name);
          context.forget(ref);
        }
        if (known.size !== before.size) for (const quota of quotas.list()) queue.add(keyOf(quota));
      } catch (error) {
        if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
      }
      yield* context.host.clock.sleep(discoveryPeriodMs);
    }
  }

  context.host.tasks.spawn('resourcequota discovery', watchDiscovery());
  context.start({ name: 'resourcequota', queue, workers: 5, needs: [quotas, pods], reconcile });
}
