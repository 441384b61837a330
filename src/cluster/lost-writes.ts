// What a restored snapshot does not know: everything that was written after it was taken. From what etcd's members told while they still had it.
import type { TraceEvent } from '../kernel/world.ts';
import type { EtcdEvent } from '../programs/etcd/events.ts';

export interface LostWrite {
  readonly key: string;
  /** What was done to it since the snapshot, all in all. */
  readonly what: 'created' | 'changed' | 'deleted';
  /** Of the last change that was lost. */
  readonly revision: number;
}

/** `events` up to the disaster; `snapshotRevision` as `etcdutl snapshot status` says. In the order of keys. */
export function lostWrites(events: Iterable<TraceEvent>, snapshotRevision: number): readonly LostWrite[] {
  const seen = new Set<number>();
  const lost = new Map<string, { readonly isNew: boolean; gone: boolean; revision: number }>();
  for (const { data } of events) {
    if (data.type !== 'etcd.revision') continue;
    const { revision, changes } = data as EtcdEvent & { readonly type: 'etcd.revision' };
    // Every member tells of every revision.
    if (revision <= snapshotRevision || seen.has(revision)) continue;
    seen.add(revision);
    for (const { key, value, prev } of changes) {
      const known = lost.get(key);
      if (known === undefined) lost.set(key, { isNew: prev === null, gone: value === null, revision });
      else {
        known.gone = value === null;
        known.revision = revision;
      }
    }
  }
  const found: LostWrite[] = [];
  for (const [key, { isNew, gone, revision }] of lost) {
    // What came and went after the snapshot is missed by nobody.
    if (!(isNew && gone)) found.push({ key, what: isNew ? 'created' : gone ? 'deleted' : 'changed', revision });
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}
