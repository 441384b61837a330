// The garbage collector: what has lost its last owner is deleted; foreground and orphan deletions are carried through.
import type { ApiObject } from '../../../api/meta/object.ts';
import { ApiError, isConflict, isNotFound } from '../../../client/api-error.ts';
import type { ResourceRef } from '../../../client/contract.ts';
import { RetryError } from '../../../client/controller.ts';
import { NetworkError } from '../../../kernel/network/network-error.ts';
import type { Task } from '../../../kernel/task.ts';
import { together } from '../shared/batch.ts';
import type { ControllerContext } from '../shared/context.ts';
import { discover, type Discovered } from '../shared/discovery.ts';
import { decideFate, foregroundFinalizer, orphanFinalizer, OwnerGraph, type GraphNode } from './graph.ts';

const discoveryPeriodMs = 30_000;

export function startGarbageCollector(context: ControllerContext): void {
  const { host } = context;
  const client = context.client('generic-garbage-collector');
  const removing = context.queue('garbage_collector_attempt_to_delete');
  const orphaning = context.queue('garbage_collector_attempt_to_orphan');
  const graph = new OwnerGraph({ remove: ({ uid }) => removing.add(uid), orphan: ({ uid }) => orphaning.add(uid) });
  /** `group/resource` that are watched, and kinds by `apiVersion kind`. */
  const monitored = new Map<string, ResourceRef>();
  const byKind = new Map<string, Discovered>();
  let mappedAtMs = -Infinity;

  /** Watches every kind that can be listed and deleted; new ones (of custom resources) as discovery shows them. */
  function* monitorKinds(): Task<void> {
    for (;;) {
      try {
        const found = yield* discover(client, true);
        for (const resource of found) {
          byKind.set(`${apiVersionOf(resource)} ${resource.kind}`, resource);
          const key = `${resource.group}/${resource.resource}`;
          if (monitored.has(key) || resource.resource === 'events') continue;
          if (!['delete', 'list', 'watch'].every((verb) => resource.verbs.includes(verb))) continue;
          const ref: ResourceRef = { group: resource.group, version: resource.version, resource: resource.resource };
          monitored.set(key, ref);
          context.informer(ref).onChange(({ type, object }) => {
            if (type === 'delete') graph.forget(object.metadata.uid ?? '');
            else graph.observe(object.kind === undefined || object.kind === '' ? { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind } : object, ref);
          });
        }
        // Custom kinds may go again: their objects have gone before them.
        const served = new Set(found.map((resource) => `${resource.group}/${resource.resource}`));
        for (const [key, ref] of monitored) {
          if (served.has(key)) continue;
          monitored.delete(key);
          context.forget(ref);
        }
      } catch (error) {
        if (!(error instanceof ApiError || error instanceof NetworkError)) throw error;
      }
      yield* host.clock.sleep(discoveryPeriodMs);
    }
  }

  /** The mapping from kinds to resources is forgotten every half minute and asked for again when it is needed. */
  function* mapKind(apiVersion: string, kind: string): Task<Discovered | undefined> {
    if (context.nowMs() - mappedAtMs > discoveryPeriodMs) {
      mappedAtMs = context.nowMs();
      for (const resource of yield* discover(context.root, false)) byKind.set(`${apiVersionOf(resource)} ${resource.kind}`, resource);
    }
    return byKind.get(`${apiVersion} ${kind}`);
  }

  function* attemptToDelete(uid: string): Task<void> {
    const node = graph.get(uid);
    if (node === undefined) return;
    if (node.beingDeleted && !node.deletingDependents) return;
    const resource = node.ref ?? (yield* mapKind(node.apiVersion, node.kind));
    if (node.ref !== undefined) yield* mapKind(node.apiVersion, node.kind);
    // Of a kind that is not known yet, perhaps: a definition may be younger than what was discovered last.
    if (resource === undefined) throw new RetryError(`unable to get REST mapping for ${node.apiVersion}/${node.kind}`);
    let latest = yield* read(resource, node);
    if (latest === undefined || latest.metadata.uid !== uid) {
      // Its informer will tell, unless nobody ever saw it: then it is only a wrong reference.
      if (node.virtual) graph.forget(uid);
      return;
    }
    // An owner that comes and goes before anybody watches its kind would stay for ever: it is looked for until it was seen.
    if (node.virtual) throw new RetryError('not observed yet');
    if (node.deletingDependents) return yield* finishForeground(node, resource, latest);
    const owners = latest.metadata.ownerReferences ?? [];
    if (owners.length === 0) return;
    const solid: string[] = [];
    const dangling: string[] = [];
    const waiting: string[] = [];
    for (const owner of owners) {
      const state = yield* ownerState(node, owner.uid, owner.apiVersion, owner.kind, owner.name);
      if (state === 'absent') dangling.push(owner.uid);
      else if (state === 'waiting') waiting.push(owner.uid);
      else solid.push(owner.uid);
    }
    const verdict = decideFate({ solid, dangling, waiting }, node.dependents.size > 0, latest.metadata.finalizers ?? []);
    if (verdict.kind === 'keep') return;
    if (verdict.kind === 'drop-owners') {
      yield* dropOwners(resource, latest, verdict.uids);
      return;
    }
    if (verdict.policy === 'Foreground' && waiting.length > 0 && [...node.dependents].some((dependent) => dependent.deletingDependents)) {
      // Owners and dependents wait for one another, perhaps in a circle: this one holds nobody back any more.
      latest = yield* patchMetadata(resource, latest, { metadata: { resourceVersion: latest.metadata.resourceVersion, ownerReferences: owners.map((owner) => ({ ...owner, blockOwnerDeletion: false })) } });
      if (latest === undefined) return;
    }
    context.decided('garbage-collector', `${node.namespace}/${node.name}`, 'delete', { says: 'no-owner', kind: node.kind });
    try {
      const options = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: verdict.policy, preconditions: { uid, ...(latest.metadata.resourceVersion === undefined ? {} : { resourceVersion: latest.metadata.resourceVersion }) } };
      yield* client.delete(resource, node.namespace, node.name, options);
    } catch (error) {
      if (isNotFound(error)) return;
      if (isConflict(error)) throw new RetryError('changed meanwhile');
      throw error;
    }
  }

  function* ownerState(node: GraphNode, uid: string, apiVersion: string, kind: string, name: string): Task<'absent' | 'waiting' | 'solid'> {
    if (graph.isAbsent(uid)) return 'absent';
    const resource = yield* mapKind(apiVersion, kind);
    if (resource === undefined) throw new RetryError(`unable to get REST mapping for ${apiVersion}/${kind}`);
    const owner = yield* read(resource, { namespace: resource.namespaced ? node.namespace : '', name });
    if (owner === undefined || owner.metadata.uid !== uid) {
      graph.noteAbsent(uid);
      return 'absent';
    }
    return owner.metadata.deletionTimestamp !== undefined && (owner.metadata.finalizers ?? []).includes(foregroundFinalizer) ? 'waiting' : 'solid';
  }

  function* finishForeground(node: GraphNode, resource: ResourceRef, latest: ApiObject): Task<void> {
    const blocking = graph.blockingDependents(node);
    if (blocking.length === 0) return yield* removeFinalizer(resource, latest, foregroundFinalizer);
    for (const dependent of blocking) if (!dependent.deletingDependents) removing.add(dependent.uid);
  }

  function* attemptToOrphan(uid: string): Task<void> {
    const node = graph.get(uid);
    if (node?.ref === undefined) return;
    const { ref } = node;
    const errors = yield* together(host, 'orphan', [...node.dependents].map((dependent) => letGo(dependent, uid)));
    if (errors[0] !== undefined) throw errors[0];
    const latest = yield* read(ref, node);
    if (latest !== undefined && latest.metadata.uid === uid) yield* removeFinalizer(ref, latest, orphanFinalizer);
  }

  function* letGo(dependent: GraphNode, owner: string): Task<void> {
    if (dependent.ref === undefined) return;
    const patch = { metadata: { ownerReferences: [{ $patch: 'delete', uid: owner }], uid: dependent.uid } };
    try {
      yield* client.patch(dependent.ref, dependent.namespace, dependent.name, 'application/strategic-merge-patch+json', patch);
    } catch (error) {
      if (isNotFound(error)) return;
      // Custom resources know no strategic merge.
      if (!(error instanceof ApiError) || error.code !== 415) throw error;
      const latest = yield* read(dependent.ref, dependent);
      if (latest !== undefined) yield* dropOwners(dependent.ref, latest, [owner]);
    }
  }

  function* dropOwners(resource: ResourceRef, object: ApiObject, uids: readonly string[]): Task<void> {
    const kept = (object.metadata.ownerReferences ?? []).filter(({ uid }) => !uids.includes(uid));
    const patch = { metadata: { resourceVersion: object.metadata.resourceVersion, ownerReferences: kept.length === 0 ? null : kept } };
    yield* patchMetadata(resource, object, patch);
  }

  function* removeFinalizer(resource: ResourceRef, object: ApiObject, finalizer: string): Task<void> {
    const finalizers = object.metadata.finalizers ?? [];
    if (!finalizers.includes(finalizer)) return;
    const kept = finalizers.filter((other) => other !== finalizer);
    yield* patchMetadata(resource, object, { metadata: { resourceVersion: object.metadata.resourceVersion, finalizers: kept.length === 0 ? null : kept } });
  }

  function* patchMetadata(resource: ResourceRef, { metadata }: ApiObject, patch: object): Task<ApiObject | undefined> {
    try {
      return yield* client.patch(resource, metadata.namespace ?? '', metadata.name, 'application/merge-patch+json', patch);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      if (isConflict(error)) throw new RetryError('changed meanwhile');
      throw error;
    }
  }

  function* read(resource: ResourceRef, { namespace, name }: { readonly namespace: string; readonly name: string }): Task<ApiObject | undefined> {
    try {
      return yield* client.get(resource, namespace, name);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  const workers = context.flags.number('concurrent-gc-syncs', 20);
  context.host.tasks.spawn('garbage-collector discovery', monitorKinds());
  context.start({ name: 'garbage-collector', queue: removing, workers, needs: [], reconcile: attemptToDelete });
  context.start({ name: 'garbage-collector', queue: orphaning, workers, needs: [], reconcile: attemptToOrphan });
}

function apiVersionOf({ group, version }: Discovered): string {
  return group === '' ? version : `${group}/${version}`;
}
