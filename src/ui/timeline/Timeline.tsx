// What happened when, lane by lane; drag or click to see the cluster as it was.
import { memo, useEffect, useMemo, useRef, useState } from 'react';
import { ChevronDown, ChevronUp } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import type { Moment } from '../../session/protocol.ts';
import { clock, span } from '../i18n/format.ts';
import { useSay } from '../i18n/say.ts';
import { runStore, useRun } from '../store/run-store.ts';
import { session } from '../store/session-client.ts';
import { axisFor, type Axis } from './axis.ts';
import { spansOf } from './spans.ts';
import css from './timeline.module.css';

type Lane = 'fault' | 'leadership' | 'quorum' | 'api' | 'node' | 'traffic';
const lanes: readonly Lane[] = ['leadership', 'quorum', 'api', 'node', 'traffic', 'fault'];
const laneOf: Readonly<Record<Moment['lane'], Lane>> = { input: 'fault', fault: 'fault', leadership: 'leadership', quorum: 'quorum', api: 'api', node: 'node', pod: 'node', traffic: 'traffic' };
const bucketPx = 11;

interface Mark {
  readonly moments: readonly Moment[];
  readonly lane: Lane;
  readonly part: number;
  readonly level: Moment['level'];
}

/** `first`: these lanes where there is little room; the names are a button that opens all of them. */
export const Timeline = memo(function Timeline({ first }: { readonly first?: readonly Lane[] }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const track = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  const moments = useRun((run) => run.moments);
  // The end is taken coarsely: the axis need not be made anew for every frame.
  const endMs = useRun((run) => Math.ceil(run.endMs / 1000) * 1000);
  const axis = useMemo(() => axisFor(moments.map((moment) => moment.atMs), Math.max(1000, endMs)), [moments, endMs]);
  const marks = useMemo(() => bucket(moments, axis, width), [moments, axis, width]);
  const spans = useMemo(() => spansOf(moments), [moments]);
  const shown = all ? lanes : (first ?? lanes);
  // Pointing at a mark shows what it led to, and what led to it.
  const [pointed, setPointed] = useState<number | undefined>(undefined);

  useEffect(() => {
    const element = track.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 800));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  return (
    <div className={css.timeline} data-compact={first !== undefined} role="group" aria-label={t('timeline.label')}>
      <Names lanes={shown} {...(first === undefined ? {} : { all, toggle: () => setAll(!all) })} />
      <div className={css.track} ref={track}>
        <Scrubber axis={axis} track={track} />
        {shown.map((lane) => <div key={lane} className={css.lane} />)}
        {spans.map((span) => {
          const row = shown.indexOf(span.lane);
          const left = axis.toPart(span.fromMs);
          const nameAt = span.name === undefined ? undefined : clearOf(marks.filter((mark) => mark.lane === span.lane).map((mark) => (mark.part - left) * width));
          // Marks say the same in words, so these are for the eye alone.
          return row < 0 ? null : <span key={`${span.lane}/${span.fromMs}`} className={css.span} data-span={span.lane} data-level={span.level} aria-hidden="true" style={{ left: `${left * 100}%`, width: `${(axis.toPart(span.toMs ?? endMs) - left) * 100}%`, top: `calc(${row} * var(--lane))`, paddingInlineStart: nameAt }}>{span.name}</span>;
        })}
        {axis.folds.map((fold) => <span key={fold.fromMs} className={css.fold} style={{ left: `${fold.at * 100}%` }} title={span(fold.toMs - fold.fromMs)}>⋯</span>)}
        {moments.length === 0 && <span className={css.empty}>{t('timeline.empty')}</span>}
        {marks.map((mark) => <MarkButton key={`${mark.lane}/${mark.moments[0]?.id ?? 0}`} mark={mark} row={shown.indexOf(mark.lane)} linked={pointed !== undefined && mark.moments.some((moment) => rootOf(moment) === pointed)} point={setPointed} />)}
        <Playhead axis={axis} />
      </div>
    </div>
  );
});

function Names({ lanes: shown, all = true, toggle }: { readonly lanes: readonly Lane[]; readonly all?: boolean; readonly toggle?: () => void }) {
  const { t } = useTranslation();
  const names = shown.map((lane) => <span key={lane}>{t(`timeline.lane.${lane}`)}</span>);
  if (toggle === undefined) return <div className={css.names} aria-hidden="true">{names}</div>;
  return (
    <button type="button" className={css.names} aria-expanded={all} aria-label={t(all ? 'timeline.fewer' : 'timeline.all')} onClick={toggle}>
      {names}
      {all ? <ChevronUp size={12} aria-hidden="true" /> : <ChevronDown size={12} aria-hidden="true" />}
    </button>
  );
}

