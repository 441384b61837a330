// Snapshots on the disk, with their checksum: those of a member's own (member/snap) and those that `etcdctl snapshot save` writes.
import type { Snapshot } from '../../raft/message.ts';
import type { ServerSnapshot } from './server-snapshot.ts';
import { weigh } from './weight.ts';

interface SnapFile {
  readonly crc: number;
  readonly snapshot: Snapshot;
}

/** As `etcdctl snapshot save` writes it, and `etcdutl` reads it. */
export interface SavedSnapshot {
  readonly etcdSnapshot: true;
  readonly version: string;
  readonly sizeBytes: number;
  readonly hash: number;
  readonly snapshot: ServerSnapshot;
}

export function writeSnapshot(snapshot: Snapshot): SnapFile {
  return { crc: weigh(snapshot).crc, snapshot };
}

/** Undefined when the file is not what was written. */
export function readSnapshot(file: unknown): Snapshot | undefined {
  const { crc, snapshot } = (file ?? {}) as Partial<SnapFile>;
  return typeof snapshot === 'object' && crc === weigh(snapshot).crc ? snapshot : undefined;
}
