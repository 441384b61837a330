// Disaster recovery as a drill: each step is a line to run, on the machine where it belongs.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../design/Button.tsx';
import { loseDisk } from '../../store/actions.ts';
import { useScene } from '../../store/scene-store.ts';
import { session } from '../../store/session-client.ts';
import type { LostWrites } from '../../../session/protocol.ts';
import { LineToRun } from '../LineToRun.tsx';
import { drillLines, snapshotFile } from './drill.ts';
import css from './etcd.module.css';

export function Recovery() {
  const { t } = useTranslation('etcd');
  const machines = useScene((scene) => scene.machines);
  const lines = drillLines(machines.values());
  if (lines === undefined) return <p className={css.soft}>{t('recovery.stackedOnly')}</p>;
  const masters = [...machines.values()].filter((machine) => machine.role === 'master').map((machine) => machine.name);
  return (
    <>
      <p className={css.soft}>{t('recovery.about', { machine: lines[0]?.machine ?? '' })}</p>
      <ol className={css.drill}>
        {lines.map(({ step, machine, line }, n) => (
          <li key={n} data-step={step}>
            <p>{t(`recovery.step.${step}`, { machine })}</p>
            {line === undefined ? <Button kind="danger" onClick={() => void loseAll(masters)}>{t('recovery.lose')}</Button> : <LineToRun machine={machine} line={line} />}
          </li>
        ))}
      </ol>
      <Lost machine={lines[0]?.machine ?? ''} />
    </>
  );
}

const mostShown = 40;

/** What was written after the snapshot: those that are gone with it, leases last, for they change all the time. */
function Lost({ machine }: { readonly machine: string }) {
  const { t } = useTranslation('etcd');
  const [answer, setAnswer] = useState<LostWrites | 'none'>();
  const look = () => void session.query<LostWrites | undefined>({ query: 'lost-writes', machine, snapshot: snapshotFile }).then((found) => setAnswer(found ?? 'none'));
  const isLease = (key: string): boolean => key.startsWith('/registry/leases/');
  const writes = answer === undefined || answer === 'none' ? [] : [...answer.writes].sort((a, b) => Number(isLease(a.key)) - Number(isLease(b.key)));
  return (
    <section aria-label={t('recovery.lostTitle')}>
      <Button onClick={look}>{t('recovery.what')}</Button>
      {answer === 'none' ? <p className={css.soft}>{t('recovery.noSnapshot')}</p> : null}
      {answer === undefined || answer === 'none' ? null : <p className={css.soft}>{t('recovery.lostCount', { count: writes.length, revision: answer.revision })}</p>}
      <ul data-lost className={css.lost}>
        {writes.slice(0, mostShown).map(({ key, what }) => (
          <li key={key} data-what={what}><code>{key}</code> {t(`recovery.gone.${what}`)}</li>
        ))}
      </ul>
      {writes.length > mostShown ? <p className={css.soft}>{t('recovery.more', { count: writes.length - mostShown })}</p> : null}
    </section>
  );
}

async function loseAll(masters: readonly string[]): Promise<void> {
  for (const machine of masters) await loseDisk(machine, '/var/lib/etcd');
}
