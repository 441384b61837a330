// The Deployment controller: makes a ReplicaSet per template and moves replicas from the old ones to the new one.
import { matchesSelector, toSelector } from '../../../api/meta/labels.ts';
import type { Task } from '../../../kernel/task.ts';
import { claimObjects } from '../shared/adopt.ts';
import type { ControllerContext } from '../shared/context.ts';
import { controllerOf, keyOf, ownerRef, refs, type Deployment, type Pod, type ReplicaSet } from '../shared/objects.ts';
import { isRollingUpdate } from './decide.ts';
import { apiVersion, named, Rollout, type Hands } from './rollout.ts';

const account = 'deployment-controller';

export function startDeploymentController(context: ControllerContext): void {
  const client = context.client(account);
  const recorder = context.recorder(account, client);
  const deployments = context.informer<Deployment>(refs.deployments);
  const sets = context.informer<ReplicaSet>(refs.replicaSets);
  const pods = context.informer<Pod>(refs.pods);
  const queue = context.queue('deployment');
  const hands: Hands = { context, client, recorder, pods, queue };

  const keyOfOwner = (set: ReplicaSet): string | undefined => {
    const owner = controllerOf(set);
    if (owner?.kind !== 'Deployment') return undefined;
    const key = `${set.metadata.namespace ?? ''}/${owner.name}`;
    return deployments.get(key)?.metadata.uid === owner.uid ? key : undefined;
  };

  deployments.onChange(({ object }) => queue.add(keyOf(object)));
  sets.onChange(({ type, object, old }) => {
    const key = keyOfOwner(object);
    if (key !== undefined) queue.add(key);
    const before = old === undefined ? undefined : keyOfOwner(old);
    if (before !== undefined && before !== key) queue.add(before);
    if (type !== 'delete' && controllerOf(object) === undefined) {
      for (const deployment of deployments.list(object.metadata.namespace)) {
        if (matchesSelector(toSelector(deployment.spec.selector), object.metadata.labels)) queue.add(keyOf(deployment));
      }
    }
  });
  pods.onChange(({ type, object }) => {
    // Recreate goes on when the last old pod is gone.
    if (type !== 'delete') return;
    const owner = controllerOf(object);
    if (owner?.kind !== 'ReplicaSet') return;
    const set = sets.get(`${object.metadata.namespace ?? ''}/${owner.name}`);
    const key = set === undefined ? undefined : keyOfOwner(set);
    const deployment = key === undefined ? undefined : deployments.get(key);
    if (key === undefined || deployment === undefined || isRollingUpdate(deployment)) return;
    if (sets.byIndex('owner', deployment.metadata.uid ?? '').every((each) => pods.byIndex('owner', each.metadata.uid ?? '').length === 0)) queue.add(key);
  });

  function* reconcile(key: string): Task<void> {
    const deployment = deployments.get(key);
    if (deployment === undefined) return;
    if (Object.keys(deployment.spec.selector).length === 0) {
      recorder.event(named(deployment), 'Warning', 'SelectingAll', 'This deployment is selecting all pods. A non-empty selector is required.');
      return;
    }
    const reference = ownerRef(deployment, apiVersion, 'Deployment');
    const all = yield* claimObjects<ReplicaSet>({ client, ref: refs.replicaSets, informer: sets, owner: deployment, ownerRef: refs.deployments, reference, selector: toSelector(deployment.spec.selector) });
    const run = new Rollout(hands, deployment, all);
    if (deployment.metadata.deletionTimestamp !== undefined) return yield* run.statusOnly();
    yield* run.notePaused();
    if (run.deployment.spec.paused === true) return yield* run.sync();
    if (run.isScaling()) return yield* run.sync();
    if (isRollingUpdate(deployment)) yield* run.roll();
    else yield* run.recreate();
  }

  context.start({ name: 'deployment', queue, workers: context.flags.number('concurrent-deployment-syncs', 5), maxRetries: 15, needs: [deployments, sets, pods], reconcile });
}
