// The CronJob controller: makes a Job each time its schedule comes due.
import { canonicalText } from '../../../api/meta/hash.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { formatTime, parseTime } from '../../../api/meta/time.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../../../client/api-error.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { controllerOf, keyOf, ownerRef, refs } from '../shared/objects.ts';
import { isFinished, type Job } from '../job/decide.ts';
import { nextTime, parseSchedule } from './schedule.ts';

interface Reference {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
}

interface CronJob extends ApiObject {
  readonly spec: {
    readonly schedule: string;
    readonly suspend?: boolean;
    readonly concurrencyPolicy?: string;
    readonly startingDeadlineSeconds?: number;
    readonly successfulJobsHistoryLimit?: number;
    readonly failedJobsHistoryLimit?: number;
    readonly jobTemplate: { readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> }; readonly spec: Job['spec'] };
  };
  readonly status?: { readonly active?: readonly Reference[]; readonly lastScheduleTime?: string; readonly lastSuccessfulTime?: string };
}

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
/** A little after the minute, so that the clock has surely passed it. */
const slackMs = 100;

export function startCronJobController(context: ControllerContext): void {
  const client = context.client('cronjob-controller');
  const recorder = context.recorder('cronjob-controller', client);
  const cronJobs = context.informer<CronJob>(refs.cronJobs);
  const jobs = context.informer<Job>(refs.jobs);
  const queue = context.queue('cronjob');
  cronJobs.onChange(({ object }) => queue.add(keyOf(object)));
  jobs.onChange(({ object }) => {
    const owner = controllerOf(object);
    if (owner?.kind === 'CronJob') queue.add(`${object.metadata.namespace ?? ''}/${owner.name}`);
  });

  function* reconcile(key: string): Task<void> {
    const cron = cronJobs.get(key);
    if (cron === undefined || cron.metadata.deletionTimestamp !== undefined) return;
    const mine = jobs.byIndex('owner', cron.metadata.uid ?? '');
    const kept = yield* cleanUp(cron, mine);
    let status = noteFinished(cron, kept);
    const schedule = parseSchedule(cron.spec.schedule);
    if (schedule === undefined) {
      recorder.event(named(cron), 'Warning', 'UnparseableSchedule', `unparseable schedule: ${cron.spec.schedule}`);
      return yield* write(cron, status);
    }
    if (cron.spec.suspend === true) return yield* write(cron, status);
    const nowMs = context.wallMs();
    const due = mostRecentDue(cron, schedule, nowMs);
    const next = nextTime(schedule, nowMs);
    if (next !== undefined) queue.addAfter(key, next - nowMs + slackMs);
    if (due === undefined) return yield* write(cron, status);
    const deadline = cron.spec.startingDeadlineSeconds;
    if (deadline !== undefined && due + deadline * 1000 < nowMs) {
      recorder.event(named(cron), 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${formatTime(due)}`);
      return yield* write(cron, status);
    }
    const active = status.active ?? [];
    if (cron.spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
      recorder.event(named(cron), 'Normal', 'JobAlreadyActive', 'Not starting job because prior execution is running and concurrency policy is Forbid');
      return yield* write(cron, status);
    }
    if (cron.spec.concurrencyPolicy === 'Replace') {
      for (const { name = '' } of active) yield* deleteJob(cron, name, 'SuccessfulDelete', `Deleted job ${name}`);
      status = { ...status, active: [] };
    }
    const created = yield* createJob(cron, due);
    if (created !== undefined) status = { ...status, active: [...(status.active ?? []), referenceTo(created)], lastScheduleTime: formatTime(due) };
    yield* write(cron, status);
  }

  function mostRecentDue(cron: CronJob, schedule: NonNullable<ReturnType<typeof parseSchedule>>, nowMs: number): number | undefined {
    let fromMs = parseTime(cron.status?.lastScheduleTime) ?? parseTime(cron.metadata.creationTimestamp) ?? nowMs;
    const deadline = cron.spec.startingDeadlineSeconds;
    if (deadline !== undefined) fromMs = Math.max(fromMs, nowMs - deadline * 1000);
    let found: number | undefined;
    // Times that were missed are not made up for: only the latest counts.
    for (let at = nextTime(schedule, fromMs), steps = 0; at !== undefined && at <= nowMs; at = nextTime(schedule, at), steps++) {
      found = at;
      if (steps === 100) recorder.event(named(cron), 'Warning', 'TooManyMissedTimes', 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew');
      if (steps > 100_000) break;
    }
    return found;
  }

  function* createJob(cron: CronJob, dueMs: number): Task<Job | undefined> {
    const namespace = cron.metadata.namespace ?? '';
    const { jobTemplate } = cron.spec;
    const name = `${cron.metadata.name}-${Math.floor(dueMs / 60_000)}`;
    const job: Job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name,
        namespace,
        ...(jobTemplate.metadata?.labels === undefined ? {} : { labels: jobTemplate.metadata.labels }),
        annotations: { ...jobTemplate.metadata?.annotations, [scheduledAnnotation]: formatTime(dueMs) },
        ownerReferences: [ownerRef(cron, 'batch/v1', 'CronJob')],
      },
      spec: jobTemplate.spec,
    };
    try {
      const created = yield* client.create(refs.jobs, namespace, job);
      recorder.event(named(cron), 'Normal', 'SuccessfulCreate', `Created job ${name}`);
      context.decided('cronjob', keyOf(cron), 'create', { says: 'create', kind: 'Job', name });
      return created;
    } catch (error) {
      if (isNamespaceTerminating(error)) return undefined;
      if (isAlreadyExists(error)) {
        const existing = yield* client.get<Job>(refs.jobs, namespace, name);
        return controllerOf(existing)?.uid === cron.metadata.uid && cron.status?.active?.some(({ uid }) => uid === existing.metadata.uid) !== true ? existing : undefined;
      }
      recorder.event(named(cron), 'Warning', 'FailedCreate', `Error creating job: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  /** The status without Jobs that are finished or gone. */
  function noteFinished(cron: CronJob, mine: readonly Job[]): NonNullable<CronJob['status']> {
    let { lastSuccessfulTime } = cron.status ?? {};
    let active = cron.status?.active ?? [];
    for (const job of mine) {
      const listed = active.some(({ uid }) => uid === job.metadata.uid);
      if (!listed || !isFinished(job)) continue;
      active = active.filter(({ uid }) => uid !== job.metadata.uid);
      const complete = job.status?.conditions?.some(({ type, status }) => type === 'Complete' && status === 'True') === true;
      recorder.event(named(cron), 'Normal', 'SawCompletedJob', `Saw completed job: ${job.metadata.name}, condition: ${complete ? 'Complete' : 'Failed'}`);
      const at = job.status?.completionTime;
      if (complete && at !== undefined && (lastSuccessfulTime === undefined || at > lastSuccessfulTime)) lastSuccessfulTime = at;
    }
    for (const { uid, name = '' } of active) {
      if (mine.some(({ metadata }) => metadata.uid === uid) || jobs.get(`${cron.metadata.namespace ?? ''}/${name}`) !== undefined) continue;
      // One that we made a moment ago may not be in the cache yet.
      if (cron.status?.lastScheduleTime !== undefined && context.wallMs() - (parseTime(cron.status.lastScheduleTime) ?? 0) < 5000) continue;
      recorder.event(named(cron), 'Normal', 'MissingJob', `Active job went missing: ${name}`);
      active = active.filter((reference) => reference.uid !== uid);
    }
    return {
      ...(active.length === 0 ? {} : { active }),
      ...(cron.status?.lastScheduleTime === undefined ? {} : { lastScheduleTime: cron.status.lastScheduleTime }),
      ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
    };
  }

  function* cleanUp(cron: CronJob, mine: readonly Job[]): Task<readonly Job[]> {
    const removed = new Set<string>();
    for (const [type, limit] of [['Complete', cron.spec.successfulJobsHistoryLimit ?? 3], ['Failed', cron.spec.failedJobsHistoryLimit ?? 1]] as const) {
      const finished = mine.filter((job) => job.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true && job.metadata.deletionTimestamp === undefined);
      finished.sort((left, right) => ((left.status?.startTime ?? '') < (right.status?.startTime ?? '') ? -1 : 1));
      for (const { metadata } of finished.slice(0, Math.max(0, finished.length - limit))) {
        removed.add(metadata.uid ?? '');
        yield* deleteJob(cron, metadata.name, 'SuccessfulDelete', `Deleted job ${metadata.name}`);
      }
    }
    return mine;
  }

  function* deleteJob(cron: CronJob, name: string, reason: string, message: string): Task<void> {
    try {
      yield* client.delete(refs.jobs, cron.metadata.namespace ?? '', name, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' });
      recorder.event(named(cron), 'Normal', reason, message);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  function* write(cron: CronJob, status: NonNullable<CronJob['status']>): Task<void> {
    if (canonicalText(status) === canonicalText(cron.status ?? {})) return;
    yield* client.updateStatus(refs.cronJobs, cron.metadata.namespace ?? '', { ...named(cron), status });
  }

  context.start({ name: 'cronjob', queue, workers: context.flags.number('concurrent-cron-job-syncs', 5), needs: [cronJobs, jobs], reconcile });
}

function named(cron: CronJob): CronJob {
  return { ...cron, apiVersion: 'batch/v1', kind: 'CronJob' };
}

function referenceTo({ metadata }: Job): Reference {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    name: metadata.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
    ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
    ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
  };
}
