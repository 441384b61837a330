// member, endpoint, move-leader, snapshot, defrag, alarm, lease.
import type { Task } from '../../kernel/task.ts';
import type { ResponseHeader } from '../../wire/etcd-rpc.ts';
import { decimal, fieldsHeader, jsonHeader } from './keys.ts';
import { Failure, requireArgs, type Session } from './session.ts';
import { drawTable, goDuration, humanBytes } from './table.ts';

export interface Member {
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}
interface MemberListResponse {
  readonly header: ResponseHeader;
  readonly members: readonly Member[];
}
interface StatusResponse {
  readonly header: ResponseHeader;
  readonly version: string;
  readonly dbSize: number;
  readonly dbSizeInUse: number;
  readonly leader: string;
  readonly raftIndex: number;
  readonly raftTerm: number;
  readonly raftAppliedIndex: number;
  readonly isLearner: boolean;
  readonly errors: readonly string[];
}

// ---------------------------------------------------------------- member

const memberRow = (member: Member): string[] => [member.id, member.name === '' ? 'unstarted' : 'started', member.name, member.peerUrls.join(','), member.clientUrls.join(','), String(member.isLearner)];

function jsonMember(member: Member): string {
  const urls = (list: readonly string[]): string => list.map((url) => JSON.stringify(url)).join(',');
  return `{"ID":${decimal(member.id)}${member.name === '' ? '' : `,"name":${JSON.stringify(member.name)}`},"peerURLs":[${urls(member.peerUrls)}]${member.clientUrls.length === 0 ? '' : `,"clientURLs":[${urls(member.clientUrls)}]`}${member.isLearner ? ',"isLearner":true' : ''}}`;
}

export function* memberList(session: Session): Task<void> {
  const answer = yield* session.call<MemberListResponse>('Cluster/MemberList', { linearizable: true });
  const rows = answer.members.map(memberRow);
  if (session.output === 'table') return session.print(drawTable(['ID', 'STATUS', 'NAME', 'PEER ADDRS', 'CLIENT ADDRS', 'IS LEARNER'], rows));
  if (session.output === 'json') return session.print(`{"header":${jsonHeader(answer.header)},"members":[${answer.members.map(jsonMember).join(',')}]}\n`);
  if (session.output === 'fields') {
    const each = (member: Member): string =>
      `"ID" : ${decimal(member.id)}\n"Name" : ${JSON.stringify(member.name)}\n${member.peerUrls.map((url) => `"PeerURL" : ${JSON.stringify(url)}\n`).join('')}${member.clientUrls.map((url) => `"ClientURL" : ${JSON.stringify(url)}\n`).join('')}"IsLearner" : ${member.isLearner}\n\n`;
    return session.print(fieldsHeader(answer.header) + answer.members.map(each).join(''));
  }
  session.print(rows.map((row) => `${row.join(', ')}\n`).join(''));
}

export function* memberAdd(session: Session): Task<void> {
  requireArgs(session, 1, 'member name not provided');
  const name = session.args[0] as string;
  const peerUrls = session.flags.list('peer-urls');
  if (peerUrls.length === 0) throw new Failure('member peer urls not provided', 128);
  const isLearner = session.flags.bool('learner');
  const answer = yield* session.call<{ header: ResponseHeader; member: Member; members: readonly Member[] }>('Cluster/MemberAdd', { peerUrls, isLearner });
  session.print(`Member ${answer.member.id} added to cluster ${answer.header.clusterId}\n`);
  const parts = answer.members.flatMap((member) => member.peerUrls.map((url) => `${member.id === answer.member.id ? name : member.name}=${url}`));
  session.print(`\nETCD_NAME="${name}"\nETCD_INITIAL_CLUSTER="${parts.join(',')}"\nETCD_INITIAL_ADVERTISE_PEER_URLS="${peerUrls.join(',')}"\nETCD_INITIAL_CLUSTER_STATE="existing"\n`);
}

