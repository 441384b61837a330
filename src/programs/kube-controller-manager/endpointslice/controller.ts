// The EndpointSlice controller: what kube-proxy and CoreDNS read to find a Service's pods.
import { canonicalText } from '../../../api/meta/hash.ts';
import { matchesMap } from '../../../api/meta/labels.ts';
import { isNamespaceTerminating, isNotFound } from '../../../client/api-error.ts';
import { RetryError } from '../../../client/controller.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { keyOf, ownerRef, refs, splitKey, type Node, type Pod, type Service } from '../shared/objects.ts';
import { selectsPods, watchPods } from '../shared/service-pods.ts';
import { computeGroups, decideSlices, type EndpointSlice } from './decide.ts';

const serviceLabel = 'kubernetes.io/service-name';
const managedBy = 'endpointslice.kubernetes.io/managed-by';
const manager = 'endpointslice-controller.k8s.io';
const headlessLabel = 'service.kubernetes.io/headless';
const triggerTime = 'endpoints.kubernetes.io/last-change-trigger-time';

export function startEndpointSliceController(context: ControllerContext): void {
  const client = context.client('endpointslice-controller');
  const recorder = context.recorder('endpoint-slice-controller', client);
  const services = context.informer<Service>(refs.services);
  const pods = context.informer<Pod>(refs.pods);
  const nodes = context.informer<Node>(refs.nodes);
  const slices = context.informer<EndpointSlice>(refs.endpointSlices);
  const queue = context.queue('endpoint_slice', { baseDelayMs: 1000, maxDelayMs: 100_000 });
  /** Latest resource version that we wrote, per slice: an older one in the cache means that the cache is behind. */
  const written = new Map<string, Map<string, number>>();

  services.onChange(({ object }) => queue.add(keyOf(object)));
  watchPods(pods, services, queue);
  slices.onChange(({ type, object, old }) => {
    if (object.metadata.labels?.[managedBy] !== manager) return;
    const service = `${object.metadata.namespace ?? ''}/${object.metadata.labels[serviceLabel] ?? ''}`;
    const ours = written.get(service)?.get(object.metadata.name);
    const version = Number(object.metadata.resourceVersion ?? 0);
    if (type === 'delete') {
      if (ours !== undefined) {
        written.get(service)?.delete(object.metadata.name);
        queue.add(service);
      }
    } else if (ours === undefined || version > ours) {
      if (type === 'update' && old !== undefined && canonicalText(old.endpoints) === canonicalText(object.endpoints) && canonicalText(old.ports) === canonicalText(object.ports)) return;
      queue.add(service);
    }
  });

  function* reconcile(key: string): Task<void> {
    const { namespace } = splitKey(key);
    const service = services.get(key);
    if (service === undefined) {
      written.delete(key);
      return;
    }
    if (!selectsPods(service) || service.spec.type === 'ExternalName') return;
    const existing = slices.byIndex('service', key).filter(({ metadata }) => metadata.labels?.[managedBy] === manager && metadata.deletionTimestamp === undefined);
    const ours = written.get(key) ?? new Map<string, number>();
    for (const [name, version] of ours) {
      const cached = slices.get(`${namespace}/${name}`);
      if (cached === undefined || Number(cached.metadata.resourceVersion ?? 0) < version) throw new RetryError('EndpointSlice informer cache is out of date');
    }
    const labels: Record<string, string> = { ...service.metadata.labels, [serviceLabel]: service.metadata.name, [managedBy]: manager };
    if (service.spec.clusterIP === 'None') labels[headlessLabel] = '';
    else delete labels[headlessLabel];
    const mine = pods.list(namespace).filter((pod) => matchesMap(service.spec.selector, pod.metadata.labels));
    const groups = computeGroups(service, mine, (name) => nodes.get(name));
    const changes = decideSlices(service, groups, existing, labels);
    const annotations = { [triggerTime]: context.now() };
    const remember = (slice: EndpointSlice): void => void ours.set(slice.metadata.name, Number(slice.metadata.resourceVersion ?? 0));
    written.set(key, ours);
    try {
      for (const { addressType, ports, endpoints } of changes.create) {
        const slice: EndpointSlice = {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name: '', generateName: `${service.metadata.name}-`, namespace, labels, annotations, ownerReferences: [ownerRef(service, 'v1', 'Service')] },
          addressType,
          endpoints: endpoints.length === 0 ? null : endpoints,
          ports: ports.length === 0 ? null : ports,
        };
        remember(yield* client.create(refs.endpointSlices, namespace, slice));
      }
      for (const slice of changes.update) {
        const wanted = { ...slice, apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { ...slice.metadata, annotations: { ...slice.metadata.annotations, ...annotations } } };
        remember(yield* client.update(refs.endpointSlices, namespace, wanted));
      }
      for (const slice of changes.remove) {
        ours.delete(slice.metadata.name);
        yield* client.delete(refs.endpointSlices, namespace, slice.metadata.name);
      }
    } catch (error) {
      if (isNamespaceTerminating(error)) return;
      if (isNotFound(error)) throw new RetryError(error instanceof Error ? error.message : '');
      recorder.event({ ...service, apiVersion: 'v1', kind: 'Service' }, 'Warning', 'FailedToUpdateEndpointSlices', `Error updating Endpoint Slices for Service ${key}: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  context.start({ name: 'endpointslice', queue, workers: context.flags.number('concurrent-service-endpoint-syncs', 5), needs: [services, pods, nodes, slices], reconcile });
}
