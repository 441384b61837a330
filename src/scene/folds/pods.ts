// A stored Pod as it is drawn. STATUS is computed as `kubectl get pods` does it.
import { parseTime } from '../../api/meta/time.ts';
import { milliValue, wholeValue } from '../../api/meta/quantity.ts';
import type { PodRecord } from '../records.ts';
import type { StoredContainerStatus, StoredPod } from './stored-object.ts';

export interface Requests {
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

const quantities = new Map<string, Requests>();

function quantity(cpu: string | undefined, memory: string | undefined): Requests {
  if (cpu === undefined && memory === undefined) return none;
  const key = `${cpu ?? ''}|${memory ?? ''}`;
  let known = quantities.get(key);
  if (known === undefined) {
    known = { cpuMilli: milliValue(cpu), memoryBytes: wholeValue(memory) };
    quantities.set(key, known);
  }
  return known;
}
const none: Requests = { cpuMilli: 0, memoryBytes: 0 };

export function resourcesOf(list: Readonly<Record<string, string>> | undefined): Requests {
  return quantity(list?.['cpu'], list?.['memory']);
}

/** What the scheduler counts for a pod. */
export function requestsOf(pod: StoredPod): Requests {
  let cpuMilli = 0;
  let memoryBytes = 0;
  for (const container of pod.spec?.containers ?? []) {
    const requests = resourcesOf(container.resources?.requests);
    cpuMilli += requests.cpuMilli;
    memoryBytes += requests.memoryBytes;
  }
  let initCpu = 0;
  let initMemory = 0;
  for (const container of pod.spec?.initContainers ?? []) {
    const requests = resourcesOf(container.resources?.requests);
    if (container.restartPolicy === 'Always') {
      cpuMilli += requests.cpuMilli;
      memoryBytes += requests.memoryBytes;
    } else {
      initCpu = Math.max(initCpu, requests.cpuMilli);
      initMemory = Math.max(initMemory, requests.memoryBytes);
    }
  }
  const overhead = resourcesOf(pod.spec?.overhead);
  return { cpuMilli: Math.max(cpuMilli, initCpu) + overhead.cpuMilli, memoryBytes: Math.max(memoryBytes, initMemory) + overhead.memoryBytes };
}

function conditionTrue(pod: StoredPod, type: string): boolean {
  return pod.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
}

function isSidecar(pod: StoredPod, name: string): boolean {
  return pod.spec?.initContainers?.some((container) => container.name === name && container.restartPolicy === 'Always') === true;
}

/** `Init:0/2`, `Init:Error`... or undefined once the init containers are done. */
function initStatus(pod: StoredPod): string | undefined {
  const statuses = pod.status?.initContainerStatuses ?? [];
  const total = pod.spec?.initContainers?.length ?? 0;
  for (let at = 0; at < statuses.length; at++) {
    const status = statuses[at] as StoredContainerStatus;
    const { terminated, waiting } = status.state ?? {};
    if (terminated !== undefined && terminated.exitCode === 0) continue;
    if (isSidecar(pod, status.name) && status.started === true) continue;
    if (terminated !== undefined) return `Init:${terminated.reason ?? (terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode ?? 0}`)}`;
    if (waiting?.reason !== undefined && waiting.reason !== '' && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
    return `Init:${at}/${total}`;
  }
  return undefined;
}

export function podStatusText(pod: StoredPod): string {
  const status = pod.status ?? {};
  let text = status.reason ?? status.phase ?? 'Unknown';
  const scheduled = status.conditions?.find((condition) => condition.type === 'PodScheduled');
  if (scheduled?.reason === 'SchedulingGated') text = 'SchedulingGated';
  const init = initStatus(pod);
  if (init !== undefined && !conditionTrue(pod, 'Initialized')) text = init;
  else {
    let running = false;
    for (let at = (status.containerStatuses?.length ?? 0) - 1; at >= 0; at--) {
      const container = (status.containerStatuses as readonly StoredContainerStatus[])[at] as StoredContainerStatus;
      const { waiting, terminated } = container.state ?? {};
      if (waiting?.reason !== undefined && waiting.reason !== '') text = waiting.reason;
      else if (terminated !== undefined) text = terminated.reason !== undefined && terminated.reason !== '' ? terminated.reason : terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode ?? 0}`;
      else if (container.ready === true && container.state?.running !== undefined) running = true;
    }
    if (text === 'Completed' && running) text = conditionTrue(pod, 'Ready') ? 'Running' : 'NotReady';
  }
  if (pod.metadata?.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') return 'Unknown';
    if (status.phase !== 'Failed' && status.phase !== 'Succeeded') return 'Terminating';
  }
  return text;
}