function memberId(session: Session): string {
  requireArgs(session, 1, 'member ID is not provided');
  const text = session.args[0] as string;
  if (!/^[0-9a-f]{1,16}$/i.test(text)) throw new Failure(`bad member ID arg (strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax), expecting ID in Hex`, 128);
  return text.toLowerCase();
}

export function* memberRemove(session: Session): Task<void> {
  const id = memberId(session);
  const answer = yield* session.call<{ header: ResponseHeader }>('Cluster/MemberRemove', { id });
  session.print(`Member ${id} removed from cluster ${answer.header.clusterId}\n`);
}

export function* memberPromote(session: Session): Task<void> {
  const id = memberId(session);
  const answer = yield* session.call<{ header: ResponseHeader }>('Cluster/MemberPromote', { id });
  session.print(`Member ${id} promoted in cluster ${answer.header.clusterId}\n`);
}

// ---------------------------------------------------------------- endpoint

function* chosenEndpoints(session: Session): Task<readonly string[]> {
  if (!session.flags.bool('cluster')) return session.endpoints;
  const answer = yield* session.call<MemberListResponse>('Cluster/MemberList', {});
  return answer.members.flatMap((member) => member.clientUrls);
}

interface Health {
  readonly endpoint: string;
  readonly tookMs: number;
  readonly error: string;
}

export function* endpointHealth(session: Session): Task<void> {
  const { host } = session;
  const endpoints = yield* chosenEndpoints(session);
  const box = host.tasks.mailbox<Health>();
  for (const endpoint of endpoints) host.tasks.spawn(`health ${endpoint}`, probe(session, endpoint, (health) => box.put(health)));
  const found: Health[] = [];
  while (found.length < endpoints.length) found.push((yield* box.take()) as Health);
  const isSick = found.some((health) => health.error !== '');
  if (session.output === 'table') {
    session.print(drawTable(['ENDPOINT', 'HEALTH', 'TOOK', 'ERROR'], found.map((health) => [health.endpoint, String(health.error === ''), goDuration(health.tookMs), health.error])));
  } else if (session.output === 'json') {
    session.print(`[${found.map((health) => `{"endpoint":${JSON.stringify(health.endpoint)},"health":${health.error === ''},"took":"${goDuration(health.tookMs)}"${health.error === '' ? '' : `,"error":${JSON.stringify(health.error)}`}}`).join(',')}]\n`);
  } else {
    for (const health of found) {
      if (health.error === '') session.print(`${health.endpoint} is healthy: successfully committed proposal: took = ${goDuration(health.tookMs)}\n`);
      else host.output.error(`${health.endpoint} is unhealthy: failed to commit proposal: ${health.error}\n`);
    }
  }
  if (isSick) throw new Failure('unhealthy cluster');
}

function* probe(session: Session, endpoint: string, done: (health: Health) => void): Task<void> {
  const { host } = session;
  const startMs = host.clock.nowMs();
  let error = '';
  try {
    yield* session.callAt(endpoint, 'KV/Range', { key: 'health' });
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    error = failure.message;
  }
  // Client-side work takes a little of real time too.
  yield* host.clock.sleep(0.5 + host.random.next());
  done({ endpoint, tookMs: host.clock.nowMs() - startMs, error });
}

