// Who gives way, where, and what is said when nobody can.
import { describe, expect, test } from 'vitest';
import { SchedulerCache } from './cache.ts';
import { decideFeasible } from './decide.ts';
import type { ClusterView } from './framework.ts';
import { fitMessage, postFilterMessage } from './message.ts';
import type { DisruptionBudget, Pod } from './objects.ts';
import { decidePreemption } from './preemption.ts';

function cluster(...nodes: readonly string[]) {
  const cache = new SchedulerCache();
  for (const name of nodes) cache.setNode({ apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { 'kubernetes.io/hostname': name } }, status: { allocatable: { cpu: '2', memory: '8Gi', pods: '110' } } });
  const view: ClusterView = { cache, namespaceLabels: () => ({}), services: () => [], controllerOf: () => undefined, claim: () => ({ bound: true, exists: true, waits: false }) };
  const pod = (name: string, priority: number, cpu: string, extra: Partial<Pod['spec']> = {}) =>
    cache.describe({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', uid: name, labels: { app: name } }, spec: { priority, containers: [{ name: 'c', resources: { requests: { cpu } } }], ...extra } });
  const decide = (info: ReturnType<typeof pod>, budgets: readonly DisruptionBudget[] = []) => {
    const outcome = decideFeasible(info, view, new Map(), 0);
    const preemption = decidePreemption(info, view, outcome, new Map(), budgets, () => '');
    return { node: preemption.node, victims: preemption.victims.map(({ uid }) => uid), message: fitMessage(outcome, view, preemption.node === '' ? postFilterMessage(preemption.message) : '') };
  };
  return { cache, pod, decide };
}

describe('preemption', () => {
  test('takes as few pods as possible, the least important ones', () => {
    const { cache, pod, decide } = cluster('a', 'b');
    cache.assume(pod('a-low', 1, '1'), 'a');
    cache.assume(pod('a-mid', 5, '1'), 'a');
    cache.assume(pod('b-mid', 5, '2'), 'b');
    expect(decide(pod('big', 10, '1'))).toEqual({ node: 'a', victims: ['a-low'], message: '0/2 nodes are available: 2 Insufficient cpu.' });
  });

  test('spares a disruption budget when another node will do', () => {
    const { cache, pod, decide } = cluster('a', 'b');
    cache.assume(pod('a-low', 1, '2'), 'a');
    cache.assume(pod('b-low', 2, '2'), 'b');
    const budget: DisruptionBudget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'x', namespace: 'default' }, spec: { selector: { matchLabels: { app: 'a-low' } } }, status: { disruptionsAllowed: 0 } };
    expect(decide(pod('big', 10, '2'), [budget]).victims).toEqual(['b-low']);
  });

  test('frees a host port', () => {
    const { cache, pod, decide } = cluster('a');
    const ports = { containers: [{ name: 'c', ports: [{ containerPort: 80, hostPort: 8080 }] }] };
    cache.assume(pod('low', 0, '0', ports), 'a');
    expect(decide(pod('important', 1000, '0', ports))).toMatchObject({ node: 'a', victims: ['low'] });
  });

  test('says why not', () => {
    const { cache, pod, decide } = cluster('a', 'b');
    cache.assume(pod('high', 100, '2'), 'a');
    cache.assume(pod('other', 100, '2'), 'b');
    expect(decide(pod('big', 10, '1')).message).toBe('0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.');
    expect(decide(pod('huge', 200, '64')).message).toBe('0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.');
    expect(decide(pod('polite', 200, '1', { preemptionPolicy: 'Never' })).message).toBe('0/2 nodes are available: 2 Insufficient cpu. no new claims to deallocate, preemption: not eligible due to preemptionPolicy=Never.');
  });

  test('a pod pinned to one node only hears about that one', () => {
    const { pod, decide } = cluster('a', 'b', 'c');
    const affinity = { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] }] } } };
    expect(decide(pod('daemon', 0, '64', { affinity })).message).toBe("0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.");
  });
});
