// One seed of trouble: boot, work, faults, healing, convergence, with every checker watching. A pure function of its options: the same seed,
// the same history. Pure of any console, too: the command line prints.
import type { Program } from '../kernel/host.ts';
import { createRandom } from '../kernel/random.ts';
import type { TraceEvent, World } from '../kernel/world.ts';
import type { CheckerClientEvent, CheckerClientOptions } from './checker-client.ts';
import { allCheckers } from './checkers/checkers.ts';
import { Jury, type Violation } from './checkers/checker.ts';
import { describeDivergence } from './checkers/convergence.ts';
import { createCluster, type Cluster } from './create-cluster.ts';
import { perform, type Deed } from './deeds.ts';
import { healingOf, injectionOf, kindOf, type PlannedFault } from './faults.ts';
import { planFaults } from './plan-faults.ts';
import type { ClusterShape, PresetName } from './presets/presets.ts';
import { drawScenario, type Scenario } from './scenario.ts';
import { StoreView } from './store-view.ts';
import { etcdMachinesOf, mastersOf, workersOf } from './topology.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** A preset's cluster; left out, cluster and workload are drawn from the seed as well. */
  readonly preset?: PresetName;
  /** Length of the time of faults. */
  readonly faultMs: number;
  /** Instead of the schedule that the seed gives: how a failing one is cut down. */
  readonly faults?: readonly PlannedFault[];
  /** Programs that take the place of those with their names: how mistakes are planted. */
  readonly programs?: readonly Program[];
  /** More flags for the members; clusters without kubelets only. */
  readonly etcdArgs?: readonly string[];
  /** Sees every event too: how a failing seed is looked into. */
  readonly watch?: (event: TraceEvent) => void;
}

export interface SimulationResult {
  readonly seed: number;
  readonly shape: ClusterShape | PresetName;
  readonly violations: readonly Violation[];
  readonly faults: readonly PlannedFault[];
  /** Those of them that found something to break, by kind. */
  readonly injected: Readonly<Record<string, number>>;
  /** All that was done to the world, when: the same again gives the same history. */
  readonly deeds: readonly { readonly atMs: number; readonly deed: Deed }[];
  /** World time at which the schedule of faults begins. */
  readonly faultsFromMs: number;
  /** Operations of the judge's client by outcome. */
  readonly operations: Readonly<Record<string, number>>;
  readonly virtualMs: number;
  readonly steps: number;
  readonly events: number;
  readonly hash: string;
}

const bootLimitMs = 180_000;
const convergeLimitMs = 900_000;
const presetScenario = { workers: 3, watchers: 2, paceMs: 1500 };

/** Ends early, at the first violation. */
export function simulate(options: SimulationOptions): SimulationResult {
  return new Simulation(options).run();
}

class Simulation {
  private readonly options: SimulationOptions;
  private readonly scenario: Pick<Scenario, 'workload'> & { readonly shape: ClusterShape | PresetName };
  private readonly jury = new Jury(allCheckers());
  private readonly operations: Record<string, number> = {};
  private readonly store = new StoreView();
  private readonly cluster: Cluster;
  private readonly world: World;
  private readonly injected: Record<string, number> = {};
  private readonly deeds: { readonly atMs: number; readonly deed: Deed }[] = [];
  private events = 0;
  private faults: readonly PlannedFault[] = [];
  private faultsFromMs = 0;

  constructor(options: SimulationOptions) {
    this.options = options;
    const drawn = options.preset === undefined ? drawScenario(options.seed) : { shape: options.preset, workload: presetScenario };
    this.scenario = typeof drawn.shape === 'string' || options.etcdArgs === undefined ? drawn : { ...drawn, shape: { ...drawn.shape, etcdArgs: [...(drawn.shape.etcdArgs ?? []), ...options.etcdArgs] } };
    this.cluster = createCluster(this.scenario.shape, {
      seed: options.seed,
      ...(options.programs === undefined ? {} : { extraPrograms: options.programs }),
      // The checkers must know which programs the machines' units start, and whom to ask.
      onCreated: (world) => this.jury.attach(world),
      onTrace: (event) => this.see(event),
    });
    this.world = this.cluster.world;
  }

  private see(event: TraceEvent): void {
    this.events++;
    this.options.watch?.(event);
    this.store.see(event);
    this.jury.see(event);
    if (event.data.type !== 'checker.operation') return;
    const { operation, outcome } = event.data as CheckerClientEvent & { readonly type: 'checker.operation' };
    this.operations[`${operation} ${outcome}`] = (this.operations[`${operation} ${outcome}`] ?? 0) + 1;
  }

  run(): SimulationResult {
    if (this.boot() && this.trouble()) this.settle();
    const { world } = this;
    this.jury.finish(world.nowMs);
    return {
      seed: this.options.seed, shape: this.scenario.shape, violations: this.jury.violations, faults: this.faults, injected: this.injected, deeds: this.deeds, faultsFromMs: this.faultsFromMs, operations: this.operations,
      virtualMs: world.nowMs, steps: world.steps, events: this.events, hash: world.hash,
    };
  }

  private act(deeds: readonly Deed[]): void {
    const { world } = this;
    for (const deed of deeds) {
      perform(world, deed);
      this.deeds.push({ atMs: world.nowMs, deed });
      // What it sets off at this moment comes before the next one: as when a recorded run is played.
      world.run(world.nowMs, () => this.isBroken);
    }
  }

