// Counts the finished pods of a Job and tells of it in its status, so that a crash in between counts nobody twice.
import { canonicalText } from '../../../api/meta/hash.ts';
import { isConflict, isNotFound } from '../../../client/api-error.ts';
import type { ApiClient } from '../../../client/contract.ts';
import { RetryError } from '../../../client/controller.ts';
import type { EventRecorder } from '../../../client/event-recorder.ts';
import type { Task } from '../../../kernel/task.ts';
import { together } from '../shared/batch.ts';
import type { ControllerContext } from '../shared/context.ts';
import { refs, type Pod } from '../shared/objects.ts';
import { formatIndexes, isIndexed, type Count, type Ending, type Job, type JobCondition, type JobStatus } from './decide.ts';
import { named, type JobPods } from './job-pods.ts';

export class JobTally {
  private readonly context: ControllerContext;
  private readonly client: ApiClient;
  private readonly recorder: EventRecorder;
  private readonly pods: JobPods;

  constructor(context: ControllerContext, client: ApiClient, recorder: EventRecorder, pods: JobPods) {
    this.context = context;
    this.client = client;
    this.recorder = recorder;
    this.pods = pods;
  }

  /** Counts finished pods, lets them go, and writes the status; the last condition only when no pod is left running. */
  *track(job: Job, count: Count, now: { readonly conditions: readonly JobCondition[]; readonly startTime: string | undefined; readonly active: number; readonly ready: number; readonly terminating: number }, ending: Ending | undefined): Task<void> {
    let { conditions } = now;
    const indexed = isIndexed(job);
    // Pods that are killed because the Job is over count as failed; those not finished yet are waited for.
    const over = ending !== undefined && now.active === 0 && now.terminating === 0;
    let completionTime = job.status?.completionTime;
    const leaving: Pod[] = [...count.newSucceeded, ...count.newFailed, ...count.newIgnored];
    if (over) {
      conditions = [...conditions, condition(this.context.now(), ending.type, 'True', ending.reason, ending.message)];
      if (ending.type === 'Complete') {
        completionTime = this.context.now();
        this.recorder.event(named(job), 'Normal', 'Completed', 'Job completed');
      } else this.recorder.event(named(job), 'Warning', ending.reason, ending.message);
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
      const updated = yield* this.write(job, interimStatus);
      const errors = yield* together(this.context.host, 'count pod', leaving.map((pod) => this.pods.removeFinalizer(pod)));
      if (errors[0] !== undefined) throw errors[0];
      yield* this.write(updated, status);
      return;
    }
    if (canonicalText(status) !== canonicalText(job.status ?? {})) yield* this.write(job, status);
  }

  private *write(job: Job, status: JobStatus): Task<Job> {
    try {
      return yield* this.client.updateStatus<Job>(refs.jobs, job.metadata.namespace ?? '', { ...named(job), status });
    } catch (error) {
      if (isConflict(error)) throw new RetryError('job changed');
      if (isNotFound(error)) return job;
      throw error;
    }
  }
}

export function condition(now: string, type: string, status: 'True' | 'False', reason: string, message: string): JobCondition {
  return { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message };
}
