// A first inspector: the facts of what is chosen, from the scene, and what can be done to it. Nothing chosen: the cluster at a glance.
import { useTranslation } from 'react-i18next';
import { Button } from '../../design/Button.tsx';
import { PodMark, StateMark } from '../../design/pictograms.tsx';
import { processLook } from '../../canvas/looks.ts';
import { bytes, cpu } from '../../i18n/format.ts';
import { useScene } from '../../store/scene-store.ts';
import { faultSentence } from '../../../scene/fault-sentence.ts';
import { useSay } from '../../i18n/say.ts';
import { openMenu, parseThing, select, useView } from '../../store/view-store.ts';
import { Details } from './Details.tsx';
import css from '../panels.module.css';

export function InspectorPanel() {
  const { t } = useTranslation();
  const selected = useView((view) => view.selected);
  const thing = selected === undefined ? undefined : parseThing(selected);
  const act = (event: React.MouseEvent<HTMLElement>) => {
    const rect = event.currentTarget.getBoundingClientRect();
    if (selected !== undefined) openMenu(selected, rect.left, rect.bottom);
  };
  return (
    <div className={css.inspector} data-inspector tabIndex={0} role="group" aria-label={t('tab.inspector')}>
      {thing === undefined ? <Overview /> : (
        <>
          <div className={css.inspectorHead}>
            <button type="button" className={css.link} onClick={() => select(undefined)}>‹ {t('inspector.overview')}</button>
            <Button onClick={act} aria-haspopup="menu">{t('inspector.act')}</Button>
          </div>
          {thing.table === 'machine' && <MachineFacts name={thing.machine} />}
          {thing.table === 'process' && <ProcessFacts id={`process:${thing.rest}`} />}
          {thing.table === 'pod' && <PodFacts id={`pod:${thing.rest}`} />}
          {thing.table === 'wire' && <WireFacts id={`wire:${thing.rest}`} />}
          {thing.table === 'object' && <ObjectFacts id={`object:${thing.rest}`} />}
          {selected !== undefined && <Details thing={selected} />}
        </>
      )}
    </div>
  );
}

function Overview() {
  const { t } = useTranslation();
  const say = useSay();
  const nodes = useScene((scene) => scene.nodes);
  const pods = useScene((scene) => scene.pods);
  const processes = useScene((scene) => scene.processes);
  const faults = useScene((scene) => scene.faults);
  const marks = new Map<string, number>();
  for (const pod of pods.values()) marks.set(pod.mark, (marks.get(pod.mark) ?? 0) + 1);
  const leaders = [...processes.values()].filter((process) => process.state === 'running' && (process.lease !== '' || process.raft?.role === 'leader'));
  const ready = [...nodes.values()].filter((node) => node.ready === 'True').length;
  return (
    <>
      <h2>{t('inspector.overview')}</h2>
      <p className={css.soft}>{t('inspector.empty')}</p>
      <dl>
        <dt>{t('inspector.nodes')}</dt><dd>{ready} / {nodes.size} Ready</dd>
        <dt>{t('inspector.pods')}</dt>
        <dd>{[...marks].map(([mark, count]) => <div key={mark}><PodMark mark={mark} size={12} /> {count} {t(`pod.mark.${mark}` as 'pod.mark.ready')}</div>)}</dd>
      </dl>
      <h3>{t('inspector.leaders')}</h3>
      {leaders.length === 0 && <p className={css.soft}>{t('inspector.none')}</p>}
      <ul>{leaders.map((process) => <li key={process.id}><button type="button" className={css.link} onClick={() => select(process.id)}>{process.program} · {process.machine}</button></li>)}</ul>
      <Workloads />
      {faults.size > 0 && <><h3>{t('inspector.faults')}</h3><ul>{[...faults.values()].map((fault) => <li key={fault.id}>{say(faultSentence(fault.name, fault.rule))}</li>)}</ul></>}
    </>
  );
}

const workloads = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'Service', 'Job']);
/** What a person works with: their namespaces' workloads and services. */
function Workloads() {
  const { t } = useTranslation('panels');
  const objects = useScene((scene) => scene.objects);
  const mine = [...objects.values()].filter((object) => workloads.has(object.kind) && object.namespace !== 'kube-system' && !(object.kind === 'Service' && object.name === 'kubernetes'));
  if (mine.length === 0) return null;
  return (
    <>
      <h3>{t('inspector.workloads')}</h3>
      <ul>{mine.slice(0, 60).map((object) => <li key={object.id}><button type="button" className={css.link} onClick={() => select(object.id)}>{object.kind} {object.name}</button> <span className={css.soft}>{object.summary}</span></li>)}</ul>
    </>
  );
}

