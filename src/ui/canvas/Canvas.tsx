// The graph: React Flow carries machines, panning, zooming and choosing; wires lie under them, dots fly above.
import '@xyflow/react/dist/base.css';
import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { ReactFlow, ReactFlowProvider, ViewportPortal, useReactFlow, useStore as useFlow, type Node, type NodeChange } from '@xyflow/react';
import { useTranslation } from 'react-i18next';
import { useScene } from '../store/scene-store.ts';
import { useRun } from '../store/run-store.ts';
import { openMenu, select, toggleChosen, useView, viewStore } from '../store/view-store.ts';
import { layoutMachines, type Layout } from './layout.ts';
import { LayoutContext } from './layout-context.ts';
import { MachineNode, type MachineNodeType } from './MachineNode.tsx';
import { PendingTray, type PendingNodeType } from './PendingTray.tsx';
import { WireLayer } from './WireLayer.tsx';
import { PodLayer } from './PodLayer.tsx';
import { FlightLayer, type FindFlight } from './FlightLayer.tsx';
import { CutLayer } from './CutLayer.tsx';
import { CanvasTools } from './CanvasTools.tsx';
import { HoverCard } from './HoverCard.tsx';
import { keepCamera } from './camera.ts';
import { moveAmongThings } from '../keyboard/roving.ts';
import css from './canvas.module.css';

const FlightCard = lazy(() => import('./FlightCard.tsx').then((module) => ({ default: module.FlightCard })));
const ThingMenu = lazy(() => import('./ThingMenu.tsx').then((module) => ({ default: module.ThingMenu })));

const nodeTypes = { machine: MachineNode, pending: PendingTray };
const longPressMs = 480;

/** `quiet`: in somebody else's page. `clear`: px at the bottom that something else lies on. */
export function Canvas({ quiet = false, clear = 10 }: { readonly quiet?: boolean; readonly clear?: number }) {
  return (
    <ReactFlowProvider>
      <Graph quiet={quiet} clear={clear} />
    </ReactFlowProvider>
  );
}

function useLayout(portrait: boolean): Layout {
  const machines = useScene((scene) => scene.machines);
  const key = [...machines.values()].map((machine) => `${machine.name}:${machine.role}:${machine.slot}`).join(' ');
  // Power and images change often; places do not depend on them.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  return useMemo(() => layoutMachines(machines.values(), portrait), [key, portrait]);
}

