// Deletes finished Jobs when their ttlSecondsAfterFinished is over.
import { parseTime } from '../../../api/meta/time.ts';
import { isNotFound } from '../../../client/api-error.ts';
import type { Task } from '../../../kernel/task.ts';
import { isFinished, type Job } from '../job/decide.ts';
import type { ControllerContext } from '../shared/context.ts';
import { keyOf, refs, splitKey } from '../shared/objects.ts';

export function startTtlAfterFinishedController(context: ControllerContext): void {
  const client = context.client('ttl-after-finished-controller');
  const jobs = context.informer<Job>(refs.jobs);
  const queue = context.queue('ttl_jobs_to_delete');
  jobs.onChange(({ type, object }) => {
    if (type !== 'delete' && object.spec.ttlSecondsAfterFinished !== undefined && isFinished(object)) queue.add(keyOf(object));
  });

  function* reconcile(key: string): Task<void> {
    const cached = jobs.get(key);
    if (cached === undefined) return;
    const left = leftMs(cached, context.wallMs());
    if (left === undefined) return;
    if (left > 0) return queue.addAfter(key, left);
    const { namespace, name } = splitKey(key);
    try {
      // The cache may be old: ask before deleting for good.
      const fresh = yield* client.get<Job>(refs.jobs, namespace, name);
      const still = leftMs(fresh, context.wallMs());
      if (still === undefined) return;
      if (still > 0) return queue.addAfter(key, still);
      yield* client.delete(refs.jobs, namespace, name, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Foreground', preconditions: { uid: fresh.metadata.uid } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  context.start({ name: 'ttl-after-finished', queue, workers: 5, needs: [jobs], reconcile });
}

function leftMs(job: Job, wallMs: number): number | undefined {
  const ttl = job.spec.ttlSecondsAfterFinished;
  if (ttl === undefined || !isFinished(job) || job.metadata.deletionTimestamp !== undefined) return undefined;
  const end = job.status?.conditions?.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')?.lastTransitionTime;
  return (parseTime(end) ?? wallMs) + ttl * 1000 - wallMs;
}
