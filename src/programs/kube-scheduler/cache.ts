// What the scheduler believes the cluster looks like: nodes, the pods on them, and pods it has just placed but not yet seen confirmed.
import type { Node, Pod } from './objects.ts';
import { NodeInfo } from './node-info.ts';
import { podInfo, type LabelGroup, type PodInfo } from './pod-info.ts';

interface ImageState {
  /** The size that the first node reported: all are taken to have the same. */
  readonly sizeBytes: number;
  readonly nodes: Set<string>;
}

export class SchedulerCache {
  private readonly byName = new Map<string, NodeInfo>();
  private readonly zones = new Map<string, string[]>();
  private order: NodeInfo[] = [];
  private orderStale = false;
  private readonly placed = new Map<string, { info: PodInfo; node: string; assumed: boolean }>();
  /** Pods that name a node we do not know (yet). */
  private readonly homeless = new Map<string, Map<string, PodInfo>>();
  private readonly groupIds = new Map<string, LabelGroup>();
  readonly images = new Map<string, ImageState>();
  /** How many pods have required anti-affinity, or any affinity: plugins skip their work while there is none. */
  antiAffinityPods = 0;
  affinityPods = 0;

  /** All nodes, zones taking turns, so that a prefix of the list is spread over zones. */
  nodes(): readonly NodeInfo[] {
    if (this.orderStale) {
      this.order = [];
      const queues = [...this.zones.values()];
      for (let index = 0; this.order.length < this.byName.size; index++) {
        for (const queue of queues) {
          const name = queue[index];
          const info = name === undefined ? undefined : this.byName.get(name);
          if (info !== undefined) this.order.push(info);
        }
      }
      this.orderStale = false;
    }
    return this.order;
  }

  node(name: string): NodeInfo | undefined {
    return this.byName.get(name);
  }

  get size(): number {
    return this.byName.size;
  }

  get podCounts(): { readonly pods: number; readonly assumed_pods: number } {
    return { pods: this.placed.size, assumed_pods: [...this.placed.values()].filter(({ assumed }) => assumed).length };
  }

  setNode(node: Node): void {
    const name = node.metadata.name;
    let info = this.byName.get(name);
    if (info === undefined) {
      info = new NodeInfo(node);
      this.byName.set(name, info);
      this.enterZone(zoneOf(node), name);
      for (const pod of this.homeless.get(name)?.values() ?? []) info.addPod(pod);
      this.homeless.delete(name);
    } else {
      const before = zoneOf(info.node);
      const after = zoneOf(node);
      this.forgetImages(info);
      info.setNode(node);
      if (before !== after) {
        this.leaveZone(before, name);
        this.enterZone(after, name);
      }
    }
    for (const { name: image, sizeBytes } of info.images) {
      const state = this.images.get(image);
      if (state === undefined) this.images.set(image, { sizeBytes, nodes: new Set([name]) });
      else state.nodes.add(name);
    }
  }

  removeNode(name: string): void {
    const info = this.byName.get(name);
    if (info === undefined) return;
    this.forgetImages(info);
    this.leaveZone(zoneOf(info.node), name);
    this.byName.delete(name);
    this.orderStale = true;
    for (const pod of info.pods.values()) this.shelter(name, pod);
  }

  /** The scheduler has decided: counts at once, before the API server has heard of it. */
  assume(info: PodInfo, node: string): void {
    this.place(info, node, true);
  }

  /** Binding failed. */
  forget(uid: string): void {
    if (this.placed.get(uid)?.assumed === true) this.remove(uid);
  }

  isAssumed(uid: string): boolean {
    return this.placed.get(uid)?.assumed === true;
  }

  /** A pod with a node name was seen, new or changed. */
  setPod(pod: Pod): void {
    const node = pod.spec.nodeName ?? '';
    const uid = pod.metadata.uid ?? '';
    const before = this.placed.get(uid);
    if (before !== undefined) {
      // Most updates are of status only: nothing that a plugin counts has changed.
      if (before.node === node && sameForPlugins(before.info.pod, pod)) {
        before.assumed = false;
        return;
      }
      this.remove(uid);
    }
    this.place(this.describe(pod), node, false);
  }

  removePod(uid: string): void {
    this.remove(uid);
  }

  has(uid: string): boolean {
    return this.placed.has(uid);
  }

  describe(pod: Pod): PodInfo {
    const info = podInfo(pod);
    info.group = this.groupOf(info);
    return info;
  }

  private place(info: PodInfo, node: string, assumed: boolean): void {
    this.placed.set(info.uid, { info, node, assumed });
    this.affinityPods += info.hasAffinity ? 1 : 0;
    this.antiAffinityPods += info.requiredAntiAffinity.length > 0 ? 1 : 0;
    const target = this.byName.get(node);
    if (target !== undefined) target.addPod(info);
    else this.shelter(node, info);
  }

  private remove(uid: string): void {
    const entry = this.placed.get(uid);
    if (entry === undefined) return;
    this.placed.delete(uid);
    this.affinityPods -= entry.info.hasAffinity ? 1 : 0;
    this.antiAffinityPods -= entry.info.requiredAntiAffinity.length > 0 ? 1 : 0;
    this.byName.get(entry.node)?.removePod(uid);
    this.homeless.get(entry.node)?.delete(uid);
  }

  private shelter(node: string, info: PodInfo): void {
    let waiting = this.homeless.get(node);
    if (waiting === undefined) this.homeless.set(node, (waiting = new Map()));
    waiting.set(info.uid, info);
  }

  private groupOf(info: PodInfo): LabelGroup {
    const names = Object.keys(info.labels).sort();
    let key = info.namespace;
    for (const name of names) key += `\n${name}=${info.labels[name]}`;
    let group = this.groupIds.get(key);
    if (group === undefined) {
      group = { id: this.groupIds.size + 1, namespace: info.namespace, labels: info.labels };
      this.groupIds.set(key, group);
    }
    return group;
  }

  private forgetImages(info: NodeInfo): void {
    for (const { name } of info.images) {
      const state = this.images.get(name);
      state?.nodes.delete(info.name);
      if (state?.nodes.size === 0) this.images.delete(name);
    }
  }

  private enterZone(zone: string, name: string): void {
    const names = this.zones.get(zone);
    if (names === undefined) this.zones.set(zone, [name]);
    else names.push(name);
    this.orderStale = true;
  }

  private leaveZone(zone: string, name: string): void {
    const names = (this.zones.get(zone) ?? []).filter((other) => other !== name);
    if (names.length === 0) this.zones.delete(zone);
    else this.zones.set(zone, names);
    this.orderStale = true;
  }
}

function sameForPlugins(before: Pod, after: Pod): boolean {
  const sameSpec = before.spec === after.spec || (before.metadata.generation !== undefined && before.metadata.generation === after.metadata.generation);
  return sameSpec && before.metadata.deletionTimestamp === after.metadata.deletionTimestamp && sameLabels(before.metadata.labels ?? {}, after.metadata.labels ?? {});
}

export function sameLabels(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): boolean {
  if (before === after) return true;
  const names = Object.keys(before);
  return names.length === Object.keys(after).length && names.every((name) => before[name] === after[name]);
}

function zoneOf(node: Node): string {
  const labels = node.metadata.labels ?? {};
  return `${labels['topology.kubernetes.io/region'] ?? ''}:${labels['topology.kubernetes.io/zone'] ?? ''}`;
}
