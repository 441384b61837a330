// kubectl describe deployment | replicaset | replicationcontroller | daemonset | statefulset | job | cronjob
import type { Task } from '../../../kernel/task.ts';
import { humanDuration, parseTime } from '../../../api/meta/time.ts';
import { listObjects, podMapping, replicaSetMapping, selectorText } from '../commands/act.ts';
import type { Any, Kubectl } from '../kubectl.ts';
import type { Subject } from './describers.ts';
import { describePodTemplate } from './pod-template.ts';
import { annotationsMultiline, controllerText, DescribeWriter, eventsSection, labelsMultiline, namedLines, orNone, rfc1123 } from './writer.ts';

const selectorOr = (selector: Any): string => (selector === undefined || selector === null ? '' : selectorText(selector));

interface Counts {
  readonly running: number;
  readonly waiting: number;
  readonly succeeded: number;
  readonly failed: number;
}

function* podCounts(k: Kubectl, object: Any, labelSelector: string): Task<Counts> {
  const pods = (yield* listObjects(k, podMapping, object.metadata.namespace, { labelSelector, limit: '500' })).filter((pod) => (pod.metadata.ownerReferences ?? []).some((owner: Any) => owner.controller === true && owner.uid === object.metadata.uid));
  const count = (phase: string): number => pods.filter((pod) => pod.status?.phase === phase).length;
  return { running: count('Running'), waiting: count('Pending'), succeeded: count('Succeeded'), failed: count('Failed') };
}

const podsStatus = (counts: Counts): string => `Pods Status:\t${counts.running} Running / ${counts.waiting} Waiting / ${counts.succeeded} Succeeded / ${counts.failed} Failed`;

