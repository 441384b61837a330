// NetworkPolicy: which pods may talk to which.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill, mapField, mapSame } from '../kind.ts';
import { formatLabelSelector } from '../meta/labels.ts';
import { checkPortNumberOrName } from '../core/pod-validation.ts';
import { age } from '../printing/cells.ts';
import { checkOneOf, forbidden, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { validateLabelSelector } from '../validation/selector.ts';
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from './types.ts';

const withProtocol = (ports: readonly NetworkPolicyPort[]): readonly NetworkPolicyPort[] => mapSame(ports, (port) => fill(port, { protocol: 'TCP' }));

function defaultPolicy(policy: NetworkPolicy): NetworkPolicy {
  let spec: NetworkPolicySpec = fill(policy.spec ?? ({} as NetworkPolicySpec), { podSelector: {} });
  spec = mapField(spec, 'ingress', (rules) => mapSame(rules, (rule) => mapField(rule, 'ports', withProtocol)));
  spec = mapField(spec, 'egress', (rules) => mapSame(rules, (rule) => mapField(rule, 'ports', withProtocol)));
  if ((spec.policyTypes ?? []).length === 0) spec = { ...spec, policyTypes: (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'] };
  return spec === policy.spec ? policy : { ...policy, spec };
}

function validatePeer(errors: FieldErrors, peer: NetworkPolicyPeer, field: string): void {
  validateLabelSelector(errors, peer.podSelector, `${field}.podSelector`);
  validateLabelSelector(errors, peer.namespaceSelector, `${field}.namespaceSelector`);
  const selectors = [peer.podSelector, peer.namespaceSelector].filter((each) => each !== undefined).length;
  if (selectors === 0 && peer.ipBlock === undefined) errors.push(required(field, 'must specify a peer'));
  if (selectors > 0 && peer.ipBlock !== undefined) errors.push(forbidden(field, 'may not specify both ipBlock and another peer'));
  if (peer.ipBlock !== undefined) {
    if (!peer.ipBlock.cidr) errors.push(required(`${field}.ipBlock.cidr`));
    else if (!/^[0-9a-fA-F.:]+\/\d{1,3}$/.test(peer.ipBlock.cidr)) errors.push(invalid(`${field}.ipBlock.cidr`, peer.ipBlock.cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'));
  }
}

function validatePort(errors: FieldErrors, port: NetworkPolicyPort, field: string): void {
  checkOneOf(errors, port.protocol, `${field}.protocol`, ['SCTP', 'TCP', 'UDP']);
  if (port.port !== undefined) checkPortNumberOrName(errors, port.port, `${field}.port`);
  if (port.endPort !== undefined) {
    if (port.port === undefined) errors.push(required(`${field}.port`, 'must be specified when `endPort` is defined'));
    else if (typeof port.port === 'number' && port.endPort < port.port) errors.push(invalid(`${field}.endPort`, port.endPort, 'must be greater than or equal to `port`'));
  }
}

function validatePolicy({ spec }: NetworkPolicy): readonly FieldError[] {
  const errors: FieldErrors = [];
  validateLabelSelector(errors, spec.podSelector, 'spec.podSelector');
  spec.ingress?.forEach((rule, index) => {
    rule.ports?.forEach((port, at) => validatePort(errors, port, `spec.ingress[${index}].ports[${at}]`));
    rule.from?.forEach((peer, at) => validatePeer(errors, peer, `spec.ingress[${index}].from[${at}]`));
  });
  spec.egress?.forEach((rule, index) => {
    rule.ports?.forEach((port, at) => validatePort(errors, port, `spec.egress[${index}].ports[${at}]`));
    rule.to?.forEach((peer, at) => validatePeer(errors, peer, `spec.egress[${index}].to[${at}]`));
  });
  if ((spec.policyTypes ?? []).length > 2) errors.push(invalid('spec.policyTypes', spec.policyTypes, 'may not specify more than two policyTypes'));
  spec.policyTypes?.forEach((type, index) => {
    if (type !== 'Ingress' && type !== 'Egress') errors.push(notSupported(`spec.policyTypes[${index}]`, type, ['Ingress', 'Egress']));
  });
  return errors;
}

export const networkPolicyKind = declareKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  kind: 'NetworkPolicy',
  resource: 'networkpolicies',
  shortNames: ['netpol'],
  storagePrefix: 'networkpolicies',
  definition: 'io.k8s.api.networking.v1.NetworkPolicy',
  generation: true,
  defaults: defaultPolicy,
  validate: validatePolicy,
  columns: columns('Name Pod-Selector Age'),
  row: (policy, nowMs) => [policy.metadata.name, formatLabelSelector(policy.spec.podSelector), age(policy, nowMs)],
});
