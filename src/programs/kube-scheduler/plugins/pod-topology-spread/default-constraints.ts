// The spreading that every pod of a Service, ReplicaSet or StatefulSet gets unless it asks for its own (system defaulting).
import type { ClusterView } from '../../framework.ts';
import type { PodInfo, SpreadConstraint } from '../../pod-info.ts';
import { compileRequirements, compileSelector, type LabelSelector, type LabelSelectorRequirement, type Matcher } from '../../../../api/meta/compiled-selector.ts';

const noConstraints: readonly SpreadConstraint[] = [];

export function defaultConstraints(pod: PodInfo, view: ClusterView): readonly SpreadConstraint[] {
  const matches = sharedSelector(pod, view);
  if (matches === undefined) return noConstraints;
  const common = { matches, minDomains: 1, honorAffinity: true, honorTaints: false };
  return [
    { ...common, topologyKey: 'kubernetes.io/hostname', maxSkew: 3 },
    { ...common, topologyKey: 'topology.kubernetes.io/zone', maxSkew: 5 },
  ];
}

/** Everything that the pod's services and its controller select by, together. */
function sharedSelector(pod: PodInfo, view: ClusterView): Matcher | undefined {
  const requirements: LabelSelectorRequirement[] = [];
  for (const service of view.services(pod.namespace)) {
    const selector = service.spec?.selector as Readonly<Record<string, string>> | undefined;
    if (selector === undefined || Object.keys(selector).length === 0) continue;
    if (compileSelector({ matchLabels: selector })(pod.labels)) addLabels(requirements, selector);
  }
  const controller = view.controllerOf(pod.pod);
  if (controller !== undefined) {
    if (controller.kind === 'ReplicationController') addLabels(requirements, (controller.spec?.selector ?? {}) as Readonly<Record<string, string>>);
    else {
      const selector = (controller.spec?.selector ?? {}) as LabelSelector;
      addLabels(requirements, selector.matchLabels ?? {});
      requirements.push(...(selector.matchExpressions ?? []));
    }
  }
  return requirements.length === 0 ? undefined : compileRequirements(requirements);
}

function addLabels(requirements: LabelSelectorRequirement[], labels: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(labels)) requirements.push({ key, operator: 'In', values: [value] });
}
