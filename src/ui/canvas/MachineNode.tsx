// One machine: a box with a name plate, its processes as chips, and, on nodes, capacity and pods. Off is hollow and cold, never removed.
import { memo, useEffect } from 'react';
import type { Node, NodeProps } from '@xyflow/react';
import { useTranslation } from 'react-i18next';
import { useScene } from '../store/scene-store.ts';
import { usePacedScene } from '../store/paced.ts';
import { useView } from '../store/view-store.ts';
import { Pictogram } from '../design/pictograms.tsx';
import { barsRect, chipPrograms, chipRect } from './layout.ts';
import { useGraphLayout } from './layout-context.ts';
import { nodeState } from './looks.ts';
import { Chip } from './Chip.tsx';
import { CapacityBars } from './CapacityBars.tsx';
import { PodArea } from './PodArea.tsx';
import { TrafficFace } from './TrafficFace.tsx';
import css from './canvas.module.css';

export type MachineNodeType = Node<{ readonly name: string }, 'machine'>;

const sidePrograms: Readonly<Record<string, readonly string[]>> = { client: ['kubectl', 'shell'], 'load-balancer': ['load-balancer'], registry: [], traffic: [], cloud: [] };
const etcdMachinePrograms: readonly string[] = ['kubelet', 'containerd', 'etcd'];

export const MachineNode = memo(function MachineNode({ data }: NodeProps<MachineNodeType>) {
  const { t } = useTranslation();
  const layout = useGraphLayout();
  const machine = useScene((scene) => scene.machines.get(data.name));
  const node = usePacedScene(`node/${data.name}`, (scene) => scene.nodes.get(data.name));
  const chosen = useView((view) => view.chosenMachines.includes(data.name));
  const selected = useView((view) => view.selected === `machine:${data.name}`);
  const box = layout.boxes.get(data.name);
  useEffect(() => {
    // For the budget: how soon something of the cluster is drawn.
    if (performance.getEntriesByName('first-node').length === 0) performance.mark('first-node');
  }, []);
  if (machine === undefined || box === undefined) return null;

  const isNode = machine.role === 'master' || machine.role === 'worker' || machine.role === 'etcd';
  const etcdApart = [...layout.boxes.values()].some((each) => each.role === 'etcd');
  const state = isNode && (machine.role !== 'etcd' || node !== undefined) ? nodeState(machine, node) : machine.on ? 'on' : 'off';
  const programs = machine.role === 'etcd' ? etcdMachinePrograms : isNode
    ? Object.keys(chipPrograms).filter((program) => chipPrograms[program]?.kind === 'unit' || (machine.role === 'master' && chipPrograms[program]?.kind === 'part' && (program !== 'etcd' || !etcdApart)))
    : (sidePrograms[machine.role] ?? []);
  const bars = barsRect(box);
  const address = machine.address;

  return (
    <div className={css.machine} data-machine={machine.name} data-role={machine.role} data-on={machine.on} data-chosen={chosen} data-selected={selected} style={{ width: box.w, height: box.h }}>
      <button
        type="button" tabIndex={-1} className={css.plate} data-thing={`machine:${machine.name}`} data-state={state}
        aria-label={t('machine.label', { role: t(`role.${machine.role}`), name: machine.name, address, state: t(`machine.${state}`) })}
      >
        <Pictogram of={machine.role} size={15} />
        <span className={css.plateName}>{machine.role === 'client' ? t('role.client') : machine.name}</span>
        {isNode && <span className={css.plateAddress}>{address}</span>}
        {state !== 'on' && <span className={css.plateState} data-state={state}>{node?.unschedulable === true && state === 'ready' ? t('machine.cordoned') : t(`machine.${state}`)}</span>}
      </button>
      {!isNode && machine.role !== 'client' && machine.role !== 'load-balancer' && <span className={css.sideAddress}>{machine.role === 'registry' && machine.images.length > 0 ? t('machine.images', { count: machine.images.length }) : address}</span>}
      {programs.map((program) => {
        const rect = chipRect(box, program);
        return rect === undefined ? null : <Chip key={program} machine={machine.name} program={program} kind={chipPrograms[program]?.kind ?? 'unit'} rect={rect} on={machine.on} />;
      })}
      {node !== undefined && bars !== undefined && <CapacityBars node={node} rect={bars} />}
      {box.podArea !== undefined && <PodArea node={machine.name} x={box.podArea.x - box.x} y={box.podArea.y - box.y} width={box.podArea.w} height={box.podArea.h} on={machine.on} />}
      {machine.role === 'traffic' && <TrafficFace />}
    </div>
  );
});