export function* endpointStatus(session: Session): Task<void> {
  const found: { readonly endpoint: string; readonly status: StatusResponse }[] = [];
  let failed = false;
  for (const endpoint of yield* chosenEndpoints(session)) {
    try {
      found.push({ endpoint, status: yield* session.callAt<StatusResponse>(endpoint, 'Maintenance/Status', {}) });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      session.host.output.error(`Failed to get the status of endpoint ${endpoint} (${error.message})\n`);
      failed = true;
    }
  }
  const rows = found.map(({ endpoint, status }) => [
    endpoint, status.header.memberId, status.version, humanBytes(status.dbSize), String(status.leader === status.header.memberId), String(status.isLearner), String(status.raftTerm), String(status.raftIndex),
    String(status.raftAppliedIndex), status.errors.join(', '),
  ]);
  if (session.output === 'table') {
    session.print(drawTable(['ENDPOINT', 'ID', 'VERSION', 'DB SIZE', 'IS LEADER', 'IS LEARNER', 'RAFT TERM', 'RAFT INDEX', 'RAFT APPLIED INDEX', 'ERRORS'], rows));
  } else if (session.output === 'json') {
    session.print(`[${found.map(({ endpoint, status }) => `{"Endpoint":${JSON.stringify(endpoint)},"Status":{"header":${jsonHeader(status.header)},"version":"${status.version}","dbSize":${status.dbSize},"leader":${decimal(status.leader)},"raftIndex":${status.raftIndex},"raftTerm":${status.raftTerm},"raftAppliedIndex":${status.raftAppliedIndex},"dbSizeInUse":${status.dbSizeInUse}}}`).join(',')}]\n`);
  } else if (session.output === 'fields') {
    session.print(found.map(({ endpoint, status }) => `${fieldsHeader(status.header)}"Version" : "${status.version}"\n"DBSize" : ${status.dbSize}\n"Leader" : ${decimal(status.leader)}\n"IsLearner" : ${status.isLearner}\n"RaftIndex" : ${status.raftIndex}\n"RaftTerm" : ${status.raftTerm}\n"RaftAppliedIndex" : ${status.raftAppliedIndex}\n"Errors" : [${status.errors.join(' ')}]\n"Endpoint" : ${JSON.stringify(endpoint)}\n\n`).join(''));
  } else session.print(rows.map((row) => `${row.join(', ')}\n`).join(''));
  if (failed) throw new Failure('');
}

export function* endpointHashKv(session: Session): Task<void> {
  const rows: string[][] = [];
  for (const endpoint of yield* chosenEndpoints(session)) {
    const answer = yield* session.callAt<{ readonly hash: number }>(endpoint, 'Maintenance/HashKV', { revision: session.flags.number('rev', 0) });
    rows.push([endpoint, String(answer.hash)]);
  }
  if (session.output === 'table') return session.print(drawTable(['ENDPOINT', 'HASH'], rows));
  session.print(rows.map((row) => `${row.join(', ')}\n`).join(''));
}

// ---------------------------------------------------------------- leadership, maintenance

export function* moveLeader(session: Session): Task<void> {
  if (session.args.length !== 1) throw new Failure('move-leader command needs 1 argument', 128);
  const target = (session.args[0] as string).toLowerCase();
  if (!/^[0-9a-f]{1,16}$/.test(target)) throw new Failure(`strconv.ParseUint: parsing ${JSON.stringify(session.args[0])}: invalid syntax`, 128);
  for (const endpoint of session.endpoints) {
    const status = yield* session.callAt<StatusResponse>(endpoint, 'Maintenance/Status', {});
    if (status.header.memberId !== status.leader) continue;
    yield* session.callAt(endpoint, 'Maintenance/MoveLeader', { targetId: target });
    session.print(`Leadership transferred from ${status.leader} to ${target}\n`);
    return;
  }
  throw new Failure(`no leader endpoint given at [${session.endpoints.join(' ')}]`, 128);
}

/** What `snapshot save` puts into a file, and `etcdutl snapshot` reads. */
export interface SnapshotFile {
  readonly etcdSnapshot: true;
  readonly version: string;
  readonly sizeBytes: number;
  readonly hash: number;
  readonly snapshot: unknown;
}

