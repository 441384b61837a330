// NodeName: a pod that names its node goes there or nowhere.
import { skip, type Plugin, type Refusal } from '../../framework.ts';
import type { NodeInfo } from '../../node-info.ts';
import type { PodInfo } from '../../pod-info.ts';

const refusal: Refusal = { reasons: ["node(s) didn't match the requested node name"], unresolvable: true };

export const nodeName: Plugin = {
  name: 'NodeName',
  filter: {
    prepare: (pod: PodInfo) => ((pod.pod.spec.nodeName ?? '') === '' ? skip : { kind: 'state', state: pod.pod.spec.nodeName }),
    check: (wanted: string, _pod: PodInfo, node: NodeInfo) => (node.name === wanted ? undefined : refusal),
  },
  helps: (event) => event.kind === 'node-added',
};
