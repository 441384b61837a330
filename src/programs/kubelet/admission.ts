// Whether a pod may run on this node at all: the kubelet's own last look at what the scheduler (or a person) decided.
import { milliValue, wholeValue } from '../../api/meta/quantity.ts';
import { requiredNodes } from '../../api/core/node-selector.ts';
import { type Container, isSidecar, isStaticPod, type Node, type Pod, type Taint, type Toleration } from './types.ts';

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

const requestsCache = new WeakMap<Pod['spec'], Readonly<Record<string, number>>>();

/** Plain numbers: cpu in thousandths, everything else whole. */
export function podRequests(pod: Pod): Readonly<Record<string, number>> {
  let requests = requestsCache.get(pod.spec);
  if (requests === undefined) requestsCache.set(pod.spec, (requests = computeRequests(pod)));
  return requests;
}

function computeRequests(pod: Pod): Readonly<Record<string, number>> {
  const regular: Record<string, number> = {};
  for (const container of pod.spec.containers) add(regular, container);
  // Sidecars run beside everything that follows; other init containers one at a time.
  const sidecars: Record<string, number> = {};
  const peak: Record<string, number> = {};
  for (const container of pod.spec.initContainers ?? []) {
    if (isSidecar(container)) {
      add(sidecars, container);
      raise(peak, sidecars);
      continue;
    }
    const alone = { ...sidecars };
    add(alone, container);
    raise(peak, alone);
  }
  for (const [resource, value] of Object.entries(sidecars)) regular[resource] = (regular[resource] ?? 0) + value;
  raise(regular, peak);
  for (const [resource, quantity] of Object.entries(pod.spec.overhead ?? {})) regular[resource] = (regular[resource] ?? 0) + amount(resource, quantity);
  return regular;
}

function add(total: Record<string, number>, container: Container): void {
  for (const [resource, quantity] of Object.entries(container.resources?.requests ?? {})) total[resource] = (total[resource] ?? 0) + amount(resource, quantity);
}

function raise(total: Record<string, number>, other: Readonly<Record<string, number>>): void {
  for (const [resource, value] of Object.entries(other)) total[resource] = Math.max(total[resource] ?? 0, value);
}

export const amount = (resource: string, quantity: string): number => (resource === 'cpu' ? milliValue(quantity) : wholeValue(quantity));

export interface AdmissionInputs {
  readonly pod: Pod;
  readonly node: Node | undefined;
  readonly allocatable: Readonly<Record<string, string>>;
  /** Pods that already hold their place here. */
  readonly others: readonly Pod[];
}

export function decideAdmission({ pod, node, allocatable, others }: AdmissionInputs): Refusal | undefined {
  const maxPods = wholeValue(allocatable['pods'] ?? '110');
  if (others.length + 1 > maxPods) return outOf('pods', 1, others.length, maxPods);
  const wanted = podRequests(pod);
  for (const resource of ['cpu', 'memory', 'ephemeral-storage', ...Object.keys(wanted)]) {
    const request = wanted[resource] ?? 0;
    if (request === 0) continue;
    const capacity = allocatable[resource] === undefined ? 0 : amount(resource, allocatable[resource]);
    if (resource === 'ephemeral-storage' && capacity === 0) continue;
    // An extended resource that this node knows nothing of is the scheduler's business alone.
    if (resource.includes('/') && allocatable[resource] === undefined) continue;
    let used = 0;
    for (const other of others) used += podRequests(other)[resource] ?? 0;
    if (used + request > capacity) return outOf(resource, request, used, capacity);
  }
  if (node !== undefined) {
    if (!isStaticPod(pod) && requiredNodes(pod.spec)?.(node.metadata.name, node.metadata.labels ?? {}) === false) return predicate('NodeAffinity', "node(s) didn't match Pod's node affinity/selector");
    const taint = (node.spec.taints ?? []).find((each) => each.effect === 'NoExecute' && !isTolerated(pod.spec.tolerations ?? [], each));
    if (taint !== undefined && !isStaticPod(pod)) return predicate('TaintToleration', `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`);
  }
  const ports = hostPorts(pod);
  if (ports.length > 0 && others.some((other) => hostPorts(other).some((taken) => ports.some((port) => clash(port, taken))))) return predicate('NodePorts', "node(s) didn't have free ports for the requested pod ports");
  return undefined;
}

function outOf(resource: string, requested: number, used: number, capacity: number): Refusal {
  return { reason: `OutOf${resource}`, message: `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}` };
}

function predicate(name: string, description: string): Refusal {
  return { reason: name, message: `Predicate ${name} failed: ${description}` };
}

interface HostPort {
  readonly protocol: string;
  readonly port: number;
  /** `0.0.0.0`: every address of the node. */
  readonly ip: string;
}

const clash = (a: HostPort, b: HostPort): boolean => a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === '0.0.0.0' || b.ip === '0.0.0.0');

export function hostPorts(pod: Pod): readonly HostPort[] {
  const ports: HostPort[] = [];
  for (const container of [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers]) {
    for (const port of container.ports ?? []) {
      const number = port.hostPort ?? (pod.spec.hostNetwork === true ? port.containerPort : 0);
      if (number > 0) ports.push({ protocol: port.protocol ?? 'TCP', port: number, ip: port.hostIP === undefined || port.hostIP === '' ? '0.0.0.0' : port.hostIP });
    }
  }
  return ports;
}

function isTolerated(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some((toleration) => {
    if (toleration.effect !== undefined && toleration.effect !== '' && toleration.effect !== taint.effect) return false;
    if (toleration.key !== undefined && toleration.key !== '' && toleration.key !== taint.key) return false;
    if (toleration.operator === 'Exists') return true;
    return toleration.key === taint.key && (toleration.value ?? '') === (taint.value ?? '');
  });
}
