// Carries out what decide.ts decides: watches the cluster, takes one pod at a time from the queue, and binds it, or says why not.
import type { ApiObject } from '../../api/meta/object.ts';
import { formatTime } from '../../api/meta/time.ts';
import type { ApiClient, Informer, ResourceRef } from '../../client/contract.ts';
import type { Host, Latch } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import { SchedulerCache, sameLabels } from './cache.ts';
import { decideFeasible, rankNodes, type Outcome } from './decide.ts';
import type { Decision, NodeRefusal, SchedulerEvent } from './events.ts';
import type { ClusterEvent, ClusterView } from './framework.ts';
import { fitMessage, postFilterMessage } from './message.ts';
import type { DisruptionBudget, Grouping, Node, Pod, PodCondition } from './objects.ts';
import { decidePreemption, type Preemption } from './preemption.ts';
import type { PodInfo } from './pod-info.ts';
import { Measured, type Measures } from './measured.ts';
import { SchedulingQueue, type QueuedPod } from './queue.ts';

export interface SchedulerInformers {
  readonly pods: Informer<Pod>;
  readonly nodes: Informer<Node>;
  readonly namespaces: Informer;
  readonly services: Informer<Grouping>;
  readonly replicaSets: Informer<Grouping>;
  readonly replicationControllers: Informer<Grouping>;
  readonly statefulSets: Informer<Grouping>;
  readonly budgets: Informer<DisruptionBudget>;
  readonly claims: Informer<Claim>;
  readonly storageClasses: Informer<StorageClass>;
}

export interface Claim extends ApiObject {
  readonly spec?: { readonly volumeName?: string; readonly storageClassName?: string };
}

export interface StorageClass extends ApiObject {
  readonly volumeBindingMode?: string;
}

/** Writes an event about `about`; `related` is the other object of the story. */
export type Recorder = (about: Pod, type: 'Normal' | 'Warning', reason: string, action: string, note: string, related?: Pod) => void;

const pods: ResourceRef = { group: '', version: 'v1', resource: 'pods' };
const decisionsKept = 200;

export class Scheduler {
  private readonly host: Host;
  private readonly client: ApiClient;
  private readonly informers: SchedulerInformers;
  private readonly record: Recorder;
  private readonly name: string;
  private readonly cache = new SchedulerCache();
  private readonly queue = new SchedulingQueue();
  private readonly view: ClusterView;
  /** Pods that preemption promised a node. */
  private readonly nominations = new Map<string, PodInfo[]>();
  private readonly decisions: Decision[] = [];
  private readonly measured = new Measured();
  private wakeup: Latch;
  private nextNode = 0;

  constructor(host: Host, client: ApiClient, informers: SchedulerInformers, record: Recorder, name: string) {
    this.host = host;
    this.client = client;
    this.informers = informers;
    this.record = record;
    this.name = name;
    this.wakeup = host.tasks.latch();
    this.view = {
      cache: this.cache,
      namespaceLabels: (namespace) => informers.namespaces.get(namespace)?.metadata.labels ?? {},
      services: (namespace) => informers.services.list(namespace),
      controllerOf: (pod) => this.controllerOf(pod),
      claim: (namespace, claim) => this.claim(namespace, claim),
    };
    host.trace.expose('decisions', () => this.decisions);
    host.trace.expose('queue', () => this.queue.pods());
    this.listen();
  }

  /** For /metrics. */
  measures(): Measures {
    const gated = this.informers.pods.list().filter(({ spec }) => this.isOurs(spec) && (spec.nodeName ?? '') === '' && (spec.schedulingGates ?? []).length > 0).length;
    return { counted: this.measured, pending: { ...this.queue.lengths, gated }, cached: { nodes: this.cache.size, ...this.cache.podCounts } };
  }

  private isOurs({ schedulerName = 'default-scheduler' }: Pod['spec']): boolean {
    return schedulerName === this.name;
  }

  /** Tries pods for ever. */
  *run(): Task<never> {
    for (;;) {
      const entry = this.queue.pop();
      if (entry !== undefined) {
        this.attempt(entry);
        // Everything else that is due now goes first: a pod deleted in this instant must not be placed.
        yield* this.host.clock.sleep(0);
        continue;
      }
      if (this.wakeup.isSet) this.wakeup = this.host.tasks.latch();
      const next = this.queue.flush(this.host.clock.nowMs());
      if (this.queue.lengths.active > 0) continue;
      const wait = next - this.host.clock.nowMs();
      if (Number.isFinite(wait)) yield* this.host.tasks.timeout(Math.max(wait, 1), this.wakeup.wait());
      else yield* this.wakeup.wait();
    }
  }

