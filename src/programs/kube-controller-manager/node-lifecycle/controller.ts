// Watches over nodes: one that falls silent becomes NotReady, its pods too, and it is tainted so that nothing new comes and the old is evicted.
import { findCondition } from '../../../api/meta/conditions.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { ApiError, isNotFound } from '../../../client/api-error.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs, type Node, type Pod } from '../shared/objects.ts';
import { changeTaints, withTaints } from '../shared/taints.ts';
import { computeSilentConditions, decideNoScheduleTaints, observeHealth, type NodeHealth } from './decide.ts';
import { NodeEviction } from './eviction.ts';
import { PodsNotReady } from './pods-not-ready.ts';

interface Lease extends ApiObject {
  readonly spec?: { readonly renewTime?: string };
}

export function startNodeLifecycleController(context: ControllerContext): void {
  const { flags } = context;
  const periodMs = flags.durationMs('node-monitor-period', 5000);
  const graceMs = flags.durationMs('node-monitor-grace-period', 50_000);
  const startupGraceMs = flags.durationMs('node-startup-grace-period', 60_000);
  const limits = {
    threshold: flags.number('unhealthy-zone-threshold', 0.55),
    rates: { normal: flags.number('node-eviction-rate', 0.1), secondary: flags.number('secondary-node-eviction-rate', 0.01), largeZone: flags.number('large-cluster-size-threshold', 50) },
  };
  const client = context.client('node-controller');
  const recorder = context.recorder('node-controller', client);
  const nodes = context.informer<Node>(refs.nodes);
  const pods = context.informer<Pod>(refs.pods);
  const leases = context.informer<Lease>(refs.leases);
  const queue = context.queue('node_lifecycle_controller');
  const known = new Set<string>();
  const health = new Map<string, NodeHealth>();
  /** Ready as it was at the last look. */
  const seenReady = new Map<string, string>();
  const eviction = new NodeEviction(context, client, nodes, limits);

  nodes.onChange(({ type, object, old }) => {
    const { name } = object.metadata;
    if (type === 'delete') return;
    if (old !== undefined && old.status?.conditions === object.status?.conditions && old.spec === object.spec) return;
    queue.add(name);
  });
  const podsNotReady = new PodsNotReady(context, client, recorder, nodes, pods);

  /** Taints by condition, as soon as the node changes. */
  function* reconcileTaints(name: string): Task<void> {
    const node = nodes.get(name);
    if (node === undefined) return;
    const { add, remove } = decideNoScheduleTaints(node, context.now());
    if (add.length === 0 && remove.length === 0) return;
    try {
      if (add.length > 0) yield* changeTaints(client, name, withTaints(add, []));
      if (remove.length > 0) yield* changeTaints(client, name, withTaints([], remove));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  function* monitor(): Task<void> {
    const all = nodes.list();
    const names = new Set(all.map(({ metadata }) => metadata.name));
    for (const name of known) {
      if (names.has(name)) continue;
      known.delete(name);
      health.delete(name);
      eviction.forget(name);
      recorder.event(nodeRef(name, undefined), 'Normal', 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
    }
    for (const node of all) {
      const { name } = node.metadata;
      if (!known.has(name)) {
        known.add(name);
        recorder.event(nodeRef(name, node), 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
        eviction.enter(node);
      }
      yield* monitorOne(node);
    }
    if (!(yield* eviction.judge(all))) return;
    // We hear again: give everybody time to report.
    for (const [name, data] of health) health.set(name, { ...data, probeMs: context.nowMs(), readyTransitionMs: context.nowMs() });
  }

  function* monitorOne(node: Node): Task<void> {
    const { name } = node.metadata;
    const observed = observeHealth(health.get(name), node, leases.get(`kube-node-lease/${name}`)?.spec?.renewTime, context.nowMs());
    health.set(name, observed);
    const ready = findCondition(node.status?.conditions, 'Ready');
    const silentMs = context.nowMs() - observed.probeMs;
    const grace = ready === undefined ? startupGraceMs : graceMs;
    let current = node;
    if (silentMs > grace) {
      const conditions = computeSilentConditions(node, context.now());
      if (conditions !== undefined) {
        context.emit({ type: 'controller.node-silent', node: name });
        try {
          current = yield* client.updateStatus<Node>(refs.nodes, '', { ...node, apiVersion: 'v1', kind: 'Node', status: { ...node.status, conditions } });
          health.set(name, { ...observed, conditions: current.status?.conditions ?? conditions, readyTransitionMs: context.nowMs() });
        } catch (error) {
          if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
          return;
        }
      }
    }
    const now = findCondition(current.status?.conditions, 'Ready');
    if (now === undefined) return;
    yield* eviction.consider(current, now.status);
    if (now.status !== 'True' && (seenReady.get(name) ?? ready?.status) === 'True') {
      recorder.event(nodeRef(name, node), 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
      yield* podsNotReady.markAll(name);
    }
    seenReady.set(name, now.status);
  }

  const needs = [nodes, pods, leases];
  context.start({ name: 'node-lifecycle', queue, workers: 8, needs, reconcile: reconcileTaints });
  context.start({ name: 'node-lifecycle-pods', queue: podsNotReady.queue, workers: 4, needs, reconcile: (key) => podsNotReady.reconcile(key) });
  context.every('node-lifecycle monitor', periodMs, needs, monitor);
  context.host.tasks.spawn('node-lifecycle tainting', eviction.run());
}

/** Events about nodes name them by uid, which for old clients is the name when the object is not at hand. */
function nodeRef(name: string, node: Node | undefined): ApiObject {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: node?.metadata.uid ?? name } };
}
