// Below the facts: what can be read of the chosen thing, one tab each.
import { useId, useRef, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useScene } from '../../store/scene-store.ts';
import { parseThing } from '../../store/view-store.ts';
import { EtcdKeys } from './EtcdKeys.tsx';
import { Decisions } from './Decisions.tsx';
import { PacketWay } from './PacketWay.tsx';
import { Events, Logs, ObjectYaml, RaftLog, Rules, Why } from './views.tsx';
import css from './inspector.module.css';

type DetailTab = 'why' | 'yaml' | 'events' | 'logs' | 'raft' | 'keys' | 'decisions' | 'rules' | 'way';

export function Details({ thing }: { readonly thing: string }) {
  const tabs = useTabs(thing);
  return tabs.length === 0 ? null : <Tabs key={thing} tabs={tabs} />;
}

interface TabContent {
  readonly id: DetailTab;
  readonly content: ReactNode;
}

function useTabs(thing: string): readonly TabContent[] {
  const { table, rest, machine, process: name } = parseThing(thing);
  const pod = useScene((scene) => (table === 'pod' ? scene.pods.get(thing) : undefined));
  const process = useScene((scene) => (table === 'process' ? scene.processes.get(thing) : undefined));
  const node = useScene((scene) => (table === 'machine' ? scene.nodes.get(rest) : undefined));
  const object = useScene((scene) => (table === 'object' ? scene.objects.get(thing) : undefined));
  const way = { id: 'way' as const, content: <PacketWay from={machine} start={{ machine, process: '' }} /> };
  const why = { id: 'why' as const, content: <Why of={thing} /> };
  if (pod !== undefined)
    return [
      why,
      { id: 'yaml', content: <ObjectYaml apiVersion="v1" resource="pods" namespace={pod.namespace} name={pod.name} /> },
      { id: 'events', content: <Events kind="Pod" namespace={pod.namespace} name={pod.name} /> },
      { id: 'logs', content: <PodLogs id={pod.id} node={pod.node} containers={pod.containers.map((container) => container.name)} name={pod.name} /> },
      { id: 'decisions', content: <Decisions pod={`${pod.namespace}/${pod.name}`} /> },
      ...(pod.ip === '' ? [] : [{ id: 'way' as const, content: <PacketWay from={pod.id} start={{ machine: pod.node, process: pod.name }} /> }]),
    ];
  if (process !== undefined) {
    const tabs: TabContent[] = [];
    if (process.program === 'etcd') tabs.push({ id: 'raft', content: <RaftLog machine={machine} process={name} /> }, { id: 'keys', content: <EtcdKeys /> });
    if (process.program === 'kube-scheduler') tabs.push({ id: 'decisions', content: <Decisions /> });
    if (process.program === 'kube-proxy') tabs.push({ id: 'rules', content: <Rules machine={machine} process={name} /> });
    tabs.push(why, { id: 'logs', content: <Logs machine={machine} process={name} /> });
    return tabs;
  }
  if (node !== undefined)
    return [why, { id: 'yaml', content: <ObjectYaml apiVersion="v1" resource="nodes" namespace="" name={node.name} /> }, { id: 'events', content: <Events kind="Node" namespace="" name={node.name} /> }, way];
  if (object !== undefined)
    return [
      { id: 'yaml', content: <ObjectYaml apiVersion={object.apiVersion} resource={object.resource} namespace={object.namespace} name={object.name} /> },
      { id: 'events', content: <Events kind={object.kind} namespace={object.namespace} name={object.name} /> },
      why,
    ];
  return table === 'machine' ? [why, way] : [];
}

function Tabs({ tabs }: { readonly tabs: readonly TabContent[] }) {
  const { t } = useTranslation('panels');
  const [chosen, setChosen] = useState(tabs[0]?.id);
  const base = useId();
  const whole = useRef<HTMLDivElement>(null);
  // Whoever asks for a tab wants to read it: the facts above make room.
  const choose = (id: DetailTab | undefined) => {
    setChosen(id);
    whole.current?.scrollIntoView({ block: 'start' });
  };
  const shown = tabs.find((tab) => tab.id === chosen) ?? tabs[0];
  const move = (by: number) => {
    const next = tabs[(tabs.findIndex((tab) => tab.id === shown?.id) + by + tabs.length) % tabs.length];
    choose(next?.id);
    document.getElementById(`${base}-${next?.id}`)?.focus({ preventScroll: true });
  };
  return (
    <div className={css.details} ref={whole}>
      <div role="tablist" className={css.tabs} aria-label={t('inspector.details')}>
        {tabs.map((tab) => (
          <button
            key={tab.id} type="button" role="tab" id={`${base}-${tab.id}`} aria-selected={tab.id === shown?.id} aria-controls={`${base}-panel`} tabIndex={tab.id === shown?.id ? 0 : -1} data-detail={tab.id}
            onClick={() => choose(tab.id)}
            onKeyDown={(event) => {
              if (event.code === 'ArrowRight') move(1);
              else if (event.code === 'ArrowLeft') move(-1);
              else return;
              event.preventDefault();
              event.stopPropagation();
            }}
          >
            {t(`inspector.tab.${tab.id}`)}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${base}-panel`} aria-labelledby={`${base}-${shown?.id}`} className={css.page} data-page={shown?.id}>{shown?.content}</div>
    </div>
  );
}

function PodLogs({ id, node, containers, name }: { readonly id: string; readonly node: string; readonly containers: readonly string[]; readonly name: string }) {
  const processes = useScene((scene) => scene.processesByMachine.get(node));
  const [container, setContainer] = useState(containers[0] ?? '');
  const process = processes?.find((each) => each.pod === id && (each.name === container || each.name.startsWith(`${container}/`)));
  return (
    <>
      {containers.length > 1 && (
        <select className={css.select} aria-label="container" value={container} onChange={(event) => setContainer(event.target.value)}>
          {containers.map((each) => <option key={each}>{each}</option>)}
        </select>
      )}
      <Logs machine={node} process={process?.name ?? `${container}/${name}`} />
    </>
  );
}
