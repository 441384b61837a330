// PodTopologySpread: keeps the number of like pods even over zones, hosts or other domains.
import { maxNodeScore, skip, type ClusterView, type Plugin, type Prepared, type Refusal } from '../../framework.ts';
import type { NodeInfo } from '../../node-info.ts';
import type { PodInfo, SpreadConstraint } from '../../pod-info.ts';
import { tolerates } from '../taint-toleration/tolerates.ts';
import { defaultConstraints } from './default-constraints.ts';
import { naturalLogarithm } from './natural-logarithm.ts';

const hostname = 'kubernetes.io/hostname';
const skewRefusal: Refusal = { reasons: ["node(s) didn't match pod topology spread constraints"], unresolvable: false };
const labelRefusal: Refusal = { reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"], unresolvable: true };

interface Domain {
  readonly constraint: SpreadConstraint;
  readonly selfMatches: boolean;
  /** domain value -> matching pods */
  readonly counts: Map<string, number>;
  minimum: number;
}

interface ScoreState {
  readonly constraints: readonly { readonly constraint: SpreadConstraint; readonly weight: number; readonly counts: Map<string, number> }[];
  readonly ignored: ReadonlySet<string>;
}

export const podTopologySpread: Plugin = {
  name: 'PodTopologySpread',
  filter: {
    prepare: (pod: PodInfo, view: ClusterView): Prepared<readonly Domain[]> => {
      if (pod.hardSpread.length === 0) return skip;
      const domains = pod.hardSpread.map((constraint): Domain => ({ constraint, selfMatches: constraint.matches(pod.labels), counts: new Map(), minimum: 0 }));
      for (const node of view.cache.nodes()) {
        if (!hasAllKeys(node, pod.hardSpread)) continue;
        for (const { constraint, counts } of domains) {
          if (!isEligible(constraint, pod, node)) continue;
          const value = node.labels[constraint.topologyKey] ?? '';
          counts.set(value, (counts.get(value) ?? 0) + node.countLive(constraint.matches, pod.namespace));
        }
      }
      for (const domain of domains) setMinimum(domain);
      return { kind: 'state', state: domains };
    },
    check: (domains: readonly Domain[], _pod: PodInfo, node: NodeInfo) => {
      for (const { constraint, selfMatches, counts, minimum } of domains) {
        const value = node.labels[constraint.topologyKey];
        if (value === undefined) return labelRefusal;
        if ((counts.get(value) ?? 0) + (selfMatches ? 1 : 0) - minimum > constraint.maxSkew) return skewRefusal;
      }
      return undefined;
    },
    adjust: (domains: readonly Domain[], pod: PodInfo, other: PodInfo, node: NodeInfo, sign: 1 | -1): readonly Domain[] => {
      if (other.namespace !== pod.namespace || other.terminating || !hasAllKeys(node, pod.hardSpread)) return domains;
      return domains.map((domain) => {
        if (!domain.constraint.matches(other.labels) || !isEligible(domain.constraint, pod, node)) return domain;
        const value = node.labels[domain.constraint.topologyKey] ?? '';
        const copy = { ...domain, counts: new Map(domain.counts) };
        copy.counts.set(value, (copy.counts.get(value) ?? 0) + sign);
        setMinimum(copy);
        return copy;
      });
    },
  },
  score: {
    weight: 2,
    prepare: (pod: PodInfo, view: ClusterView, feasible: readonly NodeInfo[]): ScoreState | undefined => {
      const own = (pod.pod.spec.topologySpreadConstraints ?? []).length > 0;
      const constraints = own ? pod.softSpread : defaultConstraints(pod, view);
      if (constraints.length === 0) return undefined;
      const ignored = new Set<string>();
      const domains = constraints.map((): Map<string, number> => new Map());
      for (const node of feasible) {
        if (own && !hasAllKeys(node, constraints)) {
          ignored.add(node.name);
          continue;
        }
        constraints.forEach(({ topologyKey }, index) => {
          if (topologyKey !== hostname) domains[index]?.set(node.labels[topologyKey] ?? '', 0);
        });
      }
      if (domains.some(({ size }) => size > 0)) {
        for (const node of view.cache.nodes()) {
          if (own && !hasAllKeys(node, constraints)) continue;
          constraints.forEach((constraint, index) => {
            const counts = domains[index];
            const value = node.labels[constraint.topologyKey] ?? '';
            const soFar = counts?.get(value);
            if (counts === undefined || soFar === undefined || !isEligible(constraint, pod, node)) return;
            counts.set(value, soFar + node.countLive(constraint.matches, pod.namespace));
          });
        }
      }
      return {
        ignored,
        constraints: constraints.map((constraint, index) => {
          const counts = domains[index] ?? new Map<string, number>();
          // Domains of which there are few would otherwise be drowned by those of which there are many.
          const size = constraint.topologyKey === hostname ? feasible.length - ignored.size : counts.size;
          return { constraint, counts, weight: naturalLogarithm(size + 2) };
        }),
      };
    },
    score: (state: ScoreState, pod: PodInfo, node: NodeInfo) => {
      if (state.ignored.has(node.name)) return 0;
      let score = 0;
      for (const { constraint, weight, counts } of state.constraints) {
        const value = node.labels[constraint.topologyKey];
        if (value === undefined) continue;
        const count = constraint.topologyKey === hostname ? node.countLive(constraint.matches, pod.namespace) : (counts.get(value) ?? 0);
        score += count * weight + (constraint.maxSkew - 1);
      }
      return Math.round(score);
    },
    normalize: (state: ScoreState, scores: number[], nodes: readonly NodeInfo[]) => {
      let min = Infinity;
      let max = 0;
      for (let index = 0; index < scores.length; index++) {
        if (state.ignored.has(nodes[index]?.name ?? '')) continue;
        min = Math.min(min, scores[index] ?? 0);
        max = Math.max(max, scores[index] ?? 0);
      }
      for (let index = 0; index < scores.length; index++) {
        if (state.ignored.has(nodes[index]?.name ?? '')) scores[index] = 0;
        else scores[index] = max === 0 ? maxNodeScore : Math.trunc((maxNodeScore * (max + min - (scores[index] ?? 0))) / max);
      }
    },
  },
  helps: (event, pod) => {
    if (event.kind === 'node-added') return hasAllKeys(event.node, pod.hardSpread);
    if (event.kind === 'node-changed') return event.what.has('labels') || event.what.has('taints');
    if (event.kind === 'volume-changed') return false;
    return event.pod.namespace === pod.namespace && pod.hardSpread.some(({ matches }) => matches(event.pod.labels) || (event.kind === 'pod-changed' && matches(event.old.labels)));
  },
};

function hasAllKeys(node: NodeInfo, constraints: readonly SpreadConstraint[]): boolean {
  for (const { topologyKey } of constraints) if (node.labels[topologyKey] === undefined) return false;
  return true;
}

function isEligible(constraint: SpreadConstraint, pod: PodInfo, node: NodeInfo): boolean {
  if (constraint.honorAffinity && pod.nodeMatches?.(node.name, node.labels) === false) return false;
  if (constraint.honorTaints) {
    for (const taint of node.taints) if (!tolerates(pod.pod.spec.tolerations ?? [], taint)) return false;
  }
  return true;
}

function setMinimum(domain: Domain): void {
  let minimum = 2147483647;
  for (const count of domain.counts.values()) minimum = Math.min(minimum, count);
  domain.minimum = domain.counts.size < domain.constraint.minDomains ? 0 : minimum;
}
