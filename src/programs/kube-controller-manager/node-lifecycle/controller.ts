// Watches over nodes: one that falls silent becomes NotReady, its pods too, and it is tainted so that nothing new comes and the old is evicted.
import { findCondition } from '../../../api/meta/conditions.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { ApiError, isConflict, isNotFound } from '../../../client/api-error.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs, type Condition, type Node, type Pod, type Taint } from '../shared/objects.ts';
import { changeTaints, notReady, unreachable, withTaints } from '../shared/taints.ts';
import { computeEvictionRate, computeSilentConditions, computeZoneState, decideNoScheduleTaints, observeHealth, zoneOf, type NodeHealth, type ZoneState } from './decide.ts';

interface Lease extends ApiObject {
  readonly spec?: { readonly renewTime?: string };
}

interface Zone {
  state: ZoneState;
  /** Nodes that wait for their NoExecute taint. */
  readonly waiting: string[];
  rate: number;
  tokens: number;
  filledMs: number;
}

const taintIntervalMs = 100;

export function startNodeLifecycleController(context: ControllerContext): void {
  const { flags } = context;
  const periodMs = flags.durationMs('node-monitor-period', 5000);
  const graceMs = flags.durationMs('node-monitor-grace-period', 50_000);
  const startupGraceMs = flags.durationMs('node-startup-grace-period', 60_000);
  const threshold = flags.number('unhealthy-zone-threshold', 0.55);
  const rates = { normal: flags.number('node-eviction-rate', 0.1), secondary: flags.number('secondary-node-eviction-rate', 0.01), largeZone: flags.number('large-cluster-size-threshold', 50) };
  const client = context.client('node-controller');
  const recorder = context.recorder('node-controller', client);
  const nodes = context.informer<Node>(refs.nodes);
  const pods = context.informer<Pod>(refs.pods);
  const leases = context.informer<Lease>(refs.leases);
  const queue = context.queue('node-lifecycle');
  const known = new Set<string>();
  const health = new Map<string, NodeHealth>();
  /** Ready as it was at the last look. */
  const seenReady = new Map<string, string>();
  const zones = new Map<string, Zone>();
  const podQueue = context.queue('node-lifecycle-pods');
  const bell = context.host.tasks.mailbox<string>();

  nodes.onChange(({ type, object, old }) => {
    const { name } = object.metadata;
    if (type === 'delete') return;
    if (old !== undefined && old.status?.conditions === object.status?.conditions && old.spec === object.spec) return;
    queue.add(name);
  });
  pods.onChange(({ type, object, old }) => {
    // A pod that arrives on a node that is not ready is not ready either.
    const node = object.spec.nodeName ?? '';
    if (type === 'delete' || node === '' || (old !== undefined && old.spec.nodeName === node)) return;
    const ready = findCondition(nodes.get(node)?.status?.conditions, 'Ready');
    if (ready !== undefined && ready.status !== 'True') podQueue.add(`${object.metadata.namespace ?? ''}/${object.metadata.name}`);
  });

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
      for (const zone of zones.values()) dequeue(zone, name);
      recorder.event(nodeRef(name, undefined), 'Normal', 'RemovingNode', `Node ${name} event: Removing Node ${name} from Controller`);
    }
    for (const node of all) {
      const { name } = node.metadata;
      if (!known.has(name)) {
        known.add(name);
        recorder.event(nodeRef(name, node), 'Normal', 'RegisteredNode', `Node ${name} event: Registered Node ${name} in Controller`);
        zoneFor(node);
      }
      yield* monitorOne(node);
    }
    yield* judgeZones(all);
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
    yield* considerEviction(current, now.status);
    if (now.status !== 'True' && (seenReady.get(name) ?? ready?.status) === 'True') {
      recorder.event(nodeRef(name, node), 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
      yield* markPodsNotReady(name);
    }
    seenReady.set(name, now.status);
  }

  function* markPodsNotReady(node: string): Task<void> {
    for (const pod of pods.byIndex('node', node)) yield* markPodNotReady(pod);
  }

  function* markPodNotReady(pod: Pod): Task<void> {
    const ready = findCondition(pod.status?.conditions, 'Ready');
    if (ready?.status !== 'True') return;
    const conditions = (pod.status?.conditions ?? []).map((condition): Condition => (condition.type === 'Ready' ? { ...condition, status: 'False', lastTransitionTime: context.now() } : condition));
    try {
      yield* client.updateStatus<Pod>(refs.pods, pod.metadata.namespace ?? '', { ...pod, apiVersion: 'v1', kind: 'Pod', status: { ...pod.status, conditions } });
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return;
      if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
      podQueue.addRateLimited(`${pod.metadata.namespace ?? ''}/${pod.metadata.name}`);
      return;
    }
    recorder.event({ ...pod, apiVersion: 'v1', kind: 'Pod' }, 'Warning', 'NodeNotReady', 'Node is not ready');
  }

  /** NoExecute taints go through the zone's rate limit; they are taken back at once. */
  function* considerEviction(node: Node, ready: string): Task<void> {
    const { name } = node.metadata;
    const zone = zoneFor(node);
    if (ready === 'True') {
      dequeue(zone, name);
      const stale = (node.spec?.taints ?? []).filter(({ key, effect }) => effect === 'NoExecute' && (key === notReady || key === unreachable));
      if (stale.length > 0) {
        context.emit({ type: 'controller.node-back', node: name });
        yield* attempt(changeTaints(client, name, withTaints([], stale)));
      }
      return;
    }
    const wanted = ready === 'False' ? notReady : unreachable;
    const other = ready === 'False' ? unreachable : notReady;
    const taints = node.spec?.taints ?? [];
    const has = (key: string): boolean => taints.some((taint) => taint.key === key && taint.effect === 'NoExecute');
    if (has(other)) yield* attempt(swap(name, wanted, other));
    else if (!has(wanted) && !zone.waiting.includes(name)) {
      zone.waiting.push(name);
      bell.put(name);
    }
  }

  function* swap(name: string, wanted: string, other: string): Task<void> {
    yield* changeTaints(client, name, withTaints([{ key: wanted, effect: 'NoExecute', timeAdded: context.now() }], []));
    yield* changeTaints(client, name, withTaints([], [{ key: other, effect: 'NoExecute' }]));
  }

  /** Ten times a second while somebody waits, else not at all. */
  function* tainting(): Task<void> {
    for (;;) {
      yield* bell.take();
      while ([...zones.values()].some(({ waiting }) => waiting.length > 0)) {
        yield* context.host.clock.sleep(taintIntervalMs);
        for (const zone of zones.values()) {
          const nowMs = context.nowMs();
          zone.tokens = Math.min(1, zone.tokens + ((nowMs - zone.filledMs) * zone.rate) / 1000);
          zone.filledMs = nowMs;
          while (zone.waiting.length > 0 && zone.rate > 0 && zone.tokens >= 1 - 1e-9) {
            zone.tokens -= 1;
            yield* taintNoExecute(zone.waiting.shift() ?? '');
          }
        }
      }
    }
  }

  function* taintNoExecute(name: string): Task<void> {
    const node = nodes.get(name);
    const ready = findCondition(node?.status?.conditions, 'Ready')?.status;
    if (node === undefined || ready === undefined || ready === 'True') return;
    const taint: Taint = { key: ready === 'False' ? notReady : unreachable, effect: 'NoExecute', timeAdded: context.now() };
    yield* attempt(changeTaints(client, name, withTaints([taint], [])));
  }

  function* judgeZones(all: readonly Node[]): Task<void> {
    const byZone = new Map<string, string[]>();
    for (const node of all) {
      const status = findCondition(node.status?.conditions, 'Ready')?.status ?? 'Unknown';
      const zone = zoneOf(node);
      const list = byZone.get(zone);
      if (list === undefined) byZone.set(zone, [status]);
      else list.push(status);
    }
    const states = new Map([...byZone].map(([zone, ready]) => [zone, computeZoneState(ready, threshold)]));
    const allFull = states.size > 0 && [...states.values()].every((state) => state === 'FullDisruption');
    const wasAllFull = zones.size > 0 && [...zones.values()].every(({ state }) => state === 'FullDisruption');
    if (allFull && !wasAllFull) {
      // Everybody silent: it is more likely us. Stop evicting and take back what was threatened.
      for (const node of all) {
        const stale = (node.spec?.taints ?? []).filter(({ key, effect }) => effect === 'NoExecute' && (key === notReady || key === unreachable));
        if (stale.length > 0) yield* attempt(changeTaints(client, node.metadata.name, withTaints([], stale)));
      }
    }
    if (wasAllFull && !allFull) {
      // We hear again: give everybody time to report.
      for (const [name, data] of health) health.set(name, { ...data, probeMs: context.nowMs(), readyTransitionMs: context.nowMs() });
    }
    for (const [name, state] of states) {
      const zone = zones.get(name);
      if (zone === undefined) continue;
      if (zone.state !== state) context.emit({ type: 'controller.zone-state', zone: name, state });
      zone.state = state;
      zone.rate = allFull ? 0 : computeEvictionRate(state, byZone.get(name)?.length ?? 0, rates);
    }
  }

  function zoneFor(node: Node): Zone {
    const name = zoneOf(node);
    let zone = zones.get(name);
    if (zone === undefined) zones.set(name, (zone = { state: 'Initial', waiting: [], rate: rates.normal, tokens: 1, filledMs: context.nowMs() }));
    return zone;
  }

  function dequeue(zone: Zone, name: string): void {
    const at = zone.waiting.indexOf(name);
    if (at >= 0) zone.waiting.splice(at, 1);
  }

  function* attempt(task: Task<void>): Task<void> {
    try {
      yield* task;
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
    }
  }

  function* reconcilePod(key: string): Task<void> {
    const pod = pods.get(key);
    const node = nodes.get(pod?.spec.nodeName ?? '');
    const ready = findCondition(node?.status?.conditions, 'Ready');
    if (pod !== undefined && ready !== undefined && ready.status !== 'True') yield* markPodNotReady(pod);
  }

  const needs = [nodes, pods, leases];
  context.start({ name: 'node-lifecycle', queue, workers: 8, needs, reconcile: reconcileTaints });
  context.start({ name: 'node-lifecycle-pods', queue: podQueue, workers: 4, needs, reconcile: reconcilePod });
  context.every('node-lifecycle monitor', periodMs, needs, monitor);
  context.host.tasks.spawn('node-lifecycle tainting', tainting());
}

/** Events about nodes name them by uid, which for old clients is the name when the object is not at hand. */
function nodeRef(name: string, node: Node | undefined): ApiObject {
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, uid: node?.metadata.uid ?? name } };
}
