// DefaultPreemption: when a pod fits nowhere, may pods of lower priority give way, and which ones hurt least?
import { adjustFilters, runFilters, type Nominations, type NodeRefused, type Outcome, type PreparedFilter } from './decide.ts';
import type { ClusterView } from './framework.ts';
import { preemptionMessage } from './message.ts';
import type { NodeInfo } from './node-info.ts';
import type { DisruptionBudget } from './objects.ts';
import type { PodInfo } from './pod-info.ts';
import { compileSelector } from '../../api/meta/compiled-selector.ts';

export interface Preemption {
  /** Where room will be made; '' when nowhere. */
  readonly node: string;
  readonly victims: readonly PodInfo[];
  readonly message: string;
  /** A promise made earlier holds no longer. */
  readonly clearNomination: boolean;
}

interface Candidate {
  readonly node: NodeInfo;
  /** Highest priority first. */
  readonly victims: readonly PodInfo[];
  readonly violations: number;
}

const notHelpful = 'Preemption is not helpful for scheduling';
const noVictims = 'No preemption victims found for incoming pod';
const nowhere: Nominations = new Map();

export function decidePreemption(pod: PodInfo, view: ClusterView, outcome: Outcome, nominations: Nominations, budgets: readonly DisruptionBudget[], startedAt: (pod: PodInfo) => string): Preemption {
  const ineligible = whyNotEligible(pod, view, outcome);
  if (ineligible !== '') return { node: '', victims: [], message: ineligible, clearNomination: false };
  const verdicts = new Map<string, NodeRefused | string>();
  const candidates: Candidate[] = [];
  for (const node of view.cache.nodes()) {
    const refusal = outcome.refused.get(node.name);
    if (refusal === undefined || refusal.unresolvable) {
      verdicts.set(node.name, notHelpful);
      continue;
    }
    const found = selectVictims(pod, node, outcome.filters, nominations, budgets, startedAt);
    if ('victims' in found) candidates.push(found);
    else verdicts.set(node.name, found.refusal ?? noVictims);
  }
  const best = chooseCandidate(candidates, startedAt);
  if (best === undefined) return { node: '', victims: [], message: preemptionMessage(view.cache.size, verdicts), clearNomination: true };
  return { node: best.node.name, victims: best.victims, message: '', clearNomination: false };
}

function whyNotEligible(pod: PodInfo, view: ClusterView, outcome: Outcome): string {
  if (pod.pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = pod.pod.status?.nominatedNodeName ?? '';
  if (nominated === '' || outcome.refused.get(nominated)?.unresolvable === true) return '';
  for (const other of view.cache.node(nominated)?.pods.values() ?? []) {
    if (other.terminating && other.priority < pod.priority) return 'not eligible due to a terminating pod on the nominated node.';
  }
  return '';
}

/** Takes all lower pods off a copy of the node; if that helps, puts back as many as possible, the most important first. */
function selectVictims(pod: PodInfo, node: NodeInfo, filters: readonly PreparedFilter[], nominations: Nominations, budgets: readonly DisruptionBudget[], startedAt: (pod: PodInfo) => string): Candidate | { readonly refusal: NodeRefused | undefined } {
  const lower = [...node.pods.values()].filter(({ priority }) => priority < pod.priority);
  if (lower.length === 0) return { refusal: undefined };
  const trial = node.clone();
  let adjusted = filters;
  for (const other of lower) {
    trial.removePod(other.uid);
    adjusted = adjustFilters(adjusted, pod, other, trial, -1);
  }
  const refusal = runFilters(adjusted, pod, trial, nominations);
  if (refusal !== undefined) return { refusal };

  lower.sort((left, right) => byImportance(left, right, startedAt));
  const { violating, others } = splitByBudget(lower, budgets);
  const victims: PodInfo[] = [];
  let violations = 0;
  const reprieve = (other: PodInfo): boolean => {
    trial.addPod(other);
    const withOther = adjustFilters(adjusted, pod, other, trial, 1);
    if (runFilters(withOther, pod, trial, nominations.size === 0 ? nowhere : nominations) === undefined) {
      adjusted = withOther;
      return true;
    }
    trial.removePod(other.uid);
    victims.push(other);
    return false;
  };
  for (const other of violating) if (!reprieve(other)) violations++;
  for (const other of others) reprieve(other);
  victims.sort((left, right) => byImportance(left, right, startedAt));
  return { node, victims, violations };
}

/** More important first: higher priority, then longer running. */
function byImportance(left: PodInfo, right: PodInfo, startedAt: (pod: PodInfo) => string): number {
  if (left.priority !== right.priority) return right.priority - left.priority;
  const a = startedAt(left);
  const b = startedAt(right);
  return a < b ? -1 : a > b ? 1 : 0;
}

function splitByBudget(pods: readonly PodInfo[], budgets: readonly DisruptionBudget[]): { violating: PodInfo[]; others: PodInfo[] } {
  const allowed = budgets.map(({ status }) => status?.disruptionsAllowed ?? 0);
  const selectors = budgets.map(({ spec }) => compileSelector(spec?.selector));
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const pod of pods) {
    let violates = false;
    budgets.forEach((budget, index) => {
      const empty = Object.keys(budget.spec?.selector ?? {}).length === 0;
      if (budget.metadata.namespace !== pod.namespace || empty || selectors[index]?.(pod.labels) !== true) return;
      if (budget.status?.disruptedPods?.[pod.pod.metadata.name] !== undefined) return;
      allowed[index] = (allowed[index] ?? 0) - 1;
      if ((allowed[index] ?? 0) < 0) violates = true;
    });
    (violates ? violating : others).push(pod);
  }
  return { violating, others };
}

/** Fewest broken budgets, lowest top priority, smallest sum of priorities, fewest pods, and then the one whose most important victim started last. */
function chooseCandidate(candidates: readonly Candidate[], startedAt: (pod: PodInfo) => string): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) if (best === undefined || isBetter(candidate, best, startedAt)) best = candidate;
  return best;
}

function isBetter(one: Candidate, other: Candidate, startedAt: (pod: PodInfo) => string): boolean {
  const measures: readonly ((candidate: Candidate) => number)[] = [
    ({ violations }) => violations,
    ({ victims }) => victims[0]?.priority ?? -Infinity,
    ({ victims }) => victims.reduce((sum, { priority }) => sum + priority + 2147483648, 0),
    ({ victims }) => victims.length,
  ];
  for (const measure of measures) {
    const difference = measure(one) - measure(other);
    if (difference !== 0 && !Number.isNaN(difference)) return difference < 0;
  }
  return earliestStart(one, startedAt) > earliestStart(other, startedAt);
}

/** Of the victims with the highest priority. */
function earliestStart({ victims }: Candidate, startedAt: (pod: PodInfo) => string): string {
  const top = victims[0]?.priority ?? 0;
  return victims.filter(({ priority }) => priority === top).map(startedAt).sort()[0] ?? '';
}
