// The objects of scheduling/v1 as the API has them: optional where the API lets a field out. A stored object always has its spec.
import type { ApiObject } from '../meta/object.ts';

export interface PriorityClass extends ApiObject {
  readonly description?: string;
  readonly globalDefault?: boolean;
  readonly preemptionPolicy?: string;
  readonly value?: number;
}
