// InterPodAffinity: pods that want to be near (or far from) other pods, by zone, host or any label of nodes.
import type { ClusterView, Plugin, Prepared, Refusal } from '../../framework.ts';
import { maxNodeScore, skip } from '../../framework.ts';
import type { NodeInfo } from '../../node-info.ts';
import type { AffinityTerm, PodInfo } from '../../pod-info.ts';
import type { Labels } from '../../../../api/meta/compiled-selector.ts';

const affinityRefusal: Refusal = { reasons: ["node(s) didn't match pod affinity rules"], unresolvable: true };
const antiAffinityRefusal: Refusal = { reasons: ["node(s) didn't match pod anti-affinity rules"], unresolvable: false };
const existingRefusal: Refusal = { reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"], unresolvable: false };

/** `topologyKey\nvalue` -> how many pods. */
type Counts = Map<string, number>;

interface FilterState {
  readonly view: ClusterView;
  readonly affinity: Counts;
  readonly antiAffinity: Counts;
  /** Existing pods whose anti-affinity the incoming pod would break. */
  readonly existing: Counts;
}

export const interPodAffinity: Plugin = {
  name: 'InterPodAffinity',
  filter: {
    prepare: (pod: PodInfo, view: ClusterView): Prepared<FilterState> => {
      const own = pod.requiredAffinity.length > 0 || pod.requiredAntiAffinity.length > 0;
      if (!own && view.cache.antiAffinityPods === 0) return skip;
      const state: FilterState = { view, affinity: new Map(), antiAffinity: new Map(), existing: new Map() };
      for (const node of view.cache.nodes()) {
        for (const other of node.withRequiredAntiAffinity) countExisting(state, pod, other, node, 1);
        if (!own) continue;
        for (const { group, all } of node.groups.values()) countOwn(state, pod, group.namespace, group.labels, node, all);
      }
      return own || state.existing.size > 0 ? { kind: 'state', state } : skip;
    },
    check: (state: FilterState, pod: PodInfo, node: NodeInfo) => {
      if (!nearEnough(state, pod, node)) return affinityRefusal;
      for (const { topologyKey } of pod.requiredAntiAffinity) {
        const value = node.labels[topologyKey];
        if (value !== undefined && (state.antiAffinity.get(`${topologyKey}\n${value}`) ?? 0) > 0) return antiAffinityRefusal;
      }
      if (state.existing.size > 0) {
        for (const [key, value] of Object.entries(node.labels)) if ((state.existing.get(`${key}\n${value}`) ?? 0) > 0) return existingRefusal;
      }
      return undefined;
    },
    adjust: (state: FilterState, pod: PodInfo, other: PodInfo, node: NodeInfo, sign: 1 | -1): FilterState => {
      const copy = { view: state.view, affinity: new Map(state.affinity), antiAffinity: new Map(state.antiAffinity), existing: new Map(state.existing) };
      countExisting(copy, pod, other, node, sign);
      countOwn(copy, pod, other.namespace, other.labels, node, sign);
      return copy;
    },
  },
  score: {
    weight: 2,
    prepare: (pod: PodInfo, view: ClusterView): Counts | undefined => {
      const own = pod.preferredAffinity.length > 0 || pod.preferredAntiAffinity.length > 0;
      if (!own && view.cache.affinityPods === 0) return undefined;
      const scores: Counts = new Map();
      for (const node of view.cache.nodes()) {
        if (own) {
          for (const { group, all } of node.groups.values()) {
            for (const { term, weight } of pod.preferredAffinity) if (matches(term, group.namespace, group.labels, view)) bump(scores, term.topologyKey, node, weight * all);
            for (const { term, weight } of pod.preferredAntiAffinity) if (matches(term, group.namespace, group.labels, view)) bump(scores, term.topologyKey, node, -weight * all);
          }
        }
        for (const other of node.withAffinity) {
          // A hard term of an existing pod counts 1 (hardPodAffinityWeight).
          for (const term of other.requiredAffinity) if (matches(term, pod.namespace, pod.labels, view)) bump(scores, term.topologyKey, node, 1);
          for (const { term, weight } of other.preferredAffinity) if (matches(term, pod.namespace, pod.labels, view)) bump(scores, term.topologyKey, node, weight);
          for (const { term, weight } of other.preferredAntiAffinity) if (matches(term, pod.namespace, pod.labels, view)) bump(scores, term.topologyKey, node, -weight);
        }
      }
      return scores.size === 0 ? undefined : scores;
    },
    score: (scores: Counts, _pod: PodInfo, node: NodeInfo) => {
      let sum = 0;
      for (const [key, value] of Object.entries(node.labels)) sum += scores.get(`${key}\n${value}`) ?? 0;
      return sum;
    },
    normalize: (_state: unknown, scores: number[]) => {
      const min = Math.min(...scores);
      const range = Math.max(...scores) - min;
      for (let index = 0; index < scores.length; index++) scores[index] = range > 0 ? Math.trunc(maxNodeScore * (((scores[index] ?? 0) - min) / range)) : 0;
    },
  },
  helps: (event, pod) => {
    switch (event.kind) {
      case 'node-added':
        return true;
      case 'node-changed':
        return event.what.has('labels');
      case 'pod-assigned':
      case 'pod-changed':
        return pod.requiredAffinity.length > 0 || event.kind === 'pod-changed';
      case 'pod-removed':
        return pod.requiredAntiAffinity.length > 0 || event.pod.requiredAntiAffinity.length > 0;
      default:
        return false;
    }
  },
};

function matches(term: AffinityTerm, namespace: string, labels: Labels, view: ClusterView): boolean {
  if (!term.namespaces.has(namespace) && term.namespaceMatches?.(view.namespaceLabels(namespace)) !== true) return false;
  return term.matches(labels);
}

function bump(counts: Counts, topologyKey: string, node: NodeInfo, by: number): void {
  const value = node.labels[topologyKey];
  if (value === undefined) return;
  const key = `${topologyKey}\n${value}`;
  const sum = (counts.get(key) ?? 0) + by;
  counts.set(key, sum);
}

function countExisting(state: FilterState, pod: PodInfo, other: PodInfo, node: NodeInfo, sign: 1 | -1): void {
  for (const term of other.requiredAntiAffinity) if (matches(term, pod.namespace, pod.labels, state.view)) bump(state.existing, term.topologyKey, node, sign);
}

function countOwn(state: FilterState, pod: PodInfo, namespace: string, labels: Labels, node: NodeInfo, by: number): void {
  // A pod counts for affinity only when it matches all the terms.
  if (pod.requiredAffinity.length > 0 && pod.requiredAffinity.every((term) => matches(term, namespace, labels, state.view))) {
    for (const { topologyKey } of pod.requiredAffinity) bump(state.affinity, topologyKey, node, by);
  }
  for (const term of pod.requiredAntiAffinity) if (matches(term, namespace, labels, state.view)) bump(state.antiAffinity, term.topologyKey, node, by);
}

function nearEnough(state: FilterState, pod: PodInfo, node: NodeInfo): boolean {
  let near = true;
  for (const { topologyKey } of pod.requiredAffinity) {
    const value = node.labels[topologyKey];
    if (value === undefined) return false;
    if ((state.affinity.get(`${topologyKey}\n${value}`) ?? 0) <= 0) near = false;
  }
  if (near) return true;
  // The first pod of a group that wants to be together must be allowed to start somewhere.
  for (const count of state.affinity.values()) if (count > 0) return false;
  return pod.requiredAffinity.every((term) => matches(term, pod.namespace, pod.labels, state.view));
}
