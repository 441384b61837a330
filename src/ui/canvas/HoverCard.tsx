// What is under the pointer, in words: on a wire or a dot, who speaks to whom, as whom, and what.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dotsInFlight } from '../store/presentation.ts';
import { useScene } from '../store/scene-store.ts';
import { useView, type ThingId } from '../store/view-store.ts';
import type { Place } from '../store/types.ts';
import css from './canvas.module.css';

export function HoverCard() {
  const hover = useView((view) => view.hover);
  if (hover === undefined) return null;
  const text = hover.thing.startsWith('flight:') ? <FlightText id={Number(hover.thing.slice(7))} /> : hover.thing.startsWith('wire:') ? <WireText id={hover.thing} /> : hover.thing.startsWith('pod:') ? <PodText id={hover.thing} /> : null;
  if (text === null) return null;
  return <div className={css.hover} style={{ left: Math.max(8, hover.x - 20), top: hover.y + 18 }} role="tooltip">{text}</div>;
}

const where = (place: Place) => `${place.process} · ${place.machine}`;

function WireText({ id }: { readonly id: ThingId }) {
  const { t } = useTranslation();
  const wire = useScene((scene) => scene.wires.get(id));
  if (wire === undefined) return null;
  return (
    <>
      <strong>{t('wire.label', { from: where(wire.from), to: where(wire.to) })}</strong>
      <span>{wire.identity === '' ? t('wire.anonymous') : t('wire.identity', { identity: wire.identity })}</span>
      <span><i style={{ background: `var(--family-${wire.family})` }} />{t(`family.${wire.family}`)}, {t('wire.connections', { count: wire.count })}</span>
    </>
  );
}

function FlightText({ id }: { readonly id: number }) {
  const { t } = useTranslation();
  const [flight] = useState(() => dotsInFlight().get(id)?.flight);
  const identity = useScene((scene) => {
    if (flight === undefined) return '';
    const there = `wire:${flight.from.machine}/${flight.from.process}>${flight.to.machine}/${flight.to.process}`;
    const back = `wire:${flight.to.machine}/${flight.to.process}>${flight.from.machine}/${flight.from.process}`;
    return (scene.wires.get(there) ?? scene.wires.get(back))?.identity ?? '';
  });
  if (flight === undefined) return null;
  return (
    <>
      <strong>{flight.note === '' ? t(`family.${flight.family}`) : flight.note}</strong>
      <span>{t('wire.label', { from: where(flight.from), to: where(flight.to) })}</span>
      {identity !== '' && <span>{t('wire.identity', { identity })}</span>}
      <span><i style={{ background: `var(--family-${flight.family})` }} />{t(`family.${flight.family}`)}{flight.lost ? `, ${t('wire.lost')}` : ''}</span>
    </>
  );
}

function PodText({ id }: { readonly id: ThingId }) {
  const { t } = useTranslation();
  const pod = useScene((scene) => scene.pods.get(id));
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 250);
    return () => clearTimeout(timer);
  }, []);
  if (pod === undefined || !late) return null;
  return (
    <>
      <strong>{pod.namespace}/{pod.name}</strong>
      <span>{pod.status} · {pod.readyContainers}/{pod.totalContainers}{pod.ip === '' ? '' : ` · ${pod.ip}`}</span>
      <span>{pod.containers.map((container) => container.image).join(', ')}{pod.restarts > 0 ? ` · ${t('inspector.restarts')} ${pod.restarts}` : ''}</span>
    </>
  );
}
