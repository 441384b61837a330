// The phases of `kubeadm init` that talk to the API server: they make a control plane that runs into a cluster that others can join.
import { isAlreadyExists } from '../../client/api-error.ts';
import type { ApiClient, ResourceRef } from '../../client/contract.ts';
import type { Task } from '../../kernel/task.ts';
import type { AddonObject } from './addons.ts';
import type { Context } from './context.ts';
import type { KubeadmEvent } from './events.ts';

export const nodesRef: ResourceRef = { group: '', version: 'v1', resource: 'nodes' };
const patienceMs = 300_000;

export function* waitForControlPlane(context: Context, api: ApiClient, timeoutMs = patienceMs): Task<void> {
  context.phase('wait-control-plane');
  yield* context.waitFor('wait-control-plane', timeoutMs, function* () {
    return (yield* api.raw('GET', '/readyz')).status === 200 ? true : undefined;
  });
}

/** Creates what is not there yet. */
export function* createObjects(context: Context, api: ApiClient, objects: readonly AddonObject[]): Task<void> {
  for (const each of objects)
    yield* context.waitFor(`create ${each.object.kind} ${each.object.metadata.name}`, patienceMs, function* () {
      let created = true;
      try {
        yield* api.create(each.ref, each.namespace, each.object);
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        created = false;
      }
      context.host.trace.emit<KubeadmEvent>({ type: 'kubeadm.applied', kind: each.object.kind, name: each.object.metadata.name, created });
      return true;
    });
}

const controlPlaneLabels = { 'node-role.kubernetes.io/control-plane': '', 'node.kubernetes.io/exclude-from-external-load-balancers': '' };

export function* markControlPlane(context: Context, api: ApiClient, name: string, taint: boolean): Task<void> {
  context.phase('mark-control-plane');
  const spec = taint ? { spec: { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] } } : {};
  yield* context.waitFor(`mark node ${name}`, patienceMs, function* () {
    yield* api.patch(nodesRef, '', name, 'application/strategic-merge-patch+json', { metadata: { labels: controlPlaneLabels }, ...spec });
    return true;
  });
}
