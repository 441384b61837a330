// A Job's next step: how many pods it needs now, which indexes, and whether it is over. Pure.
import { findCondition, type Condition } from '../../../api/meta/conditions.ts';
import type { LabelSelector } from '../../../api/meta/labels.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { parseTime } from '../../../api/meta/time.ts';
import type { Pod, PodTemplate } from '../shared/objects.ts';
import { isReady, isTerminal, isTerminating } from '../shared/pods.ts';

export interface Job extends ApiObject {
  readonly spec: {
    readonly parallelism?: number;
    readonly completions?: number;
    readonly completionMode?: string;
    readonly backoffLimit?: number;
    readonly backoffLimitPerIndex?: number;
    readonly maxFailedIndexes?: number;
    readonly activeDeadlineSeconds?: number;
    readonly ttlSecondsAfterFinished?: number;
    readonly suspend?: boolean;
    readonly selector?: LabelSelector;
    readonly template: PodTemplate;
    readonly podFailurePolicy?: {
      readonly rules: readonly {
        readonly action: string;
        readonly onExitCodes?: { readonly containerName?: string; readonly operator: string; readonly values: readonly number[] };
        readonly onPodConditions?: readonly { readonly type: string; readonly status?: string }[];
      }[];
    };
    readonly successPolicy?: { readonly rules: readonly { readonly succeededIndexes?: string; readonly succeededCount?: number }[] };
    readonly podReplacementPolicy?: string;
  };
  readonly status?: JobStatus;
}

export interface JobStatus {
  readonly conditions?: readonly JobCondition[];
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly active?: number;
  readonly terminating?: number;
  readonly ready?: number;
  readonly succeeded?: number;
  readonly failed?: number;
  readonly completedIndexes?: string;
  readonly failedIndexes?: string;
  readonly uncountedTerminatedPods?: { readonly succeeded?: readonly string[]; readonly failed?: readonly string[] };
}

export interface JobCondition extends Condition {
  readonly lastProbeTime?: string;
}

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';
export const indexAnnotation = 'batch.kubernetes.io/job-completion-index';
/** How often the index of this pod had failed before it. */
export const failureCountAnnotation = 'batch.kubernetes.io/job-index-failure-count';

export function isFinished(job: Job): boolean {
  return (job.status?.conditions ?? []).some(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True');
}

export function isIndexed(job: Job): boolean {
  return job.spec.completionMode === 'Indexed';
}

export function indexOf(pod: Pod): number {
  const text = pod.metadata.annotations?.[indexAnnotation];
  return text === undefined || !/^\d+$/.test(text) ? -1 : Number(text);
}

export function isTracked(pod: Pod): boolean {
  return (pod.metadata.finalizers ?? []).includes(trackingFinalizer);
}

/** `1,3-5,7` */
function parseIndexes(text: string | undefined): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    if (part === '') continue;
    const [first, last] = part.split('-').map(Number);
    for (let index = first ?? 0; index <= (last ?? first ?? 0); index++) indexes.add(index);
  }
  return indexes;
}

export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((left, right) => left - right);
  const parts: string[] = [];
  for (let at = 0; at < sorted.length; at++) {
    const first = sorted[at] ?? 0;
    let last = first;
    while (sorted[at + 1] === last + 1) last = sorted[++at] ?? last;
    // Two neighbours are listed, three are a range.
    parts.push(last === first ? String(first) : last === first + 1 ? `${first},${last}` : `${first}-${last}`);
  }
  return parts.join(',');
}

export interface Count {
  /** Running or pending, not being deleted. */
  readonly active: readonly Pod[];
  readonly ready: number;
  readonly terminating: number;
  /** Newly finished pods that still carry the finalizer: to be counted, and then let go. */
  readonly newSucceeded: readonly Pod[];
  readonly newFailed: readonly Pod[];
  /** Failed, but a rule of the pod failure policy says that it does not count: let go only. */
  readonly newIgnored: readonly Pod[];
  readonly succeeded: number;
  readonly failed: number;
  readonly succeededIndexes: ReadonlySet<number>;
  /** Given up: their back-off limit is exceeded, or a FailIndex rule matched. Empty without backoffLimitPerIndex. */
  readonly failedIndexes: ReadonlySet<number>;
}

