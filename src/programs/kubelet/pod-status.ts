// The API status of a pod, worked out from its spec and from what the runtime holds. Pure.
import { formatTime, parseTime } from '../../api/meta/time.ts';
import type { ContainerStatus } from '../../wire/cri.ts';
import { decideRestart } from './actions.ts';
import { latestContainer, type PodRuntime, previousContainer, readySandbox } from './pod-runtime.ts';
import { type Container, type ContainerState, isSidecar, type Pod, type PodCondition, type PodPhase, type PodStatus, type StateOfContainer } from './types.ts';

export interface StatusInputs {
  readonly pod: Pod;
  readonly runtime: PodRuntime;
  /** What the API server (or we) said last. */
  readonly old: PodStatus | undefined;
  readonly nowMs: number;
  readonly hostIPs: readonly string[];
  /** `containerd`: prefix of container ids. */
  readonly runtimeName: string;
  /** Why a container is not started: ErrImagePull, CrashLoopBackOff... by container name. */
  readonly waiting: ReadonlyMap<string, { readonly reason: string; readonly message: string }>;
  /** Readiness and startup of a running container, by name and id. */
  readonly isReady: (container: Container, id: string) => boolean;
  readonly isStarted: (container: Container, id: string) => boolean;
  /** The pod is being or has been ended by the kubelet. */
  readonly isTerminal: boolean;
  /** Set when the kubelet itself ends the pod (eviction, deadline): phase Failed with these. */
  readonly failure?: { readonly reason: string; readonly message: string };
}

export function computePodStatus(inputs: StatusInputs): PodStatus {
  const { pod, runtime, old } = inputs;
  const initContainers = pod.spec.initContainers ?? [];
  const hasInit = initContainers.length > 0;
  const initContainerStatuses = initContainers.map((container) => computeContainerState(inputs, container, 'PodInitializing', true));
  const containerStatuses = pod.spec.containers.map((container) => computeContainerState(inputs, container, hasInit ? 'PodInitializing' : 'ContainerCreating', false));
  const ephemeral = (pod.spec.ephemeralContainers ?? []).map((container) => computeContainerState(inputs, container, 'ContainerCreating', false)).map((state) => ({ ...state, ready: false, started: false }));
  let phase = computePhase(pod, [...initContainerStatuses, ...containerStatuses], inputs.isTerminal);
  // A pod that has ended never lives again.
  if (old?.phase === 'Failed' || old?.phase === 'Succeeded') phase = old.phase;
  if (inputs.failure !== undefined) phase = 'Failed';
  const reason = inputs.failure?.reason ?? (phase === 'Failed' ? old?.reason : undefined);
  const message = inputs.failure?.message ?? (phase === 'Failed' ? old?.message : undefined);
  const ip = pod.spec.hostNetwork === true ? inputs.hostIPs[0] : (readySandbox(runtime)?.ip ?? (old?.podIP === undefined ? undefined : old.podIP));
  const generation = pod.metadata.generation;
  const status: PodStatus = {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions: computeConditions(inputs, phase, initContainerStatuses, containerStatuses),
    ...(message === undefined ? {} : { message }),
    ...(reason === undefined ? {} : { reason }),
    ...(inputs.hostIPs[0] === undefined ? {} : { hostIP: inputs.hostIPs[0], hostIPs: inputs.hostIPs.map((each) => ({ ip: each })) }),
    ...(ip === undefined || ip === '' ? {} : { podIP: ip, podIPs: [{ ip }] }),
    startTime: old?.startTime ?? formatTime(inputs.nowMs),
    ...(hasInit ? { initContainerStatuses } : {}),
    containerStatuses,
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    qosClass: old?.qosClass ?? computeQosClass(pod),
  };
  return status;
}

// ---------------------------------------------------------------- containers

