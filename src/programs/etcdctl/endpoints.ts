// endpoint health, status, hashkv.
import type { Task } from '../../kernel/task.ts';
import type { ResponseHeader } from '../../wire/etcd-rpc.ts';
import type { Alarm } from './maintenance.ts';
import type { MemberListResponse } from './members.ts';
import { Failure, type Session } from './session.ts';
import { drawTable, goDuration, humanBytes } from '../../client/table.ts';
import { decimal, fieldsHeader, jsonHeader } from './values.ts';

export interface StatusResponse {
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

interface HashKvResponse {
  readonly header: ResponseHeader;
  readonly hash: number;
  readonly compactRevision: number;
  readonly hashRevision: number;
}

export function* chosenEndpoints(session: Session): Task<readonly string[]> {
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
    const { alarms } = yield* session.callAt<{ readonly alarms: readonly Alarm[] }>(endpoint, 'Maintenance/Alarm', { action: 'GET' });
    if (alarms.length > 0) error = `Active Alarm(s): ${alarms.map((each) => each.alarm).join(', ')}`;
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
  const found: { readonly endpoint: string; readonly answer: HashKvResponse }[] = [];
  let failed = false;
  for (const endpoint of yield* chosenEndpoints(session)) {
    try {
      found.push({ endpoint, answer: yield* session.callAt<HashKvResponse>(endpoint, 'Maintenance/HashKV', { revision: session.flags.number('rev', 0) }) });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      session.host.output.error(`Failed to get the hash of endpoint ${endpoint} (${error.message})\n`);
      failed = true;
    }
  }
  const rows = found.map(({ endpoint, answer }) => [endpoint, String(answer.hash)]);
  if (session.output === 'table') session.print(drawTable(['ENDPOINT', 'HASH'], rows));
  else if (session.output === 'json')
    session.print(`[${found.map(({ endpoint, answer }) => `{"Endpoint":${JSON.stringify(endpoint)},"HashKV":{"header":${jsonHeader(answer.header)},"hash":${answer.hash},"compact_revision":${answer.compactRevision},"hash_revision":${answer.hashRevision}}}`).join(',')}]\n`);
  else if (session.output === 'fields')
    session.print(found.map(({ endpoint, answer }) => `${fieldsHeader(answer.header)}"Endpoint" : ${JSON.stringify(endpoint)}\n"Hash" : ${answer.hash}\n"HashRevision" : ${answer.hashRevision}\n\n`).join(''));
  else session.print(rows.map((row) => `${row.join(', ')}\n`).join(''));
  if (failed) throw new Failure('');
}
