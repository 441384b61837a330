// What etcd members say to each other (port 2380): Raft messages in batches, and snapshots. The Raft message itself is the raft room's.

export interface PeerBatch {
  readonly kind: 'raft';
  readonly clusterId: string;
  readonly from: string;
  /** RaftMessage values, opaque here. */
  readonly messages: readonly unknown[];
}

/** First message on a stream: whose messages the dialer wants to read. As rafthttp's streams, the dialer reads and the acceptor sends. */
export interface PeerHello {
  readonly kind: 'stream';
  readonly clusterId: string;
  readonly from: string;
  readonly to: string;
  /** Where the sender is reached, for those who do not know it yet. */
  readonly peerUrls: readonly string[];
}
/** Instead of a hello: a joining member wants to know the cluster. Answered by PeerMembers. */
export interface PeerMembersQuestion {
  readonly kind: 'members';
}
export interface PeerMembers {
  readonly kind: 'members';
  readonly clusterId: string;
  /** MemberInfo values, opaque here. */
  readonly members: readonly unknown[];
}
/** A question that only the leader can answer (lease renewals), and its answer; each travels on the sender's stream. */
export interface PeerAsk {
  readonly kind: 'ask';
  readonly seq: number;
  readonly question: unknown;
}
export interface PeerAnswer {
  readonly kind: 'answer';
  readonly seq: number;
  readonly answer: unknown;
}
/** To a member that was removed: it may not come back under this id. */
export interface PeerGone {
  readonly kind: 'gone';
}

/** First message on a connection that carries one snapshot, sent by the dialer piece by piece; each piece is answered with its number. */
export interface PeerSnapshotHello {
  readonly kind: 'snapshot';
  readonly clusterId: string;
  readonly from: string;
  readonly to: string;
  /** The MsgSnap without its keys. */
  readonly message: unknown;
  readonly pieces: number;
}
export interface PeerSnapshotPiece {
  readonly kind: 'piece';
  readonly number: number;
  readonly records: readonly unknown[];
}

export type PeerFirst = PeerHello | PeerMembersQuestion | PeerSnapshotHello;
export type PeerFrame = PeerBatch | PeerAsk | PeerAnswer;
