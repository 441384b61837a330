// One message, opened: who sends what to whom, and the message itself as it is on the wire.
import { useEffect, useState } from 'react';
import { X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button, IconButton } from '../design/Button.tsx';
import { cut } from '../store/actions.ts';
import { dotsInFlight } from '../store/presentation.ts';
import { session } from '../store/session-client.ts';
import { viewStore } from '../store/view-store.ts';
import css from './canvas.module.css';

const longest = 6000;

export function FlightCard({ id }: { readonly id: number }) {
  const { t } = useTranslation();
  const [flight] = useState(() => dotsInFlight().get(id)?.flight);
  const [body, setBody] = useState<string>('');
  useEffect(() => {
    let gone = false;
    void session.query({ query: 'message', id }).then((answer) => {
      if (!gone) setBody(answer === undefined || answer === null ? '' : JSON.stringify(answer, undefined, 2).slice(0, longest));
    });
    return () => {
      gone = true;
    };
  }, [id]);
  if (flight === undefined) return null;
  const apart = flight.from.machine !== flight.to.machine;
  return (
    <div className={css.flightCard} data-card role="region" aria-label={flight.note}>
      <div className={css.flightHead}>
        <div>
          <strong>{flight.note === '' ? t(`family.${flight.family}`) : flight.note}</strong>
          <span>{t('wire.label', { from: `${flight.from.process} · ${flight.from.machine}`, to: `${flight.to.process} · ${flight.to.machine}` })}, {t(`family.${flight.family}`)}{flight.lost ? `, ${t('wire.lost')}` : ''}</span>
        </div>
        {apart && <Button kind="danger" onClick={() => cut(flight.from.machine, flight.to.machine)}>{t('menu.cut')}</Button>}
        <IconButton label={t('inspector.close')} onClick={() => viewStore.setState({ openFlight: undefined })}><X size={14} /></IconButton>
      </div>
      {body !== '' && <pre tabIndex={0}>{body}</pre>}
    </div>
  );
}
