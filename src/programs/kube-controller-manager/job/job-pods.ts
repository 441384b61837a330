// The pods of a Job: made when too few are active, taken away when too many, each with a finalizer until it has been counted.
import { isNotFound } from '../../../client/api-error.ts';
import type { ApiClient, WorkQueue } from '../../../client/contract.ts';
import type { Task } from '../../../kernel/task.ts';
import { slowStart, together } from '../shared/batch.ts';
import type { ControllerContext } from '../shared/context.ts';
import type { Expectations } from '../shared/expectations.ts';
import { keyOf, ownerRef, refs, type Pod, type PodTemplate } from '../shared/objects.ts';
import type { PodControl } from '../shared/pod-control.ts';
import { backoffLeftMs, computeWantedActive, failureCountAnnotation, failuresOf, firstIndexes, indexAnnotation, indexBackoffLeftMs, isIndexed, isTracked, trackingFinalizer, type Count, type Job } from './decide.ts';

export const apiVersion = 'batch/v1';

export function named(job: Job): Job {
  return { ...job, apiVersion, kind: 'Job' };
}

export class JobPods {
  private readonly context: ControllerContext;
  private readonly client: ApiClient;
  private readonly control: PodControl;
  private readonly expectations: Expectations;
  private readonly queue: WorkQueue;

  constructor(context: ControllerContext, client: ApiClient, control: PodControl, expectations: Expectations, queue: WorkQueue) {
    this.context = context;
    this.client = client;
    this.control = control;
    this.expectations = expectations;
    this.queue = queue;
  }

  /** Brings the number of active pods to what the Job wants now; what failed is told, not thrown. */
  *manage(key: string, job: Job, mine: readonly Pod[], count: Count): Task<{ readonly created: number; readonly deleted: number; readonly error: Error | undefined }> {
    const wanted = Math.max(0, computeWantedActive(job, count));
    const surplus = count.active.length - wanted;
    if (surplus > 0) {
      // Those that have not started go first, of the others the youngest.
      const rank = (pod: Pod): number => (pod.status?.phase === 'Running' ? 1 : 0);
      const sorted = [...count.active].sort((left, right) => rank(left) - rank(right) || ((left.metadata.creationTimestamp ?? '') > (right.metadata.creationTimestamp ?? '') ? -1 : 1));
      const errors = yield* this.removeAll(key, job, sorted.slice(0, surplus));
      return { created: 0, deleted: surplus - errors.length, error: errors[0] };
    }
    const replaceWhenFailed = job.spec.podReplacementPolicy === 'Failed' || job.spec.podFailurePolicy !== undefined;
    let missing = wanted - count.active.length - (replaceWhenFailed ? count.terminating : 0);
    if (missing <= 0) return { created: 0, deleted: 0, error: undefined };
    const isPerIndex = job.spec.backoffLimitPerIndex !== undefined;
    const waitMs = isPerIndex ? 0 : backoffLeftMs(mine, this.context.wallMs());
    if (waitMs > 0) {
      this.queue.addAfter(key, waitMs);
      return { created: 0, deleted: 0, error: undefined };
    }
    let indexes = isIndexed(job) ? firstIndexes(job, count, mine, isPerIndex ? Infinity : missing) : [];
    if (isPerIndex) indexes = this.readyIndexes(key, job, mine, indexes).slice(0, missing);
    if (isIndexed(job)) missing = indexes.length;
    if (missing === 0) return { created: 0, deleted: 0, error: undefined };
    missing = Math.min(missing, 500);
    this.context.decided('job', key, 'create', { says: 'too-few', count: missing, wanted });
    this.expectations.expectCreations(key, missing);
    const reference = ownerRef(job, apiVersion, 'Job');
    const made = yield* slowStart(this.context.host, 'create pod', missing, (at) => {
      const index = indexes[at];
      const template = podTemplate(job, index);
      return this.control.create(isPerIndex && index !== undefined ? withFailureCount(template, failuresOf(job, mine, index).count) : template, named(job), reference, index === undefined ? `${job.metadata.name}-` : `${job.metadata.name}-${index}-`);
    });
    if (made.done < missing) this.expectations.created(key, missing - made.done);
    return { created: made.done, deleted: 0, error: made.error };
  }

  /** Those that need not wait; the first of the others wakes the Job again. */
  private readyIndexes(key: string, job: Job, mine: readonly Pod[], indexes: readonly number[]): readonly number[] {
    let soonestMs = Infinity;
    const ready = indexes.filter((index) => {
      const leftMs = indexBackoffLeftMs(failuresOf(job, mine, index), this.context.wallMs());
      if (leftMs > 0) soonestMs = Math.min(soonestMs, leftMs);
      return leftMs === 0;
    });
    if (soonestMs < Infinity) this.queue.addAfter(key, soonestMs);
    return ready;
  }

  /** The errors of those that could not be removed. */
  *removeAll(key: string, job: Job, list: readonly Pod[]): Task<readonly Error[]> {
    if (list.length === 0) return [];
    this.expectations.expectDeletions(key, list.map(keyOf));
    return yield* together(this.context.host, 'delete pod', list.map((pod) => this.remove(key, job, pod)));
  }

  /** The pod has been counted, or nobody will count it. */
  *removeFinalizer(pod: Pod): Task<void> {
    const finalizers = pod.metadata.finalizers ?? [];
    if (!finalizers.includes(trackingFinalizer)) return;
    const patch = { metadata: { uid: pod.metadata.uid, '$deleteFromPrimitiveList/finalizers': [trackingFinalizer] } };
    try {
      yield* this.client.patch(refs.pods, pod.metadata.namespace ?? '', pod.metadata.name, 'application/strategic-merge-patch+json', patch);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  private *remove(key: string, job: Job, pod: Pod): Task<void> {
    try {
      if (isTracked(pod)) yield* this.removeFinalizer(pod);
      yield* this.control.delete(pod, named(job));
    } catch (error) {
      this.expectations.deleted(key, keyOf(pod));
      if (!isNotFound(error)) throw error;
    }
  }
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
