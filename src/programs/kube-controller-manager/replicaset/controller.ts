// The ReplicaSet controller; with other settings, the ReplicationController's. Keeps as many pods as declared.
import { mapToSelector, matchesSelector, toSelector, type Selector } from '../../../api/meta/labels.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { isConflict, isNamespaceTerminating, isNotFound } from '../../../client/api-error.ts';
import { RetryError } from '../../../client/controller.ts';
import type { Task } from '../../../kernel/task.ts';
import { claimObjects, formerAndFutureOwners } from '../shared/adopt.ts';
import { slowStart, together } from '../shared/batch.ts';
import type { ControllerContext } from '../shared/context.ts';
import { Expectations } from '../shared/expectations.ts';
import { controllerOf, keyOf, ownerFinder, ownerRef, refs, type Labels, type Pod, type ReplicaSet, type ReplicaSetStatus } from '../shared/objects.ts';
import { PodControl } from '../shared/pod-control.ts';
import { availableInMs, isReady, isTerminating } from '../shared/pods.ts';
import { computeStatus, decideReplicas, sameStatus, type StatusInput } from './decide.ts';

interface Flavour {
  readonly kind: 'ReplicaSet' | 'ReplicationController';
  readonly apiVersion: string;
  readonly ref: typeof refs.replicaSets | typeof refs.replicationControllers;
  readonly controller: string;
  readonly queue: string;
  readonly account: string;
}

const replicaSet: Flavour = { kind: 'ReplicaSet', apiVersion: 'apps/v1', ref: refs.replicaSets, controller: 'replicaset', queue: 'replicaset', account: 'replicaset-controller' };
const replicationController: Flavour = { kind: 'ReplicationController', apiVersion: 'v1', ref: refs.replicationControllers, controller: 'replicationcontroller', queue: 'replicationmanager', account: 'replication-controller' };

export function startReplicaSetController(context: ControllerContext): void {
  start(context, replicaSet);
}

export function startReplicationController(context: ControllerContext): void {
  start(context, replicationController);
}

