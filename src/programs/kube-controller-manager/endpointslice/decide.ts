// EndpointSlices of a Service: every endpoint with its conditions, a hundred to a slice. Existing slices are kept as they are where possible. Pure.
import { canonicalText } from '../../../api/meta/hash.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { hostnameFor } from '../endpoints/decide.ts';
import type { Node, Pod, Service } from '../shared/objects.ts';
import { addressOf, findPort, mayServe } from '../shared/service-pods.ts';
import { isReady, isTerminating } from '../shared/pods.ts';

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  readonly hostname?: string;
  readonly targetRef?: { readonly kind: string; readonly namespace: string; readonly name: string; readonly uid: string };
  readonly nodeName?: string;
  readonly zone?: string;
}

export interface SlicePort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
  readonly appProtocol?: string;
}

export interface EndpointSlice extends ApiObject {
  readonly addressType: string;
  readonly endpoints: readonly Endpoint[] | null;
  readonly ports: readonly SlicePort[] | null;
}

const maxEndpointsPerSlice = 100;

export interface PortGroup {
  readonly addressType: string;
  readonly ports: readonly SlicePort[];
  readonly endpoints: Endpoint[];
}

/** Endpoints grouped by the ports they serve: pods may name a port differently. */
export function computeGroups(service: Service, pods: readonly Pod[], node: (name: string) => Node | undefined): readonly PortGroup[] {
  const groups = new Map<string, PortGroup>();
  const publishAll = service.spec.publishNotReadyAddresses === true;
  for (const addressType of service.spec.ipFamilies ?? ['IPv4']) {
    for (const pod of pods) {
      const address = mayServe(pod) ? addressOf(pod, addressType) : undefined;
      if (address === undefined) continue;
      const ports: SlicePort[] = [];
      for (const port of service.spec.ports ?? []) {
        const number = findPort(pod, port);
        if (number !== undefined) ports.push({ ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }), name: port.name ?? '', port: number, protocol: port.protocol ?? 'TCP' });
      }
      if ((service.spec.ports ?? []).length > 0 && ports.length === 0) continue;
      const key = addressType + canonicalText(ports);
      let group = groups.get(key);
      if (group === undefined) groups.set(key, (group = { addressType, ports, endpoints: [] }));
      const serving = isReady(pod);
      const terminating = isTerminating(pod);
      const nodeName = pod.spec.nodeName ?? '';
      const zone = node(nodeName)?.metadata.labels?.['topology.kubernetes.io/zone'];
      group.endpoints.push({
        addresses: [address],
        conditions: { ready: publishAll || (serving && !terminating), serving, terminating },
        ...(hostnameFor(pod, service) === undefined ? {} : { hostname: pod.spec.hostname ?? '' }),
        ...(nodeName === '' ? {} : { nodeName }),
        targetRef: { kind: 'Pod', namespace: pod.metadata.namespace ?? '', name: pod.metadata.name, uid: pod.metadata.uid ?? '' },
        ...(zone === undefined ? {} : { zone }),
      });
    }
  }
  return [...groups.values()];
}

export interface SliceChanges {
  readonly create: readonly { readonly addressType: string; readonly ports: readonly SlicePort[]; readonly endpoints: readonly Endpoint[] }[];
  readonly update: readonly EndpointSlice[];
  readonly remove: readonly EndpointSlice[];
}

