// A line for a machine's shell, and a button that types it there.
import { useTranslation } from 'react-i18next';
import { Button } from '../design/Button.tsx';
import { showPanel } from '../layout/show-panel.ts';
import { runLine } from '../store/actions.ts';
import { terminalStore } from '../store/terminal-store.ts';
import css from './panels.module.css';

export function LineToRun({ machine, line }: { readonly machine: string; readonly line: string }) {
  const { t } = useTranslation();
  const run = () => {
    terminalStore.setState({ machine });
    showPanel('terminal');
    void runLine(line, machine);
  };
  return (
    <div className={css.line}>
      <code>{machine}$ {line}</code>
      <Button onClick={run}>{t('terminal.run')}</Button>
    </div>
  );
}
