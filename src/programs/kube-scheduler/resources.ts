// What a pod asks for and what a node has, as whole numbers: millicores, bytes, pieces.
import type { Container, Pod } from './objects.ts';
import { parseQuantity } from './quantity.ts';

export interface Resources {
  milliCpu: number;
  memory: number;
  ephemeralStorage: number;
  /** Extended resources and huge pages, by name. */
  scalar: Map<string, number> | undefined;
}

/** What scoring assumes of a container that asks for nothing, so that many such pods still spread. */
const assumedMilliCpu = 100;
const assumedMemory = 200 * 1024 * 1024;

type Quantities = Readonly<Record<string, string | number>>;

export function noResources(): Resources {
  return { milliCpu: 0, memory: 0, ephemeralStorage: 0, scalar: undefined };
}

export function resourcesOf(quantities: Quantities | undefined): Resources {
  const total = noResources();
  if (quantities === undefined) return total;
  for (const [name, quantity] of Object.entries(quantities)) {
    if (name === 'cpu') total.milliCpu = ceiling(parseQuantity(quantity) * 1000);
    else if (name === 'memory') total.memory = ceiling(parseQuantity(quantity));
    else if (name === 'ephemeral-storage') total.ephemeralStorage = ceiling(parseQuantity(quantity));
    else if (name !== 'pods') (total.scalar ??= new Map()).set(name, ceiling(parseQuantity(quantity)));
  }
  return total;
}

/** Rounds up, forgiving what binary fractions add: 0.1 * 1000 is 100, not 101. */
function ceiling(value: number): number {
  return Math.ceil(value - 1e-6);
}

export function add(total: Resources, more: Resources, sign: 1 | -1): void {
  total.milliCpu += sign * more.milliCpu;
  total.memory += sign * more.memory;
  total.ephemeralStorage += sign * more.ephemeralStorage;
  if (more.scalar !== undefined) {
    total.scalar ??= new Map();
    for (const [name, amount] of more.scalar) total.scalar.set(name, (total.scalar.get(name) ?? 0) + sign * amount);
  }
}

function raiseTo(total: Resources, other: Resources): void {
  total.milliCpu = Math.max(total.milliCpu, other.milliCpu);
  total.memory = Math.max(total.memory, other.memory);
  total.ephemeralStorage = Math.max(total.ephemeralStorage, other.ephemeralStorage);
  for (const [name, amount] of other.scalar ?? []) (total.scalar ??= new Map()).set(name, Math.max(total.scalar.get(name) ?? 0, amount));
}

export function copyResources(from: Resources): Resources {
  return { ...from, scalar: from.scalar === undefined ? undefined : new Map(from.scalar) };
}

/** The pod's request: its containers together, or its greediest init container, plus overhead. With `assumed`, what scoring counts. */
export function podRequests(pod: Pod, assumed: boolean): Resources {
  const total = noResources();
  for (const container of pod.spec.containers) add(total, containerRequests(container, assumed), 1);
  const sidecars = noResources();
  const initial = noResources();
  for (const container of pod.spec.initContainers ?? []) {
    const own = containerRequests(container, assumed);
    if (container.restartPolicy === 'Always') {
      add(total, own, 1);
      add(sidecars, own, 1);
      raiseTo(initial, sidecars);
    } else {
      add(own, sidecars, 1);
      raiseTo(initial, own);
    }
  }
  raiseTo(total, initial);
  if (pod.spec.resources?.requests !== undefined) {
    const whole = resourcesOf(pod.spec.resources.requests);
    if (whole.milliCpu > 0) total.milliCpu = whole.milliCpu;
    if (whole.memory > 0) total.memory = whole.memory;
  }
  if (pod.spec.overhead !== undefined) add(total, resourcesOf(pod.spec.overhead), 1);
  return total;
}

function containerRequests(container: Container, assumed: boolean): Resources {
  const requests = container.resources?.requests;
  const own = resourcesOf(requests);
  if (assumed) {
    if (requests?.['cpu'] === undefined) own.milliCpu = assumedMilliCpu;
    if (requests?.['memory'] === undefined) own.memory = assumedMemory;
  }
  return own;
}
