// ImageLocality: likes a node that already has the pod's images, the bigger the better, toned down while few nodes have them.
import { maxNodeScore, type ClusterView, type Plugin } from '../../framework.ts';
import type { NodeInfo } from '../../node-info.ts';
import type { PodInfo } from '../../pod-info.ts';

const mebibyte = 1024 * 1024;
const smallest = 23 * mebibyte;
const largestPerContainer = 1000 * mebibyte;

export const imageLocality: Plugin = {
  name: 'ImageLocality',
  score: {
    weight: 1,
    prepare: (pod: PodInfo, view: ClusterView) => {
      const total = view.cache.size;
      const images: { bytes: number; nodes: ReadonlySet<string> }[] = [];
      for (const image of pod.images) {
        const state = view.cache.images.get(image);
        if (state !== undefined) images.push({ bytes: Math.trunc(state.sizeBytes * (state.nodes.size / total)), nodes: state.nodes });
      }
      return images;
    },
    score: (images: readonly { bytes: number; nodes: ReadonlySet<string> }[], pod: PodInfo, node: NodeInfo) => {
      if (images.length === 0) return 0;
      let sum = 0;
      for (const { bytes, nodes } of images) if (nodes.has(node.name)) sum += bytes;
      const largest = largestPerContainer * pod.images.length;
      const clamped = Math.min(Math.max(sum, smallest), largest);
      return Math.trunc((maxNodeScore * (clamped - smallest)) / (largest - smallest));
    },
  },
};
