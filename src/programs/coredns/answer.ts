// What the kubernetes plugin answers from Services and EndpointSlices. Pure.
import type { ApiObject } from '../../api/meta/object.ts';
import type { DnsAnswer, DnsQuery } from '../../wire/dns.ts';

export interface ServiceObject extends ApiObject {
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalName?: string;
    readonly publishNotReadyAddresses?: boolean;
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[];
  };
}
export interface EndpointSliceObject extends ApiObject {
  readonly endpoints?: readonly { readonly addresses: readonly string[]; readonly hostname?: string | null; readonly conditions?: { readonly ready?: boolean | null } }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[];
}

export interface Directory {
  readonly service: (namespace: string, name: string) => ServiceObject | undefined;
  readonly hasNamespace: (name: string) => boolean;
  readonly slicesOf: (namespace: string, name: string) => readonly EndpointSliceObject[];
  /** Services with this cluster IP; slices that hold this address. */
  readonly serviceByIp: (ip: string) => ServiceObject | undefined;
  readonly sliceByIp: (ip: string) => EndpointSliceObject | undefined;
}

export interface ZoneOptions {
  /** `cluster.local` */
  readonly zone: string;
  readonly ttl: number;
  readonly pods: 'disabled' | 'insecure' | 'verified';
}

export type Outcome =
  | { readonly kind: 'records'; readonly records: DnsAnswer['records'] }
  | { readonly kind: 'no-such-name' }
  /** ExternalName: whoever has that name knows. */
  | { readonly kind: 'alias'; readonly target: string };

const dashed = (address: string): string => address.replaceAll('.', '-');

/** `name` is in lower case, without the final dot, and lies in the zone. */
export function answerFromCluster(query: DnsQuery, directory: Directory, options: ZoneOptions): Outcome {
  const { zone, ttl } = options;
  const name = query.name.toLowerCase();
  const record = (type: DnsQuery['type'], value: string, owner = query.name): DnsAnswer['records'][number] => ({ name: owner, type, ttl, value });
  const records = (...found: DnsAnswer['records']): Outcome => ({ kind: 'records', records: found });
  const nothing: Outcome = { kind: 'no-such-name' };
  const labels = name === zone ? [] : name.slice(0, -zone.length - 1).split('.');
  if (labels.length === 0) return records();
  const type = labels[labels.length - 1];
  if (labels.length === 1 && type === 'dns-version') return records(...(query.type === 'TXT' ? [record('TXT', '1.1.0')] : []));
  if (type !== 'svc' && type !== 'pod') return nothing;
  const namespace = labels[labels.length - 2];
  if (namespace === undefined) return records();
  if (!directory.hasNamespace(namespace)) return nothing;
  const rest = labels.slice(0, -2);
  if (type === 'pod') {
    if (options.pods === 'disabled' || rest.length !== 1) return rest.length === 0 ? records() : nothing;
    const ip = (rest[0] ?? '').replaceAll('-', '.');
    if (!/^\d+\.\d+\.\d+\.\d+$/.test(ip)) return nothing;
    return records(...(query.type === 'A' ? [record('A', ip)] : []));
  }
  const serviceName = rest[rest.length - 1];
  if (serviceName === undefined) return records();
  const service = directory.service(namespace, serviceName);
  if (service === undefined) return nothing;
  const before = rest.slice(0, -1);
  if (service.spec.externalName !== undefined && service.spec.type === 'ExternalName') return before.length === 0 ? { kind: 'alias', target: service.spec.externalName } : nothing;
  const isHeadless = service.spec.clusterIP === 'None';
  const endpoints = isHeadless || before.length === 1 ? endpointsOf(directory.slicesOf(namespace, serviceName), service.spec.publishNotReadyAddresses === true) : [];
  const own = `${serviceName}.${namespace}.svc.${zone}`;

  if (before.length === 2 && before[0]?.startsWith('_') === true && before[1]?.startsWith('_') === true) {
    return srv(query, service, { portName: before[0].slice(1), protocol: before[1].slice(1), own, isHeadless, endpoints }, record);
  }
  if (before.length === 1) {
    const found = endpoints.filter((endpoint) => endpoint.label === before[0]);
    if (found.length === 0) return nothing;
    return records(...(query.type === 'A' ? found.map((endpoint) => record('A', endpoint.address)) : []));
  }
  if (before.length > 0) return nothing;
  if (isHeadless && endpoints.length === 0) return nothing;
  if (query.type === 'SRV') {
    const all = (service.spec.ports ?? []).map((port) => record('SRV', `0 100 ${port.port} ${own}.`));
    return records(...(isHeadless ? endpoints.flatMap((endpoint) => endpoint.ports.map((port) => record('SRV', `0 100 ${port.port} ${endpoint.label}.${own}.`))) : all));
  }
  if (query.type !== 'A') return records();
  if (isHeadless) return records(...endpoints.map((endpoint) => record('A', endpoint.address)));
  return records(...(service.spec.clusterIPs ?? [service.spec.clusterIP ?? '']).filter((ip) => ip !== '' && !ip.includes(':')).map((ip) => record('A', ip)));
}

