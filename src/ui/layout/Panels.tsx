// The panels by name, each its own chunk.
import { lazy, Suspense } from 'react';
import type { Tab } from '../store/view-store.ts';

const LessonPanel = lazy(() => import('../panels/lesson/LessonPanel.tsx').then((module) => ({ default: module.LessonPanel })));
const FlowPanel = lazy(() => import('../panels/flow/FlowPanel.tsx').then((module) => ({ default: module.FlowPanel })));
const EtcdPanel = lazy(() => import('../panels/etcd/EtcdPanel.tsx').then((module) => ({ default: module.EtcdPanel })));
const TerminalPanel = lazy(() => import('../panels/terminal/TerminalPanel.tsx').then((module) => ({ default: module.TerminalPanel })));
const EditorPanel = lazy(() => import('../panels/editor/EditorPanel.tsx').then((module) => ({ default: module.EditorPanel })));
const InspectorPanel = lazy(() => import('../panels/inspector/InspectorPanel.tsx').then((module) => ({ default: module.InspectorPanel })));
const TrafficPanel = lazy(() => import('../panels/traffic/TrafficPanel.tsx').then((module) => ({ default: module.TrafficPanel })));

const panels = { lesson: LessonPanel, flow: FlowPanel, etcd: EtcdPanel, terminal: TerminalPanel, editor: EditorPanel, inspector: InspectorPanel, traffic: TrafficPanel };

export function PanelBody({ tab }: { readonly tab: Tab }) {
  const Panel = panels[tab];
  return <Suspense fallback={null}><Panel /></Suspense>;
}
