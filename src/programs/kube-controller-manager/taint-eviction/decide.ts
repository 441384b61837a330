// How long may a pod stay on a node with these NoExecute taints? Pure.
import type { Taint, Toleration } from '../shared/objects.ts';
import { toleratesTaint } from '../shared/taints.ts';

/** 0: it must go now; Infinity: it may stay; else milliseconds. */
export function computeStayMs(taints: readonly Taint[], tolerations: readonly Toleration[]): number {
  const used: Toleration[] = [];
  for (const taint of taints) {
    const match = tolerations.find((toleration) => toleratesTaint(toleration, taint));
    if (match === undefined) return 0;
    used.push(match);
  }
  let stay = Infinity;
  for (const { tolerationSeconds } of used) if (tolerationSeconds !== undefined) stay = Math.min(stay, Math.max(0, tolerationSeconds) * 1000);
  return stay;
}
