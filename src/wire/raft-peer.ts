// What etcd members say to each other (port 2380): Raft messages in batches, and snapshots. The Raft message itself is the raft room's.

export interface PeerBatch {
  readonly kind: 'raft';
  readonly clusterId: string;
  readonly from: string;
  /** RaftMessage values, opaque here. */
  readonly messages: readonly unknown[];
}
