// The Job controller: runs pods until enough of them have succeeded. Every pod carries a finalizer until it has been counted.
import { findCondition } from '../../../api/meta/conditions.ts';
import { matchesSelector, toSelector } from '../../../api/meta/labels.ts';
import { parseTime } from '../../../api/meta/time.ts';
import { isNamespaceTerminating } from '../../../client/api-error.ts';
import type { Task } from '../../../kernel/task.ts';
import { claimObjects, formerAndFutureOwners } from '../shared/adopt.ts';
import type { ControllerContext } from '../shared/context.ts';
import { Expectations } from '../shared/expectations.ts';
import { controllerOf, keyOf, ownerFinder, ownerRef, refs, type Pod } from '../shared/objects.ts';
import { PodControl } from '../shared/pod-control.ts';
import { isTerminating } from '../shared/pods.ts';
import { countPods, decideEnding, isFinished, isTracked, trackingFinalizer, type Ending, type Job, type JobCondition } from './decide.ts';
import { apiVersion, JobPods, named } from './job-pods.ts';
import { condition, JobTally } from './job-tally.ts';

export function startJobController(context: ControllerContext): void {
  const client = context.client('job-controller');
  const recorder = context.recorder('job-controller', client);
  const control = new PodControl(client, recorder);
  const jobs = context.informer<Job>(refs.jobs);
  const pods = context.informer<Pod>(refs.pods);
  // A second between syncs of one Job gathers several pods' changes, as upstream batches them.
  const queue = context.queue('job', { baseDelayMs: 1000, maxDelayMs: 600_000 });
  const expectations = new Expectations(() => context.nowMs());
  const batchMs = 1000;
  const jobPods = new JobPods(context, client, control, expectations, queue);
  const tally = new JobTally(context, client, recorder, jobPods);

  const ownerKey = ownerFinder('Job', jobs);
  const wouldAdopt = (job: Job | undefined, pod: Pod): boolean => job !== undefined && matchesSelector(toSelector(job.spec.selector), pod.metadata.labels);
  const others = formerAndFutureOwners<Job, Pod>(jobs, ownerKey, wouldAdopt);
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
    const wanting = type === 'delete' ? [] : others(object, old);
    for (const other of wanting) queue.add(other);
    if (key === undefined) {
      const owner = controllerOf(object);
      if (type !== 'delete' && isTracked(object) && (owner === undefined ? !wanting.some((each) => wouldAdopt(jobs.get(each), object)) : owner.kind === 'Job')) queue.add(`orphan:${keyOf(object)}`);
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
    const mine = yield* claimObjects<Pod>({ client, ref: refs.pods, informer: pods, owner: job, ownerRef: refs.jobs, reference, selector: toSelector(job.spec.selector), finalizer: trackingFinalizer });
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
      const errors = yield* jobPods.removeAll(key, job, count.active);
      terminating += active - errors.length;
      active = errors.length;
      ready = 0;
      if (!conditions.some(({ type }) => type === interim(ending))) conditions = [...conditions, condition(context.now(), interim(ending), 'True', ending.reason, ending.message)];
    } else {
      if (needsSync && job.metadata.deletionTimestamp === undefined) {
        const managed = yield* jobPods.manage(key, job, mine, count);
        active += managed.created - managed.deleted;
        terminating += managed.deleted;
        failed = managed.error;
      }
      const suspended = findCondition(conditions, 'Suspended');
      if (job.spec.suspend === true && suspended?.status !== 'True') {
        conditions = replace(conditions, condition(context.now(), 'Suspended', 'True', 'JobSuspended', 'Job suspended'));
        recorder.event(named(job), 'Normal', 'Suspended', 'Job suspended');
        startTime = undefined;
      } else if (job.spec.suspend !== true && suspended?.status === 'True') {
        conditions = replace(conditions, condition(context.now(), 'Suspended', 'False', 'JobResumed', 'Job resumed'));
        recorder.event(named(job), 'Normal', 'Resumed', 'Job resumed');
        startTime = context.now();
      }
    }
    yield* tally.track(job, count, { conditions, startTime, active, ready, terminating }, ending);
    if (failed !== undefined && !isNamespaceTerminating(failed)) throw failed;
  }

  /** The Job is gone or lets go of the pod: nobody will count it. */
  function* releaseOrphan(key: string): Task<void> {
    const pod = pods.get(key);
    const owner = pod === undefined ? undefined : controllerOf(pod);
    if (pod === undefined || !isTracked(pod) || ownerKey(pod) !== undefined || (owner !== undefined && owner.kind !== 'Job')) return;
    yield* jobPods.removeFinalizer(pod);
  }

  context.start({ name: 'job', queue, workers: context.flags.number('concurrent-job-syncs', 5), needs: [jobs, pods], reconcile });
}

function interim({ type }: Ending): string {
  return type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget';
}

function replace(conditions: readonly JobCondition[], next: JobCondition): readonly JobCondition[] {
  return [...conditions.filter(({ type }) => type !== next.type), next];
}
