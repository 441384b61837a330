// NodePorts: two pods cannot share a host port on one node (unless they bind different addresses).
import { skip, type Plugin, type Refusal } from '../../framework.ts';
import type { NodeInfo } from '../../node-info.ts';
import type { PodInfo } from '../../pod-info.ts';

const refusal: Refusal = { reasons: ["node(s) didn't have free ports for the requested pod ports"], unresolvable: false };

export const nodePorts: Plugin = {
  name: 'NodePorts',
  filter: {
    prepare: (pod: PodInfo) => (pod.hostPorts.length === 0 ? skip : { kind: 'state', state: undefined }),
    check: (_state: undefined, pod: PodInfo, node: NodeInfo) => (clashes(pod.hostPorts, node.usedPorts) ? refusal : undefined),
  },
  helps: (event, pod) => event.kind === 'node-added' || (event.kind === 'pod-removed' && event.pod.hostPorts.some((one) => pod.hostPorts.some((other) => one.port === other.port))),
};

function clashes(wanted: PodInfo['hostPorts'], used: ReadonlyMap<number, readonly string[]>): boolean {
  for (const { protocol, ip, port } of wanted) {
    for (const user of used.get(port) ?? []) {
      const slash = user.indexOf('/');
      const otherIp = user.slice(slash + 1);
      if (user.slice(0, slash) === protocol && (ip === '0.0.0.0' || otherIp === '0.0.0.0' || ip === otherIp)) return true;
    }
  }
  return false;
}
