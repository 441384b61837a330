// What a restored snapshot does not know: everything that was written after it was taken.

export interface LostWrite {
  readonly key: string;
  /** What was done to it since the snapshot, all in all. */
  readonly what: 'created' | 'changed' | 'deleted';
  /** Of the last change that was lost. */
  readonly revision: number;
}

/** As it was written: oldest first; value null is a deletion. */
export interface WrittenVersion {
  readonly revision: number;
  readonly value: unknown;
}

/** `histories` of keys up to the disaster; `snapshotRevision` as `etcdutl snapshot status` says. In the order of keys. */
export function lostWrites(histories: Iterable<readonly [key: string, versions: readonly WrittenVersion[]]>, snapshotRevision: number): readonly LostWrite[] {
  const lost: LostWrite[] = [];
  for (const [key, versions] of histories) {
    const last = versions.at(-1);
    if (last === undefined || last.revision <= snapshotRevision) continue;
    const known = versions.filter((each) => each.revision <= snapshotRevision).at(-1);
    const isNew = known === undefined || known.value === null;
    // What came and went after the snapshot is missed by nobody.
    if (!(isNew && last.value === null)) lost.push({ key, what: isNew ? 'created' : last.value === null ? 'deleted' : 'changed', revision: last.revision });
  }
  return lost.sort((a, b) => (a.key < b.key ? -1 : 1));
}
