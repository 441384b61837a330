// The DaemonSet controller: one pod on every node that fits.
import { canonicalText } from '../../../api/meta/hash.ts';
import { matchesSelector, toSelector } from '../../../api/meta/labels.ts';
import { isNamespaceTerminating, isNotFound } from '../../../client/api-error.ts';
import type { Task } from '../../../kernel/task.ts';
import { claimObjects, formerAndFutureOwners } from '../shared/adopt.ts';
import { slowStart, together } from '../shared/batch.ts';
import type { ControllerContext } from '../shared/context.ts';
import { Expectations } from '../shared/expectations.ts';
import { keyOf, ownerFinder, ownerRef, refs, type Node, type Pod, type PodTemplate } from '../shared/objects.ts';
import { PodControl } from '../shared/pod-control.ts';
import { availableInMs, isTerminating } from '../shared/pods.ts';
import { currentRevision, truncateHistory, type ControllerRevision } from '../shared/revisions.ts';
import { addDaemonTolerations, computeStatus, decidePlacement, decidePods, decideUpdate, groupByNode, nodeOf, pinToNode, type DaemonSet } from './decide.ts';

const apiVersion = 'apps/v1';
const hashLabel = 'controller-revision-hash';
const generationLabel = 'pod-template-generation';
const generationAnnotation = 'deprecated.daemonset.template.generation';
const burst = 250;
const failedBackoffMs = 1000;

