// TaintToleration: a taint keeps pods away that do not tolerate it; PreferNoSchedule only makes a node less liked.
import { normalizeDefault, type Plugin, type Refusal } from '../../framework.ts';
import type { NodeInfo } from '../../node-info.ts';
import type { PodInfo } from '../../pod-info.ts';
import type { Toleration } from '../../objects.ts';
import { tolerates } from './tolerates.ts';

const refusal: Refusal = { reasons: ['node(s) had untolerated taint(s)'], unresolvable: true };

export const taintToleration: Plugin = {
  name: 'TaintToleration',
  filter: {
    prepare: (pod: PodInfo) => ({ kind: 'state', state: pod.pod.spec.tolerations ?? [] }),
    check: (tolerations: readonly Toleration[], _pod: PodInfo, node: NodeInfo) => (untolerated(tolerations, node) ? refusal : undefined),
  },
  score: {
    weight: 3,
    prepare: (pod: PodInfo) => (pod.pod.spec.tolerations ?? []).filter(({ effect }) => effect === undefined || effect === '' || effect === 'PreferNoSchedule'),
    score: (tolerations: readonly Toleration[], _pod: PodInfo, node: NodeInfo) => {
      let count = 0;
      for (const taint of node.preferNoScheduleTaints) if (!tolerates(tolerations, taint)) count++;
      return count;
    },
    normalize: (_state: unknown, scores: number[]) => normalizeDefault(scores, true),
  },
  helps: (event, pod) => (event.kind === 'node-added' || (event.kind === 'node-changed' && event.what.has('taints'))) && !untolerated(pod.pod.spec.tolerations ?? [], event.node),
};

function untolerated(tolerations: readonly Toleration[], node: NodeInfo): boolean {
  for (const taint of node.taints) if (!tolerates(tolerations, taint)) return true;
  return false;
}
