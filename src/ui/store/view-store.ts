// What this reader looks at: selection, open panels, hover, what is pointed at. Nothing here touches the cluster.
import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { EventId, Family, Place } from './types.ts';

/** Anything on the graph that can be chosen. `id` is a record's id, e.g. `machine:w1-k8s`, `process:m-k8s/etcd`, `pod:<uid>`, `wire:...`. */
export type ThingId = string;
export type Tab = 'lesson' | 'flow' | 'etcd' | 'terminal' | 'editor' | 'inspector' | 'traffic';

export interface ViewState {
  readonly selected: ThingId | undefined;
  /** Machines chosen together, for a partition. */
  readonly chosenMachines: readonly string[];
  readonly menu: { readonly thing: ThingId; readonly x: number; readonly y: number } | undefined;
  readonly hover: { readonly thing: ThingId; readonly x: number; readonly y: number } | undefined;
  /** A flight that was opened for reading. */
  readonly openFlight: EventId | undefined;
  /** Lit on the graph because a panel speaks of them (a hop under the pointer). */
  readonly lit: { readonly from?: Place; readonly to?: Place } | undefined;
  /** A view of the reader's own: its middle in the graph's coordinates. undefined: the whole cluster. */
  readonly camera: { readonly x: number; readonly y: number; readonly zoom: number } | undefined;
  /** A packet's way from place to place, drawn on the graph. */
  readonly way: readonly Place[];
  readonly leftTab: 'lesson' | 'flow' | 'etcd';
  /** A line is being drawn across the picture, to cut it in two. */
  readonly drawingCut: boolean;
  readonly bottomTabs: 'both' | 'terminal' | 'editor' | 'traffic';
  readonly phoneTab: Tab;
  readonly help: boolean;
  /** More dots than can be told apart: this many were not drawn. */
  readonly hiddenFlights: number;
  /** Kinds of messages that are drawn. */
  readonly families: readonly Family[];
}

export const viewStore = createStore<ViewState>(() => ({
  selected: undefined, chosenMachines: [], menu: undefined, hover: undefined, openFlight: undefined, lit: undefined, camera: undefined, way: [],
  leftTab: 'flow', drawingCut: false, bottomTabs: 'both', phoneTab: 'flow', help: false, hiddenFlights: 0,
  families: ['client', 'watch', 'etcd', 'raft', 'kubelet', 'data', 'image', 'control'],
}));

export function useView<T>(select: (state: ViewState) => T): T {
  return useStore(viewStore, select);
}

/** On a phone what was chosen comes to the front, also when it was chosen before. */
export function select(thing: ThingId | undefined): void {
  viewStore.setState({ selected: thing, ...(thing === undefined ? {} : { phoneTab: 'inspector' as const }) });
}
export function openMenu(thing: ThingId, x: number, y: number): void {
  viewStore.setState({ menu: { thing, x, y }, selected: thing });
}
export function toggleChosen(machine: string): void {
  const chosen = viewStore.getState().chosenMachines;
  viewStore.setState({ chosenMachines: chosen.includes(machine) ? chosen.filter((name) => name !== machine) : [...chosen, machine] });
}
export function parseThing(id: ThingId): { readonly table: string; readonly machine: string; readonly process: string; readonly rest: string } {
  const colon = id.indexOf(':');
  const table = id.slice(0, colon);
  const rest = id.slice(colon + 1);
  const slash = rest.indexOf('/');
  return { table, rest, machine: slash < 0 ? rest : rest.slice(0, slash), process: slash < 0 ? '' : rest.slice(slash + 1) };
}