interface Target {
  readonly address: string;
  /** First label of the endpoint's own name. */
  readonly label: string;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: string }[];
}

function endpointsOf(slices: readonly EndpointSliceObject[], withUnready: boolean): readonly Target[] {
  const found = new Map<string, Target>();
  for (const slice of slices) {
    const ports = (slice.ports ?? []).map((port) => ({ name: port.name ?? '', port: port.port ?? 0, protocol: (port.protocol ?? 'TCP').toLowerCase() }));
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.conditions?.ready === false && !withUnready) continue;
      for (const address of endpoint.addresses) found.set(address, { address, label: endpoint.hostname ?? dashed(address), ports });
    }
  }
  return [...found.values()];
}

function srv(
  query: DnsQuery,
  service: ServiceObject,
  asked: { readonly portName: string; readonly protocol: string; readonly own: string; readonly isHeadless: boolean; readonly endpoints: readonly Target[] },
  record: (type: DnsQuery['type'], value: string, owner?: string) => DnsAnswer['records'][number],
): Outcome {
  const found: DnsAnswer['records'][number][] = [];
  if (asked.isHeadless) {
    for (const endpoint of asked.endpoints) {
      for (const port of endpoint.ports) {
        if (port.name === asked.portName && port.protocol === asked.protocol) found.push(record('SRV', `0 ${Math.max(1, Math.floor(100 / asked.endpoints.length))} ${port.port} ${endpoint.label}.${asked.own}.`));
      }
    }
  } else {
    for (const port of service.spec.ports ?? []) {
      if ((port.name ?? '') === asked.portName && (port.protocol ?? 'TCP').toLowerCase() === asked.protocol) found.push(record('SRV', `0 100 ${port.port} ${asked.own}.`));
    }
  }
  if (found.length === 0) return { kind: 'no-such-name' };
  return { kind: 'records', records: query.type === 'SRV' ? found : [] };
}

/** `4.1.244.10.in-addr.arpa` -> the names that have 10.244.1.4. undefined: none of ours. */
export function answerReverse(query: DnsQuery, directory: Directory, options: ZoneOptions): Outcome | undefined {
  const ip = query.name.replace(/\.in-addr\.arpa$/, '').split('.').reverse().join('.');
  const record = (value: string): Outcome => ({ kind: 'records', records: [{ name: query.name, type: 'PTR', ttl: options.ttl, value }] });
  const service = directory.serviceByIp(ip);
  if (service !== undefined) return record(`${service.metadata.name}.${service.metadata.namespace ?? 'default'}.svc.${options.zone}.`);
  const slice = directory.sliceByIp(ip);
  const owner = slice?.metadata.labels?.['kubernetes.io/service-name'];
  if (slice === undefined || owner === undefined) return undefined;
  const hostname = slice.endpoints?.find((endpoint) => endpoint.addresses.includes(ip))?.hostname ?? dashed(ip);
  return record(`${hostname}.${owner}.${slice.metadata.namespace ?? 'default'}.svc.${options.zone}.`);
}
