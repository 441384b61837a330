// CronJob: makes Jobs by the clock.
import type { FieldError } from '../contract.ts';
import { columns, declareKind, fill } from '../kind.ts';
import { translateTimestampSince } from '../meta/time.ts';
import { defaultTemplate } from '../core/pod-defaults.ts';
import { age, containerCells, none } from '../printing/cells.ts';
import { checkNonNegative, invalid, notSupported, required, tooLong, type FieldErrors } from '../validation/field-error.ts';
import { cronProblem } from './cron-schedule.ts';
import { validateJobSpec } from './job.ts';
import type { CronJob, CronJobSpec } from './types.ts';

function defaultCronJob(job: CronJob): CronJob {
  let spec: CronJobSpec = fill(job.spec ?? ({} as CronJobSpec), { concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 });
  const given = spec.jobTemplate?.spec;
  const template = defaultTemplate(given?.template);
  if (template !== given?.template) spec = { ...spec, jobTemplate: { ...spec.jobTemplate, spec: { ...given, template } } };
  return spec === job.spec ? job : { ...job, spec };
}

function validateCronJob({ metadata, spec }: CronJob): readonly FieldError[] {
  const errors: FieldErrors = [];
  if (!spec.schedule) errors.push(required('spec.schedule'));
  else {
    const problem = cronProblem(spec.schedule);
    if (problem !== undefined) errors.push(invalid('spec.schedule', spec.schedule, problem));
    if (spec.schedule.includes('TZ')) errors.push(invalid('spec.schedule', spec.schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'));
  }
  checkNonNegative(errors, spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds');
  if (spec.timeZone !== undefined && (spec.timeZone === '' || spec.timeZone.toLowerCase() === 'local' || !/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/.test(spec.timeZone))) {
    errors.push(invalid('spec.timeZone', spec.timeZone, spec.timeZone === '' ? 'timeZone must be nil or non-empty string' : spec.timeZone.toLowerCase() === 'local' ? 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones' : `unknown time zone ${spec.timeZone}`));
  }
  if (!spec.concurrencyPolicy) errors.push(required('spec.concurrencyPolicy'));
  else if (!['Allow', 'Forbid', 'Replace'].includes(spec.concurrencyPolicy)) errors.push(notSupported('spec.concurrencyPolicy', spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace']));
  if (spec.jobTemplate?.spec !== undefined) {
    if (spec.jobTemplate.spec.manualSelector === true) errors.push({ type: 'NotSupported', field: 'spec.jobTemplate.spec.manualSelector', value: true, detail: 'supported values: "nil", "false"' });
    validateJobSpec(errors, spec.jobTemplate.spec, 'spec.jobTemplate.spec');
  }
  checkNonNegative(errors, spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit');
  checkNonNegative(errors, spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit');
  if ((metadata.name ?? '').length > 52) errors.push({ ...tooLong('metadata.name', 52), type: 'Invalid', value: metadata.name, detail: 'must be no more than 52 characters' });
  return errors;
}

export const cronJobKind = declareKind<CronJob>({
  group: 'batch',
  kind: 'CronJob',
  resource: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  subresources: ['status'],
  storagePrefix: 'cronjobs',
  definition: 'io.k8s.api.batch.v1.CronJob',
  generation: true,
  defaults: defaultCronJob,
  validate: validateCronJob,
  columns: columns('Name Schedule Timezone Suspend? Active# Last_Schedule Age', 'Containers Images Selector'),
  row: (job, nowMs) => {
    const { spec, status } = job;
    return [
      job.metadata.name,
      spec.schedule,
      spec.timeZone ?? none,
      spec.suspend === true ? 'True' : 'False',
      (status?.active ?? []).length,
      status?.lastScheduleTime === undefined ? none : translateTimestampSince(status.lastScheduleTime, nowMs),
      age(job, nowMs),
      ...containerCells(spec.jobTemplate?.spec?.template?.spec),
      spec.jobTemplate?.spec?.selector === undefined ? none : '',
    ];
  },
});
