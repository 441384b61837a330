// What Endpoints and EndpointSlices have in common: which pods stand behind a Service, on which ports, and in what state.
import { matchesMap } from '../../../api/meta/labels.ts';
import type { Informer, WorkQueue } from '../../../client/contract.ts';
import { canonicalText } from '../../../api/meta/hash.ts';
import { keyOf, type Pod, type Service } from './objects.ts';
import { isReady, isTerminal, isTerminating } from './pods.ts';

export function selectsPods(service: Service): boolean {
  return Object.keys(service.spec.selector ?? {}).length > 0;
}

/** The number a service port leads to on this pod; undefined when the pod has no port of that name. */
export function findPort(pod: Pod, port: NonNullable<Service['spec']['ports']>[number]): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target;
  if (/^\d+$/.test(target)) return Number(target);
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const container of [...pod.spec.containers, ...sidecars]) {
    for (const each of container.ports ?? []) if (each.name === target && (each.protocol ?? 'TCP') === (port.protocol ?? 'TCP')) return each.containerPort;
  }
  return undefined;
}

export function addressOf(pod: Pod, family: string): string | undefined {
  const addresses = pod.status?.podIPs?.map(({ ip }) => ip) ?? (pod.status?.podIP === undefined ? [] : [pod.status.podIP]);
  return addresses.find((address) => address !== '' && address.includes(':') === (family === 'IPv6'));
}

/** Pods that may be an endpoint: not finished, with an address. */
export function mayServe(pod: Pod): boolean {
  return !isTerminal(pod) && (pod.status?.podIP ?? '') !== '';
}

/** Queues the Services of a namespace whose selector the pod matches, when something changed that an endpoint shows. */
export function watchPods(pods: Informer<Pod>, services: Informer<Service>, queue: WorkQueue): void {
  const wake = (pod: Pod): void => {
    for (const service of services.list(pod.metadata.namespace)) if (selectsPods(service) && matchesMap(service.spec.selector, pod.metadata.labels)) queue.add(keyOf(service));
  };
  pods.onChange(({ object, old }) => {
    if (old === undefined) return wake(object);
    const labels = old.metadata.labels !== object.metadata.labels && canonicalText(old.metadata.labels ?? {}) !== canonicalText(object.metadata.labels ?? {});
    if (!labels && !showsDifferently(old, object)) return;
    wake(object);
    if (labels) wake(old);
  });
}

function showsDifferently(old: Pod, pod: Pod): boolean {
  return (
    isReady(old) !== isReady(pod) ||
    isTerminating(old) !== isTerminating(pod) ||
    isTerminal(old) !== isTerminal(pod) ||
    old.status?.podIP !== pod.status?.podIP ||
    old.spec.nodeName !== pod.spec.nodeName ||
    old.spec.hostname !== pod.spec.hostname ||
    old.spec.subdomain !== pod.spec.subdomain
  );
}
