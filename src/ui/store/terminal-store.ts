// What each machine's terminal shows. Text comes from the session; buttons add the line that stands for them.
import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { TerminalOutput } from '../../session/protocol.ts';

export interface TerminalEntry {
  readonly id: number;
  readonly kind: 'line' | 'stdout' | 'stderr' | 'exit' | 'note';
  readonly text: string;
}
/** A program waits until somebody has edited this text. */
export interface OpenEdit {
  readonly machine: string;
  readonly editor: number;
  readonly what: string;
  readonly text: string;
}
export interface TerminalState {
  readonly machine: string;
  readonly entries: Readonly<Record<string, readonly TerminalEntry[]>>;
  readonly prompts: Readonly<Record<string, string>>;
  readonly busy: Readonly<Record<string, boolean>>;
  readonly history: readonly string[];
  readonly edit: OpenEdit | undefined;
}

const limit = 2000;
let nextId = 1;

/** What stands before the first line, before a shell has said its own prompt. */
export function firstPrompt(machine: string): string {
  return `root@${machine}:~# `;
}

export const terminalStore = createStore<TerminalState>(() => ({ machine: 'laptop', entries: {}, prompts: {}, busy: {}, history: [], edit: undefined }));
export function useTerminal<T>(select: (state: TerminalState) => T): T {
  return useStore(terminalStore, select);
}

export function showOutput(outputs: readonly TerminalOutput[]): void {
  if (outputs.length === 0) return;
  const state = terminalStore.getState();
  const entries: Record<string, readonly TerminalEntry[]> = { ...state.entries };
  const prompts = { ...state.prompts };
  const busy = { ...state.busy };
  let { history, edit } = state;
  const touched = new Map<string, TerminalEntry[]>();
  for (const output of outputs) {
    let list = touched.get(output.machine);
    if (list === undefined) touched.set(output.machine, (list = [...(entries[output.machine] ?? [])]));
    if (output.kind === 'line') {
      list.push({ id: nextId++, kind: 'line', text: `${prompts[output.machine] ?? firstPrompt(output.machine)}${output.text}` });
      busy[output.machine] = true;
      if (output.text !== '' && history.at(-1) !== output.text) history = [...history, output.text];
      continue;
    }
    if (output.prompt !== undefined) prompts[output.machine] = output.prompt;
    if (output.kind === 'edit' || output.kind === 'edited') {
      edit = output.kind === 'edited' ? undefined : { machine: output.machine, editor: output.editor ?? 0, what: output.what ?? '', text: output.text };
      continue;
    }
    if (output.kind === 'exit') {
      busy[output.machine] = false;
      if (edit?.machine === output.machine) edit = undefined;
      continue;
    }
    const last = list.at(-1);
    // A program may write half a line; what follows belongs to it.
    if (last !== undefined && last.kind === output.kind && (output.kind === 'stdout' || output.kind === 'stderr') && !last.text.endsWith('\n')) {
      list[list.length - 1] = { ...last, text: last.text + output.text };
    } else list.push({ id: nextId++, kind: output.kind, text: output.text });
  }
  for (const [machine, list] of touched) entries[machine] = list.length > limit ? list.slice(-limit) : list;
  terminalStore.setState({ entries, prompts, busy, history, edit });
}

/** A line that stands for a button, so that every action can be learnt as a command. */
export function showNote(text: string, machine = 'laptop'): void {
  const state = terminalStore.getState();
  const list = [...(state.entries[machine] ?? []), { id: nextId++, kind: 'note' as const, text }];
  terminalStore.setState({ entries: { ...state.entries, [machine]: list.slice(-limit) } });
}

export function restartTerminals(outputs: readonly TerminalOutput[]): void {
  terminalStore.setState({ entries: {}, busy: {}, prompts: {}, edit: undefined });
  showOutput(outputs);
}
