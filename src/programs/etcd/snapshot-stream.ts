// A snapshot on its way to a member that fell behind: piece by piece over a connection of its own, so that heartbeats do not wait behind it.
import { NetworkError } from '../../kernel/network/network-error.ts';
import type { Connection } from '../../kernel/host.ts';
import type { Task } from '../../kernel/task.ts';
import type { RaftMessage, Snapshot } from '../../raft/message.ts';
import type { PeerSnapshotHello, PeerSnapshotPiece } from '../../wire/raft-peer.ts';
import type { StoreSnapshot } from './mvcc/store.ts';
import type { ServerSnapshot } from './server-snapshot.ts';

/** Keys in one piece. */
const pieceKeys = 500;
const answerTimeoutMs = 5000;

/** Sends `m` on a connection that is open and greeted by nobody yet. Throws NetworkError when it does not get through. */
export function* sendSnapshot(connection: Connection, m: RaftMessage, identity: { readonly clusterId: string; readonly from: string; readonly to: string }): Task<void> {
  const snapshot = m.snapshot as Snapshot;
  const state = snapshot.data as ServerSnapshot;
  const { records } = state.store;
  const bare: RaftMessage = { ...m, snapshot: { ...snapshot, data: { ...state, store: { ...state.store, records: [] } } satisfies ServerSnapshot } };
  const pieces = Math.ceil(records.length / pieceKeys);
  yield* deliver(connection, { kind: 'snapshot', ...identity, message: bare, pieces } satisfies PeerSnapshotHello, 0, `snapshot ${snapshot.index}`);
  for (let number = 1; number <= pieces; number++) {
    const piece: PeerSnapshotPiece = { kind: 'piece', number, records: records.slice((number - 1) * pieceKeys, number * pieceKeys) };
    yield* deliver(connection, piece, number, `snapshot ${snapshot.index}, ${number} of ${pieces}`);
  }
}

function* deliver(connection: Connection, frame: unknown, number: number, note: string): Task<void> {
  connection.send(frame, note);
  if ((yield* connection.receive(answerTimeoutMs)) !== number) throw new NetworkError('ECONNRESET', connection.error?.message ?? 'snapshot: unexpected EOF');
}

/** The whole message again; undefined when the sender goes away before it is. */
export function* receiveSnapshot(connection: Connection, hello: PeerSnapshotHello): Task<RaftMessage | undefined> {
  connection.send(0, 'go on');
  const records: StoreSnapshot['records'][number][] = [];
  for (let number = 1; number <= hello.pieces; number++) {
    const piece = (yield* connection.receive(answerTimeoutMs)) as PeerSnapshotPiece | undefined;
    if (piece?.kind !== 'piece' || piece.number !== number) return undefined;
    for (const record of piece.records) records.push(record as StoreSnapshot['records'][number]);
    connection.send(number, 'go on');
  }
  const m = hello.message as RaftMessage;
  const snapshot = m.snapshot as Snapshot;
  const state = snapshot.data as ServerSnapshot;
  return { ...m, snapshot: { ...snapshot, data: { ...state, store: { ...state.store, records } } satisfies ServerSnapshot } };
}
