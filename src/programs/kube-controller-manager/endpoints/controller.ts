// The endpoints controller, kept for old clients: new ones read EndpointSlices.
import type { ApiObject } from '../../../api/meta/object.ts';
import { canonicalText } from '../../../api/meta/hash.ts';
import { matchesMap } from '../../../api/meta/labels.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../../../client/api-error.ts';
import { RetryError } from '../../../client/controller.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { keyOf, refs, splitKey, type Pod, type Service } from '../shared/objects.ts';
import { selectsPods, watchPods } from '../shared/service-pods.ts';
import { computeSubsets, type EndpointSubset } from './decide.ts';

export interface Endpoints extends ApiObject {
  readonly subsets?: readonly EndpointSubset[];
}

const triggerTime = 'endpoints.kubernetes.io/last-change-trigger-time';
const headlessLabel = 'service.kubernetes.io/headless';
const managedBy = 'endpoints.kubernetes.io/managed-by';

export function startEndpointsController(context: ControllerContext): void {
  const client = context.client('endpoint-controller');
  const services = context.informer<Service>(refs.services);
  const pods = context.informer<Pod>(refs.pods);
  const endpoints = context.informer<Endpoints>(refs.endpoints);
  const queue = context.queue('endpoint');
  services.onChange(({ object }) => queue.add(keyOf(object)));
  watchPods(pods, services, queue);
  endpoints.onChange(({ type, object }) => {
    if (type === 'delete') queue.add(keyOf(object));
  });

  function* reconcile(key: string): Task<void> {
    const { namespace, name } = splitKey(key);
    const service = services.get(key);
    const existing = endpoints.get(key);
    if (service === undefined) {
      // The Service took its endpoints with it, unless somebody else made them.
      if (existing === undefined || existing.metadata.labels?.[managedBy] === undefined) return;
      try {
        yield* client.delete(refs.endpoints, namespace, name);
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
      return;
    }
    if (!selectsPods(service)) return;
    const mine = pods.list(namespace).filter((pod) => matchesMap(service.spec.selector, pod.metadata.labels));
    const subsets = computeSubsets(service, mine);
    const labels: Record<string, string> = { ...service.metadata.labels, [managedBy]: 'endpoint-controller' };
    if (service.spec.clusterIP === 'None') labels[headlessLabel] = '';
    else delete labels[headlessLabel];
    if (existing !== undefined && canonicalText(existing.subsets ?? []) === canonicalText(subsets) && canonicalText(existing.metadata.labels ?? {}) === canonicalText(labels)) return;
    const wanted: Endpoints = {
      ...existing,
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...existing?.metadata, name, namespace, labels, annotations: { ...existing?.metadata.annotations, [triggerTime]: context.now() } },
      subsets,
    };
    try {
      if (existing === undefined) yield* client.create(refs.endpoints, namespace, wanted);
      else yield* client.update(refs.endpoints, namespace, wanted);
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (isAlreadyExists(error)) throw new RetryError('the cache is behind');
      throw error;
    }
  }

  context.start({ name: 'endpoint', queue, workers: context.flags.number('concurrent-endpoint-syncs', 5), maxRetries: 15, needs: [services, pods, endpoints], reconcile });
}