export function startDaemonSetController(context: ControllerContext): void {
  const { host } = context;
  const client = context.client('daemon-set-controller');
  const recorder = context.recorder('daemonset-controller', client);
  const control = new PodControl(client, recorder);
  const sets = context.informer<DaemonSet>(refs.daemonSets);
  const pods = context.informer<Pod>(refs.pods);
  const nodes = context.informer<Node>(refs.nodes);
  const revisions = context.informer<ControllerRevision>(refs.controllerRevisions);
  const queue = context.queue('daemonset');
  const expectations = new Expectations(() => context.nowMs());
  /** Of pods that fail at once: set/node -> when the next may be removed, and how long after. */
  const failures = new Map<string, { readonly afterMs: number; readonly nextMs: number }>();

  const ownerKey = ownerFinder('DaemonSet', sets);
  const others = formerAndFutureOwners<DaemonSet, Pod>(sets, ownerKey, (set, pod) => matchesSelector(toSelector(set.spec.selector), pod.metadata.labels));
  sets.onChange(({ type, object }) => {
    if (type === 'delete') expectations.forget(keyOf(object));
    queue.add(keyOf(object));
  });
  pods.onChange(({ type, object, old }) => {
    const key = ownerKey(object);
    if (type !== 'delete') for (const other of others(object, old)) queue.add(other);
    if (key === undefined) return;
    if (type === 'add' && !isTerminating(object)) expectations.created(key);
    if (type === 'delete' || (isTerminating(object) && (old === undefined || !isTerminating(old)))) expectations.deleted(key, keyOf(object));
    queue.add(key);
  });
  nodes.onChange(({ type, object, old }) => {
    if (type === 'update' && old !== undefined && (old.spec === object.spec || canonicalText(old.spec ?? {}) === canonicalText(object.spec ?? {})) && canonicalText(old.metadata.labels ?? {}) === canonicalText(object.metadata.labels ?? {})) return;
    for (const set of sets.list()) {
      const { spec } = set.spec.template;
      const now = decidePlacement(spec, object);
      const before = old === undefined ? undefined : decidePlacement(spec, old);
      if (type === 'delete' || (before === undefined ? now.shouldRun : before.shouldRun !== now.shouldRun || before.shouldContinue !== now.shouldContinue)) queue.add(keyOf(set));
    }
  });

  function* reconcile(key: string): Task<void> {
    const set = sets.get(key);
    if (set === undefined) {
      expectations.forget(key);
      return;
    }
    if (Object.keys(set.spec.selector).length === 0) {
      recorder.event(named(set), 'Warning', 'SelectingAll', 'This daemon set is selecting all pods. A non-empty selector is required.');
      return;
    }
    if (set.metadata.deletionTimestamp !== undefined) return;
    const reference = ownerRef(set, apiVersion, 'DaemonSet');
    const history = revisions.byIndex('owner', set.metadata.uid ?? '').filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const current = yield* currentRevision({
      client,
      owner: set,
      reference,
      template: set.spec.template,
      existing: history,
      collisionCount: set.status?.collisionCount,
      labels: (hash) => ({ ...set.spec.template.metadata?.labels, [hashLabel]: hash }),
      annotations: set.metadata.annotations,
    });
    const hash = current.metadata.labels?.[hashLabel] ?? '';
    const isUpdated = (pod: Pod): boolean => pod.metadata.labels?.[hashLabel] === hash || pod.metadata.labels?.[generationLabel] === String(templateGeneration(set));
    const mine = yield* claimObjects<Pod>({ client, ref: refs.pods, informer: pods, owner: set, ownerRef: refs.daemonSets, reference, selector: toSelector(set.spec.selector) });
    let failed: Error | undefined;
    if (expectations.satisfied(key)) {
      failed = yield* manage(key, set, mine, hash, isUpdated);
      // Before the update only when nothing is in flight.
      if (failed === undefined && expectations.satisfied(key) && (set.spec.updateStrategy?.type ?? 'RollingUpdate') === 'RollingUpdate') {
        const plan = decideUpdate(set, nodes.list(), groupByNode(mine), isUpdated, context.wallMs());
        failed = yield* carryOut(key, set, plan.create, plan.remove, hash);
      }
    }
    if (history.length > 0) {
      const live = (revision: ControllerRevision): boolean => revision.metadata.name === current.metadata.name || mine.some((pod) => pod.metadata.labels?.[hashLabel] === revision.metadata.labels?.[hashLabel]);
      yield* truncateHistory(client, history, live, set.spec.revisionHistoryLimit ?? 10);
    }
    yield* writeStatus(key, set, isUpdated);
    if (failed !== undefined && !isNamespaceTerminating(failed)) throw failed;
  }

  function* manage(key: string, set: DaemonSet, mine: readonly Pod[], hash: string, isUpdated: (pod: Pod) => boolean): Task<Error | undefined> {
    const surge = (set.spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0) !== 0 && set.spec.updateStrategy?.rollingUpdate?.maxSurge !== '0%';
    const plan = decidePods(set.spec.template.spec, nodes.list(), groupByNode(mine), surge, isUpdated);
    const remove = [...plan.remove];
    for (const pod of plan.failed) {
      const node = nodeOf(pod);
      const known = failures.get(`${key}/${node}`);
      const nowMs = context.nowMs();
      if (known !== undefined && nowMs < known.nextMs) {
        queue.addAfter(key, known.nextMs - nowMs);
        continue;
      }
      const afterMs = Math.min(known === undefined ? failedBackoffMs : known.afterMs * 2, 15 * 60_000);
      failures.set(`${key}/${node}`, { afterMs, nextMs: nowMs + afterMs });
      recorder.event(named(set), 'Warning', 'FailedDaemonPod', `Found failed daemon pod ${keyOf(pod)} on node ${node}, will try to kill it`);
      remove.push(pod);
    }
    return yield* carryOut(key, set, plan.create, remove, hash);
  }

  function* carryOut(key: string, set: DaemonSet, create: readonly string[], remove: readonly Pod[], hash: string): Task<Error | undefined> {
    const creating = create.slice(0, burst);
    const removing = remove.slice(0, burst);
    if (creating.length === 0 && removing.length === 0) return undefined;
    context.decided('daemonset', key, 'sync', { says: 'nodes', creating: creating.length, removing: removing.length });
    expectations.expectBoth(key, creating.length, removing.map(keyOf));
    const reference = ownerRef(set, apiVersion, 'DaemonSet');
    const template = podTemplate(set, hash);
    const made = yield* slowStart(host, 'create pod', creating.length, (index) => control.create({ ...template, spec: pinToNode(template.spec, creating[index] ?? '') }, named(set), reference));
    if (made.done < creating.length) expectations.created(key, creating.length - made.done);
    function* drop(pod: Pod): Task<void> {
      try {
        yield* control.delete(pod, named(set));
      } catch (error) {
        expectations.deleted(key, keyOf(pod));
        if (!isNotFound(error)) throw error;
      }
    }
    const errors = yield* together(host, 'delete pod', removing.map(drop));
    return made.error ?? errors[0];
  }

  function podTemplate(set: DaemonSet, hash: string): PodTemplate {
    const { template } = set.spec;
    return {
      ...template,
      metadata: { ...template.metadata, labels: { ...template.metadata?.labels, [generationLabel]: String(templateGeneration(set)), [hashLabel]: hash } },
      spec: addDaemonTolerations(template.spec),
    };
  }

  function* writeStatus(key: string, set: DaemonSet, isUpdated: (pod: Pod) => boolean): Task<void> {
    const mine = pods.byIndex('owner', set.metadata.uid ?? '');
    const status = computeStatus(set, nodes.list(), groupByNode(mine), isUpdated, context.wallMs());
    const minReadySeconds = set.spec.minReadySeconds ?? 0;
    if (minReadySeconds > 0 && status.numberReady !== (status.numberAvailable ?? 0)) {
      const soonest = Math.min(...mine.map((pod) => availableInMs(pod, minReadySeconds, context.wallMs())).filter((wait) => wait > 0 && Number.isFinite(wait)));
      if (Number.isFinite(soonest)) queue.addAfter(key, soonest);
    }
    if (canonicalText(status) === canonicalText(set.status ?? {})) return;
    yield* client.updateStatus(refs.daemonSets, set.metadata.namespace ?? '', { ...named(set), status });
  }

  context.start({ name: 'daemonset', queue, workers: context.flags.number('concurrent-daemonset-syncs', 2), needs: [sets, pods, nodes, revisions], reconcile });
}

function named(set: DaemonSet): DaemonSet {
  return { ...set, apiVersion, kind: 'DaemonSet' };
}

function templateGeneration(set: DaemonSet): number {
  return Number(set.metadata.annotations?.[generationAnnotation] ?? set.metadata.generation ?? 0);
}
