// The older list of a Service's endpoints: addresses grouped by the ports they serve. Pure.
import { canonicalText } from '../../../api/meta/hash.ts';
import type { Pod, Service } from '../shared/objects.ts';
import { addressOf, findPort, mayServe } from '../shared/service-pods.ts';
import { isReady, isTerminating } from '../shared/pods.ts';

export interface EndpointAddress {
  readonly ip: string;
  readonly hostname?: string;
  readonly nodeName?: string;
  readonly targetRef?: { readonly kind: string; readonly namespace: string; readonly name: string; readonly uid: string };
}

export interface EndpointPort {
  readonly name?: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

export interface EndpointSubset {
  readonly addresses?: readonly EndpointAddress[];
  readonly notReadyAddresses?: readonly EndpointAddress[];
  readonly ports?: readonly EndpointPort[];
}

/** At most this many addresses; more are cut, and an annotation says so. */
export const capacity = 1000;

export function computeSubsets(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const family = service.spec.ipFamilies?.[0] ?? 'IPv4';
  const groups = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>();
  const put = (pod: Pod, ports: EndpointPort[]): void => {
    const ip = addressOf(pod, family);
    if (ip === undefined) return;
    const address: EndpointAddress = {
      ip,
      ...(hostnameFor(pod, service) === undefined ? {} : { hostname: pod.spec.hostname ?? '' }),
      ...(pod.spec.nodeName === undefined ? {} : { nodeName: pod.spec.nodeName }),
      targetRef: { kind: 'Pod', namespace: pod.metadata.namespace ?? '', name: pod.metadata.name, uid: pod.metadata.uid ?? '' },
    };
    const key = canonicalText(ports);
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { ports, ready: [], notReady: [] }));
    (service.spec.publishNotReadyAddresses === true || isReady(pod) ? group.ready : group.notReady).push(address);
  };
  for (const pod of pods) {
    if (!mayServe(pod) || (isTerminating(pod) && service.spec.publishNotReadyAddresses !== true)) continue;
    const ports: EndpointPort[] = [];
    for (const port of service.spec.ports ?? []) {
      const number = findPort(pod, port);
      if (number === undefined) continue;
      ports.push({ ...(port.name === undefined || port.name === '' ? {} : { name: port.name }), port: number, protocol: port.protocol ?? 'TCP', ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }) });
    }
    if ((service.spec.ports ?? []).length === 0 ? service.spec.clusterIP === 'None' : ports.length > 0) put(pod, ports);
  }
  const byIp = (left: EndpointAddress, right: EndpointAddress): number => (left.ip < right.ip ? -1 : left.ip > right.ip ? 1 : 0);
  return [...groups.values()]
    .map(({ ports, ready, notReady }) => ({
      ...(ready.length === 0 ? {} : { addresses: ready.sort(byIp) }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady.sort(byIp) }),
      ...(ports.length === 0 ? {} : { ports: ports.sort((left, right) => (canonicalText(left) < canonicalText(right) ? -1 : 1)) }),
    }))
    .sort((left, right) => (canonicalText(left) < canonicalText(right) ? -1 : 1));
}

export function hostnameFor(pod: Pod, service: Service): string | undefined {
  const { hostname = '', subdomain } = pod.spec;
  return hostname !== '' && subdomain === service.metadata.name && pod.metadata.namespace === service.metadata.namespace ? hostname : undefined;
}
