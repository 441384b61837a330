// Clears away pods that nobody else would: finished ones beyond a limit, pods of nodes that are gone, pods deleted before they had a node.
import type { ApiObject } from '../../../api/meta/object.ts';
import { ApiError, isNotFound } from '../../../client/api-error.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Task } from '../../../kernel/task.ts';
import { setCondition } from '../../../api/meta/conditions.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs, type Node, type Pod } from '../shared/objects.ts';
import { isTerminal, isTerminating } from '../shared/pods.ts';

const periodMs = 20_000;
/** A node that has just vanished may only be late in the cache. */
const quarantineMs = 40_000;

export function startPodGcController(context: ControllerContext): void {
  const client = context.client('pod-garbage-collector');
  const threshold = context.flags.number('terminated-pod-gc-threshold', 12_500);
  const pods = context.informer<Pod>(refs.pods);
  const nodes = context.informer<Node>(refs.nodes);
  const missingSince = new Map<string, number>();

  function* sweep(): Task<void> {
    const all = pods.list();
    const finished = all.filter((pod) => isTerminal(pod) && !isTerminating(pod));
    const surplus = finished.length - threshold;
    if (threshold > 0 && surplus > 0) {
      const oldest = [...finished].sort((left, right) => ((left.metadata.creationTimestamp ?? '') < (right.metadata.creationTimestamp ?? '') ? -1 : 1));
      for (const pod of oldest.slice(0, surplus)) yield* collect(pod, undefined);
    }
    yield* sweepOrphans(all);
    for (const pod of all) if (isTerminating(pod) && (pod.spec.nodeName ?? '') === '') yield* collect(pod, undefined);
    // A node that its administrator has declared out of service lets its pods go.
    for (const pod of all) {
      if (!isTerminating(pod)) continue;
      const node = nodes.get(pod.spec.nodeName ?? '');
      const out = node?.spec?.taints?.some(({ key }) => key === 'node.kubernetes.io/out-of-service') === true;
      const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
      if (out && !ready) yield* collect(pod, undefined);
    }
  }

  function* sweepOrphans(all: readonly Pod[]): Task<void> {
    const missing = new Set<string>();
    for (const pod of all) {
      const node = pod.spec.nodeName ?? '';
      if (node !== '' && nodes.get(node) === undefined) missing.add(node);
    }
    for (const name of missingSince.keys()) if (!missing.has(name)) missingSince.delete(name);
    for (const name of missing) {
      const since = missingSince.get(name);
      if (since === undefined) {
        missingSince.set(name, context.nowMs());
        continue;
      }
      if (context.nowMs() - since < quarantineMs || (yield* exists(name))) continue;
      for (const pod of pods.byIndex('node', name)) yield* collect(pod, 'PodGC: node no longer exists');
    }
  }

  function* exists(node: string): Task<boolean> {
    try {
      yield* client.get(refs.nodes, '', node);
      return true;
    } catch (error) {
      return !isNotFound(error);
    }
  }

  /** Marks a pod that was still running as failed, then deletes it without grace. */
  function* collect(pod: Pod, reason: string | undefined): Task<void> {
    const { name, namespace = '' } = pod.metadata;
    try {
      if (!isTerminal(pod)) {
        const before = pod.status?.conditions ?? [];
        const after = reason === undefined ? before : setCondition(before, { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByPodGC', message: reason }, context.now());
        const added = after.filter((condition) => !before.includes(condition));
        yield* client.patch<ApiObject>(refs.pods, namespace, name, 'application/strategic-merge-patch+json', { status: { phase: 'Failed', ...(added.length === 0 ? {} : { conditions: added }) } }, { subresource: 'status' });
      }
      yield* client.delete(refs.pods, namespace, name, { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
    }
  }

  context.every('pod-gc', periodMs, [pods, nodes], sweep);
}
