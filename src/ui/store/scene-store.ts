// The cluster as it is drawn now. `applyFrame` and `restart` are the only writers; everything else reads.
// Tables are replaced only when they changed, and the lists per machine only for machines that changed, so that a component that
// selects one machine's pods renders again only when those pods did.
import { createStore } from 'zustand/vanilla';
import { useStore } from 'zustand';
import type { FaultRecord, MachineRecord, NodeRecord, ObjectRecord, PodRecord, ProcessRecord, SceneDiff, SceneRecord, TrafficRecord, WireRecord } from '../../scene/records.ts';
import { createPodSlots, type Ghost } from './pod-slots.ts';

export interface SceneState {
  readonly machines: ReadonlyMap<string, MachineRecord>;
  readonly processes: ReadonlyMap<string, ProcessRecord>;
  readonly processesByMachine: ReadonlyMap<string, readonly ProcessRecord[]>;
  readonly nodes: ReadonlyMap<string, NodeRecord>;
  readonly pods: ReadonlyMap<string, PodRecord>;
  /** By node name; '' holds those that have none yet. Pods that are drawn as a process chip are left out. */
  readonly podsByNode: ReadonlyMap<string, readonly PodRecord[]>;
  readonly podSlots: ReadonlyMap<string, number>;
  readonly ghosts: ReadonlyMap<string, readonly Ghost[]>;
  readonly objects: ReadonlyMap<string, ObjectRecord>;
  readonly wires: ReadonlyMap<string, WireRecord>;
  readonly faults: ReadonlyMap<string, FaultRecord>;
  readonly traffic: ReadonlyMap<string, TrafficRecord>;
  /** Counts restarts: everything known before is void. */
  readonly epoch: number;
}

const noScene = {
  machines: new Map(), processes: new Map(), processesByMachine: new Map(), nodes: new Map(), pods: new Map(), podsByNode: new Map(), podSlots: new Map(),
  ghosts: new Map(), objects: new Map(), wires: new Map(), faults: new Map(), traffic: new Map(),
};

/** Pods that a master or worker runs as one of its own processes: drawn as that process, not as a pod mark. */
export function isChipPod(pod: PodRecord): boolean {
  if (pod.namespace !== 'kube-system') return false;
  if (pod.isStatic) return true;
  const app = pod.labels['k8s-app'];
  return app === 'kube-proxy' || app === 'calico-node';
}

export type SceneStore = ReturnType<typeof createSceneStore>;

export function createSceneStore() {
  const store = createStore<SceneState>(() => ({ ...noScene, epoch: 0 }));
  const byNode = new Map<string, Map<string, PodRecord>>();
  const byMachine = new Map<string, Map<string, ProcessRecord>>();
  const slots = createPodSlots();

  function index<T>(groups: Map<string, Map<string, T>>, group: string, id: string, value: T | undefined): void {
    let members = groups.get(group);
    if (value === undefined) {
      members?.delete(id);
      return;
    }
    if (members === undefined) groups.set(group, (members = new Map()));
    members.set(id, value);
  }

  /** One batch of changes, written at once. */
  function write(state: SceneState, diffs: readonly SceneDiff[], realMs: number): SceneState {
    const next: { -readonly [K in keyof SceneState]: SceneState[K] } = { ...state };
    const copied = new Map<string, Map<string, unknown>>();
    const touchedNodes = new Set<string>();
    const touchedMachines = new Set<string>();

    const table = (name: 'machines' | 'processes' | 'nodes' | 'pods' | 'objects' | 'wires' | 'faults' | 'traffic'): Map<string, unknown> => {
      let copy = copied.get(name);
      if (copy === undefined) {
        copy = new Map<string, unknown>(next[name]);
        copied.set(name, copy);
        (next as Record<string, unknown>)[name] = copy;
      }
      return copy;
    };

    const put = (record: SceneRecord, before: SceneRecord | undefined): void => {
      switch (record.table) {
        case 'machine': table('machines').set(record.name, record); break;
        case 'process':
          table('processes').set(record.id, record);
          index(byMachine, record.machine, record.id, record);
          touchedMachines.add(record.machine);
          break;
        case 'node': table('nodes').set(record.name, record); break;
        case 'pod': {
          table('pods').set(record.id, record);
          if (before?.table === 'pod' && before.node !== record.node) {
            index(byNode, before.node, record.id, undefined);
            slots.leave(before, false, realMs);
            touchedNodes.add(before.node);
          }
          if (isChipPod(record)) break;
          index(byNode, record.node, record.id, record);
          slots.enter(record);
          touchedNodes.add(record.node);
          break;
        }
        case 'object': table('objects').set(record.id, record); break;
        case 'wire': table('wires').set(record.id, record); break;
        case 'fault': table('faults').set(record.id, record); break;
        case 'traffic': table('traffic').set(record.id, record); break;
      }
    };

    const drop = (record: SceneRecord): void => {
      switch (record.table) {
        case 'machine': table('machines').delete(record.name); break;
        case 'process':
          table('processes').delete(record.id);
          index(byMachine, record.machine, record.id, undefined);
          touchedMachines.add(record.machine);
          break;
        case 'node': table('nodes').delete(record.name); break;
        case 'pod':
          table('pods').delete(record.id);
          if (isChipPod(record)) break;
          index(byNode, record.node, record.id, undefined);
          slots.leave(record, record.node !== '', realMs);
          touchedNodes.add(record.node);
          break;
        case 'object': table('objects').delete(record.id); break;
        case 'wire': table('wires').delete(record.id); break;
        case 'fault': table('faults').delete(record.id); break;
        case 'traffic': table('traffic').delete(record.id); break;
      }
    };

    for (const diff of diffs) {
      for (const record of diff.removed) drop(record);
      for (const record of diff.added) put(record, undefined);
      for (const [before, after] of diff.updated) put(after, before);
    }

    if (touchedMachines.size > 0) {
      const groups = new Map(state.processesByMachine);
      for (const machine of touchedMachines) groups.set(machine, [...(byMachine.get(machine)?.values() ?? [])]);
      next.processesByMachine = groups;
    }
    if (touchedNodes.size > 0) {
      const groups = new Map(state.podsByNode);
      for (const node of touchedNodes) groups.set(node, [...(byNode.get(node)?.values() ?? [])]);
      next.podsByNode = groups;
      next.podSlots = slots.all();
      next.ghosts = slots.ghosts();
    }
    return next;
  }

  return {
    store,
    /** The only way in while a run goes on. */
    applyFrame(diffs: readonly SceneDiff[], realMs: number): void {
      if (diffs.every((diff) => diff.added.length + diff.updated.length + diff.removed.length === 0)) return;
      store.setState((state) => write(state, diffs, realMs), true);
    },
    /** A new run: what was before is void. */
    restart(records: readonly SceneRecord[]): void {
      byNode.clear();
      byMachine.clear();
      slots.clear();
      const epoch = store.getState().epoch + 1;
      store.setState(write({ ...noScene, epoch }, [{ added: records, updated: [], removed: [] }], 0), true);
    },
    /** Forgets the marks of pods that have been gone for a while. Returns true while some remain. */
    sweepGhosts(realMs: number): boolean {
      if (slots.sweep(realMs)) store.setState({ ghosts: slots.ghosts(), podSlots: slots.all() });
      return slots.ghosts().size > 0;
    },
  };
}

export const scene = createSceneStore();

export function useScene<T>(select: (state: SceneState) => T): T {
  return useStore(scene.store, select);
}