export function* snapshotSave(session: Session): Task<void> {
  if (session.args.length !== 1) throw new Failure('snapshot save expects one argument', 128);
  if (session.endpoints.length !== 1) throw new Failure(`snapshot must be requested to one selected node, not multiple [${session.endpoints.join(' ')}]`, 5);
  const { host } = session;
  const path = session.args[0] as string;
  const answer = yield* session.callAt<{ readonly version: string; readonly snapshot: unknown; readonly sizeBytes: number; readonly hash: number }>(session.endpoints[0] as string, 'Maintenance/Snapshot', {}, session.flags.get('command-timeout') === undefined ? 60_000 : session.timeoutMs);
  const file: SnapshotFile = { etcdSnapshot: true, version: answer.version, sizeBytes: answer.sizeBytes, hash: answer.hash, snapshot: answer.snapshot };
  const full = absolute(host.env, path);
  host.disk.write(full, file);
  yield* host.disk.sync(full);
  session.print(`Snapshot saved at ${path}\n`);
}

export function absolute(env: Readonly<Record<string, string>>, path: string): string {
  return path.startsWith('/') ? path : `${env['PWD'] ?? '/root'}/${path}`;
}

export function* defrag(session: Session): Task<void> {
  let failures = 0;
  for (const endpoint of yield* chosenEndpoints(session)) {
    try {
      yield* session.callAt(endpoint, 'Maintenance/Defragment', {});
      session.print(`Finished defragmenting etcd member[${endpoint}]\n`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures++;
      session.host.output.error(`Failed to defragment etcd member[${endpoint}] (${error.message})\n`);
    }
  }
  if (failures > 0) throw new Failure('');
}

export function* alarmList(session: Session): Task<void> {
  yield* session.call('Maintenance/Alarm', { action: 'GET' });
}

// ---------------------------------------------------------------- lease

export function* lease(session: Session, verb: string): Task<void> {
  const id = session.args[0];
  switch (verb) {
    case 'grant': {
      const ttl = Number(id);
      if (id === undefined) throw new Failure('lease grant command needs TTL argument', 128);
      if (!Number.isInteger(ttl)) throw new Failure(`bad TTL (strconv.ParseInt: parsing ${JSON.stringify(id)}: invalid syntax)`, 128);
      const answer = yield* session.call<{ readonly id: string; readonly ttl: number }>('Lease/LeaseGrant', { ttl });
      return session.print(`lease ${answer.id} granted with TTL(${answer.ttl}s)\n`);
    }
    case 'list': {
      const answer = yield* session.call<{ readonly leases: readonly { readonly id: string }[] }>('Lease/LeaseLeases', {});
      return session.print(`found ${answer.leases.length} leases\n${answer.leases.map((each) => `${each.id}\n`).join('')}`);
    }
    case 'revoke':
      if (id === undefined) throw new Failure('lease revoke command needs 1 argument', 128);
      yield* session.call('Lease/LeaseRevoke', { id });
      return session.print(`lease ${id} revoked\n`);
    case 'timetolive': {
      if (id === undefined) throw new Failure('lease timetolive command needs lease ID as argument', 128);
      const keys = session.flags.bool('keys');
      const answer = yield* session.call<{ readonly ttl: number; readonly grantedTtl: number; readonly keys: readonly string[] }>('Lease/LeaseTimeToLive', { id, keys });
      if (answer.ttl < 0) return session.print(`lease ${id} already expired\n`);
      return session.print(`lease ${id} granted with TTL(${answer.grantedTtl}s), remaining(${answer.ttl}s)${keys ? `, attached keys([${answer.keys.join(' ')}])` : ''}\n`);
    }
    case 'keep-alive': {
      if (id === undefined) throw new Failure('lease keep-alive command needs lease ID as argument', 128);
      const stream = yield* session.open('Lease/LeaseKeepAlive');
      for (;;) {
        stream.send({ id }, 'renew');
        const answer = (yield* stream.receive(session.timeoutMs)) as { readonly ttl: number } | undefined;
        if (answer === undefined || answer.ttl <= 0) return session.print(`lease ${id} expired or revoked.\n`);
        session.print(`lease ${id} keepalived with TTL(${answer.ttl})\n`);
        if (session.flags.bool('once')) return;
        yield* session.host.clock.sleep((answer.ttl * 1000) / 3);
      }
    }
    default:
      throw new Failure(`unknown command "${verb}" for "etcdctl lease"`);
  }
}

