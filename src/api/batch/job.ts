// Job: pods that run to their end, so many times.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill, mapField, mapSame } from '../kind.ts';
import { sameJson } from '../meta/equality.ts';
import { formatLabelSelector, matchesLabelSelector } from '../meta/labels.ts';
import { humanDuration, parseTime } from '../meta/time.ts';
import { goTemplateText } from '../core/go-dump.ts';
import { defaultTemplate } from '../core/pod-defaults.ts';
import { validateTemplate } from '../core/pod-validation.ts';
import { age, containerCells } from '../printing/cells.ts';
import { checkNonNegative, invalid, notSupported, required, type FieldErrors } from '../validation/field-error.ts';
import { immutableField } from '../validation/metadata.ts';
import { validateJobStatus } from './job-status-validation.ts';
import type { Job, JobSpec } from './types.ts';

function defaultJob(job: Job): Job {
  let spec: JobSpec = job.spec ?? ({} as JobSpec);
  if (spec.completions === undefined && spec.parallelism === undefined) spec = { ...spec, completions: 1, parallelism: 1 };
  spec = fill(spec, {
    parallelism: 1,
    backoffLimit: spec.backoffLimitPerIndex === undefined ? 6 : 2_147_483_647,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
    podReplacementPolicy: spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed',
  });
  spec = mapField(spec, 'podFailurePolicy', (policy) =>
    mapField(policy, 'rules', (rules) => mapSame(rules, (rule) => mapField(rule, 'onPodConditions', (patterns) => mapSame(patterns, (pattern) => fill(pattern, { status: 'True' }))))),
  );
  const template = defaultTemplate(spec.template);
  if (template !== spec.template) spec = { ...spec, template };
  let next = spec === job.spec ? job : { ...job, spec };
  const labels = template.metadata?.labels;
  if (labels !== undefined && Object.keys(next.metadata.labels ?? {}).length === 0) next = { ...next, metadata: { ...next.metadata, labels } };
  return next;
}

/**
 * The labels by which a job knows its pods are made from its uid, unless it brings a selector of its own. Whoever reads the job finds them on itself, too: upstream
 * decodes it from etcd with defaults, and a job without labels takes its template's.
 */
function withSelector(job: Job): Job {
  if (job.spec.manualSelector === true) return job;
  const uid = job.metadata.uid ?? '';
  const { metadata } = job.spec.template;
  const labels: Record<string, string> = { ...metadata?.labels };
  for (const prefix of ['', 'batch.kubernetes.io/']) {
    labels[`${prefix}controller-uid`] = uid;
    labels[`${prefix}job-name`] = job.metadata.name;
  }
  const selector = { ...job.spec.selector, matchLabels: { ...job.spec.selector?.matchLabels, 'batch.kubernetes.io/controller-uid': uid } };
  return defaultJob({ ...job, spec: { ...job.spec, selector, template: { ...job.spec.template, metadata: { ...metadata, labels } as NonNullable<JobSpec['template']['metadata']> } } });
}

