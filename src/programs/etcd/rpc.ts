// The client port: etcd's RPCs as HTTP requests `POST /etcdserverpb.<Service>/<Method>`.
import type { Task } from '../../kernel/task.ts';
import type { CompactionRequest, DeleteRangeRequest, PutRequest, RangeRequest, RpcError, TxnRequest } from '../../wire/etcd-rpc.ts';
import type { HttpRequest, HttpResponse } from '../../wire/http.ts';
import type { HttpStream } from '../../wire/http-client.ts';
import type { StreamReply } from '../../wire/http-server.ts';
import { addMember, promoteMember, removeMember, updateMember } from './member-change.ts';
import { backendBytes } from './mvcc/store.ts';
import { errors, Refusal } from './refusal.ts';
import { checkDelete, checkPut, checkRange, checkTxn, grows, isReadOnly, isSerializable } from './request.ts';
import type { AlarmType } from './server-snapshot.ts';
import type { EtcdServer } from './server.ts';
import { versionOf } from './version.ts';
import { WatchStream } from './watch.ts';
import { weigh } from './weight.ts';

const statusOf: Readonly<Record<RpcError['code'], number>> = {
  Unavailable: 503, DeadlineExceeded: 504, OutOfRange: 400, ResourceExhausted: 429, InvalidArgument: 400, NotFound: 404, FailedPrecondition: 400,
  PermissionDenied: 403, Unauthenticated: 401, DataLoss: 500, Unknown: 500,
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
  if (server.node.isLearner && !servesLearner(method, request.body)) return refuse(errors.learnerRpc);
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

/** A learner answers what needs nobody else. */
function servesLearner(method: string, body: unknown): boolean {
  if (method === 'KV/Range') return (body as RangeRequest | undefined)?.serializable === true;
  return method === 'Maintenance/Status' || method === 'Maintenance/Snapshot' || method === 'Maintenance/Defragment' || method === 'Maintenance/HashKV';
}

function* call(server: EtcdServer, method: string, body: unknown): Task<unknown> {
  switch (method) {
    case 'KV/Range': {
      const range = body as RangeRequest;
      checkRange(range);
      const startMs = server.host.clock.nowMs();
      if (range.serializable !== true) yield* server.awaitReadIndex();
      yield* server.awaitBackend();
      refuseIfCorrupt(server);
      const found = server.applier.range(range);
      server.noteRead(startMs, range.key, found.count);
      return found;
    }
    case 'KV/Put':
      checkPut(body as PutRequest);
      server.checkQuota(256 + weigh(body).bytes);
      return yield* server.process({ kind: 'put', body: body as PutRequest });
    case 'KV/DeleteRange':
      checkDelete(body as DeleteRangeRequest);
      return yield* server.process({ kind: 'delete', body: body as DeleteRangeRequest });
    case 'KV/Txn': {
      const txn = body as TxnRequest;
      checkTxn(txn, server.config.maxTxnOps);
      if (isReadOnly(txn)) {
        if (!isSerializable(txn)) yield* server.awaitReadIndex();
        refuseIfCorrupt(server);
        return server.applier.txn(txn);
      }
      const request = { kind: 'txn', body: txn } as const;
      if (grows(request)) server.checkQuota(256 + weigh(txn).bytes);
      return yield* server.process(request);
    }
    case 'KV/Compact':
      return yield* server.process({ kind: 'compact', body: body as CompactionRequest });
    case 'Lease/LeaseGrant': {
      server.checkQuota(64);
      const { id, ttl } = body as { readonly id?: string; readonly ttl: number };
      return yield* server.process({ kind: 'lease-grant', id: id === undefined || id === '' || id === '0' ? server.leases.newId() : id, ttlSeconds: ttl });
    }
    case 'Lease/LeaseRevoke':
      return yield* server.process({ kind: 'lease-revoke', id: (body as { readonly id: string }).id, expired: false });
    case 'Lease/LeaseTimeToLive': {
      const { id, keys } = body as { readonly id: string; readonly keys?: boolean };
      yield* server.awaitReadIndex();
      const lease = server.lessor.get(id);
      if (lease === undefined) return { header: server.header(), id, ttl: -1, grantedTtl: 0, keys: [] };
      const left = yield* server.leases.secondsLeft(id);
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
      return yield* updateMember(server, id, peerUrls);
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
        header: server.header(), version: versionOf(server.host), dbSize: dbSize(server), leader, raftIndex: node.committed < lastIndex ? node.committed : lastIndex, raftTerm: node.term, raftAppliedIndex: applied,
        errors: [...(leader === '' ? [errors.noLeader.message] : []), ...server.state.alarms.map(alarmText)], dbSizeInUse: dbSizeInUse(server), isLearner: node.isLearner,
        storageVersion: server.state.clusterVersion, dbSizeQuota: server.config.quotaBytes,
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
      yield* server.defragment();
      return { header: server.header() };
    case 'Maintenance/Alarm':
      return yield* alarm(server, body as AlarmRequest);
    case 'Maintenance/Snapshot':
      return snapshot(server);
    default:
      throw new Refusal({ code: 'Unknown', message: `unknown method ${method}` });
  }
}

function snapshot(server: EtcdServer): unknown {
  const state = server.snapshot();
  return { header: server.header(), version: versionOf(server.host), snapshot: state, sizeBytes: dbSize(server), hash: weigh(state).crc };
}

interface AlarmRequest {
  readonly action: 'GET' | 'ACTIVATE' | 'DEACTIVATE';
  /** Hexadecimal; left out: every member. */
  readonly memberId?: string;
  readonly alarm?: AlarmType;
}

function* alarm(server: EtcdServer, request: AlarmRequest): Task<unknown> {
  const { alarm: type } = request;
  if (request.action === 'GET') return { header: server.header(), alarms: server.state.alarms.filter((each) => type === undefined || each.alarm === type) };
  if (request.action === 'ACTIVATE') return yield* server.process({ kind: 'alarm', action: 'ACTIVATE', alarm: { memberId: request.memberId ?? server.id, alarm: type ?? 'NOSPACE' } });
  const chosen = server.state.alarms.filter((each) => (type === undefined || each.alarm === type) && (request.memberId === undefined || each.memberId === request.memberId));
  for (const each of chosen) yield* server.process({ kind: 'alarm', action: 'DEACTIVATE', alarm: each });
  return { header: server.header(), alarms: chosen };
}

/** As etcd prints one. */
const alarmText = (each: { readonly memberId: string; readonly alarm: AlarmType }): string => `memberID:${BigInt(`0x${each.memberId}`)} alarm:${each.alarm} `;

function refuseIfCorrupt(server: EtcdServer): void {
  if (server.state.alarms.length > 0 && server.state.hasAlarm('CORRUPT')) throw new Refusal(errors.corrupt);
}

export function dbSize(server: EtcdServer): number {
  return backendBytes(server.store.fileBytes);
}
export function dbSizeInUse(server: EtcdServer): number {
  return backendBytes(server.store.inUseBytes);
}

function* keepAlive(server: EtcdServer, stream: HttpStream): Task<void> {
  for (;;) {
    const request = (yield* stream.receive()) as { readonly id: string } | undefined;
    if (request === undefined) return;
    let ttl = 0;
    try {
      ttl = yield* server.leases.renew(request.id);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // An unknown lease is answered with no time left.
      if (error.error.code !== 'NotFound') return;
    }
    stream.send({ header: server.header(), id: request.id, ttl }, 'lease renewed');
  }
}
