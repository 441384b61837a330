// Disaster recovery as a drill: each step is a line to run, on the machine where it belongs.
import { useTranslation } from 'react-i18next';
import { Button } from '../../design/Button.tsx';
import { loseDisk, runLine } from '../../store/actions.ts';
import { useScene } from '../../store/scene-store.ts';
import { showPanel } from '../../layout/show-panel.ts';
import { terminalStore } from '../../store/terminal-store.ts';
import { drillLines } from './drill.ts';
import css from './etcd.module.css';

export function Recovery() {
  const { t } = useTranslation('etcd');
  const machines = useScene((scene) => scene.machines);
  const lines = drillLines(machines.values());
  if (lines === undefined) return <p className={css.soft}>{t('none')}</p>;
  const masters = [...machines.values()].filter((machine) => machine.role === 'master').map((machine) => machine.name);
  const run = (machine: string, line: string) => {
    terminalStore.setState({ machine });
    showPanel('terminal');
    void runLine(line, machine);
  };
  return (
    <>
      <p className={css.soft}>{t('recovery.about', { machine: lines[0]?.machine ?? '' })}</p>
      <ol className={css.drill}>
        {lines.map(({ step, machine, line }, n) => (
          <li key={n} data-step={step}>
            <p>{t(`recovery.step.${step}`, { machine })}</p>
            {line === undefined ? <Button kind="danger" onClick={() => void loseAll(masters)}>{t('recovery.lose')}</Button> : (
              <div className={css.line}>
                <code>{machine}$ {line}</code>
                <Button onClick={() => run(machine, line)}>{t('recovery.run')}</Button>
              </div>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}

async function loseAll(masters: readonly string[]): Promise<void> {
  for (const machine of masters) await loseDisk(machine, '/var/lib/etcd');
}