function Graph({ quiet, clear }: { readonly quiet: boolean; readonly clear: number }) {
  const { t } = useTranslation();
  const wrapper = useRef<HTMLDivElement>(null);
  const [portrait, setPortrait] = useState(() => window.innerWidth < 700);
  const layout = useLayout(portrait);
  const flow = useReactFlow();
  const find = useRef<FindFlight>(() => undefined);
  const past = useRun((run) => run.past);
  const menu = useView((view) => view.menu);
  const openFlight = useView((view) => view.openFlight);
  const zoom = useFlow((state) => zoomName(state.transform[2]));

  const nodes = useMemo(() => {
    const list: (MachineNodeType | PendingNodeType)[] = [...layout.boxes.values()].map((box) => ({
      id: box.name, type: 'machine', position: { x: box.x, y: box.y }, data: { name: box.name }, width: box.w, height: box.h, draggable: false, selectable: box.role === 'master' || box.role === 'worker',
    }));
    if (layout.pending !== undefined) list.push({ id: '(pending)', type: 'pending', position: { x: layout.pending.x, y: layout.pending.y }, data: { width: layout.pending.w, height: layout.pending.h }, width: layout.pending.w, height: layout.pending.h, draggable: false, selectable: false });
    return list;
  }, [layout]);

  const fit = useCallback(() => {
    const element = wrapper.current;
    if (element === null || layout.boxes.size === 0) return;
    const { width, height } = element.getBoundingClientRect();
    setPortrait(width < 640 && width / height < 1.45);
    const { camera } = viewStore.getState();
    if (camera !== undefined) return void flow.setViewport({ zoom: camera.zoom, x: width / 2 - camera.x * camera.zoom, y: height / 2 - camera.y * camera.zoom });
    const room = { x: width < 640 ? 8 : 16, top: quiet ? 34 : 12, bottom: quiet ? clear : width < 640 ? 46 : 38 };
    const scale = Math.min((width - 2 * room.x) / layout.width, (height - room.top - room.bottom) / layout.height, 1.35);
    void flow.setViewport({ zoom: scale, x: (width - layout.width * scale) / 2, y: room.top + (height - room.top - room.bottom - layout.height * scale) / 2 });
  }, [flow, layout, quiet, clear]);

  useEffect(fit, [fit]);
  useEffect(() => {
    const element = wrapper.current;
    if (element === null) return undefined;
    // As long as the reader has not chosen a view of their own, the whole cluster stays in view; else its middle.
    const observer = new ResizeObserver(fit);
    observer.observe(element);
    const again = () => {
      viewStore.setState({ camera: undefined });
      fit();
    };
    window.addEventListener('terrarium:fit', again);
    return () => {
      observer.disconnect();
      window.removeEventListener('terrarium:fit', again);
    };
  }, [fit]);

  const lasso = useRef(false);
  const onNodesChange = useCallback((changes: NodeChange<Node>[]) => {
    if (!lasso.current) return;
    const chosen = new Set(viewStore.getState().chosenMachines);
    for (const change of changes) {
      if (change.type !== 'select') continue;
      if (change.selected) chosen.add(change.id);
      else chosen.delete(change.id);
    }
    viewStore.setState({ chosenMachines: [...chosen] });
  }, []);

  const press = useRef<{ timer: number; x: number; y: number } | undefined>(undefined);
  const endPress = () => {
    window.clearTimeout(press.current?.timer);
    press.current = undefined;
  };

  return (
    <LayoutContext value={layout}>
      <div
        ref={wrapper} className={css.canvas} data-zoom={zoom} data-past={past} role="application" aria-label={t('canvas.label')} aria-roledescription={t('canvas.hint')} tabIndex={quiet ? -1 : 0} id="cluster"
        onKeyDown={(event) => moveAmongThings(event, wrapper.current)}
        onFocus={(event) => {
          if (event.target !== event.currentTarget) event.currentTarget.tabIndex = -1;
        }}
        onBlur={(event) => {
          if (!quiet) event.currentTarget.tabIndex = 0;
        }}
        onClick={(event) => {
          const thing = thingOf(event.target);
          if (thing !== undefined && event.shiftKey && thing.startsWith('machine:')) {
            toggleChosen(thing.slice('machine:'.length));
            return;
          }
          if (thing !== undefined) select(thing);
          else {
            const bounds = event.currentTarget.getBoundingClientRect();
            const dot = find.current(event.clientX - bounds.left, event.clientY - bounds.top);
            if (event.target instanceof Element && event.target.closest('[data-card]') === null) viewStore.setState({ openFlight: dot?.flight.id, hover: undefined });
          }
        }}
        onContextMenu={(event) => {
          if (quiet) return;
          const target = event.target as Element;
          const thing = thingOf(target);
          if (thing === undefined) return;
          event.preventDefault();
          const rect = target.getBoundingClientRect();
          const byKey = event.clientX === 0 && event.clientY === 0;
          openMenu(thing, byKey ? rect.left + rect.width / 2 : event.clientX, byKey ? rect.bottom : event.clientY);
        }}
        onPointerDown={(event) => {
          if (event.pointerType === 'mouse' || quiet) return;
          const thing = thingOf(event.target);
          if (thing === undefined) return;
          endPress();
          const { clientX: x, clientY: y } = event;
          press.current = { x, y, timer: window.setTimeout(() => openMenu(thing, x, y), longPressMs) };
        }}
        onPointerUp={endPress}
        onPointerCancel={endPress}
        onPointerMove={(event) => {
          if (press.current !== undefined && Math.hypot(event.clientX - press.current.x, event.clientY - press.current.y) > 8) endPress();
          if (event.pointerType !== 'mouse') return;
          const bounds = event.currentTarget.getBoundingClientRect();
          const x = event.clientX - bounds.left;
          const y = event.clientY - bounds.top;
          const dot = find.current(x, y);
          const thing = dot === undefined ? thingOf(event.target) : `flight:${dot.flight.id}`;
          const { hover } = viewStore.getState();
          if (thing !== hover?.thing) viewStore.setState({ hover: thing === undefined ? undefined : { thing, x, y } });
        }}
        onPointerLeave={() => viewStore.setState({ hover: undefined })}
      >
        <ReactFlow
          nodes={nodes} edges={noEdges} nodeTypes={nodeTypes} onNodesChange={onNodesChange}
          nodesFocusable={false} edgesFocusable={false} nodesDraggable={false} nodesConnectable={false} elementsSelectable={!quiet} selectNodesOnDrag={false} disableKeyboardA11y
          selectionKeyCode={quiet ? null : 'Shift'} multiSelectionKeyCode={null} deleteKeyCode={null} panActivationKeyCode={null}
          onSelectionStart={() => { lasso.current = true; }} onSelectionEnd={() => { lasso.current = false; }}
          onMoveEnd={(event, { x, y, zoom: near }) => { if (event !== null) keepCamera(x, y, near); }}
          minZoom={0.12} maxZoom={3} zoomOnScroll={!quiet} preventScrolling={!quiet} panOnDrag={!quiet} zoomOnPinch={!quiet} zoomOnDoubleClick={false}
          attributionPosition="bottom-left" proOptions={{ hideAttribution: quiet }}
        >
          <ViewportPortal>
            <WireLayer />
          </ViewportPortal>
        </ReactFlow>
        <PodLayer />
        <FlightLayer findRef={find} />
        {!quiet && <CutLayer />}
        {!quiet && <CanvasTools fit={() => window.dispatchEvent(new Event('terrarium:fit'))} />}
        <HoverCard />
        {openFlight !== undefined && <Suspense fallback={null}><FlightCard id={openFlight} key={openFlight} /></Suspense>}
      </div>
      {/* Outside of the graph's element: its keys are not the graph's. */}
      {menu !== undefined && (
        <Suspense fallback={null}>
          <ThingMenu />
        </Suspense>
      )}
    </LayoutContext>
  );
}

const noEdges: never[] = [];

function zoomName(zoom: number): 'far' | 'mid' | 'near' | 'close' {
  return zoom < 0.34 ? 'far' : zoom < 0.56 ? 'mid' : zoom < 1.15 ? 'near' : 'close';
}

function thingOf(target: EventTarget): string | undefined {
  const element = target instanceof Element ? target.closest('[data-thing]') : null;
  return element?.getAttribute('data-thing') ?? undefined;
}
