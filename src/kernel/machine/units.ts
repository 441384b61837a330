// A machine's init: programs that start with the power and are kept running, until somebody stops them.
import type { ExitStatus, SpawnOptions, UnitStatus } from '../host.ts';
import type { SimProcess } from './process.ts';

const restartMs = 1000;

export type UnitOptions = SpawnOptions & { readonly restart?: boolean };

interface Unit {
  readonly name: string;
  readonly options: UnitOptions;
  wanted: boolean;
  process: SimProcess | undefined;
  exit: ExitStatus | undefined;
  /** Counts starts, stops and boots: a restart that was planned before the last of them does not happen. */
  turn: number;
}

export interface UnitOwner {
  isOn(): boolean;
  spawnUnit(options: SpawnOptions): SimProcess;
  later(delayMs: number, then: () => void): void;
}

export class Units {
  private readonly owner: UnitOwner;
  private readonly all: readonly Unit[];

  constructor(owner: UnitOwner, options: readonly UnitOptions[]) {
    this.owner = owner;
    this.all = options.map((each) => ({ name: each.name ?? each.program, options: each, wanted: false, process: undefined, exit: undefined, turn: 0 }));
  }

  boot(): void {
    for (const unit of this.all) this.start(unit);
  }

  /** The power went: processes are gone without an end of their own. */
  forget(): void {
    for (const unit of this.all) {
      unit.turn++;
      unit.process = undefined;
    }
  }

  list(): readonly UnitStatus[] {
    return this.all.map(({ name, process, wanted, exit, options }) => ({
      name,
      state: process !== undefined ? 'active' : wanted && options.restart !== false ? 'auto-restart' : 'inactive',
      pid: process?.pid,
      exit,
    }));
  }

  control(name: string, action: 'start' | 'stop' | 'restart'): void {
    const unit = this.all.find((each) => each.name === name);
    if (unit === undefined) throw new Error(`Unit ${name}.service could not be found.`);
    if (action === 'start') return this.start(unit);
    if (action === 'stop') return this.stop(unit);
    const { process } = unit;
    this.stop(unit);
    if (process === undefined || process.exit !== undefined) this.start(unit);
    else unit.wanted = true;
  }

  private start(unit: Unit): void {
    unit.wanted = true;
    if (unit.process !== undefined) return;
    unit.turn++;
    const process = this.owner.spawnUnit(unit.options);
    unit.process = process;
    process.onEnd = () => this.ended(unit, process);
  }

  private stop(unit: Unit): void {
    unit.wanted = false;
    unit.turn++;
    unit.process?.signal('SIGTERM');
  }

  private ended(unit: Unit, process: SimProcess): void {
    if (unit.process !== process) return;
    unit.process = undefined;
    unit.exit = process.exit;
    if (!unit.wanted || unit.options.restart === false) return;
    const { turn } = unit;
    this.owner.later(restartMs, () => {
      if (this.owner.isOn() && unit.turn === turn && unit.wanted) this.start(unit);
    });
  }
}
