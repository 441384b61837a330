// The followed request, hop by hop, as sentences or as a sequence; waits are folded; the hop shown now is lit on the graph too.
import { memo, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Hop } from '../../../session/protocol.ts';
import { Button } from '../../design/Button.tsx';
import { clock, span } from '../../i18n/format.ts';
import { useSay } from '../../i18n/say.ts';
import { currentHop, useRun } from '../../store/run-store.ts';
import { session } from '../../store/session-client.ts';
import { viewStore } from '../../store/view-store.ts';
import { applyExample } from '../editor/examples.ts';
import { useScene } from '../../store/scene-store.ts';
import { BareGuide } from './BareGuide.tsx';
import { Sequence } from './Sequence.tsx';
import { useFollowScroll } from './follow-scroll.ts';
import css from './flow.module.css';

export function FlowPanel() {
  const { t } = useTranslation();
  const hops = useRun((run) => run.hops);
  const current = useRun((run) => currentHop(run)?.event);
  const [view, setView] = useState<'list' | 'sequence'>('list');
  const bare = useRun((run) => run.run?.preset === 'bare');
  const noCluster = useScene((scene) => bare && scene.nodes.size === 0);
  if (hops.length === 0) {
    return (
      <div className={css.empty}>
        {bare && <><p>{t('flow.bare.about')}</p><BareGuide /></>}
        {!noCluster && <><p>{t('flow.empty')}</p><Button kind="primary" onClick={() => void applyExample('nginx')}>{t('flow.try')}</Button></>}
      </div>
    );
  }
  return (
    <div className={css.flow}>
      <div className={css.head}>
        <div className={css.switch} role="group" aria-label={t('flow.title')}>
          {(['list', 'sequence'] as const).map((name) => <button key={name} type="button" aria-pressed={view === name} onClick={() => setView(name)}>{t(`flow.${name}`)}</button>)}
        </div>
        <button type="button" className={css.stop} onClick={unfollow}>{t('flow.stop')}</button>
      </div>
      {view === 'list' ? <HopList hops={hops} current={current} /> : <Sequence hops={hops} current={current} />}
    </div>
  );
}

function unfollow(): void {
  session.control({ control: 'follow', root: undefined, paced: false });
  // The sentence under the pointer goes without the pointer's leaving.
  viewStore.setState({ lit: undefined });
}

const HopList = memo(function HopList({ hops, current }: { readonly hops: readonly Hop[]; readonly current: number | undefined }) {
  const list = useRef<HTMLOListElement>(null);
  const currentAt = useMemo(() => hops.findIndex((hop) => hop.event === current), [hops, current]);
  useFollowScroll(list, '[aria-current]', 0.55, `${currentAt}/${hops.length}`);
  return (
    <ol className={css.list} ref={list} tabIndex={0}>
      {hops.map((hop, at) => <HopItem key={hop.event} hop={hop} state={at === currentAt ? 'now' : currentAt >= 0 && at < currentAt ? 'done' : 'ahead'} />)}
    </ol>
  );
});

const HopItem = memo(function HopItem({ hop, state }: { readonly hop: Hop; readonly state: 'now' | 'done' | 'ahead' }) {
  const { t } = useTranslation();
  const say = useSay();
  return (
    <li aria-current={state === 'now' ? 'step' : undefined} data-state={state} className={css.hop}>
      {(hop.gapMs >= 100 || hop.folded) && <span className={css.gap} data-folded={hop.folded}>{t('flow.waited', { span: span(hop.gapMs) })}</span>}
      <button
        type="button" title={`${t('flow.goto')}: ${clock(hop.atMs)}`}
        onClick={() => session.control({ control: 'seek', toMs: hop.atMs })}
        onPointerEnter={() => viewStore.setState({ lit: { ...(hop.from === undefined ? {} : { from: hop.from }), to: hop.to ?? hop } })}
        onPointerLeave={() => viewStore.setState({ lit: undefined })}
      >
        <span className={css.where}><span className={css.stage}>{t(`flow.stage.${hop.stage}`)}</span><span className={css.at}>{hop.process.split('/')[0]} · {hop.machine}</span></span>
        <span className={css.sentence}>{say(hop.sentence)}</span>
      </button>
    </li>
  );
});
