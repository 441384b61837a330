// One scheduling cycle as a pure decision: which node, why not the others, and what each plugin thought of those that were possible.
import type { ClusterView, Plugin, Prepared, Refusal } from './framework.ts';
import type { NodeInfo } from './node-info.ts';
import type { PodInfo } from './pod-info.ts';
import { imageLocality } from './plugins/image-locality/plugin.ts';
import { balancedAllocation } from './plugins/balanced-allocation/plugin.ts';
import { interPodAffinity } from './plugins/inter-pod-affinity/plugin.ts';
import { nodeAffinity } from './plugins/node-affinity/plugin.ts';
import { nodeName } from './plugins/node-name/plugin.ts';
import { nodePorts } from './plugins/node-ports/plugin.ts';
import { nodeResourcesFit } from './plugins/node-resources-fit/plugin.ts';
import { nodeUnschedulable } from './plugins/node-unschedulable/plugin.ts';
import { podTopologySpread } from './plugins/pod-topology-spread/plugin.ts';
import { taintToleration } from './plugins/taint-toleration/plugin.ts';
import { volumeBinding } from './plugins/volume-binding/plugin.ts';

/** In upstream's order: the first that refuses a node gives the reason. */
export const plugins: readonly Plugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  volumeBinding,
  podTopologySpread,
  interPodAffinity,
  balancedAllocation,
  imageLocality,
];

export interface NodeRefused extends Refusal {
  readonly plugin: string;
}

/** Pods that preemption has promised a place: node -> pods. */
export type Nominations = ReadonlyMap<string, readonly PodInfo[]>;

export interface Outcome {
  /** Nodes that passed, in the order they were looked at. */
  readonly feasible: readonly NodeInfo[];
  readonly refused: ReadonlyMap<string, NodeRefused>;
  /** When a plugin ruled out all nodes, or all but some, before looking at each. */
  readonly beforehand: NodeRefused | undefined;
  /** Filters as prepared, for preemption to try things with. */
  readonly filters: readonly PreparedFilter[];
  /** How many nodes were looked at: where the next cycle starts. */
  readonly looked: number;
}

export interface PreparedFilter {
  readonly plugin: Plugin;
  readonly state: unknown;
}

export interface Scored {
  /** plugin -> node -> weighted score */
  readonly scores: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly totals: Readonly<Record<string, number>>;
  readonly best: readonly NodeInfo[];
}

/** Nodes to find before stopping the search: all below 100 nodes, else a share that shrinks with the cluster. */
function computeNodesToFind(total: number): number {
  if (total < 100) return total;
  const percentage = Math.max(50 - Math.trunc(total / 125), 5);
  return Math.max(Math.trunc((total * percentage) / 100), 100);
}

export function decideFeasible(pod: PodInfo, view: ClusterView, nominations: Nominations, start: number): Outcome {
  const filters: PreparedFilter[] = [];
  const refused = new Map<string, NodeRefused>();
  let only: Set<string> | undefined;
  const narrowing: string[] = [];
  for (const plugin of plugins) {
    if (plugin.filter === undefined) continue;
    const prepared: Prepared<unknown> = plugin.filter.prepare(pod, view);
    if (prepared.kind === 'refuse') return { feasible: [], refused, beforehand: { plugin: plugin.name, ...prepared.refusal }, filters, looked: 0 };
    if (prepared.kind === 'skip') continue;
    filters.push({ plugin, state: prepared.state });
    if (prepared.only !== undefined) {
      const allowed = prepared.only;
      narrowing.push(plugin.name);
      only = new Set(only === undefined ? allowed : [...only].filter((name) => allowed.has(name)));
    }
  }
  const nodes = view.cache.nodes();
  const beforehand = only === undefined ? undefined : { plugin: narrowing[0] ?? '', reasons: [`node(s) didn't satisfy plugin(s) [${narrowing.join(' ')}]`], unresolvable: true };
  const nominated = pod.pod.status?.nominatedNodeName ?? '';
  const promised = nominated === '' ? undefined : view.cache.node(nominated);
  if (promised !== undefined && runFilters(filters, pod, promised, nominations) === undefined) return { feasible: [promised], refused, beforehand, filters, looked: 0 };

  const feasible: NodeInfo[] = [];
  const wanted = computeNodesToFind(nodes.length);
  let looked = 0;
  for (let step = 0; step < nodes.length && feasible.length < wanted; step++) {
    const node = nodes[(start + step) % nodes.length];
    if (node === undefined || (only !== undefined && !only.has(node.name))) continue;
    looked = step + 1;
    const refusal = runFilters(filters, pod, node, nominations);
    if (refusal === undefined) feasible.push(node);
    else refused.set(node.name, refusal);
  }
  return { feasible, refused, beforehand, filters, looked };
}

/** The first refusal, also taking into account pods of at least this priority that were promised a place on the node. */
export function runFilters(filters: readonly PreparedFilter[], pod: PodInfo, node: NodeInfo, nominations: Nominations): NodeRefused | undefined {
  const promised = nominations.size === 0 ? undefined : nominations.get(node.name)?.filter((other) => other.uid !== pod.uid && other.priority >= pod.priority);
  if (promised !== undefined && promised.length > 0) {
    const crowded = node.clone();
    let adjusted = filters;
    for (const other of promised) {
      crowded.addPod(other);
      adjusted = adjustFilters(adjusted, pod, other, crowded, 1);
    }
    const refusal = check(adjusted, pod, crowded);
    if (refusal !== undefined) return refusal;
  }
  return check(filters, pod, node);
}

function check(filters: readonly PreparedFilter[], pod: PodInfo, node: NodeInfo): NodeRefused | undefined {
  for (const { plugin, state } of filters) {
    const refusal = plugin.filter?.check(state, pod, node);
    if (refusal !== undefined) return { plugin: plugin.name, reasons: refusal.reasons, unresolvable: refusal.unresolvable };
  }
  return undefined;
}

export function adjustFilters(filters: readonly PreparedFilter[], pod: PodInfo, other: PodInfo, node: NodeInfo, sign: 1 | -1): readonly PreparedFilter[] {
  return filters.map((entry) => (entry.plugin.filter?.adjust === undefined ? entry : { plugin: entry.plugin, state: entry.plugin.filter.adjust(entry.state, pod, other, node, sign) }));
}

export function rankNodes(pod: PodInfo, view: ClusterView, feasible: readonly NodeInfo[]): Scored {
  const sums = feasible.map(() => 0);
  const scores: Record<string, Record<string, number>> = {};
  for (const { name, score } of plugins) {
    if (score === undefined) continue;
    const state: unknown = score.prepare(pod, view, feasible);
    if (state === undefined) continue;
    const raw = feasible.map((node) => score.score(state, pod, node));
    score.normalize?.(state, raw, feasible);
    const byNode: Record<string, number> = {};
    for (let index = 0; index < feasible.length; index++) {
      const weighted = (raw[index] ?? 0) * score.weight;
      byNode[feasible[index]?.name ?? ''] = weighted;
      sums[index] = (sums[index] ?? 0) + weighted;
    }
    scores[name] = byNode;
  }
  const highest = Math.max(...sums);
  const totals: Record<string, number> = {};
  feasible.forEach(({ name }, index) => (totals[name] = sums[index] ?? 0));
  return { scores, totals, best: feasible.filter((_node, index) => sums[index] === highest) };
}
