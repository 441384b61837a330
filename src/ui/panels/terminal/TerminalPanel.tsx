// A first, plain terminal: what was written, and a real input line (so that Hangul and on-screen keyboards work).
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { runLine } from '../../store/actions.ts';
import { session } from '../../store/session-client.ts';
import { terminalStore, useTerminal } from '../../store/terminal-store.ts';
import css from '../panels.module.css';

export function TerminalPanel() {
  const { t } = useTranslation();
  const machine = useTerminal((state) => state.machine);
  const entries = useTerminal((state) => state.entries[state.machine]);
  const prompt = useTerminal((state) => state.prompts[state.machine]) ?? `${machine}:~$ `;
  const busy = useTerminal((state) => state.busy[state.machine] === true);
  const [line, setLine] = useState('');
  const [back, setBack] = useState(0);
  const log = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (log.current !== null) log.current.scrollTop = log.current.scrollHeight;
  }, [entries]);
  const recall = (step: number) => {
    const { history } = terminalStore.getState();
    const at = Math.max(0, Math.min(history.length, back + step));
    setBack(at);
    setLine(at === 0 ? '' : (history.at(-at) ?? ''));
  };
  return (
    <div className={css.column} data-terminal>
      <div className={css.log} ref={log} role="log" aria-label={t('terminal.label', { machine })} tabIndex={0}>
        {entries === undefined ? <p className={css.hint}>{t('terminal.hint')}</p> : entries.map((entry) => <pre key={entry.id} data-kind={entry.kind}>{entry.kind === 'line' ? `${prompt}${entry.text}` : entry.text}</pre>)}
      </div>
      <form
        className={css.prompt}
        onSubmit={(event) => {
          event.preventDefault();
          if (busy) void session.command({ do: 'input', machine, text: `${line}\n` });
          else if (line.trim() !== '') void runLine(line, machine);
          setLine('');
          setBack(0);
        }}
      >
        <span aria-hidden="true">{busy ? '…' : prompt}</span>
        <input
          id="terminal-line" value={line} aria-label={t('terminal.input')} placeholder={entries === undefined ? t('terminal.empty') : ''} autoComplete="off" autoCapitalize="off" autoCorrect="off" spellCheck={false} enterKeyHint="send"
          onChange={(event) => setLine(event.target.value)}
          onKeyDown={(event) => {
            if (event.nativeEvent.isComposing) return;
            if (event.code === 'ArrowUp') { event.preventDefault(); recall(1); }
            else if (event.code === 'ArrowDown') { event.preventDefault(); recall(-1); }
            else if (event.ctrlKey && event.code === 'KeyC' && busy) { event.preventDefault(); void session.command({ do: 'interrupt', machine }); }
          }}
        />
      </form>
    </div>
  );
}
