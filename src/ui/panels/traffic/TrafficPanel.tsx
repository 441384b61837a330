// A client that sends requests to a Service, and how it fares: success and latency over the seconds that are kept.
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TrafficRecord } from '../../../scene/records.ts';
import { Button } from '../../design/Button.tsx';
import { traffic as setTraffic } from '../../store/actions.ts';
import { useScene } from '../../store/scene-store.ts';
import panels from '../panels.module.css';
import { targetsOf } from './targets.ts';
import css from './traffic.module.css';

function useTargets(): readonly string[] {
  const key = useScene((scene) => [...scene.objects.values()].flatMap(targetsOf).sort().join(' '));
  return useMemo(() => (key === '' ? [] : key.split(' ')), [key]);
}

export function TrafficPanel() {
  const { t } = useTranslation();
  const traffic = useScene((scene) => scene.traffic);
  const targets = useTargets();
  const [chosen, setChosen] = useState('');
  const [rate, setRate] = useState(10);
  const target = targets.includes(chosen) ? chosen : (targets[0] ?? '');
  const running = [...traffic.values()];
  return (
    <div className={panels.column}>
      <form className={css.form} onSubmit={(event) => { event.preventDefault(); if (target !== '') setTraffic('client', target, rate); }}>
        <label>{t('traffic.target')} <select className={panels.select} value={target} disabled={targets.length === 0} onChange={(event) => setChosen(event.target.value)} data-traffic-target>{targets.length === 0 ? <option value="">{t('inspector.none')}</option> : targets.map((one) => <option key={one} value={one}>{one}</option>)}</select></label>
        <label>{t('traffic.rate')} <input className={panels.select} type="number" min={1} max={200} value={rate} onChange={(event) => setRate(Math.max(1, Math.min(200, Number(event.target.value) || 1)))} /></label>
        <Button kind="primary" type="submit" disabled={target === ''}>{t('traffic.start')}</Button>
        <Button disabled={!running.some((one) => one.ratePerSecond > 0)} onClick={() => { for (const one of running) if (one.ratePerSecond > 0) setTraffic(one.name, one.target, 0); }}>{t('traffic.stop')}</Button>
      </form>
      <div className={css.list}>
        {running.length === 0 ? <p className={panels.hint}>{t('traffic.none')}</p> : running.map((one) => <Fare key={one.id} traffic={one} />)}
      </div>
    </div>
  );
}

const width = 240;
const height = 36;
/** What the number is made of: the last seconds, not only the last one. */
const recent = 5;

function Fare({ traffic }: { readonly traffic: TrafficRecord }) {
  const { t } = useTranslation();
  const { seconds } = traffic;
  const lately = seconds.slice(-recent);
  const ok = lately.reduce((sum, second) => sum + second.ok, 0);
  const failed = lately.reduce((sum, second) => sum + second.failed, 0);
  const percent = ok + failed === 0 ? undefined : Math.floor((ok / (ok + failed)) * 100);
  const latency = seconds.at(-1)?.meanMs;
  const slowest = Math.max(1, ...seconds.map((second) => second.meanMs));
  return (
    <section className={css.fare}>
      <h3>{traffic.target} <small>{traffic.ratePerSecond}/s</small></h3>
      <div className={css.chart}>
        <span>{t('traffic.ok')} <strong data-traffic-success data-level={percent === undefined || percent >= 99 ? 'good' : 'bad'}>{percent === undefined ? '–' : `${percent}%`}</strong></span>
        <Spark values={seconds.map((second) => (second.ok + second.failed === 0 ? 1 : second.ok / (second.ok + second.failed)))} most={1} kind="ok" label={`${t('traffic.ok')} ${percent ?? 0}%`} />
      </div>
      <div className={css.chart}>
        <span>{t('traffic.latency')} <strong>{latency === undefined ? '–' : `${Math.round(latency * 10) / 10} ms`}</strong></span>
        <Spark values={seconds.map((second) => second.meanMs)} most={slowest} kind="latency" label={`${t('traffic.latency')} ${Math.round((latency ?? 0) * 10) / 10} ms`} />
      </div>
    </section>
  );
}

function Spark({ values, most, kind, label }: { readonly values: readonly number[]; readonly most: number; readonly kind: 'ok' | 'latency'; readonly label: string }) {
  const step = width / 119;
  const from = width - (values.length - 1) * step;
  const points = values.map((value, at) => `${(from + at * step).toFixed(1)},${(height - 2 - (value / most) * (height - 4)).toFixed(1)}`).join(' ');
  return <svg className={css.spark} data-kind={kind} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label} preserveAspectRatio="none"><polyline points={points} /></svg>;
}
