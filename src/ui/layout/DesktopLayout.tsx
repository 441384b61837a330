// From 1200 px (and tablets): lesson and flow on the left, inspector on the right, player and timeline below, terminal and editor at the
// bottom. Panels fold to their edge, sizes are remembered, and the canvas keeps at least half of the width.
import { useEffect, useState, type ReactNode } from 'react';
import { Group, Panel, Separator, usePanelRef, type Layout } from 'react-resizable-panels';
import { ChevronDown, ChevronLeft, ChevronRight, ChevronUp } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Canvas } from '../canvas/Canvas.tsx';
import { Player } from '../player/Player.tsx';
import { Timeline } from '../timeline/Timeline.tsx';
import { settingsStore } from '../store/settings.ts';
import { useView, viewStore } from '../store/view-store.ts';
import { Header } from './Header.tsx';
import { PanelBody } from './Panels.tsx';
import { Tabs } from './Tabs.tsx';
import { onShowPanel } from './show-panel.ts';
import { StatusCard } from './StatusCard.tsx';
import css from './layout.module.css';

function remember(name: string) {
  const kept = settingsStore.getState().layouts[name];
  return {
    id: name,
    ...(kept === undefined ? {} : { defaultLayout: kept }),
    onLayoutChanged: (layout: Layout) => settingsStore.setState((settings) => ({ layouts: { ...settings.layouts, [name]: layout } })),
  };
}

const edge = 30;
const leftTabs = ['lesson', 'flow', 'etcd'] as const;

