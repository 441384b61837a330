// The Job controller: runs pods until enough of them have succeeded. Every pod carries a finalizer until it has been counted.
import { findCondition } from '../../../api/meta/conditions.ts';
import { canonicalText } from '../../../api/meta/hash.ts';
import { toSelector } from '../../../api/meta/labels.ts';
import { parseTime } from '../../../api/meta/time.ts';
import { isConflict, isNamespaceTerminating, isNotFound } from '../../../client/api-error.ts';
import { RetryError } from '../../../client/controller.ts';
import type { Task } from '../../../kernel/task.ts';
import { claimObjects } from '../shared/adopt.ts';
import { slowStart, together } from '../shared/batch.ts';
import type { ControllerContext } from '../shared/context.ts';
import { Expectations } from '../shared/expectations.ts';
import { controllerOf, keyOf, ownerFinder, ownerRef, refs, type Pod, type PodTemplate } from '../shared/objects.ts';
import { PodControl } from '../shared/pod-control.ts';
import { isTerminating } from '../shared/pods.ts';
import {
  backoffLeftMs,
  computeWantedActive,
  countPods,
  decideEnding,
  failureCountAnnotation,
  failuresOf,
  firstIndexes,
  formatIndexes,
  indexAnnotation,
  indexBackoffLeftMs,
  isFinished,
  isIndexed,
  isTracked,
  trackingFinalizer,
  type Count,
  type Ending,
  type Job,
  type JobCondition,
  type JobStatus,
} from './decide.ts';

const apiVersion = 'batch/v1';

