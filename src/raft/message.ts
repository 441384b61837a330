// The nouns of consensus: entries of the log, what must be on the disk, what members say to each other. Data is opaque here.

/** A member. Any string; order matters only where something must be done in a fixed order. '' is nobody. */
export type MemberId = string;

export interface Entry {
  readonly index: number;
  readonly term: number;
  readonly type: 'normal' | 'conf-change';
  /** undefined: the empty entry that a new leader begins its term with. */
  readonly data: unknown;
}

/** What a member must never forget; lost, it could vote twice in a term. */
export interface HardState {
  readonly term: number;
  readonly vote: MemberId;
  readonly commit: number;
}

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader';

/** Who leads, as far as this member knows; need not be on the disk. */
export interface SoftState {
  readonly leader: MemberId;
  readonly role: Role;
}

/** Who belongs to the group. While `votersOutgoing` is not empty, every decision needs a majority of both sets (joint consensus). */
export interface ConfState {
  readonly voters: readonly MemberId[];
  readonly learners: readonly MemberId[];
  readonly votersOutgoing: readonly MemberId[];
  /** Voters of the outgoing set that become learners when the joint configuration is left. */
  readonly learnersNext: readonly MemberId[];
  readonly autoLeave: boolean;
}

export const emptyConfState: ConfState = { voters: [], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };

/** The state that the entries up to `index` led to. */
export interface Snapshot {
  readonly index: number;
  readonly term: number;
  readonly conf: ConfState;
  readonly data: unknown;
}

export type MessageType =
  // from the member itself
  | 'MsgHup'
  | 'MsgBeat'
  | 'MsgCheckQuorum'
  // from its host
  | 'MsgUnreachable'
  | 'MsgSnapStatus'
  // between members
  | 'MsgProp'
  | 'MsgApp'
  | 'MsgAppResp'
  | 'MsgVote'
  | 'MsgVoteResp'
  | 'MsgPreVote'
  | 'MsgPreVoteResp'
  | 'MsgSnap'
  | 'MsgHeartbeat'
  | 'MsgHeartbeatResp'
  | 'MsgReadIndex'
  | 'MsgReadIndexResp'
  | 'MsgTransferLeader'
  | 'MsgTimeoutNow';

export interface RaftMessage {
  readonly type: MessageType;
  readonly from: MemberId;
  readonly to: MemberId;
  /** 0 for messages that belong to no term: proposals, reads, and everything local. */
  readonly term: number;
  /** MsgApp: the entry before `entries`. Votes: the candidate's last entry. MsgAppResp: the last entry that is the same, or, rejected, the `index` of the refused MsgApp. */
  readonly index: number;
  readonly logTerm: number;
  readonly entries: readonly Entry[];
  readonly commit: number;
  readonly reject: boolean;
  /** A refused MsgApp's answer: where the leader should look next; `logTerm` is the term there. */
  readonly rejectHint: number;
  readonly snapshot?: Snapshot;
  /** Which read request this is about; `transfer` in a vote that the leader asked for. */
  readonly context?: string;
}

export const campaignTransfer = 'transfer';

const noEntries: readonly Entry[] = [];

/** A message with what it does not say left at nothing. */
export function message(type: MessageType, to: MemberId, parts: Partial<RaftMessage> = {}): RaftMessage {
  return {
    type,
    from: parts.from ?? '',
    to,
    term: parts.term ?? 0,
    index: parts.index ?? 0,
    logTerm: parts.logTerm ?? 0,
    entries: parts.entries ?? noEntries,
    commit: parts.commit ?? 0,
    reject: parts.reject ?? false,
    rejectHint: parts.rejectHint ?? 0,
    ...(parts.snapshot === undefined ? {} : { snapshot: parts.snapshot }),
    ...(parts.context === undefined ? {} : { context: parts.context }),
  };
}

/** The same message from somebody, in a term. Field by field: this is done for every message, and is cheap only when all have one shape. */
export function stamped(m: RaftMessage, from: MemberId, term: number): RaftMessage {
  if (m.snapshot !== undefined || m.context !== undefined) return { ...m, from, term };
  return { type: m.type, from, to: m.to, term, index: m.index, logTerm: m.logTerm, entries: m.entries, commit: m.commit, reject: m.reject, rejectHint: m.rejectHint };
}

/** A read may be answered from the applied state once `index` is applied. */
export interface ReadState {
  readonly index: number;
  readonly context: string;
}

/** What the machine wants done now. Order: see RaftNode.ready. */
export interface Ready {
  /** Set when it changed. */
  readonly softState: SoftState | undefined;
  /** The term in which all this was so; the member may be further by the time it is carried out. */
  readonly term: number;
  /** Set when it changed: to be written to the disk with `entries` and `snapshot` before `responses` are sent. */
  readonly hardState: HardState | undefined;
  readonly entries: readonly Entry[];
  /** Replaces the whole state and log of this member. */
  readonly snapshot: Snapshot | undefined;
  /** To be applied, once everything above is on the disk. */
  readonly committedEntries: readonly Entry[];
  /** May be sent at once, while the disk is still writing. */
  readonly messages: readonly RaftMessage[];
  /** Promise something about this member's disk: to be sent only after it was written. */
  readonly responses: readonly RaftMessage[];
  readonly readStates: readonly ReadState[];
  /** The write must reach the platter before going on (a changed commit index alone need not). */
  readonly mustSync: boolean;
}