function start(context: ControllerContext, flavour: Flavour): void {
  const { host } = context;
  const client = context.client(flavour.account);
  const control = new PodControl(client, context.recorder(flavour.account, client));
  const sets = context.informer<ReplicaSet>(flavour.ref);
  const pods = context.informer<Pod>(refs.pods);
  const queue = context.queue(flavour.queue);
  const expectations = new Expectations(() => context.nowMs());

  const ownerKey = ownerFinder(flavour.kind, sets);
  const others = formerAndFutureOwners<ReplicaSet, Pod>(sets, ownerKey, (set, pod) => matches(selectorOf(set), pod));

  sets.onChange(({ type, object }) => {
    if (type === 'delete') expectations.forget(keyOf(object));
    queue.add(keyOf(object));
  });
  pods.onChange(({ type, object, old }) => {
    const key = ownerKey(object);
    if (type === 'delete' || (type === 'add' && isTerminating(object))) {
      if (key === undefined) return;
      expectations.deleted(key, keyOf(object));
      queue.add(key);
      return;
    }
    for (const other of others(object, old)) queue.add(other);
    if (type === 'add') {
      if (key !== undefined) {
        expectations.created(key);
        queue.add(key);
      }
      return;
    }
    if (old !== undefined && isTerminating(object) && !isTerminating(old) && key !== undefined) expectations.deleted(key, keyOf(object));
    if (key !== undefined) {
      queue.add(key);
      const minReadySeconds = sets.get(key)?.spec.minReadySeconds ?? 0;
      // The pod turned ready: look again when it has been so for long enough.
      if (old !== undefined && !isReady(old) && isReady(object) && minReadySeconds > 0) queue.addAfter(key, minReadySeconds * 1000 + 1000);
    }
  });

  function* reconcile(key: string): Task<void> {
    const set = sets.get(key);
    if (set === undefined) {
      expectations.forget(key);
      return;
    }
    const needsSync = expectations.satisfied(key);
    const reference = ownerRef(set, flavour.apiVersion, flavour.kind);
    const mine = yield* claimObjects<Pod>({ client, ref: refs.pods, informer: pods, owner: set, ownerRef: flavour.ref, reference, selector: selectorOf(set) });
    let failure: StatusInput['failure'];
    let failed: Error | undefined;
    if (needsSync && set.metadata.deletionTimestamp === undefined) {
      const outcome = yield* manage(key, set, mine);
      if (outcome !== undefined) {
        failed = outcome.error;
        failure = { reason: outcome.reason, message: outcome.error.message };
      }
    }
    const minReadySeconds = set.spec.minReadySeconds ?? 0;
    const status = computeStatus({
      pods: mine,
      templateLabels: set.spec.template.metadata?.labels as Labels | undefined,
      minReadySeconds,
      generation: set.metadata.generation,
      old: set.status,
      failure,
      wallMs: context.wallMs(),
      now: context.now(),
      countTerminating: flavour.kind === 'ReplicaSet',
    });
    const updated = yield* writeStatus(set, status);
    if (failed !== undefined && !isNamespaceTerminating(failed)) throw failed;
    if (minReadySeconds > 0 && (updated.status?.readyReplicas ?? 0) !== (updated.status?.availableReplicas ?? 0)) {
      let soonest = Infinity;
      for (const pod of mine) {
        const wait = availableInMs(pod, minReadySeconds, context.wallMs());
        if (wait > 0) soonest = Math.min(soonest, wait);
      }
      if (Number.isFinite(soonest)) queue.addAfter(key, soonest);
    }
  }

  function* manage(key: string, set: ReplicaSet, mine: readonly Pod[]): Task<{ readonly reason: 'FailedCreate' | 'FailedDelete'; readonly error: Error } | undefined> {
    const wanted = set.spec.replicas ?? 1;
    const difference = decideReplicas(wanted, mine, relatedPods(set), context.wallMs());
    if (difference.kind === 'none') return undefined;
    const reference = ownerRef(set, flavour.apiVersion, flavour.kind);
    const owner = { ...set, apiVersion: flavour.apiVersion, kind: flavour.kind };
    if (difference.kind === 'create') {
      const { count } = difference;
      context.decided(flavour.controller, key, 'create', { says: 'too-few', count, wanted });
      expectations.expectCreations(key, count);
      const { done, error } = yield* slowStart(host, 'create pod', count, () => control.create(set.spec.template, owner, reference));
      // What was not even asked for must not be waited for.
      if (done < count) expectations.created(key, count - done);
      return error === undefined ? undefined : { reason: 'FailedCreate', error };
    }
    context.decided(flavour.controller, key, 'delete', { says: 'too-many', count: difference.pods.length, wanted });
    expectations.expectDeletions(key, difference.pods.map(keyOf));
    function* remove(pod: Pod): Task<void> {
      try {
        yield* control.delete(pod, owner);
      } catch (error) {
        expectations.deleted(key, keyOf(pod));
        if (!isNotFound(error)) throw error;
      }
    }
    const errors = yield* together(host, 'delete pod', difference.pods.map(remove));
    return errors[0] === undefined ? undefined : { reason: 'FailedDelete', error: errors[0] };
  }

  /** Pods of all sets with the same owner: a Deployment's pods crowd a node together. */
  function relatedPods(set: ReplicaSet): readonly Pod[] {
    const owner = controllerOf(set);
    if (owner === undefined) return pods.byIndex('owner', set.metadata.uid ?? '');
    return sets.byIndex('owner', owner.uid).flatMap((sibling) => pods.byIndex('owner', sibling.metadata.uid ?? ''));
  }

  function* writeStatus(set: ReplicaSet, status: ReplicaSetStatus): Task<ReplicaSet> {
    if (sameStatus(set.status, status)) return set;
    const namespace = set.metadata.namespace ?? '';
    let current = set;
    for (let attempt = 0; ; attempt++) {
      try {
        return yield* client.updateStatus(flavour.ref, namespace, { ...current, apiVersion: flavour.apiVersion, kind: flavour.kind, status });
      } catch (error) {
        if (attempt > 0) throw error;
        if (isNotFound(error)) return current;
        if (!isConflict(error)) throw error;
        current = yield* client.get<ReplicaSet>(flavour.ref, namespace, set.metadata.name);
        if (current.metadata.uid !== set.metadata.uid) throw new RetryError('replaced meanwhile');
      }
    }
  }

  function selectorOf(set: ReplicaSet): Selector {
    return flavour.kind === 'ReplicaSet' ? toSelector(set.spec.selector) : mapToSelector(set.spec.selector as Labels);
  }

  context.start({ name: flavour.controller, queue, workers: context.flags.number('concurrent-replicaset-syncs', 5), needs: [sets, pods], reconcile });
}

function matches(selector: Selector, pod: ApiObject): boolean {
  return selector.length > 0 && matchesSelector(selector, pod.metadata.labels);
}
