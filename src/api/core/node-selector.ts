// Which nodes may a pod run on? What kubelet, scheduler and DaemonSets mean by a pod's nodeSelector and required node affinity.
import { compileRequirements, compileSelector, type Labels, type LabelSelectorRequirement } from '../meta/compiled-selector.ts';

export interface NodeSelectorTerm {
  readonly matchExpressions?: readonly LabelSelectorRequirement[];
  readonly matchFields?: readonly LabelSelectorRequirement[];
}

/** What of a pod's spec binds it to nodes. */
export interface NodeChoice {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: { readonly nodeAffinity?: { readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms: readonly NodeSelectorTerm[] } } };
}

export type NodeMatcher = (name: string, labels: Labels) => boolean;

/** `undefined`: any node will do. */
export function requiredNodes({ nodeSelector, affinity }: NodeChoice): NodeMatcher | undefined {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const hasSelector = nodeSelector !== undefined && Object.keys(nodeSelector).length > 0;
  if (!hasSelector && required === undefined) return undefined;
  const bySelector = hasSelector ? compileSelector({ matchLabels: nodeSelector }) : () => true;
  const terms = required?.nodeSelectorTerms.map(compileNodeTerm);
  return (name, labels) => bySelector(labels) && (terms === undefined || terms.some((matches) => matches(name, labels)));
}

/** A node selector term: all its label and field requirements. An empty term matches nothing. */
export function compileNodeTerm(term: NodeSelectorTerm): NodeMatcher {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return () => false;
  const byLabels = compileRequirements(expressions);
  const byFields = compileRequirements(fields);
  return (name, labels) => (expressions.length === 0 || byLabels(labels)) && (fields.length === 0 || byFields({ 'metadata.name': name }));
}