export function startJobController(context: ControllerContext): void {
  const { host } = context;
  const client = context.client('job-controller');
  const recorder = context.recorder('job-controller', client);
  const control = new PodControl(client, recorder);
  const jobs = context.informer<Job>(refs.jobs);
  const pods = context.informer<Pod>(refs.pods);
  // A second between syncs of one Job gathers several pods' changes, as upstream batches them.
  const queue = context.queue('job', { baseDelayMs: 1000, maxDelayMs: 600_000 });
  const expectations = new Expectations(() => context.nowMs());
  const batchMs = 1000;

  const ownerKey = ownerFinder('Job', jobs);
  jobs.onChange(({ type, object, old }) => {
    const key = keyOf(object);
    if (type === 'delete') {
      expectations.forget(key);
      for (const pod of pods.byIndex('owner', object.metadata.uid ?? '')) if (isTracked(pod)) queue.add(`orphan:${keyOf(pod)}`);
      return;
    }
    if (type === 'update' && old?.metadata.generation === object.metadata.generation) queue.addAfter(key, batchMs);
    else queue.add(key);
    const deadline = object.spec.activeDeadlineSeconds;
    const started = parseTime(object.status?.startTime);
    if (deadline !== undefined && started !== undefined && !isFinished(object)) queue.addAfter(key, Math.max(1, started + deadline * 1000 - context.wallMs()));
  });
  pods.onChange(({ type, object, old }) => {
    const key = ownerKey(object);
    if (key === undefined) {
      if (type !== 'delete' && isTracked(object) && controllerOf(object)?.kind === 'Job') queue.add(`orphan:${keyOf(object)}`);
      return;
    }
    if (type === 'add' && !isTerminating(object)) expectations.created(key);
    if (type === 'delete' || (isTerminating(object) && (old === undefined || !isTerminating(old)))) expectations.deleted(key, keyOf(object));
    const finished = object.status?.phase !== old?.status?.phase;
    if (type === 'add' || type === 'delete' || finished) queue.addAfter(key, type === 'update' ? batchMs : 1);
    else queue.addAfter(key, batchMs);
  });

  function* reconcile(key: string): Task<void> {
    if (key.startsWith('orphan:')) return yield* releaseOrphan(key.slice('orphan:'.length));
    const job = jobs.get(key);
    if (job === undefined) {
      expectations.forget(key);
      return;
    }
    if (isFinished(job)) return;
    const reference = ownerRef(job, apiVersion, 'Job');
    const mine = yield* claimObjects<Pod>({ client, ref: refs.pods, informer: pods, owner: job, ownerRef: refs.jobs, reference, selector: toSelector(job.spec.selector) });
    const needsSync = expectations.satisfied(key);
    const count = countPods(job, mine);
    let startTime = job.status?.startTime;
    if (startTime === undefined && job.spec.suspend !== true) startTime = context.now();
    const ending = decideEnding(startTime === undefined ? job : { ...job, status: { ...job.status, startTime } }, count, context.wallMs());
    let conditions: readonly JobCondition[] = job.status?.conditions ?? [];
    let active = count.active.length;
    let { terminating, ready } = count;
    let failed: Error | undefined;
    if (ending !== undefined) {
      const errors = yield* removeAll(key, job, count.active);
      terminating += active - errors.length;
      active = errors.length;
      ready = 0;
      if (!conditions.some(({ type }) => type === interim(ending))) conditions = [...conditions, condition(interim(ending), 'True', ending.reason, ending.message)];
    } else {
      if (needsSync && job.metadata.deletionTimestamp === undefined) {
        const managed = yield* manage(key, job, mine, count);
        active += managed.created - managed.deleted;
        terminating += managed.deleted;
        failed = managed.error;
      }
      const suspended = findCondition(conditions, 'Suspended');
      if (job.spec.suspend === true && suspended?.status !== 'True') {
        conditions = replace(conditions, condition('Suspended', 'True', 'JobSuspended', 'Job suspended'));
        recorder.event(named(job), 'Normal', 'Suspended', 'Job suspended');
        startTime = undefined;
      } else if (job.spec.suspend !== true && suspended?.status === 'True') {
        conditions = replace(conditions, condition('Suspended', 'False', 'JobResumed', 'Job resumed'));
        recorder.event(named(job), 'Normal', 'Resumed', 'Job resumed');
        startTime = context.now();
      }
    }
    yield* track(job, count, { conditions, startTime, active, ready, terminating }, ending);
    if (failed !== undefined && !isNamespaceTerminating(failed)) throw failed;
  }

  /** Counts finished pods, lets them go, and writes the status; the last condition only when no pod is left running. */
  function* track(job: Job, count: Count, now: { readonly conditions: readonly JobCondition[]; readonly startTime: string | undefined; readonly active: number; readonly ready: number; readonly terminating: number }, ending: Ending | undefined): Task<void> {
    let { conditions } = now;
    const indexed = isIndexed(job);
    // Pods that are killed because the Job is over count as failed; those not finished yet are waited for.
    const over = ending !== undefined && now.active === 0 && now.terminating === 0;
    let completionTime = job.status?.completionTime;
    const leaving: Pod[] = [...count.newSucceeded, ...count.newFailed, ...count.newIgnored];
    if (over) {
      conditions = [...conditions, condition(ending.type, 'True', ending.reason, ending.message)];
      if (ending.type === 'Complete') {
        completionTime = context.now();
        recorder.event(named(job), 'Normal', 'Completed', 'Job completed');
      } else recorder.event(named(job), 'Warning', ending.reason, ending.message);
    }
    const completedIndexes = formatIndexes(count.succeededIndexes);
    const status: JobStatus = {
      ...(conditions.length === 0 ? {} : { conditions }),
      ...(now.startTime === undefined ? {} : { startTime: now.startTime }),
      ...(completionTime === undefined ? {} : { completionTime }),
      ...(now.active === 0 ? {} : { active: now.active }),
      terminating: now.terminating,
      ready: now.ready,
      ...(count.succeeded === 0 ? {} : { succeeded: count.succeeded }),
      ...(count.failed === 0 ? {} : { failed: count.failed }),
      ...(indexed && completedIndexes !== '' ? { completedIndexes } : {}),
      ...(job.spec.backoffLimitPerIndex === undefined ? {} : { failedIndexes: formatIndexes(count.failedIndexes) }),
      uncountedTerminatedPods: {},
    };
    if (leaving.length > 0) {
      // First note whom we count, then take the finalizers, then count: a crash in between counts nobody twice.
      const uids = (list: readonly Pod[]): readonly string[] => list.map(({ metadata }) => metadata.uid ?? '');
      const before = job.status ?? {};
      const noted: JobStatus = {
        ...status,
        ...(conditions === now.conditions ? {} : { conditions: now.conditions }),
        ...(before.succeeded === undefined ? {} : { succeeded: before.succeeded }),
        ...(before.failed === undefined ? {} : { failed: before.failed }),
        uncountedTerminatedPods: { ...(count.newSucceeded.length === 0 ? {} : { succeeded: uids(count.newSucceeded) }), ...(count.newFailed.length === 0 ? {} : { failed: uids(count.newFailed) }) },
      };
      const { completionTime: _later, ...interimStatus } = noted;
      const updated = yield* write(job, interimStatus);
      const errors = yield* together(host, 'count pod', leaving.map(removeFinalizer));
      if (errors[0] !== undefined) throw errors[0];
      yield* write(updated, status);
      return;
    }
    if (canonicalText(status) !== canonicalText(job.status ?? {})) yield* write(job, status);
  }

  function* write(job: Job, status: JobStatus): Task<Job> {
    try {
      return yield* client.updateStatus<Job>(refs.jobs, job.metadata.namespace ?? '', { ...named(job), status });
    } catch (error) {
      if (isConflict(error)) throw new RetryError('job changed');
      if (isNotFound(error)) return job;
      throw error;
    }
  }

  function* manage(key: string, job: Job, mine: readonly Pod[], count: Count): Task<{ readonly created: number; readonly deleted: number; readonly error: Error | undefined }> {
    const wanted = Math.max(0, computeWantedActive(job, count));
    const surplus = count.active.length - wanted;
    if (surplus > 0) {
      // Those that have not started go first, of the others the youngest.
      const rank = (pod: Pod): number => (pod.status?.phase === 'Running' ? 1 : 0);
      const sorted = [...count.active].sort((left, right) => rank(left) - rank(right) || ((left.metadata.creationTimestamp ?? '') > (right.metadata.creationTimestamp ?? '') ? -1 : 1));
      const errors = yield* removeAll(key, job, sorted.slice(0, surplus));
      return { created: 0, deleted: surplus - errors.length, error: errors[0] };
    }
    const replaceWhenFailed = job.spec.podReplacementPolicy === 'Failed' || job.spec.podFailurePolicy !== undefined;
    let missing = wanted - count.active.length - (replaceWhenFailed ? count.terminating : 0);
    if (missing <= 0) return { created: 0, deleted: 0, error: undefined };
    const isPerIndex = job.spec.backoffLimitPerIndex !== undefined;
    const waitMs = isPerIndex ? 0 : backoffLeftMs(mine, context.wallMs());
    if (waitMs > 0) {
      queue.addAfter(key, waitMs);
      return { created: 0, deleted: 0, error: undefined };
    }
    let indexes = isIndexed(job) ? firstIndexes(job, count, mine, isPerIndex ? Infinity : missing) : [];
    if (isPerIndex) indexes = readyIndexes(key, job, mine, indexes).slice(0, missing);
    if (isIndexed(job)) missing = indexes.length;
    if (missing === 0) return { created: 0, deleted: 0, error: undefined };
    missing = Math.min(missing, 500);
    context.decided('job', key, 'create', { says: 'too-few', count: missing, wanted });
    expectations.expectCreations(key, missing);
    const reference = ownerRef(job, apiVersion, 'Job');
    const made = yield* slowStart(host, 'create pod', missing, (at) => {
      const index = indexes[at];
      const template = podTemplate(job, index);
      return control.create(isPerIndex && index !== undefined ? withFailureCount(template, failuresOf(job, mine, index).count) : template, named(job), reference, index === undefined ? `${job.metadata.name}-` : `${job.metadata.name}-${index}-`);
    });
    if (made.done < missing) expectations.created(key, missing - made.done);
    return { created: made.done, deleted: 0, error: made.error };
  }

  /** Those that need not wait; the first of the others wakes the Job again. */
  function readyIndexes(key: string, job: Job, mine: readonly Pod[], indexes: readonly number[]): readonly number[] {
    let soonestMs = Infinity;
    const ready = indexes.filter((index) => {
      const leftMs = indexBackoffLeftMs(failuresOf(job, mine, index), context.wallMs());
      if (leftMs > 0) soonestMs = Math.min(soonestMs, leftMs);
      return leftMs === 0;
    });
    if (soonestMs < Infinity) queue.addAfter(key, soonestMs);
    return ready;
  }

  function* removeAll(key: string, job: Job, list: readonly Pod[]): Task<readonly Error[]> {
    if (list.length === 0) return [];
    expectations.expectDeletions(key, list.map(keyOf));
    function* remove(pod: Pod): Task<void> {
      try {
        if (isTracked(pod)) yield* removeFinalizer(pod);
        yield* control.delete(pod, named(job));
      } catch (error) {
        expectations.deleted(key, keyOf(pod));
        if (!isNotFound(error)) throw error;
      }
    }
    return yield* together(host, 'delete pod', list.map(remove));
  }

  function* removeFinalizer(pod: Pod): Task<void> {
    const finalizers = pod.metadata.finalizers ?? [];
    if (!finalizers.includes(trackingFinalizer)) return;
    const patch = { metadata: { uid: pod.metadata.uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } };
    try {
      yield* client.patch(refs.pods, pod.metadata.namespace ?? '', pod.metadata.name, 'application/strategic-merge-patch+json', patch);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  /** The Job is gone or lets go of the pod: nobody will count it. */
  function* releaseOrphan(key: string): Task<void> {
    const pod = pods.get(key);
    if (pod === undefined || !isTracked(pod) || ownerKey(pod) !== undefined) return;
    yield* removeFinalizer(pod);
  }

  function condition(type: string, status: 'True' | 'False', reason: string, message: string): JobCondition {
    const now = context.now();
    return { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message };
  }

  context.start({ name: 'job', queue, workers: context.flags.number('concurrent-job-syncs', 5), needs: [jobs, pods], reconcile });
}

function interim({ type }: Ending): string {
  return type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
}

function replace(conditions: readonly JobCondition[], next: JobCondition): readonly JobCondition[] {
  return [...conditions.filter(({ type }) => type !== next.type), next];
}

function named(job: Job): Job {
  return { ...job, apiVersion, kind: 'Job' };
}

function withFailureCount(template: PodTemplate, count: number): PodTemplate {
  return { ...template, metadata: { ...template.metadata, annotations: { ...template.metadata?.annotations, [failureCountAnnotation]: String(count) } } };
}

function podTemplate(job: Job, index: number | undefined): PodTemplate {
  const { template } = job.spec;
  const finalizers = [...(template.metadata?.finalizers ?? []).filter((finalizer) => finalizer !== trackingFinalizer), trackingFinalizer];
  if (index === undefined) return { ...template, metadata: { ...template.metadata, finalizers } };
  const env = { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath: `metadata.labels['${indexAnnotation}']` } } };
  const withIndex = (containers: PodTemplate['spec']['containers']) => containers.map((container) => ((container.env ?? []).some(({ name }) => name === env.name) ? container : { ...container, env: [...(container.env ?? []), env] }));
  return {
    ...template,
    metadata: { ...template.metadata, finalizers, annotations: { ...template.metadata?.annotations, [indexAnnotation]: String(index) }, labels: { ...template.metadata?.labels, [indexAnnotation]: String(index) } },
    spec: { ...template.spec, hostname: template.spec.hostname ?? `${job.metadata.name}-${index}`, containers: withIndex(template.spec.containers), ...(template.spec.initContainers === undefined ? {} : { initContainers: withIndex(template.spec.initContainers) }) },
  };
}
