// What is under the pointer, in words: on a wire or a dot, who speaks to whom, as whom, and what.
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bytes } from '../i18n/format.ts';
import { dotsInFlight } from '../store/presentation.ts';
import { useScene } from '../store/scene-store.ts';
import { useView, type ThingId } from '../store/view-store.ts';
import type { Place } from '../store/types.ts';
import css from './canvas.module.css';

export function HoverCard() {
  // What is asked for stands before what is only passed over.
  const hover = useView((view) => (view.menu === undefined ? view.hover : undefined));
  if (hover === undefined) return null;
  const text = hover.thing.startsWith('flight:') ? <FlightText id={Number(hover.thing.slice(7))} /> : hover.thing.startsWith('wire:') ? <WireText id={hover.thing} /> : hover.thing.startsWith('pod:') ? <PodText id={hover.thing} key={hover.thing} /> : hover.thing.startsWith('machine:') ? <MachineText name={hover.thing.slice(8)} key={hover.thing} /> : null;
  if (text === null) return null;
  return <div className={css.hover} data-side={hover.x > 480 ? 'left' : 'right'} data-above={hover.y > 360} style={{ '--x': `${hover.x}px`, '--y': `${hover.y}px` } as React.CSSProperties} role="tooltip">{text}</div>;
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

/** True a moment after it appeared: what is only passed over says nothing. */
function useLingering(): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 280);
    return () => clearTimeout(timer);
  }, []);
  return late;
}

/** A machine, and which images it has already pulled. */
function MachineText({ name }: { readonly name: string }) {
  const { t } = useTranslation();
  const machine = useScene((scene) => scene.machines.get(name));
  const late = useLingering();
  if (machine === undefined || !late) return null;
  const images = machine.images.slice(-7);
  return (
    <>
      <strong>{t(`role.${machine.role}`)} {machine.name} · {machine.address}</strong>
      {machine.zone !== '' && <span>{t('machine.zone', { zone: machine.zone })}</span>}
      {images.length > 0 && <span>{t('machine.cached')} ({machine.images.length})</span>}
      {images.map((image) => <span key={image.name}>{image.name} · {bytes(image.sizeBytes)}</span>)}
    </>
  );
}

function PodText({ id }: { readonly id: ThingId }) {
  const { t } = useTranslation();
  const pod = useScene((scene) => scene.pods.get(id));
  const late = useLingering();
  if (pod === undefined || !late) return null;
  return (
    <>
      <strong>{pod.namespace}/{pod.name}</strong>
      <span>{pod.status} · {pod.readyContainers}/{pod.totalContainers}{pod.ip === '' ? '' : ` · ${pod.ip}`}</span>
      <span>{pod.containers.map((container) => container.image).join(', ')}{pod.restarts > 0 ? ` · ${t('inspector.restarts')} ${pod.restarts}` : ''}</span>
    </>
  );
}
