// The client port: etcd's RPCs as HTTP requests `POST /etcdserverpb.<Service>/<Method>`.
import type { Task } from '../../kernel/task.ts';
import type { CompactionRequest, DeleteRangeRequest, PutRequest, RangeRequest, RpcError, TxnRequest } from '../../wire/etcd-rpc.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import type { HttpStream } from '../../wire/http-client.ts';
import type { StreamReply } from '../../wire/http-server.ts';
import { memberIdOf } from './membership.ts';
import { errors, Refusal } from './refusal.ts';
import { checkDelete, checkPut, checkRange, checkTxn, isReadOnly, isSerializable, type MemberInfo } from './request.ts';
import type { EtcdServer } from './server.ts';
import { WatchStream } from './watch.ts';

export const serverVersion = '3.6.8';

const statusOf: Readonly<Record<RpcError['code'], number>> = {
  Unavailable: 503, DeadlineExceeded: 504, OutOfRange: 400, ResourceExhausted: 429, InvalidArgument: 400, NotFound: 404, FailedPrecondition: 400,
  PermissionDenied: 403, Unauthenticated: 401, Unknown: 500,
};

const json = { 'content-type': 'application/grpc' };

export function refuse(error: RpcError): HttpResponse {
  return { status: statusOf[error.code], headers: json, body: error };
}

/** Answers one request of a client. */
export function* handleRpc(server: EtcdServer, request: HttpRequest): Task<HttpResponse | StreamReply> {
  if (request.path === '/health' || request.path === '/version' || request.path === '/metrics') return refuse({ code: 'Unknown', message: 'not served on this port' });
  const needsLeader = request.headers['hasleader'] === 'true';
  if (needsLeader && server.leader === '') return refuse(errors.noLeader);
  const method = request.path.replace(/^\/etcdserverpb\./, '');
  if (method === 'Watch/Watch') {
    const run = (stream: HttpStream): Task<void> => new WatchStream(server.host, server.watches, stream, () => server.header(), { progressMs: server.config.progressMs, needsLeader }).run();
    return { response: { status: 200, headers: json }, run };
  }
  if (method === 'Lease/LeaseKeepAlive') return { response: { status: 200, headers: json }, run: (stream) => keepAlive(server, stream) };
  try {
    const body = yield* call(server, method, request.body ?? {});
    return { status: 200, headers: json, body };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return refuse(error.error);
  }
}

function* call(server: EtcdServer, method: string, body: unknown): Task<unknown> {
  switch (method) {
    case 'KV/Range': {
      const range = body as RangeRequest;
      checkRange(range);
      if (range.serializable !== true) yield* server.awaitReadIndex();
      return server.applier.range(range);
    }
    case 'KV/Put':
      checkPut(body as PutRequest);
      return yield* server.process({ kind: 'put', body: body as PutRequest });
    case 'KV/DeleteRange':
      checkDelete(body as DeleteRangeRequest);
      return yield* server.process({ kind: 'delete', body: body as DeleteRangeRequest });
    case 'KV/Txn': {
      const txn = body as TxnRequest;
      checkTxn(txn);
      if (isReadOnly(txn)) {
        if (!isSerializable(txn)) yield* server.awaitReadIndex();
        return server.applier.txn(txn);
      }
      return yield* server.process({ kind: 'txn', body: txn });
    }
    case 'KV/Compact':
      return yield* server.process({ kind: 'compact', body: body as CompactionRequest });
    case 'Lease/LeaseGrant': {
      const { id, ttl } = body as { readonly id?: string; readonly ttl: number };
      return yield* server.process({ kind: 'lease-grant', id: id === undefined || id === '' || id === '0' ? server.newLeaseId() : id, ttlSeconds: ttl });
    }
    case 'Lease/LeaseRevoke':
      return yield* server.process({ kind: 'lease-revoke', id: (body as { readonly id: string }).id, expired: false });
    case 'Lease/LeaseTimeToLive': {
      const { id, keys } = body as { readonly id: string; readonly keys?: boolean };
      yield* server.awaitReadIndex();
      const lease = server.lessor.get(id);
      if (lease === undefined) return { header: server.header(), id, ttl: -1, grantedTtl: 0, keys: [] };
      const left = lease.expiresMs === Infinity ? lease.ttlSeconds : Math.max(0, Math.floor((lease.expiresMs - server.host.clock.nowMs()) / 1000));
      return { header: server.header(), id, ttl: left, grantedTtl: lease.ttlSeconds, keys: keys === true ? [...lease.keys].sort() : [] };
    }
    case 'Lease/LeaseLeases':
      yield* server.awaitReadIndex();
      return { header: server.header(), leases: server.lessor.list().map((lease) => ({ id: lease.id })) };
    case 'Cluster/MemberList': {
      if ((body as { readonly linearizable?: boolean }).linearizable !== false) yield* server.awaitReadIndex();
      return { header: server.header(), members: server.membership.list() };
    }
    case 'Cluster/MemberAdd':
      return yield* addMember(server, body as { readonly peerUrls: readonly string[]; readonly isLearner?: boolean });
    case 'Cluster/MemberRemove':
      return yield* removeMember(server, (body as { readonly id: string }).id);
    case 'Cluster/MemberPromote':
      return yield* promoteMember(server, (body as { readonly id: string }).id);
    case 'Cluster/MemberUpdate': {
      const { id, peerUrls } = body as { readonly id: string; readonly peerUrls: readonly string[] };
      const member = server.membership.get(id);
      if (member === undefined) throw new Refusal(errors.memberNotFound);
      const kind = member.isLearner ? 'add-learner' : 'add-voter';
      return yield* server.changeMembers({ changes: [{ kind, member: id }], transition: 'auto' }, { change: 'update', member: { ...member, peerUrls } });
    }
    default:
      return yield* maintenance(server, method, body);
  }
}

