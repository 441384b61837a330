// A pod as the scheduler thinks of it: everything that plugins ask over and over, worked out once when the pod is first seen.
import type { Pod, PodAffinityTerm, TopologySpreadConstraint } from './objects.ts';
import { compileNodeTerm, requiredNodes, type NodeMatcher } from '../../api/core/node-selector.ts';
import { compileSelector, type Labels, type Matcher } from '../../api/meta/compiled-selector.ts';
import { podRequests, type Resources } from './resources.ts';

export interface AffinityTerm {
  readonly matches: Matcher;
  readonly namespaces: ReadonlySet<string>;
  /** Undefined: no namespaceSelector. */
  readonly namespaceMatches: Matcher | undefined;
  readonly topologyKey: string;
}

export interface WeightedTerm {
  readonly term: AffinityTerm;
  readonly weight: number;
}

export interface SpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly matches: Matcher;
  readonly minDomains: number;
  readonly honorAffinity: boolean;
  readonly honorTaints: boolean;
}

export interface PodInfo {
  readonly pod: Pod;
  /** namespace/name */
  readonly key: string;
  readonly uid: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly priority: number;
  readonly terminating: boolean;
  readonly requests: Resources;
  /** With assumed amounts for containers that ask for nothing. */
  readonly scoredRequests: Resources;
  readonly hostPorts: readonly { readonly protocol: string; readonly ip: string; readonly port: number }[];
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly WeightedTerm[];
  readonly preferredAntiAffinity: readonly WeightedTerm[];
  readonly hasAffinity: boolean;
  /** nodeSelector and required node affinity together; undefined when the pod has neither. */
  readonly nodeMatches: NodeMatcher | undefined;
  readonly preferredNodes: readonly { readonly matches: NodeMatcher; readonly weight: number }[];
  readonly hardSpread: readonly SpreadConstraint[];
  readonly softSpread: readonly SpreadConstraint[];
  readonly ownerUid: string;
  readonly images: readonly string[];
  /** Pods that no selector can tell apart share a group: see LabelGroup. */
  group: LabelGroup | undefined;
}

/** All pods of one namespace with the same labels. Counting pods by selector looks at groups, not at pods. */
export interface LabelGroup {
  readonly id: number;
  readonly namespace: string;
  readonly labels: Labels;
}

const none: Labels = {};

export function podInfo(pod: Pod): PodInfo {
  const namespace = pod.metadata.namespace ?? '';
  const labels = pod.metadata.labels ?? none;
  const affinity = pod.spec.affinity;
  const term = (from: PodAffinityTerm) => affinityTerm(from, namespace, labels);
  const weighted = (list: readonly { readonly weight: number; readonly podAffinityTerm: PodAffinityTerm }[] | undefined) => (list ?? []).map(({ weight, podAffinityTerm }) => ({ weight, term: term(podAffinityTerm) }));
  const requiredAffinity = (affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(term);
  const requiredAntiAffinity = (affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(term);
  const preferredAffinity = weighted(affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution);
  const preferredAntiAffinity = weighted(affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution);
  const spread = pod.spec.topologySpreadConstraints ?? [];
  return {
    pod,
    key: `${namespace}/${pod.metadata.name}`,
    uid: pod.metadata.uid ?? '',
    namespace,
    labels,
    priority: pod.spec.priority ?? 0,
    terminating: pod.metadata.deletionTimestamp !== undefined,
    requests: podRequests(pod, false),
    scoredRequests: podRequests(pod, true),
    hostPorts: hostPorts(pod),
    requiredAffinity,
    requiredAntiAffinity,
    preferredAffinity,
    preferredAntiAffinity,
    hasAffinity: requiredAffinity.length + requiredAntiAffinity.length + preferredAffinity.length + preferredAntiAffinity.length > 0,
    nodeMatches: requiredNodes(pod.spec),
    preferredNodes: (affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).filter(({ weight }) => weight !== 0).map(({ weight, preference }) => ({ weight, matches: preferenceMatcher(preference) })),
    hardSpread: spread.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule').map((constraint) => spreadConstraint(constraint, labels)),
    softSpread: spread.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'ScheduleAnyway').map((constraint) => spreadConstraint(constraint, labels)),
    ownerUid: pod.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid ?? '',
    images: [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map(({ image }) => normalImage(image ?? '')),
    group: undefined,
  };
}

function affinityTerm(from: PodAffinityTerm, namespace: string, labels: Labels): AffinityTerm {
  const extra = [
    ...(from.matchLabelKeys ?? []).filter((key) => labels[key] !== undefined).map((key) => ({ key, operator: 'In', values: [labels[key] ?? ''] })),
    ...(from.mismatchLabelKeys ?? []).filter((key) => labels[key] !== undefined).map((key) => ({ key, operator: 'NotIn', values: [labels[key] ?? ''] })),
  ];
  const own = (from.namespaces === undefined || from.namespaces.length === 0) && from.namespaceSelector === undefined;
  return {
    matches: compileSelector(from.labelSelector, extra),
    namespaces: new Set(own ? [namespace] : (from.namespaces ?? [])),
    namespaceMatches: from.namespaceSelector === undefined ? undefined : compileSelector(from.namespaceSelector),
    topologyKey: from.topologyKey,
  };
}

function spreadConstraint(from: TopologySpreadConstraint, labels: Labels): SpreadConstraint {
  const extra = (from.matchLabelKeys ?? []).filter((key) => labels[key] !== undefined).map((key) => ({ key, operator: 'In', values: [labels[key] ?? ''] }));
  return {
    maxSkew: from.maxSkew,
    topologyKey: from.topologyKey,
    matches: compileSelector(from.labelSelector, extra),
    minDomains: from.minDomains ?? 1,
    honorAffinity: from.nodeAffinityPolicy !== 'Ignore',
    honorTaints: from.nodeTaintsPolicy === 'Honor',
  };
}

/** An empty preference matches every node, where an empty required term matches none. */
function preferenceMatcher(preference: Parameters<typeof compileNodeTerm>[0]): NodeMatcher {
  const empty = (preference.matchExpressions ?? []).length === 0 && (preference.matchFields ?? []).length === 0;
  return empty ? () => true : compileNodeTerm(preference);
}

function hostPorts(pod: Pod): PodInfo['hostPorts'] {
  const ports = [];
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const container of [...pod.spec.containers, ...sidecars]) {
    for (const port of container.ports ?? []) {
      if (port.hostPort !== undefined && port.hostPort > 0) ports.push({ protocol: port.protocol ?? 'TCP', ip: port.hostIP === undefined || port.hostIP === '' ? '0.0.0.0' : port.hostIP, port: port.hostPort });
    }
  }
  return ports;
}

export function normalImage(image: string): string {
  return image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;
}
