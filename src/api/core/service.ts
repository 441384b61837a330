// Service: a stable address for the pods that a selector picks.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill, mapField, mapSame } from '../kind.ts';
import { isDns1123Label, isDns1123Subdomain, isPortNumber } from '../meta/names.ts';
import { age, formatLabels, none } from '../printing/cells.ts';
import { checkOneOf, checkText, duplicate, forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { validateLabels } from '../validation/metadata.ts';
import { checkPortNumberOrName } from './pod-validation.ts';
import type { Service, ServicePort, ServiceSpec } from './types/service.ts';
import { notAnIp } from '../networking/ip.ts';
import { validateServiceStatus } from '../networking/load-balancer-status.ts';

const publishes = (spec: ServiceSpec): boolean => spec.type === 'NodePort' || spec.type === 'LoadBalancer';

function defaultService(service: Service): Service {
  let spec: ServiceSpec = fill(service.spec ?? {}, { sessionAffinity: 'None', type: 'ClusterIP' });
  if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig !== undefined) {
    const { sessionAffinityConfig: _, ...rest } = spec;
    spec = rest;
  }
  if (spec.sessionAffinity === 'ClientIP') {
    const timeoutSeconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
    if (timeoutSeconds === undefined) spec = { ...spec, sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } };
  }
  spec = mapField(spec, 'ports', (ports) =>
    mapSame(ports, (port) => {
      const next = fill(port, { protocol: 'TCP' });
      return next.targetPort === undefined || next.targetPort === 0 || next.targetPort === '' ? { ...next, targetPort: next.port } : next;
    }),
  );
  if (publishes(spec)) spec = fill(spec, { externalTrafficPolicy: 'Cluster' });
  else if ((spec.externalIPs ?? []).length > 0) spec = fill(spec, { externalTrafficPolicy: 'Cluster' });
  if (spec.type !== 'ExternalName') spec = fill(spec, { internalTrafficPolicy: 'Cluster' });
  if (spec.type === 'LoadBalancer') spec = fill(spec, { allocateLoadBalancerNodePorts: true });
  return spec === service.spec ? service : { ...service, spec };
}

/** An address that is told without a mode is one that nodes may keep to themselves. */
function defaultStatus(service: Service): Service {
  const { spec, status } = service;
  const ingress = status?.loadBalancer?.ingress;
  if (spec.type !== 'LoadBalancer' || ingress === undefined) return service;
  return { ...service, status: { ...status, loadBalancer: { ...status?.loadBalancer, ingress: ingress.map((each) => (each.ip === undefined ? each : { ...each, ipMode: each.ipMode ?? 'VIP' })) } } };
}

function validatePorts(errors: FieldErrors, spec: ServiceSpec): void {
  const ports = spec.ports ?? [];
  const headless = spec.clusterIP === 'None';
  if (ports.length === 0 && !headless && spec.type !== 'ExternalName') errors.push(required('spec.ports'));
  const names = new Set<string>();
  const pairs = new Set<string>();
  const nodePorts = new Set<string>();
  ports.forEach((port, index) => {
    const at = `spec.ports[${index}]`;
    validatePort(errors, port, at, ports.length > 1, names);
    if (port.nodePort && !publishes(spec)) errors.push(forbidden(`${at}.nodePort`, `may not be used when \`type\` is '${spec.type ?? ''}'`));
    if (port.nodePort) {
      const key = `${port.protocol}/${port.nodePort}`;
      if (nodePorts.has(key)) errors.push(duplicate(`${at}.nodePort`, port.nodePort));
      nodePorts.add(key);
    }
  });
  ports.forEach((port, index) => {
    const key = `${port.protocol}/${port.port}`;
    if (pairs.has(key)) errors.push({ ...duplicate(`spec.ports[${index}]`, null), valueText: JSON.stringify({ Name: '', Protocol: port.protocol ?? '', AppProtocol: null, Port: port.port, TargetPort: 0, NodePort: 0 }) });
    pairs.add(key);
  });
}

function validatePort(errors: FieldErrors, port: ServicePort, field: string, named: boolean, names: Set<string>): void {
  if (named && !port.name) errors.push(required(`${field}.name`));
  else if (port.name) {
    checkText(errors, port.name, `${field}.name`, isDns1123Label);
    if (names.has(port.name)) errors.push(duplicate(`${field}.name`, port.name));
    names.add(port.name);
  }
  for (const problem of isPortNumber(port.port ?? 0)) errors.push(invalid(`${field}.port`, port.port ?? 0, problem));
  if (!port.protocol) errors.push(required(`${field}.protocol`));
  else checkOneOf(errors, port.protocol, `${field}.protocol`, ['SCTP', 'TCP', 'UDP']);
  // The server checks it twice, by hand and from the declaration; kubectl prints both.
  checkPortNumberOrName(errors, port.targetPort, `${field}.targetPort`);
  if (typeof port.targetPort === 'number') checkPortNumberOrName(errors, port.targetPort, `${field}.targetPort`);
}

