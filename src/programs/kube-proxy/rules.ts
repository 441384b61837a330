// Which NAT rules a node needs for the cluster's Services. Pure.
import type { NatService } from '../../kernel/host.ts';
import type { ApiObject } from '../../api/meta/object.ts';

export interface ServiceObject extends ApiObject {
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly clusterIPs?: readonly string[];
    readonly externalIPs?: readonly string[];
    readonly sessionAffinity?: string;
    readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } };
    readonly internalTrafficPolicy?: string;
    readonly externalTrafficPolicy?: string;
    readonly ports?: readonly { readonly name?: string; readonly port: number; readonly nodePort?: number; readonly protocol?: string }[];
  };
  readonly status?: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string }[] } };
}
export interface EndpointSliceObject extends ApiObject {
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly nodeName?: string;
    readonly conditions?: { readonly ready?: boolean | null; readonly serving?: boolean | null; readonly terminating?: boolean | null };
  }[];
  readonly ports?: readonly { readonly name?: string; readonly port?: number; readonly protocol?: string }[];
}

interface Backend {
  readonly address: string;
  readonly isReady: boolean;
  readonly isServing: boolean;
  readonly isTerminating: boolean;
  readonly isLocal: boolean;
}

export interface RuleInputs {
  readonly services: readonly ServiceObject[];
  /** Slices of one Service. */
  readonly slicesOf: (namespace: string, name: string) => readonly EndpointSliceObject[];
  readonly nodeName: string;
  readonly nodeAddresses: readonly string[];
}

export const serviceNameLabel = 'kubernetes.io/service-name';

export function computeRules(inputs: RuleInputs): readonly NatService[] {
  const rules: NatService[] = [];
  for (const service of inputs.services) {
    const { spec } = service;
    if (spec.clusterIP === undefined || spec.clusterIP === '' || spec.clusterIP === 'None' || spec.type === 'ExternalName') continue;
    if (service.metadata.labels?.['service.kubernetes.io/service-proxy-name'] !== undefined) continue;
    const namespace = service.metadata.namespace ?? 'default';
    const slices = inputs.slicesOf(namespace, service.metadata.name);
    const affinity = spec.sessionAffinity === 'ClientIP' ? { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800 } : {};
    for (const port of spec.ports ?? []) {
      const transport = (port.protocol ?? 'TCP') === 'UDP' ? ('udp' as const) : ('tcp' as const);
      const all = backendsOf(slices, port.name ?? '', port.protocol ?? 'TCP', inputs.nodeName);
      const name = `${namespace}/${service.metadata.name}${port.name === undefined || port.name === '' ? '' : `:${port.name}`}`;
      const internal = chooseBackends(all, spec.internalTrafficPolicy === 'Local');
      for (const ip of spec.clusterIPs ?? [spec.clusterIP]) rules.push({ address: `${ip}:${port.port}`, transport, name, backends: internal, ...affinity });
      const isLocalOnly = spec.externalTrafficPolicy === 'Local';
      const external = chooseBackends(all, isLocalOnly);
      // With policy Cluster the client's address is lost: the packet may have to come back through this node.
      const masquerade = isLocalOnly ? {} : { masquerade: true };
      const outside = [...(spec.externalIPs ?? []), ...(service.status?.loadBalancer?.ingress ?? []).map((each) => each.ip ?? '').filter((ip) => ip !== '')];
      for (const ip of outside) rules.push({ address: `${ip}:${port.port}`, transport, name, backends: external, ...affinity, ...masquerade });
      if (port.nodePort === undefined || port.nodePort === 0) continue;
      for (const ip of inputs.nodeAddresses) rules.push({ address: `${ip}:${port.nodePort}`, transport, name, backends: external, ...affinity, ...masquerade });
    }
  }
  return rules;
}

function backendsOf(slices: readonly EndpointSliceObject[], portName: string, protocol: string, nodeName: string): readonly Backend[] {
  const found = new Map<string, Backend>();
  for (const slice of slices) {
    const port = slice.ports?.find((each) => (each.name ?? '') === portName && (each.protocol ?? 'TCP') === protocol)?.port;
    if (port === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      const address = `${endpoint.addresses[0] ?? ''}:${port}`;
      const isReady = endpoint.conditions?.ready !== false;
      found.set(address, {
        address,
        isReady,
        isServing: endpoint.conditions?.serving ?? isReady,
        isTerminating: endpoint.conditions?.terminating === true,
        isLocal: endpoint.nodeName === nodeName,
      });
    }
  }
  return [...found.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** Ready ones; when there are none, those that are ending but still serve. */
function chooseBackends(all: readonly Backend[], localOnly: boolean): readonly string[] {
  const usable = localOnly ? all.filter((each) => each.isLocal) : all;
  const ready = usable.filter((each) => each.isReady);
  const chosen = ready.length > 0 ? ready : usable.filter((each) => each.isServing && each.isTerminating);
  return chosen.map((each) => each.address);
}

/** Names of the service ports whose rules differ. */
export function changedNames(before: readonly NatService[], after: readonly NatService[]): readonly string[] {
  const keyed = (rules: readonly NatService[]): Map<string, string> => new Map(rules.map((rule) => [`${rule.transport}/${rule.address}`, `${rule.name} ${rule.backends.join(',')} ${rule.affinitySeconds ?? ''} ${rule.masquerade ?? ''}`]));
  const old = keyed(before);
  const names = new Set<string>();
  for (const rule of after) if (old.get(`${rule.transport}/${rule.address}`) !== keyedOne(rule)) names.add(rule.name);
  const now = keyed(after);
  for (const rule of before) if (!now.has(`${rule.transport}/${rule.address}`)) names.add(rule.name);
  return [...names];
}

const keyedOne = (rule: NatService): string => `${rule.name} ${rule.backends.join(',')} ${rule.affinitySeconds ?? ''} ${rule.masquerade ?? ''}`;
