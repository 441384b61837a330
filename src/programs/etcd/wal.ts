// What a member must find again after a crash: a write-ahead log in segments under member/wal, and snapshots under member/snap.
import type { Host } from '../../kernel/host.ts';
import { DiskFull } from '../../kernel/machine/disk-full.ts';
import type { Task } from '../../kernel/task.ts';
import type { Entry, HardState, Snapshot } from '../../raft/message.ts';
import { Fatal } from './fatal.ts';
import { readSnapshot, writeSnapshot } from './snapshot-file.ts';
import { crcOf, readSegment, type Metadata, type WalContent, type WalRecord } from './wal-record.ts';

export interface Recovered {
  readonly metadata: Metadata;
  readonly hardState: HardState;
  readonly entries: readonly Entry[];
  readonly snapshot: Snapshot | undefined;
  /** Surely applied, and its events told, before the crash. */
  readonly toldIndex: number;
}

const hex = (value: number): string => value.toString(16).padStart(16, '0');
/** As etcd warns of a slow fdatasync. */
const slowSyncMs = 1000;

export class Wal {
  private readonly host: Host;
  private readonly folder: string;
  private readonly snapFolder: string;
  private metadata: Metadata | undefined;
  private segments: { readonly path: string; readonly seq: number; readonly firstIndex: number }[] = [];
  private lastState: HardState | undefined;
  private crc = 0;
  /** Told of syncs that took long. */
  onSlowSync: (tookMs: number) => void = () => undefined;

  constructor(host: Host, dataDir: string) {
    this.host = host;
    this.folder = `${dataDir}/member/wal`;
    this.snapFolder = `${dataDir}/member/snap`;
  }

  /** Undefined when there is nothing: a new member. Throws Fatal when what is there cannot be trusted. */
  recover(): Recovered | undefined {
    const records = this.readAll();
    const first = records.find((record) => record.t === 'metadata');
    if (first === undefined) {
      for (const segment of this.segments) this.host.disk.remove(segment.path);
      this.segments = [];
      this.crc = 0;
      return undefined;
    }
    this.metadata = first.metadata;
    const valid = new Set<string>();
    for (const record of records) if (record.t === 'snapshot') valid.add(`${hex(record.term)}-${hex(record.index)}`);
    const snapshot = this.newestSnapshot(valid);
    const base = snapshot?.index ?? 0;
    const { hardState, entries, toldIndex } = replay(records, base);
    const start = entries[0];
    if (start !== undefined ? start.index > base + 1 : hardState.commit > base) throw new Fatal('failed to recover v3 backend from snapshot', 'failed to find database snapshot file (snap: snapshot file doesn\'t exist)');
    this.lastState = hardState;
    return { metadata: first.metadata, hardState, entries, snapshot, toldIndex: Math.max(toldIndex, base) };
  }

  private readAll(): WalContent[] {
    const { disk } = this.host;
    const paths = disk.list(this.folder).filter((path) => path.endsWith('.wal'));
    const all: WalContent[] = [];
    this.crc = 0;
    for (const [at, path] of paths.entries()) {
      const reading = readSegment(disk.readLog(path), this.crc, at === paths.length - 1);
      if (reading.end === 'corrupt') throw new Fatal('failed to read WAL, cannot be repaired', reading.reason);
      if (reading.end === 'torn') {
        // A half-written record can only be the last thing that happened; it was never promised to anybody.
        disk.rewriteLog(path, reading.records.length, []);
        this.host.output.error(`{"level":"info","msg":"repairing WAL","path":"${path}"}\n{"level":"warn","msg":"repaired WAL","path":"${path}","error":"unexpected EOF"}\n`);
      }
      for (const record of reading.records) all.push(record);
      this.crc = reading.crc;
      this.segments.push(segmentOf(path));
    }
    return all;
  }

