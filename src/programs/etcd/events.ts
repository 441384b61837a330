// What etcd traces. Other rooms may import this file and nothing else of etcd. Heartbeats, ticks and lease keep-alives leave no event.

export interface EtcdChange {
  readonly key: string;
  /** The value after the change; null when the key was deleted. */
  readonly value: unknown;
  /** The value before; null when the key was not there. */
  readonly prev: unknown;
}

export type EtcdRole = 'follower' | 'pre-candidate' | 'candidate' | 'leader' | 'learner';

export type EtcdEvent =
  /** `member` is the member's name, `id` its id; `recovered` when it went on from a data directory. */
  | { readonly type: 'etcd.started'; readonly member: string; readonly id: string; readonly members: readonly string[]; readonly recovered: boolean; readonly lastIndex: number; readonly revision: number }
  /** The member's role, term or leader (a member's name, '' while there is none) changed. */
  | { readonly type: 'etcd.role'; readonly member: string; readonly role: EtcdRole; readonly term: number; readonly leader: string }
  /** A request was put to Raft by the member that the client talks to. `index` is its place in the log as far as known (the leader's next one); `request` e.g. `txn`. */
  | { readonly type: 'etcd.proposed'; readonly member: string; readonly request: string; readonly key?: string; readonly index: number; readonly term: number }
  /** Entries up to `index` are on this member's disk; they came from `from` (the leader's name; its own name on the leader). */
  | { readonly type: 'etcd.appended'; readonly member: string; readonly index: number; readonly from: string; readonly entries: number }
  /** The leader knows that a majority has everything up to `index`. */
  | { readonly type: 'etcd.committed'; readonly member: string; readonly index: number; readonly term: number }
  /** This member applied a change, which is entry `index` of the log; every member says so once. */
  | { readonly type: 'etcd.revision'; readonly member: string; readonly revision: number; readonly index: number; readonly changes: readonly EtcdChange[] }
  | { readonly type: 'etcd.compacted'; readonly member: string; readonly revision: number }
  | { readonly type: 'etcd.lease-expired'; readonly member: string; readonly lease: string }
  /** A snapshot of the applied state was written (`to` undefined), or sent to a member that fell behind, or received and restored. */
  | { readonly type: 'etcd.snapshot'; readonly member: string; readonly what: 'saved' | 'sent' | 'restored'; readonly index: number; readonly peer?: string }
  /** The stream of messages from a peer was opened or lost. */
  | { readonly type: 'etcd.peer'; readonly member: string; readonly peer: string; readonly state: 'connected' | 'lost'; readonly reason: string }
  /** An alarm was raised or cleared; from then on the store refuses writes (NOSPACE) or everything (CORRUPT), or no longer. */
  | { readonly type: 'etcd.alarm'; readonly member: string; readonly alarm: 'NOSPACE' | 'CORRUPT'; readonly about: string; readonly active: boolean }
  /** As etcd warns: a sync of the log took over a second, a read over 100 ms, a leader's heartbeat was late because its disk was. */
  | { readonly type: 'etcd.slow'; readonly member: string; readonly what: 'sync' | 'read' | 'heartbeat'; readonly tookMs: number }
  | { readonly type: 'etcd.defragmented'; readonly member: string; readonly fromBytes: number; readonly toBytes: number }
  /** Membership changed: `peer` by name, or its id while it has none. */
  | { readonly type: 'etcd.member'; readonly member: string; readonly change: 'add' | 'remove' | 'promote' | 'update'; readonly peer: string }
  | { readonly type: 'etcd.transferring'; readonly member: string; readonly from: string; readonly to: string };
