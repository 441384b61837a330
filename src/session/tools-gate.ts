// The code that only a person's doing needs comes after the cluster's own (decision 70). A command is recorded at the moment at which it is given to
// the run, so what needs that code waits here until it is there; what only changes how the run is watched does not.
import type { Control, Query, ToSession } from './protocol.ts';

const immediate: ReadonlySet<Control['control']> = new Set(['play', 'pause', 'speed', 'fold-idle', 'families', 'follow']);
const toolless: ReadonlySet<Query['query']> = new Set(['run', 'hash', 'presets']);

export class ToolsGate {
  private state: 'here' | 'coming' | 'failed';
  private held: ToSession[] = [];
  /** Why they did not come. */
  problem = '';

  constructor(areComing: boolean) {
    this.state = areComing ? 'coming' : 'here';
  }

  /** They will not come: the cluster goes on, but nothing can be done to it. */
  get hasFailed(): boolean {
    return this.state === 'failed';
  }

  /** True when the message has to wait; it is kept then. */
  hold(message: ToSession): boolean {
    if (!this.mustWait(message)) return false;
    this.held.push(message);
    return true;
  }

  private mustWait(message: ToSession): boolean {
    if (this.state !== 'coming') return false;
    switch (message.kind) {
      case 'command':
        return true;
      case 'query':
        return !toolless.has(message.query.query);
      case 'control': {
        const { control } = message;
        if (control.control === 'start') return control.run.inputs.length > 0;
        if (control.control === 'undo' || control.control === 'hop' || control.control === 'next-moment') return true;
        return !immediate.has(control.control) && this.held.some(({ kind }) => kind !== 'query');
      }
    }
  }

  /** Another run begins: what was to be done to the one before is void. */
  forgetDeeds(): void {
    this.held = this.held.filter(({ kind }) => kind === 'query');
  }

  /** Whether the query can never be answered. */
  refuses(query: Query): boolean {
    return this.hasFailed && !toolless.has(query.query);
  }

  open(): void {
    this.state = 'here';
  }

  fail(problem: string): void {
    this.state = 'failed';
    this.problem = problem;
  }

  /** What waited, in its order. */
  takeHeld(): readonly ToSession[] {
    const { held } = this;
    this.held = [];
    return held;
  }
}
