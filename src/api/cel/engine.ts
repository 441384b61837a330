// The seam behind which the expression language lies: whoever starts a world gives it in, so that a page need not carry it in its first chunk.
import type { Environment, EnvironmentOptions, evaluate } from './environment.ts';

export interface CelEngine {
  environment(options: EnvironmentOptions): Environment;
  readonly evaluate: typeof evaluate;
}

let engine: CelEngine | undefined;

/** Given once, before a world begins: what runs must not depend on when it came. */
export function provideCel(given: CelEngine): void {
  engine = given;
}

export function cel(): CelEngine {
  if (engine === undefined) throw new Error('no expression language was provided: see api/cel/provide.ts');
  return engine;
}