export function countPods(job: Job, pods: readonly Pod[]): Count {
  const active: Pod[] = [];
  const newSucceeded: Pod[] = [];
  const newFailed: Pod[] = [];
  const newIgnored: Pod[] = [];
  let ready = 0;
  let terminating = 0;
  const completions = job.spec.completions ?? 0;
  const succeededIndexes = new Set([...parseIndexes(job.status?.completedIndexes)].filter((index) => index < completions));
  const uncounted = new Set([...(job.status?.uncountedTerminatedPods?.succeeded ?? []), ...(job.status?.uncountedTerminatedPods?.failed ?? [])]);
  const onlyFailed = job.spec.podReplacementPolicy === 'Failed' || job.spec.podFailurePolicy !== undefined;
  for (const pod of pods) {
    if (isTerminating(pod) && !isTerminal(pod)) terminating++;
    if (!isTerminal(pod) && !isTerminating(pod)) {
      active.push(pod);
      if (isReady(pod)) ready++;
    }
    if (!isTracked(pod) || uncounted.has(pod.metadata.uid ?? '')) continue;
    if (pod.status?.phase === 'Succeeded') newSucceeded.push(pod);
    // A pod that was deleted counts as failed, when it is replaced at once.
    else if (pod.status?.phase === 'Failed' || (isTerminating(pod) && !onlyFailed)) (matchingRule(job, pod)?.action === 'Ignore' ? newIgnored : newFailed).push(pod);
  }
  if (isIndexed(job)) for (const pod of newSucceeded) if (indexOf(pod) >= 0 && indexOf(pod) < completions) succeededIndexes.add(indexOf(pod));
  const already = job.status?.succeeded ?? 0;
  const waiting = job.status?.uncountedTerminatedPods;
  return {
    active,
    ready,
    terminating,
    newSucceeded,
    newFailed,
    newIgnored,
    succeeded: isIndexed(job) ? succeededIndexes.size : already + newSucceeded.length + (waiting?.succeeded?.length ?? 0),
    failed: (job.status?.failed ?? 0) + newFailed.length + (waiting?.failed?.length ?? 0),
    succeededIndexes,
    failedIndexes: findFailedIndexes(job, pods, succeededIndexes),
  };
}

function findFailedIndexes(job: Job, pods: readonly Pod[], succeeded: ReadonlySet<number>): ReadonlySet<number> {
  const limit = job.spec.backoffLimitPerIndex;
  if (limit === undefined) return new Set();
  const failed = parseIndexes(job.status?.failedIndexes);
  for (const pod of pods) {
    const index = indexOf(pod);
    if (pod.status?.phase !== 'Failed' || index < 0 || succeeded.has(index)) continue;
    const action = matchingRule(job, pod)?.action;
    if (action === 'FailIndex' || (action !== 'Ignore' && failuresBefore(pod) >= limit)) failed.add(index);
  }
  return failed;
}

const failuresBefore = (pod: Pod): number => Number(pod.metadata.annotations?.[failureCountAnnotation] ?? 0) || 0;

/** How often an index has failed so far, as its last failed pod tells; a failure that a rule ignores is none. */
export function failuresOf(job: Job, pods: readonly Pod[], index: number): { readonly count: number; readonly lastMs: number } {
  let count = 0;
  let lastMs = -Infinity;
  for (const pod of pods) {
    if (indexOf(pod) !== index || pod.status?.phase !== 'Failed') continue;
    count = Math.max(count, failuresBefore(pod) + (matchingRule(job, pod)?.action === 'Ignore' ? 0 : 1));
    lastMs = Math.max(lastMs, finishedMs(pod) ?? -Infinity);
  }
  return { count, lastMs };
}

/** An index is tried again 10 s, 20 s, ... after its last failure. */
export function indexBackoffLeftMs({ count, lastMs }: { readonly count: number; readonly lastMs: number }, wallMs: number): number {
  return count === 0 ? 0 : Math.max(0, lastMs + Math.min(10_000 * 2 ** Math.min(count - 1, 6), 600_000) - wallMs);
}

export type Ending = { readonly type: 'Complete' | 'Failed'; readonly reason: string; readonly message: string };

/** Whether the Job is over, and why. */
export function decideEnding(job: Job, count: Count, wallMs: number): Ending | undefined {
  const decided = decidedBefore(job) ?? decideByFailurePolicy(job, count);
  if (decided !== undefined) return decided;
  const startedMs = parseTime(job.status?.startTime);
  const deadline = job.spec.activeDeadlineSeconds;
  const limit = job.spec.backoffLimit ?? 6;
  if (job.spec.backoffLimitPerIndex === undefined && (count.failed > limit || restartsBeyond(job, count.active))) return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  if (deadline !== undefined && startedMs !== undefined && job.spec.suspend !== true && wallMs - startedMs >= deadline * 1000) return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  const byIndexes = decideByIndexes(job, count);
  if (byIndexes !== undefined) return byIndexes;
  const { completions } = job.spec;
  const done = completions === undefined ? count.succeeded > 0 && count.active.length === 0 : count.succeeded >= completions;
  return done ? { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' } : undefined;
}

/** What an earlier round decided stays so, whatever becomes of the pods that are still to be ended. */
function decidedBefore(job: Job): Ending | undefined {
  for (const { type, status, reason = '', message = '' } of job.status?.conditions ?? []) {
    if (status !== 'True') continue;
    if (type === 'SuccessCriteriaMet') return { type: 'Complete', reason, message };
    if (type === 'FailureTarget') return { type: 'Failed', reason, message };
  }
  return undefined;
}

function decideByIndexes(job: Job, count: Count): Ending | undefined {
  const { completions = 0, maxFailedIndexes, successPolicy } = job.spec;
  const { failedIndexes, succeededIndexes } = count;
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) return { type: 'Failed', reason: 'MaxFailedIndexesExceeded', message: 'Job has exceeded the specified maximal number of failed indexes' };
  for (const [at, rule] of (successPolicy?.rules ?? []).entries()) {
    const wanted = rule.succeededIndexes === undefined ? undefined : parseIndexes(rule.succeededIndexes);
    const met = wanted === undefined ? succeededIndexes.size : [...wanted].filter((index) => succeededIndexes.has(index)).length;
    if (met >= (rule.succeededCount ?? wanted?.size ?? Infinity)) return { type: 'Complete', reason: 'SuccessPolicy', message: `Matched rules at index ${at}` };
  }
  if (failedIndexes.size > 0 && failedIndexes.size + succeededIndexes.size >= completions) return { type: 'Failed', reason: 'FailedIndexes', message: 'Job has failed indexes' };
  return undefined;
}

