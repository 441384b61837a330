// One process on its machine: a pictogram, a name and a state mark. Standby is outlined, active filled, the leader has a flag; an etcd
// member shows its role, term and the end of its log.
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { RaftRecord } from '../../scene/records.ts';
import { useScene } from '../store/scene-store.ts';
import { useView } from '../store/view-store.ts';
import { Pictogram, StateMark } from '../design/pictograms.tsx';
import type { Rect } from './layout.ts';
import { chipProcess, processLook } from './looks.ts';
import css from './canvas.module.css';

interface ChipProps {
  readonly machine: string;
  readonly program: string;
  readonly kind: 'part' | 'unit' | 'side';
  readonly rect: Rect;
  readonly on: boolean;
}

export const Chip = memo(function Chip({ machine, program, kind, rect, on }: ChipProps) {
  const { t } = useTranslation();
  const process = useScene((scene) => chipProcess(scene.processesByMachine.get(machine), program));
  const id = `process:${machine}/${process?.name ?? program}`;
  const selected = useView((view) => view.selected === id);
  const lit = useView((view) => {
    const is = (place: { readonly machine: string; readonly process: string } | undefined) => place?.machine === machine && (place.process === process?.name || place.process === program);
    return is(view.lit?.from) ? 'from' : is(view.lit?.to) ? 'to' : undefined;
  });
  const look = processLook(process, on);
  const name = t(`process.${program}` as 'process.etcd');
  const raft = on && process?.state === 'running' ? (process.raft ?? undefined) : undefined;
  const stateText = raft === undefined ? (look === 'exited' ? t('state.exited', { code: process?.exitCode ?? 0 }) : t(`state.${look}`)) : `${t(`raft.${raft.role}`)}, ${t('raft.term', { term: raft.term })}`;
  return (
    <button
      type="button" tabIndex={-1} className={css.chip} data-kind={kind} data-look={look} data-selected={selected} data-lit={lit} data-thing={id}
      style={{ left: rect.x, top: rect.y, width: rect.w, height: rect.h }}
      aria-label={t('process.label', { name, machine, state: stateText })}
    >
      <span className={css.chipHead}>
        <Pictogram of={program} size={kind === 'part' ? 16 : 14} />
        <span className={css.chipName}>{name}</span>
        {raft !== undefined && kind === 'part' && <LogCells raft={raft} />}
        <StateMark look={look} />
      </span>
      {kind === 'part' && <span className={css.chipFoot}><span className={css.chipState}>{stateText}</span>{raft !== undefined && <span className={css.logIndex}>{raft.lastIndex}</span>}</span>}
    </button>
  );
});

const shown = 4;
/** The last entries of a member's log: filled is committed, half is only written here. */
function LogCells({ raft }: { readonly raft: RaftRecord }) {
  const first = Math.max(1, raft.lastIndex - shown + 1);
  const cells = [];
  for (let index = first; index <= raft.lastIndex; index += 1) cells.push(<i key={index} data-committed={index <= raft.commitIndex} />);
  return (
    <span className={css.log} aria-hidden="true">
      <span className={css.cells}>{cells}</span>
    </span>
  );
}
