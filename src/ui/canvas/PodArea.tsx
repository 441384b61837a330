// The pods of one node. Few are elements with names; many are painted on one canvas, each in its slot; ghosts mark the just-deleted.
import { memo, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { PodRecord } from '../../scene/records.ts';
import { scene, useScene } from '../store/scene-store.ts';
import { usePacedScene } from '../store/paced.ts';
import { useSettings } from '../store/settings.ts';
import { select, openMenu, useView } from '../store/view-store.ts';
import { PodMark } from '../design/pictograms.tsx';
import { gridFor, shortPodName, slotAt, slotRect, type PodGrid } from './pod-grid.ts';
import { ownerSlots } from './looks.ts';
import { isCrowded, isPainted } from './paint-pods.ts';
import css from './canvas.module.css';

const noPods: readonly PodRecord[] = [];

interface PodAreaProps {
  readonly node: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly on: boolean;
}

export const PodArea = memo(function PodArea({ node, x, y, width, height, on }: PodAreaProps) {
  const pods = usePacedScene(`pods/${node}`, (state) => state.podsByNode.get(node) ?? noPods);
  const ghosts = useScene((state) => state.ghosts.get(node));
  const crowded = useScene(isCrowded);
  const grouped = useSettings((settings) => settings.groupBy === 'owner');

  const placed = useMemo(() => {
    const storeSlots = scene.store.getState().podSlots;
    const owners = grouped ? ownerSlots(pods) : undefined;
    const entries = pods.map((pod) => ({ pod, slot: owners?.get(pod.id) ?? storeSlots.get(pod.id) ?? 0 }));
    const shown = grouped ? entries : [...entries, ...(ghosts ?? [])];
    const highest = shown.reduce((most, { slot }) => Math.max(most, slot + 1), 0);
    return { entries, grid: gridFor({ w: width, h: height }, highest) };
    // The slots of this node's pods change only together with `pods`, `ghosts` or the grouping.
  }, [pods, ghosts, grouped, width, height]);

  const { entries, grid } = placed;
  const style = { left: x, top: y, width, height };
  if (isPainted(crowded, grid)) return <PaintedPods node={node} entries={entries} grid={grid} style={style} />;
  return (
    <div className={css.pods} style={style} data-on={on}>
      {entries.map(({ pod, slot }) => <PodChip key={pod.id} pod={pod} slot={slot} grid={grid} />)}
      {!grouped && ghosts?.map((ghost) => {
        const rect = slotRect(grid, ghost.slot);
        return <span key={ghost.id} className={css.ghost} data-mode={grid.mode} style={{ left: rect.x, top: rect.y, width: rect.w, height: rect.h }}><s>{grid.mode === 'label' ? shortPodName(ghost.name) : ''}</s></span>;
      })}
    </div>
  );
});

const PodChip = memo(function PodChip({ pod, slot, grid }: { readonly pod: PodRecord; readonly slot: number; readonly grid: PodGrid }) {
  const { t } = useTranslation();
  const selected = useView((view) => view.selected === pod.id);
  const rect = slotRect(grid, slot);
  return (
    <button
      type="button" tabIndex={-1} className={css.pod} data-mode={grid.mode} data-mark={pod.mark} data-selected={selected} data-thing={pod.id}
      style={{ left: rect.x, top: rect.y, width: rect.w, height: rect.h }}
      aria-label={t('pod.label', { name: `${pod.namespace}/${pod.name}`, status: pod.status })}
    >
      <PodMark mark={pod.mark} size={grid.mode === 'label' ? 15 : 17} />
      {grid.mode === 'label' && (
        <span className={css.podText}>
          <span className={css.podName}>{shortPodName(pod.name)}</span>
          <span className={css.podMore}>{pod.mark === 'ready' || pod.mark === 'running' ? `${pod.ip} ${pod.containers.map((container) => container.name).join(', ')}` : pod.status}</span>
        </span>
      )}
    </button>
  );
});

interface Entry {
  readonly pod: PodRecord;
  readonly slot: number;
}

/** The marks themselves are on the pod layer; here are their words, and what a click on one means. */
const PaintedPods = memo(function PaintedPods({ node, entries, grid, style }: { readonly node: string; readonly entries: readonly Entry[]; readonly grid: PodGrid; readonly style: { readonly left: number; readonly top: number; readonly width: number; readonly height: number } }) {
  const { t } = useTranslation();
  const marks = new Map<PodRecord['mark'], number>();
  for (const { pod } of entries) marks.set(pod.mark, (marks.get(pod.mark) ?? 0) + 1);
  const summary = [...marks].map(([mark, count]) => `${count} ${t(`pod.mark.${mark}`)}`).join(', ');

  const podAt = (event: React.MouseEvent<HTMLElement>): PodRecord | undefined => {
    const bounds = event.currentTarget.getBoundingClientRect();
    const scale = style.width / bounds.width;
    const slot = slotAt(grid, (event.clientX - bounds.left) * scale, (event.clientY - bounds.top) * scale);
    return entries.find((entry) => entry.slot % grid.capacity === slot)?.pod;
  };
  return (
    <div
      className={css.pods} style={style} role="img" aria-label={t('pod.field', { count: entries.length, summary })} data-pods={entries.length} data-node={node}
      onClick={(event) => {
        const pod = podAt(event);
        if (pod === undefined) return;
        event.stopPropagation();
        select(pod.id);
      }}
      onContextMenu={(event) => {
        const pod = podAt(event);
        if (pod === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        openMenu(pod.id, event.clientX, event.clientY);
      }}
    />
  );
});
