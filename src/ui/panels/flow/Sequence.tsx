// The same hops as a sequence diagram that fits its panel: one line of life per process, one row per hop with its sentence, waits folded.
import { memo, useEffect, useMemo, useRef, useState } from 'react';
import type { Hop } from '../../../session/protocol.ts';
import { chipProgram } from '../../canvas/layout.ts';
import { Pictogram } from '../../design/pictograms.tsx';
import { span } from '../../i18n/format.ts';
import { useSay } from '../../i18n/say.ts';
import { session } from '../../store/session-client.ts';
import { useFollowScroll } from './follow-scroll.ts';
import css from './flow.module.css';

interface Row {
  readonly hop: Hop;
  readonly from: number;
  readonly to: number;
}
interface Actor {
  readonly machine: string;
  readonly process: string;
}

function arrange(hops: readonly Hop[]): { readonly actors: readonly Actor[]; readonly rows: readonly Row[] } {
  const actors: Actor[] = [];
  const column = (actor: Actor): number => {
    const at = actors.findIndex((known) => known.machine === actor.machine && known.process === actor.process);
    if (at >= 0) return at;
    actors.push({ machine: actor.machine, process: actor.process });
    return actors.length - 1;
  };
  const rows = hops.map((hop) => {
    const from = column(hop.from ?? hop);
    return { hop, from, to: hop.to === undefined ? (hop.from === undefined ? from : column(hop)) : column(hop.to) };
  });
  return { actors, rows };
}

export const Sequence = memo(function Sequence({ hops, current }: { readonly hops: readonly Hop[]; readonly current: number | undefined }) {
  const say = useSay();
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(240);
  const { actors, rows } = useMemo(() => arrange(hops), [hops]);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 240));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useFollowScroll(frame, '[data-current="true"]', 0.6, current);

  const step = Math.max(19, Math.min(96, (width - 12) / Math.max(1, actors.length)));
  const x = (column: number) => 6 + column * step + step / 2;
  const inner = Math.max(width, actors.length * step + 12);
  return (
    <div className={css.sequence} ref={frame} tabIndex={0} role="group">
      <div style={{ width: inner, position: 'relative' }}>
        <div className={css.actors} style={{ width: inner }}>
          {actors.map((actor, at) => (
            <span key={`${actor.process}@${actor.machine}`} className={css.actor} style={{ left: x(at) }} title={`${actor.process} · ${actor.machine}`}>
              <Pictogram of={chipProgram({ program: actor.process.split('/')[0] ?? '', name: actor.process }) ?? 'containerd'} size={15} />
              <i>{shorten(actor)}</i>
            </span>
          ))}
        </div>
        {rows.map(({ hop, from, to }) => (
          <button key={hop.event} type="button" className={css.row} data-current={hop.event === current} onClick={() => session.control({ control: 'seek', toMs: hop.atMs })}>
            {hop.folded && <span className={css.wait}>⋯ {span(hop.gapMs)}</span>}
            <span className={css.rowText}>{say(hop.sentence)}</span>
            <svg width={inner} height="14" aria-hidden="true">
              {actors.map((actor, at) => <line key={`${actor.process}@${actor.machine}`} x1={x(at)} y1="0" x2={x(at)} y2="14" className={css.life} />)}
              {from === to
                ? <circle cx={x(from)} cy="7" r="4" className={css.own} />
                : <><line x1={x(from)} y1="7" x2={x(to)} y2="7" className={css.arrow} /><path d={`M${x(to)} 7l${Math.sign(from - to) * 7} -4v8z`} className={css.tip} /></>}
            </svg>
          </button>
        ))}
      </div>
    </div>
  );
});

/** `kube-apiserver` on `m1-k8s` is `apiserver m1`. */
function shorten(actor: Actor): string {
  const process = (actor.process.split('/')[0] ?? '').replace(/^kube-/, '').replace('controller-manager', 'controllers').replace('load-balancer', 'balancer');
  const machine = actor.machine.replace(/-k8s$/, '');
  return machine === process || actor.machine === 'laptop' || actor.machine === 'load-balancer' ? process : `${process} ${machine}`;
}
