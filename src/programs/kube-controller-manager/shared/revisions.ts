// ControllerRevisions: the history of templates that DaemonSets and StatefulSets keep.
import { canonicalText, computePodTemplateHash } from '../../../api/meta/hash.ts';
import type { ApiObject } from '../../../api/meta/object.ts';
import { isAlreadyExists, isNotFound } from '../../../client/api-error.ts';
import type { ApiClient } from '../../../client/contract.ts';
import type { Task } from '../../../kernel/task.ts';
import { refs, type OwnerReference, type PodTemplate } from './objects.ts';

export interface ControllerRevision extends ApiObject {
  readonly revision: number;
  readonly data?: { readonly spec: { readonly template: PodTemplate } };
}

export function byRevision(left: ControllerRevision, right: ControllerRevision): number {
  return left.revision - right.revision;
}

/** A strategic merge patch that brings the template back. Its bytes are compared by whoever looks for a template's revision, so names are in Go's order. */
function templateData(template: PodTemplate): { readonly spec: { readonly template: PodTemplate } } {
  return JSON.parse(canonicalText({ spec: { template: { ...template, $patch: 'replace' } } })) as { readonly spec: { readonly template: PodTemplate } };
}

export function sameData(revision: ControllerRevision, template: PodTemplate): boolean {
  return canonicalText(revision.data) === canonicalText({ spec: { template: { ...template, $patch: 'replace' } } });
}

export interface RevisionRequest {
  readonly client: ApiClient;
  readonly owner: ApiObject;
  readonly reference: OwnerReference;
  readonly template: PodTemplate;
  readonly existing: readonly ControllerRevision[];
  readonly collisionCount: number | undefined;
  /** Labels and annotations of the new revision, given its hash. */
  readonly labels: (hash: string) => Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
}

/** The revision of the present template: an old one is given the newest number, a new one is made. */
export function* currentRevision(request: RevisionRequest): Task<ControllerRevision> {
  const { client, owner, template, existing } = request;
  const namespace = owner.metadata.namespace ?? '';
  const highest = existing.reduce((most, { revision }) => Math.max(most, revision), 0);
  const same = existing.filter((revision) => sameData(revision, template)).sort(byRevision).at(-1);
  if (same !== undefined) {
    if (same.revision === highest) return same;
    return yield* client.update(refs.controllerRevisions, namespace, { ...same, apiVersion: 'apps/v1', kind: 'ControllerRevision', revision: highest + 1 });
  }
  const hash = computePodTemplateHash(template, request.collisionCount);
  const name = `${owner.metadata.name}-${hash}`;
  const revision: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name, namespace, labels: request.labels(hash), ...(request.annotations === undefined ? {} : { annotations: request.annotations }), ownerReferences: [request.reference] },
    data: templateData(template),
    revision: highest + 1,
  };
  try {
    return yield* client.create(refs.controllerRevisions, namespace, revision);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return yield* client.get<ControllerRevision>(refs.controllerRevisions, namespace, name);
  }
}

/** Deletes the oldest that nothing uses, beyond `limit`. */
export function* truncateHistory(client: ApiClient, revisions: readonly ControllerRevision[], isLive: (revision: ControllerRevision) => boolean, limit: number): Task<void> {
  const unused = revisions.filter((revision) => !isLive(revision)).sort(byRevision);
  for (const { metadata } of unused.slice(0, Math.max(0, unused.length - limit))) {
    try {
      yield* client.delete(refs.controllerRevisions, metadata.namespace ?? '', metadata.name);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
