// The objects of coordination/v1 as the API has them: optional where the API lets a field out. A stored object always has its spec.
import type { ApiObject } from '../meta/object.ts';

export interface Lease extends ApiObject {
  readonly spec: LeaseSpec;
}

export interface LeaseSpec {
  readonly acquireTime?: string;
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly leaseTransitions?: number;
  readonly preferredHolder?: string;
  readonly renewTime?: string;
  readonly strategy?: string;
}
