// One seed of trouble: boot, work, faults, healing, convergence, with every checker watching. Pure of any console: the command line prints.
import { createRandom } from '../kernel/random.ts';
import type { TraceEvent, World } from '../kernel/world.ts';
import { allCheckers } from './checkers/checkers.ts';
import type { Violation } from './checkers/checker.ts';
import { createCluster } from './create-cluster.ts';
import { healAll, inject, planFaults, type PlannedFault } from './faults.ts';
import type { PresetName } from './presets/presets.ts';
import type { EtcdEvent } from '../programs/etcd/events.ts';

export interface SimulationOptions {
  readonly preset: PresetName;
  readonly seed: number;
  /** Length of the time of faults. */
  readonly faultMs: number;
  /** Sees every event too: how a failing seed is looked into. */
  readonly watch?: (event: TraceEvent) => void;
}

export interface SimulationResult {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly faults: readonly PlannedFault[];
  /** Operations of the judge's client by outcome. */
  readonly operations: Readonly<Record<string, number>>;
  readonly virtualMs: number;
  readonly steps: number;
  readonly hash: string;
}

const bootLimitMs = 180_000;
const convergeLimitMs = 900_000;
const workload = ['create', 'deployment', 'web', '--image=nginx:1.27', '--replicas=6'];

export function simulate(options: SimulationOptions): SimulationResult {
  const random = createRandom(options.seed, 'faults');
  const checkers = allCheckers();
  const violations: Violation[] = [];
  const operations: Record<string, number> = {};
  const store = new StoreView();
  const onTrace = (event: TraceEvent): void => {
    options.watch?.(event);
    store.see(event);
    for (const checker of checkers) {
      const text = checker.see(event);
      if (text !== undefined) violations.push({ checker: checker.name, atMs: event.atMs, event: event.id, text });
    }
    if (event.data.type === 'checker.violation') violations.push({ checker: 'reads and writes are linearisable', atMs: event.atMs, event: event.id, text: (event.data as { readonly text: string } & TraceEvent['data']).text });
    if (event.data.type === 'checker.operation') {
      const { operation, outcome } = event.data as unknown as { readonly operation: string; readonly outcome: string };
      operations[`${operation} ${outcome}`] = (operations[`${operation} ${outcome}`] ?? 0) + 1;
    }
  };
  // From the first power-on: the checkers must know which programs the machines' units started.
  const { world, topology } = createCluster(options.preset, { seed: options.seed, onTrace });
  const fail = (checker: string, text: string) => violations.push({ checker, atMs: world.nowMs, event: 0, text });
  const nodes = topology.machines.filter((machine) => machine.role === 'worker').length;

  runUntil(world, bootLimitMs, () => store.readyNodes() >= nodes);
  if (store.readyNodes() < nodes) fail('the cluster comes up', `${store.readyNodes()} of ${nodes} workers are Ready after ${bootLimitMs / 1000} s`);
  world.spawn('laptop', { program: 'kubectl', args: workload });
  runUntil(world, world.nowMs + 60_000, () => store.deploymentReady('default/web', 6));

  const fromMs = world.nowMs + 1000;
  const untilMs = fromMs + options.faultMs;
  const client = world.spawn('laptop', { program: 'checker-client', args: ['3', String(untilMs)] });
  const faults = planFaults(random, topology, fromMs, options.faultMs);
  const undo: { readonly atMs: number; readonly action: () => void }[] = [];
  for (const { atMs, fault } of faults) {
    settle(world, undo, atMs);
    world.run(atMs);
    const action = inject(world, fault);
    if (action !== undefined && 'forMs' in fault) undo.push({ atMs: atMs + fault.forMs, action });
  }
  settle(world, undo, untilMs);
  world.run(untilMs);
  healAll(world);

  const deadline = world.nowMs + convergeLimitMs;
  const done = () => client.exit !== undefined && store.readyNodes() >= nodes && store.deploymentReady('default/web', 6) && store.podsSettled();
  runUntil(world, deadline, done);
  if (!done()) fail('everything converges after healing', `client ${client.exit === undefined ? 'still works' : 'done'}, ${store.describe()}`);
  for (const checker of checkers) {
    const text = checker.finish?.();
    if (text !== undefined) violations.push({ checker: checker.name, atMs: world.nowMs, event: 0, text });
  }
  return { seed: options.seed, violations, faults, operations, virtualMs: world.nowMs, steps: world.steps, hash: world.hash };
}

function runUntil(world: World, untilMs: number, done: () => boolean): void {
  while (world.nowMs < untilMs && !done()) world.run(Math.min(untilMs, world.nowMs + 500));
}

/** Undoes, at its time, what ends before `untilMs`. */
function settle(world: World, undo: { readonly atMs: number; readonly action: () => void }[], untilMs: number): void {
  undo.sort((a, b) => a.atMs - b.atMs);
  while (undo.length > 0 && (undo[0] as { readonly atMs: number }).atMs <= untilMs) {
    const { atMs, action } = undo.shift() as (typeof undo)[number];
    world.run(Math.max(atMs, world.nowMs));
    action();
  }
}

interface StoredObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly deletionTimestamp?: string; readonly ownerReferences?: readonly { readonly kind: string; readonly name: string }[] };
  readonly spec?: { readonly replicas?: number };
  readonly status?: {
    readonly readyReplicas?: number;
    readonly updatedReplicas?: number;
    readonly replicas?: number;
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** The newest committed state, from what etcd's members applied. */
class StoreView {
  private revision = 0;
  private readonly objects = new Map<string, StoredObject>();

  see(event: TraceEvent): void {
    if (event.data.type !== 'etcd.revision') return;
    const data = event.data as EtcdEvent & { readonly type: 'etcd.revision' };
    if (data.revision <= this.revision) return;
    this.revision = data.revision;
    for (const { key, value } of data.changes) {
      if (value === null) this.objects.delete(key);
      else this.objects.set(key, value as StoredObject);
    }
  }

  private under(prefix: string): StoredObject[] {
    const found: StoredObject[] = [];
    for (const [key, object] of this.objects) if (key.startsWith(prefix)) found.push(object);
    return found;
  }

  readyNodes(): number {
    return this.under('/registry/minions/').filter((node) => node.status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True')).length;
  }

  deploymentReady(name: string, replicas: number): boolean {
    const status = this.objects.get(`/registry/deployments/${name}`)?.status;
    return status?.readyReplicas === replicas && status.replicas === replicas && status.updatedReplicas === replicas;
  }

  /** No pod is on its way out or in. */
  podsSettled(): boolean {
    return this.under('/registry/pods/').every((pod) => pod.metadata.deletionTimestamp === undefined && pod.status?.phase === 'Running' && pod.status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') === true);
  }

  describe(): string {
    const web = this.objects.get('/registry/deployments/default/web')?.status;
    const unsettled = this.under('/registry/pods/')
      .filter((pod) => pod.metadata.deletionTimestamp !== undefined || pod.status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') !== true)
      .map((pod) => `${pod.metadata.name} ${pod.status?.phase ?? '?'}${pod.metadata.deletionTimestamp === undefined ? '' : ' terminating'}`);
    return `${this.readyNodes()} nodes Ready, web ${web?.readyReplicas ?? 0} ready, unsettled pods: ${unsettled.join(', ') || 'none'}`;
  }
}