  private newestSnapshot(valid: ReadonlySet<string>): Snapshot | undefined {
    const { disk } = this.host;
    let best: Snapshot | undefined;
    for (const path of disk.list(this.snapFolder)) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (!name.endsWith('.snap') || !valid.has(name.slice(0, -5))) continue;
      const file = disk.read(path);
      const snapshot = readSnapshot(file);
      if (snapshot === undefined) {
        this.host.output.error(`{"level":"warn","msg":"failed to read a snap file","path":"${path}","error":"snap: crc mismatch"}\n`);
        disk.write(`${path}.broken`, file);
        disk.remove(path);
      } else if (best === undefined || snapshot.index > best.index) best = snapshot;
    }
    return best;
  }

  create(metadata: Metadata): void {
    this.metadata = metadata;
    this.openSegment(1);
  }

  private openSegment(firstIndex: number): void {
    const seq = (this.segments.at(-1)?.seq ?? -1) + 1;
    const path = `${this.folder}/${hex(seq)}-${hex(firstIndex)}.wal`;
    this.segments.push({ path, seq, firstIndex });
    this.append({ t: 'crc', previous: this.crc });
    this.append({ t: 'metadata', metadata: this.metadata as Metadata });
    if (this.lastState !== undefined) this.append({ t: 'state', state: this.lastState });
  }

  private append(content: WalContent): void {
    this.crc = crcOf(this.crc, content);
    this.orDie('failed to save Raft hard state and entries', () => this.host.disk.append((this.segments.at(-1) as { path: string }).path, { crc: this.crc, content } satisfies WalRecord));
  }

  /** A member that cannot write has nothing left to promise: as etcd, it says why and ends. */
  private orDie(message: string, write: () => void): void {
    try {
      write();
    } catch (error) {
      if (error instanceof DiskFull) this.host.output.error(`{"level":"fatal","msg":${JSON.stringify(message)},"error":${JSON.stringify(error.message)}}\n`);
      throw error;
    }
  }

  saveEntries(entries: readonly Entry[]): void {
    if (entries.length > 0) this.append({ t: 'entries', entries });
  }
  saveState(state: HardState): void {
    this.lastState = state;
    this.append({ t: 'state', state });
  }

  *sync(): Task<void> {
    const { host } = this;
    const startMs = host.clock.nowMs();
    yield* host.disk.sync(this.folder);
    const tookMs = host.clock.nowMs() - startMs;
    if (tookMs > slowSyncMs) this.onSlowSync(tookMs);
  }

  /** The snapshot first, then the log's word that it is whole; then what it makes superfluous goes. */
  *saveSnapshot(snapshot: Snapshot, received: boolean, nextIndex: () => number): Task<void> {
    const { disk } = this.host;
    this.orDie('failed to save Raft snapshot', () => disk.write(`${this.snapFolder}/${hex(snapshot.term)}-${hex(snapshot.index)}.snap`, writeSnapshot(snapshot)));
    yield* disk.sync(this.snapFolder);
    this.append({ t: 'snapshot', index: snapshot.index, term: snapshot.term, received });
    yield* this.sync();
    this.openSegment(nextIndex());
    this.append({ t: 'snapshot', index: snapshot.index, term: snapshot.term, received: false });
    yield* this.sync();
    while (this.segments.length > 1 && (received || (this.segments[1] as { firstIndex: number }).firstIndex <= snapshot.index + 1)) {
      disk.remove((this.segments.shift() as { path: string }).path);
    }
    const files = disk.list(this.snapFolder).filter((path) => path.endsWith('.snap'));
    for (const path of files.slice(0, -2)) disk.remove(path);
  }
}

function replay(records: readonly WalContent[], base: number): { readonly hardState: HardState; readonly entries: readonly Entry[]; readonly toldIndex: number } {
  let hardState: HardState = { term: 0, vote: '', commit: 0 };
  let toldIndex = 0;
  let entries: Entry[] = [];
  for (const record of records) {
    if (record.t === 'state') {
      if (record.state.commit !== hardState.commit) toldIndex = hardState.commit;
      hardState = record.state;
    } else if (record.t === 'snapshot') {
      if (record.received) entries = [];
    } else if (record.t === 'entries') {
      const start = record.entries[0];
      if (start === undefined) continue;
      // A later write replaces what it overlaps, and everything behind.
      while (entries.length > 0 && (entries[entries.length - 1] as Entry).index >= start.index) entries.pop();
      for (const entry of record.entries) if (entry.index > base) entries.push(entry);
    }
  }
  return { hardState, entries: entries.filter((entry) => entry.index > base), toldIndex };
}

function segmentOf(path: string): { path: string; seq: number; firstIndex: number } {
  const name = path.slice(path.lastIndexOf('/') + 1, -4);
  const [seq, firstIndex] = name.split('-');
  return { path, seq: Number.parseInt(seq as string, 16), firstIndex: Number.parseInt(firstIndex as string, 16) };
}
