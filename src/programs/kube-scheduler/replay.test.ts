// Replays what a real kube-scheduler v1.36 decided: every score of every plugin, the chosen node, and the words when there was none.
//
// The nodes of the recording had no kubelet, so node-lifecycle tainted some of them while it ran; the files do not say which. For every pod
// there must be ONE set of tainted nodes that explains the whole answer, and the test looks for the one nearest to that of the pod before.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SchedulerCache } from './cache.ts';
import { decideFeasible, rankNodes } from './decide.ts';
import type { ClusterView } from './framework.ts';
import { fitMessage, postFilterMessage } from './message.ts';
import type { Node, Pod } from './objects.ts';
import { decidePreemption } from './preemption.ts';
import type { PodInfo } from './pod-info.ts';

interface Result {
  readonly pod: string;
  readonly node: string | null;
  readonly message: string | null;
  readonly scores?: Record<string, Record<string, number>>;
  readonly final?: Record<string, number>;
}

interface Case {
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly results: readonly Result[];
}

interface Answer {
  readonly best: readonly string[];
  readonly message: string | null;
  readonly scores: unknown;
  readonly totals: unknown;
}

const folder = new URL('../../../../shared/reference/scheduler/', import.meta.url);
const built = ['TaintToleration', 'NodeAffinity', 'NodeResourcesFit', 'NodeResourcesBalancedAllocation', 'PodTopologySpread', 'InterPodAffinity', 'ImageLocality'];
const hidden = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

if (!existsSync(folder)) console.log('../shared/reference/scheduler is absent: the replay of real decisions is skipped');

function answer(info: PodInfo, view: ClusterView): Answer {
  const outcome = decideFeasible(info, view, new Map(), 0);
  if (outcome.feasible.length === 0) {
    const preemption = decidePreemption(info, view, outcome, new Map(), [], () => '');
    return { best: [], message: fitMessage(outcome, view, postFilterMessage(preemption.message)), scores: undefined, totals: undefined };
  }
  if (outcome.feasible.length === 1) return { best: outcome.feasible.map(({ name }) => name), message: null, scores: undefined, totals: undefined };
  const ranked = rankNodes(info, view, outcome.feasible);
  return { best: ranked.best.map(({ name }) => name), message: null, scores: ranked.scores, totals: ranked.totals };
}

function agrees(got: Answer, expected: Result): boolean {
  try {
    expectSame(got, expected);
    return true;
  } catch {
    return false;
  }
}

function expectSame(got: Answer, expected: Result): void {
  expect(got.message, expected.pod).toBe(expected.message);
  if (expected.node !== null) expect(got.best, expected.pod).toContain(expected.node);
  expect(got.scores, expected.pod).toEqual(expected.scores === undefined ? undefined : Object.fromEntries(Object.entries(expected.scores).filter(([name]) => built.includes(name))));
  expect(got.totals, expected.pod).toEqual(expected.final);
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

describe.skipIf(!existsSync(folder))('the decisions of a real kube-scheduler', () => {
  for (let number = 1; number <= 6; number++) {
    test(`case ${number}`, () => {
      const given = JSON.parse(readFileSync(new URL(`case-${number}.json`, folder), 'utf8')) as Case;
      const cache = new SchedulerCache();
      let tainted = 0;
      const taint = (mask: number): void => {
        given.nodes.forEach((node, index) => {
          const taints = [...(node.spec?.taints ?? []), ...((mask >> index) & 1 ? [hidden] : [])];
          cache.node(node.metadata.name)?.setNode({ ...node, spec: { ...node.spec, taints } });
        });
        tainted = mask;
      };
      given.nodes.forEach((node) => cache.setNode(node));
      const view: ClusterView = { cache, namespaceLabels: () => ({}), services: () => [], controllerOf: () => undefined, claim: () => ({ bound: true, exists: true, waits: false }) };
      for (const expected of given.results) {
        const pod = given.pods.find(({ metadata }) => metadata.name === expected.pod);
        if (pod === undefined) throw new Error(`no pod ${expected.pod}`);
        const info = cache.describe({ ...pod, metadata: { ...pod.metadata, namespace: 'default', uid: pod.metadata.name } });
        const before = tainted;
        if (!agrees(answer(info, view), expected)) {
          const masks = Array.from({ length: 1 << given.nodes.length }, (_, mask) => mask).sort((left, right) => bits(left ^ before) - bits(right ^ before));
          const found = masks.find((mask) => {
            taint(mask);
            return agrees(answer(info, view), expected);
          });
          if (found === undefined) taint(before);
        }
        expectSame(answer(info, view), expected);
        if (expected.node !== null) cache.assume(info, expected.node);
      }
    });
  }
});
