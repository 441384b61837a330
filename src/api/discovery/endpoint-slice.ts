// EndpointSlice: addresses behind a Service, a hundred at a time.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill, mapField, mapSame } from '../kind.ts';
import { age, someOf, unset } from '../printing/cells.ts';
import { checkOneOf, required, tooMany, type FieldErrors } from '../validation/field-error.ts';
import { immutableField } from '../validation/metadata.ts';
import type { EndpointSlice } from './types.ts';

function validateSlice(slice: EndpointSlice): readonly FieldError[] {
  const errors: FieldErrors = [];
  if (!slice.addressType) errors.push(required('addressType'));
  else checkOneOf(errors, slice.addressType, 'addressType', ['FQDN', 'IPv4', 'IPv6']);
  if ((slice.endpoints ?? []).length > 1000) errors.push(tooMany('endpoints', (slice.endpoints ?? []).length, 1000));
  slice.endpoints?.forEach((endpoint, index) => {
    if ((endpoint.addresses ?? []).length === 0) errors.push(required(`endpoints[${index}].addresses`, 'must contain at least 1 address'));
    if ((endpoint.addresses ?? []).length > 100) errors.push(tooMany(`endpoints[${index}].addresses`, (endpoint.addresses ?? []).length, 100));
  });
  return errors;
}

export const endpointSliceKind = declareKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  storagePrefix: 'endpointslices',
  definition: 'io.k8s.api.discovery.v1.EndpointSlice',
  generation: true,
  defaults: (slice) => {
    const filled = slice.endpoints === undefined ? { ...slice, endpoints: [] } : slice;
    return mapField(filled, 'ports', (ports) => mapSame(ports, (port) => fill(port, { name: '', protocol: 'TCP' })));
  },
  validate: validateSlice,
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [...validateSlice(next)];
    immutableField(errors, next.addressType, old.addressType, 'addressType');
    return errors;
  },
  columns: columns('Name AddressType Ports Endpoints Age'),
  row: (slice, nowMs) => {
    const addresses = (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
    const ports = (slice.ports ?? []).map((port) => (port.port === undefined ? '*' : String(port.port)));
    return [slice.metadata.name, slice.addressType, ports.length === 0 ? unset : someOf(ports, 3), addresses.length === 0 ? unset : someOf(addresses, 3), age(slice, nowMs)];
  },
});