  private fail(checker: string, text: string): false {
    this.jury.violations.push({ checker, atMs: this.world.nowMs, event: 0, text });
    return false;
  }

  private get isBroken(): boolean {
    return this.jury.violations.length > 0;
  }

  /** False when something was violated on the way. */
  private runUntil(untilMs: number): boolean {
    if (this.isBroken) return false;
    if (untilMs > this.world.nowMs) this.world.run(untilMs, () => this.isBroken);
    return !this.isBroken;
  }

  /** Whether `done` became true in time, looked at every `stepMs`. */
  private waitFor(limitMs: number, stepMs: number, done: () => boolean): boolean {
    const { world } = this;
    const untilMs = world.nowMs + limitMs;
    while (world.nowMs < untilMs && !this.isBroken && !done()) this.runUntil(Math.min(untilMs, world.nowMs + stepMs));
    return done();
  }

  private get withNodes(): boolean {
    return this.cluster.topology.hardWay !== true;
  }

  private boot(): boolean {
    const { store, cluster } = this;
    const workers = workersOf(cluster.topology).length;
    const isUp = (): boolean => (this.withNodes ? store.readyNodes() >= workers : ['kube-scheduler', 'kube-controller-manager'].every((each) => store.has(`/registry/leases/kube-system/${each}`)));
    const up = this.waitFor(bootLimitMs, 500, isUp);
    if (this.isBroken) return false;
    if (!up) return this.fail('the cluster comes up', `not within ${bootLimitMs / 1000} s: ${store.describe()}`);
    // A load balancer looks twice before it believes in a server.
    for (let tries = 0; tries < 30 && !store.has('/registry/deployments/default/web'); tries++) {
      this.act([{ do: 'spawn', machine: 'laptop', program: 'kubectl', args: ['create', 'deployment', 'web', '--image=nginx:1.27', '--replicas=3'] }]);
      this.waitFor(2000, 500, () => store.has('/registry/deployments/default/web'));
    }
    this.waitFor(60_000, 500, () => store.deploymentDone('default/web', this.withNodes));
    return !this.isBroken;
  }

  private trouble(): boolean {
    const { world, options } = this;
    const { topology } = this.cluster;
    const fromMs = Math.ceil(world.nowMs) + 1000;
    this.faultsFromMs = fromMs;
    this.faults = options.faults ?? planFaults(createRandom(options.seed, 'faults'), topology, options.faultMs);
    const untilMs = fromMs + options.faultMs;
    const direct = mastersOf(topology).map((each) => `https://${each.address}:6443`);
    const client: CheckerClientOptions = { ...this.scenario.workload, servers: ['', ...direct], untilMs, deployment: 'web' };
    this.act([{ do: 'spawn', machine: 'laptop', program: 'checker-client', args: [JSON.stringify(client)] }]);
    const members = etcdMachinesOf(topology).map((each) => each.name);
    const undo: { readonly atMs: number; readonly deeds: () => readonly Deed[] }[] = [];
    const settleUntil = (limitMs: number): void => {
      undo.sort((a, b) => a.atMs - b.atMs);
      while (undo.length > 0 && (undo[0] as { readonly atMs: number }).atMs <= limitMs) {
        const { atMs, deeds } = undo.shift() as (typeof undo)[number];
        if (!this.runUntil(atMs)) return;
        this.act(deeds());
      }
      this.runUntil(limitMs);
    };
    for (const { atMs, fault } of this.faults) {
      settleUntil(fromMs + atMs);
      if (this.isBroken) return false;
      const { deeds, undo: ending } = injectionOf(world, fault, members);
      if (deeds.length > 0) this.injected[kindOf(fault)] = (this.injected[kindOf(fault)] ?? 0) + 1;
      this.act(deeds);
      if (ending !== undefined && 'forMs' in fault) undo.push({ atMs: fromMs + atMs + fault.forMs, deeds: ending });
    }
    settleUntil(untilMs);
    if (this.isBroken) return false;
    this.act(healingOf(world));
    return !this.isBroken;
  }

  /** After healing: the client ends well, the workload is as wanted, and all copies are the same. */
  private settle(): void {
    const { world, store, withNodes } = this;
    const workers = workersOf(this.cluster.topology).length;
    const busy = new Set(['checker-client', 'member-replacer']);
    const clientLeft = (): boolean => world.machines.every((machine) => machine.processes().every((each) => !busy.has(each.program)));
    const isDone = (): boolean => clientLeft() && store.readyNodes() >= workers && store.deploymentDone('default/web', withNodes) && store.podsSettled(withNodes);
    if (!this.waitFor(convergeLimitMs, 500, isDone)) {
      if (!this.isBroken) this.fail('everything converges after healing', `the client ${clientLeft() ? 'is done' : 'still works'}; ${store.describe()}`);
      return;
    }
    const members = etcdMachinesOf(this.cluster.topology).length;
    let divergence: string | undefined;
    if (!this.waitFor(60_000, 77, () => (divergence = describeDivergence(world, members)) === undefined) && !this.isBroken) this.fail('all replicas and caches converge after healing', divergence ?? '');
  }
}
