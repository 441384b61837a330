// What a write of a Job's status may not say (apis/batch/validation, ValidateJobUpdateStatus; which checks, registry/batch/job): what changes must be right,
// what was wrong before may stay.
import { isConditionTrue } from '../meta/conditions.ts';
import { sameJson } from '../meta/equality.ts';
import { parseTime } from '../meta/time.ts';
import { checkNonNegative, duplicate, invalid, required, type FieldErrors } from '../validation/field-error.ts';
import type { Job, JobStatus } from './types.ts';

type Condition = 'Complete' | 'Failed' | 'FailureTarget' | 'SuccessCriteriaMet';
const has = (status: JobStatus, type: Condition): boolean => isConditionTrue(status.conditions, type);
const isFinished = (status: JobStatus): boolean => has(status, 'Complete') || has(status, 'Failed');

export function validateJobStatus({ spec, status = {} }: Job, { status: old = {} }: Job): FieldErrors {
  const errors: FieldErrors = [];
  for (const name of ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const) checkNonNegative(errors, status[name], `status.${name}`);
  checkUncounted(errors, status);
  const changed = (name: keyof JobStatus): boolean => !sameJson(status[name], old[name]);
  const turned = (type: Condition): boolean => has(status, type) !== has(old, type);
  checkConditions(errors, status, turned, spec.successPolicy !== undefined);
  checkTimes(errors, status, changed, turned('Complete'));
  checkFinished(errors, status, changed, isFinished(status) !== isFinished(old));
  checkIndexes(errors, { spec, status }, changed);
  checkBackwards(errors, spec, status, old);
  return errors;
}

const bad = (errors: FieldErrors, detail: string): void => void errors.push({ ...invalid('status.conditions', null, detail), valueText: '' });

/** Pods that have ended and are not counted yet are named once. */
function checkUncounted(errors: FieldErrors, { uncountedTerminatedPods: pods }: JobStatus): void {
  const seen = new Set<string>();
  for (const part of ['succeeded', 'failed'] as const) {
    pods?.[part]?.forEach((uid, index) => {
      const at = `status.uncountedTerminatedPods.${part}[${index}]`;
      if (uid === '') errors.push(invalid(at, uid, 'must not be empty'));
      else if (seen.has(uid)) errors.push(duplicate(at, uid));
      else seen.add(uid);
    });
  }
}

