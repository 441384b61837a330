// What a member must find again after a crash: a write-ahead log in segments under member/wal, and snapshots under member/snap.
import type { Host } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { Entry, HardState, Snapshot } from '../../raft/message.ts';

export interface Metadata {
  readonly memberId: string;
  readonly clusterId: string;
}

type WalRecord =
  | { readonly t: 'metadata'; readonly metadata: Metadata }
  | { readonly t: 'entries'; readonly entries: readonly Entry[] }
  | { readonly t: 'state'; readonly state: HardState }
  /** This snapshot is on the disk whole; `received`: from the leader, and the log before it is void. */
  | { readonly t: 'snapshot'; readonly index: number; readonly term: number; readonly received: boolean };

export interface Recovered {
  readonly metadata: Metadata;
  readonly hardState: HardState;
  readonly entries: readonly Entry[];
  readonly snapshot: Snapshot | undefined;
  /** Surely applied, and its events told, before the crash. */
  readonly toldIndex: number;
}

const hex = (value: number): string => value.toString(16).padStart(16, '0');

export class Wal {
  private readonly host: Host;
  private readonly folder: string;
  private readonly snapFolder: string;
  private metadata: Metadata | undefined;
  private segments: { readonly path: string; readonly seq: number; readonly firstIndex: number }[] = [];
  private lastState: HardState | undefined;

  constructor(host: Host, dataDir: string) {
    this.host = host;
    this.folder = `${dataDir}/member/wal`;
    this.snapFolder = `${dataDir}/member/snap`;
  }

  /** Undefined when there is nothing: a new member. */
  recover(): Recovered | undefined {
    const { disk } = this.host;
    const paths = disk.list(this.folder).filter((path) => path.endsWith('.wal'));
    const records: WalRecord[] = [];
    for (const path of paths) {
      const log = disk.readLog(path);
      const torn = log.findIndex((record) => typeof record === 'object' && record !== null && 'torn' in record);
      records.push(...((torn < 0 ? log : log.slice(0, torn)) as readonly WalRecord[]));
      // A half-written record can only be the last thing that happened; it was never promised to anybody.
      if (torn >= 0) disk.rewriteLog(path, torn, []);
      this.segments.push(segmentOf(path));
    }
    const first = records.find((record) => record.t === 'metadata');
    if (first === undefined) {
      for (const path of paths) disk.remove(path);
      this.segments = [];
      return undefined;
    }
    this.metadata = first.metadata;
    const valid = new Set<string>();
    for (const record of records) if (record.t === 'snapshot') valid.add(`${hex(record.term)}-${hex(record.index)}`);
    const snapshot = this.newestSnapshot(valid);
    const base = snapshot?.index ?? 0;
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
    entries = entries.filter((entry) => entry.index > base);
    this.lastState = hardState;
    return { metadata: first.metadata, hardState, entries, snapshot, toldIndex: Math.max(toldIndex, base) };
  }

  private newestSnapshot(valid: ReadonlySet<string>): Snapshot | undefined {
    const { disk } = this.host;
    let best: Snapshot | undefined;
    for (const path of disk.list(this.snapFolder)) {
      const name = path.slice(path.lastIndexOf('/') + 1);
      if (!name.endsWith('.snap') || !valid.has(name.slice(0, -5))) continue;
      const snapshot = disk.read(path) as Snapshot;
      if (best === undefined || snapshot.index > best.index) best = snapshot;
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
    this.append({ t: 'metadata', metadata: this.metadata as Metadata });
    if (this.lastState !== undefined) this.append({ t: 'state', state: this.lastState });
  }

  private append(record: WalRecord): void {
    this.host.disk.append((this.segments.at(-1) as { path: string }).path, record);
  }

  saveEntries(entries: readonly Entry[]): void {
    if (entries.length > 0) this.append({ t: 'entries', entries });
  }
  saveState(state: HardState): void {
    this.lastState = state;
    this.append({ t: 'state', state });
  }

  *sync(): Task<void> {
    yield* this.host.disk.sync(this.folder);
  }

  /** The snapshot first, then the log's word that it is whole; then what it makes superfluous goes. */
  *saveSnapshot(snapshot: Snapshot, received: boolean, nextIndex: () => number): Task<void> {
    const { disk } = this.host;
    disk.write(`${this.snapFolder}/${hex(snapshot.term)}-${hex(snapshot.index)}.snap`, snapshot);
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

function segmentOf(path: string): { path: string; seq: number; firstIndex: number } {
  const name = path.slice(path.lastIndexOf('/') + 1, -4);
  const [seq, firstIndex] = name.split('-');
  return { path, seq: Number.parseInt(seq as string, 16), firstIndex: Number.parseInt(firstIndex as string, 16) };
}
