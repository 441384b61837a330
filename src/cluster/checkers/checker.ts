// What is true of every run, checked while it runs. A checker sees every traced event and says what broke.
import type { TraceEvent } from '../../kernel/world.ts';

export interface Violation {
  readonly checker: string;
  readonly atMs: number;
  readonly event: number;
  readonly text: string;
}

export interface Checker {
  readonly name: string;
  /** Returns what is violated, if anything. */
  see(event: TraceEvent): string | undefined;
  /** Checks that need the whole run; called once at its end. */
  finish?(): string | undefined;
}