export function DesktopLayout() {
  const { t } = useTranslation();
  const left = usePanelRef();
  const right = usePanelRef();
  const bottom = usePanelRef();
  const leftTab = useView((view) => view.leftTab);
  const bottomTabs = useView((view) => view.bottomTabs);
  const [folded, setFolded] = useState({ left: false, right: false, bottom: false });
  const watch = (name: keyof typeof folded) => ({ inPixels }: { readonly inPixels: number }) => setFolded((old) => (old[name] === inPixels <= edge + 1 ? old : { ...old, [name]: inPixels <= edge + 1 }));

  useEffect(() => {
    // Where there is little room, the graph has it.
    if (window.innerWidth < 1200 && settingsStore.getState().layouts['columns'] === undefined) right.current?.collapse();
  }, [right]);

  useEffect(() => onShowPanel((tab) => {
    const panel = tab === 'lesson' || tab === 'flow' || tab === 'etcd' ? left : tab === 'inspector' ? right : bottom;
    panel.current?.expand();
    const focus = tab === 'terminal' ? '#terminal-line' : undefined;
    if (focus !== undefined) requestAnimationFrame(() => document.querySelector<HTMLElement>(focus)?.focus());
  }), [left, right, bottom]);

  return (
    <div className={css.desktop}>
      <Header />
      <main className={css.main}>
      <Group orientation="vertical" {...remember('rows')}>
        <Panel id="upper" minSize="45%" className={css.upper}>
          <Group orientation="horizontal" className={css.middle} {...remember('columns')}>
            <Panel id="left" panelRef={left} defaultSize="272px" minSize="220px" maxSize="25%" collapsible collapsedSize={`${edge}px`} groupResizeBehavior="preserve-pixel-size" onResize={watch('left')}>
              {folded.left ? <Edge side="left" open={() => left.current?.expand()} /> : (
                <Side label={t('panel.left')} fold={() => left.current?.collapse()} icon={<ChevronLeft size={14} />} tabs={<Tabs id="left" label={t('panel.left')} tabs={leftTabs} value={leftTab} onChange={(tab) => viewStore.setState({ leftTab: tab as (typeof leftTabs)[number] })} />} id="left">
                  <PanelBody tab={leftTab} />
                </Side>
              )}
            </Panel>
            <Handle label={t('panel.resize', { panel: t('panel.left') })} />
            <Panel id="canvas" minSize="50%">
              <div className={css.glass}><Canvas /><StatusCard /></div>
            </Panel>
            <Handle label={t('panel.resize', { panel: t('panel.right') })} />
            <Panel id="right" panelRef={right} defaultSize="252px" minSize="210px" maxSize="25%" collapsible collapsedSize={`${edge}px`} groupResizeBehavior="preserve-pixel-size" onResize={watch('right')}>
              {folded.right ? <Edge side="right" open={() => right.current?.expand()} /> : (
                <Side label={t('panel.right')} fold={() => right.current?.collapse()} icon={<ChevronRight size={14} />} tabs={<h2 className={css.title}>{t('tab.inspector')}</h2>} id="right">
                  <PanelBody tab="inspector" />
                </Side>
              )}
            </Panel>
          </Group>
          <section className={css.time} aria-label={t('timeline.label')}>
            <Player />
            <Timeline />
          </section>
        </Panel>
        <Handle across label={t('panel.resize', { panel: t('panel.bottom') })} />
        <Panel id="lower" panelRef={bottom} defaultSize="184px" minSize="120px" collapsible collapsedSize={`${edge}px`} groupResizeBehavior="preserve-pixel-size" onResize={watch('bottom')}>
          <section className={css.bottom} aria-label={t('panel.bottom')}>
            <div className={css.bottomBar}>
              <div className={css.tabs} role="group" aria-label={t('panel.bottom')}>
                {(['both', 'terminal', 'editor', 'traffic'] as const).map((name) => (
                  <button key={name} type="button" aria-pressed={bottomTabs === name} onClick={() => { viewStore.setState({ bottomTabs: name }); bottom.current?.expand(); }}>
                    {name === 'both' ? `${t('tab.terminal')} + ${t('tab.editor')}` : t(`tab.${name}`)}
                  </button>
                ))}
              </div>
              <button type="button" className={css.fold} aria-label={t(folded.bottom ? 'panel.expand' : 'panel.collapse', { panel: t('panel.bottom') })} onClick={() => (folded.bottom ? bottom.current?.expand() : bottom.current?.collapse())}>
                {folded.bottom ? <ChevronUp size={14} /> : <ChevronDown size={14} />}
              </button>
            </div>
            {!folded.bottom && (bottomTabs === 'both' ? (
              <Group orientation="horizontal" className={css.bottomBody} {...remember('bottom')}>
                <Panel id="terminal" minSize="25%"><PanelBody tab="terminal" /></Panel>
                <Handle label={t('panel.resize', { panel: t('tab.terminal') })} />
                <Panel id="editor" minSize="25%"><PanelBody tab="editor" /></Panel>
              </Group>
            ) : <div className={css.bottomBody}><PanelBody tab={bottomTabs} /></div>)}
          </section>
        </Panel>
      </Group>
      </main>
    </div>
  );
}

function Handle({ label, across = false }: { readonly label: string; readonly across?: boolean }) {
  return <Separator className={across ? css.handleAcross : css.handle} aria-label={label} />;
}

function Side({ label, tabs, icon, fold, children, id }: { readonly label: string; readonly tabs: ReactNode; readonly icon: ReactNode; readonly fold: () => void; readonly children: ReactNode; readonly id: string }) {
  const { t } = useTranslation();
  return (
    <section className={css.side} aria-label={label}>
      <div className={css.sideHead}>
        {tabs}
        <button type="button" className={css.fold} aria-label={t('panel.collapse', { panel: label })} onClick={fold}>{icon}</button>
      </div>
      <div className={css.sideBody} id={`${id}-panel`}>{children}</div>
    </section>
  );
}

function Edge({ side, open }: { readonly side: 'left' | 'right'; readonly open: () => void }) {
  const { t } = useTranslation();
  const label = t(side === 'left' ? 'panel.left' : 'panel.right');
  return (
    <button type="button" className={css.edge} aria-label={t('panel.expand', { panel: label })} onClick={open}>
      {side === 'left' ? <ChevronRight size={14} /> : <ChevronLeft size={14} />}
      <span>{label}</span>
    </button>
  );
}
