// Endpoints: the old list of addresses behind a Service (EndpointSlice took its place).
import { columns, declareKind, mapField, mapSame, fill } from '../kind.ts';
import { age, none, someOf } from '../printing/cells.ts';
import type { Endpoints } from './types/service.ts';

/** `10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 2 more...` */
export function endpointsText({ subsets }: Endpoints): string {
  if ((subsets ?? []).length === 0) return none;
  const all: string[] = [];
  for (const subset of subsets ?? []) {
    const ports = subset.ports ?? [];
    if (ports.length === 0) for (const address of subset.addresses ?? []) all.push(address.ip);
    for (const port of ports) for (const address of subset.addresses ?? []) all.push(`${address.ip.includes(':') ? `[${address.ip}]` : address.ip}:${port.port}`);
  }
  return someOf(all, 3);
}

export const endpointsKind = declareKind<Endpoints>({
  kind: 'Endpoints',
  resource: 'endpoints',
  shortNames: ['ep'],
  storagePrefix: 'services/endpoints',
  definition: 'io.k8s.api.core.v1.Endpoints',
  defaults: (endpoints) => mapField(endpoints, 'subsets', (subsets) => mapSame(subsets, (subset) => mapField(subset, 'ports', (ports) => mapSame(ports, (port) => fill(port, { protocol: 'TCP' }))))),
  columns: columns('Name Endpoints Age'),
  row: (endpoints, nowMs) => [endpoints.metadata.name, endpointsText(endpoints), age(endpoints, nowMs)],
});
