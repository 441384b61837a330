// While a cut is drawn: a sheet over the graph that takes the line, shows who would be cut off, and makes the partition when the hand lets go.
import { useEffect, useState } from 'react';
import { useReactFlow } from '@xyflow/react';
import { useTranslation } from 'react-i18next';
import { X } from 'lucide-react';
import { IconButton } from '../design/Button.tsx';
import { partition } from '../store/actions.ts';
import { useView, viewStore } from '../store/view-store.ts';
import { cutOff, type Point } from './cut-line.ts';
import { useGraphLayout } from './layout-context.ts';
import css from './canvas.module.css';

export function CutLayer() {
  const drawing = useView((view) => view.drawingCut);
  return drawing ? <Sheet /> : null;
}

function Sheet() {
  const { t } = useTranslation();
  const { t: cut } = useTranslation('etcd', { keyPrefix: 'cut' });
  const flow = useReactFlow();
  const layout = useGraphLayout();
  const [line, setLine] = useState<{ readonly from: Point; readonly to: Point }>();
  const done = () => viewStore.setState({ drawingCut: false });
  useEffect(() => {
    const leave = (event: KeyboardEvent) => {
      if (event.code === 'Escape') done();
    };
    window.addEventListener('keydown', leave);
    return () => window.removeEventListener('keydown', leave);
  }, []);
  const side = line === undefined ? [] : cutOff(flow.screenToFlowPosition(line.from), flow.screenToFlowPosition(line.to), layout.boxes.values());
  const at = (event: React.PointerEvent): Point => ({ x: event.clientX, y: event.clientY });
  return (
    <div
      className={css.cutSheet} data-cut-sheet data-card
      onPointerDown={(event) => {
        if (event.target instanceof Element && event.target.closest('button') !== null) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setLine({ from: at(event), to: at(event) });
      }}
      onPointerMove={(event) => line !== undefined && setLine({ from: line.from, to: at(event) })}
      onPointerUp={() => {
        if (line === undefined) return;
        setLine(undefined);
        if (side.length === 0) return;
        partition(side);
        done();
      }}
    >
      {line !== undefined && <Stroke line={line} />}
      <div className={css.cutNote} role="status">
        {side.length > 0 ? t('canvas.partitionOf', { names: side.join(', ') }) : cut('drawing')}
        <IconButton label={cut('cancel')} onClick={done}><X size={15} /></IconButton>
      </div>
    </div>
  );
}

function Stroke({ line }: { readonly line: { readonly from: Point; readonly to: Point } }) {
  const [sheet, setSheet] = useState<SVGSVGElement | null>(null);
  const bounds = sheet?.getBoundingClientRect();
  const [left, top] = [bounds?.left ?? 0, bounds?.top ?? 0];
  return <svg ref={setSheet} className={css.cutStroke} aria-hidden="true"><line x1={line.from.x - left} y1={line.from.y - top} x2={line.to.x - left} y2={line.to.y - top} /></svg>;
}
