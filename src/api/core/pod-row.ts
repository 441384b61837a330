// The line of a pod in `kubectl get pods`: printPod of pkg/printers/internalversion.
import type { Json } from '../meta/object.ts';
import { columns } from '../kind.ts';
import { age, none } from '../printing/cells.ts';
import { translateTimestampSince } from '../meta/time.ts';
import type { ContainerStatus } from './types/container.ts';
import type { Pod } from './types/pod.ts';

export const podColumns = columns('Name Ready Status Restarts Age', 'IP Node Nominated_Node Readiness_Gates');

/** The later of two RFC 3339 times in UTC; they sort as texts. */
const later = (a: string | undefined, b: string | undefined): string | undefined => (a === undefined || (b !== undefined && b > a) ? b : a);

const lastFinish = (status: ContainerStatus): string | undefined => status.lastState?.terminated?.finishedAt;

function initReason(status: ContainerStatus, index: number, total: number): string {
  const { terminated, waiting } = status.state ?? {};
  if (terminated !== undefined) {
    if (terminated.reason) return `Init:${terminated.reason}`;
    return terminated.signal ? `Init:Signal:${terminated.signal}` : `Init:ExitCode:${terminated.exitCode}`;
  }
  if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
  return `Init:${index}/${total}`;
}

export interface PodSummary {
  readonly ready: number;
  readonly total: number;
  readonly status: string;
  readonly restarts: number;
  readonly lastRestart: string | undefined;
}

/** What READY, STATUS and RESTARTS say. */
function summarizePod(pod: Pod): PodSummary {
  const { spec, status } = pod;
  const conditions = status?.conditions ?? [];
  let reason: string = status?.reason || status?.phase || '';
  if (conditions.some((condition) => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated')) reason = 'SchedulingGated';
  const sidecars = new Set((spec?.initContainers ?? []).filter((container) => container.restartPolicy === 'Always').map((container) => container.name));
  const total = (spec?.containers ?? []).length + sidecars.size;
  let ready = 0;
  let restarts = 0;
  let lastRestart: string | undefined;
  let sidecarRestarts = 0;
  let lastSidecarRestart: string | undefined;
  let initializing = false;
  const initStatuses = status?.initContainerStatuses ?? [];
  for (let index = 0; index < initStatuses.length; index++) {
    const each = initStatuses[index] as ContainerStatus;
    restarts += each.restartCount ?? 0;
    lastRestart = later(lastRestart, lastFinish(each));
    const sidecar = sidecars.has(each.name);
    if (sidecar) {
      sidecarRestarts += each.restartCount ?? 0;
      lastSidecarRestart = later(lastSidecarRestart, lastFinish(each));
    }
    if (each.state?.terminated?.exitCode === 0) continue;
    if (sidecar && each.started === true) {
      if (each.ready) ready++;
      continue;
    }
    reason = initReason(each, index, (spec?.initContainers ?? []).length);
    initializing = true;
    break;
  }
  const initialized = conditions.some((condition) => condition.type === 'Initialized' && condition.status === 'True');
  if (!initializing || initialized) {
    restarts = sidecarRestarts;
    lastRestart = lastSidecarRestart;
    let running = false;
    for (const each of [...(status?.containerStatuses ?? [])].reverse()) {
      restarts += each.restartCount ?? 0;
      lastRestart = later(lastRestart, lastFinish(each));
      const { waiting, terminated } = each.state ?? {};
      if (waiting?.reason) reason = waiting.reason;
      else if (terminated !== undefined) reason = terminated.reason || (terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`);
      else if (each.ready && each.state?.running !== undefined) {
        running = true;
        ready++;
      }
    }
    if (reason === 'Completed' && running) {
      reason = conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True') ? 'Running' : 'NotReady';
    }
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status?.reason === 'NodeLost') reason = 'Unknown';
    else if (status?.phase !== 'Succeeded' && status?.phase !== 'Failed') reason = 'Terminating';
  }
  return { ready, total, status: reason, restarts, lastRestart };
}

export function podRow(pod: Pod, nowMs: number): readonly Json[] {
  const { ready, total, status, restarts, lastRestart } = summarizePod(pod);
  const gates = pod.spec?.readinessGates ?? [];
  const passed = gates.filter((gate) => (pod.status?.conditions ?? []).some((condition) => condition.type === gate.conditionType && condition.status === 'True')).length;
  return [
    pod.metadata.name,
    `${ready}/${total}`,
    status,
    restarts !== 0 && lastRestart !== undefined ? `${restarts} (${translateTimestampSince(lastRestart, nowMs)} ago)` : String(restarts),
    age(pod, nowMs),
    pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || none,
    pod.spec?.nodeName || none,
    pod.status?.nominatedNodeName || none,
    gates.length === 0 ? none : `${passed}/${gates.length}`,
  ];
}
