// resource.k8s.io: devices and claims to them (dynamic resource allocation). Kept and served; no driver runs here.
import { columns, declareKind } from '../kind.ts';
import type { ApiObject } from '../meta/object.ts';
import { age } from '../printing/cells.ts';

interface Claim extends ApiObject {
  readonly status?: { readonly allocation?: object; readonly reservedFor?: readonly unknown[] };
}
interface Slice extends ApiObject {
  readonly spec?: { readonly nodeName?: string; readonly driver?: string; readonly pool?: { readonly name?: string } };
}
const group = 'resource.k8s.io';

function claimState(claim: Claim): string {
  const states: string[] = [];
  if (claim.metadata.deletionTimestamp !== undefined) states.push('deleted');
  if (claim.status?.allocation === undefined) {
    if (claim.metadata.deletionTimestamp === undefined) states.push('pending');
  } else {
    states.push('allocated');
    if ((claim.status.reservedFor ?? []).length > 0) states.push('reserved');
  }
  return states.join(',');
}

export const resourceKinds = [
  declareKind<ApiObject>({
    group,
    kind: 'DeviceClass',
    resource: 'deviceclasses',
    namespaced: false,
    storagePrefix: 'deviceclasses',
    definition: 'io.k8s.api.resource.v1.DeviceClass',
    generation: true,
    columns: columns('Name Age'),
    row: (object, nowMs) => [object.metadata.name, age(object, nowMs)],
  }),
  declareKind<Claim>({
    group,
    kind: 'ResourceClaim',
    resource: 'resourceclaims',
    subresources: ['status'],
    storagePrefix: 'resourceclaims',
    definition: 'io.k8s.api.resource.v1.ResourceClaim',
    columns: columns('Name State Age'),
    row: (claim, nowMs) => [claim.metadata.name, claimState(claim), age(claim, nowMs)],
  }),
  declareKind<ApiObject>({
    group,
    kind: 'ResourceClaimTemplate',
    resource: 'resourceclaimtemplates',
    storagePrefix: 'resourceclaimtemplates',
    definition: 'io.k8s.api.resource.v1.ResourceClaimTemplate',
    columns: columns('Name Age'),
    row: (object, nowMs) => [object.metadata.name, age(object, nowMs)],
  }),
  declareKind<Slice>({
    group,
    kind: 'ResourceSlice',
    resource: 'resourceslices',
    namespaced: false,
    storagePrefix: 'resourceslices',
    definition: 'io.k8s.api.resource.v1.ResourceSlice',
    generation: true,
    columns: columns('Name Node Driver Pool Age'),
    row: (slice, nowMs) => [slice.metadata.name, slice.spec?.nodeName ?? '<unset>', slice.spec?.driver ?? '', slice.spec?.pool?.name ?? '', age(slice, nowMs)],
    selectableFields: (slice) => ({ 'spec.nodeName': slice.spec?.nodeName ?? '', 'spec.driver': slice.spec?.driver ?? '' }),
  }),
];
