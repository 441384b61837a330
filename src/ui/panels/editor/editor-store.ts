// The YAML on the desk: its text, which example it came from, and what is wrong with it, as the cluster's own rules say.
import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import { session } from '../../store/session-client.ts';
import { terminalStore, type OpenEdit } from '../../store/terminal-store.ts';
import guestbook from './examples/guestbook.yaml?raw';
import metricsServer from './examples/metrics-server.yaml?raw';
import nginx from './examples/nginx.yaml?raw';
import service from './examples/service.yaml?raw';

/** One problem of the text; lines and columns from 1. `key` and `params` say it in the page's language where there is a text for it. */
export interface YamlProblem {
  readonly line: number;
  readonly column: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly key?: string;
  readonly params?: Readonly<Record<string, string | number>>;
}

/** What a rich editor takes over from the plain one: the selection, in characters, and how far it was scrolled. */
export interface Cursor {
  readonly from: number;
  readonly to: number;
  readonly scrollTop: number;
}

export interface EditorState {
  readonly file: string;
  readonly text: string;
  readonly problems: readonly YamlProblem[];
  /** Counts replacements from outside (an example, a lesson's file), which a mounted editor takes over. */
  readonly epoch: number;
  /** Where an editor should put the cursor next. */
  readonly reveal: { readonly line: number; readonly column: number } | undefined;
}

export const examples: Readonly<Record<string, string>> = { nginx, service, guestbook, 'metrics-server': metricsServer };

export const editorStore = createStore<EditorState>(() => ({ file: 'nginx', text: nginx, problems: [], epoch: 0, reveal: undefined }));

export function useEditor<T>(select: (state: EditorState) => T): T {
  return useStore(editorStore, select);
}

let timer: ReturnType<typeof setTimeout> | undefined;
let asked = 0;

/** The person typed. Checked after a pause. */
export function editText(text: string): void {
  editorStore.setState({ text });
  clearTimeout(timer);
  timer = setTimeout(() => void check(), 250);
}

/** Another text is laid on the desk. */
export function openText(file: string, text: string): void {
  editorStore.setState((state) => ({ file, text, problems: [], epoch: state.epoch + 1, reveal: undefined }));
  void check();
}

export function reveal(problem: Pick<YamlProblem, 'line' | 'column'>): void {
  editorStore.setState({ reveal: { line: problem.line, column: problem.column } });
}

export async function check(): Promise<readonly YamlProblem[]> {
  const number = ++asked;
  const { text } = editorStore.getState();
  const answer = await session.query<{ readonly problems?: readonly YamlProblem[] } | undefined>({ query: 'check-yaml', text });
  const problems = answer?.problems ?? [];
  if (number === asked) editorStore.setState({ problems });
  return problems;
}

/** What lay on the desk before a program opened a file there. */
let aside: Pick<EditorState, 'file' | 'text'> | undefined;
let shownEdit: OpenEdit | undefined;

/** A file that a program wants edited takes the desk; what lay there comes back afterwards. */
function takeEdit(edit: OpenEdit | undefined): void {
  if (edit === shownEdit) return;
  shownEdit = edit;
  const { file, text } = editorStore.getState();
  if (edit !== undefined) {
    aside ??= { file, text };
    openText(edit.what, edit.text);
  } else if (aside !== undefined) {
    openText(aside.file, aside.text);
    aside = undefined;
  }
}
takeEdit(terminalStore.getState().edit);
terminalStore.subscribe(({ edit }) => takeEdit(edit));
