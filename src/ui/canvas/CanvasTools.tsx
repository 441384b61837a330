// The few buttons on the glass: zoom, fit, colours, and partition once machines are chosen.
import { useEffect, useState } from 'react';
import { useReactFlow } from '@xyflow/react';
import { Maximize, Minus, Plus, Palette, Scissors, X, HeartPulse } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { partition, healAll } from '../store/actions.ts';
import { useScene } from '../store/scene-store.ts';
import { useRun } from '../store/run-store.ts';
import { showFamilies } from '../store/families.ts';
import { families } from '../store/types.ts';
import { useView, viewStore } from '../store/view-store.ts';
import { clock } from '../i18n/format.ts';
import { IconButton, Button } from '../design/Button.tsx';
import { keepCamera } from './camera.ts';
import css from './canvas.module.css';

export function CanvasTools({ fit }: { readonly fit: () => void }) {
  const { t } = useTranslation();
  const { t: cut } = useTranslation('etcd', { keyPrefix: 'cut' });
  const flow = useReactFlow();
  const [legend, setLegend] = useState(false);
  const nearer = (zoom: typeof flow.zoomIn) => void zoom({ duration: 150 }).then(() => {
    const { x, y, zoom: reached } = flow.getViewport();
    keepCamera(x, y, reached);
  });
  useEffect(() => {
    if (!legend) return undefined;
    const close = (event: KeyboardEvent) => { if (event.code === 'Escape') setLegend(false); };
    window.addEventListener('keydown', close);
    return () => window.removeEventListener('keydown', close);
  }, [legend]);
  const chosen = useView((view) => view.chosenMachines);
  const drawing = useView((view) => view.drawingCut);
  const shown = useView((view) => view.families);
  const hidden = useView((view) => view.hiddenFlights);
  const faults = useScene((scene) => scene.faults.size);
  const past = useRun((run) => run.past);
  const pastMs = useRun((run) => (run.past ? run.nowMs : 0));
  return (
    <>
      {past && <div className={css.pastNote} role="status">{t('canvas.past', { time: clock(pastMs) })}</div>}
      <div className={css.toolsRight}>
        {/* Fingers pinch. */}
        <IconButton className={css.byWheel} label={t('canvas.zoomIn')} onClick={() => nearer(flow.zoomIn)}><Plus size={15} /></IconButton>
        <IconButton className={css.byWheel} label={t('canvas.zoomOut')} onClick={() => nearer(flow.zoomOut)}><Minus size={15} /></IconButton>
        <IconButton label={t('canvas.fit')} onClick={fit}><Maximize size={15} /></IconButton>
        <IconButton label={cut('draw')} pressed={drawing} onClick={() => viewStore.setState({ drawingCut: !drawing })}><Scissors size={15} /></IconButton>
        <IconButton label={t('canvas.legend')} pressed={legend} onClick={() => setLegend(!legend)}><Palette size={15} /></IconButton>
      </div>
      <div className={css.toolsLeft}>
        {chosen.length > 0 && (
          <div className={css.partition}>
            <span>{t('canvas.partitionOf', { names: chosen.join(', ') })}</span>
            <Button kind="danger" onClick={() => { partition(chosen); viewStore.setState({ chosenMachines: [] }); }}><Scissors size={14} />{t('canvas.partition')}</Button>
            <IconButton label={t('canvas.clear')} onClick={() => viewStore.setState({ chosenMachines: [] })}><X size={15} /></IconButton>
          </div>
        )}
        {faults > 0 && <Button onClick={() => healAll()}><HeartPulse size={14} />{t('canvas.healAll')}</Button>}
        {hidden > 0 && <span className={css.more}>{t('canvas.moreDots', { count: hidden })}</span>}
      </div>
      {legend && (
        <ul className={css.legend} aria-label={t('canvas.legend')}>
          {families.map((family) => (
            <li key={family}>
              <button type="button" aria-pressed={shown.includes(family)} onClick={() => showFamilies(shown.includes(family) ? shown.filter((one) => one !== family) : [...shown, family])}><i style={{ background: `var(--family-${family})` }} />{t(`family.${family}`)}</button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
