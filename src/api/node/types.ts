// The objects of node/v1 as the API has them: optional where the API lets a field out. A stored object always has its spec.
import type { Toleration } from '../core/types/placement.ts';
import type { ApiObject } from '../meta/object.ts';

export interface Overhead {
  readonly podFixed?: Readonly<Record<string, string>>;
}

export interface RuntimeClass extends ApiObject {
  readonly handler: string;
  readonly overhead?: Overhead;
  readonly scheduling?: Scheduling;
}

export interface Scheduling {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly Toleration[];
}
