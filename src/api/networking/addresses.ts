// ServiceCIDR and IPAddress: the addresses that Services are given.
import type { FieldError } from '../contract.ts';
import { columns, declareKind } from '../kind.ts';
import { age } from '../printing/cells.ts';
import { invalid, required, type FieldErrors } from '../validation/field-error.ts';
import { immutableField } from '../validation/metadata.ts';
import { formatIp, parseIp } from './ip.ts';
import type { IPAddress, ServiceCIDR } from './types.ts';

function validateCidr({ spec }: ServiceCIDR): readonly FieldError[] {
  const errors: FieldErrors = [];
  const cidrs = spec?.cidrs ?? [];
  if (cidrs.length === 0) errors.push(required('spec.cidrs', 'at least one CIDR required'));
  if (cidrs.length > 2) errors.push(invalid('spec', spec, 'may only hold up to 2 values'));
  cidrs.forEach((cidr, index) => {
    if (!/^[0-9a-fA-F.:]+\/\d{1,3}$/.test(cidr)) errors.push(invalid(`spec.cidrs[${index}]`, cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'));
  });
  return errors;
}

export const serviceCidrKind = declareKind<ServiceCIDR>({
  group: 'networking.k8s.io',
  kind: 'ServiceCIDR',
  resource: 'servicecidrs',
  namespaced: false,
  subresources: ['status'],
  storagePrefix: 'servicecidrs',
  definition: 'io.k8s.api.networking.v1.ServiceCIDR',
  validate: validateCidr,
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [...validateCidr(next)];
    immutableField(errors, next.spec?.cidrs, old.spec?.cidrs, 'spec.cidrs');
    return errors;
  },
  columns: columns('Name CIDRs Age'),
  row: (cidr, nowMs) => [cidr.metadata.name, (cidr.spec?.cidrs ?? []).join(','), age(cidr, nowMs)],
});

export const ipAddressKind = declareKind<IPAddress>({
  group: 'networking.k8s.io',
  kind: 'IPAddress',
  resource: 'ipaddresses',
  shortNames: ['ip'],
  namespaced: false,
  storagePrefix: 'ipaddresses',
  definition: 'io.k8s.api.networking.v1.IPAddress',
  // The name is the address, in its canonical form.
  nameRule: 'path-segment',
  validate: (address) => {
    const errors: FieldErrors = [];
    const ip = parseIp(address.metadata.name);
    if (ip === undefined) errors.push(invalid('metadata.name', address.metadata.name, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'));
    else if (formatIp(ip) !== address.metadata.name) errors.push(invalid('metadata.name', address.metadata.name, `must be in canonical form ("${formatIp(ip)}")`));
    if (address.spec?.parentRef === undefined) errors.push(required('spec.parentRef'));
    return errors;
  },
  columns: columns('Name ParentRef'),
  row: (address) => {
    const ref = address.spec?.parentRef;
    return [address.metadata.name, [ref?.resource + (ref?.group ? `.${ref.group}` : ''), ref?.namespace ?? '', ref?.name ?? ''].filter((part) => part !== '').join('/')];
  },
  selectableFields: (address) => ({ 'metadata.name': address.metadata.name, 'spec.parentRef.name': address.spec?.parentRef?.name ?? '' }),
});
