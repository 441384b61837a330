// Narrow pages: the canvas on top, the player as a bar, and one sheet with tabs that is pulled up or down.
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Canvas } from '../canvas/Canvas.tsx';
import { Player } from '../player/Player.tsx';
import { Timeline } from '../timeline/Timeline.tsx';
import { useView, viewStore, type Tab } from '../store/view-store.ts';
import { Header } from './Header.tsx';
import { PanelBody } from './Panels.tsx';
import { StatusCard } from './StatusCard.tsx';
import { Tabs } from './Tabs.tsx';
import { onShowPanel } from './show-panel.ts';
import css from './layout.module.css';

const tabs: readonly Tab[] = ['lesson', 'flow', 'terminal', 'editor', 'inspector', 'etcd', 'traffic'];
const stops = [48, 300, 520] as const;

export function PhoneLayout() {
  const { t } = useTranslation();
  const tab = useView((view) => view.phoneTab);
  const [height, setHeight] = useState<number>(stops[1]);
  const drag = useRef<{ readonly y: number; readonly height: number; moved: boolean } | undefined>(undefined);
  useEffect(() => onShowPanel(() => setHeight((old) => Math.max(old, stops[1]))), []);
  return (
    <div className={css.phone} style={{ '--sheet': `${height}px` } as React.CSSProperties}>
      <Header compact />
      <main className={css.glass}><Canvas /><StatusCard /></main>
      <section className={css.time} aria-label={t('timeline.label')}>
        <Player compact />
        <Timeline first={['leadership', 'node', 'fault']} />
      </section>
      <section className={css.sheet} aria-label={t('panel.bottom')}>
        <button
          type="button" className={css.grip} aria-label={t(height === stops[0] ? 'panel.expand' : 'panel.resize', { panel: t(`tab.${tab}`) })}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            drag.current = { y: event.clientY, height, moved: false };
          }}
          onPointerMove={(event) => {
            if (drag.current === undefined) return;
            const next = drag.current.height + drag.current.y - event.clientY;
            if (Math.abs(drag.current.y - event.clientY) > 6) drag.current.moved = true;
            setHeight(Math.max(stops[0], Math.min(window.innerHeight * 0.7, next)));
          }}
          onPointerUp={() => {
            const moved = drag.current?.moved === true;
            drag.current = undefined;
            if (moved) setHeight((now) => stops.reduce((best, stop) => (Math.abs(stop - now) < Math.abs(best - now) ? stop : best)));
          }}
          onClick={(event) => {
            // A tap (or Enter) goes to the next height.
            if (event.detail !== 0 && drag.current !== undefined) return;
            setHeight((now) => (now <= stops[0] ? stops[1] : now <= stops[1] ? stops[2] : stops[0]));
          }}
        ><i /></button>
        <Tabs id="sheet" label={t('app.title')} tabs={tabs} value={tab} onChange={(next) => { viewStore.setState({ phoneTab: next }); setHeight((now) => Math.max(now, stops[1])); }} />
        <div className={css.sheetBody} id="sheet-panel" role="tabpanel" aria-labelledby={`sheet-tab-${tab}`}><PanelBody tab={tab} /></div>
      </section>
    </div>
  );
}
