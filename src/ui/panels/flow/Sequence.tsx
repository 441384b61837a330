// The same hops as a sequence diagram: one line of life per process, one row per hop, waits folded to a narrow row.
import { memo, useMemo } from 'react';
import type { Hop } from '../../../session/protocol.ts';
import { span } from '../../i18n/format.ts';
import { useSay } from '../../i18n/say.ts';
import { session } from '../../store/session-client.ts';
import css from './flow.module.css';

const columnWidth = 92;
const rowHeight = 34;
const headHeight = 46;

export const Sequence = memo(function Sequence({ hops, current }: { readonly hops: readonly Hop[]; readonly current: number | undefined }) {
  const say = useSay();
  const { actors, rows } = useMemo(() => {
    const names: string[] = [];
    const column = (machine: string, process: string): number => {
      const name = `${process}\n${machine}`;
      const at = names.indexOf(name);
      if (at >= 0) return at;
      names.push(name);
      return names.length - 1;
    };
    const list = hops.map((hop, at) => {
      const from = hop.from === undefined ? column(hop.machine, hop.process) : column(hop.from.machine, hop.from.process);
      const to = hop.to === undefined ? (hop.from === undefined ? from : column(hop.machine, hop.process)) : column(hop.to.machine, hop.to.process);
      return { hop, from, to, y: headHeight + 14 + at * rowHeight };
    });
    return { actors: names, rows: list };
  }, [hops]);
  const width = actors.length * columnWidth + 12;
  const height = headHeight + hops.length * rowHeight + 20;
  const x = (column: number) => column * columnWidth + columnWidth / 2;
  return (
    <div className={css.sequence} tabIndex={0} role="group">
      <svg width={width} height={height}>
        {actors.map((name, at) => {
          const [process, machine] = name.split('\n');
          return (
            <g key={name}>
              <text x={x(at)} y={16} className={css.actor}>{shorten(process ?? '')}</text>
              <text x={x(at)} y={31} className={css.actorPlace}>{machine}</text>
              <line x1={x(at)} y1={headHeight - 6} x2={x(at)} y2={height} className={css.life} />
            </g>
          );
        })}
        {rows.map(({ hop, from, to, y }) => (
          <g key={hop.event} className={css.row} data-current={hop.event === current} onClick={() => session.control({ control: 'seek', toMs: hop.atMs })}>
            <title>{say(hop.sentence)}</title>
            {hop.folded && <text x={width - 8} y={y - 10} className={css.wait}>⋯ {span(hop.gapMs)}</text>}
            <rect x={0} y={y - 18} width={width} height={rowHeight} className={css.rowBack} />
            {from === to
              ? <circle cx={x(from)} cy={y} r={4.5} className={css.own} />
              : <><line x1={x(from)} y1={y} x2={x(to) - Math.sign(to - from) * 6} y2={y} className={css.arrow} /><path d={`M${x(to) - Math.sign(to - from) * 1} ${y}l${-Math.sign(to - from) * 7} -4v8z`} className={css.tip} /></>}
            <text x={from === to ? x(from) + 9 : Math.min(x(from), x(to)) + 6} y={y - 5} className={css.rowText}>{shorten(say(hop.sentence), 46)}</text>
          </g>
        ))}
      </svg>
    </div>
  );
});

function shorten(text: string, most = 14): string {
  const plain = text.replace(/^kube-/, '').replace(/-[a-z0-9]{6,10}-[a-z0-9]{5}$/, '…');
  return plain.length > most ? `${plain.slice(0, most - 1)}…` : plain;
}
