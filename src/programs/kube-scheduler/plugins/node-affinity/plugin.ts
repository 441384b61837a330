// NodeAffinity: nodeSelector and required node affinity decide where a pod may run, preferred affinity where it would rather.
import { normalizeDefault, skip, type Plugin, type Prepared, type Refusal } from '../../framework.ts';
import type { NodeInfo } from '../../node-info.ts';
import type { PodInfo } from '../../pod-info.ts';

const refusal: Refusal = { reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true };

export const nodeAffinity: Plugin = {
  name: 'NodeAffinity',
  filter: {
    prepare: (pod: PodInfo): Prepared<undefined> => {
      if (pod.nodeMatches === undefined) return skip;
      const only = namedNodes(pod);
      return only === undefined ? { kind: 'state', state: undefined } : { kind: 'state', state: undefined, only };
    },
    check: (_state: undefined, pod: PodInfo, node: NodeInfo) => (pod.nodeMatches?.(node.name, node.labels) === false ? refusal : undefined),
  },
  score: {
    weight: 2,
    prepare: (pod: PodInfo) => (pod.preferredNodes.length === 0 ? undefined : pod.preferredNodes),
    score: (preferred: PodInfo['preferredNodes'], _pod: PodInfo, node: NodeInfo) => {
      let sum = 0;
      for (const { matches, weight } of preferred) if (matches(node.name, node.labels)) sum += weight;
      return sum;
    },
    normalize: (_state: unknown, scores: number[]) => normalizeDefault(scores, false),
  },
  helps: (event, pod) => (event.kind === 'node-added' || (event.kind === 'node-changed' && event.what.has('labels'))) && pod.nodeMatches?.(event.node.name, event.node.labels) !== false,
};

/** When every term pins nodes by metadata.name, as a DaemonSet's pods do, only those need to be looked at. */
function namedNodes(pod: PodInfo): ReadonlySet<string> | undefined {
  const terms = pod.pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (terms === undefined || terms.length === 0) return undefined;
  const names = new Set<string>();
  for (const { matchFields } of terms) {
    const pin = (matchFields ?? []).find(({ key, operator }) => key === 'metadata.name' && operator === 'In');
    if (pin === undefined) return undefined;
    for (const name of pin.values ?? []) names.add(name);
  }
  return names;
}
