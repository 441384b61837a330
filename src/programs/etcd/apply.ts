// Carries an agreed request out on the store: pure, the same on every member.
import type { Compare, DeleteRangeRequest, DeleteRangeResponse, KeyValue, PutRequest, PutResponse, RangeRequest, RangeResponse, RequestOp, ResponseHeader, ResponseOp, TxnRequest, TxnResponse } from '../../wire/etcd-rpc.ts';
import type { Lessor } from './lessor.ts';
import type { MvccStore } from './mvcc/store.ts';
import { errors, Refusal } from './refusal.ts';

export type Header = (revision: number) => ResponseHeader;

export class Applier {
  private readonly store: MvccStore;
  private readonly lessor: Lessor;
  private readonly header: Header;

  constructor(store: MvccStore, lessor: Lessor, header: Header) {
    this.store = store;
    this.lessor = lessor;
    this.header = header;
  }

  range(request: RangeRequest): RangeResponse {
    const { kvs, more, count, revision } = this.store.range(request);
    return { header: this.header(revision), kvs, more, count };
  }

  put(request: PutRequest): PutResponse {
    let { value } = request;
    let lease = request.lease ?? '';
    if (request.ignoreValue === true || request.ignoreLease === true) {
      const present = this.store.get(request.key);
      if (present === undefined) throw new Refusal(errors.keyNotFound);
      if (request.ignoreValue === true) ({ value } = present);
      if (request.ignoreLease === true) ({ lease } = present);
    }
    if (lease !== '' && this.lessor.get(lease) === undefined) throw new Refusal(errors.leaseNotFound);
    const { prev } = this.store.put(request.key, value, lease);
    this.lessor.attach(request.key, lease);
    return { header: this.header(this.store.revision + 1), ...(request.prevKv === true && prev !== undefined ? { prevKv: prev } : {}) };
  }

  deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    const gone = this.store.deleteRange(request.key, request.rangeEnd);
    for (const kv of gone) if (kv.lease !== '') this.lessor.attach(kv.key, '');
    const revision = this.store.revision + (this.store.hasPending ? 1 : 0);
    return { header: this.header(revision), deleted: gone.length, prevKvs: request.prevKv === true ? gone : [] };
  }

  txn(request: TxnRequest): TxnResponse {
    // Nothing is done when a part cannot be: all is checked on the branches that will be taken before the first write.
    const path = this.choose(request);
    this.check(path);
    return this.run(path);
  }

  /** The branch that each (nested) transaction takes, decided on the state before any of its writes. */
  private choose(request: TxnRequest): Path {
    const succeeded = request.compare.every((compare) => this.holds(compare));
    const ops = succeeded ? request.success : request.failure;
    return { succeeded, ops, nested: ops.map((op) => ('txn' in op ? this.choose(op.txn) : undefined)) };
  }

  private check(path: Path): void {
    path.ops.forEach((op, i) => {
      const nested = path.nested[i];
      if (nested !== undefined) this.check(nested);
      else if ('put' in op) {
        const lease = op.put.lease ?? '';
        if (lease !== '' && this.lessor.get(lease) === undefined) throw new Refusal(errors.leaseNotFound);
        if ((op.put.ignoreValue === true || op.put.ignoreLease === true) && this.store.get(op.put.key) === undefined) throw new Refusal(errors.keyNotFound);
      } else if ('range' in op) {
        const revision = op.range.revision ?? 0;
        if (revision > this.store.revision) throw new Refusal(errors.futureRevision);
        if (revision > 0 && revision < this.store.compacted) throw new Refusal(errors.compacted);
      }
    });
  }

  private run(path: Path): TxnResponse {
    const responses = path.ops.map((op, i): ResponseOp => {
      const nested = path.nested[i];
      if (nested !== undefined) return { txn: this.run(nested) };
      if ('range' in op) return { range: this.range(op.range) };
      if ('put' in op) return { put: this.put(op.put) };
      return { deleteRange: this.deleteRange((op as RequestOp & { deleteRange: DeleteRangeRequest }).deleteRange) };
    });
    return { header: this.header(this.store.revision + (this.store.hasPending ? 1 : 0)), succeeded: path.succeeded, responses };
  }

  private holds(compare: Compare): boolean {
    const found = this.store.list(compare.key, compare.rangeEnd);
    // A key that is not there has version, revisions and lease 0, and no value at all.
    if (found.length === 0) return compare.target !== 'VALUE' && judge(compare, compare.target === 'LEASE' ? '' : 0);
    return found.every((kv) => judge(compare, field(kv, compare.target)));
  }
}

interface Path {
  readonly succeeded: boolean;
  readonly ops: readonly RequestOp[];
  readonly nested: readonly (Path | undefined)[];
}

function field(kv: KeyValue, target: Compare['target']): unknown {
  switch (target) {
    case 'VERSION':
      return kv.version;
    case 'CREATE':
      return kv.createRevision;
    case 'MOD':
      return kv.modRevision;
    case 'LEASE':
      return kv.lease;
    case 'VALUE':
      return kv.value;
  }
}

function judge(compare: Compare, actual: unknown): boolean {
  const order = compareValues(actual, compare.value);
  switch (compare.result) {
    case 'EQUAL':
      return order === 0;
    case 'NOT_EQUAL':
      return order !== 0;
    case 'GREATER':
      return order > 0;
    case 'LESS':
      return order < 0;
  }
}

function compareValues(a: unknown, b: unknown): number {
  if (a === b) return 0;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const x = typeof a === 'string' ? a : JSON.stringify(a);
  const y = typeof b === 'string' ? b : JSON.stringify(b);
  return x < y ? -1 : x > y ? 1 : 0;
}
