// What a plugin is. A refusal is a value with its reason, for a learner reads it; state that holds for the whole cycle is prepared once.
import type { Grouping, Pod } from './objects.ts';
import type { SchedulerCache } from './cache.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import type { Labels } from '../../api/meta/compiled-selector.ts';

export interface Refusal {
  readonly reasons: readonly string[];
  /** Removing pods from the node could not change it, so preemption does not look here. */
  readonly unresolvable: boolean;
}

/** The world as plugins see it. */
export interface ClusterView {
  readonly cache: SchedulerCache;
  namespaceLabels(namespace: string): Labels;
  /** Services of a namespace. */
  services(namespace: string): readonly Grouping[];
  /** The ReplicaSet, ReplicationController or StatefulSet that controls the pod. */
  controllerOf(pod: Pod): Grouping | undefined;
  claim(namespace: string, name: string): { readonly bound: boolean; readonly exists: boolean; readonly waits: boolean };
}

export type Prepared<S> =
  /** Nothing to check for this pod. */
  | { readonly kind: 'skip' }
  /** `only`: no other node needs to be looked at. */
  | { readonly kind: 'state'; readonly state: S; readonly only?: ReadonlySet<string> }
  /** No node will do. */
  | { readonly kind: 'refuse'; readonly refusal: Refusal };

export interface FilterPart<S> {
  prepare(pod: PodInfo, view: ClusterView): Prepared<S>;
  check(state: S, pod: PodInfo, node: NodeInfo): Refusal | undefined;
  /** The state with `other` added to or taken from `node`: for preemption and nominated pods. Absent when the state holds nothing about pods. */
  adjust?(state: S, pod: PodInfo, other: PodInfo, node: NodeInfo, sign: 1 | -1): S;
}

export interface ScorePart<S> {
  readonly weight: number;
  /** undefined: this plugin has no opinion on this pod. */
  prepare(pod: PodInfo, view: ClusterView, feasible: readonly NodeInfo[]): S | undefined;
  score(state: S, pod: PodInfo, node: NodeInfo): number;
  /** Brings raw scores into 0..100, in place. */
  normalize?(state: S, scores: number[], nodes: readonly NodeInfo[]): void;
}

/** Something that happened in the cluster and may make room for a waiting pod. */
export type ClusterEvent =
  | { readonly kind: 'node-added'; readonly node: NodeInfo }
  | { readonly kind: 'node-changed'; readonly node: NodeInfo; readonly what: ReadonlySet<'allocatable' | 'labels' | 'taints'> }
  | { readonly kind: 'pod-removed' | 'pod-assigned'; readonly pod: PodInfo }
  | { readonly kind: 'pod-changed'; readonly pod: PodInfo; readonly old: PodInfo }
  | { readonly kind: 'volume-changed' };

export interface Plugin {
  readonly name: string;
  // The state's type is the plugin's own affair; the cycle only carries it from prepare to check.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly filter?: FilterPart<any>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly score?: ScorePart<any>;
  /** A queueing hint: could this event make the pod, refused by this plugin, schedulable? */
  readonly helps?: (event: ClusterEvent, pod: PodInfo) => boolean;
}

export const skip: Prepared<never> = { kind: 'skip' };
export const maxNodeScore = 100;

export function normalizeDefault(scores: number[], reverse: boolean): void {
  let max = 0;
  for (const score of scores) if (score > max) max = score;
  for (let index = 0; index < scores.length; index++) {
    const score = max === 0 ? 0 : Math.trunc((maxNodeScore * (scores[index] ?? 0)) / max);
    scores[index] = reverse ? maxNodeScore - score : score;
  }
}
