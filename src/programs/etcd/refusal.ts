// What etcd refuses, in its own words (api/v3rpc/rpctypes/error.go).
import { PlainError } from '../../kernel/plain-error.ts';
import type { RpcError } from '../../wire/etcd-rpc.ts';

export const errors = {
  emptyKey: { code: 'InvalidArgument', message: 'etcdserver: key is not provided' },
  keyNotFound: { code: 'InvalidArgument', message: 'etcdserver: key not found' },
  duplicateKey: { code: 'InvalidArgument', message: 'etcdserver: duplicate key given in txn request' },
  tooManyOps: { code: 'InvalidArgument', message: 'etcdserver: too many operations in txn request' },
  compacted: { code: 'OutOfRange', message: 'etcdserver: mvcc: required revision has been compacted' },
  futureRevision: { code: 'OutOfRange', message: 'etcdserver: mvcc: required revision is a future revision' },
  leaseNotFound: { code: 'NotFound', message: 'etcdserver: requested lease not found' },
  leaseExists: { code: 'FailedPrecondition', message: 'etcdserver: lease already exists' },
  leaseTtlTooLarge: { code: 'OutOfRange', message: 'etcdserver: too large lease TTL' },
  memberNotFound: { code: 'NotFound', message: 'etcdserver: member not found' },
  memberExists: { code: 'FailedPrecondition', message: 'etcdserver: member ID already exist' },
  peerUrlExists: { code: 'FailedPrecondition', message: 'etcdserver: Peer URLs already exists' },
  learnerNotReady: { code: 'FailedPrecondition', message: 'etcdserver: can only promote a learner member which is in sync with leader' },
  notLearner: { code: 'FailedPrecondition', message: 'etcdserver: can only promote a learner member' },
  tooManyLearners: { code: 'FailedPrecondition', message: 'etcdserver: too many learner members in cluster' },
  unhealthy: { code: 'Unavailable', message: 'etcdserver: unhealthy cluster' },
  unstarted: { code: 'FailedPrecondition', message: 'etcdserver: re-configuration failed due to not enough started members' },
  noLeader: { code: 'Unavailable', message: 'etcdserver: no leader' },
  notLeader: { code: 'FailedPrecondition', message: 'etcdserver: not leader' },
  leaderChanged: { code: 'Unavailable', message: 'etcdserver: leader changed' },
  timeout: { code: 'Unavailable', message: 'etcdserver: request timed out' },
  timeoutLeaderFail: { code: 'Unavailable', message: 'etcdserver: request timed out, possibly due to previous leader failure' },
  timeoutConnectionLost: { code: 'Unavailable', message: 'etcdserver: request timed out, possibly due to connection lost' },
  timeoutTransfer: { code: 'Unavailable', message: 'etcdserver: request timed out, leader transfer took too long' },
  badTransferee: { code: 'FailedPrecondition', message: 'etcdserver: bad leader transferee' },
  stopped: { code: 'Unavailable', message: 'etcdserver: server stopped' },
  tooManyRequests: { code: 'ResourceExhausted', message: 'etcdserver: too many requests' },
  requestTooLarge: { code: 'InvalidArgument', message: 'etcdserver: request is too large' },
  noSpace: { code: 'ResourceExhausted', message: 'etcdserver: mvcc: database space exceeded' },
  corrupt: { code: 'DataLoss', message: 'etcdserver: corrupt cluster' },
  learnerRpc: { code: 'Unavailable', message: 'etcdserver: rpc not supported for learner' },
} as const satisfies Record<string, RpcError>;

/** A refusal on its way to the client. */
export class Refusal extends PlainError {
  readonly error: RpcError;
  constructor(error: RpcError) {
    super(error.message);
    this.name = 'Refusal';
    this.error = error;
  }
}
