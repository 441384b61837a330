// put, get, del, watch, compact, txn.
import { encodeBase64 } from '../../api/meta/base64.ts';
import type { Task } from '../../kernel/task.ts';
import type { DeleteRangeResponse, KeyValue, PutResponse, RangeRequest, RangeResponse, ResponseHeader, WatchResponse } from '../../wire/etcd-rpc.ts';
import { Failure, requireArgs, type Session } from './session.ts';

/** Values of API servers are objects here; upstream they are bytes. */
export function valueText(value: unknown): string {
  return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
}

export function prefixEnd(prefix: string): string {
  if (prefix === '') return '\0';
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

/** Ids are 64-bit numbers to etcdctl's JSON: from their sixteen digits. */
export const decimal = (hex: string): string => BigInt(`0x${hex === '' ? '0' : hex}`).toString();

export function jsonHeader(header: ResponseHeader): string {
  return `{"cluster_id":${decimal(header.clusterId)},"member_id":${decimal(header.memberId)},"revision":${header.revision},"raft_term":${header.raftTerm}}`;
}

export function fieldsHeader(header: ResponseHeader): string {
  return `"ClusterID" : ${decimal(header.clusterId)}\n"MemberID" : ${decimal(header.memberId)}\n"Revision" : ${header.revision}\n"RaftTerm" : ${header.raftTerm}\n`;
}

function jsonKv(kv: KeyValue): string {
  const value = kv.value === undefined ? '' : `,"value":"${encodeBase64(valueText(kv.value))}"`;
  const lease = kv.lease === '' ? '' : `,"lease":${decimal(kv.lease)}`;
  return `{"key":"${encodeBase64(kv.key)}","create_revision":${kv.createRevision},"mod_revision":${kv.modRevision},"version":${kv.version}${value}${lease}}`;
}

function fieldsKv(kv: KeyValue): string {
  return `"Key" : ${JSON.stringify(kv.key)}\n"CreateRevision" : ${kv.createRevision}\n"ModRevision" : ${kv.modRevision}\n"Version" : ${kv.version}\n"Value" : ${JSON.stringify(valueText(kv.value))}\n"Lease" : ${decimal(kv.lease)}\n`;
}

export function* put(session: Session): Task<void> {
  const { args, flags } = session;
  requireArgs(session, 1, 'put command needs 1 argument and input from stdin or 2 arguments');
  const key = args[0] as string;
  let value = args[1];
  if (value === undefined) {
    value = '';
    for (let chunk = yield* session.host.input.read(); chunk !== undefined; chunk = yield* session.host.input.read()) value += chunk;
  }
  const prevKv = flags.bool('prev-kv');
  const answer = yield* session.call<PutResponse>('KV/Put', { key, value, ...(flags.get('lease') === undefined ? {} : { lease: flags.get('lease') }), prevKv });
  if (session.output === 'json') return session.print(`{"header":${jsonHeader(answer.header)}${answer.prevKv === undefined ? '' : `,"prev_kv":${jsonKv(answer.prevKv)}`}}\n`);
  if (session.output === 'fields') return session.print(fieldsHeader(answer.header));
  session.print('OK\n');
  if (prevKv && answer.prevKv !== undefined) session.print(`${answer.prevKv.key}\n${valueText(answer.prevKv.value)}\n`);
}

function rangeOf(session: Session, command: string): { key: string; rangeEnd?: string } {
  const { args, flags } = session;
  if (flags.bool('prefix') && flags.bool('from-key')) throw new Failure("`--prefix` and `--from-key` cannot be set at the same time, choose one", 128);
  requireArgs(session, 1, `${command} command needs one argument as key and an optional argument as range_end`);
  const key = args[0] as string;
  if (flags.bool('prefix')) return { key: key === '' ? '\0' : key, rangeEnd: prefixEnd(key) };
  if (flags.bool('from-key')) return { key: key === '' ? '\0' : key, rangeEnd: '\0' };
  return { key, ...(args[1] === undefined ? {} : { rangeEnd: args[1] }) };
}

export function* get(session: Session): Task<void> {
  const { flags, output } = session;
  const keysOnly = flags.bool('keys-only');
  const countOnly = flags.bool('count-only');
  if (keysOnly && countOnly) throw new Failure('`--keys-only` and `--count-only` cannot be set at the same time, choose one', 128);
  const consistency = flags.get('consistency') ?? 'l';
  if (consistency !== 'l' && consistency !== 's') throw new Failure(`unknown consistency flag "${consistency}"`, 3);
  const order = (flags.get('order') ?? '').toUpperCase();
  const target = (flags.get('sort-by') ?? '').toUpperCase();
  if (!['', 'ASCEND', 'DESCEND'].includes(order)) throw new Failure(`bad sort order ${flags.get('order') ?? ''}`, 3);
  if (!['', 'CREATE', 'KEY', 'MODIFY', 'VALUE', 'VERSION'].includes(target)) throw new Failure(`bad sort target ${flags.get('sort-by') ?? ''}`, 3);
  const request: RangeRequest = {
    ...rangeOf(session, 'get'),
    ...(consistency === 's' ? { serializable: true } : {}),
    ...(flags.get('rev') === undefined ? {} : { revision: flags.number('rev', 0) }),
    ...(flags.get('limit') === undefined ? {} : { limit: flags.number('limit', 0) }),
    ...(order === '' ? {} : { sortOrder: order as 'ASCEND' | 'DESCEND' }),
    ...(target === '' ? {} : { sortTarget: (target === 'MODIFY' ? 'MOD' : target) as 'KEY' }),
    keysOnly,
    countOnly,
  };
  const answer = yield* session.call<RangeResponse>('KV/Range', request);
  if (output === 'json') {
    const kvs = answer.kvs.length === 0 ? '' : `,"kvs":[${answer.kvs.map(jsonKv).join(',')}]`;
    return session.print(`{"header":${jsonHeader(answer.header)}${kvs}${answer.more ? ',"more":true' : ''}${answer.count === 0 ? '' : `,"count":${answer.count}`}}\n`);
  }
  if (output === 'fields') return session.print(fieldsHeader(answer.header) + answer.kvs.map(fieldsKv).join('') + `"More" : ${answer.more}\n"Count" : ${answer.count}\n`);
  if (output === 'table') throw new Failure('table is not supported as output format for get', 128);
  if (countOnly) return;
  const valueOnly = flags.bool('print-value-only');
  session.print(answer.kvs.map((kv) => `${valueOnly ? '' : `${kv.key}\n`}${valueText(kv.value)}\n`).join(''));
}

export function* del(session: Session): Task<void> {
  const prevKv = session.flags.bool('prev-kv');
  const answer = yield* session.call<DeleteRangeResponse>('KV/DeleteRange', { ...rangeOf(session, 'del'), prevKv });
  if (session.output === 'json') return session.print(`{"header":${jsonHeader(answer.header)}${answer.deleted === 0 ? '' : `,"deleted":${answer.deleted}`}}\n`);
  if (session.output === 'fields') return session.print(`${fieldsHeader(answer.header)}"Deleted" : ${answer.deleted}\n`);
  session.print(`${answer.deleted}\n`);
  for (const kv of answer.prevKvs) session.print(`${kv.key}\n${valueText(kv.value)}\n`);
}

export function* watch(session: Session): Task<void> {
  const { flags } = session;
  const range = rangeOf(session, 'watch');
  const stream = yield* session.open('Watch/Watch');
  const revision = flags.number('rev', 0);
  stream.send({ create: { ...range, prevKv: flags.bool('prev-kv'), progressNotify: flags.bool('progress-notify'), ...(revision > 0 ? { startRevision: revision } : {}) } }, `watch ${range.key}`);
  for (;;) {
    const answer = (yield* stream.receive()) as WatchResponse | undefined;
    if (answer === undefined) throw new Failure('watch is canceled by the server');
    if (answer.canceled === true) throw new Failure(`watch was canceled (${answer.cancelReason ?? ''})`);
    for (const event of answer.events) {
      if (session.output === 'json') session.print(`{"Header":${jsonHeader(answer.header)},"Events":[{${event.type === 'DELETE' ? '"type":1,' : ''}"kv":${jsonKv(event.kv)}}],"CompactRevision":0,"Canceled":false,"Created":false}\n`);
      else {
        session.print(`${event.type}\n`);
        if (event.prevKv !== undefined) session.print(`${event.prevKv.key}\n${valueText(event.prevKv.value)}\n`);
        session.print(`${event.kv.key}\n${valueText(event.kv.value)}\n`);
      }
    }
  }
}

export function* compact(session: Session): Task<void> {
  requireArgs(session, 1, 'compaction command needs 1 argument');
  const revision = Number(session.args[0]);
  if (!Number.isInteger(revision)) throw new Failure(`strconv.ParseInt: parsing ${JSON.stringify(session.args[0])}: invalid syntax`);
  yield* session.call('KV/Compact', { revision, physical: session.flags.bool('physical') });
  session.print(`compacted revision ${revision}\n`);
}