function checkConditions(errors: FieldErrors, status: JobStatus, turned: (type: Condition) => boolean, hasPolicy: boolean): void {
  const [complete, failed, target, met] = (['Complete', 'Failed', 'FailureTarget', 'SuccessCriteriaMet'] as const).map((type) => has(status, type));
  if ((turned('Complete') || turned('Failed')) && complete && failed) bad(errors, 'cannot set Complete=True and Failed=true conditions');
  if ((turned('Complete') || turned('FailureTarget')) && complete && target) bad(errors, 'cannot set Complete=True and FailureTarget=true conditions');
  if (met && failed) bad(errors, 'cannot set SuccessCriteriaMet=True and Failed=true conditions');
  if (met && target) bad(errors, 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions');
  if (hasPolicy && !met && complete) bad(errors, 'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True');
}

function checkTimes(errors: FieldErrors, status: JobStatus, changed: (name: keyof JobStatus) => boolean, turnedComplete: boolean): void {
  const { startTime, completionTime } = status;
  const complete = has(status, 'Complete');
  if (turnedComplete || changed('completionTime')) {
    if (completionTime !== undefined && !complete) errors.push(invalid('status.completionTime', completionTime, 'cannot set completionTime when there is no Complete=True condition'));
    if (completionTime === undefined && complete) errors.push(required('status.completionTime', 'completionTime is required for Complete jobs'));
  }
  if (!changed('startTime') && !changed('completionTime')) return;
  if (startTime !== undefined && completionTime !== undefined && (parseTime(completionTime) ?? 0) < (parseTime(startTime) ?? 0)) errors.push(invalid('status.completionTime', completionTime, 'completionTime cannot be set before startTime'));
}

function checkFinished(errors: FieldErrors, status: JobStatus, changed: (name: keyof JobStatus) => boolean, turned: boolean): void {
  if (!isFinished(status)) return;
  const { active = 0, startTime, uncountedTerminatedPods: uncounted } = status;
  if ((turned || changed('active')) && active > 0) errors.push(invalid('status.active', active, 'active>0 is invalid for finished job'));
  if ((turned || changed('startTime')) && startTime === undefined) errors.push(required('status.startTime', 'startTime is required for finished job'));
  if ((turned || changed('uncountedTerminatedPods')) && (uncounted?.succeeded ?? []).length + (uncounted?.failed ?? []).length > 0) {
    const value = JSON.stringify({ Succeeded: uncounted?.succeeded ?? null, Failed: uncounted?.failed ?? null });
    errors.push({ ...invalid('status.uncountedTerminatedPods', null, 'uncountedTerminatedPods needs to be empty for finished job'), valueText: value });
  }
}

function checkIndexes(errors: FieldErrors, { spec, status = {} }: Pick<Job, 'spec' | 'status'>, changed: (name: keyof JobStatus) => boolean): void {
  const { completedIndexes = '', failedIndexes } = status;
  const { completions, backoffLimitPerIndex } = spec;
  if (changed('completedIndexes')) {
    const problem = completions === undefined ? undefined : indexesProblem(completedIndexes, completions);
    if (problem !== undefined) errors.push(invalid('status.completedIndexes', completedIndexes, `error parsing completedIndexes: ${problem}`));
    if (completedIndexes !== '' && spec.completionMode !== 'Indexed') errors.push(invalid('status.completedIndexes', completedIndexes, 'cannot set non-empty completedIndexes when non-indexed completion mode'));
  }
  if (failedIndexes === undefined) return;
  if (changed('failedIndexes')) {
    const problem = completions === undefined || backoffLimitPerIndex === undefined ? undefined : indexesProblem(failedIndexes, completions);
    if (problem !== undefined) errors.push(invalid('status.failedIndexes', failedIndexes, `error parsing failedIndexes: ${problem}`));
    if (backoffLimitPerIndex === undefined) errors.push(invalid('status.failedIndexes', failedIndexes, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'));
  }
  if (completions === undefined || (!changed('failedIndexes') && !changed('completedIndexes'))) return;
  const overlap = overlapOf(completedIndexes, failedIndexes, completions);
  if (overlap !== undefined) errors.push(invalid('status.failedIndexes', failedIndexes, `failedIndexes and completedIndexes overlap at index: ${overlap}`));
}

type Interval = readonly [first: number, last: number];

/** `3` or `1-4`; what is wrong with it otherwise. */
function intervalOf(text: string, completions: number): Interval | string {
  const limits = text.split('-');
  if (limits.length > 2) return `the fragment ${JSON.stringify(text)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  for (const limit of limits) {
    if (!/^[+]?\d+$/.test(limit)) return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
    if (Number(limit) >= completions) return `too large index: ${JSON.stringify(limit)}`;
  }
  const [first = 0, last = first] = limits.map(Number);
  return limits.length === 2 && first >= last ? `non-increasing order, previous: ${first}, current: ${last}` : [first, last];
}

function indexesProblem(text: string, completions: number): string | undefined {
  let before: number | undefined;
  for (const part of text === '' ? [] : text.split(',')) {
    const interval = intervalOf(part, completions);
    if (typeof interval === 'string') return interval;
    if (before !== undefined && before >= interval[0]) return `non-increasing order, previous: ${before}, current: ${interval[0]}`;
    before = interval[1];
  }
  return undefined;
}

/** The first index that is in both; what cannot be read is in neither. */
function overlapOf(completed: string, failed: string, completions: number): number | undefined {
  const read = (text: string): readonly Interval[] => (text === '' ? [] : text.split(',').map((part) => intervalOf(part, completions)).filter((each) => typeof each !== 'string'));
  const failures = read(failed);
  for (const [from, to] of read(completed)) for (const [first, last] of failures) if (from <= last && first <= to) return Math.max(from, first);
  return undefined;
}

/** What has been counted, has begun or has ended stays so. */
function checkBackwards(errors: FieldErrors, spec: Job['spec'], status: JobStatus, old: JobStatus): void {
  for (const type of ['Failed', 'Complete', 'FailureTarget'] as const) if (has(old, type) && !has(status, type)) bad(errors, `cannot disable the terminal ${type}=True condition`);
  if ((status.failed ?? 0) < (old.failed ?? 0)) errors.push(invalid('status.failed', status.failed ?? 0, 'cannot decrease the failed counter'));
  // An Indexed Job whose completions follow its parallelism may shrink.
  const isElastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism;
  if (!isElastic && (status.succeeded ?? 0) < (old.succeeded ?? 0)) errors.push(invalid('status.succeeded', status.succeeded ?? 0, 'cannot decrease the succeeded counter'));
  if (status.completionTime !== undefined && old.completionTime !== undefined && status.completionTime !== old.completionTime) errors.push(invalid('status.completionTime', status.completionTime, 'completionTime cannot be mutated'));
  if (old.startTime !== undefined && old.startTime !== status.startTime && spec.suspend !== true) errors.push(required('status.startTime', 'startTime cannot be removed for unsuspended job'));
  if (has(old, 'SuccessCriteriaMet') && !has(status, 'SuccessCriteriaMet')) bad(errors, 'cannot disable the SuccessCriteriaMet=True condition');
  if (has(old, 'Complete') && !has(old, 'SuccessCriteriaMet') && has(status, 'SuccessCriteriaMet')) bad(errors, 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions');
}
