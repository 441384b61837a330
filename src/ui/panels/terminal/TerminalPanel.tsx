// The terminal: what was written, and a real input line (so that Hangul and on-screen keyboards work). Up and Down recall, Tab completes,
// Ctrl R searches what was typed before.
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { interrupt, runLine, typeIn } from '../../store/actions.ts';
import { useScene } from '../../store/scene-store.ts';
import { session } from '../../store/session-client.ts';
import { firstPrompt, terminalStore, useTerminal } from '../../store/terminal-store.ts';
import panels from '../panels.module.css';
import css from './terminal.module.css';

interface Completion {
  readonly from: number;
  readonly options: readonly { readonly text: string; readonly about?: string }[];
}
interface Search {
  readonly text: string;
  /** How many matches further back. */
  readonly back: number;
}

function commonStart(texts: readonly string[]): string {
  let start = texts[0] ?? '';
  for (const text of texts) while (!text.startsWith(start)) start = start.slice(0, -1);
  return start;
}

function found(history: readonly string[], search: Search): string | undefined {
  return history.filter((line) => line.includes(search.text)).at(-1 - search.back);
}

export function TerminalPanel() {
  const { t } = useTranslation();
  const machine = useTerminal((state) => state.machine);
  const entries = useTerminal((state) => state.entries[state.machine]);
  const prompt = useTerminal((state) => state.prompts[state.machine]) ?? firstPrompt(machine);
  const busy = useTerminal((state) => state.busy[state.machine] === true);
  const [line, setLine] = useState('');
  const [back, setBack] = useState(0);
  const [options, setOptions] = useState<Completion | undefined>(undefined);
  const [search, setSearch] = useState<Search | undefined>(undefined);
  const log = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (log.current !== null) log.current.scrollTop = log.current.scrollHeight;
  }, [entries, options]);

  const edit = (text: string) => {
    setLine(text);
    setOptions(undefined);
  };
  const recall = (step: number) => {
    const { history } = terminalStore.getState();
    const at = Math.max(0, Math.min(history.length, back + step));
    setBack(at);
    edit(at === 0 ? '' : (history.at(-at) ?? ''));
  };
  const put = (completion: Completion, text: string, cursor: number) => {
    const whole = `${line.slice(0, completion.from)}${text}${line.slice(cursor)}`;
    edit(whole);
    const at = completion.from + text.length;
    requestAnimationFrame(() => input.current?.setSelectionRange(at, at));
    input.current?.focus();
  };
  const complete = async () => {
    const cursor = input.current?.selectionStart ?? line.length;
    const answer = await session.query<Completion | undefined>({ query: 'completions', machine, line, cursor });
    if (answer === undefined || !Array.isArray(answer.options) || answer.options.length === 0) return;
    const typed = line.slice(answer.from, cursor);
    const only = answer.options.length === 1 ? answer.options[0]?.text : undefined;
    if (only !== undefined) return put(answer, only.endsWith('/') || only.endsWith('=') || only.endsWith(' ') ? only : `${only} `, cursor);
    const start = commonStart(answer.options.map((option) => option.text));
    if (start.length > typed.length) put(answer, start, cursor);
    setOptions(answer);
  };
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.ctrlKey && event.code === 'KeyR') {
      event.preventDefault();
      setSearch(search === undefined ? { text: line, back: 0 } : { ...search, back: search.back + 1 });
    } else if (search !== undefined && (event.code === 'Escape' || (event.ctrlKey && event.code === 'KeyG'))) {
      event.preventDefault();
      event.stopPropagation();
      setSearch(undefined);
    } else if (search !== undefined && (event.code === 'Tab' || event.code === 'ArrowRight')) {
      event.preventDefault();
      edit(found(terminalStore.getState().history, search) ?? line);
      setSearch(undefined);
    } else if (event.code === 'ArrowUp') { event.preventDefault(); recall(1); }
    else if (event.code === 'ArrowDown') { event.preventDefault(); recall(-1); }
    else if (event.code === 'Tab' && !event.shiftKey && line.trim() !== '' && !busy) { event.preventDefault(); void complete(); }
    else if (event.ctrlKey && event.code === 'KeyC') {
      // With a selection it copies, as everywhere.
      if (input.current !== null && input.current.selectionStart !== input.current.selectionEnd) return;
      event.preventDefault();
      if (busy) interrupt(machine);
      else edit('');
    }
  };
  return (
    <div className={panels.column} data-terminal>
      <Machines />
      <div className={panels.log} ref={log} role="log" aria-label={t('terminal.label', { machine })} tabIndex={0}>
        {entries === undefined ? <p className={css.hint}>{t('terminal.hint')} <code>kubectl get pods -A</code></p> : entries.map((entry) => <pre key={entry.id} data-kind={entry.kind}>{entry.text}</pre>)}
      </div>
      {options !== undefined && (
        <ul className={css.options}>
          {options.options.slice(0, 60).map((option) => <li key={option.text}><button type="button" title={option.about} onClick={() => put(options, `${option.text} `, input.current?.selectionStart ?? line.length)}>{option.text}</button></li>)}
        </ul>
      )}
      <form
        className={panels.prompt}
        onSubmit={(event) => {
          event.preventDefault();
          if (search !== undefined) {
            edit(found(terminalStore.getState().history, search) ?? search.text);
            setSearch(undefined);
            return;
          }
          if (busy) typeIn(machine, `${line}\n`);
          else if (line.trim() !== '') void runLine(line, machine);
          edit('');
          setBack(0);
        }}
      >
        <span aria-hidden="true">{search !== undefined ? `(reverse-i-search)\`${found(terminalStore.getState().history, search) ?? ''}': ` : busy ? '…' : prompt}</span>
        <input
          ref={input} id="terminal-line" value={search?.text ?? line} aria-label={t('terminal.input')} placeholder={entries === undefined && search === undefined ? t('terminal.empty') : ''} autoComplete="off" autoCapitalize="off" autoCorrect="off" spellCheck={false} enterKeyHint="send"
          onChange={(event) => (search === undefined ? edit(event.target.value) : setSearch({ text: event.target.value, back: 0 }))}
          onKeyDown={onKey}
        />
        {busy && <button type="button" className={css.stop} onClick={() => interrupt(machine)}>{t('terminal.interrupt')}</button>}
      </form>
    </div>
  );
}

/** Whose shell it is: shown once there is more than one to be in. */
function Machines() {
  const { t } = useTranslation();
  const machine = useTerminal((state) => state.machine);
  const key = useScene((scene) => [...scene.machines.values()].filter((one) => one.role === 'client' || one.role === 'master' || one.role === 'etcd' || one.role === 'worker').map((one) => one.name).join(' '));
  const names = key === '' ? [] : key.split(' ');
  if (names.length < 2) return null;
  return (
    <div className={css.machines} role="group" aria-label={t('terminal.machine')}>
      {names.map((name) => <button key={name} type="button" aria-pressed={name === machine} onClick={() => terminalStore.setState({ machine: name })}>{name}</button>)}
    </div>
  );
}