/** Changes as few slices as possible: endpoints stay in their slice, new ones fill up slices that change anyway. */
export function decideSlices(service: Service, groups: readonly PortGroup[], existing: readonly EndpointSlice[], labels: Readonly<Record<string, string>>): SliceChanges {
  const create: SliceChanges['create'][number][] = [];
  const update: EndpointSlice[] = [];
  const remove: EndpointSlice[] = [];
  const wanted = new Map(groups.map((group) => [group.addressType + canonicalText(group.ports), group]));
  const byGroup = new Map<string, EndpointSlice[]>();
  for (const slice of existing) {
    const key = slice.addressType + canonicalText(slice.ports ?? []);
    if (wanted.has(key)) byGroup.set(key, [...(byGroup.get(key) ?? []), slice]);
    else remove.push(slice);
  }
  for (const [key, group] of wanted) reconcileGroup(group, byGroup.get(key) ?? [], labels, create, update, remove);
  if (groups.length === 0) keepPlaceholders(service, existing, labels, create, update, remove);
  // Rather than deleting one and making another, the one is rewritten.
  for (let at = 0; at < remove.length; ) {
    const old = remove[at];
    const next = create.findIndex(({ addressType }) => addressType === old?.addressType);
    if (old === undefined || next < 0 || old.metadata.deletionTimestamp !== undefined) {
      at++;
      continue;
    }
    const [made] = create.splice(next, 1);
    remove.splice(at, 1);
    if (made !== undefined) update.push({ ...old, metadata: { ...old.metadata, labels }, endpoints: made.endpoints, ports: made.ports });
  }
  return { create, update, remove };
}

/** A Service without endpoints still has one empty slice per address family. */
function keepPlaceholders(service: Service, existing: readonly EndpointSlice[], labels: Readonly<Record<string, string>>, create: SliceChanges['create'][number][], update: EndpointSlice[], remove: EndpointSlice[]): void {
  for (const addressType of service.spec.ipFamilies ?? ['IPv4']) {
    const kept = existing.find((slice) => slice.addressType === addressType && slice.metadata.deletionTimestamp === undefined);
    if (kept === undefined) {
      create.push({ addressType, ports: [], endpoints: [] });
      continue;
    }
    remove.splice(remove.indexOf(kept), 1);
    if ((kept.endpoints ?? []).length > 0 || (kept.ports ?? []).length > 0 || canonicalText(kept.metadata.labels ?? {}) !== canonicalText(labels)) {
      update.push({ ...kept, metadata: { ...kept.metadata, labels }, endpoints: null, ports: null });
    }
  }
}

function reconcileGroup(group: PortGroup, slices: readonly EndpointSlice[], labels: Readonly<Record<string, string>>, create: SliceChanges['create'][number][], update: EndpointSlice[], remove: EndpointSlice[]): void {
  const waiting = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const kept: { slice: EndpointSlice; endpoints: Endpoint[]; changed: boolean }[] = [];
  for (const slice of slices) {
    const endpoints: Endpoint[] = [];
    let changed = false;
    for (const old of slice.endpoints ?? []) {
      const key = endpointKey(old);
      const now = waiting.get(key);
      if (now === undefined) {
        changed = true;
        continue;
      }
      waiting.delete(key);
      if (canonicalText(old) !== canonicalText(now)) changed = true;
      endpoints.push(now);
    }
    if (endpoints.length === 0 && (slice.endpoints ?? []).length > 0 && slices.length > 1) remove.push(slice);
    else kept.push({ slice, endpoints, changed: changed || canonicalText(slice.metadata.labels ?? {}) !== canonicalText(labels) });
  }
  const rest = [...waiting.values()];
  // First fill what is being written anyway, then the fullest slice that can take all that is left.
  for (const entry of kept) {
    if (entry.changed) entry.endpoints.push(...rest.splice(0, maxEndpointsPerSlice - entry.endpoints.length));
  }
  while (rest.length > 0) {
    const roomy = rest.length >= maxEndpointsPerSlice ? undefined : kept.filter(({ endpoints }) => endpoints.length + rest.length <= maxEndpointsPerSlice).sort((left, right) => right.endpoints.length - left.endpoints.length)[0];
    if (roomy === undefined) create.push({ addressType: group.addressType, ports: group.ports, endpoints: rest.splice(0, maxEndpointsPerSlice) });
    else {
      roomy.endpoints.push(...rest.splice(0));
      roomy.changed = true;
    }
  }
  for (const { slice, endpoints, changed } of kept) if (changed) update.push({ ...slice, metadata: { ...slice.metadata, labels }, endpoints, ports: group.ports });
}

function endpointKey({ addresses, targetRef }: Endpoint): string {
  return `${addresses[0] ?? ''}/${targetRef?.uid ?? ''}`;
}
