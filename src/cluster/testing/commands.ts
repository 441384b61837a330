// Programs run on machines of a world by tests, to their end.
import { expect } from 'vitest';
import type { World } from '../../kernel/world.ts';

export interface Outcome {
  readonly code: number | undefined;
  /** All that it says. */
  readonly text: string;
  readonly stdout: string;
}

/** Runs a program on a machine to its end. */
export function run(world: World, machine: string, program: string, args: readonly string[], patienceMs = 120_000): Outcome {
  let text = '';
  let stdout = '';
  const onOutput = (stream: 'stdout' | 'stderr', part: string): void => {
    text += part;
    if (stream === 'stdout') stdout += part;
  };
  const process = world.spawn(machine, { program, args, privileged: true, onOutput });
  world.run(world.nowMs + patienceMs, () => process.exit !== undefined);
  return { code: process.exit?.code, text, stdout };
}

export const words = (line: string): string[] => line.trim().split(/\s+/);

/** A command line that must succeed, in the machine's shell; what it says. */
export function sh(world: World, machine: string, script: string, patienceMs = 900_000): string {
  const { code, text } = run(world, machine, 'bash', ['-c', script], patienceMs);
  expect(code, `${machine}# ${script}\n${text}`).toBe(0);
  return text;
}