function computeContainerState(inputs: StatusInputs, container: Container, waitingReason: string, isInit: boolean): ContainerState {
  const { pod, runtime } = inputs;
  const status = latestContainer(runtime, container.name);
  const known = [...(inputs.old?.containerStatuses ?? []), ...(inputs.old?.initContainerStatuses ?? []), ...(inputs.old?.ephemeralContainerStatuses ?? [])].find((each) => each.name === container.name);
  const extras = computeExtras(container);
  if (status === undefined) {
    // Nothing of it is left in the runtime although the API knew it: it is lost.
    const lost = known !== undefined && (known.state.running !== undefined || known.containerID !== undefined);
    const waiting = inputs.waiting.get(container.name) ?? { reason: waitingReason };
    const state: StateOfContainer =
      lost && inputs.isTerminal
        ? known.state.terminated !== undefined
          ? known.state
          : { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message: 'The container could not be located when the pod was terminated', startedAt: null, finishedAt: null } }
        : lost && known.state.terminated !== undefined && !decideRestart(pod, container, undefined)
          ? known.state
          : { waiting };
    return {
      name: container.name,
      state,
      lastState: known?.lastState ?? {},
      ready: false,
      restartCount: known?.restartCount ?? 0,
      image: container.image ?? '',
      imageID: '',
      started: false,
      ...extras,
    };
  }
  const id = `${inputs.runtimeName}://${status.id}`;
  const previous = previousContainer(runtime, container.name);
  let state: StateOfContainer;
  let lastState: StateOfContainer = previous === undefined ? {} : { terminated: terminatedState(inputs, previous) };
  const waiting = inputs.waiting.get(container.name);
  if (status.state === 'CONTAINER_RUNNING') state = { running: { startedAt: formatTime(status.startedAtMs) } };
  else if (status.state === 'CONTAINER_EXITED') {
    const terminated = { terminated: terminatedState(inputs, status) };
    const restarts = isInit && !isSidecar(container) ? status.exitCode !== 0 && decideRestart(pod, container, status) : decideRestart(pod, container, status);
    if (waiting !== undefined && restarts && !inputs.isTerminal) {
      state = { waiting };
      lastState = terminated;
    } else state = terminated;
  } else state = { waiting: waiting ?? { reason: waitingReason } };
  const isRunning = status.state === 'CONTAINER_RUNNING';
  const started = isRunning && inputs.isStarted(container, status.id);
  const ready = isInit && !isSidecar(container) ? status.state === 'CONTAINER_EXITED' && status.exitCode === 0 : isRunning && started && inputs.isReady(container, status.id);
  return {
    name: container.name,
    state,
    lastState,
    ready,
    restartCount: status.metadata.attempt,
    image: status.image,
    imageID: status.imageRef,
    containerID: id,
    started,
    ...extras,
  };
}

function terminatedState(inputs: StatusInputs, status: ContainerStatus): NonNullable<StateOfContainer['terminated']> {
  return {
    exitCode: status.exitCode,
    reason: status.reason,
    ...(status.message === '' ? {} : { message: status.message }),
    startedAt: formatTime(status.startedAtMs),
    finishedAt: formatTime(status.finishedAtMs),
    containerID: `${inputs.runtimeName}://${status.id}`,
  };
}

const extrasCache = new WeakMap<Container, Partial<ContainerState>>();

/** Fields of a container's status that follow from its spec. */
function computeExtras(container: Container): Partial<ContainerState> {
  const cached = extrasCache.get(container);
  if (cached !== undefined) return cached;
  const { requests, limits } = container.resources ?? {};
  const extras: Partial<ContainerState> = {
    ...(requests === undefined ? {} : { allocatedResources: requests }),
    ...(requests === undefined && limits === undefined ? { resources: {} } : { resources: { ...(limits === undefined ? {} : { limits }), ...(requests === undefined ? {} : { requests }) } }),
    ...(container.volumeMounts === undefined || container.volumeMounts.length === 0
      ? {}
      : {
          volumeMounts: container.volumeMounts.map((mount) => ({
            mountPath: mount.mountPath,
            name: mount.name,
            ...(mount.readOnly === true ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}),
          })),
        }),
  };
  extrasCache.set(container, extras);
  return extras;
}

// ---------------------------------------------------------------- phase

/** kubelet's getPhase. */
function computePhase(pod: Pod, statuses: readonly ContainerState[], isTerminal: boolean): PodPhase {
  const byName = new Map(statuses.map((status) => [status.name, status]));
  let pendingInit = 0;
  let failedInit = 0;
  for (const container of pod.spec.initContainers ?? []) {
    const status = byName.get(container.name);
    if (status === undefined) {
      pendingInit++;
    } else if (isSidecar(container)) {
      if (!status.started && status.state.terminated === undefined) pendingInit++;
    } else if (status.state.running !== undefined) pendingInit++;
    else if (status.state.terminated !== undefined) {
      if (status.state.terminated.exitCode !== 0) failedInit++;
    } else if (status.lastState.terminated !== undefined) {
      if (status.lastState.terminated.exitCode !== 0) pendingInit++;
    } else pendingInit++;
  }
  let unknown = 0;
  let running = 0;
  let waiting = 0;
  let stopped = 0;
  let succeeded = 0;
  for (const container of pod.spec.containers) {
    const status = byName.get(container.name);
    if (status === undefined) unknown++;
    else if (status.state.running !== undefined) running++;
    else if (status.state.terminated !== undefined) {
      stopped++;
      if (status.state.terminated.exitCode === 0) succeeded++;
    } else if (status.lastState.terminated !== undefined) stopped++;
    else waiting++;
  }
  const policy = pod.spec.restartPolicy ?? 'Always';
  if (failedInit > 0 && policy === 'Never') return 'Failed';
  const hasStartedRegular = running + stopped > 0;
  if (pendingInit > 0 && !hasStartedRegular && !isTerminal) return 'Pending';
  if (waiting > 0 && !isTerminal) return 'Pending';
  if (running > 0 && unknown === 0) return 'Running';
  if (running === 0 && stopped > 0 && unknown === 0) {
    if (isTerminal) return stopped === succeeded && waiting === 0 ? 'Succeeded' : 'Failed';
    if (policy === 'Always') return 'Running';
    if (stopped === succeeded) return 'Succeeded';
    if (policy === 'Never') return 'Failed';
    return 'Running';
  }
  return isTerminal && waiting > 0 ? 'Failed' : 'Pending';
}

