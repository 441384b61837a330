// etcd's contents as they were at every revision, from what its members said they applied: for the key explorer and for whole objects.
import type { EventId } from '../kernel/host.ts';

export interface KeyVersion {
  readonly revision: number;
  readonly atMs: number;
  /** null: deleted here. */
  readonly value: unknown;
  readonly event: EventId;
}

export interface KeyEntry {
  readonly key: string;
  readonly value: unknown;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
}

/** Leases and counters change for ever: of those only the newest versions are kept. */
const mostVersions = 400;

export class KeyStore {
  private readonly keys = new Map<string, KeyVersion[]>();
  revision = 0;

  put(key: string, version: KeyVersion): void {
    const versions = this.keys.get(key);
    this.revision = Math.max(this.revision, version.revision);
    if (versions === undefined) this.keys.set(key, [version]);
    else {
      versions.push(version);
      if (versions.length > mostVersions) versions.splice(1, mostVersions >> 1);
    }
  }

  versions(key: string): readonly KeyVersion[] {
    return this.keys.get(key) ?? [];
  }

  at(key: string, atMs: number): unknown {
    const versions = this.keys.get(key) ?? [];
    for (let n = versions.length - 1; n >= 0; n--) {
      const version = versions[n] as KeyVersion;
      if (version.atMs <= atMs) return version.value ?? undefined;
    }
    return undefined;
  }

  *list(prefix: string, until: { readonly revision?: number; readonly atMs: number }): Generator<KeyEntry, void> {
    const revision = until.revision ?? Infinity;
    for (const [key, versions] of [...this.keys].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
      if (!key.startsWith(prefix)) continue;
      const entry = entryAt(key, versions, revision, until.atMs);
      if (entry !== undefined) yield entry;
    }
  }

  *keysUnder(prefix: string): Generator<string, void> {
    for (const key of this.keys.keys()) if (key.startsWith(prefix)) yield key;
  }
}

function entryAt(key: string, versions: readonly KeyVersion[], revision: number, atMs: number): KeyEntry | undefined {
  let createRevision = 0;
  let count = 0;
  let found: KeyVersion | undefined;
  for (const version of versions) {
    if (version.revision > revision || version.atMs > atMs) break;
    if (version.value === null) {
      found = undefined;
      count = 0;
      continue;
    }
    if (count === 0) createRevision = version.revision;
    count++;
    found = version;
  }
  return found === undefined ? undefined : { key, value: found.value, createRevision, modRevision: found.revision, version: count };
}
