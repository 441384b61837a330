// member list, add, remove, promote, update.
import type { Task } from '../../kernel/task.ts';
import type { ResponseHeader } from '../../wire/etcd-rpc.ts';
import { Failure, type Session } from './session.ts';
import { drawTable } from '../../client/table.ts';
import { decimal, fieldsHeader, jsonHeader, padded } from './values.ts';

export interface Member {
  readonly id: string;
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}
export interface MemberListResponse {
  readonly header: ResponseHeader;
  readonly members: readonly Member[];
}
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
  if (session.args.length < 1) throw new Failure('member name not provided', 128);
  if (session.args.length > 1) throw new Failure('too many arguments', 128);
  const name = session.args[0] as string;
  const peerUrls = session.flags.list('peer-urls');
  if (peerUrls.length === 0) throw new Failure('member peer urls not provided', 128);
  const isLearner = session.flags.bool('learner');
  const answer = yield* session.call<{ header: ResponseHeader; member: Member; members: readonly Member[] }>('Cluster/MemberAdd', { peerUrls, isLearner });
  if (session.output === 'json') return session.print(`{"header":${jsonHeader(answer.header)},"member":${jsonMember(answer.member)},"members":[${answer.members.map(jsonMember).join(',')}]}\n`);
  session.print(`Member ${padded(answer.member.id)} added to cluster ${padded(answer.header.clusterId)}\n`);
  const parts = answer.members.flatMap((member) => member.peerUrls.map((url) => `${member.id === answer.member.id ? name : member.name}=${url}`));
  session.print(`\nETCD_NAME="${name}"\nETCD_INITIAL_CLUSTER="${parts.join(',')}"\nETCD_INITIAL_ADVERTISE_PEER_URLS="${peerUrls.join(',')}"\nETCD_INITIAL_CLUSTER_STATE="existing"\n`);
}

function memberId(session: Session): string {
  if (session.args.length !== 1) throw new Failure('member ID is not provided', 128);
  const text = session.args[0] as string;
  if (!/^[0-9a-f]{1,16}$/i.test(text)) throw new Failure(`bad member ID arg (strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax), expecting ID in Hex`, 128);
  return text.toLowerCase().replace(/^0+(?=.)/, '');
}

/** A change of the member that the command names; `done` is what became of it. */
function* changeMember(session: Session, method: string, body: object, done: string): Task<void> {
  const id = memberId(session);
  const answer = yield* session.call<{ header: ResponseHeader; members?: readonly Member[] }>(method, { id, ...body });
  if (session.output === 'json') return session.print(`{"header":${jsonHeader(answer.header)},"members":[${(answer.members ?? []).map(jsonMember).join(',')}]}\n`);
  session.print(`Member ${padded(id)} ${done} cluster ${padded(answer.header.clusterId)}\n`);
}

export function* memberRemove(session: Session): Task<void> {
  yield* changeMember(session, 'Cluster/MemberRemove', {}, 'removed from');
}

export function* memberPromote(session: Session): Task<void> {
  yield* changeMember(session, 'Cluster/MemberPromote', {}, 'promoted in');
}

export function* memberUpdate(session: Session): Task<void> {
  memberId(session);
  const peerUrls = session.flags.list('peer-urls');
  if (peerUrls.length === 0) throw new Failure('member peer urls not provided', 128);
  yield* changeMember(session, 'Cluster/MemberUpdate', { peerUrls }, 'updated in');
}
