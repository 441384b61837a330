// Endpoints that somebody keeps by hand, for a Service without a selector, are copied into EndpointSlices, which is where kube-proxy looks.
import type { ApiObject } from '../../../api/meta/object.ts';
import { canonicalText } from '../../../api/meta/hash.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../../../client/api-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { EndpointAddress, EndpointSubset } from '../endpoints/decide.ts';
import type { Endpoint, EndpointSlice } from '../endpointslice/decide.ts';
import type { ControllerContext } from '../shared/context.ts';
import { keyOf, refs, splitKey, type Service } from '../shared/objects.ts';
import { selectsPods } from '../shared/service-pods.ts';

interface Endpoints extends ApiObject {
  readonly subsets?: readonly EndpointSubset[];
}

const managedBy = 'endpointslice.kubernetes.io/managed-by';
const manager = 'endpointslicemirroring-controller.k8s.io';
const serviceLabel = 'kubernetes.io/service-name';
const skipMirror = 'endpointslice.kubernetes.io/skip-mirror';

export function startEndpointSliceMirroringController(context: ControllerContext): void {
  const client = context.client('endpointslicemirroring-controller');
  const endpoints = context.informer<Endpoints>(refs.endpoints);
  const services = context.informer<Service>(refs.services);
  const slices = context.informer<EndpointSlice>(refs.endpointSlices);
  const queue = context.queue('endpoint_slice_mirroring', { baseDelayMs: 1000 });
  endpoints.onChange(({ object }) => queue.add(keyOf(object)));
  services.onChange(({ object, old }) => {
    if (old === undefined || selectsPods(old) !== selectsPods(object)) queue.add(keyOf(object));
  });

  function* reconcile(key: string): Task<void> {
    const { namespace, name } = splitKey(key);
    const source = endpoints.get(key);
    const service = services.get(key);
    const existing = slices.byIndex('service', key).filter(({ metadata }) => metadata.labels?.[managedBy] === manager);
    const annotations = source?.metadata.annotations ?? {};
    const mirrors = source !== undefined && service !== undefined && !selectsPods(service) && source.metadata.labels?.[skipMirror] !== 'true' && annotations['control-plane.alpha.kubernetes.io/leader'] === undefined;
    if (!mirrors) {
      for (const slice of existing) yield* remove(slice);
      return;
    }
    const labels = { ...source.metadata.labels, [serviceLabel]: name, [managedBy]: manager };
    const left = [...existing];
    for (const subset of source.subsets ?? []) {
      const ports = (subset.ports ?? []).map((port) => ({ ...port, name: port.name ?? '' }));
      const wanted = [...(subset.addresses ?? []).map((address) => endpointOf(address, true)), ...(subset.notReadyAddresses ?? []).map((address) => endpointOf(address, false))].slice(0, 1000);
      const at = left.findIndex((slice) => canonicalText(slice.ports ?? []) === canonicalText(ports));
      const old = at < 0 ? undefined : left.splice(at, 1)[0];
      if (old !== undefined && canonicalText(old.endpoints ?? []) === canonicalText(wanted) && canonicalText(old.metadata.labels ?? {}) === canonicalText(labels)) continue;
      const slice: EndpointSlice = {
        ...old,
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          ...(old?.metadata ?? { name: '', generateName: `${name}-`, namespace, ownerReferences: [{ apiVersion: 'v1', kind: 'Endpoints', name, uid: source.metadata.uid ?? '', controller: true, blockOwnerDeletion: true }] }),
          labels,
        },
        addressType: wanted[0]?.addresses[0]?.includes(':') === true ? 'IPv6' : 'IPv4',
        endpoints: wanted,
        ports,
      };
      try {
        if (old === undefined) yield* client.create(refs.endpointSlices, namespace, slice);
        else yield* client.update(refs.endpointSlices, namespace, slice);
      } catch (error) {
        if (!isNamespaceTerminating(error) && !isAlreadyExists(error)) throw error;
      }
    }
    for (const slice of left) yield* remove(slice);
  }

  function* remove({ metadata }: EndpointSlice): Task<void> {
    try {
      yield* client.delete(refs.endpointSlices, metadata.namespace ?? '', metadata.name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  context.start({ name: 'endpointslice-mirroring', queue, workers: 5, needs: [endpoints, services, slices], reconcile });
}

function endpointOf({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip],
    conditions: { ready } as Endpoint['conditions'],
    ...(hostname === undefined ? {} : { hostname }),
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(nodeName === undefined ? {} : { nodeName }),
  };
}
