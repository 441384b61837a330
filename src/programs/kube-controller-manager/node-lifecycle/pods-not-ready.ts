// The pods of a node that is not ready are not ready either.
import { findCondition } from '../../../api/meta/conditions.ts';
import { ApiError, isConflict, isNotFound } from '../../../client/api-error.ts';
import type { ApiClient, WorkQueue } from '../../../client/contract.ts';
import type { EventRecorder } from '../../../client/event-recorder.ts';
import type { RunningInformer } from '../../../client/informer.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { keyOf, refs, type Condition, type Node, type Pod } from '../shared/objects.ts';

export class PodsNotReady {
  readonly queue: WorkQueue;
  private readonly context: ControllerContext;
  private readonly client: ApiClient;
  private readonly recorder: EventRecorder;
  private readonly nodes: RunningInformer<Node>;
  private readonly pods: RunningInformer<Pod>;

  constructor(context: ControllerContext, client: ApiClient, recorder: EventRecorder, nodes: RunningInformer<Node>, pods: RunningInformer<Pod>) {
    this.context = context;
    this.client = client;
    this.recorder = recorder;
    this.nodes = nodes;
    this.pods = pods;
    this.queue = context.queue('node_lifecycle_controller_pods');
    // A pod that arrives on a node that is not ready is not ready either.
    pods.onChange(({ type, object, old }) => {
      const node = object.spec.nodeName ?? '';
      if (type === 'delete' || node === '' || (old !== undefined && old.spec.nodeName === node)) return;
      if (this.isUnready(node)) this.queue.add(keyOf(object));
    });
  }

  *reconcile(key: string): Task<void> {
    const pod = this.pods.get(key);
    if (pod !== undefined && this.isUnready(pod.spec.nodeName ?? '')) yield* this.mark(pod);
  }

  *markAll(node: string): Task<void> {
    for (const pod of this.pods.byIndex('node', node)) yield* this.mark(pod);
  }

  private isUnready(node: string): boolean {
    const ready = findCondition(this.nodes.get(node)?.status?.conditions, 'Ready');
    return ready !== undefined && ready.status !== 'True';
  }

  private *mark(pod: Pod): Task<void> {
    const ready = findCondition(pod.status?.conditions, 'Ready');
    if (ready?.status !== 'True') return;
    const conditions = (pod.status?.conditions ?? []).map((condition): Condition => (condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: this.context.now() } : condition));
    try {
      yield* this.client.updateStatus<Pod>(refs.pods, pod.metadata.namespace ?? '', { ...pod, apiVersion: 'v1', kind: 'Pod', status: { ...pod.status, conditions } });
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return;
      if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
      this.queue.addRateLimited(keyOf(pod));
      return;
    }
    this.recorder.event({ ...pod, apiVersion: 'v1', kind: 'Pod' }, 'Warning', 'NodeNotReady', 'Node is not ready');
  }
}
