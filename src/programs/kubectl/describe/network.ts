// kubectl describe service | endpoints | endpointslice | ingress | ingressclass | networkpolicy
import type { Task } from '../../../kernel/task.ts';
import { ApiError } from '../../../client/api-error.ts';
import { itemsOf } from '../builder.ts';
import { selectorText } from '../commands/act.ts';
import { Kubectl } from '../kubectl.ts';
import type { Any } from '../kubectl.ts';
import type { Subject } from './describers.ts';
import { annotationsMultiline, DescribeWriter, eventsSection, labelsMultiline, namedLines, orNone } from './writer.ts';

const sliceKind = Kubectl.mapping('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice');

function* slicesOf(k: Kubectl, namespace: string, service: string): Task<Any[]> {
  return itemsOf(yield* k.call('GET', k.path(sliceKind, namespace), { query: { labelSelector: `kubernetes.io/service-name=${service}`, limit: '500' } }), sliceKind);
}

function endpointsText(slices: readonly Any[], portName: string | undefined): string {
  const list: string[] = [];
  for (const slice of slices) {
    const ports: Any[] = slice.ports ?? [];
    const chosen = ports.filter((port) => (port.name ?? '') === (portName ?? ''));
    for (const endpoint of slice.endpoints ?? []) {
      if (endpoint.conditions?.ready === false) continue;
      for (const address of endpoint.addresses ?? []) {
        if (ports.length === 0) list.push(address);
        else for (const port of chosen) list.push(address.includes(':') ? `[${address}]:${port.port}` : `${address}:${port.port}`);
      }
    }
  }
  if (list.length === 0) return slices.length > 0 ? '' : '<none>';
  return list.length > 3 ? `${list.slice(0, 3).join(',')} + ${list.length - 3} more...` : list.join(',');
}

