// Keeps the status of PodDisruptionBudgets: how many pods may be evicted now.
import { setCondition, type Condition } from '../../../api/meta/conditions.ts';
import { canonicalText } from '../../../api/meta/hash.ts';
import { matchesSelector, toSelector, type LabelSelector } from '../../../api/meta/labels.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { parseTime } from '../../../api/meta/time.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { controllerOf, keyOf, refs, type Deployment, type Pod, type ReplicaSet } from '../shared/objects.ts';
import { isActive, isReady } from '../shared/pods.ts';
import { scaled } from '../deployment/decide.ts';

interface Budget extends ApiObject {
  readonly spec?: { readonly minAvailable?: number | string; readonly maxUnavailable?: number | string; readonly selector?: LabelSelector };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly disruptedPods?: Readonly<Record<string, string>>;
    readonly disruptionsAllowed: number;
    readonly currentHealthy: number;
    readonly desiredHealthy: number;
    readonly expectedPods: number;
    readonly conditions?: readonly Condition[];
  };
}

const evictionTimeoutMs = 2 * 60_000;

export function startDisruptionController(context: ControllerContext): void {
  const client = context.client('disruption-controller');
  const recorder = context.recorder('controllermanager', client);
  const budgets = context.informer<Budget>(refs.budgets);
  const pods = context.informer<Pod>(refs.pods);
  const replicaSets = context.informer<ReplicaSet>(refs.replicaSets);
  const deployments = context.informer<Deployment>(refs.deployments);
  const statefulSets = context.informer<Deployment>(refs.statefulSets);
  const replicationControllers = context.informer<ReplicaSet>(refs.replicationControllers);
  const queue = context.queue('disruption');
  budgets.onChange(({ type, object }) => {
    if (type !== 'delete') queue.add(keyOf(object));
  });
  pods.onChange(({ object }) => {
    for (const budget of budgets.list(object.metadata.namespace)) if (covers(budget, object)) queue.add(keyOf(budget));
  });

  function* reconcile(key: string): Task<void> {
    const budget = budgets.get(key);
    if (budget === undefined) return;
    const covered = pods.list(budget.metadata.namespace).filter((pod) => covers(budget, pod) && isActive(pod));
    if (covered.length === 0) recorder.event(named(budget), 'Normal', 'NoPods', 'No matching pods found');
    const { expected, desired, unmanaged } = expectedPods(budget, covered);
    if (unmanaged.length > 0) recorder.event(named(budget), 'Warning', 'CalculateExpectedPodCountFailed', `Failed to calculate the number of expected pods: found no controller ref for pod "${unmanaged[0] ?? ''}"`);
    const disrupted: Record<string, string> = {};
    for (const [name, at] of Object.entries(budget.status?.disruptedPods ?? {})) {
      const pod = pods.get(`${budget.metadata.namespace ?? ''}/${name}`);
      const atMs = parseTime(at) ?? 0;
      if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
      if (atMs + evictionTimeoutMs < context.wallMs()) recorder.event({ ...pod, apiVersion: 'v1', kind: 'Pod' }, 'Warning', 'NotDeleted', `Pod was expected by PDB ${key} to be deleted but it wasn't`);
      else {
        disrupted[name] = at;
        queue.addAfter(key, atMs + evictionTimeoutMs - context.wallMs() + 1);
      }
    }
    const healthy = covered.filter((pod) => isReady(pod) && disrupted[pod.metadata.name] === undefined).length;
    const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
    const conditions = setCondition(budget.status?.conditions, allowed > 0 ? condition('True', 'SufficientPods', budget) : condition('False', 'InsufficientPods', budget), context.now());
    const status = {
      ...(Object.keys(disrupted).length === 0 ? {} : { disruptedPods: disrupted }),
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      ...(budget.metadata.generation === undefined ? {} : { observedGeneration: budget.metadata.generation }),
      conditions,
    };
    if (canonicalText(status) === canonicalText(budget.status ?? {})) return;
    yield* client.updateStatus(refs.budgets, budget.metadata.namespace ?? '', { ...named(budget), status });
  }

  function expectedPods(budget: Budget, covered: readonly Pod[]): { readonly expected: number; readonly desired: number; readonly unmanaged: readonly string[] } {
    const { minAvailable, maxUnavailable } = budget.spec ?? {};
    if (maxUnavailable === undefined && typeof minAvailable === 'number') return { expected: covered.length, desired: minAvailable, unmanaged: [] };
    const scales = new Map<string, number>();
    const unmanaged: string[] = [];
    for (const pod of covered) {
      const owner = controllerOf(pod);
      if (owner === undefined) {
        unmanaged.push(pod.metadata.name);
        continue;
      }
      const scale = scaleOf(pod, owner.kind, owner.name);
      if (scale !== undefined) scales.set(scale.uid, scale.replicas);
    }
    const expected = [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
    if (maxUnavailable !== undefined) return { expected, desired: Math.max(0, expected - scaled(maxUnavailable, expected, Math.ceil)), unmanaged };
    return { expected, desired: scaled(minAvailable ?? 0, expected, Math.ceil), unmanaged };
  }

  /** Of the Deployment behind a ReplicaSet, when there is one: it may be in the middle of an update. */
  function scaleOf(pod: Pod, kind: string, name: string): { readonly uid: string; readonly replicas: number } | undefined {
    const namespace = pod.metadata.namespace ?? '';
    const of = (object: ReplicaSet | Deployment | undefined) => (object === undefined ? undefined : { uid: object.metadata.uid ?? '', replicas: object.spec.replicas ?? 1 });
    if (kind === 'StatefulSet') return of(statefulSets.get(`${namespace}/${name}`));
    if (kind === 'ReplicationController') return of(replicationControllers.get(`${namespace}/${name}`));
    if (kind !== 'ReplicaSet') return undefined;
    const set = replicaSets.get(`${namespace}/${name}`);
    const owner = set === undefined ? undefined : controllerOf(set);
    return owner?.kind === 'Deployment' ? of(deployments.get(`${namespace}/${owner.name}`)) : of(set);
  }

  context.start({ name: 'disruption', queue, workers: 1, needs: [budgets, pods, replicaSets, deployments, statefulSets, replicationControllers], reconcile });
}

function covers(budget: Budget, pod: Pod): boolean {
  return matchesSelector(toSelector(budget.spec?.selector), pod.metadata.labels);
}

function condition(status: 'True' | 'False', reason: string, budget: Budget): Condition {
  return { type: 'DisruptionAllowed', status, reason, message: '', ...(budget.metadata.generation === undefined ? {} : { observedGeneration: budget.metadata.generation }) };
}

function named(budget: Budget): Budget {
  return { ...budget, apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' };
}
