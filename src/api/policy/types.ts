// The objects of policy/v1 as the API has them: optional where the API lets a field out. A stored object always has its spec.
import type { Condition } from '../meta/conditions.ts';
import type { LabelSelector } from '../meta/labels.ts';
import type { ApiObject, Json } from '../meta/object.ts';

export interface Eviction extends ApiObject {
  readonly deleteOptions?: Json;
}

export interface PodDisruptionBudget extends ApiObject {
  readonly spec: PodDisruptionBudgetSpec;
  readonly status?: PodDisruptionBudgetStatus;
}

export interface PodDisruptionBudgetSpec {
  readonly maxUnavailable?: number | string;
  readonly minAvailable?: number | string;
  readonly selector?: LabelSelector;
  readonly unhealthyPodEvictionPolicy?: string;
}

export interface PodDisruptionBudgetStatus {
  readonly conditions?: readonly Condition[];
  readonly currentHealthy?: number;
  readonly desiredHealthy?: number;
  readonly disruptedPods?: Readonly<Record<string, string>>;
  readonly disruptionsAllowed?: number;
  readonly expectedPods?: number;
  readonly observedGeneration?: number;
}