const ipv4 = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}$/;
const looksLikeIp = (text: string): boolean => ipv4.test(text) || /^[0-9a-fA-F:]+:[0-9a-fA-F:.]*$/.test(text);

function validateService({ spec }: Service): readonly FieldError[] {
  const errors: FieldErrors = [];
  validatePorts(errors, spec);
  if (spec.type === 'ExternalName') {
    if (spec.clusterIP) errors.push(forbidden('spec.clusterIP', "may not be set when `type` is 'ExternalName'"));
    const name = (spec.externalName ?? '').replace(/\.$/, '');
    if (name === '') errors.push(required('spec.externalName'));
    else checkText(errors, name, 'spec.externalName', isDns1123Subdomain);
  }
  if (spec.type === 'LoadBalancer' && spec.clusterIP === 'None') errors.push(invalid('spec.clusterIPs[0]', 'None', "may not be set to 'None' for LoadBalancer services"));
  if (spec.type === 'NodePort' && spec.clusterIP === 'None') errors.push(invalid('spec.clusterIPs[0]', 'None', "may not be set to 'None' for NodePort services"));
  if (spec.selector !== undefined) validateLabels(errors, spec.selector, 'spec.selector');
  if (!spec.sessionAffinity) errors.push(required('spec.sessionAffinity'));
  else checkOneOf(errors, spec.sessionAffinity, 'spec.sessionAffinity', ['ClientIP', 'None']);
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (spec.sessionAffinity === 'ClientIP' && timeout !== undefined && (timeout <= 0 || timeout > 86_400)) {
    errors.push(invalid('spec.sessionAffinityConfig.clientIP.timeoutSeconds', timeout, 'must be greater than 0 and less than 86400'));
  }
  if (spec.type !== 'ExternalName' && spec.clusterIP && spec.clusterIP !== 'None' && !looksLikeIp(spec.clusterIP)) errors.push(invalid('spec.clusterIPs[0]', spec.clusterIP, notAnIp));
  spec.externalIPs?.forEach((ip, index) => {
    if (!looksLikeIp(ip)) errors.push(invalid(`spec.externalIPs[${index}]`, ip, notAnIp));
  });
  spec.loadBalancerSourceRanges?.forEach((range, index) => {
    const [address = '', bits = ''] = range.trim().split('/');
    if (!looksLikeIp(address) || !/^\d{1,3}$/.test(bits) || Number(bits) > (address.includes(':') ? 128 : 32)) errors.push(invalid(`spec.loadBalancerSourceRanges[${index}]`, range, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'));
  });
  if (spec.type !== 'LoadBalancer' && (spec.loadBalancerSourceRanges ?? []).length > 0) errors.push(forbidden('spec.loadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'"));
  if (!spec.type) errors.push(required('spec.type'));
  else checkOneOf(errors, spec.type, 'spec.type', ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']);
  if (publishes(spec) && spec.externalTrafficPolicy !== undefined && spec.externalTrafficPolicy !== 'Cluster' && spec.externalTrafficPolicy !== 'Local') {
    errors.push(notSupported('spec.externalTrafficPolicy', spec.externalTrafficPolicy, ['Cluster', 'Local']));
  }
  if (!publishes(spec) && spec.externalTrafficPolicy !== undefined && (spec.externalIPs ?? []).length === 0) {
    errors.push(invalid('spec.externalTrafficPolicy', spec.externalTrafficPolicy, 'may only be set for externally-accessible services'));
  }
  if (spec.internalTrafficPolicy !== undefined) checkOneOf(errors, spec.internalTrafficPolicy, 'spec.internalTrafficPolicy', ['Cluster', 'Local']);
  if (spec.trafficDistribution !== undefined) checkOneOf(errors, spec.trafficDistribution, 'spec.trafficDistribution', ['PreferClose', 'PreferSameZone', 'PreferSameNode']);
  return errors;
}

const needsNodePort = (spec: Service['spec']): boolean => spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
const nodePortSet = (spec: Service['spec']): string => [...new Set((spec.ports ?? []).map((port) => port.nodePort ?? 0).filter((port) => port > 0))].sort((a, b) => a - b).join();
const needsHealthPort = (spec: Service['spec']): boolean => spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local';

/** What only the former type needed goes with it, unless it was changed on purpose (service storage, dropTypeDependentFields). */
function dropTypeDependentFields(service: Service, old: Service): Service {
  let spec = service.spec;
  const before = old.spec;
  const without = (name: keyof Service['spec']): void => {
    const { [name]: _, ...rest } = spec;
    spec = rest as Service['spec'];
  };
  if (needsNodePort(before) && !needsNodePort(spec) && nodePortSet(before) === nodePortSet(spec)) {
    spec = { ...spec, ports: (spec.ports ?? []).map(({ nodePort: _, ...port }) => port) };
  }
  if (needsHealthPort(before) && !needsHealthPort(spec) && before.healthCheckNodePort === spec.healthCheckNodePort) without('healthCheckNodePort');
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    if (before.allocateLoadBalancerNodePorts === spec.allocateLoadBalancerNodePorts) without('allocateLoadBalancerNodePorts');
    if (before.loadBalancerClass === spec.loadBalancerClass) without('loadBalancerClass');
  }
  if (publishes(before) && !publishes(spec) && before.externalTrafficPolicy === spec.externalTrafficPolicy) without('externalTrafficPolicy');
  return spec === service.spec ? service : { ...service, spec };
}

/** One of clusterIP and clusterIPs was changed alone: the other follows (service strategy, NormalizeClusterIPs). */
function alignClusterIps(service: Service, old: Service): Service {
  const { clusterIP, clusterIPs } = service.spec;
  const { clusterIP: oldIp, clusterIPs: oldIps } = old.spec;
  if (service.spec.type === 'ExternalName' && old.spec.type !== 'ExternalName') {
    // The address goes when the service becomes a name, unless it was changed on purpose.
    const { clusterIP: _a, clusterIPs: _b, ipFamilies: _c, ipFamilyPolicy: _d, internalTrafficPolicy: _e, externalTrafficPolicy: _f, ...rest } = service.spec;
    return clusterIP === oldIp ? { ...service, spec: rest } : service;
  }
  if (clusterIP === undefined && oldIp !== undefined) return { ...service, spec: { ...service.spec, clusterIP: oldIp, ...(oldIps === undefined ? {} : { clusterIPs: clusterIPs ?? oldIps }) } };
  if (clusterIP !== oldIp && clusterIP !== undefined && JSON.stringify(clusterIPs) === JSON.stringify(oldIps) && oldIps !== undefined) {
    return { ...service, spec: { ...service.spec, clusterIPs: [clusterIP, ...oldIps.slice(1)] } };
  }
  return service;
}

function externalIp({ spec, status }: Service): string {
  const external = spec.externalIPs ?? [];
  switch (spec.type) {
    case 'ClusterIP':
    case 'NodePort':
      return external.length > 0 ? external.join(',') : none;
    case 'LoadBalancer': {
      const addresses = [...new Set((status?.loadBalancer?.ingress ?? []).map((each) => each.ip || each.hostname || '').filter((each) => each !== ''))].sort();
      if (external.length > 0) return [...addresses, ...external].join(',');
      return addresses.length > 0 ? addresses.join(',') : '<pending>';
    }
    case 'ExternalName':
      return spec.externalName ?? '';
    default:
      return '<unknown>';
  }
}

const portsCell = (ports: readonly ServicePort[] | undefined): string =>
  (ports ?? []).length === 0 ? none : (ports ?? []).map((port) => `${port.port}${port.nodePort ? `:${port.nodePort}` : ''}/${port.protocol ?? 'TCP'}`).join(',');

export const serviceKind = declareKind<Service>({
  kind: 'Service',
  resource: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  subresources: ['proxy', 'status'],
  storagePrefix: 'services/specs',
  definition: 'io.k8s.api.core.v1.Service',
  nameRule: 'label',
  initialStatus: () => ({ loadBalancer: {} }),
  defaults: defaultService,
  validate: validateService,
  validateStatus: ({ spec, status }) => validateServiceStatus(status?.loadBalancer?.ingress, spec.type),
  prepareForStatusUpdate: defaultStatus,
  prepareForUpdate: (service, old) => alignClusterIps(dropTypeDependentFields(service, old), old),
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [];
    if (next.spec.ipFamilyPolicy === 'RequireDualStack' && old.spec.ipFamilyPolicy !== 'RequireDualStack') errors.push(invalid('spec.ipFamilyPolicy', 'RequireDualStack', 'this cluster is not configured for dual-stack services'));
    if (next.spec.type !== 'ExternalName' && old.spec.type !== 'ExternalName' && (old.spec.clusterIPs ?? []).length > 0) {
      if (next.spec.clusterIPs?.[0] !== old.spec.clusterIPs?.[0]) errors.push(invalid('spec.clusterIPs[0]', next.spec.clusterIPs ?? [], 'may not change once set'));
    }
    return [...errors, ...validateService(next)];
  },
  columns: columns('Name Type Cluster-IP External-IP Port(s) Age', 'Selector'),
  row: (service, nowMs) => [
    service.metadata.name,
    service.spec.type ?? '',
    service.spec.clusterIPs?.[0] || service.spec.clusterIP || none,
    externalIp(service),
    portsCell(service.spec.ports),
    age(service, nowMs),
    formatLabels(service.spec.selector),
  ],
  selectableFields: (service) => ({ 'spec.clusterIP': service.spec.clusterIP ?? '', 'spec.type': service.spec.type ?? '' }),
});
