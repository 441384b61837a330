// NodeUnschedulable: a cordoned node takes no new pods, unless they tolerate the taint that says so.
import { skip, type Plugin, type Refusal } from '../../framework.ts';
import { tolerates } from '../taint-toleration/tolerates.ts';
import type { NodeInfo } from '../../node-info.ts';
import type { PodInfo } from '../../pod-info.ts';

const refusal: Refusal = { reasons: ['node(s) were unschedulable'], unresolvable: true };
const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  filter: {
    prepare: (pod: PodInfo) => (tolerates(pod.pod.spec.tolerations ?? [], taint) ? skip : { kind: 'state', state: undefined }),
    check: (_state: undefined, _pod: PodInfo, node: NodeInfo) => (node.unschedulable ? refusal : undefined),
  },
  helps: (event) => (event.kind === 'node-added' || (event.kind === 'node-changed' && event.what.has('taints'))) && !event.node.unschedulable,
};