const calm = new Set(['Running', 'Pending', 'ContainerCreating', 'PodInitializing', 'Completed', 'Succeeded', 'SchedulingGated', 'NotReady']);

function markOf(pod: StoredPod, status: string, ready: boolean): PodRecord['mark'] {
  const phase = pod.status?.phase;
  if (pod.metadata?.deletionTimestamp !== undefined && phase !== 'Failed' && phase !== 'Succeeded') return 'terminating';
  if (phase === 'Succeeded' || status === 'Completed') return 'done';
  if (phase === 'Failed') return 'failing';
  if (!calm.has(status) && !/^Init:\d/.test(status)) return 'failing';
  if ((pod.spec?.nodeName ?? '') === '') return 'pending';
  if (ready) return 'ready';
  return phase === 'Running' ? 'running' : 'creating';
}

function stateOf(status: StoredContainerStatus | undefined): { readonly state: string; readonly reason: string } {
  const state = status?.state;
  if (state?.running !== undefined) return { state: 'running', reason: '' };
  if (state?.terminated !== undefined) return { state: 'terminated', reason: state.terminated.reason ?? '' };
  return { state: 'waiting', reason: state?.waiting?.reason ?? '' };
}

const noLabels: Readonly<Record<string, string>> = {};

export function podRecord(pod: StoredPod, uid: string, epochMs: number): PodRecord {
  const meta = pod.metadata ?? {};
  const statuses = pod.status?.containerStatuses ?? [];
  const sidecars = (pod.spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always');
  const initStatuses = pod.status?.initContainerStatuses ?? [];
  const spec = [...(pod.spec?.containers ?? []), ...sidecars];
  const statusOf = (name: string) => statuses.find((each) => each.name === name) ?? initStatuses.find((each) => each.name === name);
  let readyContainers = 0;
  let restarts = 0;
  for (const status of statuses) restarts += status.restartCount ?? 0;
  for (const status of initStatuses) restarts += isSidecar(pod, status.name) ? (status.restartCount ?? 0) : 0;
  const containers = spec.map(({ name, image }) => {
    const status = statusOf(name);
    if (status?.ready === true) readyContainers++;
    return { name, image: image ?? '', ...stateOf(status) };
  });
  const status = podStatusText(pod);
  const owner = meta.ownerReferences?.find((each) => each.controller === true) ?? meta.ownerReferences?.[0];
  const mirror = meta.annotations?.['kubernetes.io/config.mirror'] !== undefined;
  return {
    table: 'pod',
    id: `pod:${uid}`,
    uid,
    namespace: meta.namespace ?? '',
    name: meta.name ?? '',
    node: pod.spec?.nodeName ?? '',
    ip: pod.status?.podIP ?? '',
    phase: (pod.status?.phase ?? 'Pending') as PodRecord['phase'],
    status,
    mark: markOf(pod, status, conditionTrue(pod, 'Ready')),
    readyContainers,
    totalContainers: spec.length,
    restarts,
    containers,
    owner: owner === undefined || mirror ? null : { kind: owner.kind, name: owner.name, uid: owner.uid },
    labels: meta.labels ?? noLabels,
    isStatic: mirror,
    createdMs: (parseTime(meta.creationTimestamp) ?? epochMs) - epochMs,
  };
}