/** With restartPolicy OnFailure, restarts of containers count as failures. */
function restartsBeyond(job: Job, active: readonly Pod[]): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of active) for (const { restartCount } of [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])]) restarts += restartCount ?? 0;
  const limit = job.spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function matchingRule(job: Job, pod: Pod): { readonly action: string; readonly detail: string; readonly rule: number } | undefined {
  for (const [index, rule] of (job.spec.podFailurePolicy?.rules ?? []).entries()) {
    const codes = rule.onExitCodes;
    for (const { name, state } of codes === undefined ? [] : (pod.status?.containerStatuses ?? [])) {
      const code = state?.terminated?.exitCode;
      if (codes === undefined || code === undefined || code === 0 || (codes.containerName !== undefined && codes.containerName !== name)) continue;
      if (codes.values.includes(code) === (codes.operator === 'In')) return { action: rule.action, detail: `Container ${name} for pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name} failed with exit code ${code}`, rule: index };
    }
    for (const wanted of rule.onPodConditions ?? []) {
      const found = findCondition(pod.status?.conditions, wanted.type);
      if (found !== undefined && found.status === (wanted.status ?? 'True')) return { action: rule.action, detail: `Pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name} has condition ${wanted.type}`, rule: index };
    }
  }
  return undefined;
}

function decideByFailurePolicy(job: Job, count: Count): Ending | undefined {
  for (const pod of count.newFailed) {
    const match = matchingRule(job, pod);
    if (match?.action === 'FailJob') return { type: 'Failed', reason: 'PodFailurePolicy', message: `${match.detail} matching FailJob rule at index ${match.rule}` };
  }
  return undefined;
}

/** How many pods should be active now. */
export function computeWantedActive(job: Job, count: Count): number {
  if (job.spec.suspend === true) return 0;
  const parallelism = job.spec.parallelism ?? 1;
  const { completions } = job.spec;
  if (completions === undefined) return count.succeeded > 0 ? Math.min(count.active.length, parallelism) : parallelism;
  return Math.min(completions - count.succeeded - count.failedIndexes.size, parallelism);
}

/** The lowest indexes that have neither succeeded nor a pod at work. */
export function firstIndexes(job: Job, count: Count, pods: readonly Pod[], wanted: number): readonly number[] {
  const busy = new Set(pods.filter((pod) => !isTerminal(pod) && (!isTerminating(pod) || job.spec.podReplacementPolicy === 'Failed')).map(indexOf));
  const found: number[] = [];
  for (let index = 0; index < (job.spec.completions ?? 0) && found.length < wanted; index++) {
    if (!count.succeededIndexes.has(index) && !count.failedIndexes.has(index) && !busy.has(index)) found.push(index);
  }
  return found;
}

/** Waits longer after every failure: 10 s, 20 s, ... up to 10 minutes after the last one. */
export function backoffLeftMs(pods: readonly Pod[], wallMs: number): number {
  const finishes: number[] = [];
  let lastSuccess = -Infinity;
  for (const pod of pods) {
    if (pod.status?.phase === 'Succeeded') lastSuccess = Math.max(lastSuccess, finishedMs(pod) ?? -Infinity);
    if (pod.status?.phase === 'Failed') finishes.push(finishedMs(pod) ?? wallMs);
  }
  const failures = finishes.filter((at) => at > lastSuccess);
  if (failures.length === 0) return 0;
  let delayMs = 10_000;
  for (let step = 1; step < failures.length && delayMs < 600_000; step++) delayMs *= 2;
  return Math.max(0, Math.max(...failures) + Math.min(delayMs, 600_000) - wallMs);
}

function finishedMs(pod: Pod): number | undefined {
  let latest: number | undefined;
  for (const { state } of pod.status?.containerStatuses ?? []) {
    const at = parseTime(state?.terminated?.finishedAt);
    if (at !== undefined) latest = Math.max(latest ?? 0, at);
  }
  return latest ?? parseTime(findCondition(pod.status?.conditions, 'Ready')?.lastTransitionTime);
}