export function* describeDeployment({ k, object, events }: Subject): Task<string> {
  const { metadata, spec, status = {} } = object;
  const w = new DescribeWriter();
  w.line(`Name:\t${metadata.name}`);
  w.line(`Namespace:\t${metadata.namespace}`);
  w.line(`CreationTimestamp:\t${rfc1123(metadata.creationTimestamp)}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.line(`Selector:\t${selectorOr(spec.selector)}`);
  w.line(`Replicas:\t${spec.replicas ?? 1} desired | ${status.updatedReplicas ?? 0} updated | ${status.replicas ?? 0} total | ${status.availableReplicas ?? 0} available | ${status.unavailableReplicas ?? 0} unavailable`);
  w.line(`StrategyType:\t${spec.strategy?.type ?? ''}`);
  w.line(`MinReadySeconds:\t${spec.minReadySeconds ?? 0}`);
  const rolling = spec.strategy?.rollingUpdate;
  if (rolling !== undefined) w.line(`RollingUpdateStrategy:\t${rolling.maxUnavailable} max unavailable, ${rolling.maxSurge} max surge`);
  describePodTemplate(w, spec.template);
  conditionTable(w, status.conditions);
  const sets = (yield* listObjects(k, replicaSetMapping, metadata.namespace, { labelSelector: selectorOr(spec.selector), limit: '500' })).filter((set) => (set.metadata.ownerReferences ?? []).some((owner: Any) => owner.controller === true && owner.uid === metadata.uid));
  const current = sets.find((set) => sameTemplate(set.spec.template, spec.template));
  const old = sets.filter((set) => set !== current);
  const text = (list: readonly Any[]): string => list.map((set) => `${set.metadata.name} (${set.status?.replicas ?? 0}/${set.spec.replicas} replicas created)`).join(', ');
  if (sets.length > 0) {
    w.line(`OldReplicaSets:\t${orNone(text(old))}`);
    w.line(`NewReplicaSet:\t${orNone(current === undefined ? '' : text([current]))}`);
  }
  eventsSection(w, events, k.nowMs());
  return w.text();
}

function sameTemplate(a: Any, b: Any): boolean {
  const plain = (template: Any): string => {
    const labels = { ...(template.metadata?.labels ?? {}) };
    delete labels['pod-template-hash'];
    return JSON.stringify(ordered({ ...template, metadata: { ...template.metadata, labels } }));
  };
  return plain(a) === plain(b);
}

function ordered(value: Any): Any {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, ordered(value[key])]));
}

function conditionTable(w: DescribeWriter, conditions: readonly Any[] | undefined): void {
  if (conditions === undefined || conditions.length === 0) return;
  w.line('Conditions:\n  Type\tStatus\tReason');
  w.at(1, '----\t------\t------');
  for (const each of conditions) w.at(1, `${each.type} \t${each.status}\t${each.reason ?? ''}`);
}

export function* describeReplicaSet({ k, object, events }: Subject): Task<string> {
  const { metadata, spec, status = {} } = object;
  const counts = yield* podCounts(k, object, selectorOr(spec.selector));
  const w = new DescribeWriter();
  w.line(`Name:\t${metadata.name}`);
  w.line(`Namespace:\t${metadata.namespace}`);
  w.line(`Selector:\t${selectorOr(spec.selector)}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  const controller = controllerText(metadata);
  if (controller !== undefined) w.line(`Controlled By:\t${controller}`);
  w.line(`Replicas:\t${status.replicas ?? 0} current / ${spec.replicas ?? 1} desired`);
  w.line(podsStatus(counts));
  describePodTemplate(w, spec.template);
  conditionTable(w, status.conditions);
  eventsSection(w, events, k.nowMs());
  return w.text();
}

export function* describeReplicationController({ k, object, events }: Subject): Task<string> {
  const { metadata, spec, status = {} } = object;
  const selector = Object.keys(spec.selector ?? {}).sort().map((key) => `${key}=${spec.selector[key]}`).join(',');
  const counts = yield* podCounts(k, object, selector);
  const w = new DescribeWriter();
  w.line(`Name:\t${metadata.name}`);
  w.line(`Namespace:\t${metadata.namespace}`);
  w.line(`Selector:\t${selector}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.line(`Replicas:\t${status.replicas ?? 0} current / ${spec.replicas ?? 1} desired`);
  w.line(podsStatus(counts));
  describePodTemplate(w, spec.template);
  conditionTable(w, status.conditions);
  eventsSection(w, events, k.nowMs());
  return w.text();
}

export function* describeDaemonSet({ k, object, events }: Subject): Task<string> {
  const { metadata, spec, status = {} } = object;
  const counts = yield* podCounts(k, object, selectorOr(spec.selector));
  const w = new DescribeWriter();
  w.line(`Name:\t${metadata.name}`);
  w.line(`Namespace:\t${metadata.namespace}`);
  w.line(`Selector:\t${selectorOr(spec.selector)}`);
  const nodeSelector = spec.template.spec.nodeSelector ?? {};
  w.line(`Node-Selector:\t${orNone(Object.keys(nodeSelector).sort().map((key) => `${key}=${nodeSelector[key]}`).join(','))}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.line(`Desired Number of Nodes Scheduled: ${status.desiredNumberScheduled ?? 0}`);
  w.line(`Current Number of Nodes Scheduled: ${status.currentNumberScheduled ?? 0}`);
  w.line(`Number of Nodes Scheduled with Up-to-date Pods: ${status.updatedNumberScheduled ?? 0}`);
  w.line(`Number of Nodes Scheduled with Available Pods: ${status.numberAvailable ?? 0}`);
  w.line(`Number of Nodes Misscheduled: ${status.numberMisscheduled ?? 0}`);
  w.line(podsStatus(counts));
  describePodTemplate(w, spec.template);
  eventsSection(w, events, k.nowMs());
  return w.text();
}

export function* describeStatefulSet({ k, object, events }: Subject): Task<string> {
  const { metadata, spec, status = {} } = object;
  const counts = yield* podCounts(k, object, selectorOr(spec.selector));
  const w = new DescribeWriter();
  w.line(`Name:\t${metadata.name}`);
  w.line(`Namespace:\t${metadata.namespace}`);
  w.line(`CreationTimestamp:\t${rfc1123(metadata.creationTimestamp)}`);
  w.line(`Selector:\t${selectorOr(spec.selector)}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  w.line(`Replicas:\t${spec.replicas ?? 1} desired | ${status.replicas ?? 0} total`);
  w.line(`Update Strategy:\t${spec.updateStrategy?.type ?? ''}`);
  const rolling = spec.updateStrategy?.rollingUpdate;
  if (rolling !== undefined) {
    if (rolling.partition !== undefined) w.at(1, `Partition:\t${rolling.partition}`);
    if (rolling.maxUnavailable !== undefined) w.at(1, `MaxUnavailable:\t${rolling.maxUnavailable}`);
  }
  w.line(podsStatus(counts));
  describePodTemplate(w, spec.template);
  claims(w, spec.volumeClaimTemplates);
  eventsSection(w, events, k.nowMs());
  return w.text();
}

function claims(w: DescribeWriter, templates: readonly Any[] | undefined): void {
  if (templates === undefined || templates.length === 0) return w.line('Volume Claims:\t<none>');
  w.line('Volume Claims:');
  for (const each of templates) {
    w.at(1, `Name:\t${each.metadata.name}`);
    w.at(1, `StorageClass:\t${each.spec.storageClassName ?? ''}`);
    labelsMultiline(w, '  Labels', each.metadata.labels);
    annotationsMultiline(w, '  Annotations', each.metadata.annotations);
    const storage = each.spec.resources?.requests?.storage;
    w.at(1, `Capacity:\t${storage === undefined ? '<default>' : storage}`);
    w.at(1, `Access Modes:\t[${(each.spec.accessModes ?? []).join(' ')}]`);
  }
}

export function* describeJob({ k, object, events }: Subject): Task<string> {
  const { metadata, spec, status = {} } = object;
  const w = new DescribeWriter();
  w.line(`Name:\t${metadata.name}`);
  w.line(`Namespace:\t${metadata.namespace}`);
  if (spec.selector !== undefined) w.line(`Selector:\t${selectorOr(spec.selector)}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  const controller = controllerText(metadata);
  if (controller !== undefined) w.line(`Controlled By:\t${controller}`);
  w.line(`Parallelism:\t${spec.parallelism ?? '<unset>'}`);
  w.line(`Completions:\t${spec.completions ?? '<unset>'}`);
  if (spec.completionMode !== undefined) w.line(`Completion Mode:\t${spec.completionMode}`);
  if (spec.suspend !== undefined) w.line(`Suspend:\t${spec.suspend}`);
  if (spec.backoffLimit !== undefined) w.line(`Backoff Limit:\t${spec.backoffLimit}`);
  if (spec.ttlSecondsAfterFinished !== undefined) w.line(`TTL Seconds After Finished:\t${spec.ttlSecondsAfterFinished}`);
  if (status.startTime !== undefined) w.line(`Start Time:\t${rfc1123(status.startTime)}`);
  if (status.completionTime !== undefined) w.line(`Completed At:\t${rfc1123(status.completionTime)}`);
  if (status.startTime !== undefined && status.completionTime !== undefined) w.line(`Duration:\t${humanDuration((parseTime(status.completionTime) ?? 0) - (parseTime(status.startTime) ?? 0))}`);
  if (spec.activeDeadlineSeconds !== undefined) w.line(`Active Deadline Seconds:\t${spec.activeDeadlineSeconds}s`);
  w.line(status.ready === undefined ? `Pods Statuses:\t${status.active ?? 0} Running / ${status.succeeded ?? 0} Succeeded / ${status.failed ?? 0} Failed` : `Pods Statuses:\t${status.active ?? 0} Active (${status.ready} Ready) / ${status.succeeded ?? 0} Succeeded / ${status.failed ?? 0} Failed`);
  if (spec.completionMode === 'Indexed') w.line(`Completed Indexes:\t${orNone(String(status.completedIndexes ?? '').slice(0, 50))}`);
  describePodTemplate(w, spec.template);
  eventsSection(w, events, k.nowMs());
  return w.text();
}

export function* describeCronJob({ k, object, events }: Subject): Task<string> {
  const { metadata, spec, status = {} } = object;
  const w = new DescribeWriter();
  namedLines(w, metadata);
  w.line(`Schedule:\t${spec.schedule}`);
  w.line(`Concurrency Policy:\t${spec.concurrencyPolicy ?? ''}`);
  w.line(`Suspend:\t${spec.suspend === undefined ? '<unset>' : spec.suspend === true ? 'True' : 'False'}`);
  w.line(`Time Zone:\t${spec.timeZone ?? '<unset>'}`);
  w.line(`Successful Job History Limit:\t${spec.successfulJobsHistoryLimit ?? '<unset>'}`);
  w.line(`Failed Job History Limit:\t${spec.failedJobsHistoryLimit ?? '<unset>'}`);
  w.line(`Starting Deadline Seconds:\t${spec.startingDeadlineSeconds === undefined ? '<unset>' : `${spec.startingDeadlineSeconds}s`}`);
  const job = spec.jobTemplate.spec;
  if (job.selector !== undefined) w.line(`Selector:\t${selectorOr(job.selector)}`);
  else w.line('Selector:\t<unset>');
  w.line(`Parallelism:\t${job.parallelism ?? '<unset>'}`);
  w.line(`Completions:\t${job.completions ?? '<unset>'}`);
  if (job.activeDeadlineSeconds !== undefined) w.line(`Active Deadline Seconds:\t${job.activeDeadlineSeconds}s`);
  describePodTemplate(w, job.template);
  w.line(`Last Schedule Time:\t${status.lastScheduleTime === undefined ? '<unset>' : rfc1123(status.lastScheduleTime)}`);
  const active: Any[] = status.active ?? [];
  w.line(`Active Jobs:\t${active.length === 0 ? '<none>' : active.map((each) => each.name).join(', ')}`);
  eventsSection(w, events, k.nowMs());
  return w.text();
}
