// The StatefulSet controller: pods with a name, a place in the order, and claims of their own.
import { canonicalText } from '../../../api/meta/hash.ts';
import { matchesSelector, toSelector } from '../../../api/meta/labels.ts';
import { isAlreadyExists, isNotFound } from '../../../client/api-error.ts';
import { RetryError } from '../../../client/controller.ts';
import type { Task } from '../../../kernel/task.ts';
import { claimObjects, formerAndFutureOwners } from '../shared/adopt.ts';
import type { ControllerContext } from '../shared/context.ts';
import { controllerOf, keyOf, ownerFinder, ownerRef, refs, type Pod, type PodTemplate } from '../shared/objects.ts';
import { podFromTemplate } from '../shared/pod-control.ts';
import { availableInMs } from '../shared/pods.ts';
import { byRevision, currentRevision, truncateHistory, type ControllerRevision } from '../shared/revisions.ts';
import { computeStatus, decideSteps, revisionLabel, revisionOf, type StatefulSet } from './decide.ts';

const apiVersion = 'apps/v1';

export function startStatefulSetController(context: ControllerContext): void {
  const client = context.client('statefulset-controller');
  const recorder = context.recorder('statefulset-controller', client);
  const sets = context.informer<StatefulSet>(refs.statefulSets);
  const pods = context.informer<Pod>(refs.pods);
  const claims = context.informer(refs.claims);
  const revisions = context.informer<ControllerRevision>(refs.controllerRevisions);
  const queue = context.queue('statefulset');

  sets.onChange(({ object }) => queue.add(keyOf(object)));
  const ownerKey = ownerFinder('StatefulSet', sets);
  const others = formerAndFutureOwners<StatefulSet, Pod>(sets, ownerKey, (set, pod) => matchesSelector(toSelector(set.spec.selector), pod.metadata.labels));
  pods.onChange(({ type, object, old }) => {
    const key = ownerKey(object);
    if (key !== undefined) queue.add(key);
    if (type !== 'delete') for (const other of others(object, old)) queue.add(other);
  });

  function* reconcile(key: string): Task<void> {
    const set = sets.get(key);
    if (set === undefined || set.metadata.deletionTimestamp !== undefined) return;
    const reference = ownerRef(set, apiVersion, 'StatefulSet');
    const history = revisions.byIndex('owner', set.metadata.uid ?? '').filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const update = yield* currentRevision({
      client,
      owner: set,
      reference,
      template: set.spec.template,
      existing: history,
      collisionCount: set.status?.collisionCount,
      labels: (hash) => ({ ...set.spec.template.metadata?.labels, 'controller.kubernetes.io/hash': hash }),
      annotations: set.metadata.annotations,
    });
    const current = history.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
    const names = { current: current.metadata.name, update: update.metadata.name };
    const mine = yield* claimObjects<Pod>({ client, ref: refs.pods, informer: pods, owner: set, ownerRef: refs.statefulSets, reference, selector: toSelector(set.spec.selector) });
    // The cache may not have the pod that we have just made, or still have the one we deleted.
    for (const step of decideSteps(set, mine, names, context.wallMs())) {
      if (step.kind === 'create') yield* create(set, step.ordinal, step.revision, step.revision === names.update ? update : current);
      else yield* remove(set, step.pod, step.why);
    }
    const live = [...pods.byIndex('owner', set.metadata.uid ?? '')];
    const status = computeStatus(set, live, names, context.wallMs());
    const used = new Set([names.current, names.update, ...live.map(revisionOf)]);
    if (history.length > 0) yield* truncateHistory(client, [...history].sort(byRevision), ({ metadata }) => used.has(metadata.name), set.spec.revisionHistoryLimit ?? 10);
    const minReadySeconds = set.spec.minReadySeconds ?? 0;
    if (minReadySeconds > 0 && (status.readyReplicas ?? 0) !== status.availableReplicas) {
      const soonest = Math.min(...live.map((pod) => availableInMs(pod, minReadySeconds, context.wallMs())).filter((wait) => wait > 0 && Number.isFinite(wait)));
      if (Number.isFinite(soonest)) queue.addAfter(key, soonest);
    }
    if (canonicalText(status) === canonicalText(set.status ?? {})) return;
    yield* client.updateStatus(refs.statefulSets, set.metadata.namespace ?? '', { ...named(set), status });
  }

  function* create(set: StatefulSet, ordinal: number, revision: string, from: ControllerRevision): Task<void> {
    const name = `${set.metadata.name}-${ordinal}`;
    const namespace = set.metadata.namespace ?? '';
    const template = templateOf(set, from);
    const made = podFromTemplate(template, namespace, ownerRef(set, apiVersion, 'StatefulSet'), '');
    const { generateName: _none, ...metadata } = made.metadata;
    const claimed = (set.spec.volumeClaimTemplates ?? []).map(({ metadata: claim }) => ({ name: claim.name, persistentVolumeClaim: { claimName: `${claim.name}-${name}` } }));
    const volumes = [...claimed, ...(made.spec.volumes ?? []).filter((volume) => !claimed.some((claim) => claim.name === volume.name))];
    const pod: Pod = {
      ...made,
      metadata: { ...metadata, name, labels: { ...metadata.labels, [revisionLabel]: revision, 'statefulset.kubernetes.io/pod-name': name, 'apps.kubernetes.io/pod-index': String(ordinal) } },
      spec: { ...made.spec, ...(volumes.length === 0 ? {} : { volumes }), hostname: name, ...(set.spec.serviceName === undefined || set.spec.serviceName === '' ? {} : { subdomain: set.spec.serviceName }) },
    };
    try {
      yield* createClaims(set, name);
      yield* client.create(refs.pods, namespace, pod);
    } catch (error) {
      if (isAlreadyExists(error)) {
        // Ours, and the cache is behind; or somebody else's, and then we wait for it to go.
        if (controllerOf(yield* client.get<Pod>(refs.pods, namespace, name))?.uid === set.metadata.uid) throw new RetryError(`pods "${name}" already exists`);
      }
      recorder.event(named(set), 'Warning', 'FailedCreate', `create Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
    context.decided('statefulset', keyOf(set), 'create', { says: 'create', kind: 'Pod', name });
    recorder.event(named(set), 'Normal', 'SuccessfulCreate', `create Pod ${name} in StatefulSet ${set.metadata.name} successful`);
  }

  function* createClaims(set: StatefulSet, podName: string): Task<void> {
    const namespace = set.metadata.namespace ?? '';
    for (const template of set.spec.volumeClaimTemplates ?? []) {
      const name = `${template.metadata.name}-${podName}`;
      if (claims.get(`${namespace}/${name}`) !== undefined) continue;
      try {
        yield* client.create(refs.claims, namespace, { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { ...template.metadata, name, namespace, labels: { ...template.metadata.labels, ...set.spec.selector.matchLabels } }, spec: template.spec } as never);
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        continue;
      }
      recorder.event(named(set), 'Normal', 'SuccessfulCreate', `create Claim ${name} Pod ${podName} in StatefulSet ${set.metadata.name} success`);
    }
  }

  function* remove(set: StatefulSet, pod: Pod, why: 'ended' | 'surplus' | 'old'): Task<void> {
    const { name, namespace = '' } = pod.metadata;
    context.decided('statefulset', keyOf(set), 'delete', { says: `delete-${why}`, name });
    try {
      yield* client.delete(refs.pods, namespace, name);
    } catch (error) {
      if (isNotFound(error)) return;
      recorder.event(named(set), 'Warning', 'FailedDelete', `delete Pod ${name} in StatefulSet ${set.metadata.name} failed error: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
    recorder.event(named(set), 'Normal', 'SuccessfulDelete', `delete Pod ${name} in StatefulSet ${set.metadata.name} successful`);
  }

  context.start({ name: 'statefulset', queue, workers: context.flags.number('concurrent-statefulset-syncs', 5), needs: [sets, pods, claims, revisions], reconcile });
}

function named(set: StatefulSet): StatefulSet {
  return { ...set, apiVersion, kind: 'StatefulSet' };
}

function templateOf(set: StatefulSet, revision: ControllerRevision): PodTemplate {
  const saved = revision.data?.spec.template as (PodTemplate & { readonly $patch?: string }) | undefined;
  if (saved === undefined) return set.spec.template;
  const { $patch: _patch, ...template } = saved;
  return template;
}
