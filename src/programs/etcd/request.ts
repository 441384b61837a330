// What members agree upon: the data of Raft's entries.
import type { CompactionRequest, Compare, DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest } from '../../wire/etcd-rpc.ts';
import { errors, Refusal } from './refusal.ts';
import type { Alarm } from './server-snapshot.ts';

export interface MemberInfo {
  readonly id: string;
  /** '' until it has started and said its name. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

export type Request =
  | { readonly kind: 'put'; readonly body: PutRequest }
  | { readonly kind: 'delete'; readonly body: DeleteRangeRequest }
  | { readonly kind: 'txn'; readonly body: TxnRequest }
  | { readonly kind: 'compact'; readonly body: CompactionRequest }
  | { readonly kind: 'lease-grant'; readonly id: string; readonly ttlSeconds: number }
  | { readonly kind: 'lease-revoke'; readonly id: string; readonly expired: boolean }
  /** How long leases still have, so that a new leader does not give them their whole time again. */
  | { readonly kind: 'lease-checkpoint'; readonly remaining: readonly { readonly id: string; readonly seconds: number }[] }
  | { readonly kind: 'alarm'; readonly action: 'ACTIVATE' | 'DEACTIVATE'; readonly alarm: Alarm }
  | { readonly kind: 'cluster-version'; readonly version: string }
  /** A member that started says its name and where clients find it. */
  | { readonly kind: 'publish'; readonly id: string; readonly name: string; readonly clientUrls: readonly string[] };

/** Data of a normal entry. */
export interface Proposal {
  /** Whoever waits for it knows it by this. */
  readonly id: string;
  readonly request: Request;
  /** The trace event that what follows from this follows from. */
  readonly cause: number;
  /** About how large the request is. */
  readonly bytes: number;
}

/** Context of a conf-change entry. */
export interface MemberChange {
  readonly id: string;
  readonly cause: number;
  readonly change: 'add' | 'remove' | 'promote' | 'update';
  readonly member: MemberInfo;
}

/** The key that a request is about, for showing. */
export function keyOf(request: Request): string | undefined {
  switch (request.kind) {
    case 'put':
    case 'delete':
      return request.body.key;
    case 'txn': {
      const op = request.body.success.find((each) => 'put' in each || 'deleteRange' in each) ?? request.body.success[0];
      if (op === undefined) return request.body.compare[0]?.key;
      if ('put' in op) return op.put.key;
      if ('deleteRange' in op) return op.deleteRange.key;
      return 'range' in op ? op.range.key : undefined;
    }
    default:
      return undefined;
  }
}

/** Whether it makes the store larger: what a full one refuses. */
export function grows(request: Request): boolean {
  const puts = (op: RequestOp): boolean => 'put' in op || ('txn' in op && (op.txn.success.some(puts) || op.txn.failure.some(puts)));
  return request.kind === 'put' || request.kind === 'lease-grant' || (request.kind === 'txn' && (request.body.success.some(puts) || request.body.failure.some(puts)));
}

export function isReadOnly(txn: TxnRequest): boolean {
  const reads = (op: RequestOp): boolean => 'range' in op || ('txn' in op && isReadOnly(op.txn));
  return txn.success.every(reads) && txn.failure.every(reads);
}

/** Whether every read of a read-only transaction may be answered without asking the leader. */
export function isSerializable(txn: TxnRequest): boolean {
  const fine = (op: RequestOp): boolean => ('range' in op ? op.range.serializable === true : 'txn' in op && isSerializable(op.txn));
  return txn.success.every(fine) && txn.failure.every(fine);
}

// ---------------------------------------------------------------- checks before a request is proposed

export function checkRange(request: RangeRequest): void {
  if (request.key === '') throw new Refusal(errors.emptyKey);
}
export function checkPut(request: PutRequest): void {
  if (request.key === '') throw new Refusal(errors.emptyKey);
}
export function checkDelete(request: DeleteRangeRequest): void {
  if (request.key === '') throw new Refusal(errors.emptyKey);
}

export function checkTxn(request: TxnRequest, maxTxnOps: number): void {
  if (Math.max(request.compare.length, request.success.length, request.failure.length) > maxTxnOps) throw new Refusal(errors.tooManyOps);
  for (const compare of request.compare) if (compare.key === '') throw new Refusal(errors.emptyKey);
  for (const ops of [request.success, request.failure]) {
    for (const op of ops) {
      if ('range' in op) checkRange(op.range);
      else if ('put' in op) checkPut(op.put);
      else if ('deleteRange' in op) checkDelete(op.deleteRange);
      else checkTxn(op.txn, maxTxnOps);
    }
    checkTouchedOnce(ops);
  }
}

/** A key is written at most once in a transaction. */
function checkTouchedOnce(ops: readonly RequestOp[]): void {
  if (ops.length < 2) return;
  const puts = new Set<string>();
  for (const op of ops) {
    if (!('put' in op)) continue;
    if (puts.has(op.put.key)) throw new Refusal(errors.duplicateKey);
    puts.add(op.put.key);
  }
  for (const op of ops) {
    if (!('deleteRange' in op)) continue;
    const { key, rangeEnd } = op.deleteRange;
    for (const put of puts) if (covers(key, rangeEnd, put)) throw new Refusal(errors.duplicateKey);
  }
}

function covers(key: string, rangeEnd: string | undefined, put: string): boolean {
  if (rangeEnd === undefined || rangeEnd === '') return put === key;
  return put >= key && (rangeEnd === '\0' || put < rangeEnd);
}

export type { Compare };
