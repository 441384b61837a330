// kubectl describe pod
import type { Task } from '../../../kernel/task.ts';
import type { Any } from '../kubectl.ts';
import type { Subject } from './describers.ts';
import { describeContainers, describeResources, describeSpread, describeVolumes } from './pod-template.ts';
import { annotationsMultiline, controllerText, DescribeWriter, eventsSection, labelsMultiline, orNone, rfc1123, since, tolerationsMultiline } from './writer.ts';

export function* describePod({ k, object, events }: Subject): Task<string> {
  const { metadata, spec, status = {} } = object;
  const w = new DescribeWriter();
  w.line(`Name:\t${metadata.name}`);
  w.line(`Namespace:\t${metadata.namespace}`);
  if (spec.priority !== undefined) w.line(`Priority:\t${spec.priority}`);
  if ((spec.priorityClassName ?? '') !== '') w.line(`Priority Class Name:\t${spec.priorityClassName}`);
  if ((spec.runtimeClassName ?? '') !== '') w.line(`Runtime Class Name:\t${spec.runtimeClassName}`);
  if ((spec.serviceAccountName ?? '') !== '') w.line(`Service Account:\t${spec.serviceAccountName}`);
  w.line(`Node:\t${(spec.nodeName ?? '') === '' ? '<none>' : `${spec.nodeName}/${status.hostIP ?? ''}`}`);
  if (status.startTime !== undefined) w.line(`Start Time:\t${rfc1123(status.startTime)}`);
  labelsMultiline(w, 'Labels', metadata.labels);
  annotationsMultiline(w, 'Annotations', metadata.annotations);
  if (metadata.deletionTimestamp !== undefined && status.phase !== 'Failed' && status.phase !== 'Succeeded') {
    w.line(`Status:\tTerminating (lasts ${since(metadata.deletionTimestamp, k.nowMs())})`);
    w.line(`Termination Grace Period:\t${metadata.deletionGracePeriodSeconds ?? 0}s`);
  } else w.line(`Status:\t${status.phase ?? ''}`);
  if ((status.reason ?? '') !== '') w.line(`Reason:\t${status.reason}`);
  if ((status.message ?? '') !== '') w.line(`Message:\t${status.message}`);
  const seccomp = spec.securityContext?.seccompProfile;
  if (seccomp !== undefined) {
    w.line(`SeccompProfile:\t${seccomp.type}`);
    if (seccomp.type === 'Localhost') w.line(`LocalhostProfile:\t${seccomp.localhostProfile ?? ''}`);
  }
  w.line(`IP:\t${status.podIP ?? ''}`);
  const ips: Any[] = status.podIPs ?? [];
  w.line(ips.length === 0 ? 'IPs:\t<none>' : 'IPs:');
  for (const each of ips) w.at(1, `IP:\t${each.ip}`);
  const controller = controllerText(metadata);
  if (controller !== undefined) w.line(`Controlled By:\t${controller}`);
  if ((status.nominatedNodeName ?? '') !== '') w.line(`NominatedNodeName:\t${status.nominatedNodeName}`);
  if (spec.resources !== undefined && Object.keys(spec.resources).length > 0) {
    w.line('Resources:');
    describeResources(w, spec.resources, 1);
  }
  const resolve = (path: string): string => fieldValue(object, path);
  if ((spec.initContainers ?? []).length > 0) describeContainers(w, 'Init Containers', spec.initContainers, status.initContainerStatuses ?? [], '', resolve);
  describeContainers(w, 'Containers', spec.containers, status.containerStatuses ?? [], '', resolve);
  if ((spec.ephemeralContainers ?? []).length > 0) describeContainers(w, 'Ephemeral Containers', spec.ephemeralContainers, status.ephemeralContainerStatuses ?? [], '', resolve);
  const gates: Any[] = spec.readinessGates ?? [];
  if (gates.length > 0) {
    w.line('Readiness Gates:\n  Type\tStatus');
    for (const gate of gates) w.at(1, `${gate.conditionType} \t${(status.conditions ?? []).find((each: Any) => each.type === gate.conditionType)?.status ?? '<none>'} `);
  }
  const conditions: Any[] = status.conditions ?? [];
  if (conditions.length > 0) {
    w.line('Conditions:\n  Type\tStatus');
    for (const each of conditions) w.at(1, `${each.type} \t${each.status} `);
  }
  describeVolumes(w, spec.volumes, '');
  w.line(`QoS Class:\t${orNone(status.qosClass)}`);
  labelsMultiline(w, 'Node-Selectors', spec.nodeSelector);
  tolerationsMultiline(w, 'Tolerations', spec.tolerations);
  describeSpread(w, spec.topologySpreadConstraints, '');
  eventsSection(w, events, k.nowMs());
  return w.text();
}

function fieldValue(pod: Any, path: string): string {
  const keyed = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(path);
  if (keyed !== null) return String(pod.metadata[keyed[1] as string]?.[keyed[2] as string] ?? '');
  // The downward API's other fields are not resolved here.
  if (!path.startsWith('metadata.')) return '';
  const value = path.split('.').reduce((current: Any, key) => current?.[key], pod);
  return value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
}