// ---------------------------------------------------------------- conditions

function computeConditions(inputs: StatusInputs, phase: PodPhase, inits: readonly ContainerState[], regulars: readonly ContainerState[]): readonly PodCondition[] {
  const { pod, runtime, old } = inputs;
  const sandbox = readySandbox(runtime);
  const hasNetwork = sandbox !== undefined && (pod.spec.hostNetwork === true || sandbox.ip !== '');
  const containersReady = computeReadiness(pod, regulars, inits, phase);
  const gates = (pod.spec.readinessGates ?? []).filter((gate) => pod.status?.conditions?.find((condition) => condition.type === gate.conditionType)?.status !== 'True');
  let ready: Verdict = containersReady;
  if (containersReady.status === 'True' && gates.length > 0) {
    ready = { status: 'False', reason: 'ReadinessGatesNotReady', message: gates.map((gate) => `corresponding condition of pod readiness gate "${gate.conditionType}" does not exist.`).join(', ') };
  }
  const wanted: [string, Verdict][] = [
    ['PodReadyToStartContainers', { status: hasNetwork ? 'True' : 'False' }],
    ['Initialized', computeInitialized(pod, inits, regulars, phase)],
    ['Ready', ready],
    ['ContainersReady', containersReady],
    ['PodScheduled', { status: 'True' }],
  ];
  const conditions: PodCondition[] = wanted.map(([type, verdict]) => {
    const before = old?.conditions?.find((condition) => condition.type === type);
    const lastTransitionTime = before !== undefined && before.status === verdict.status ? before.lastTransitionTime : formatTime(inputs.nowMs);
    const generation = pod.metadata.generation;
    return {
      type,
      status: verdict.status,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastProbeTime: null,
      lastTransitionTime,
      ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
      ...(verdict.message === undefined ? {} : { message: verdict.message }),
    };
  });
  // Conditions of others (readiness gates, DisruptionTarget) stay as they are.
  const mine = new Set(wanted.map(([type]) => type));
  return [...conditions, ...(old?.conditions ?? []).filter((condition) => !mine.has(condition.type))];
}

interface Verdict {
  readonly status: 'True' | 'False';
  readonly reason?: string;
  readonly message?: string;
}

function computeReadiness(pod: Pod, regulars: readonly ContainerState[], inits: readonly ContainerState[], phase: PodPhase): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const sidecars = new Set((pod.spec.initContainers ?? []).filter(isSidecar).map((container) => container.name));
  const unready = [...inits.filter((status) => sidecars.has(status.name)), ...regulars].filter((status) => !status.ready).map((status) => status.name);
  if (unready.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
}

function computeInitialized(pod: Pod, inits: readonly ContainerState[], regulars: readonly ContainerState[], phase: PodPhase): Verdict {
  if (phase === 'Succeeded') return { status: 'True', ...(inits.length > 0 ? { reason: 'PodCompleted' } : {}) };
  if (regulars.some((status) => status.state.running !== undefined || status.state.terminated !== undefined || status.lastState.terminated !== undefined)) return { status: 'True' };
  const sidecars = new Set((pod.spec.initContainers ?? []).filter(isSidecar).map((container) => container.name));
  const incomplete = inits.filter((status) => (sidecars.has(status.name) ? !status.started : !status.ready)).map((status) => status.name);
  if (incomplete.length === 0) return { status: 'True' };
  return { status: 'False', reason: 'ContainersNotInitialized', message: `containers with incomplete status: [${incomplete.join(' ')}]` };
}

/** Guaranteed: cpu and memory limits on all, equal to the requests; BestEffort: none at all. */
export function computeQosClass(pod: Pod): string {
  let hasAny = false;
  let isGuaranteed = true;
  for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
    const { requests, limits } = container.resources ?? {};
    for (const resource of ['cpu', 'memory']) {
      const request = requests?.[resource];
      const limit = limits?.[resource];
      if (request !== undefined || limit !== undefined) hasAny = true;
      if (limit === undefined || (request !== undefined && request !== limit)) isGuaranteed = false;
    }
  }
  return !hasAny ? 'BestEffort' : isGuaranteed ? 'Guaranteed' : 'Burstable';
}

/** Seconds that a pod may still live past its deadline; undefined when it has none. */
export function remainingDeadlineMs(pod: Pod, status: PodStatus | undefined, nowMs: number): number | undefined {
  const start = parseTime(status?.startTime);
  if (pod.spec.activeDeadlineSeconds === undefined || start === undefined) return undefined;
  return start + pod.spec.activeDeadlineSeconds * 1000 - nowMs;
}