  private attempt(entry: QueuedPod): void {
    const { info } = entry;
    this.host.trace.follow(entry.cause);
    const current = this.informers.pods.get(info.key);
    if (current === undefined || current.metadata.uid !== info.uid || info.terminating || this.cache.has(info.uid)) return;
    this.host.usage.cpuMs += 1;
    this.emit({ type: 'scheduler.attempt', pod: info.key, attempts: entry.attempts });
    const outcome = decideFeasible(info, this.view, this.nominations, this.nextNode);
    if (this.cache.size > 0) this.nextNode = (this.nextNode + outcome.looked) % this.cache.size;
    if (outcome.feasible.length === 0) this.giveUp(entry, outcome);
    else this.place(entry, outcome);
  }

  private place(entry: QueuedPod, outcome: Outcome): void {
    const { info } = entry;
    const single = outcome.feasible.length === 1;
    const ranked = single ? undefined : rankNodes(info, this.view, outcome.feasible);
    const best = ranked?.best ?? outcome.feasible;
    const node = best[best.length === 1 ? 0 : this.host.random.below(best.length)];
    if (node === undefined) return;
    this.cache.assume(info, node.name);
    this.withdrawNomination(info.uid);
    const cause = this.decided({ info, node: node.name, outcome, message: '', nominated: '', ...(ranked === undefined ? {} : { ranked }) });
    this.host.trace.follow(cause);
    this.host.tasks.spawn('bind', this.bind(entry, node.name, this.host.clock.nowMs()));
  }