function* maintenance(server: EtcdServer, method: string, body: unknown): Task<unknown> {
  const { node, store } = server;
  switch (method) {
    case 'Maintenance/Status': {
      const { leader, lastIndex, applied } = node.status;
      return {
        header: server.header(), version: serverVersion, dbSize: dbSize(server), leader, raftIndex: node.committed < lastIndex ? node.committed : lastIndex, raftTerm: node.term, raftAppliedIndex: applied,
        errors: leader === '' ? [errors.noLeader.message] : [], dbSizeInUse: dbSize(server), isLearner: node.isLearner,
      };
    }
    case 'Maintenance/Hash':
      return { header: server.header(), hash: store.hash() };
    case 'Maintenance/HashKV': {
      const { revision = 0 } = body as { readonly revision?: number };
      if (revision > store.revision) throw new Refusal(errors.futureRevision);
      if (revision > 0 && revision < store.compacted) throw new Refusal(errors.compacted);
      return { header: server.header(), hash: store.hash(revision > 0 ? revision : store.revision), compactRevision: store.compacted === 0 ? -1 : store.compacted, hashRevision: revision > 0 ? revision : store.revision };
    }
    case 'Maintenance/MoveLeader':
      yield* server.moveLeader((body as { readonly targetId: string }).targetId);
      return { header: server.header() };
    case 'Maintenance/Defragment':
      yield* server.host.clock.sleep(20 + store.keyCount / 100);
      return { header: server.header() };
    case 'Maintenance/Alarm':
      return { header: server.header(), alarms: [] };
    case 'Maintenance/Snapshot':
      return { header: server.header(), version: serverVersion, snapshot: server.snapshot(), sizeBytes: dbSize(server), hash: store.hash() };
    default:
      throw new Refusal({ code: 'Unknown', message: `unknown method ${method}` });
  }
}

/** About what bbolt would use: pages of 4096 bytes, five of them for nothing. */
export function dbSize(server: EtcdServer): number {
  return 4096 * (5 + Math.ceil(server.store.keyCount / 6));
}

function* keepAlive(server: EtcdServer, stream: HttpStream): Task<void> {
  for (;;) {
    const request = (yield* stream.receive()) as { readonly id: string } | undefined;
    if (request === undefined) return;
    let ttl = 0;
    try {
      ttl = yield* server.renewLease(request.id);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // An unknown lease is answered with no time left.
      if (error.error.code !== 'NotFound') return;
    }
    stream.send({ header: server.header(), id: request.id, ttl }, 'lease renewed');
  }
}

// ---------------------------------------------------------------- members

function* addMember(server: EtcdServer, request: { readonly peerUrls: readonly string[]; readonly isLearner?: boolean }): Task<unknown> {
  const { membership } = server;
  const isLearner = request.isLearner === true;
  const members = membership.list();
  if (members.some((each) => each.peerUrls.some((url) => request.peerUrls.includes(url)))) throw new Refusal(errors.peerUrlExists);
  if (isLearner && members.some((each) => each.isLearner)) throw new Refusal(errors.tooManyLearners);
  const voters = members.filter((each) => !each.isLearner);
  // As --strict-reconfig-check: never when a member that has started is not heard of, or one has not started.
  if (!isLearner && voters.some((each) => each.name === '') && voters.filter((each) => each.name !== '').length < (voters.length + 1) / 2 + 0.5) throw new Refusal(errors.unstarted);
  if (server.isLeader && !isHealthy(server)) throw new Refusal(errors.unhealthy);
  const id = memberIdOf(request.peerUrls, server.config.token + server.host.random.hex(4));
  const member: MemberInfo = { id, name: '', peerUrls: request.peerUrls, clientUrls: [], isLearner };
  return yield* server.changeMembers({ changes: [{ kind: isLearner ? 'add-learner' : 'add-voter', member: id }], transition: 'auto' }, { change: 'add', member });
}

function isHealthy(server: EtcdServer): boolean {
  const others = server.membership.list().filter((each) => each.id !== server.id && !each.isLearner);
  return others.every((each) => server.peers.isActive(each.id));
}

function* removeMember(server: EtcdServer, id: string): Task<unknown> {
  const member = server.membership.get(id);
  if (member === undefined) throw new Refusal(errors.memberNotFound);
  return yield* server.changeMembers({ changes: [{ kind: 'remove', member: id }], transition: 'auto' }, { change: 'remove', member });
}

function* promoteMember(server: EtcdServer, id: string): Task<unknown> {
  const member = server.membership.get(id);
  if (member === undefined) throw new Refusal(errors.memberNotFound);
  if (!member.isLearner) throw new Refusal(errors.notLearner);
  const match = server.node.matchOf(id);
  if (match !== undefined && match < server.node.committed * 0.9) throw new Refusal(errors.learnerNotReady);
  return yield* server.changeMembers({ changes: [{ kind: 'add-voter', member: id }], transition: 'auto' }, { change: 'promote', member });
}
