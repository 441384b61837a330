// Deletes everything in a namespace that is being deleted, kind by kind, and then lets it go.
import { setCondition, type Condition } from '../../../api/meta/conditions.ts';
import { canonicalText } from '../../../api/meta/hash.ts';
import type { ApiObject, ListOf } from '../../../api/meta/object.ts';
import { ApiError, isConflict, isNotFound } from '../../../client/api-error.ts';
import type { ResourceRef } from '../../../client/contract.ts';
import { RetryError } from '../../../client/controller.ts';
import type { Task } from '../../../kernel/task.ts';
import type { ControllerContext } from '../shared/context.ts';
import { discover, type Discovered } from '../shared/discovery.ts';
import { refs } from '../shared/objects.ts';

interface Namespace extends ApiObject {
  readonly spec?: { readonly finalizers?: readonly string[] };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

/** What is left of one kind after deleting. */
interface Remains {
  readonly kind: string;
  readonly count: number;
  readonly finalizers: readonly string[];
}

export function startNamespaceController(context: ControllerContext): void {
  const client = context.client('namespace-controller');
  const namespaces = context.informer<Namespace>(refs.namespaces);
  const queue = context.queue('namespace');
  namespaces.onChange(({ type, object }) => {
    // A little later, so that other API servers have heard of it too and refuse to create.
    if (type !== 'delete' && object.metadata.deletionTimestamp !== undefined) queue.addAfter(object.metadata.name, 5000);
  });

  function* reconcile(name: string): Task<void> {
    const cached = namespaces.get(name);
    if (cached?.metadata.deletionTimestamp === undefined) return;
    let namespace: Namespace;
    try {
      namespace = yield* client.get<Namespace>(refs.namespaces, '', name);
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    if (namespace.metadata.deletionTimestamp === undefined) return;
    if (namespace.status?.phase !== 'Terminating') namespace = yield* client.updateStatus(refs.namespaces, '', { ...namespace, status: { ...namespace.status, phase: 'Terminating' } });
    if (!(namespace.spec?.finalizers ?? []).includes('kubernetes')) return;

    const remains: Remains[] = [];
    const failures: string[] = [];
    // Pods go first, and nothing else while there is one (KEP 5080): what they use, and what keeps them in, outlives them.
    for (const resource of podsFirst(yield* discover(client, true))) {
      if (!resource.namespaced || !resource.verbs.includes('delete')) continue;
      if (remains.length > 0 && remains[0]?.kind === 'pods') break;
      try {
        const left = yield* deleteAll(resource, name);
        if (left !== undefined) remains.push(left);
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        failures.push(error.message);
      }
    }
    namespace = yield* writeConditions(namespace, remains, failures);
    if (failures.length > 0) throw new RetryError(failures.join('; '));
    if (remains.length > 0) {
      // Pods need their grace; half of it and a little is when upstream looks again.
      const pods = remains.some(({ kind }) => kind === 'pods');
      queue.addAfter(name, pods ? 16_000 : 5000);
      return;
    }
    const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== 'kubernetes');
    try {
      yield* client.subresource('PUT', refs.namespaces, '', name, 'finalize', { ...namespace, apiVersion: 'v1', kind: 'Namespace', spec: { ...namespace.spec, finalizers } });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  function* deleteAll(resource: Discovered, namespace: string): Task<Remains | undefined> {
    const path = collectionPath(resource, namespace);
    if (resource.verbs.includes('deletecollection')) {
      const before = yield* list(resource, namespace);
      if (before.items.length === 0) return undefined;
      yield* client.raw('DELETE', path, { body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' } });
    } else {
      for (const { metadata } of (yield* list(resource, namespace)).items) {
        try {
          yield* client.delete(resource, namespace, metadata.name, { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' });
        } catch (error) {
          if (!isNotFound(error)) throw error;
        }
      }
    }
    const left = yield* list(resource, namespace);
    if (left.items.length === 0) return undefined;
    return { kind: resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`, count: left.items.length, finalizers: left.items.flatMap(({ metadata }) => metadata.finalizers ?? []) };
  }

  function* list(resource: ResourceRef, namespace: string): Task<ListOf<ApiObject>> {
    return yield* client.list<ApiObject>(resource, namespace);
  }

  function* writeConditions(namespace: Namespace, remains: readonly Remains[], failures: readonly string[]): Task<Namespace> {
    const now = context.now();
    const held = remains.filter(({ finalizers }) => finalizers.length > 0);
    const counts = new Map<string, number>();
    for (const { finalizers } of held) for (const finalizer of finalizers) counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
    const wanted: readonly Condition[] = [
      { type: 'NamespaceDeletionDiscoveryFailure', status: 'False', reason: 'ResourcesDiscovered', message: 'All resources successfully discovered' },
      { type: 'NamespaceDeletionGroupVersionParsingFailure', status: 'False', reason: 'ParsedGroupVersions', message: 'All legacy kube types successfully parsed' },
      failures.length > 0
        ? { type: 'NamespaceDeletionContentFailure', status: 'True', reason: 'ContentDeletionFailed', message: `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}` }
        : { type: 'NamespaceDeletionContentFailure', status: 'False', reason: 'ContentDeleted', message: 'All content successfully deleted, may be waiting on finalization' },
      remains.length > 0
        ? { type: 'NamespaceContentRemaining', status: 'True', reason: 'SomeResourcesRemain', message: `Some resources are remaining: ${remains.map(({ kind, count }) => `${kind} has ${count} resource instances`).sort().join(', ')}` }
        : { type: 'NamespaceContentRemaining', status: 'False', reason: 'ContentRemoved', message: 'All content successfully removed' },
      held.length > 0
        ? { type: 'NamespaceFinalizersRemaining', status: 'True', reason: 'SomeFinalizersRemain', message: `Some content in the namespace has finalizers remaining: ${[...counts].map(([name, count]) => `${name} in ${count} resource instances`).sort().join(', ')}` }
        : { type: 'NamespaceFinalizersRemaining', status: 'False', reason: 'ContentHasNoFinalizers', message: 'All content-preserving finalizers finished' },
    ];
    let conditions: readonly Condition[] = namespace.status?.conditions ?? [];
    for (const condition of wanted) conditions = setCondition(conditions, condition, now);
    if (canonicalText(conditions) === canonicalText(namespace.status?.conditions ?? [])) return namespace;
    try {
      return yield* client.updateStatus<Namespace>(refs.namespaces, '', { ...namespace, apiVersion: 'v1', kind: 'Namespace', status: { ...namespace.status, conditions } });
    } catch (error) {
      if (isConflict(error)) throw new RetryError('namespace changed');
      throw error;
    }
  }

  context.start({ name: 'namespace', queue, workers: context.flags.number('concurrent-namespace-syncs', 10), needs: [namespaces], reconcile });
}

function podsFirst(resources: readonly Discovered[]): readonly Discovered[] {
  const isPods = ({ group, resource }: Discovered): boolean => group === '' && resource === 'pods';
  return [...resources.filter(isPods), ...resources.filter((each) => !isPods(each))];
}

function collectionPath({ group, version, resource }: ResourceRef, namespace: string): string {
  return `${group === '' ? `/api/${version}` : `/apis/${group}/${version}`}/namespaces/${namespace}/${resource}`;
}
