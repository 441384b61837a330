// The page inside somebody else's: the graph, a caption, and a player that appears on use. It begins in view or on a tap, stops when
// scrolled away, takes neither focus nor scroll, and keeps nothing.
import { useEffect, useRef, useState } from 'react';
import { Play } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Canvas } from '../canvas/Canvas.tsx';
import { useSay } from '../i18n/say.ts';
import { Player } from '../player/Player.tsx';
import { PanelBody } from '../layout/Panels.tsx';
import { currentHop, runStore, useRun } from '../store/run-store.ts';
import { session } from '../store/session-client.ts';
import type { EmbedOptions } from './options.ts';
import css from './embed.module.css';

export function EmbedApp({ options, start }: { readonly options: EmbedOptions; readonly start: () => void }) {
  const { t } = useTranslation();
  const root = useRef<HTMLDivElement>(null);
  const [started, setStarted] = useState(options.start === 'now');
  const running = useRef(false);

  useEffect(() => {
    if (started && !running.current) {
      running.current = true;
      start();
    }
  }, [started, start]);

  useEffect(() => {
    const element = root.current;
    if (element === null) return undefined;
    let stopped = false;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry === undefined) return;
      if (entry.isIntersecting && options.start === 'view') setStarted(true);
      if (!running.current) return;
      if (!entry.isIntersecting && runStore.getState().playing) {
        stopped = true;
        session.control({ control: 'pause' });
      } else if (entry.isIntersecting && stopped) {
        stopped = false;
        session.control({ control: 'play' });
      }
    }, { threshold: 0.2 });
    observer.observe(element);
    return () => observer.disconnect();
  }, [options.start]);

  return (
    <div className={css.embed} ref={root} data-editor={options.editor}>
      {started ? (
        <>
          <div className={css.stage}>
            <Canvas quiet clear={!options.player ? 10 : window.innerWidth < 640 ? 112 : 62} />
            {options.caption && <Caption />}
            {options.player && <div className={css.player}><Player compact /></div>}
          </div>
          {options.editor && <div className={css.editor}><PanelBody tab="editor" /></div>}
        </>
      ) : (
        <button type="button" className={css.poster} onClick={() => setStarted(true)}>
          <Poster />
          <span className={css.start}><Play size={18} fill="currentColor" aria-hidden="true" />{t('embed.start')}</span>
          <span>{t('embed.poster')}</span>
        </button>
      )}
      <a className={css.open} href={whole()} target="_blank" rel="noopener">{t('embed.open')}</a>
    </div>
  );
}

/** The same run outside of the frame. */
function whole(): string {
  const query = new URLSearchParams([...new URLSearchParams(location.search)].filter(([name]) => /^(preset|seed|nodes)$/i.test(name))).toString();
  return `${location.pathname}${query === '' ? '' : `?${query}`}${location.hash}`;
}

function Caption() {
  const say = useSay();
  const text = useRun((run) => {
    const hop = run.hops.length === 0 ? undefined : currentHop(run);
    const moment = run.moments.findLast((one) => one.atMs <= run.nowMs);
    const sentence = hop !== undefined && (moment === undefined || hop.atMs >= moment.atMs) ? hop.sentence : moment?.sentence;
    return sentence === undefined ? '' : say(sentence);
  });
  return text === '' ? null : <p className={css.caption}>{text}</p>;
}

function Poster() {
  return (
    <svg viewBox="0 0 320 180" aria-hidden="true" className={css.picture}>
      <g fill="none" stroke="currentColor" strokeWidth="2">
        <rect x="110" y="14" width="100" height="58" rx="8" />
        <rect x="20" y="108" width="84" height="58" rx="8" /><rect x="118" y="108" width="84" height="58" rx="8" /><rect x="216" y="108" width="84" height="58" rx="8" />
        <path d="M160 72v18M62 108V90h196v18M160 90v18" strokeWidth="1.4" />
      </g>
      <g fill="var(--good)"><rect x="120" y="34" width="36" height="12" rx="3" /><rect x="164" y="34" width="36" height="12" rx="3" /><rect x="120" y="52" width="36" height="12" rx="3" /><rect x="164" y="52" width="36" height="12" rx="3" /><rect x="32" y="136" width="12" height="12" rx="3" /><rect x="50" y="136" width="12" height="12" rx="3" /><rect x="130" y="136" width="12" height="12" rx="3" /><rect x="228" y="136" width="12" height="12" rx="3" /></g>
    </svg>
  );
}

