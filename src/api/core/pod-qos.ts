// The quality-of-service class of a pod, from its containers' requests and limits (pkg/apis/core/helper/qos).
import { compareQuantity, quantityOf } from '../meta/quantity.ts';
import type { PodSpec } from './types/pod.ts';

const counted = ['cpu', 'memory'] as const;

export function podQosClass(spec: PodSpec): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  let anything = false;
  let guaranteed = true;
  for (const { resources } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    for (const name of counted) {
      const request = quantityOf(resources?.requests?.[name]);
      const limit = quantityOf(resources?.limits?.[name]);
      if (request.nanos > 0n || limit.nanos > 0n) anything = true;
      if (limit.nanos === 0n || (request.nanos > 0n && compareQuantity(request, limit) !== 0)) guaranteed = false;
    }
  }
  if (!anything) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}