  private *bind(entry: QueuedPod, node: string, beganMs: number): Task<void> {
    const { pod, key, namespace, uid } = entry.info;
    const { name } = pod.metadata;
    try {
      const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target: { kind: 'Node', name: node } };
      yield* this.client.subresource('POST', pods, namespace, name, 'binding', binding);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.cache.forget(uid);
      this.measured.attempt('error', this.host.clock.nowMs() - beganMs);
      this.emit({ type: 'scheduler.bind-failed', pod: key, node, message });
      this.record(pod, 'Warning', 'FailedScheduling', 'Scheduling', `binding rejected: running Bind plugin "DefaultBinder": ${message}`);
      this.happened({ kind: 'pod-removed', pod: entry.info });
      if (this.informers.pods.get(key)?.metadata.uid === uid) this.queue.putBack(entry, new Set(), true, this.host.clock.nowMs());
      this.wakeup.set();
      return;
    }
    this.measured.attempt('scheduled', this.host.clock.nowMs() - beganMs);
    this.measured.placed(entry.attempts, this.host.clock.nowMs() - entry.addedMs);
    this.emit({ type: 'scheduler.bound', pod: key, node });
    this.record(pod, 'Normal', 'Scheduled', 'Binding', `Successfully assigned ${key} to ${node}`);
  }

  private giveUp(entry: QueuedPod, outcome: Outcome): void {
    const { info } = entry;
    const startedAt = (other: PodInfo): string => this.informers.pods.get(other.key)?.status?.startTime ?? '';
    const preemption: Preemption =
      this.cache.size === 0
        ? { node: '', victims: [], message: '', clearNomination: false }
        : decidePreemption(info, this.view, outcome, this.nominations, this.informers.budgets.list(), startedAt);
    this.measured.attempt('unschedulable', 0);
    if (this.cache.size > 0) this.measured.preemption(preemption.victims.length);
    const message = fitMessage(outcome, this.view, preemption.node === '' ? postFilterMessage(preemption.message) : '');
    const refusedBy = new Set<string>();
    for (const { plugin } of outcome.refused.values()) refusedBy.add(plugin);
    if (outcome.beforehand !== undefined) refusedBy.add(outcome.beforehand.plugin);
    const cause = this.decided({ info, node: '', outcome, message, nominated: preemption.node });
    this.host.trace.follow(cause);
    if (preemption.node !== '') this.nominate(info, preemption.node);
    else if (preemption.clearNomination) this.withdrawNomination(info.uid);
    this.queue.putBack(entry, refusedBy, false, this.host.clock.nowMs());
    this.emit({ type: 'scheduler.queued', pod: info.key, queue: 'unschedulable', why: [...refusedBy].join(', ') });
    this.record(info.pod, 'Warning', 'FailedScheduling', 'Scheduling', message);
    this.host.tasks.spawn('report', this.report(info, message, preemption));
  }

  /** Evicts the victims, then tells the pod's status. */
  private *report(info: PodInfo, message: string, preemption: Preemption): Task<void> {
    if (preemption.node !== '') yield* this.evict(info, preemption);
    const status = info.pod.status;
    const before = status?.conditions?.find(({ type }) => type === 'PodScheduled');
    const sameCondition = before?.status === 'False' && before.reason === 'Unschedulable' && before.message === message;
    const nominated = preemption.node !== '' ? preemption.node : preemption.clearNomination ? '' : (status?.nominatedNodeName ?? '');
    if (sameCondition && nominated === (status?.nominatedNodeName ?? '')) return;
    const condition: PodCondition = {
      type: 'PodScheduled',
      ...(info.pod.metadata.generation === undefined ? {} : { observedGeneration: info.pod.metadata.generation }),
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: before?.status === 'False' && before.lastTransitionTime !== undefined ? before.lastTransitionTime : formatTime(this.host.clock.wallMs()),
    };
    const change = {
      ...(sameCondition ? {} : { conditions: [condition] }),
      ...(nominated === (status?.nominatedNodeName ?? '') ? {} : { nominatedNodeName: nominated === '' ? null : nominated }),
    };
    try {
      yield* this.client.patch(pods, info.namespace, info.pod.metadata.name, 'application/strategic-merge-patch+json', { status: change }, { subresource: 'status' });
    } catch {
      // The pod is gone, or the server is: the next attempt says it again.
    }
  }

  private *evict(info: PodInfo, preemption: Preemption): Task<void> {
    this.emit({ type: 'scheduler.preempting', pod: info.key, node: preemption.node, victims: preemption.victims.map(({ key }) => key) });
    for (const victim of preemption.victims) {
      const { pod, namespace, key } = victim;
      const { name } = pod.metadata;
      try {
        const condition = {
          type: 'DisruptionTarget',
          ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
          status: 'True',
          reason: 'PreemptionByScheduler',
          message: `${this.name}: preempting to accommodate a higher priority pod`,
          lastTransitionTime: formatTime(this.host.clock.wallMs()),
        };
        yield* this.client.patch(pods, namespace, name, 'application/strategic-merge-patch+json', { status: { conditions: [condition] } }, { subresource: 'status' });
        yield* this.client.delete(pods, namespace, name);
        this.record(this.informers.pods.get(key) ?? pod, 'Normal', 'Preempted', 'Preempting', `Preempted by pod ${info.uid} on node ${preemption.node}`, info.pod);
      } catch {
        // Gone already, or out of reach: the pod is tried again when something changes.
      }
    }
    for (const lower of [...(this.nominations.get(preemption.node) ?? [])]) if (lower.priority < info.priority) this.withdrawNomination(lower.uid);
  }

  private decided(found: { readonly info: PodInfo; readonly node: string; readonly outcome: Outcome; readonly ranked?: ReturnType<typeof rankNodes>; readonly message: string; readonly nominated: string }): number {
    const filters: Record<string, NodeRefusal> = {};
    for (const [name, refusal] of found.outcome.refused) filters[name] = refusal;
    const { beforehand } = found.outcome;
    if (beforehand !== undefined) for (const { name } of this.cache.nodes()) if (filters[name] === undefined && name !== found.node) filters[name] = beforehand;
    const decision: Decision = {
      atMs: this.host.clock.nowMs(),
      pod: found.info.key,
      uid: found.info.uid,
      node: found.node,
      filters,
      scores: found.ranked?.scores ?? {},
      totals: found.ranked?.totals ?? {},
      message: found.message,
      nominated: found.nominated,
    };
    this.decisions.push(decision);
    if (this.decisions.length > decisionsKept) this.decisions.shift();
    return this.emit({ type: 'scheduler.decided', ...decision });
  }

  // ---------------------------------------------------------------- what happens in the cluster

  private listen(): void {
    const { informers } = this;
    informers.pods.onChange(({ type, object, old }) => this.podChanged(type, object, old));
    informers.nodes.onChange(({ type, object, old }) => this.nodeChanged(type, object, old));
    const volumes = (): void => this.happened({ kind: 'volume-changed' });
    informers.claims.onChange(volumes);
    informers.storageClasses.onChange(volumes);
  }

  private podChanged(type: 'add' | 'update' | 'delete', pod: Pod, old: Pod | undefined): void {
    const uid = pod.metadata.uid ?? '';
    const over = type === 'delete' || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (old !== undefined && old.metadata.uid !== uid) this.podChanged('delete', old, undefined);
    if (over) {
      this.queue.remove(uid);
      this.withdrawNomination(uid);
      if (!this.cache.has(uid)) return;
      this.cache.removePod(uid);
      this.happened({ kind: 'pod-removed', pod: this.cache.describe(pod) });
      return;
    }
    if ((pod.spec.nodeName ?? '') !== '') {
      this.queue.remove(uid);
      this.withdrawNomination(uid);
      const known = this.cache.has(uid);
      const assumed = this.cache.isAssumed(uid);
      this.cache.setPod(pod);
      if (!known || assumed) this.happened({ kind: 'pod-assigned', pod: this.cache.describe(pod) });
      else if (old !== undefined && this.queue.lengths.unschedulable > 0 && old.spec !== pod.spec) this.happened({ kind: 'pod-changed', pod: this.cache.describe(pod), old: this.cache.describe(old) });
      return;
    }
    if (!this.isOurs(pod.spec) || (pod.spec.schedulingGates ?? []).length > 0) return;
    if (pod.metadata.deletionTimestamp !== undefined) return this.queue.remove(uid);
    if (this.cache.isAssumed(uid)) return;
    const now = this.host.clock.nowMs();
    if (this.queue.has(uid)) {
      const retry = old !== undefined && (!sameLabels(old.metadata.labels ?? {}, pod.metadata.labels ?? {}) || (old.spec !== pod.spec && old.metadata.generation !== pod.metadata.generation));
      this.queue.update(this.cache.describe(pod), retry, now, this.host.trace.cause);
      if (retry) this.wakeup.set();
      return;
    }
    const info = this.cache.describe(pod);
    const promised = pod.status?.nominatedNodeName ?? '';
    if (promised !== '') this.nominate(info, promised);
    this.queue.add(info, now, this.emit({ type: 'scheduler.queued', pod: info.key, queue: 'active', why: 'pod added' }));
    this.wakeup.set();
  }

  private nodeChanged(type: 'add' | 'update' | 'delete', node: Node, old: Node | undefined): void {
    const { name } = node.metadata;
    if (type === 'delete') return this.cache.removeNode(name);
    if (old !== undefined && this.cache.node(name) !== undefined) {
      const what = differences(old, node);
      if (what.size === 0 && old.status?.images === node.status?.images) return;
      this.cache.setNode(node);
      const info = this.cache.node(name);
      if (what.size > 0 && info !== undefined) this.happened({ kind: 'node-changed', node: info, what });
      return;
    }
    this.cache.setNode(node);
    const info = this.cache.node(name);
    if (info !== undefined) this.happened({ kind: 'node-added', node: info });
  }

  private happened(event: ClusterEvent): void {
    if (this.queue.lengths.unschedulable === 0) return;
    if (this.queue.wake(event, this.host.clock.nowMs(), this.host.trace.cause) > 0) this.wakeup.set();
  }

  private nominate(info: PodInfo, node: string): void {
    this.withdrawNomination(info.uid);
    const promised = this.nominations.get(node);
    if (promised === undefined) this.nominations.set(node, [info]);
    else promised.push(info);
  }

  private withdrawNomination(uid: string): void {
    for (const [node, promised] of this.nominations) {
      const rest = promised.filter((info) => info.uid !== uid);
      if (rest.length === 0) this.nominations.delete(node);
      else if (rest.length < promised.length) this.nominations.set(node, rest);
    }
  }

  private controllerOf(pod: Pod): Grouping | undefined {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (owner === undefined) return undefined;
    const key = `${pod.metadata.namespace ?? ''}/${owner.name}`;
    switch (owner.kind) {
      case 'ReplicaSet':
        return this.informers.replicaSets.get(key);
      case 'ReplicationController':
        return this.informers.replicationControllers.get(key);
      case 'StatefulSet':
        return this.informers.statefulSets.get(key);
      default:
        return undefined;
    }
  }

  private claim(namespace: string, name: string): { bound: boolean; exists: boolean; waits: boolean } {
    const claim = this.informers.claims.get(`${namespace}/${name}`);
    const storageClass = this.informers.storageClasses.get(claim?.spec?.storageClassName ?? '');
    return { exists: claim !== undefined, bound: (claim?.spec?.volumeName ?? '') !== '', waits: storageClass?.volumeBindingMode === 'WaitForFirstConsumer' };
  }

  private emit(event: SchedulerEvent): number {
    return this.host.trace.emit(event);
  }
}

function differences(old: Node, node: Node): ReadonlySet<'allocatable' | 'labels' | 'taints'> {
  const what = new Set<'allocatable' | 'labels' | 'taints'>();
  const before = old.status?.allocatable ?? {};
  const after = node.status?.allocatable ?? {};
  if (before !== after && (Object.keys(before).length !== Object.keys(after).length || Object.entries(after).some(([name, amount]) => before[name] !== amount))) what.add('allocatable');
  if (!sameLabels(old.metadata.labels ?? {}, node.metadata.labels ?? {})) what.add('labels');
  const taints = (from: Node): string => (from.spec?.taints ?? []).map(({ key, value, effect }) => `${key}=${value ?? ''}:${effect}`).join(',') + String(from.spec?.unschedulable === true);
  if (old.spec !== node.spec && taints(old) !== taints(node)) what.add('taints');
  return what;
}
