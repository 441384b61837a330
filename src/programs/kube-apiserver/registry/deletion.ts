// Decides what a deletion does to an object: at once, after a grace period, or when its finalizers are gone. Pure.
import { formatTime, parseTime } from '../../../api/meta/time.ts';
import { definitionsPrefix } from '../apiextensions/terminating.ts';
import type { StoredObject } from '../storage/watch-cache.ts';
import { fieldsOf, specOf } from '../admission/plugin.ts';
import { type DeleteOptions, withMeta } from './request.ts';

export const orphanFinalizer = 'orphan';
export const foregroundFinalizer = 'foregroundDeletion';

export interface DeletionStep {
  /** The object to store; undefined when nothing changes. */
  readonly update: StoredObject | undefined;
  /** The key goes, now (after the update, if there is one). */
  readonly remove: boolean;
}

/** Kinds whose dependants nobody collects. */
const withoutCollection = new Set(['events', 'events.events.k8s.io']);
/** Kinds that leave their dependants alone unless told otherwise, as they did before there was a garbage collector. */
const orphaning = new Set(['replicationcontrollers', 'jobs.batch']);

export function decideDeletion(object: StoredObject, resource: string, group: string, options: DeleteOptions, nowMs: number): DeletionStep {
  const grace = decideGrace(object, resource, group, options, nowMs);
  if (grace === 'pending') return { update: undefined, remove: false };
  const name = group === '' ? resource : `${resource}.${group}`;
  const present = object.metadata.finalizers ?? [];
  const finalizers = withoutCollection.has(name) ? present : decideFinalizers(present, options, orphaning.has(name));
  const changed = finalizers !== object.metadata.finalizers && !(finalizers.length === 0 && object.metadata.finalizers === undefined);
  const base = changed ? withMeta(object, { finalizers }) : object;
  if (grace === 'none') {
    if (finalizers.length === 0) return { update: undefined, remove: true };
    return { update: markDeleting(base, nowMs), remove: false };
  }
  const metadata = { deletionTimestamp: grace.deletionTimestamp, deletionGracePeriodSeconds: grace.seconds, ...(grace.first && (object.metadata.generation ?? 0) > 0 ? { generation: (object.metadata.generation ?? 0) + 1 } : {}) };
  return { update: withMeta(base, metadata), remove: finalizers.length === 0 && grace.seconds === 0 };
}

function markDeleting(object: StoredObject, nowMs: number): StoredObject {
  const { deletionTimestamp, generation } = object.metadata;
  const metadata = { deletionTimestamp: deletionTimestamp ?? formatTime(nowMs), deletionGracePeriodSeconds: 0, ...(deletionTimestamp === undefined && (generation ?? 0) > 0 ? { generation: (generation ?? 0) + 1 } : {}) };
  return withMeta(object, metadata);
}

type Grace = 'none' | 'pending' | { readonly deletionTimestamp: string; readonly seconds: number; readonly first: boolean };

/** rest.BeforeDelete: only pods have a grace period; one that is running may only be shortened. */
function decideGrace(object: StoredObject, resource: string, group: string, options: DeleteOptions, nowMs: number): Grace {
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata;
  if (deletionTimestamp !== undefined) {
    // 0: it was marked, but the server did not come to removing it. Then it goes now.
    if (deletionGracePeriodSeconds === undefined || deletionGracePeriodSeconds === 0) return 'none';
    const wanted = options.gracePeriodSeconds;
    if (wanted === undefined) return 'pending';
    if (wanted >= deletionGracePeriodSeconds) return 'pending';
    const startedMs = (parseTime(deletionTimestamp) ?? nowMs) - deletionGracePeriodSeconds * 1000;
    return { deletionTimestamp: formatTime(startedMs + wanted * 1000), seconds: wanted, first: false };
  }
  if (resource !== 'pods' || group !== '') return 'none';
  const spec = specOf(object);
  let seconds = options.gracePeriodSeconds ?? (spec['terminationGracePeriodSeconds'] as number | undefined) ?? 0;
  if (seconds < 0) seconds = 1;
  const phase = fieldsOf(object['status'])['phase'];
  if (spec['nodeName'] === undefined || spec['nodeName'] === '' || phase === 'Failed' || phase === 'Succeeded') seconds = 0;
  return { deletionTimestamp: formatTime(nowMs + seconds * 1000), seconds, first: true };
}

/** What was asked for decides; if nothing was, the finalizers that are there already; if none are, what the kind does by default. */
function decideFinalizers(has: readonly string[], { orphanDependents, propagationPolicy }: DeleteOptions, orphansByDefault: boolean): readonly string[] {
  const asked = orphanDependents === undefined ? propagationPolicy : orphanDependents ? 'Orphan' : 'Background';
  const already = has.find((each) => each === orphanFinalizer || each === foregroundFinalizer);
  const orphan = asked === undefined ? (already === undefined ? orphansByDefault : already === orphanFinalizer) : asked === 'Orphan';
  const foreground = asked === undefined ? already === foregroundFinalizer : asked === 'Foreground';
  const rest = has.filter((each) => each !== orphanFinalizer && each !== foregroundFinalizer);
  const next = [...rest, ...(orphan ? [orphanFinalizer] : []), ...(foreground ? [foregroundFinalizer] : [])];
  return next.length === has.length && next.every((each, index) => each === has[index]) ? has : next;
}

/** An update that leaves nothing to wait for lets a deleted object go. */
export function isDeletable(object: StoredObject, storagePrefix: string): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers ?? []).length > 0) return false;
  if (storagePrefix === 'namespaces') return ((specOf(object)['finalizers'] ?? []) as readonly string[]).length === 0;
  return storagePrefix === definitionsPrefix || deletionGracePeriodSeconds === 0;
}
