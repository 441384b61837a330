// The menu on the thing itself: break it here, mend it here. A lazily loaded chunk.
import { DropdownMenu } from 'radix-ui';
import { useTranslation } from 'react-i18next';
import type { FaultRecord } from '../../scene/records.ts';
import { faultSentence } from '../../scene/fault-sentence.ts';
import { say } from '../i18n/say.ts';
import * as act from '../store/actions.ts';
import { scene } from '../store/scene-store.ts';
import { parseThing, select, toggleChosen, useView, viewStore } from '../store/view-store.ts';
import { terminalStore } from '../store/terminal-store.ts';
import { showPanel } from '../layout/show-panel.ts';
import { faultBetween } from './WireLayer.tsx';
import css from './menu.module.css';

interface Item {
  readonly label: string;
  readonly run?: () => void;
  readonly danger?: boolean;
  readonly items?: readonly Item[];
  readonly line?: boolean;
}

export function ThingMenu() {
  const { t } = useTranslation();
  const menu = useView((view) => view.menu);
  if (menu === undefined) return null;
  const { name, items } = itemsFor(menu.thing, t as unknown as Translate);
  const blast = blastRadius(menu.thing, t as unknown as Translate);
  const close = () => viewStore.setState({ menu: undefined });
  if (items.length === 0) return null;
  return (
    <DropdownMenu.Root open onOpenChange={(open) => { if (!open) close(); }} modal={false}>
      <DropdownMenu.Trigger asChild>
        <span className={css.anchor} style={{ left: menu.x, top: menu.y }} aria-hidden="true" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={css.menu} align="start" sideOffset={2} collisionPadding={8} loop aria-label={t('menu.title', { name })} onCloseAutoFocus={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>(`[data-thing="${CSS.escape(menu.thing)}"]`)?.focus({ preventScroll: true });
        }}>
          <DropdownMenu.Label className={css.label}>{name}{blast !== '' && <span>{blast}</span>}</DropdownMenu.Label>
          <Items items={items} />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Items({ items }: { readonly items: readonly Item[] }) {
  return items.map((item, at) =>
    item.line === true ? <DropdownMenu.Separator key={at} className={css.line} />
    : item.items !== undefined ? (
      <DropdownMenu.Sub key={item.label}>
        <DropdownMenu.SubTrigger className={css.item}>{item.label}<span aria-hidden="true">›</span></DropdownMenu.SubTrigger>
        <DropdownMenu.Portal>
          <DropdownMenu.SubContent className={css.menu} collisionPadding={8}><Items items={item.items} /></DropdownMenu.SubContent>
        </DropdownMenu.Portal>
      </DropdownMenu.Sub>
    ) : <DropdownMenu.Item key={item.label} className={css.item} data-danger={item.danger} onSelect={item.run}>{item.label}</DropdownMenu.Item>);
}

/** What hangs on a thing, to be known before it is broken: the pods on it, and what leads there. */
function blastRadius(thing: string, t: Translate): string {
  const state = scene.store.getState();
  const { table, machine, process } = parseThing(thing);
  if (table !== 'machine' && table !== 'process') return '';
  const leads = (state.processesByMachine.get(machine) ?? [])
    .filter((one) => one.state === 'running' && (one.lease !== '' || one.raft?.role === 'leader') && (table === 'machine' || one.name === process))
    .map((one) => t(`process.${one.program}`));
  const pods = table === 'machine' ? (state.podsByNode.get(machine)?.length ?? 0) : 0;
  return [...(pods > 0 ? [t('machine.pods', { count: pods })] : []), ...(leads.length > 0 ? [t('menu.leads', { names: leads.join(', ') })] : [])].join(' · ');
}

type Translate = (key: string, options?: Record<string, unknown>) => string;
const line: Item = { label: '', line: true };

const healing = (fault: FaultRecord, t: Translate): Item => ({ label: `${t('menu.heal')}: ${say(faultSentence(fault.name, fault.rule))}`, run: () => act.heal(fault.name) });

function diskAndClock(machine: string, t: Translate): readonly Item[] {
  const etcd = scene.store.getState().processesByMachine.get(machine)?.some((one) => one.program === 'etcd') === true;
  return [
    {
      label: t('etcd:disk.menu'),
      items: [
        { label: t('etcd:disk.slow'), danger: true, run: () => act.slowDisk(machine, 500) },
        { label: t('etcd:disk.fast'), run: () => act.slowDisk(machine, 1) },
        ...(etcd
          ? [
              { label: t('etcd:disk.fill'), danger: true, run: () => act.fillDisk(machine, '/var/lib/etcd', true) },
              { label: t('etcd:disk.empty'), run: () => act.fillDisk(machine, '/var/lib/etcd', false) },
              { label: t('etcd:disk.rot'), danger: true, run: () => void act.rotLog(machine) },
              { label: t('etcd:disk.loseEtcd'), danger: true, run: () => void act.loseDisk(machine, '/var/lib/etcd') },
            ]
          : []),
      ],
    },
    {
      label: t('etcd:clock.menu'),
      items: [
        { label: t('etcd:clock.minute'), danger: true, run: () => act.setClock(machine, 60_000) },
        { label: t('etcd:clock.year'), danger: true, run: () => act.setClock(machine, 366 * 86_400_000) },
        { label: t('etcd:clock.right'), run: () => act.setClock(machine, 0) },
      ],
    },
  ];
}

function itemsFor(thing: string, t: Translate): { readonly name: string; readonly items: readonly Item[] } {
  const state = scene.store.getState();
  const { table, machine, process, rest } = parseThing(thing);
  const inspect: Item = { label: t('menu.inspect'), run: () => { select(thing); showPanel('inspector'); } };
  switch (table) {
    case 'machine': {
      const record = state.machines.get(machine);
      if (record === undefined) return { name: machine, items: [] };
      const isNode = record.role === 'master' || record.role === 'worker' || record.role === 'etcd';
      const node = state.nodes.get(machine);
      const chosen = viewStore.getState().chosenMachines.includes(machine);
      const others = [...state.machines.values()].filter((other) => other.name !== machine);
      const faults = [...state.faults.values()].filter((fault) => [...fault.rule.from, ...fault.rule.to].includes(machine));
      const networkDown = state.faults.has(`cut-${machine}`);
      return {
        name: record.role === 'client' ? t('role.client') : machine,
        items: [
          inspect,
          ...(isNode || record.role === 'client' ? [{ label: t('menu.terminal'), run: () => { terminalStore.setState({ machine }); showPanel('terminal'); } }] : []),
          line,
          record.on ? { label: record.role === 'registry' ? t('menu.registryDown') : t('menu.powerOff'), danger: true, run: () => act.power(machine, false) } : { label: t('menu.powerOn'), run: () => act.power(machine, true) },
          networkDown ? { label: t('menu.plugIn'), run: () => act.heal(`cut-${machine}`) } : { label: t('menu.isolate'), danger: true, run: () => act.isolate(machine) },
          { label: t('menu.cutTo'), items: others.map((other) => ({ label: other.name, danger: true, run: () => act.cut(machine, other.name) })) },
          ...(isNode ? diskAndClock(machine, t) : []),
          ...(isNode ? [{ label: chosen ? t('menu.unchoose') : t('menu.choose'), run: () => toggleChosen(machine) }] : []),
          ...(node === undefined ? [] : [line, { label: t(node.unschedulable ? 'menu.uncordon' : 'menu.cordon'), run: () => act.cordon(machine, !node.unschedulable) }, { label: t('menu.drain'), run: () => act.drain(machine) }]),
          ...(faults.length === 0 ? [] : [line, ...faults.map((fault) => healing(fault, t))]),
        ],
      };
    }
    case 'process': {
      const record = state.processes.get(thing);
      const running = record?.state === 'running';
      const frozen = record?.state === 'frozen';
      return {
        name: `${process} · ${machine}`,
        items: [
          inspect,
          ...(running || frozen ? [line, { label: t('menu.kill'), danger: true, run: () => act.kill(machine, process) }] : []),
          ...(running ? [{ label: t('menu.freeze'), danger: true, run: () => act.freeze(machine, process) }] : []),
          ...(frozen ? [{ label: t('menu.thaw'), run: () => act.thaw(machine, process) }] : []),
        ],
      };
    }
    case 'pod': {
      const pod = state.pods.get(thing);
      if (pod === undefined) return { name: rest, items: [] };
      return {
        name: pod.name,
        items: [inspect, line, { label: t('menu.deletePod'), danger: true, run: () => act.deletePod(pod) }, ...(pod.node === '' ? [] : pod.containers.map((container) => ({ label: t('menu.killContainer', { name: container.name }), danger: true, run: () => act.killContainer(pod, container.name) })))],
      };
    }
    case 'wire': {
      const wire = state.wires.get(thing);
      if (wire === undefined) return { name: rest, items: [] };
      const [a, b] = [wire.from.machine, wire.to.machine];
      const fault = faultBetween(state.faults.values(), a, b);
      return {
        name: `${a} ↔ ${b}`,
        items: [inspect, line, ...(fault === undefined ? [{ label: t('menu.cut'), danger: true, run: () => act.cut(a, b) }, { label: t('menu.slow'), run: () => act.slow(a, b) }, { label: t('menu.lossy'), run: () => act.lossy(a, b) }] : [healing(fault, t)])],
      };
    }
    default:
      return { name: rest, items: [] };
  }
}