function ObjectFacts({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const object = useScene((scene) => scene.objects.get(id));
  if (object === undefined) return <p>{t('inspector.none')}</p>;
  return (
    <>
      <h2>{object.kind} {object.name}</h2>
      <dl>
        <dt>{t('inspector.namespace')}</dt><dd>{object.namespace}</dd>
        <dt>{t('inspector.status')}</dt><dd>{object.summary}</dd>
        <dt>{t('inspector.owner')}</dt><dd>{object.owner === null ? t('inspector.none') : `${object.owner.kind} ${object.owner.name}`}</dd>
      </dl>
    </>
  );
}

function MachineFacts({ name }: { readonly name: string }) {
  const { t } = useTranslation();
  const machine = useScene((scene) => scene.machines.get(name));
  const node = useScene((scene) => scene.nodes.get(name));
  const processes = useScene((scene) => scene.processesByMachine.get(name));
  const pods = useScene((scene) => scene.podsByNode.get(name));
  if (machine === undefined) return null;
  return (
    <>
      <h2>{machine.name}</h2>
      <dl>
        <dt>{t('inspector.address')}</dt><dd className={css.mono}>{machine.address}</dd>
        <dt>{t('inspector.status')}</dt><dd>{machine.on ? (node === undefined ? t('machine.on') : `Ready=${node.ready}`) : t('machine.off')}</dd>
        {node !== undefined && <><dt>{t('bars.cpu')}</dt><dd>{t('bars.use', { used: cpu(node.used.cpuMilli), requested: cpu(node.requested.cpuMilli), capacity: cpu(node.capacity.cpuMilli) })}</dd><dt>{t('bars.memory')}</dt><dd>{t('bars.use', { used: bytes(node.used.memoryBytes), requested: bytes(node.requested.memoryBytes), capacity: bytes(node.capacity.memoryBytes) })}</dd></>}
      </dl>
      {node !== undefined && <><h3>{t('inspector.conditions')}</h3><ul>{node.conditions.map((condition) => <li key={condition.type}>{condition.type}={condition.status} <span className={css.soft}>{condition.reason}</span></li>)}</ul></>}
      <h3>{t('inspector.processes')}</h3>
      <ul>{processes?.map((process) => <li key={process.id}><StateMark look={processLook(process, machine.on)} /> <button type="button" className={css.link} onClick={() => select(process.id)}>{process.name}</button></li>)}</ul>
      {pods !== undefined && pods.length > 0 && <><h3>{t('inspector.pods')}</h3><ul>{pods.slice(0, 60).map((pod) => <li key={pod.id}><PodMark mark={pod.mark} size={12} /> <button type="button" className={css.link} onClick={() => select(pod.id)}>{pod.name}</button></li>)}</ul></>}
    </>
  );
}

function ProcessFacts({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const process = useScene((scene) => scene.processes.get(id));
  const wires = useScene((scene) => scene.wires);
  const on = useScene((scene) => scene.machines.get(process?.machine ?? '')?.on ?? true);
  if (process === undefined) return <h2>{id.slice(8)}</h2>;
  const mine = [...wires.values()].filter((wire) => (wire.from.machine === process.machine && wire.from.process === process.name) || (wire.to.machine === process.machine && wire.to.process === process.name));
  const look = processLook(process, on);
  return (
    <>
      <h2>{process.name}</h2>
      <dl>
        <dt>{t('inspector.node')}</dt><dd><button type="button" className={css.link} onClick={() => select(`machine:${process.machine}`)}>{process.machine}</button></dd>
        <dt>{t('inspector.status')}</dt><dd><StateMark look={look} /> {look === 'exited' ? t('state.exited', { code: process.exitCode ?? 0 }) : t(`state.${look}`)}</dd>
        <dt>{t('inspector.incarnation')}</dt><dd>{t('inspector.times', { count: process.incarnation })}</dd>
        {process.lease !== '' && <><dt>{t('inspector.lease')}</dt><dd className={css.mono}>{process.lease}</dd></>}
        {process.raft !== null && <><dt>Raft</dt><dd>{t(`raft.${process.raft.role}`)}, {t('raft.term', { term: process.raft.term })}<br />{t('raft.log', { last: process.raft.lastIndex, commit: process.raft.commitIndex })}</dd></>}
      </dl>
      <h3>{t('inspector.wires')}</h3>
      <ul>{mine.slice(0, 40).map((wire) => <li key={wire.id}><button type="button" className={css.link} onClick={() => select(wire.id)}>{wire.from.process} · {wire.from.machine} → {wire.to.process} · {wire.to.machine}</button><div className={css.soft}>{wire.identity === '' ? t('wire.anonymous') : t('wire.identity', { identity: wire.identity })}</div></li>)}</ul>
    </>
  );
}

function WireFacts({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const wire = useScene((scene) => scene.wires.get(id));
  if (wire === undefined) return null;
  return (
    <>
      <h2>{wire.from.machine} → {wire.to.machine}</h2>
      <dl>
        <dt>{wire.from.machine}</dt><dd>{wire.from.process}</dd>
        <dt>{wire.to.machine}</dt><dd>{wire.to.process}</dd>
        <dt>{t('inspector.status')}</dt><dd>{t(`family.${wire.family}`)}, {t('wire.connections', { count: wire.count })}</dd>
      </dl>
      <p>{wire.identity === '' ? t('wire.anonymous') : t('wire.identity', { identity: wire.identity })}</p>
    </>
  );
}

function PodFacts({ id }: { readonly id: string }) {
  const { t } = useTranslation();
  const pod = useScene((scene) => scene.pods.get(id));
  if (pod === undefined) return <p>{t('inspector.none')}</p>;
  return (
    <>
      <h2>{pod.name}</h2>
      <dl>
        <dt>{t('inspector.status')}</dt><dd><PodMark mark={pod.mark} size={12} /> {pod.status}</dd>
        <dt>{t('inspector.namespace')}</dt><dd>{pod.namespace}</dd>
        <dt>{t('inspector.node')}</dt><dd>{pod.node === '' ? t('inspector.none') : <button type="button" className={css.link} onClick={() => select(`machine:${pod.node}`)}>{pod.node}</button>}</dd>
        <dt>IP</dt><dd className={css.mono}>{pod.ip}</dd>
        <dt>{t('inspector.owner')}</dt><dd>{pod.owner === null ? t('inspector.none') : `${pod.owner.kind} ${pod.owner.name}`}</dd>
        <dt>{t('inspector.restarts')}</dt><dd>{pod.restarts}</dd>
      </dl>
      <h3>{t('inspector.containers')}</h3>
      <ul>{pod.containers.map((container) => <li key={container.name}>{container.name} <span className={css.soft}>{container.image}</span><br />{container.state} {container.reason}</li>)}</ul>
    </>
  );
}