export function* describeService({ k, object, events }: Subject): Task<string> {
  const { metadata, spec, status = {} } = object;
  let slices: Any[] = [];
  try {
    slices = yield* slicesOf(k, metadata.namespace, metadata.name);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
  const w = new DescribeWriter();
  namedLines(w, metadata);
  w.line(`Selector:\t${orNone(Object.keys(spec.selector ?? {}).sort().map((key) => `${key}=${spec.selector[key]}`).join(','))}`);
  w.line(`Type:\t${spec.type ?? ''}`);
  if (spec.ipFamilyPolicy !== undefined) w.line(`IP Family Policy:\t${spec.ipFamilyPolicy}`);
  if ((spec.ipFamilies ?? []).length > 0) w.line(`IP Families:\t${spec.ipFamilies.join(',')}`);
  else w.line('IP Families:\t<none>');
  w.line(`IP:\t${spec.clusterIP ?? ''}`);
  if ((spec.clusterIPs ?? []).length > 0) w.line(`IPs:\t${spec.clusterIPs.join(',')}`);
  else w.line('IPs:\t<none>');
  if ((spec.externalIPs ?? []).length > 0) w.line(`External IPs:\t${spec.externalIPs.join(',')}`);
  if ((spec.loadBalancerIP ?? '') !== '') w.line(`Desired LoadBalancer IP:\t${spec.loadBalancerIP}`);
  if ((spec.externalName ?? '') !== '') w.line(`External Name:\t${spec.externalName}`);
  const ingress: Any[] = status.loadBalancer?.ingress ?? [];
  if (ingress.length > 0) w.line(`LoadBalancer Ingress:\t${ingress.map((each) => (each.ip === undefined ? each.hostname : each.ipMode === undefined ? each.ip : `${each.ip} (${each.ipMode})`)).join(', ')}`);
  for (const port of spec.ports ?? []) {
    w.line(`Port:\t${(port.name ?? '') === '' ? '<unset>' : port.name}\t${port.port}/${port.protocol}`);
    const target = port.targetPort ?? port.port;
    w.line(typeof target === 'number' ? `TargetPort:\t${target}/${port.protocol}` : `TargetPort:\t${target}/${port.protocol}`);
    if ((port.nodePort ?? 0) !== 0) w.line(`NodePort:\t${(port.name ?? '') === '' ? '<unset>' : port.name}\t${port.nodePort}/${port.protocol}`);
    w.line(`Endpoints:\t${endpointsText(slices, port.name)}`);
  }
  w.line(`Session Affinity:\t${spec.sessionAffinity ?? ''}`);
  if ((spec.externalTrafficPolicy ?? '') !== '') w.line(`External Traffic Policy:\t${spec.externalTrafficPolicy}`);
  if ((spec.internalTrafficPolicy ?? '') !== '') w.line(`Internal Traffic Policy:\t${spec.internalTrafficPolicy}`);
  if ((spec.trafficDistribution ?? '') !== '') w.line(`Traffic Distribution:\t${spec.trafficDistribution}`);
  if ((spec.healthCheckNodePort ?? 0) !== 0) w.line(`HealthCheck NodePort:\t${spec.healthCheckNodePort}`);
  if ((spec.loadBalancerSourceRanges ?? []).length > 0) w.line(`LoadBalancer Source Ranges:\t${spec.loadBalancerSourceRanges.join(',')}`);
  eventsSection(w, events, k.nowMs());
  return w.text();
}

export function* describeEndpoints({ k, object, events }: Subject): Task<string> {
  const { metadata } = object;
  const w = new DescribeWriter();
  namedLines(w, metadata);
  w.line('Subsets:');
  for (const subset of object.subsets ?? []) {
    w.line(`  Addresses:\t${orNone((subset.addresses ?? []).map((each: Any) => each.ip).join(','))}`);
    w.line(`  NotReadyAddresses:\t${orNone((subset.notReadyAddresses ?? []).map((each: Any) => each.ip).join(','))}`);
    if ((subset.ports ?? []).length > 0) {
      w.line('  Ports:\n    Name\tPort\tProtocol');
      w.at(2, '----\t----\t--------');
      for (const port of subset.ports) w.at(2, `${(port.name ?? '') === '' ? '<unset>' : port.name}\t${port.port}\t${port.protocol}`);
    }
    w.line('');
  }
  eventsSection(w, events, k.nowMs());
  return w.text();
}

export function* describeEndpointSlice({ k, object, events }: Subject): Task<string> {
  const { metadata } = object;
  const w = new DescribeWriter();
  namedLines(w, metadata);
  w.line(`AddressType:\t${object.addressType}`);
  const ports: Any[] = object.ports ?? [];
  if (ports.length === 0) w.line('Ports: <unset>');
  else {
    w.line('Ports:\n  Name\tPort\tProtocol');
    w.at(1, '----\t----\t--------');
    for (const port of ports) w.at(1, `${(port.name ?? '') === '' ? '<unset>' : port.name}\t${port.port ?? '<unset>'}\t${port.protocol}`);
  }
  const endpoints: Any[] = object.endpoints ?? [];
  if (endpoints.length === 0) w.line('Endpoints: <none>');
  else {
    w.line('Endpoints:');
    for (const endpoint of endpoints) {
      w.at(1, `- Addresses:\t${orNone((endpoint.addresses ?? []).join(','))}`);
      w.at(2, 'Conditions:');
      w.at(3, `Ready:\t${endpoint.conditions?.ready ?? '<unset>'}`);
      w.at(2, `Hostname:\t${endpoint.hostname ?? '<unset>'}`);
      if (endpoint.targetRef !== undefined) w.at(2, `TargetRef:\t${endpoint.targetRef.kind}/${endpoint.targetRef.name}`);
      w.at(2, `NodeName:\t${endpoint.nodeName ?? '<unset>'}`);
      w.at(2, `Zone:\t${endpoint.zone ?? '<unset>'}`);
    }
  }
  eventsSection(w, events, k.nowMs());
  return w.text();
}

export function* describeIngress({ k, object, events }: Subject): Task<string> {
  const { metadata, spec, status = {} } = object;
  const w = new DescribeWriter();
  const cache = new Map<string, string>();
  const backendText = function* (backend: Any): Task<string> {
    if (backend?.service === undefined) return backend?.resource === undefined ? '<none>' : `APIGroup: ${backend.resource.apiGroup ?? '<none>'}, Kind: ${backend.resource.kind}, Name: ${backend.resource.name}`;
    const port = backend.service.port ?? {};
    const text = `${backend.service.name}:${port.name ?? port.number}`;
    let endpoints = cache.get(text);
    if (endpoints === undefined) {
      endpoints = yield* backendEndpoints(k, metadata.namespace, backend.service.name, port);
      cache.set(text, endpoints);
    }
    return `${text} (${endpoints})`;
  };
  w.line(`Name:\t${metadata.name}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  w.line(`Namespace:\t${metadata.namespace}`);
  w.line(`Address:\t${(status.loadBalancer?.ingress ?? []).map((each: Any) => each.ip ?? each.hostname).join(',')}`);
  w.line(`Ingress Class:\t${spec.ingressClassName ?? '<none>'}`);
  if (spec.defaultBackend === undefined) w.line('Default backend:\t<default>');
  else w.line(`Default backend:\t${yield* backendText(spec.defaultBackend)}`);
  if ((spec.tls ?? []).length > 0) {
    w.line('TLS:');
    for (const tls of spec.tls) w.at(1, (tls.secretName ?? '') === '' ? `SNI routes ${(tls.hosts ?? []).join(',')}` : `${tls.secretName} terminates ${(tls.hosts ?? []).join(',')}`);
  }
  w.line('Rules:\n  Host\tPath\tBackends');
  w.at(1, '----\t----\t--------');
  let count = 0;
  for (const rule of spec.rules ?? []) {
    if (rule.http === undefined) continue;
    count++;
    w.at(1, `${(rule.host ?? '') === '' ? '*' : rule.host}\t`);
    for (const path of rule.http.paths) w.at(2, `\t${path.path ?? ''} \t${yield* backendText(path.backend)}`);
  }
  if (count === 0) w.at(1, `*\t*\t${spec.defaultBackend === undefined ? '<default>' : yield* backendText(spec.defaultBackend)}`);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  eventsSection(w, events, k.nowMs());
  return w.text();
}

function* backendEndpoints(k: Kubectl, namespace: string, name: string, port: Any): Task<string> {
  try {
    const service: Any = yield* k.call('GET', k.path(Kubectl.mapping('', 'v1', 'services', 'Service'), namespace, name));
    const slices = yield* slicesOf(k, namespace, name);
    const chosen = (service.spec.ports ?? []).find((each: Any) => (port.name !== undefined ? each.name === port.name : each.port === port.number));
    const text = endpointsText(slices, chosen?.name);
    return text === '<none>' ? '' : text;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return `<error: ${error.message}>`;
  }
}

export function* describeIngressClass({ k, object, events }: Subject): Task<string> {
  const w = new DescribeWriter();
  w.line(`Name:\t${object.metadata.name}`);
  labelsMultiline(w, 'Labels', object.metadata.labels);
  annotationsMultiline(w, 'Annotations', object.metadata.annotations);
  w.line(`Controller:\t${object.spec?.controller ?? ''}`);
  eventsSection(w, events, k.nowMs());
  return w.text();
}

export function* describeNetworkPolicy({ object }: Subject): Task<string> {
  const { metadata, spec } = object;
  const w = new DescribeWriter();
  w.line(`Name:\t${metadata.name}`);
  w.line(`Namespace:\t${metadata.namespace}`);
  w.line(`Created on:\t${String(metadata.creationTimestamp ?? '').replace('T', ' ').replace('Z', ' +0000 UTC')}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.line('Spec:');
  const empty = (selector: Any): boolean => selector === undefined || (Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0);
  w.at(1, `PodSelector: ${empty(spec.podSelector) ? '<none> (Allowing the specific traffic to all pods in this namespace)' : selectorText(spec.podSelector)}`);
  const types: string[] = spec.policyTypes ?? [];
  if (types.includes('Ingress')) {
    w.at(1, 'Allowing ingress traffic:');
    rules(w, spec.ingress, 'from', 'From', 'ingress');
  } else w.at(1, 'Not affecting ingress traffic');
  if (types.includes('Egress')) {
    w.at(1, 'Allowing egress traffic:');
    rules(w, spec.egress, 'to', 'To', 'egress');
  } else w.at(1, 'Not affecting egress traffic');
  w.at(1, `Policy Types: ${types.join(', ')}`);
  return w.text();
}

function rules(w: DescribeWriter, list: readonly Any[] | undefined, key: 'from' | 'to', title: string, direction: string): void {
  if (list === undefined || list.length === 0) return w.at(2, `<none> (Selected pods are isolated for ${direction} connectivity)`);
  list.forEach((rule, index) => {
    const ports: Any[] = rule.ports ?? [];
    if (ports.length === 0) w.at(2, `To Port: <any> (traffic allowed to all ports)`);
    for (const port of ports) w.at(2, port.endPort === undefined ? `To Port: ${port.port ?? '<any>'}/${port.protocol ?? 'TCP'}` : `To Port Range: ${port.port}-${port.endPort}/${port.protocol ?? 'TCP'}`);
    const peers: Any[] = rule[key] ?? [];
    if (peers.length === 0) w.at(2, `${title}: <any> (traffic not restricted by ${direction === 'ingress' ? 'source' : 'destination'})`);
    for (const peer of peers) {
      w.at(2, `${title}:`);
      if (peer.podSelector !== undefined && peer.namespaceSelector !== undefined) {
        w.at(3, `NamespaceSelector: ${orNone(selectorText(peer.namespaceSelector))}`);
        w.at(3, `PodSelector: ${orNone(selectorText(peer.podSelector))}`);
      } else if (peer.podSelector !== undefined) w.at(3, `PodSelector: ${orNone(selectorText(peer.podSelector))}`);
      else if (peer.namespaceSelector !== undefined) w.at(3, `NamespaceSelector: ${orNone(selectorText(peer.namespaceSelector))}`);
      else if (peer.ipBlock !== undefined) {
        w.at(3, 'IPBlock:');
        w.at(4, `CIDR: ${peer.ipBlock.cidr}`);
        w.at(4, `Except: ${(peer.ipBlock.except ?? []).join(', ')}`);
      }
    }
    if (index < list.length - 1) w.at(2, '----------');
  });
}

export function* describeServiceCidr({ k, object, events }: Subject): Task<string> {
  const w = new DescribeWriter();
  w.line(`Name:\t${object.metadata.name}`);
  labelsMultiline(w, 'Labels', object.metadata.labels);
  annotationsMultiline(w, 'Annotations', object.metadata.annotations);
  w.line(`CIDRs:\t${(object.spec?.cidrs ?? []).join(', ')}`);
  const conditions: Any[] = object.status?.conditions ?? [];
  if (conditions.length > 0) {
    w.line('Status:\nConditions:\nType\tStatus\tLastTransitionTime\tReason\tMessage');
    w.line('----\t------\t------------------\t------\t-------');
    for (const each of conditions) w.line(`${each.type} \t${each.status} \t${each.lastTransitionTime ?? ''} \t${each.reason ?? ''} \t${each.message ?? ''}`);
  }
  eventsSection(w, events, k.nowMs());
  return w.text();
}

export function* describeIpAddress({ object }: Subject): Task<string> {
  const w = new DescribeWriter();
  const parent = object.spec?.parentRef;
  w.line(`Name:\t${object.metadata.name}`);
  labelsMultiline(w, 'Labels', object.metadata.labels);
  annotationsMultiline(w, 'Annotations', object.metadata.annotations);
  if (parent !== undefined) {
    w.line('Parent Reference:');
    w.at(1, `Group:\t${parent.group ?? ''}`);
    w.at(1, `Resource:\t${parent.resource ?? ''}`);
    w.at(1, `Namespace:\t${parent.namespace ?? ''}`);
    w.at(1, `Name:\t${parent.name ?? ''}`);
  }
  return w.text();
}
