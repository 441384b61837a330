// Finding the pod (and container) that logs, exec, attach and port-forward mean.
import type { Task } from '../../../kernel/task.ts';
import { CommandError } from '../errors.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import { listObjects, podMapping, selectorText } from './act.ts';

const defaultContainerAnnotation = 'kubectl.kubernetes.io/default-container';

/** `web`, `pod/web`, `deploy/web`, `svc/web`. Without a pod name, a pod of the workload is chosen: ready and older ones first. */
export function* findPod(k: Kubectl, argument: string, options: { readonly timeoutMs: number; readonly announce?: boolean; readonly refusal?: string } = { timeoutMs: 60_000 }): Task<Any> {
  const slash = argument.indexOf('/');
  if (slash < 0) return yield* k.call('GET', k.path(podMapping, k.namespace, argument));
  const mapping = yield* k.discovery.find(argument.slice(0, slash));
  const name = argument.slice(slash + 1);
  const object: Any = yield* k.call('GET', k.path(mapping, k.namespace, name));
  if (mapping.kind === 'Pod') return object;
  const selector = selectorOf(object, options.refusal);
  if (selector === undefined) throw new CommandError(`cannot attach to ${mapping.kind}: selector for ${mapping.kind} not implemented`);
  const deadlineMs = k.host.clock.nowMs() + options.timeoutMs;
  for (;;) {
    const pods = yield* listObjects(k, podMapping, k.namespace, { labelSelector: selector });
    if (pods.length > 0) {
      const sorted = [...pods].sort(comparePods);
      if (options.announce === true && pods.length > 1) k.err(`Found ${pods.length} pods, using pod/${sorted[0].metadata.name}`);
      return sorted[0];
    }
    if (k.host.clock.nowMs() >= deadlineMs) throw new CommandError('timed out waiting for the condition');
    yield* k.host.clock.sleep(1000);
  }
}

export function selectorOf(object: Any, refusal = 'cannot attach to'): string | undefined {
  const selector = object.spec?.selector;
  if (object.kind === 'Service' || object.kind === 'ReplicationController') {
    if (selector === undefined || Object.keys(selector).length === 0) {
      if (object.kind === 'Service') throw new CommandError(`${refusal} *v1.Service: invalid service '${object.metadata.name}': Service is defined without a selector`);
      return undefined;
    }
    return Object.keys(selector).sort().map((key) => `${key}=${selector[key]}`).join(',');
  }
  return selector === undefined ? undefined : selectorText(selector);
}

const isReady = (pod: Any): boolean => (pod.status?.conditions ?? []).some((each: Any) => each.type === 'Ready' && each.status === 'True');

/** podutils' ActivePods order: assigned, running, ready, then the oldest. */
function comparePods(a: Any, b: Any): number {
  const rank = (pod: Any): number => (pod.spec.nodeName === undefined ? 8 : 0) + (pod.status?.phase === 'Running' ? 0 : pod.status?.phase === 'Pending' ? 4 : 2) + (isReady(pod) ? 0 : 1);
  const difference = rank(a) - rank(b);
  if (difference !== 0) return difference;
  const left = a.metadata.creationTimestamp ?? '';
  const right = b.metadata.creationTimestamp ?? '';
  return left < right ? -1 : left > right ? 1 : a.metadata.name < b.metadata.name ? -1 : 1;
}

export function allContainers(pod: Any): Any[] {
  return [...(pod.spec.initContainers ?? []), ...(pod.spec.containers ?? []), ...(pod.spec.ephemeralContainers ?? [])];
}

/** The container that is meant when none is named; says so when there was a choice. */
export function chooseContainer(k: Kubectl, pod: Any, wanted: string, quiet = false): string {
  if (wanted !== '') {
    if (!allContainers(pod).some((each) => each.name === wanted)) throw new CommandError(`container ${wanted} is not valid for pod ${pod.metadata.name} out of: ${containerNames(pod)}`);
    return wanted;
  }
  const annotated = pod.metadata.annotations?.[defaultContainerAnnotation];
  if (annotated !== undefined && allContainers(pod).some((each) => each.name === annotated)) return annotated;
  const first: string = pod.spec.containers[0].name;
  if (allContainers(pod).length > 1 && !quiet) k.err(`Defaulted container ${JSON.stringify(first)} out of: ${containerNames(pod)}`);
  return first;
}

export function containerNames(pod: Any): string {
  return [...(pod.spec.containers ?? []).map((each: Any) => each.name), ...(pod.spec.ephemeralContainers ?? []).map((each: Any) => `${each.name} (ephem)`), ...(pod.spec.initContainers ?? []).map((each: Any) => `${each.name} (init)`)].join(', ');
}
