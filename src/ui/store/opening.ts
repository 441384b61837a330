// Which run the page opens with: the one that a link carries, or a new one of the preset that the address names.
import { presetNames, type Run } from '../../session/protocol.ts';
import { newRun } from './session-client.ts';

export interface Opening {
  readonly run: Run;
  readonly options: { readonly untilMs?: number; readonly playing?: boolean; readonly speed?: number };
}

/** Links that carry a whole run (`#run=...`) are read by the share panel, which is loaded only then. */
export async function openingRun(): Promise<Opening> {
  if (location.hash.startsWith('#run=')) {
    const readers = import.meta.glob<{ readRun(hash: string): Promise<Opening | undefined> }>('../panels/share/read-run.ts');
    const reader = await readers['../panels/share/read-run.ts']?.();
    const opened = await reader?.readRun(location.hash);
    if (opened !== undefined) return opened;
  }
  const query = new URLSearchParams(location.search);
  const preset = presetNames.find((name) => name === query.get('preset')) ?? 'default';
  const seed = Number(query.get('seed') ?? 1);
  const nodes = Number(query.get('nodes') ?? 0);
  return { run: newRun(preset, Number.isSafeInteger(seed) && seed >= 0 ? seed : 1, nodes > 0 && nodes <= 100 ? nodes : undefined), options: {} };
}