export function validateJobSpec(errors: FieldErrors, spec: JobSpec, field: string): void {
  for (const name of ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished', 'backoffLimitPerIndex', 'maxFailedIndexes'] as const) checkNonNegative(errors, spec[name], `${field}.${name}`);
  if (spec.completionMode !== undefined && spec.completionMode !== 'NonIndexed' && spec.completionMode !== 'Indexed') errors.push(notSupported(`${field}.completionMode`, spec.completionMode, ['Indexed', 'NonIndexed']));
  if (spec.completionMode === 'Indexed') {
    if (spec.completions === undefined) errors.push(required(`${field}.completions`, 'when completion mode is Indexed'));
    if ((spec.parallelism ?? 0) > 100_000) errors.push(invalid(`${field}.parallelism`, spec.parallelism, 'must be less than or equal to 100000 when completion mode is Indexed'));
  } else {
    if (spec.backoffLimitPerIndex !== undefined) errors.push(invalid(`${field}.backoffLimitPerIndex`, spec.backoffLimitPerIndex, 'requires indexed completion mode'));
    if (spec.successPolicy !== undefined) errors.push(invalid(`${field}.successPolicy`, spec.successPolicy, 'requires indexed completion mode'));
  }
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) errors.push(required(`${field}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  spec.podFailurePolicy?.rules?.forEach((rule, index) => {
    const at = `${field}.podFailurePolicy.rules[${index}]`;
    if (!['Count', 'FailIndex', 'FailJob', 'Ignore'].includes(rule.action)) errors.push(notSupported(`${at}.action`, rule.action, ['Count', 'FailIndex', 'FailJob', 'Ignore']));
    if (rule.onExitCodes === undefined && (rule.onPodConditions ?? []).length === 0) errors.push(invalid(at, rule, 'specifying one of OnExitCodes and OnPodConditions is required'));
    if (rule.onExitCodes !== undefined && (rule.onPodConditions ?? []).length > 0) errors.push(invalid(at, rule, 'specifying both OnExitCodes and OnPodConditions is not supported'));
  });
  validateTemplate(errors, spec.template, `${field}.template`);
  const policy = spec.template.spec?.restartPolicy;
  if (policy === undefined || policy === 'Always') errors.push(required(`${field}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'));
  else if (policy !== 'OnFailure' && policy !== 'Never') errors.push(notSupported(`${field}.template.spec.restartPolicy`, policy, ['OnFailure', 'Never']));
  if (spec.podFailurePolicy !== undefined && policy !== 'Never') errors.push(invalid(`${field}.template.spec.restartPolicy`, policy, 'only "Never" is supported when podFailurePolicy is specified'));
}

function validateJob(job: Job): readonly FieldError[] {
  const errors: FieldErrors = [];
  validateJobSpec(errors, job.spec, 'spec');
  if (job.spec.selector === undefined) errors.push(required('spec.selector'));
  else if (!matchesLabelSelector(job.spec.selector, job.spec.template.metadata?.labels)) {
    errors.push(invalid('spec.template.metadata.labels', job.spec.template.metadata?.labels ?? null, '`selector` does not match template `labels`'));
  }
  return errors;
}

/** A suspended job that has not started may still move: its scheduling fields are free. */
function comparableTemplate(job: Job, old: Job): unknown {
  const free = old.spec.suspend === true && old.status?.startTime === undefined;
  if (!free) return job.spec.template;
  const { nodeSelector: _a, tolerations: _b, affinity: _c, schedulingGates: _d, ...spec } = job.spec.template.spec ?? ({} as NonNullable<typeof job.spec.template.spec>);
  const { labels: _l, annotations: _n, ...metadata } = job.spec.template.metadata ?? ({} as NonNullable<typeof job.spec.template.metadata>);
  return { metadata, spec };
}

const conditionTrue = (job: Job, type: string): boolean => (job.status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');

function jobStatus(job: Job): string {
  if (conditionTrue(job, 'Complete')) return 'Complete';
  if (conditionTrue(job, 'Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  for (const type of ['Suspended', 'FailureTarget', 'SuccessCriteriaMet']) if (conditionTrue(job, type)) return type;
  return 'Running';
}

export const jobKind = declareKind<Job>({
  group: 'batch',
  kind: 'Job',
  resource: 'jobs',
  categories: ['all'],
  subresources: ['status'],
  storagePrefix: 'jobs',
  definition: 'io.k8s.api.batch.v1.Job',
  generation: true,
  defaults: defaultJob,
  prepareForCreate: withSelector,
  validate: validateJob,
  validateStatus: validateJobStatus,
  validateUpdate: (next, old) => {
    const errors: FieldErrors = [];
    validateJobSpec(errors, next.spec, 'spec');
    const elastic = next.spec.completionMode === 'Indexed' && next.spec.completions !== undefined && next.spec.completions === next.spec.parallelism;
    if (!elastic) immutableField(errors, next.spec.completions, old.spec.completions, 'spec.completions');
    immutableField(errors, next.spec.selector, old.spec.selector, 'spec.selector');
    if (!sameJson(comparableTemplate(next, old), comparableTemplate(old, old))) errors.push({ ...invalid('spec.template', null, 'field is immutable'), valueText: goTemplateText(next.spec.template) });
    immutableField(errors, next.spec.completionMode, old.spec.completionMode, 'spec.completionMode');
    immutableField(errors, next.spec.podFailurePolicy, old.spec.podFailurePolicy, 'spec.podFailurePolicy');
    immutableField(errors, next.spec.backoffLimitPerIndex, old.spec.backoffLimitPerIndex, 'spec.backoffLimitPerIndex');
    immutableField(errors, next.spec.managedBy, old.spec.managedBy, 'spec.managedBy');
    if (next.spec.successPolicy !== undefined || old.spec.successPolicy !== undefined) immutableField(errors, next.spec.successPolicy, old.spec.successPolicy, 'spec.successPolicy');
    return errors;
  },
  columns: columns('Name Status Completions Duration Age', 'Containers Images Selector'),
  row: (job, nowMs) => {
    const { spec, status } = job;
    const succeeded = status?.succeeded ?? 0;
    const parallelism = spec.parallelism ?? 0;
    const start = parseTime(status?.startTime);
    return [
      job.metadata.name,
      jobStatus(job),
      spec.completions !== undefined ? `${succeeded}/${spec.completions}` : parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`,
      start === undefined ? '' : humanDuration((parseTime(status?.completionTime) ?? nowMs) - start),
      age(job, nowMs),
      ...containerCells(spec.template?.spec),
      formatLabelSelector(spec.selector),
    ];
  },
  selectableFields: (job) => ({ 'status.successful': String(job.status?.succeeded ?? 0) }),
});