/** Where a name may begin in its span without lying on a mark, or on the number beside one. All in px from the span's start. */
function clearOf(marksAt: readonly number[]): number {
  const [markWidth, nameWidth] = [20, 44];
  let at = 6;
  for (const mark of [...marksAt].sort((a, b) => a - b)) if (mark > at - markWidth && mark - markWidth / 2 < at + nameWidth) at = mark + markWidth;
  return at;
}

const order = { info: 0, good: 1, bad: 2 } as const;

function bucket(moments: readonly Moment[], axis: Axis, width: number): readonly Mark[] {
  const marks = new Map<string, { moments: Moment[]; lane: Lane; part: number; level: Moment['level'] }>();
  for (const moment of moments) {
    const lane = laneOf[moment.lane];
    const part = axis.toPart(moment.atMs);
    const key = `${lane}/${Math.round((part * width) / bucketPx)}`;
    const mark = marks.get(key);
    if (mark === undefined) marks.set(key, { moments: [moment], lane, part, level: moment.level });
    else {
      mark.moments.push(moment);
      if (order[moment.level] > order[mark.level]) mark.level = moment.level;
    }
  }
  return [...marks.values()];
}

/** The fault or input at the bottom of it. */
const rootOf = (moment: Moment): number => (moment.because === 0 ? moment.id : moment.because);

const MarkButton = memo(function MarkButton({ mark, row, linked, point }: { readonly mark: Mark; readonly row: number; readonly linked: boolean; readonly point: (root: number | undefined) => void }) {
  const say = useSay();
  const { t } = useTranslation();
  const first = mark.moments[0];
  if (first === undefined || row < 0) return null;
  const text = mark.moments.slice(0, 4).map((moment) => `${clock(moment.atMs)} ${say(moment.sentence)}`).join('\n') + (mark.moments.length > 4 ? `\n${t('timeline.more', { count: mark.moments.length - 4, time: clock(first.atMs) })}` : '');
  const own = first.lane === 'input';
  return (
    <button
      type="button" tabIndex={-1} className={css.mark} data-level={mark.level} data-own={own} data-linked={linked} style={{ left: `${mark.part * 100}%`, top: `calc(${row} * var(--lane) + var(--lane) / 2)` }} title={text} aria-label={text}
      onClick={() => session.control({ control: 'seek', toMs: first.atMs })} onPointerEnter={() => point(rootOf(first))} onPointerLeave={() => point(undefined)}
    >
      <svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
        {own ? <path d="M6 1.5 10.5 10h-9z" /> : mark.level === 'bad' ? <path d="M6 .8 11.2 6 6 11.2.8 6z" /> : mark.level === 'good' ? <circle cx="6" cy="6" r="4.5" /> : <circle cx="6" cy="6" r="3" />}
      </svg>
      {mark.moments.length > 1 && <span>{mark.moments.length}</span>}
    </button>
  );
});

function Playhead({ axis }: { readonly axis: Axis }) {
  const nowMs = useRun((run) => run.nowMs);
  const endMs = useRun((run) => run.endMs);
  return (
    <>
      <span className={css.future} style={{ left: `${axis.toPart(endMs) * 100}%` }} />
      <span className={css.playhead} style={{ left: `${axis.toPart(nowMs) * 100}%` }} />
    </>
  );
}

function Scrubber({ axis, track }: { readonly axis: Axis; readonly track: React.RefObject<HTMLDivElement | null> }) {
  const { t } = useTranslation();
  const seconds = useRun((run) => Math.round(run.nowMs / 1000));
  const end = useRun((run) => Math.round(run.endMs / 1000));
  const asked = useRef(0);
  const seekTo = (clientX: number): void => {
    const bounds = track.current?.getBoundingClientRect();
    if (bounds === undefined) return;
    const toMs = axis.toMs((clientX - bounds.left) / bounds.width);
    cancelAnimationFrame(asked.current);
    asked.current = requestAnimationFrame(() => {
      const { endMs } = runStore.getState();
      if (toMs >= endMs - 1) session.control({ control: 'live' });
      else session.control({ control: 'seek', toMs });
    });
  };
  return (
    <div
      className={css.scrub} role="slider" tabIndex={0} aria-label={t('timeline.scrub')} aria-valuemin={0} aria-valuemax={end} aria-valuenow={seconds} aria-valuetext={t('timeline.value', { now: clock(seconds * 1000), end: clock(end * 1000) })}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        seekTo(event.clientX);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) seekTo(event.clientX);
      }}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -1000, ArrowRight: 1000, PageUp: 10_000, PageDown: -10_000 }[event.code];
        if (by !== undefined) session.control({ control: 'seek-by', byMs: event.shiftKey ? by * 10 : by });
        else if (event.code === 'Home') session.control({ control: 'seek', toMs: 0 });
        else if (event.code === 'End') session.control({ control: 'live' });
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}
