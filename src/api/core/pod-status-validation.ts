// What a write of a pod's status may not say (apis/core/validation, ValidatePodStatusUpdate).
import { isDns1123Subdomain, isQualifiedName } from '../meta/names.ts';
import { notAnIp, parseIp } from '../networking/ip.ts';
import { duplicate, forbidden, invalid, type FieldErrors } from '../validation/field-error.ts';
import type { ContainerStatus } from './types/container.ts';
import type { Pod, PodSpec, PodStatus } from './types/pod.ts';

const ownConditions = new Set(['PodScheduled', 'Initialized', 'ContainersReady', 'Ready', 'PodReadyToStartContainers', 'DisruptionTarget']);
const plainIp = /^\d+\.\d+\.\d+\.\d+$/;

/** Whether nothing in it could be wrong, seen at a glance: kubelets write statuses all the time. */
function isSound({ spec, status = {} }: Pod, { status: old = {} }: Pod): boolean {
  const { conditions = [], podIPs = [], hostIPs = [] } = status;
  return (
    spec.restartPolicy === 'Always' &&
    status.qosClass === old.qosClass &&
    status.nominatedNodeName === old.nominatedNodeName &&
    status.ephemeralContainerStatuses === undefined &&
    status.resourceClaimStatuses === undefined &&
    conditions.every(({ type }) => ownConditions.has(type)) &&
    podIPs.length < 2 &&
    hostIPs.length < 2 &&
    podIPs.every(({ ip }) => plainIp.test(ip ?? '')) &&
    hostIPs.every(({ ip }) => ip === status.hostIP && plainIp.test(ip ?? ''))
  );
}

export const podStatusProblems = (pod: Pod, old: Pod): FieldErrors => (isSound(pod, old) ? [] : validateStatus(pod, old));

function validateStatus({ spec, status = {} }: Pod, { status: old = {} }: Pod): FieldErrors {
  const errors: FieldErrors = [];
  status.conditions?.forEach(({ type }, index) => {
    for (const problem of isQualifiedName(type)) errors.push(invalid(`metadata.conditions[${index}].Type`, type, problem));
  });
  const nominated = status.nominatedNodeName ?? '';
  if (nominated !== '' && nominated !== old.nominatedNodeName) for (const problem of isDns1123Subdomain(nominated)) errors.push(invalid('status.nominatedNodeName', nominated, problem));
  if (old.qosClass !== undefined && status.qosClass !== old.qosClass) errors.push(invalid('status.qosClass', status.qosClass ?? '', 'field is immutable'));
  checkTransitions(errors, status, old, 'containerStatuses', spec);
  checkTransitions(errors, status, old, 'initContainerStatuses', spec);
  // Ephemeral containers never start again.
  checkTransitions(errors, status, old, 'ephemeralContainerStatuses', { ...spec, restartPolicy: 'Never' });
  checkClaims(errors, status, spec);
  checkIps(errors, status.podIPs, 'podIPs');
  const [first] = status.hostIPs ?? [];
  if (first !== undefined && first.ip !== status.hostIP) errors.push(invalid('status.hostIPs[0].ip', first.ip ?? '', 'must be equal to `hostIP`'));
  checkIps(errors, status.hostIPs, 'hostIPs');
  return errors;
}

/** What has ended for good stays ended. */
function checkTransitions(errors: FieldErrors, next: PodStatus, old: PodStatus, part: 'containerStatuses' | 'initContainerStatuses' | 'ephemeralContainerStatuses', spec: PodSpec): void {
  const { restartPolicy } = spec;
  if (restartPolicy === 'Always') return;
  const mayStartAgain = ({ name, state }: ContainerStatus): boolean => {
    const container = (part === 'initContainerStatuses' ? spec.initContainers : spec.containers)?.find((each) => each.name === name);
    return ((state?.terminated?.exitCode ?? 0) !== 0 && restartPolicy === 'OnFailure') || container?.restartPolicy === 'Always';
  };
  old[part]?.forEach((before, index) => {
    if (before.state?.terminated === undefined || mayStartAgain(before)) return;
    for (const now of next[part] ?? []) if (now.name === before.name && now.state?.terminated === undefined) errors.push(forbidden(`status.${part}[${index}].state`, 'may not be transitioned to non-terminated state'));
  });
}

function checkClaims(errors: FieldErrors, { resourceClaimStatuses }: PodStatus, { resourceClaims = [] }: PodSpec): void {
  const seen = new Set<string>();
  resourceClaimStatuses?.forEach(({ name }, index) => {
    const at = `status.resourceClaimStatuses[${index}].name`;
    if (!resourceClaims.some((claim) => claim.name === name)) errors.push(invalid(at, name, 'must match the name of an entry in `spec.resourceClaims`'));
    if (seen.has(name)) errors.push(duplicate(at, name));
    seen.add(name);
  });
}

/** One address of each family, as Go prints them: `[{"IP":"10.0.0.1"}]`. */
function checkIps(errors: FieldErrors, ips: PodStatus['podIPs'], part: 'podIPs' | 'hostIPs'): void {
  const at = `status.${part}`;
  const texts = (ips ?? []).map(({ ip = '' }) => ip);
  const shown = (value: unknown): string => JSON.stringify(value);
  texts.forEach((ip, index) => {
    if (parseIp(ip) === undefined) errors.push(invalid(`${at}[${index}]`, ip, notAnIp));
  });
  if (texts.length < 2) return;
  const families = texts.map((ip) => parseIp(ip)?.family);
  const isDual = families.includes(4) && families.includes(6);
  if (!isDual || texts.length > 2) errors.push({ ...invalid(at, null, 'may specify no more than one IP for each IP family'), valueText: shown(texts.map((IP) => ({ IP }))) });
  const seen = new Set<string>();
  texts.forEach((IP, index) => {
    if (seen.has(IP)) errors.push({ ...duplicate(`${at}[${index}]`, null), valueText: shown({ IP }) });
    seen.add(IP);
  });
}
