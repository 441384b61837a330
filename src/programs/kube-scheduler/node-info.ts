// A node with the pods that are, or are assumed to be, on it. Sums are kept, never recomputed: scheduling a pod must not look at every other.
import type { Node, Taint } from './objects.ts';
import { normalImage, type LabelGroup, type PodInfo } from './pod-info.ts';
import { add, copyResources, noResources, resourcesOf, type Resources } from './resources.ts';
import { parseQuantity } from './quantity.ts';
import type { Labels } from '../../api/meta/compiled-selector.ts';

interface GroupCount {
  readonly group: LabelGroup;
  all: number;
  /** Those that are not being deleted. */
  live: number;
}

const none: Labels = {};

export class NodeInfo {
  readonly name: string;
  node: Node;
  labels: Labels = none;
  taints: readonly Taint[] = [];
  preferNoScheduleTaints: readonly Taint[] = [];
  unschedulable = false;
  allocatable: Resources = noResources();
  allowedPods = 0;
  images: readonly { readonly name: string; readonly sizeBytes: number }[] = [];
  requested: Resources = noResources();
  scoredRequested: Resources = noResources();
  readonly pods = new Map<string, PodInfo>();
  readonly withAffinity = new Set<PodInfo>();
  readonly withRequiredAntiAffinity = new Set<PodInfo>();
  readonly groups = new Map<number, GroupCount>();
  /** port -> `protocol/ip` that use it. */
  readonly usedPorts = new Map<number, string[]>();

  constructor(node: Node) {
    this.name = node.metadata.name;
    this.node = node;
    this.setNode(node);
  }

  setNode(node: Node): void {
    this.node = node;
    this.labels = node.metadata.labels ?? none;
    const taints = node.spec?.taints ?? [];
    this.taints = taints.filter(({ effect }) => effect !== 'PreferNoSchedule');
    this.preferNoScheduleTaints = taints.filter(({ effect }) => effect === 'PreferNoSchedule');
    this.unschedulable = node.spec?.unschedulable === true;
    this.allocatable = resourcesOf(node.status?.allocatable);
    this.allowedPods = parseQuantity(node.status?.allocatable?.['pods'] ?? 0);
    this.images = (node.status?.images ?? []).flatMap(({ names, sizeBytes }) => (names ?? []).map((name) => ({ name: normalImage(name), sizeBytes: sizeBytes ?? 0 })));
  }

  addPod(info: PodInfo): void {
    this.pods.set(info.uid, info);
    this.count(info, 1);
    if (info.hasAffinity) this.withAffinity.add(info);
    if (info.requiredAntiAffinity.length > 0) this.withRequiredAntiAffinity.add(info);
    for (const { protocol, ip, port } of info.hostPorts) {
      const users = this.usedPorts.get(port);
      if (users === undefined) this.usedPorts.set(port, [`${protocol}/${ip}`]);
      else users.push(`${protocol}/${ip}`);
    }
  }

  /** Removes the pod with this uid; returns what was known of it. */
  removePod(uid: string): PodInfo | undefined {
    const info = this.pods.get(uid);
    if (info === undefined) return undefined;
    this.pods.delete(uid);
    this.count(info, -1);
    this.withAffinity.delete(info);
    this.withRequiredAntiAffinity.delete(info);
    for (const { protocol, ip, port } of info.hostPorts) {
      const users = this.usedPorts.get(port) ?? [];
      const at = users.indexOf(`${protocol}/${ip}`);
      if (at >= 0) users.splice(at, 1);
      if (users.length === 0) this.usedPorts.delete(port);
    }
    return info;
  }

  private count(info: PodInfo, sign: 1 | -1): void {
    add(this.requested, info.requests, sign);
    add(this.scoredRequested, info.scoredRequests, sign);
    const group = info.group;
    if (group === undefined) return;
    let entry = this.groups.get(group.id);
    if (entry === undefined) this.groups.set(group.id, (entry = { group, all: 0, live: 0 }));
    entry.all += sign;
    if (!info.terminating) entry.live += sign;
    if (entry.all === 0) this.groups.delete(group.id);
  }

  /** Pods of a namespace that a selector matches and that are not being deleted. */
  countLive(matches: (labels: Labels) => boolean, namespace: string): number {
    let total = 0;
    for (const { group, live } of this.groups.values()) if (live > 0 && group.namespace === namespace && matches(group.labels)) total += live;
    return total;
  }

  /** A copy to try things on, for preemption. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.node);
    copy.requested = copyResources(this.requested);
    copy.scoredRequested = copyResources(this.scoredRequested);
    for (const [uid, info] of this.pods) copy.pods.set(uid, info);
    for (const info of this.withAffinity) copy.withAffinity.add(info);
    for (const info of this.withRequiredAntiAffinity) copy.withRequiredAntiAffinity.add(info);
    for (const [id, entry] of this.groups) copy.groups.set(id, { ...entry });
    for (const [port, users] of this.usedPorts) copy.usedPorts.set(port, [...users]);
    return copy;
  }
}
