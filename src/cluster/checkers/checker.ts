// What is true of every run, checked while it runs. A checker sees the traced events it asks for and says what broke.
import type { TraceEvent, World } from '../../kernel/world.ts';

export interface Violation {
  readonly checker: string;
  readonly atMs: number;
  readonly event: number;
  readonly text: string;
}

export interface Checker {
  readonly name: string;
  /** Types of the events it wants to see; all when left out. */
  readonly sees?: readonly string[];
  /** The world that is watched, before its first event: for checkers that ask programs for what they show. */
  attach?(world: World): void;
  /** Returns what is violated, if anything. */
  see(event: TraceEvent): string | undefined;
  /** Checks that need the whole run; called once at its end. */
  finish?(): string | undefined;
}

/** All checkers of one run: each event goes to those that want it. */
export class Jury {
  readonly violations: Violation[] = [];
  private readonly checkers: readonly Checker[];
  private readonly all: readonly Checker[];
  private readonly byType = new Map<string, readonly Checker[]>();

  constructor(checkers: readonly Checker[]) {
    this.checkers = checkers;
    this.all = checkers.filter((each) => each.sees === undefined);
  }

  attach(world: World): void {
    for (const checker of this.checkers) checker.attach?.(world);
  }

  see(event: TraceEvent): void {
    const { type } = event.data;
    let concerned = this.byType.get(type);
    if (concerned === undefined) {
      concerned = [...this.all, ...this.checkers.filter((each) => each.sees?.includes(type) === true)];
      this.byType.set(type, concerned);
    }
    for (const checker of concerned) {
      const text = checker.see(event);
      if (text !== undefined) this.violations.push({ checker: checker.name, atMs: event.atMs, event: event.id, text });
    }
  }

  finish(atMs: number): void {
    for (const checker of this.checkers) {
      const text = checker.finish?.();
      if (text !== undefined) this.violations.push({ checker: checker.name, atMs, event: 0, text });
    }
  }
}
