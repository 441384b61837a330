// Evicts pods from nodes with a NoExecute taint, each when its toleration is over.
import { setCondition, type Condition } from '../../../api/meta/conditions.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { isNotFound } from '../../../client/api-error.ts';
import type { Task, TaskHandle } from '../../../kernel/task.ts';
import { ApiError } from '../../../client/api-error.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { ControllerContext } from '../shared/context.ts';
import { keyOf, refs, splitKey, type Node, type Pod, type Taint } from '../shared/objects.ts';
import { computeStayMs } from './decide.ts';

interface Scheduled {
  readonly createdMs: number;
  readonly dueMs: number;
  readonly task: TaskHandle<void>;
}

const attempts = 5;

export function startTaintEvictionController(context: ControllerContext): void {
  const { host } = context;
  const client = context.client('node-controller');
  const recorder = context.recorder('taint-eviction-controller', client);
  const nodes = context.informer<Node>(refs.nodes);
  const pods = context.informer<Pod>(refs.pods);
  const queue = context.queue('noexec_taint_node');
  const scheduled = new Map<string, Scheduled>();

  nodes.onChange(({ type, object, old }) => {
    if (type !== 'delete' && old !== undefined && old.spec === object.spec) return;
    if (noExecute(object).length > 0 || (old !== undefined && noExecute(old).length > 0)) queue.add(object.metadata.name);
  });
  pods.onChange(({ type, object, old }) => {
    const key = keyOf(object);
    if (type === 'delete') return cancel(key, false);
    const node = object.spec.nodeName ?? '';
    if (node === '' || (old !== undefined && old.spec.nodeName === node && old.spec.tolerations === object.spec.tolerations)) return;
    const found = nodes.get(node);
    if (found !== undefined && noExecute(found).length > 0) consider(object, noExecute(found));
  });

  function* reconcile(name: string): Task<void> {
    const node = nodes.get(name);
    const taints = node === undefined ? [] : noExecute(node);
    for (const pod of pods.byIndex('node', name)) {
      if (taints.length === 0) cancel(keyOf(pod), true);
      else consider(pod, taints);
    }
  }

  function consider(pod: Pod, taints: readonly Taint[]): void {
    const key = keyOf(pod);
    const stayMs = computeStayMs(taints, pod.spec.tolerations ?? []);
    const before = scheduled.get(key);
    if (stayMs === Infinity) return cancel(key, true);
    const nowMs = context.nowMs();
    if (stayMs === 0) {
      cancel(key, false);
      schedule(key, nowMs, 0);
      return;
    }
    if (before !== undefined) {
      // It was counted from the first taint on; a later taint does not begin a new count unless it allows less.
      if (before.createdMs + stayMs >= before.dueMs) return;
      cancel(key, false);
      return schedule(key, before.createdMs, Math.max(0, before.createdMs + stayMs - nowMs));
    }
    schedule(key, nowMs, stayMs);
  }

  function schedule(key: string, createdMs: number, afterMs: number): void {
    const task = host.tasks.spawn(`evict ${key}`, evictLater(key, afterMs));
    scheduled.set(key, { createdMs, dueMs: context.nowMs() + afterMs, task });
  }

  function cancel(key: string, tell: boolean): void {
    const before = scheduled.get(key);
    if (before === undefined) return;
    scheduled.delete(key);
    if (before.task.done) return;
    before.task.cancel();
    if (tell) recorder.event(podRef(key), 'Normal', 'TaintManagerEviction', `Cancelling deletion of Pod ${key}`);
  }

  function* evictLater(key: string, afterMs: number): Task<void> {
    if (afterMs > 0) yield* host.clock.sleep(afterMs);
    recorder.event(podRef(key), 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${key}`);
    for (let attempt = 0; attempt < attempts; attempt++) {
      try {
        yield* evict(key);
        return;
      } catch (error) {
        if (isNotFound(error)) return;
        if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
        yield* host.clock.sleep(10);
      }
    }
  }

  function* evict(key: string): Task<void> {
    const { namespace, name } = splitKey(key);
    const pod = yield* client.get<Pod>(refs.pods, namespace, name);
    const condition: Condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
      ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    };
    const before = pod.status?.conditions ?? [];
    const after = setCondition(before, condition, context.now());
    const added = after.find(({ type }) => type === 'DisruptionTarget');
    if (after !== before && added !== undefined) yield* client.patch(refs.pods, namespace, name, 'application/strategic-merge-patch+json', { metadata: { uid: pod.metadata.uid }, status: { conditions: [added] } }, { subresource: 'status' });
    yield* client.delete(refs.pods, namespace, name);
  }

  context.start({ name: 'taint-eviction', queue, workers: 8, needs: [nodes, pods], reconcile });
}

function noExecute(node: Node): readonly Taint[] {
  return (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}

function podRef(key: string): ApiObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: splitKey(key) };
}
