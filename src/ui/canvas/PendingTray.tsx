// Where pods stand that no node has yet: they wait for the scheduler.
import { memo } from 'react';
import type { Node, NodeProps } from '@xyflow/react';
import { useTranslation } from 'react-i18next';
import { useScene } from '../store/scene-store.ts';
import { PodArea } from './PodArea.tsx';
import css from './canvas.module.css';

export type PendingNodeType = Node<{ readonly width: number; readonly height: number }, 'pending'>;

export const PendingTray = memo(function PendingTray({ data }: NodeProps<PendingNodeType>) {
  const { t } = useTranslation();
  const count = useScene((scene) => scene.podsByNode.get('')?.length ?? 0);
  return (
    <div className={css.pending} data-empty={count === 0} style={{ width: data.width, height: data.height }}>
      <span className={css.pendingTitle}>{count === 0 ? t('canvas.pendingNone') : `${t('canvas.pending')} · ${count}`}</span>
      <PodArea node="" x={8} y={30} width={data.width - 16} height={data.height - 38} on />
    </div>
  );
});
