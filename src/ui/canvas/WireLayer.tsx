// The network under the machines: bands, and one still line per pair of processes that are connected. Dots fly above, on their own layer.
import { memo, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { FaultRecord, WireRecord } from '../../scene/records.ts';
import { scene as sceneRoom, useScene } from '../store/scene-store.ts';
import { useView } from '../store/view-store.ts';
import { useGraphLayout } from './layout-context.ts';
import { along, createRouter, svgPath } from './routes.ts';
import css from './canvas.module.css';

/** The fault that holds between two machines, if one does. */
export function faultBetween(faults: Iterable<FaultRecord>, a: string, b: string): FaultRecord | undefined {
  for (const fault of faults) {
    const side = (names: readonly string[], machine: string) => names.includes(machine) || names.includes('*');
    const { from, to } = fault.rule;
    if ((side(from, a) && side(to, b)) || (side(from, b) && side(to, a))) return fault;
  }
  return undefined;
}

const routeOf = createRouter();

export const WireLayer = memo(function WireLayer() {
  const { t } = useTranslation();
  const layout = useGraphLayout();
  const wires = useScene((scene) => scene.wires);
  const faults = useScene((scene) => scene.faults);
  const machines = useScene((scene) => scene.machines);
  const selected = useView((view) => view.selected);
  const hovered = useView((view) => view.hover?.thing);

  const lines = useMemo(() => {
    const scene = sceneRoom.store.getState();
    const byPath = new Map<string, { readonly wire: WireRecord; readonly path: string; readonly fault: FaultRecord | undefined; readonly mark: { readonly x: number; readonly y: number } | undefined; readonly cold: boolean }>();
    for (const wire of wires.values()) {
      if (wire.from.machine === wire.to.machine || wire.count === 0) continue;
      // Wires to pods come and go by the second: they are shown by their dots only.
      if (wire.family === 'data' || wire.family === 'probe' || wire.family === 'dns') continue;
      const route = routeOf(layout, scene, wire.from, wire.to);
      if (route === undefined) continue;
      const path = svgPath(route);
      const fault = faultBetween(faults.values(), wire.from.machine, wire.to.machine);
      const cold = machines.get(wire.from.machine)?.on === false || machines.get(wire.to.machine)?.on === false;
      if (byPath.has(path)) continue;
      byPath.set(path, { wire, path, fault, cold, mark: fault === undefined ? undefined : along(route, 0.5) });
    }
    return [...byPath.values()];
  }, [wires, faults, layout, machines]);

  return (
    <div className={css.wires} style={{ width: layout.width, height: layout.height }}>
      {layout.bands.map((band) => <div key={band.y} className={css.band} style={{ left: band.x, top: band.y, width: band.w, height: band.h }} />)}
      <svg width={layout.width} height={layout.height} className={css.wireSvg} aria-label={t('canvas.network')} role="img">
        {lines.map(({ wire, path, fault, mark, cold }) => (
          <g key={wire.id} data-thing={wire.id} data-fault={fault?.rule.kind} data-cold={cold} data-selected={selected === wire.id || hovered === wire.id} className={css.wire}>
            <path d={path} className={css.wireLine} />
            <path d={path} className={css.wireHit} />
            {mark !== undefined && (fault?.rule.kind === 'cut' ? <path d={`M${mark.x - 6} ${mark.y - 6}l12 12m0-12l-12 12`} className={css.wireCut} /> : <circle cx={mark.x} cy={mark.y} r="5" className={css.wireSlow} />)}
          </g>
        ))}
      </svg>
    </div>
  );
});
