// What the traffic machine shows of itself: the rate of success over the last minute, as text and as a small graph.
import { useTranslation } from 'react-i18next';
import { useScene } from '../store/scene-store.ts';
import css from './canvas.module.css';

export function TrafficFace() {
  const { t } = useTranslation();
  const traffic = useScene((scene) => scene.traffic);
  const first = [...traffic.values()].find((one) => one.ratePerSecond > 0) ?? [...traffic.values()].at(-1);
  if (first === undefined) return <span className={css.trafficText}>{t('traffic.none')}</span>;
  const seconds = first.seconds.slice(-40);
  const last = seconds.slice(-10);
  const ok = last.reduce((sum, second) => sum + second.ok, 0);
  const all = last.reduce((sum, second) => sum + second.ok + second.failed, 0);
  const most = Math.max(1, ...seconds.map((second) => second.ok + second.failed));
  const percent = all === 0 ? '–' : String(Math.round((100 * ok) / all));
  return (
    <div className={css.traffic}>
      <span className={css.trafficText}>{first.target}</span>
      <strong data-bad={all > 0 && ok < all}>{t('machine.success', { percent })}</strong>
      <svg width="100%" height="30" viewBox="0 0 124 30" preserveAspectRatio="none" aria-hidden="true">
        {seconds.map((second, at) => {
          const total = ((second.ok + second.failed) / most) * 28;
          const failed = (second.failed / most) * 28;
          return <g key={second.atMs}><rect x={at * 3.1} y={30 - total} width="2.4" height={total - failed} fill="var(--good)" /><rect x={at * 3.1} y={30 - failed} width="2.4" height={failed} fill="var(--bad)" /></g>;
        })}
      </svg>
    </div>
  );
}
