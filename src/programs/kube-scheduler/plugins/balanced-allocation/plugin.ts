// NodeResourcesBalancedAllocation: likes a node whose processor and memory use the pod brings closer together.
import { maxNodeScore, type Plugin } from '../../framework.ts';
import type { NodeInfo } from '../../node-info.ts';
import type { PodInfo } from '../../pod-info.ts';

export const balancedAllocation: Plugin = {
  name: 'NodeResourcesBalancedAllocation',
  score: {
    weight: 1,
    // A pod that asks for nothing would follow its like to the same node for ever.
    prepare: (pod: PodInfo) => (pod.requests.milliCpu === 0 && pod.requests.memory === 0 ? undefined : true),
    score: (_state: unknown, pod: PodInfo, node: NodeInfo) => {
      const { milliCpu, memory } = node.requested;
      const after = balance(node, milliCpu + pod.requests.milliCpu, memory + pod.requests.memory);
      const before = balance(node, milliCpu, memory);
      // Half of the range is for being balanced at all; the rest rewards an improvement.
      const half = maxNodeScore / 2;
      return half + Math.trunc((half + after - before) / 2);
    },
  },
};

function balance(node: NodeInfo, milliCpu: number, memory: number): number {
  const { allocatable } = node;
  if (allocatable.milliCpu === 0 || allocatable.memory === 0) return maxNodeScore;
  const deviation = Math.abs((Math.min(milliCpu / allocatable.milliCpu, 1) - Math.min(memory / allocatable.memory, 1)) / 2);
  return Math.trunc((1 - deviation) * maxNodeScore);
}
