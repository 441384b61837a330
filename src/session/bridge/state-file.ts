// A run that outlives its process: what made it, what was done to it, how far it got, and the door's keys, as one JSON file.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import * as v from 'valibot';
import { readRun } from '../link.ts';
import type { Run } from '../protocol.ts';
import type { KeptIdentity } from './door-identity.ts';

export interface SavedState {
  readonly run: Run;
  readonly momentMs: number;
  readonly identity: KeptIdentity;
}

const certified = v.object({ certificatePem: v.string(), keyPem: v.string() });
const stateSchema = v.object({
  terrarium: v.literal('state'),
  run: v.unknown(),
  momentMs: v.pipe(v.number(), v.finite(), v.minValue(0)),
  identity: v.object({ authority: certified, client: certified, token: v.pipe(v.string(), v.minLength(16)) }),
});

/** undefined when there is no such file yet. Throws an Error whose message says what is wrong with it; the file is left as it is. */
export function readState(path: string): SavedState | undefined {
  if (!existsSync(path)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch (error) {
    throw new Error(`${path} cannot be read as a saved run: ${(error as Error).message}`);
  }
  const state = v.safeParse(stateSchema, value);
  if (!state.success) throw new Error(`${path} is no saved run: ${v.getDotPath(state.issues[0]) ?? 'it'}: ${state.issues[0].message}`);
  const { run, problem } = readRun(state.output.run);
  if (run === undefined) throw new Error(`${path} is no saved run: ${problem ?? ''}`);
  return { run, momentMs: state.output.momentMs, identity: state.output.identity };
}

/** The old file is there until the new one is whole. */
export function writeState(path: string, state: SavedState): void {
  const next = `${path}.next`;
  writeFileSync(next, JSON.stringify({ terrarium: 'state', ...state }), { mode: 0o600 });
  renameSync(next, path);
}
