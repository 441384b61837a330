// What a member shows when asked: Raft's state with the end of its log, and the keys.
import type { KeyValue } from '../../wire/etcd-rpc.ts';
import type { ConfChangeEntry } from '../../raft/confchange/conf-change.ts';
import type { Entry } from '../../raft/message.ts';
import type { MemberChange, Proposal } from './request.ts';
import { keyOf } from './request.ts';
import type { EtcdServer } from './server.ts';

export interface RaftView {
  readonly member: string;
  readonly id: string;
  readonly role: string;
  readonly term: number;
  /** A member's name; '' while there is none. */
  readonly leader: string;
  readonly lastIndex: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  readonly firstIndex: number;
  readonly revision: number;
  readonly compactRevision: number;
  readonly members: readonly {
    readonly id: string;
    readonly name: string;
    readonly peerUrls: readonly string[];
    readonly clientUrls: readonly string[];
    readonly isLearner: boolean;
    /** On the leader: how much of the log it is known to have. */
    readonly match?: number;
    readonly connected: boolean;
  }[];
  /** The last entries, oldest first. */
  readonly log: readonly LogCell[];
}
export interface LogCell {
  readonly index: number;
  readonly term: number;
  readonly type: string;
  readonly key?: string;
  readonly committed: boolean;
}

/** The log itself, for those who check it. */
export interface LogView {
  readonly term: number;
  /** The id that this member voted for in this term; '' nobody. */
  readonly vote: string;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly commit: number;
  readonly applied: number;
  /** Those of `from` .. `to` that are still there. `content` is equal exactly for equal entries. `previousTerm` is undefined when that entry is gone. */
  entries(from: number, to: number): readonly { readonly index: number; readonly term: number; readonly content: unknown; readonly previousTerm: number | undefined }[];
}

export function logView(server: EtcdServer): LogView {
  const { node } = server;
  const { term, vote, firstIndex, lastIndex, commit, applied } = node.status;
  const contentOf = (entry: Entry): unknown => {
    if (entry.data === undefined) return '';
    if (entry.type === 'normal') return (entry.data as Proposal).id;
    const change = entry.data as ConfChangeEntry & { readonly context?: MemberChange };
    return JSON.stringify([change.changes, change.context?.id ?? '']);
  };
  return {
    term, vote, firstIndex, lastIndex, commit, applied,
    entries: (from, to) => node.entries(from, to).map((entry) => ({ index: entry.index, term: entry.term, content: contentOf(entry), previousTerm: node.termOf(entry.index - 1) })),
  };
}

/** What all members must agree upon once they applied the same: every key's revision, every lease with its keys. */
export interface StateView {
  readonly revision: number;
  readonly applied: number;
  readonly keys: ReadonlyMap<string, number>;
  readonly leases: readonly string[];
}

export function stateView(server: EtcdServer): StateView {
  const found = server.store.range({ key: '', rangeEnd: '\0' });
  return {
    revision: server.store.revision,
    applied: server.applied,
    keys: new Map(found.kvs.map((kv) => [kv.key, kv.modRevision])),
    leases: server.lessor.list().map(({ id, keys }) => `${id} ${[...keys].sort().join(' ')}`).sort(),
  };
}

export interface KeysView {
  readonly revision: number;
  readonly compactRevision: number;
  readonly count: number;
  readonly more: boolean;
  readonly kvs: readonly KeyValue[];
}

const logCells = 32;

export function raftView(server: EtcdServer): RaftView {
  const { node } = server;
  const status = node.status;
  return {
    member: server.config.name,
    id: server.id,
    role: node.isLearner ? 'learner' : status.role,
    term: status.term,
    leader: server.nameOf(status.leader),
    lastIndex: status.lastIndex,
    commitIndex: status.commit,
    appliedIndex: status.applied,
    firstIndex: status.firstIndex,
    revision: server.store.revision,
    compactRevision: server.store.compacted,
    members: server.membership.list().map((each) => {
      const match = node.matchOf(each.id);
      return { ...each, ...(match === undefined ? {} : { match }), connected: each.id === server.id || server.peers.isActive(each.id) };
    }),
    log: node.entries(status.lastIndex - logCells + 1, status.lastIndex).map((entry): LogCell => {
      const committed = entry.index <= status.commit;
      if (entry.type === 'conf-change') {
        const member = (entry.data as ConfChangeEntry & { readonly context?: MemberChange }).context?.member;
        return { index: entry.index, term: entry.term, type: 'conf-change', ...(member === undefined ? {} : { key: member.name || member.id }), committed };
      }
      if (entry.data === undefined) return { index: entry.index, term: entry.term, type: 'empty', committed };
      const { request } = entry.data as Proposal;
      const key = keyOf(request);
      return { index: entry.index, term: entry.term, type: request.kind, ...(key === undefined ? {} : { key }), committed };
    }),
  };
}

/** Keys with `prefix` at `revision` (0: now). Throws a Refusal when that is compacted or not there yet. */
export function keysView(server: EtcdServer, args: { readonly prefix: string; readonly revision?: number; readonly limit?: number }): KeysView {
  const { store } = server;
  const rangeEnd = args.prefix === '' ? '\0' : args.prefix.slice(0, -1) + String.fromCharCode(args.prefix.charCodeAt(args.prefix.length - 1) + 1);
  const found = store.range({ key: args.prefix, rangeEnd, revision: args.revision ?? 0, limit: args.limit ?? 0 });
  return { revision: store.revision, compactRevision: store.compacted, count: found.count, more: found.more, kvs: found.kvs };
}
