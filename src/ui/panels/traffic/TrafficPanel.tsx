// A first traffic panel: a client that sends requests to a Service, and how it fares.
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../design/Button.tsx';
import { traffic as setTraffic } from '../../store/actions.ts';
import { useScene } from '../../store/scene-store.ts';
import css from '../panels.module.css';

export function TrafficPanel() {
  const { t } = useTranslation();
  const traffic = useScene((scene) => scene.traffic);
  const [target, setTarget] = useState('web.default');
  const [rate, setRate] = useState(10);
  return (
    <div className={css.column}>
      <form className={css.bar} onSubmit={(event) => { event.preventDefault(); setTraffic('client', target, rate); }}>
        <label>{t('traffic.target')} <input className={css.select} value={target} onChange={(event) => setTarget(event.target.value)} /></label>
        <label>{t('traffic.rate')} <input className={css.select} type="number" min={1} max={200} value={rate} onChange={(event) => setRate(Number(event.target.value))} /></label>
        <Button kind="primary" type="submit">{t('traffic.start')}</Button>
        <Button onClick={() => setTraffic('client', target, 0)}>{t('traffic.stop')}</Button>
      </form>
      <div className={css.log}>
        {[...traffic.values()].map((one) => {
          const last = one.seconds.at(-1);
          return <p key={one.id}>{one.target}: {last === undefined ? '' : `${last.ok} ${t('traffic.ok')}, ${last.failed} ${t('traffic.failed')}, ${Math.round(last.meanMs * 10) / 10} ms`}</p>;
        })}
      </div>
    </div>
  );
}
