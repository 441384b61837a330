// lease grant, revoke, timetolive, list, keep-alive.
import type { Task } from '../../kernel/task.ts';
import type { ResponseHeader } from '../../wire/etcd-rpc.ts';
import { Failure, type Session } from './session.ts';
import { decimal, jsonHeader, padded } from './values.ts';

export function* leaseGrant(session: Session): Task<void> {
  const [text] = session.args;
  if (text === undefined || session.args.length !== 1) throw new Failure('lease grant command needs TTL argument', 128);
  if (!/^-?\d+$/.test(text)) throw new Failure(`bad TTL (strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax)`, 128);
  const answer = yield* session.call<{ readonly header: ResponseHeader; readonly id: string; readonly ttl: number }>('Lease/LeaseGrant', { ttl: Number(text) });
  if (session.output === 'json') return session.print(`{"cluster_id":${decimal(answer.header.clusterId)},"member_id":${decimal(answer.header.memberId)},"revision":${answer.header.revision},"raft_term":${answer.header.raftTerm},"id":${decimal(answer.id)},"ttl":${answer.ttl}}\n`);
  session.print(`lease ${answer.id.padStart(16, '0')} granted with TTL(${answer.ttl}s)\n`);
}

function leaseId(session: Session, problem: string): string {
  const [id] = session.args;
  if (id === undefined || session.args.length !== 1) throw new Failure(problem, 128);
  if (!/^[0-9a-f]{1,16}$/i.test(id)) throw new Failure(`bad lease ID arg (strconv.ParseInt: parsing ${JSON.stringify(id)}: invalid syntax), expecting ID in Hex`, 128);
  return id.toLowerCase();
}

export function* leaseRevoke(session: Session): Task<void> {
  const id = leaseId(session, 'lease revoke command needs 1 argument');
  yield* session.call('Lease/LeaseRevoke', { id });
  session.print(`lease ${id.padStart(16, '0')} revoked\n`);
}

export function* leaseTimeToLive(session: Session): Task<void> {
  const id = leaseId(session, 'lease timetolive command needs lease ID as argument');
  const keys = session.flags.bool('keys');
  const answer = yield* session.call<{ readonly header: ResponseHeader; readonly ttl: number; readonly grantedTtl: number; readonly keys: readonly string[] }>('Lease/LeaseTimeToLive', { id, keys });
  if (session.output === 'json') return session.print(`{"header":${jsonHeader(answer.header)},"id":${decimal(id)},"ttl":${answer.ttl},"granted-ttl":${answer.grantedTtl},"keys":${JSON.stringify(answer.keys)}}\n`);
  const name = id.padStart(16, '0');
  if (answer.ttl < 0) return session.print(`lease ${name} already expired\n`);
  session.print(`lease ${name} granted with TTL(${answer.grantedTtl}s), remaining(${answer.ttl}s)${keys ? `, attached keys([${answer.keys.join(' ')}])` : ''}\n`);
}

export function* leaseList(session: Session): Task<void> {
  const answer = yield* session.call<{ readonly header: ResponseHeader; readonly leases: readonly { readonly id: string }[] }>('Lease/LeaseLeases', {});
  if (session.output === 'json') return session.print(`{"cluster_id":${decimal(answer.header.clusterId)},"member_id":${decimal(answer.header.memberId)},"revision":${answer.header.revision},"raft_term":${answer.header.raftTerm},"leases":[${answer.leases.map((each) => `{"id":${decimal(each.id)}}`).join(',')}]}\n`);
  session.print(`found ${answer.leases.length} leases\n${answer.leases.map((each) => `${padded(each.id).replaceAll(' ', '0')}\n`).join('')}`);
}

export function* leaseKeepAlive(session: Session): Task<void> {
  const id = leaseId(session, 'lease keep-alive command needs lease ID as argument');
  const name = id.padStart(16, '0');
  const stream = yield* session.open('Lease/LeaseKeepAlive');
  for (;;) {
    stream.send({ id }, 'renew');
    const answer = (yield* stream.receive(session.timeoutMs)) as { readonly ttl: number } | undefined;
    if (answer === undefined || answer.ttl <= 0) {
      if (session.flags.bool('once')) throw new Failure('etcdserver: requested lease not found');
      return session.print(`lease ${name} expired or revoked.\n`);
    }
    session.print(`lease ${name} keepalived with TTL(${answer.ttl})\n`);
    if (session.flags.bool('once')) return;
    yield* session.host.clock.sleep((answer.ttl * 1000) / 3);
  }
}
