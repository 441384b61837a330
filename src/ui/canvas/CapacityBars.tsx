// Requested and used against capacity, for processor and memory: the wide bar is what was asked for, the thin one what is consumed.
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { NodeRecord } from '../../scene/records.ts';
import { bytes, cpu } from '../i18n/format.ts';
import type { Rect } from './layout.ts';
import css from './canvas.module.css';

export const CapacityBars = memo(function CapacityBars({ node, rect }: { readonly node: NodeRecord; readonly rect: Rect }) {
  const { t } = useTranslation();
  const rows = [
    { what: 'cpu', requested: node.requested.cpuMilli, used: node.used.cpuMilli, capacity: node.capacity.cpuMilli, text: cpu },
    { what: 'memory', requested: node.requested.memoryBytes, used: node.used.memoryBytes, capacity: node.capacity.memoryBytes, text: bytes },
  ] as const;
  return (
    <div className={css.bars} style={{ left: rect.x, top: rect.y, width: rect.w, height: rect.h }}>
      {rows.map((row) => {
        const part = (value: number) => `${row.capacity === 0 ? 0 : Math.min(100, (100 * value) / row.capacity)}%`;
        const text = t('bars.label', { what: t(`bars.${row.what}`), requested: row.text(row.requested), used: row.text(row.used), capacity: row.text(row.capacity) });
        return (
          <div key={row.what} className={css.bar} role="img" aria-label={text} title={text}>
            <span className={css.barName}>{t(`bars.${row.what}`)}</span>
            <span className={css.barTrack}>
              <i className={css.barRequested} style={{ width: part(row.requested) }} data-full={row.requested > row.capacity * 0.9} />
              <i className={css.barUsed} style={{ width: part(row.used) }} />
            </span>
            <span className={css.barText}>{row.text(row.requested)}/{row.text(row.capacity)}</span>
          </div>
        );
      })}
    </div>
  );
});
